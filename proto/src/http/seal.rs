//! What friends trust of this server: `GET /seal` (admin).

use serde::{Deserialize, Serialize};

use crate::{Slug, UnixMillis, claims::TrackerKey, key::ReleaseKey};

/// Games whose floor a [`Seal`] tells at most.
pub const MAX_FLOORS: u16 = 500;

/// `GET /seal`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Seal {
    /// Version of the server.
    pub server: String,
    /// When the replica that answers began.
    pub started: UnixMillis,
    /// Signs tokens, tickets and capabilities.
    pub tracker_key: TrackerKey,
    /// Its fingerprint, as friends see it.
    pub tracker_fingerprint: String,
    // Without pages: each takes a rotation that the key before it signed.
    /// The release keys, from the first to the one that signs builds now; none before the first push.
    pub release_keys: Vec<SealedKey>,
    /// The floors of games that have one, by slug, at most 500: friends refuse what is below, even if it is signed.
    pub floors: Vec<Floor>,
}

/// A release key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SealedKey {
    /// The key.
    pub key: ReleaseKey,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Since when it signs, if the audit log knows it.
    pub since: Option<UnixMillis>,
    /// Who registered it, or handed over to it.
    pub by: Option<String>,
}

/// The floor of a game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Floor {
    /// The game.
    pub game: Slug,
    /// Its title.
    pub title: String,
    /// The lowest sequence that may be live.
    pub sequence: u64,
}
