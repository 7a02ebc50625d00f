//! Failures as data: a stable code with its parameters, and the one table that makes sentences of them for command lines
//! and user interfaces alike (`messages.json`).

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorClass};

/// What a code means to people. `{name}` stands for a parameter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    /// What happened, and what was kept.
    text: String,
    /// What to do about it.
    #[serde(default)]
    next: Option<String>,
    /// The command that does that.
    #[serde(default)]
    command: Option<String>,
}

/// The table, by code. User interfaces in other languages read the same file.
static MESSAGES: LazyLock<BTreeMap<String, Message>> = LazyLock::new(|| {
    // The tests read it too, so that a mistake in it can't be shipped.
    serde_json::from_str(include_str!("messages.json")).unwrap_or_default()
});

/// Parameter of a failure that the table does not know, such as a refusal by a newer server: a sentence as it came.
pub(crate) const MESSAGE: &str = "message";

/// Why something was not done, for whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable word for programs.
    pub code: String,
    /// What kind of failure it is.
    pub class: ErrorClass,
    /// Names, numbers and places that belong to the code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}

impl Failure {
    /// A failure of this code without parameters.
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), class: ErrorClass::Failed, params: BTreeMap::new() }
    }

    /// The same with one more parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    /// What happened, and what was kept.
    pub fn text(&self) -> String {
        match (MESSAGES.get(&self.code), self.params.get(MESSAGE)) {
            (Some(message), _) => self.fill(&message.text),
            (None, Some(message)) => message.clone(),
            (None, None) => self.code.clone(),
        }
    }

    /// What to do about it, if there is something.
    pub fn next_step(&self) -> Option<String> {
        MESSAGES.get(&self.code)?.next.as_ref().map(|next| self.fill(next))
    }

    /// The command that does that, if there is one.
    pub fn command(&self) -> Option<String> {
        MESSAGES.get(&self.code)?.command.as_ref().map(|command| self.fill(command))
    }

    fn fill(&self, template: &str) -> String {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(self.params.get(name).map_or("?", String::as_str));
            rest = after;
        }
        text + rest
    }
}

/// One paragraph: what happened, what to do, and the command for it.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())?;
        if let Some(next) = self.next_step() {
            write!(f, " {next}")?;
        }
        self.command().map_or(Ok(()), |command| write!(f, " Run: {command}"))
    }
}

impl std::error::Error for Failure {}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let params = error.params().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { code: error.code().to_owned(), class: error.class(), params }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_of_the_table_is_one() {
        let table: BTreeMap<String, Message> =
            serde_json::from_str(include_str!("messages.json")).expect("the table is well formed");
        for (code, message) in &table {
            for sentence in [Some(&message.text), message.next.as_ref()].into_iter().flatten() {
                let first = sentence.chars().next().unwrap_or(' ');
                assert!(first.is_uppercase() || first == '{', "{code}: {sentence}");
                assert!(sentence.ends_with(['.', '}']), "{code}: {sentence}");
                assert_eq!(sentence.matches('{').count(), sentence.matches('}').count(), "{code}");
            }
            assert!(message.command.as_ref().is_none_or(|c| c.starts_with("mist ")), "{code}");
        }
    }

    #[test]
    fn parameters_are_filled_in() {
        let failure = Failure::new("not_installed").with("game", "doom");
        assert_eq!(failure.to_string(), "doom is not installed. Install it first. Run: mist install doom");
        let unknown = Failure::new("of_tomorrow").with(MESSAGE, "the server says so");
        assert_eq!(unknown.to_string(), "the server says so");
        assert_eq!(Failure::new("of_tomorrow").to_string(), "of_tomorrow");
    }
}
