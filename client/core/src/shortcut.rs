//! A game in the menu of a Linux desktop: a file as freedesktop.org's *Desktop Entry Specification* has it. Pure.

use std::path::Path;

use mist_proto::Slug;

/// The file that starts a game by `program`, which is `mist`, for this home. Nothing for a path that no such file can name.
pub fn desktop_entry(title: &str, game: &Slug, program: &Path, home: &Path) -> Option<String> {
    let (program, home) = (argument(program.to_str()?)?, argument(home.to_str()?)?);
    let title: String = title.chars().filter(|c| !c.is_control()).collect();
    let title = value(&title);
    Some(format!(
        "[Desktop Entry]\nType=Application\nName={title}\nComment=Play it by Mist\nExec={program} --home {home} launch {game}\n\
         Icon=mist-desktop\nTerminal=false\nCategories=Game;\n"
    ))
}

/// An argument of a command, quoted, as the value of a key.
fn argument(text: &str) -> Option<String> {
    if text.chars().any(char::is_control) {
        return None;
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '`' | '$' | '\\' => quoted.extend(['\\', c]),
            '%' => quoted.push_str("%%"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    Some(value(&quoted))
}

/// A value of a key.
fn value(text: &str) -> String {
    text.replace('\\', "\\\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths_say_nothing_else_than_themselves() {
        let game: Slug = "quake".parse().expect("slug");
        let entry = |title: &str, program: &str| {
            desktop_entry(title, &game, Path::new(program), Path::new("/home/ann/my mist"))
        };
        let plain = entry("Quake", "/usr/bin/mist").expect("a file");
        assert!(
            plain.contains("\nExec=\"/usr/bin/mist\" --home \"/home/ann/my mist\" launch quake\n"),
            "{plain}"
        );
        let odd = entry("A\nExec=rm\\s", "/opt/100% $HOME/`mist`").expect("a file");
        assert!(odd.contains("\nName=AExec=rm\\\\s\n"), "{odd}");
        assert!(odd.contains("\nExec=\"/opt/100%% \\\\$HOME/\\\\`mist\\\\`\" "), "{odd}");
        assert_eq!(entry("Quake", "/opt/a\nb/mist"), None);
    }
}
