//! Settings of a program, each declared once: its name, what it takes, what it is for, and its default. From the
//! declaration follow its flag, its environment variable, its key in the configuration file, and its row in the
//! documentation.
//!
//! A setting may be live: while nothing else gives it, a program may keep a value for it that somebody set while it ran.
//!
//! What is given by flag wins over the environment, that over the file, and that over the default; of each value it
//! stays known where it came from. A secret can also be in a file of its own, which `<VARIABLE>_FILE` names. What is given for a setting that takes several values replaces what comes after it.
//!
//! A key of the file that is no setting is refused; a variable that is named like one and is none is told ([`strays`]).

mod declared;
mod flags;
mod gathered;
mod strays;

pub use declared::{About, Declared, Setting, text};
pub use flags::{Flags, Program};
pub use gathered::{Problem, Settings, Shown, Source, secret};
pub use strays::{Stray, strays, strays_here};

/// The rows of a table in Markdown that describes these settings.
pub fn markdown(declared: &[&dyn Declared]) -> String {
    let mut table = String::from("| setting | flag | environment | default | |\n|---|---|---|---|---|\n");
    for setting in declared {
        let about = setting.about();
        let default = match setting.default() {
            Some(default) => format!("`{default}`"),
            None => about.unset.to_owned(),
        };
        let repeatable = if about.many { ", repeatable" } else { "" };
        let flag = match setting.flag() {
            Some(flag) => format!("`--{flag} {}`{repeatable}", about.takes),
            None => "none, as it is a secret".to_owned(),
        };
        let (name, variable, what) = (about.name, setting.variable(), about.what);
        let by_file = if about.secret { format!(", or `{variable}_FILE`") } else { String::new() };
        table.push_str(&format!("| `{name}` | {flag} | `{variable}`{by_file} | {default} | {what} |\n"));
    }
    table
}

#[cfg(test)]
mod tests;
