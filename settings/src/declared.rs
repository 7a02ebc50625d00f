//! One setting.

use std::{fmt::Display, str::FromStr};

/// What a setting takes that is either so or not so; its flag needs no value.
pub(crate) const YES_OR_NO: &str = "BOOL";

/// What is said of a setting whatever its type.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Key in the file.
    pub name: &'static str,
    /// The word for its value, e.g. `ADDR`.
    pub takes: &'static str,
    /// What it is for, in a sentence.
    pub what: &'static str,
    /// Whether it may be given several times.
    pub many: bool,
    /// Whether its value is never shown.
    pub secret: bool,
    /// What holds if nobody gives it and it has no default.
    pub unset: &'static str,
    /// Whether it may change while the program runs.
    pub live: bool,
    default: Option<&'static str>,
    flag: Option<&'static str>,
    variable: Option<&'static str>,
}

/// A setting whose values are `T`.
#[derive(Debug, Clone, Copy)]
pub struct Setting<T> {
    about: About,
    parse: fn(&str) -> Result<T, String>,
}

/// A setting of any type.
pub trait Declared: Sync {
    /// What is said of it.
    fn about(&self) -> &About;

    /// Whether a value makes sense.
    ///
    /// # Errors
    /// Why it does not.
    fn check(&self, text: &str) -> Result<(), String>;

    /// Its default, as it would be written.
    fn default(&self) -> Option<&'static str> {
        self.about().default
    }

    /// Its flag, without the two dashes. A secret has none: everybody on the machine can read what is on a command line.
    fn flag(&self) -> Option<String> {
        let about = self.about();
        let flag = about.flag.map_or_else(|| about.name.replace('_', "-"), str::to_owned);
        (!about.secret).then_some(flag)
    }

    /// Its environment variable.
    fn variable(&self) -> String {
        let about = self.about();
        about.variable.map_or_else(|| format!("MIST_{}", about.name.to_uppercase()), str::to_owned)
    }
}

impl<T> Setting<T> {
    /// A setting without a default. `what` is a sentence, and `parse` reads a value.
    pub const fn new(
        name: &'static str,
        takes: &'static str,
        what: &'static str,
        parse: fn(&str) -> Result<T, String>,
    ) -> Self {
        let (default, flag, variable) = (None, None, None);
        let about = About {
            name,
            takes,
            what,
            many: false,
            secret: false,
            unset: "",
            live: false,
            default,
            flag,
            variable,
        };
        Self { about, parse }
    }

    /// The same with a default.
    pub const fn or(mut self, default: &'static str) -> Self {
        self.about.default = Some(default);
        self
    }

    /// The same; `unset` says what holds if nobody gives it.
    pub const fn unset(mut self, unset: &'static str) -> Self {
        self.about.unset = unset;
        self
    }

    /// The same, and may be given several times: as a list in the file, by commas in the environment.
    pub const fn many(mut self) -> Self {
        self.about.many = true;
        self
    }

    /// The same, never shown and by no flag.
    pub const fn secret(mut self) -> Self {
        self.about.secret = true;
        self
    }

    /// The same, and may change while the program runs: see [`crate::Settings::kept`].
    pub const fn live(mut self) -> Self {
        self.about.live = true;
        self
    }

    /// The same by another flag than its name.
    pub const fn flag(mut self, flag: &'static str) -> Self {
        self.about.flag = Some(flag);
        self
    }

    /// The same by another variable than `MIST_` and its name.
    pub const fn variable(mut self, variable: &'static str) -> Self {
        self.about.variable = Some(variable);
        self
    }

    /// Reads a value.
    ///
    /// # Errors
    /// Why it makes no sense.
    pub fn read(&self, text: &str) -> Result<T, String> {
        (self.parse)(text)
    }
}

impl<T> Declared for Setting<T> {
    fn about(&self) -> &About {
        &self.about
    }

    fn check(&self, text: &str) -> Result<(), String> {
        self.read(text).map(drop)
    }
}

impl Setting<bool> {
    /// A setting that is either so or not so; its flag needs no value.
    pub const fn yes_or_no(name: &'static str, what: &'static str) -> Self {
        Self::new(name, YES_OR_NO, what, yes_or_no)
    }
}

/// Reads whatever can be read from text.
///
/// # Errors
/// Why it can't.
pub fn text<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|e: T::Err| e.to_string())
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    text.parse().map_err(|_| "it is true or false".into())
}
