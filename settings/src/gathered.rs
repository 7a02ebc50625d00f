//! The values in force, and where each came from.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
};

use mist_command_line::text::{self, Unread};
use toml::Value;

use crate::{Declared, Flags, Setting};

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag.
    Flag(String),
    /// Somebody, while the program ran, at the pages that it has for that.
    Portal(String),
}

impl Source {
    /// The word for it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File(_) => "file",
            Self::Environment(_) => "environment",
            Self::Flag(_) => "flag",
            Self::Portal(_) => "portal",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(variable) => f.write_str(variable),
            Self::Flag(flag) => write!(f, "--{flag}"),
            Self::Portal(who) => write!(f, "the portal, by {who}"),
        }
    }
}

/// Why the settings can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The file can't be read.
    #[error(transparent)]
    Unreadable(#[from] Unread),
    /// The file is no TOML.
    #[error("{} is not a valid configuration", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// The file names a setting that there is not.
    #[error("{}: there is no setting `{key}`; the settings are {known}", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What it names.
        key: String,
        /// What there is.
        known: String,
    },
    /// A value makes no sense.
    #[error("{name}, which {from} gives, is not valid: {why}")]
    Invalid {
        /// The setting.
        name: &'static str,
        /// Where it came from.
        from: Source,
        /// Why.
        why: String,
    },
    /// A secret is given twice.
    #[error("both {variable} and {variable}_FILE are given: give one of them")]
    Twice {
        /// The variable that holds it.
        variable: String,
    },
    /// The file of a secret is empty.
    #[error("{}, which {variable}_FILE names, is empty", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// The variable without the end that names files.
        variable: String,
    },
    /// A setting without a default was not given.
    #[error("{name} is not given: give it by its flag, by {variable}, or in the configuration file")]
    Missing {
        /// The setting.
        name: &'static str,
        /// Its environment variable.
        variable: String,
    },
}

/// The values in force.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings(BTreeMap<&'static str, Given>);

#[derive(Clone, PartialEq, Eq)]
struct Given {
    texts: Vec<String>,
    from: Source,
    secret: bool,
}

/// A value for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The setting.
    pub name: &'static str,
    /// Its values; nothing of a secret.
    pub value: String,
    /// Where it came from.
    pub from: Source,
}

impl fmt::Debug for Settings {
    /// Without secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.shown()).finish()
    }
}

impl Settings {
    /// Gathers what flags, the environment and the file, if one is named, say.
    ///
    /// # Errors
    /// [`Problem`], for any value that is not valid, whether it would be used or not.
    pub fn gather<P>(
        declared: &[&dyn Declared],
        flags: &Flags<P>,
        environment: impl Fn(&str) -> Option<String>,
        file: Option<&Path>,
    ) -> Result<Self, Problem> {
        let mut all = match file {
            Some(path) => read_file(declared, path)?,
            None => BTreeMap::new(),
        };
        for setting in declared {
            let (about, variable) = (setting.about(), setting.variable());
            let said = match about.secret {
                true => secret(&variable, &environment)?,
                false => said(&variable, &environment).map(|text| (text, Source::Environment(variable))),
            };
            if let Some((text, from)) = said {
                let texts = match about.many {
                    true => text.split(',').map(|part| part.trim().to_owned()).collect(),
                    false => vec![text],
                };
                all.insert(about.name, Given { texts, from, secret: about.secret });
            }
            if let Some(texts) = flags.given.get(about.name) {
                let given = Given {
                    texts: texts.clone(),
                    from: Source::Flag(setting.flag().unwrap_or_default()),
                    secret: about.secret,
                };
                all.insert(about.name, given);
            }
            let given = all.entry(about.name).or_insert_with(|| Given {
                texts: setting.default().map(str::to_owned).into_iter().collect(),
                from: Source::Default,
                secret: about.secret,
            });
            for text in &given.texts {
                let invalid = |why| Problem::Invalid { name: about.name, from: given.from.clone(), why };
                setting.check(text).map_err(invalid)?;
            }
        }
        Ok(Self(all))
    }

    /// What was set while the program ran, and by whom, as the program kept it: of settings that may change then. What makes
    /// no sense is told instead, e.g. because another release wrote it.
    pub fn kept(
        declared: &[&dyn Declared],
        kept: impl Fn(&str) -> Option<(String, String)>,
    ) -> (Self, Vec<Problem>) {
        let (mut all, mut wrong) = (BTreeMap::new(), Vec::new());
        for setting in declared.iter().filter(|setting| setting.about().live) {
            let about = setting.about();
            let Some((text, who)) = kept(about.name) else { continue };
            let from = Source::Portal(who);
            match setting.check(&text) {
                Ok(()) => {
                    drop(all.insert(about.name, Given { texts: vec![text], from, secret: about.secret }))
                }
                Err(why) => wrong.push(Problem::Invalid { name: about.name, from, why }),
            }
        }
        (Self(all), wrong)
    }

    /// The same with what was set while the program ran, of those settings that neither file, nor environment, nor flag gives.
    #[must_use]
    pub fn with_kept(&self, kept: &Self) -> Self {
        let free = |name: &str| self.0.get(name).is_some_and(|given| given.from == Source::Default);
        let free = kept.0.iter().filter(|(name, _)| free(name));
        let mut all = self.0.clone();
        all.extend(free.map(|(name, given)| (*name, given.clone())));
        Self(all)
    }

