//! Why a call came to nothing.

use std::time::Duration;

use mist_proto::http::ErrorBody;

/// Why a call to a server came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It can't be the address of a server.
    #[error("{given:?} is not a server's address: use e.g. https://mist.example.org")]
    Address {
        /// As given.
        given: String,
    },
    /// This machine can't make calls at all.
    #[error("HTTP can't be set up on this machine: {reason}")]
    Setup {
        /// What the TLS library says.
        reason: String,
    },
    /// No answer, or not a whole one.
    #[error("{server} does not answer: {reason}")]
    Unreachable {
        /// Scheme, host and port.
        server: String,
        /// The innermost cause.
        reason: String,
    },
    /// The server says no.
    #[error("{}", .body.message)]
    Refused {
        /// HTTP status.
        status: u16,
        /// What the server says.
        body: ErrorBody,
        /// How long it wants to be left alone, if it says so.
        retry_after: Option<Duration>,
    },
    /// A status of failure, or a redirect, from something that is no Mist server: a border proxy, a captive portal.
    #[error("{server} does not answer like a Mist server (HTTP {status}): is the address right?")]
    Foreign {
        /// Scheme, host and port.
        server: String,
        /// HTTP status.
        status: u16,
    },
    /// A good status, and a body that is not what the protocol says.
    #[error("the answer of {server} to {path} makes no sense: {why}")]
    Malformed {
        /// Scheme, host and port.
        server: String,
        /// What was asked.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

impl CallError {
    /// The HTTP status of an answer that says no.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } | Self::Foreign { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The server's stable word for why it refuses.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { body, .. } => Some(&body.code),
            _ => None,
        }
    }

    /// How long the server wants to be left alone, if it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the token is no good, or no longer.
    pub fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused { status: 401, .. })
    }

    /// Whether what was asked for is not there, or not for this account.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Whether the same call may succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            _ => self.status().is_some_and(|s| matches!(s, 408 | 425 | 429 | 500 | 502 | 503 | 504)),
        }
    }

    /// Whether the server is away or not itself, so that one goes on with what is known meanwhile.
    pub fn is_outage(&self) -> bool {
        self.is_transient() || matches!(self, Self::Foreign { .. } | Self::Malformed { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> CallError {
        let body = ErrorBody { code: "c".into(), message: "m".into() };
        CallError::Refused { status, body, retry_after: None }
    }

    #[test]
    fn a_refusal_is_final_and_a_foreign_page_is_not_the_server() {
        let foreign = |status| CallError::Foreign { server: "s".into(), status };
        for (error, transient, outage) in [
            (refused(404), false, false),
            (refused(401), false, false),
            (refused(429), true, true),
            (refused(503), true, true),
            (foreign(502), true, true),
            // The wrong address, or a captive portal: asking again at once does not help, what is cached does.
            (foreign(302), false, true),
            (foreign(404), false, true),
        ] {
            assert_eq!((error.is_transient(), error.is_outage()), (transient, outage), "{error:?}");
        }
        assert!(refused(404).is_not_found() && !foreign(404).is_not_found());
    }
}
