//! Who did what: `GET /audit` (admin).

use serde::{Deserialize, Serialize};

use crate::UnixMillis;

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// When.
    pub at: UnixMillis,
    /// Name of the account, or `operator` for who sits at the server.
    pub actor: String,
    /// Stable word, e.g. `user.disable`, `build.live`.
    pub action: String,
    /// What it was done to: a user's name, a slug, `slug@version`.
    pub subject: String,
}

/// `GET /audit`: newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditLog {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// Cursor of the next page, if this is not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}
