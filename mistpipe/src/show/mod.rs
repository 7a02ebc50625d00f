//! What the user sees: results on standard output, everything else on standard error.

mod meter;

use std::{
    io::{self, IsTerminal, Write},
    time::Duration,
};

use anyhow::Result;
use mist_api_client::CallError;
use mist_command_line::{stdout, told};
use mist_readable::Table;
use serde::Serialize;
use serde_json::json;

use crate::failure::{Exit, refuse};

pub(crate) use meter::{Meter, Meters};

/// So many milliseconds, for people; none for less than none.
pub(crate) fn span(millis: i64) -> String {
    mist_readable::duration(Duration::from_millis(millis.max(0).unsigned_abs()))
}

/// How the user wants to be told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    json: bool,
    quiet: bool,
}

impl Screen {
    /// `json`: newline-delimited JSON on standard output instead of text; `quiet`: no progress and no notes.
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet }
    }

    /// A line of the result.
    pub(crate) fn line(&self, text: &str) -> Result<()> {
        if self.json { Ok(()) } else { Ok(stdout::line(text)?) }
    }

    /// The rows of a result.
    pub(crate) fn table(&self, table: &Table) -> Result<()> {
        self.line(&table.to_string())
    }

    /// A result for programs, one line of JSON; nothing without `--json`.
    pub(crate) fn record(&self, record: &impl Serialize) -> Result<()> {
        if self.json { Ok(stdout::json(&serde_json::to_string(record)?)?) } else { Ok(()) }
    }

    /// What goes on, for programs: a command under way does its work to the end although nobody reads.
    pub(crate) fn event(&self, event: &impl Serialize) {
        let _ = self.record(event);
    }

    /// A line about what goes on, on standard error.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            mist_readable::tell(text);
        }
    }

    /// Something that the user should know even with `--quiet`. It may have several lines; what others wrote is escaped by
    /// whoever puts it in, so that it makes none.
    pub(crate) fn warn(&self, text: &str) {
        mist_readable::tell(&format!("warning: {text}"));
    }

    /// Why the command failed.
    pub(crate) fn fail(&self, error: &anyhow::Error) {
        let message = told(error.chain());
        mist_readable::tell(&mist_readable::escaped(&format!("error: {message}")));
        if self.json {
            let code = error.downcast_ref().and_then(CallError::code);
            let record = json!({ "event": "error", "code": code, "message": message });
            // Standard error has it.
            self.event(&record);
        }
    }

    /// Progress displays for this screen: bars on a terminal, a line now and then elsewhere.
    pub(crate) fn meters(&self) -> Meters {
        if self.quiet || self.json {
            Meters::silent()
        } else if io::stderr().is_terminal() {
            Meters::bars()
        } else {
            Meters::lines()
        }
    }
}

/// Asks a yes-or-no question on a terminal; without one the answer is no.
pub(crate) fn confirm(question: &str) -> Result<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(false);
    }
    let mut err = io::stderr().lock();
    write!(err, "{question} [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Goes on if `yes` was given, or somebody says so at a terminal. Else the error says what was not done: "nothing was removed".
pub(crate) fn agreed(yes: bool, question: &str, undone: &str) -> Result<()> {
    if yes || confirm(question)? {
        return Ok(());
    }
    Err(refuse(Exit::Usage, format!("{undone}: say y, or give --yes where there is no terminal")))
}
