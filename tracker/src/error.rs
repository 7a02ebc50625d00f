//! What a request can fail by: the reason inside, what is told outside, and the visible step between them.

use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use mist_proto::http::{ErrorBody, TokenLevel};

use crate::{db::DbError, http::refusal, shared::Away};

/// What a handler answers.
pub type Answer<T> = Result<T, Problem>;

/// Why a request was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Unknown, or not to be known by this caller: both look alike.
    #[error("there is no such thing here")]
    NotFound,
    /// No valid access token.
    #[error("sign in first")]
    SignIn,
    /// The access token was valid once.
    #[error("the access token has expired")]
    TokenExpired,
    /// Wrong user or password, or a refresh token that does not count.
    #[error("{0}")]
    NotSignedIn(&'static str),
    /// Signed in, but not as one who may do this.
    #[error("this account may not do that")]
    Forbidden,
    /// A browser's cookie came along with a request that no page of this server made.
    #[error("this request was not made by a page of this server, so that nothing was done")]
    CrossSite,
    /// The password is right, and a code of the second factor is needed.
    #[error("enter the code of your authenticator, or a recovery code")]
    SecondFactor,
    /// The code at a sign-in is not right, or was used.
    #[error("the code is not right, or was used already: enter the next one that your authenticator shows")]
    WrongSignInCode,
    /// The code of an authenticator that is being enrolled is not right. The session goes on.
    #[error(
        "the code is not right: enter the one that your authenticator shows now, and compare the clocks of both"
    )]
    WrongCode,
    /// The password that was given again is not right. The session goes on.
    #[error("the password is not right")]
    WrongPassword,
    /// A browser asks for what destroys, and its password was not given for a while.
    #[error("give your password again: it was not given within the last minutes")]
    ConfirmPassword,
    /// An API token that does not open this.
    #[error("this token does not open that{}", .0.map_or("; sign in for it".to_owned(), |level| format!(": it takes one for {}", level.as_str())))]
    TokenLevel(Option<TokenLevel>),
    /// The code of an invite that is unknown, used up, over or taken back: all look alike.
    #[error("this link is not known here, or was used, or is over: ask for a new one")]
    UnknownInvite,
    /// The request makes no sense.
    #[error("{message}")]
    Invalid {
        /// Stable word.
        code: &'static str,
        /// Sentence for people.
        message: String,
    },
    /// The request does not fit the state of things.
    #[error("{message}")]
    Conflict {
        /// Stable word.
        code: &'static str,
        /// Sentence for people.
        message: String,
    },
    /// Signed by a key that is not the release key.
    #[error("{0}")]
    WrongKey(String),
    /// Client and server are of releases that do not understand each other.
    #[error("{}", .0.message)]
    TooFarApart(ErrorBody),
    /// The body is larger than this request may have.
    #[error("the request's body is too large")]
    TooLarge,
    /// Too many attempts.
    #[error("too many attempts: wait {seconds} s")]
    TooMany {
        /// How long to wait.
        seconds: u64,
    },
    /// Too many requests of any kind.
    #[error("too many requests: wait {seconds} s")]
    TooManyRequests {
        /// How long to wait.
        seconds: u64,
    },
    /// A proof is asked for an address that is not known to be this server's.
    #[error("this server does not know {0:?} as its address: its admin sets it as `public_url`")]
    NotThisAddress(String),
    /// Something that is needed is not there now.
    #[error("{message}")]
    Unavailable {
        /// Stable word.
        code: &'static str,
        /// Sentence for people.
        message: String,
    },
    /// Our own fault; told in the log, not to the caller.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl Problem {
    /// A request that makes no sense.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { code, message: message.into() }
    }

    /// A request that does not fit the state of things.
    pub fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::Conflict { code, message: message.into() }
    }

    /// What the caller is told. Whatever is our own fault is redacted here: paths, SQL and addresses stay inside.
    pub fn public(&self) -> (StatusCode, ErrorBody) {
        let (status, code) = match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::SignIn => (StatusCode::UNAUTHORIZED, "sign_in"),
            Self::TokenExpired => (StatusCode::UNAUTHORIZED, "token_expired"),
            Self::NotSignedIn(_) => (StatusCode::UNAUTHORIZED, "not_signed_in"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden"),
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross_site"),
            Self::SecondFactor => (StatusCode::UNAUTHORIZED, "second_factor"),
            Self::WrongSignInCode => (StatusCode::UNAUTHORIZED, "wrong_code"),
            Self::WrongCode => (StatusCode::FORBIDDEN, "wrong_code"),
            Self::WrongPassword => (StatusCode::FORBIDDEN, "wrong_password"),
            Self::ConfirmPassword => (StatusCode::FORBIDDEN, "confirm_password"),
            Self::TokenLevel(_) => (StatusCode::FORBIDDEN, "token_level"),
            Self::UnknownInvite => (StatusCode::NOT_FOUND, "unknown_invite"),
            Self::Invalid { code, .. } => (StatusCode::BAD_REQUEST, *code),
            Self::Conflict { code, .. } => (StatusCode::CONFLICT, *code),
            Self::NotThisAddress(_) => (StatusCode::FORBIDDEN, "not_this_address"),
            Self::WrongKey(_) => (StatusCode::FORBIDDEN, "wrong_key"),
            Self::TooFarApart(why) => return (StatusCode::UPGRADE_REQUIRED, why.clone()),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::TooManyRequests { .. } => (StatusCode::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::Unavailable { code, .. } => (StatusCode::SERVICE_UNAVAILABLE, *code),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        };
        let message = match self {
            Self::Internal(_) => "something went wrong at the server; its log says what".to_owned(),
            shown => shown.to_string(),
        };
        (status, ErrorBody { code: code.to_owned(), message })
    }
}

impl From<DbError> for Problem {
    fn from(e: DbError) -> Self {
        Self::Internal(e.into())
    }
}

impl From<Away> for Problem {
    fn from(e: Away) -> Self {
        tracing::error!(error = %e, "a request needs what is out of reach");
        let message = "a part of the server is out of reach at this moment; try again in some seconds".into();
        Self::Unavailable { code: "shared_away", message }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Self::Internal(e) = &self {
            tracing::error!(error = format!("{e:#}"), "request failed");
        }
        let (status, error) = self.public();
        let mut response = refusal::answer(status, error);
        let wait = match self {
            Self::TooMany { seconds } | Self::TooManyRequests { seconds } => Some(seconds),
            Self::Unavailable { .. } => Some(2),
            _ => None,
        };
        if let Some(seconds) = wait {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_faults_are_redacted() {
        let secret = "postgres://mist:canary@db/mist";
        let (status, body) = Problem::Internal(anyhow::anyhow!("cannot connect to {secret}")).public();
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!body.message.contains("canary"), "{}", body.message);
    }
}
