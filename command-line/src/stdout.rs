//! Results on standard output.
//!
//! A reader that went away (`mistpipe ls | head -1`) wants no more: the program ends without a word. A result that
//! can't be written for another reason, as on a full disk, is a failure.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, Parser};
use clap_complete::Shell;

const CUT_OFF: &str = "standard output can't be written, so the result is cut off";

/// Why a result was not printed.
#[derive(Debug, thiserror::Error)]
pub enum Unprinted {
    /// Whoever read it went away.
    #[error("nobody reads standard output any more")]
    Closed,
    /// It can't be written.
    #[error("{CUT_OFF}")]
    Failed(#[source] io::Error),
}

impl From<io::Error> for Unprinted {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(error),
        }
    }
}

/// Prints lines and a line end. What would act on a terminal is escaped.
///
/// # Errors
/// [`Unprinted`].
pub fn line(text: &str) -> Result<(), Unprinted> {
    print(&mist_readable::escaped_lines(text))
}

/// Prints a line of JSON. What would act on a terminal is escaped as JSON does it.
///
/// # Errors
/// [`Unprinted`].
pub fn json(text: &str) -> Result<(), Unprinted> {
    print(&mist_readable::escaped_json(text))
}

fn print(text: &str) -> Result<(), Unprinted> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

/// Prints a completion script for the program `name`.
///
/// # Errors
/// [`Unprinted`].
pub fn completions<C: CommandFactory>(shell: Shell, name: &str) -> Result<(), Unprinted> {
    // The generator panics where it can't write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut C::command(), name, &mut script);
    let mut out = io::stdout().lock();
    out.write_all(&script)?;
    Ok(out.flush()?)
}

/// Reads the command line; what is left to do after `--help`, `--version` and wrong usage is to end with this code.
///
/// # Errors
/// The exit code, once all is said.
pub fn parse<C: Parser>() -> Result<C, ExitCode> {
    C::try_parse().map_err(|said| match said.print().map_err(Unprinted::from) {
        Err(Unprinted::Failed(error)) if !said.use_stderr() => {
            // Nothing is left to do if even standard error is gone.
            let _ = writeln!(io::stderr(), "error: {}: {error}", CUT_OFF);
            ExitCode::FAILURE
        }
        _ => ExitCode::from(u8::try_from(said.exit_code()).unwrap_or(1)),
    })
}

/// Whether a program failed only because nobody reads its results any more, which is no failure. `causes` is the chain
/// of its error.
pub fn is_closed<'a>(causes: impl IntoIterator<Item = &'a (dyn Error + 'static)>) -> bool {
    causes.into_iter().any(|cause| matches!(cause.downcast_ref(), Some(Unprinted::Closed)))
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn only_a_reader_that_went_away_is_no_failure() {
        let under_context = |kind: io::ErrorKind| {
            let failed: Result<(), Unprinted> = Err(io::Error::from(kind).into());
            failed.context("showing the list").expect_err("it failed")
        };
        assert!(is_closed(under_context(io::ErrorKind::BrokenPipe).chain()));
        let full = under_context(io::ErrorKind::StorageFull);
        assert!(!is_closed(full.chain()));
        assert!(format!("{full:#}").contains("cut off: no storage space"), "{full:#}");
        // A socket that broke is no closed standard output.
        let socket = anyhow::Error::new(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(!is_closed(socket.chain()));
    }
}
