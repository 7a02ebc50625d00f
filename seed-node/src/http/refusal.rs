//! What a refused request is answered.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use mist_proto::http::{ErrorBody, ProblemDetails};

use crate::uploads::UploadError;

/// Why a request was refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    /// Unknown, or not for the bearer of this capability: both look alike.
    #[error("there is nothing here, or not for you")]
    NotFound,
    /// The capability was good once.
    #[error("the capability has expired: ask the tracker for a new one")]
    Expired,
    /// The tracker's key is not known yet.
    #[error("the seed has not met its tracker yet: try again in some seconds")]
    NotReady,
    /// Too many at once.
    #[error("the seed is busy: try again in some seconds")]
    Busy,
    /// Nothing is left of what may be sent this month.
    #[error(
        "this seed has sent all that it may send this month: fetch it from somebody else, or by QUIC, which goes on slowly"
    )]
    UsedUp,
    /// The body breaks a bound.
    #[error("the body is over its bound")]
    TooLarge,
    /// The body did not come whole or in time, or is malformed.
    #[error("{0}")]
    Malformed(String),
    /// An upload failed.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// What is stored here is not what it was.
    #[error("what is stored here has rotted: fetch it from somebody else, or a part of it that is sound")]
    Rotten,
    /// Reading failed.
    #[error("reading failed: {0}")]
    Read(#[from] std::io::Error),
}

impl Refusal {
    fn parts(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found"),
            Self::Expired => (StatusCode::FORBIDDEN, "capability_expired"),
            Self::NotReady | Self::Busy | Self::UsedUp => (StatusCode::SERVICE_UNAVAILABLE, "try_later"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed"),
            Self::Upload(e) => match e {
                UploadError::NoRecipe => (StatusCode::NOT_FOUND, "no_recipe"),
                UploadError::Recipe(_) | UploadError::Part(_) => (StatusCode::BAD_REQUEST, "malformed"),
                UploadError::Full { .. } => (StatusCode::INSUFFICIENT_STORAGE, "store_full"),
                UploadError::Away(_) => (StatusCode::SERVICE_UNAVAILABLE, "store_away"),
                UploadError::Store(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            },
            Self::Rotten => (StatusCode::INTERNAL_SERVER_ERROR, "rotten"),
            Self::Read(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    /// What the other end may know: the seed's paths and faults stay in its log.
    fn redacted(&self) -> String {
        match self {
            Self::Upload(UploadError::Store(_)) | Self::Read(_) => {
                "the store has a fault; the seed's log says which".into()
            }
            Self::Upload(UploadError::Away(_)) => {
                "the store is away; the push can go on when it is back".into()
            }
            open => open.to_string(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code) = self.parts();
        if status.is_server_error() {
            tracing::warn!(%status, error = %self, "a request to the seed failed");
        }
        let error = ErrorBody { code: code.into(), message: self.redacted() };
        let details =
            ProblemDetails::new(status.as_u16(), status.canonical_reason().unwrap_or_default(), error);
        let mut response = (status, Json(&details)).into_response();
        let media_type = http::HeaderValue::from_static(ProblemDetails::MEDIA_TYPE);
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        // A tracker that this seed is mounted at adds under what its log has the request.
        response.extensions_mut().insert(details);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, http::HeaderValue::from_static("5"));
        }
        response
    }
}
