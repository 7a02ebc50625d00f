//! The one shape of every refused request: problem details (RFC 9457).

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

/// Body of every answer with a status of 400 or above, as `application/problem+json`. Its type is `about:blank`, which
/// is left out: `code` says which problem it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProblemDetails {
    /// The status in words.
    #[serde(default)]
    #[schema(required)]
    pub title: String,
    /// The status of the answer.
    #[serde(default)]
    #[schema(required)]
    pub status: u16,
    /// Stable word for programs, e.g. `not_found`, `version_exists`.
    #[serde(default)]
    #[schema(required)]
    pub code: String,
    /// Sentence for people, which says what to do.
    #[serde(default)]
    #[schema(required)]
    pub detail: String,
    /// Under what the server's log has the request, if it keeps one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Code and sentence where clients looked for them before there were problem details.
    #[serde(default)]
    #[schema(deprecated)]
    pub error: Option<ErrorBody>,
}

impl ProblemDetails {
    /// The media type.
    pub const MEDIA_TYPE: &str = "application/problem+json";

    /// A failure, before anybody knows under what the log has it.
    pub fn new(status: u16, title: &str, body: ErrorBody) -> Self {
        Self {
            title: title.to_owned(),
            status,
            code: body.code.clone(),
            detail: body.message.clone(),
            request_id: None,
            error: Some(body),
        }
    }

    /// Code and sentence, of a server of any version; none if it is another thing in JSON.
    pub fn into_body(self) -> Option<ErrorBody> {
        if self.code.is_empty() {
            return self.error;
        }
        Some(ErrorBody { code: self.code, message: self.detail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_versions_understand_each_other() {
        let body = ErrorBody { code: "game_exists".into(), message: "there is a game a already".into() };
        let read = |json: &str| serde_json::from_str::<ProblemDetails>(json).ok()?.into_body();
        let before = r#"{"error":{"code":"game_exists","message":"there is a game a already"}}"#;
        assert_eq!(read(before), Some(body.clone()));
        let details = ProblemDetails::new(409, "Conflict", body.clone());
        let now = serde_json::to_string(&details).expect("JSON");
        assert_eq!(read(&now), Some(body.clone()));
        let later = r#"{"type":"x","title":"t","status":409,"code":"game_exists","detail":"there is a game a already"}"#;
        assert_eq!(read(later), Some(body.clone()));
        assert_eq!(read(r#"{"status":409}"#), None);

        #[derive(Deserialize)]
        struct Before {
            error: ErrorBody,
        }
        assert_eq!(serde_json::from_str::<Before>(&now).expect("JSON").error, body);
    }
}
