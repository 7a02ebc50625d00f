//! The operator's view: `GET /stats` (admin) and `tracker stats --json`.

use serde::{Deserialize, Serialize};

use super::BytesBySource;
use crate::{Slug, UnixMillis, Version};

/// Everything that the operator sees at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Stats {
    /// When this was counted.
    pub at: UnixMillis,
    /// Version of the server.
    pub server: String,
    /// Seconds since it started.
    pub uptime: u64,
    /// Whether all is well.
    pub health: Health,
    /// Who is online.
    pub swarm: SwarmStats,
    /// Content that friends received since the server's store began, by source.
    pub bytes: BytesBySource,
    /// What came over the network for it, by source; content where a client did not tell.
    #[serde(default)]
    pub wire: BytesBySource,
    // Without pages, as the operator's health needs all of them at once: they are the games of one group's catalogue.
    /// Each game, by slug.
    pub games: Vec<GameStats>,
    /// Jobs by state.
    pub jobs: JobCounts,
    /// Stores of the seeds that are online.
    pub stores: Vec<StoreStats>,
}

/// Whether the operator has to act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Health {
    /// No problem found.
    pub ok: bool,
    /// One sentence each, saying what to do.
    pub problems: Vec<String>,
}

/// Who is online.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SwarmStats {
    /// Friends' programs.
    pub peers: u64,
    /// Seeds.
    pub seeds: u64,
}

/// One game.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GameStats {
    /// Game.
    pub game: Slug,
    /// Its live build.
    pub live: Option<Version>,
    /// Ready builds.
    pub builds: u64,
    /// Copies of the live build's archive among online peers, the seeds' included; parts count as fractions.
    pub copies: f64,
    /// Online friends that hold at least a piece of it.
    pub peers: u64,
    /// Content that friends received of this game, by source.
    pub bytes: BytesBySource,
    /// What came over the network for it, by source; content where a client did not tell.
    #[serde(default)]
    pub wire: BytesBySource,
}

/// Jobs by state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobCounts {
    /// Waiting.
    pub queued: u64,
    /// At work.
    pub running: u64,
    /// Given up.
    pub failed: u64,
    /// Done.
    pub done: u64,
}

/// One seed's store, as the seed reports it with `POST /seed/status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StoreStats {
    /// Id of the seed.
    pub seed: String,
    /// Whether the store is there and writable.
    pub ok: bool,
    /// What is wrong, if it is not.
    pub problem: Option<String>,
    /// Bytes that the store takes.
    pub used: u64,
    /// Bytes free on its file system.
    pub free: u64,
    /// Where the seed's byte router answers for others, if it is not mounted at the tracker; e.g.
    /// `https://seed.example/seed/v1`.
    #[serde(default)]
    pub public_url: Option<String>,
    /// Builds of which something in the store is not what its hashes say: nobody gets that from this seed. At most
    /// [`crate::limits::MAX_ROTTEN`].
    #[serde(default)]
    pub rotten: Vec<RottenBuild>,
}

/// A build that rots in a seed's store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RottenBuild {
    /// Its game.
    pub game: Slug,
    /// Its version.
    pub version: Version,
    /// Pieces that were found rotten, of its archive, its manifest and the patches that lead to it.
    pub pieces: u64,
}
