//! Settings on the command line.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::Declared;

/// Which settings a command takes by flag.
pub trait Program {
    /// The settings.
    const SETTINGS: &'static [&'static dyn Declared];
    /// Whether every command below takes them, too.
    const GLOBAL: bool = false;
}

/// What flags say, to be flattened into a command.
pub struct Flags<P> {
    pub(crate) given: BTreeMap<&'static str, Vec<String>>,
    program: PhantomData<P>,
}

impl<P> Default for Flags<P> {
    fn default() -> Self {
        Self { given: BTreeMap::new(), program: PhantomData }
    }
}

impl<P> fmt::Debug for Flags<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(&self.given).finish()
    }
}

impl<P> Flags<P> {
    /// The same with what another command's flags say.
    pub fn with<Q>(mut self, other: Flags<Q>) -> Self {
        self.given.extend(other.given);
        self
    }

    /// Says the same as a flag of this setting would.
    pub fn set(&mut self, setting: &dyn Declared, value: &str) {
        self.given.insert(setting.about().name, vec![value.to_owned()]);
    }
}

impl<P: Program> clap::Args for Flags<P> {
    fn augment_args(command: Command) -> Command {
        let flags = P::SETTINGS.iter().filter_map(|setting| Some(arg(*setting, setting.flag()?, P::GLOBAL)));
        command.args(flags)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// A flag of the setting. That of a yes or no may come without a value.
fn arg(setting: &'static dyn Declared, flag: String, global: bool) -> Arg {
    let about = setting.about();
    let mut help = format!("{} [env: {}]", about.what, setting.variable());
    match (setting.default(), about.unset) {
        (Some(default), _) => help.push_str(&format!(" [default: {default}]")),
        (None, "") => {}
        (None, unset) => help.push_str(&format!(" [default: {unset}]")),
    }
    let action = if about.many { ArgAction::Append } else { ArgAction::Set };
    let checked = move |text: &str| setting.check(text).map(|()| text.to_owned());
    let arg = Arg::new(about.name)
        .long(flag)
        .value_name(about.takes)
        .help(help)
        .action(action)
        .global(global)
        .value_parser(checked);
    if about.takes == crate::declared::YES_OR_NO {
        arg.num_args(0..=1).require_equals(true).default_missing_value("true")
    } else {
        arg
    }
}

impl<P: Program> clap::FromArgMatches for Flags<P> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in P::SETTINGS {
            let name = setting.about().name;
            // A secret is no flag, which is an error here.
            if let Ok(Some(values)) = matches.try_get_many::<String>(name) {
                self.given.insert(name, values.cloned().collect());
            }
        }
        Ok(())
    }
}
