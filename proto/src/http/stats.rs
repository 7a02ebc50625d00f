//! The operator's view: `GET /stats` (admin) and `tracker stats --json`.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::BytesBySource;
use crate::{Slug, UnixMillis, Version, ids::StoreId};

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
    /// Of those that say what it takes to know: whether friends reach them by QUIC.
    #[serde(default)]
    pub reach: Vec<Reach>,
    /// Backups, if the server makes them by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backups: Option<BackupStats>,
}

/// The backups that the server makes by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BackupStats {
    /// Where they are.
    pub folder: String,
    /// Hours from one to the next.
    pub hours: u32,
    /// How many are kept.
    pub keep: u64,
    /// When the newest was made, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<UnixMillis>,
    /// How many there are.
    pub count: u64,
    /// Whether the newest is so old that several should have been made since.
    pub late: bool,
    /// Why the last try made none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
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
    /// Id of the store, from its marker; none while it is away, and from a seed before this release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store: Option<StoreId>,
    /// Whether the seed asks for that store anew: it did not have it before, or another seed had it since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub takes_over: bool,
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
    /// How the scrub is doing; a seed before this release does none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scrub: Option<Scrub>,
    /// How QUIC does; none from a seed before this release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quic: Option<Quic>,
}

/// What a seed knows of whether it is reached by QUIC, which goes over UDP.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Quic {
    /// Where it tells friends to reach it.
    #[schema(value_type = Vec<String>)]
    pub addresses: Vec<SocketAddr>,
    /// Seconds since it listens.
    pub secs: u64,
    /// Friends that a connection was made with since then, the last of each kind.
    pub met: Vec<QuicMet>,
}

/// A friend with whom a seed has made a connection by QUIC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QuicMet {
    /// Where the friend was.
    pub place: QuicPlace,
    /// Whether the friend dialed the seed; otherwise the seed dialed the friend.
    pub dialed_seed: bool,
    /// Seconds since that.
    pub secs_ago: u64,
}

/// Where a friend is, seen from a seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum QuicPlace {
    /// On the same machine, which proves nothing of its network.
    Here,
    /// In the same network.
    Lan,
    /// In the Tailnet.
    Tailnet,
    /// Elsewhere.
    Internet,
}

/// Whether friends reach a seed by QUIC, as far as the tracker can know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reach {
    /// Id of the seed.
    pub seed: String,
    /// Whether they do; none if nobody has tried.
    pub reached: Option<bool>,
    /// What is known, and if they don't, the likely cause and what to do; for people.
    pub text: String,
}

/// The scrub of a store: all that a seed has, read again and held against its hash trees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Scrub {
    /// Days from the beginning of one to that of the next; 0 if none begins by itself.
    pub every_days: u32,
    /// The one under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<ScrubRun>,
    /// The last one that went through all of the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<ScrubDone>,
    /// The time by which one was asked for last, as the tracker said it, once the seed has begun it or found one under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<UnixMillis>,
}

/// A scrub under way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ScrubRun {
    /// When it began.
    pub began: UnixMillis,
    /// Bytes that it has read.
    pub done: u64,
    /// Bytes that it reads in all, as the store is now.
    pub total: u64,
    /// Pieces that it found rotten or could not read.
    pub rotten: u64,
}

/// A scrub that went through all of the store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ScrubDone {
    /// When it began.
    pub began: UnixMillis,
    /// When it ended.
    pub ended: UnixMillis,
    /// Bytes that it read.
    pub read: u64,
    /// Pieces that it found rotten or could not read. Those that were not healed since are in [`StoreStats::rotten`].
    pub rotten: u64,
}

/// Answer to a seed's word about its store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StoreOrders {
    /// When a scrub was asked for last; one that was not heeded yet begins now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scrub_asked: Option<UnixMillis>,
}

/// Answer of `POST /stores/scrub`: every seed scrubs its store now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ScrubAsked {
    /// The time by which it was asked for; see [`Scrub::asked`].
    pub asked: UnixMillis,
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
    /// Whether the seed has tried in vain to heal it by what is in its store: it takes friends, other seeds, or another push.
    #[serde(default)]
    pub helpless: bool,
}
