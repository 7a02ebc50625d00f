//! How a command ends: the sentence that people read and the exit code that scripts read.

use mist_api_client::CallError;

/// Documented exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// The command could not do its work.
    Failed = 1,
    /// It was called in a way that can't work; nothing was begun.
    Usage = 2,
    /// Nobody is signed in, or the account may not do this.
    Auth = 3,
    /// The game, build or job does not exist.
    NotFound = 4,
    /// Ctrl-C.
    Interrupted = 130,
}

/// A refusal with an exit code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Refusal {
    exit: Exit,
    message: String,
}

/// An error that says `message` and ends the program with `exit`.
pub(crate) fn refuse(exit: Exit, message: impl Into<String>) -> anyhow::Error {
    Refusal { exit, message: message.into() }.into()
}

/// `error`, said in the words of what was looked for if the server does not have it. What an account may not see looks
/// the same.
pub(crate) fn name_missing(error: anyhow::Error, what: impl std::fmt::Display) -> anyhow::Error {
    match error.downcast_ref::<CallError>().and_then(CallError::status) {
        Some(404) => refuse(Exit::NotFound, format!("the server has no {what}")),
        _ => error,
    }
}

/// The exit code of `error`: that of the first cause which has one.
pub(crate) fn exit_of(error: &anyhow::Error) -> Exit {
    for cause in error.chain() {
        if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            return refusal.exit;
        }
        if let Some(failure) = cause.downcast_ref::<CallError>() {
            return match failure.status() {
                Some(401 | 403) => Exit::Auth,
                Some(404) => Exit::NotFound,
                _ => Exit::Failed,
            };
        }
    }
    Exit::Failed
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn a_refusal_keeps_its_code_under_context() {
        let error = Err::<(), _>(refuse(Exit::NotFound, "no game x")).context("push").unwrap_err();
        assert_eq!(exit_of(&error), Exit::NotFound);
        assert_eq!(exit_of(&anyhow::anyhow!("disk on fire")), Exit::Failed);
    }
}
