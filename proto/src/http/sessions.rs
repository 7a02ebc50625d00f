//! Where an account is signed in, and its password: `GET /me/sessions`, `DELETE /me/sessions/{id}`, `PUT /me/password`,
//! `POST /me/confirmation`; for admins `GET|DELETE /users/{name}/sessions`, `DELETE /users/{name}/sessions/{id}`.

use serde::{Deserialize, Serialize};

use crate::UnixMillis;

/// How long a browser may do what destroys after its password was given, in seconds.
pub const CONFIRMED_SECS: i64 = 5 * 60;

/// Where somebody is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SessionInfo {
    /// Id.
    pub id: String,
    /// What the device calls itself.
    pub device: Option<String>,
    /// Whether it is a browser; else one of Mist's programs.
    pub browser: bool,
    /// Whether it is the session that asks.
    pub current: bool,
    /// When it began.
    pub created: UnixMillis,
    /// When it was last used, to the minute for a browser and to the quarter of an hour for a program.
    pub used: UnixMillis,
    /// When it ends unless it is used.
    pub expires: UnixMillis,
}

/// `GET /me/sessions` and `GET /users/{name}/sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SessionList {
    /// By id: the oldest first.
    pub sessions: Vec<SessionInfo>,
    /// Cursor of the next page, if this is not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `PUT /me/password`: ends every other session of the account. 403 `wrong_password`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ChangePassword {
    /// The password until now.
    pub current: String,
    /// The new one, 8 to 1024 bytes.
    pub new: String,
}

/// `POST /me/confirmation`: the password again, before what destroys. 403 `wrong_password`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Confirm {
    /// The password.
    pub password: String,
}
