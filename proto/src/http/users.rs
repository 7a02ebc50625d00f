//! Accounts (admin): `GET|POST /users`, `PATCH|DELETE /users/{name}`, `PUT|DELETE /users/{name}/grants/{slug}`.

use serde::{Deserialize, Serialize};

use crate::{Slug, UnixMillis, claims::Scope, ids::UserName};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct User {
    /// Id.
    pub id: String,
    /// Name.
    pub name: UserName,
    /// What it may do.
    pub scope: Scope,
    /// Whether it may sign in.
    pub disabled: bool,
    /// Private games that it may see.
    pub grants: Vec<Slug>,
    /// When it was made.
    pub created: UnixMillis,
    /// When it last signed in, if it did.
    #[serde(default)]
    pub last_sign_in: Option<UnixMillis>,
    /// Whether it has a second factor.
    #[serde(default)]
    pub second_factor: bool,
}

/// `GET /users`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UserList {
    /// By name.
    pub users: Vec<User>,
    /// Cursor of the next page, if this is not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /users`. 409 `user_exists`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewUser {
    /// Name.
    pub name: UserName,
    /// Password, 8 to 1024 bytes.
    pub password: String,
    /// User or admin.
    pub scope: Scope,
}

/// `PATCH /users/{name}`: what is absent stays. Disabling ends sessions and tickets.
#[derive(Clone, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UpdateUser {
    /// New password; ends every session.
    #[serde(default)]
    pub password: Option<String>,
    /// Whether it may sign in.
    #[serde(default)]
    pub disabled: Option<bool>,
    /// Friend or admin. Who is no admin any more is signed out everywhere.
    #[serde(default)]
    pub scope: Option<Scope>,
}
