//! Failures as data: a stable code with its parameters, and the one table that makes sentences of them for command lines
//! and user interfaces alike (`messages.json`).
//!
//! A row of the table belongs to a code, or to a code with a cause (`patch/wrong_base`), which is the parameter [`CAUSE`].
//! In a row `{name}` stands for a parameter and `{name:bytes}` for one that is a number of bytes, as people read it.

mod faces;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a code means to people.
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
    /// What to do about it where no command can be typed, if `next` speaks of one.
    #[serde(default)]
    app: Option<String>,
}

/// The table, by code. User interfaces in other languages read the same file.
static MESSAGES: LazyLock<BTreeMap<String, Message>> = LazyLock::new(|| {
    // The tests read it too, so that a mistake in it can't be shipped.
    serde_json::from_str(include_str!("messages.json")).unwrap_or_default()
});

/// Parameter of a refusal by the server: its sentence as it came. Such codes are the server's own and have no row.
pub(crate) const MESSAGE: &str = "message";

/// Parameter that tells the rows of one code apart: a stable word.
pub(crate) const CAUSE: &str = "cause";

/// Names, numbers and places that belong to a code.
pub(crate) type Params = Vec<(&'static str, String)>;

/// Classes of failure, which command lines turn into exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// It was tried and failed.
    Failed,
    /// Who is asking is not known or not allowed.
    Auth,
    /// What was named is not there.
    NotFound,
}

/// Why something was not done, for whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Failure {
    /// Stable word for programs.
    pub code: String,
    /// What kind of failure it is.
    pub class: ErrorClass,
    /// Names, numbers and places that belong to the code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[ts(optional, as = "Option<BTreeMap<String, String>>")]
    pub params: BTreeMap<String, String>,
}

impl Failure {
    fn new(code: &str) -> Self {
        Self { code: code.to_owned(), class: ErrorClass::Failed, params: BTreeMap::new() }
    }

    /// One of class [`ErrorClass::Failed`].
    pub(crate) fn of(code: &str, params: Params) -> Self {
        params.into_iter().fold(Self::new(code), |failure, (name, value)| failure.with(name, value))
    }

    fn with(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    /// What happened, and what was kept.
    pub fn text(&self) -> String {
        match (self.params.get(MESSAGE), self.row()) {
            (Some(message), _) => message.clone(),
            (None, Some(row)) => self.fill(&row.text),
            (None, None) => self.code.clone(),
        }
    }

    /// What to do about it, if there is something.
    pub fn next_step(&self) -> Option<String> {
        self.row()?.next.as_ref().map(|next| self.fill(next))
    }

    /// The same where no command can be typed.
    pub fn next_in_app(&self) -> Option<String> {
        let app = self.row()?.app.as_ref();
        app.map(|next| self.fill(next)).or_else(|| self.next_step())
    }

    /// The command that does that, if there is one.
    pub fn command(&self) -> Option<String> {
        self.row()?.command.as_ref().map(|command| self.fill(command))
    }

    fn row(&self) -> Option<&'static Message> {
        self.row_key().and_then(|key| MESSAGES.get(&key))
    }

    /// What its row is called.
    fn row_key(&self) -> Option<String> {
        if self.params.contains_key(MESSAGE) {
            return None;
        }
        let special = self.params.get(CAUSE).map(|cause| format!("{}/{cause}", self.code));
        special.into_iter().chain([self.code.clone()]).find(|key| MESSAGES.contains_key(key))
    }

    fn fill(&self, template: &str) -> String {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (slot, after) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(self.shown(slot).as_deref().unwrap_or("?"));
            rest = after;
        }
        text + rest
    }

    /// What stands in a place of a template that is called so.
    fn shown(&self, slot: &str) -> Option<String> {
        match slot.split_once(':') {
            Some((name, "bytes")) => self.params.get(name)?.parse().ok().map(mist_readable::bytes),
            Some(_) => None,
            None => self.params.get(slot).cloned(),
        }
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
