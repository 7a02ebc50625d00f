//! Signing in, staying signed in, and what to trust.

use serde::{Deserialize, Serialize};

use crate::{
    claims::{Scope, TrackerKey},
    ids::UserName,
    key::ReleaseKey,
    publishers::Publishers,
    text::DeviceName,
};

/// `POST /auth/login`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Login {
    /// Account.
    pub user: UserName,
    /// Password, at most 1024 bytes.
    pub password: String,
    /// Name of the device, shown in the list of sessions.
    #[serde(default)]
    pub device: Option<DeviceName>,
    /// Code of the second factor, or a recovery code. 401 `second_factor` if one is needed and there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// Answer of `POST /auth/login` and `POST /auth/refresh`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Session {
    /// Bearer token for the API.
    pub access_token: String,
    /// Seconds until the access token expires.
    pub expires_in: i64,
    /// Single-use token for the next `POST /auth/refresh`. Using one twice ends the session.
    pub refresh_token: String,
    /// Whose session it is.
    pub user: Me,
    /// Origins other than the server's own, such as `https://seed.example:8443`, at which its seeds answer over HTTP. A client
    /// that signs in keeps them, and calls no others.
    #[serde(default)]
    #[schema(required)]
    pub origins: Vec<String>,
}

/// `GET /me`, and part of [`Session`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Me {
    /// Id of the account.
    pub id: String,
    /// Its name.
    pub name: UserName,
    /// What it may do.
    pub scope: Scope,
}

/// `POST /auth/refresh` and `POST /auth/logout`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RefreshRequest {
    /// The refresh token.
    pub refresh_token: String,
}

/// `POST /auth/seed`: a seed node signs in with its enrolment token.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SeedLogin {
    /// The token that `tracker seed add` printed.
    pub token: String,
}

/// Answer of `POST /auth/seed`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SeedSession {
    /// Id of the seed.
    pub seed: String,
    /// Bearer token for the API.
    pub access_token: String,
    /// Seconds until it expires; sign in again before.
    pub expires_in: i64,
}

/// `GET /trust` (no account needed): the keys that clients and seeds pin at first sight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Trust {
    /// Signs tokens, tickets and capabilities.
    pub tracker_key: TrackerKey,
    /// Signs builds; none before the first push.
    pub release_key: Option<ReleaseKey>,
    /// Every rotation from the first release key to the present one, oldest first: [`crate::key::KeyRotation`]
    /// in base64.
    pub rotations: Vec<String>,
    /// Who may sign builds beside the release key: the newest [`crate::publishers::Publishers`] in base64, if there is any.
    #[serde(default)]
    pub publishers: Option<String>,
    /// Version of the server.
    pub server: String,
}

impl Trust {
    /// Who may sign builds beside the release key, if the list verifies; by which key, the caller has to look.
    pub fn publishers(&self) -> Option<Publishers> {
        let bytes = data_encoding::BASE64.decode(self.publishers.as_ref()?.as_bytes()).ok()?;
        Publishers::decode_verified(&bytes).ok()
    }
}

/// `POST /trust/proof` (no account needed): has the server prove that it holds its key, and that the address is its own. 403
/// `not_this_address` if it does not know the address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProveAddress {
    /// 32 random bytes as 64 hex digits.
    pub challenge: String,
    /// The address at which the caller reaches the server, as a URL.
    pub address: String,
}

/// Answer of `POST /trust/proof`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AddressProof {
    /// 128 hex digits: see [`crate::claims::TrackerKey::has_proved`].
    pub signature: String,
}

/// `POST /release-key` (admin): the first push registers the key that signs builds. 409 `key_exists` if there is
/// another one. `POST /release-key/rotations` takes the bytes of a [`crate::key::KeyRotation`] from the present key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegisterReleaseKey {
    /// The public key.
    pub key: ReleaseKey,
}
