//! What friends trust of this server: `GET /seal` (admin).

use serde::{Deserialize, Serialize};

use crate::{Slug, UnixMillis, claims::TrackerKey, ids::UserName, key::ReleaseKey};

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
    /// The key that can take over from the one that signs now, if somebody made one; those of earlier keys are of no use any more.
    #[serde(default)]
    pub recovery: Option<RecoveryKey>,
    // Without pages: at most 64.
    /// Who may sign builds beside the release key, and who might once.
    #[serde(default)]
    pub publishers: Vec<SealedPublisher>,
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

/// A key that a release key has handed over to in advance, for the case that it is lost. Its secret half and the statement that hands
/// over are in a file that the admin keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecoveryKey {
    /// The key.
    pub key: ReleaseKey,
    /// Its fingerprint.
    pub fingerprint: String,
    /// When it was made.
    pub made: UnixMillis,
    /// By whom.
    pub by: String,
}

/// One who may sign builds beside the release key, or might once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SealedPublisher {
    /// As admins call them.
    pub name: UserName,
    /// The key.
    pub key: ReleaseKey,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Whether new builds may be signed by it.
    pub may_publish: bool,
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