    /// The value of a setting that was set while the program ran.
    ///
    /// # Errors
    /// [`Problem::Invalid`].
    pub fn set_meanwhile<T>(&self, setting: &Setting<T>) -> Result<Option<T>, Problem> {
        let given = self.0.get(setting.about().name);
        let is_meant = given.is_some_and(|given| matches!(given.from, Source::Portal(_)));
        if is_meant { self.one(setting) } else { Ok(None) }
    }

    /// The values of a setting, in the order in which they were given.
    ///
    /// # Errors
    /// [`Problem::Invalid`].
    pub fn all<T>(&self, setting: &Setting<T>) -> Result<Vec<T>, Problem> {
        let name = setting.about().name;
        let Some(given) = self.0.get(name) else { return Ok(Vec::new()) };
        let invalid = |why| Problem::Invalid { name, from: given.from.clone(), why };
        given.texts.iter().map(|text| setting.read(text).map_err(invalid)).collect()
    }

    /// The value of a setting; none if it was not given and has no default.
    ///
    /// # Errors
    /// [`Problem::Invalid`].
    pub fn one<T>(&self, setting: &Setting<T>) -> Result<Option<T>, Problem> {
        Ok(self.all(setting)?.into_iter().next_back())
    }

    /// The value of a setting that somebody gave; none where only its default would count.
    ///
    /// # Errors
    /// [`Problem::Invalid`].
    pub fn given<T>(&self, setting: &Setting<T>) -> Result<Option<T>, Problem> {
        let is_given = self.0.get(setting.about().name).is_some_and(|given| given.from != Source::Default);
        if is_given { self.one(setting) } else { Ok(None) }
    }

    /// The values of a setting that somebody gave; none where only its default would count.
    ///
    /// # Errors
    /// [`Problem::Invalid`].
    pub fn all_given<T>(&self, setting: &Setting<T>) -> Result<Option<Vec<T>>, Problem> {
        let is_given = self.0.get(setting.about().name).is_some_and(|given| given.from != Source::Default);
        is_given.then(|| self.all(setting)).transpose()
    }

    /// The value of a setting that has a default or must be given.
    ///
    /// # Errors
    /// [`Problem::Missing`], [`Problem::Invalid`].
    pub fn must<T>(&self, setting: &Setting<T>) -> Result<T, Problem> {
        let missing = || Problem::Missing { name: setting.about().name, variable: setting.variable() };
        self.one(setting)?.ok_or_else(missing)
    }

    /// Every setting, for people.
    pub fn shown(&self) -> Vec<Shown> {
        let show = |(name, given): (&&'static str, &Given)| {
            let value = if given.secret && !given.texts.is_empty() {
                "(hidden)".into()
            } else {
                given.texts.join(", ")
            };
            Shown { name, value, from: given.from.clone() }
        };
        self.0.iter().map(show).collect()
    }
}

/// What a variable says; one that is empty says nothing.
fn said(variable: &str, environment: &impl Fn(&str) -> Option<String>) -> Option<String> {
    environment(variable).filter(|text| !text.is_empty())
}

/// A secret that the environment gives: in the variable itself, or in the file that the variable with `_FILE` at its end
/// names, without the white space around it.
///
/// # Errors
/// Both are given; a file that can't be read or is empty.
pub fn secret(
    variable: &str,
    environment: &impl Fn(&str) -> Option<String>,
) -> Result<Option<(String, Source)>, Problem> {
    let by_file = format!("{variable}_FILE");
    match (said(variable, environment), said(&by_file, environment)) {
        (Some(_), Some(_)) => Err(Problem::Twice { variable: variable.into() }),
        (Some(text), None) => Ok(Some((text, Source::Environment(variable.into())))),
        (None, None) => Ok(None),
        (None, Some(path)) => {
            let path = PathBuf::from(path);
            let text = text::read(&path)?.trim().to_owned();
            match text.is_empty() {
                true => Err(Problem::Empty { path, variable: variable.into() }),
                false => Ok(Some((text, Source::Environment(by_file)))),
            }
        }
    }
}

fn read_file(declared: &[&dyn Declared], path: &Path) -> Result<BTreeMap<&'static str, Given>, Problem> {
    let malformed = |source| Problem::Malformed { path: path.to_owned(), source: Box::new(source) };
    let table: toml::Table = text::read(path)?.parse().map_err(malformed)?;
    let mut all = BTreeMap::new();
    for (key, value) in table {
        let Some(setting) = declared.iter().find(|setting| setting.about().name == key) else {
            let known: Vec<_> = declared.iter().map(|setting| setting.about().name).collect();
            return Err(Problem::Unknown { path: path.to_owned(), key, known: known.join(", ") });
        };
        let about = setting.about();
        let from = Source::File(path.to_owned());
        let invalid = |why: &str| Problem::Invalid { name: about.name, from: from.clone(), why: why.into() };
        let values = match value {
            Value::Array(values) if about.many => values,
            Value::Array(_) => return Err(invalid("it takes one value")),
            value => vec![value],
        };
        let texts = values.into_iter().map(|value| match value {
            Value::String(text) => Ok(text),
            Value::Integer(number) => Ok(number.to_string()),
            Value::Boolean(yes) => Ok(yes.to_string()),
            _ => Err(invalid("it is a text, a whole number, true or false")),
        });
        let texts = texts.collect::<Result<_, _>>()?;
        all.insert(about.name, Given { texts, from, secret: about.secret });
    }
    Ok(all)
}
