//! Starting a game.

use std::process::{Child, Command};

use mist_proto::{
    Slug,
    manifest::{LaunchEntry, Manifest, Platform},
};

use crate::{error::Error, folder::GameFolder};

/// The entry to start: the one of this name, or the first for this system.
pub(crate) fn choose<'a>(
    manifest: &'a Manifest,
    name: Option<&str>,
    platform: Platform,
) -> Option<&'a LaunchEntry> {
    let fits = |l: &&LaunchEntry| l.platform == platform || l.platform == Platform::Any;
    match name {
        None => manifest.launch.iter().find(fits),
        Some(name) => manifest.launch.iter().filter(fits).find(|l| l.name.eq_ignore_ascii_case(name)),
    }
}

/// Starts the game's program with the entry's arguments and then `args`.
pub(crate) fn start(
    folder: &GameFolder,
    game: &Slug,
    manifest: &Manifest,
    name: Option<&str>,
    args: &[String],
) -> Result<Child, Error> {
    let entry = choose(manifest, name, Platform::current()).ok_or_else(|| Error::NoLaunchEntry {
        game: game.clone(),
        hint: match manifest.launch.as_slice() {
            [] => format!("; its files are in {}", folder.path().display()),
            some => {
                let names: Vec<_> = some.iter().map(|l| l.name.as_str()).collect();
                format!("; it has {}", names.join(", "))
            }
        },
    })?;
    let root = folder.path();
    let program = root.join(entry.path.as_str());
    let working_dir = entry.working_dir.as_ref().map_or_else(|| root.to_owned(), |d| root.join(d.as_str()));
    Command::new(&program)
        .args(&entry.args)
        .args(args)
        .current_dir(working_dir)
        .spawn()
        .map_err(|source| Error::Launch { program: program.display().to_string(), source })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::samples::{manifest, path};

    #[test]
    fn the_first_entry_that_fits_or_the_named_one() {
        let entry = |platform, name: &str| LaunchEntry {
            platform,
            name: name.into(),
            path: path("game"),
            args: vec![],
            working_dir: None,
        };
        let launch = vec![
            entry(Platform::Windows, "Play"),
            entry(Platform::Any, "Editor"),
            entry(Platform::Linux, "Play"),
        ];
        let manifest = Manifest { launch, ..manifest(vec![]) };
        let chosen = |name, platform| choose(&manifest, name, platform).map(|l| (l.platform, &*l.name));
        assert_eq!(chosen(None, Platform::Linux), Some((Platform::Any, "Editor")));
        assert_eq!(chosen(Some("play"), Platform::Linux), Some((Platform::Linux, "Play")));
        assert_eq!(chosen(None, Platform::Windows), Some((Platform::Windows, "Play")));
        assert_eq!(chosen(Some("server"), Platform::Linux), None);
    }
}
