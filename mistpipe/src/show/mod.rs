//! What the user sees: results on standard output, everything else on standard error.

mod meter;

use std::io::{self, IsTerminal, Write};

use anyhow::Result;
use mist_api_client::CallError;
use mist_readable::Table;
use serde::Serialize;
use serde_json::json;

pub(crate) use meter::{Meter, Meters};

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
    pub(crate) fn line(&self, text: &str) {
        if !self.json {
            write_line(&mut io::stdout().lock(), text);
        }
    }

    /// The rows of a result.
    pub(crate) fn table(&self, table: &Table) {
        self.line(&table.to_string());
    }

    /// A result or an event for programs, one line of JSON; nothing without `--json`.
    pub(crate) fn record(&self, record: &impl Serialize) -> Result<()> {
        if self.json {
            write_line(&mut io::stdout().lock(), &serde_json::to_string(record)?);
        }
        Ok(())
    }

    /// A line about what goes on, on standard error.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            write_line(&mut io::stderr().lock(), text);
        }
    }

    /// Something that the user should know even with `--quiet`.
    pub(crate) fn warn(&self, text: &str) {
        write_line(&mut io::stderr().lock(), &format!("warning: {text}"));
    }

    /// Why the command failed.
    pub(crate) fn fail(&self, error: &anyhow::Error) {
        write_line(&mut io::stderr().lock(), &format!("error: {error:#}"));
        if self.json {
            let code = error.downcast_ref().and_then(CallError::code);
            let record = json!({ "event": "error", "code": code, "message": format!("{error:#}") });
            write_line(&mut io::stdout().lock(), &record.to_string());
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

/// A reader that went away (`mistpipe ls | head`) is no reason to fail.
fn write_line(out: &mut impl Write, text: &str) {
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
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
