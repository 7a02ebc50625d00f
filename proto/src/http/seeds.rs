//! Seeds that may sign in (admin): `GET|POST /seeds`, `DELETE /seeds/{name}`.

use serde::{Deserialize, Serialize};

use crate::{UnixMillis, ids::UserName};

/// A seed that may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Seed {
    /// Id.
    pub id: String,
    /// Name for people.
    pub name: UserName,
    /// When it was added.
    pub created: UnixMillis,
    /// When it was last heard of.
    pub last_seen: Option<UnixMillis>,
    /// Where its byte router answers; the embedded seed has none.
    pub public_url: Option<String>,
}

/// `GET /seeds`: by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SeedList {
    /// The seeds.
    pub seeds: Vec<Seed>,
    /// Cursor of the next page, if this is not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /seeds`. 409 `seed_exists`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewSeed {
    /// Name for people.
    pub name: UserName,
}

/// Query of `DELETE /seeds/{name}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RemoveSeedQuery {
    /// Whether builds that no other seed has may be given up.
    #[serde(default)]
    pub lose: bool,
}

/// Answer of `POST /seeds`.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EnrolledSeed {
    /// The seed.
    pub seed: Seed,
    /// Its enrolment token, shown this once; only a hash of it is kept.
    pub token: String,
}
