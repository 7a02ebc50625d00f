//! What the user sees: results on standard output, everything else on standard error.

mod meter;

use std::{
    io::{self, IsTerminal, Write},
    sync::atomic::{AtomicBool, Ordering},
};

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
    /// Whether a line of the result could not be written. Every copy of a screen is the same one.
    lost: &'static AtomicBool,
}

impl Screen {
    /// `json`: newline-delimited JSON on standard output instead of text; `quiet`: no progress and no notes.
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        Self { json, quiet, lost: Box::leak(Box::default()) }
    }

    /// Whether all of the result was written, as far as somebody read it.
    pub(crate) fn is_whole(self) -> bool {
        !self.lost.load(Ordering::Relaxed)
    }

    /// Takes note of how writing a result went. What the command did is done all the same.
    fn printed(self, written: io::Result<()>) {
        if let Err(error) = written
            && !self.lost.swap(true, Ordering::Relaxed)
        {
            mist_readable::tell(&format!("error: {error}"));
        }
    }

    /// A line of the result.
    pub(crate) fn line(&self, text: &str) {
        if !self.json {
            self.printed(mist_readable::print(text));
        }
    }

    /// The rows of a result.
    pub(crate) fn table(&self, table: &Table) {
        self.line(&table.to_string());
    }

    /// A result or an event for programs, one line of JSON; nothing without `--json`.
    pub(crate) fn record(&self, record: &impl Serialize) -> Result<()> {
        if self.json {
            mist_readable::print_json(&serde_json::to_string(record)?)?;
        }
        Ok(())
    }

    /// A line about what goes on, on standard error.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            mist_readable::tell(text);
        }
    }

    /// Something that the user should know even with `--quiet`.
    pub(crate) fn warn(&self, text: &str) {
        mist_readable::tell(&mist_readable::escaped(&format!("warning: {text}")));
    }

    /// Why the command failed.
    pub(crate) fn fail(&self, error: &anyhow::Error) {
        mist_readable::tell(&mist_readable::escaped(&format!("error: {error:#}")));
        if self.json {
            let code = error.downcast_ref().and_then(CallError::code);
            let record = json!({ "event": "error", "code": code, "message": format!("{error:#}") });
            self.printed(mist_readable::print_json(&record.to_string()));
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
