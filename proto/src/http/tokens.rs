//! API tokens: what scripts show instead of a password. `GET|POST /tokens`, `DELETE /tokens/{id}` (admin).

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{UnixMillis, ids::UserName, text::Label};

/// What every API token begins with.
pub const TOKEN_PREFIX: &str = "mist_t_";
/// For how long a token is good if nobody says, in days.
pub const TOKEN_DAYS: u32 = 90;
/// The longest that a token may be good, in days.
pub const MAX_TOKEN_DAYS: u32 = 3650;
/// Tokens that one account may have.
pub const MAX_TOKENS: usize = 100;

/// What an API token opens. Each includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenLevel {
    /// Read what its account may read.
    Read,
    /// Push builds, make them live, and add games too.
    Publish,
    /// All that its account may do, but for what takes its password.
    Admin,
}

/// There is no such level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no level of a token: use read, publish or admin")]
pub struct UnknownLevel(String);

impl TokenLevel {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Publish => "publish",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for TokenLevel {
    type Err = UnknownLevel;

    fn from_str(word: &str) -> Result<Self, UnknownLevel> {
        [Self::Read, Self::Publish, Self::Admin]
            .into_iter()
            .find(|level| level.as_str() == word)
            .ok_or_else(|| UnknownLevel(word.chars().take(40).collect()))
    }
}

impl TryFrom<String> for TokenLevel {
    type Error = UnknownLevel;

    fn try_from(word: String) -> Result<Self, UnknownLevel> {
        word.parse()
    }
}

/// A token, without the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ApiToken {
    /// Id.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// Whose it is.
    pub user: UserName,
    /// What it opens.
    pub level: TokenLevel,
    /// When it was made.
    pub created: UnixMillis,
    /// Until when it is good.
    pub expires: UnixMillis,
    /// When it was last used, to the minute.
    pub used: Option<UnixMillis>,
}

/// `GET /tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TokenList {
    /// The oldest first.
    pub tokens: Vec<ApiToken>,
    /// Cursor of the next page, if this is not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /tokens`: a token of the caller's own. 409 `too_many_tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewToken {
    /// What to call it, e.g. by the script that shows it.
    pub name: Label,
    /// What it opens.
    pub level: TokenLevel,
    /// Days for which it is good: 1 to 3650, 90 if there is none.
    #[serde(default)]
    pub days: Option<u32>,
}

/// Answer of `POST /tokens`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MadeToken {
    /// The token as it is listed.
    pub token: ApiToken,
    /// What to show as `Authorization: Bearer`. It is shown this once.
    pub secret: String,
}
