//! The one shape of every refused request.

use serde::{Deserialize, Serialize};

/// What a client needs to know about a failure. `code` is stable and for programs; `message` is for people and
/// says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema, thiserror::Error)]
#[error("{message} ({code})")]
pub struct ErrorBody {
    /// Stable word, e.g. `not_found`, `version_exists`.
    pub code: String,
    /// Sentence for people.
    pub message: String,
}

/// Body of every response with a status of 400 or above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ApiError {
    /// The failure.
    pub error: ErrorBody,
}
