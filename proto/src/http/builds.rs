//! Builds of a game.

use serde::{Deserialize, Serialize};

use super::UnknownState;
use crate::{BlobId, ManifestId, UnixMillis, Version, text::Notes};

/// How far a build is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BuildState {
    /// Chunks are being uploaded.
    Uploading,
    /// The seed's jobs are at work.
    Processing,
    /// All that a friend needs stands.
    Ready,
    /// A job gave up; it can be retried.
    Failed,
}

impl BuildState {
    /// The word in JSON, in the database and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uploading => "uploading",
            Self::Processing => "processing",
            Self::Ready => "ready",
            Self::Failed => "failed",
        }
    }
}

impl TryFrom<String> for BuildState {
    type Error = UnknownState;
    fn try_from(s: String) -> Result<Self, UnknownState> {
        [Self::Uploading, Self::Processing, Self::Ready, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == s)
            .ok_or(UnknownState(s))
    }
}

/// How a seed keeps a build; the better way first.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Keeping {
    /// All its files are there.
    #[default]
    Whole,
    /// Patches lead to it from an older build that is whole.
    Replay,
    /// Patches lead back to it from a newer build that is whole.
    Reverse,
    /// Its files are gone, and nothing leads to it.
    Lost,
}

impl Keeping {
    /// The word in JSON, in the database and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Replay => "replay",
            Self::Reverse => "reverse",
            Self::Lost => "lost",
        }
    }
}

impl TryFrom<String> for Keeping {
    type Error = UnknownState;
    fn try_from(s: String) -> Result<Self, UnknownState> {
        [Self::Whole, Self::Replay, Self::Reverse, Self::Lost]
            .into_iter()
            .find(|keeping| keeping.as_str() == s)
            .ok_or(UnknownState(s))
    }
}

/// A build and how the seed keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KeptBuild {
    /// The build.
    pub version: Version,
    /// How it is kept.
    pub keeping: Keeping,
}

/// A build. Friends see only ready ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Build {
    /// Label.
    pub version: Version,
    /// Place in the list.
    pub sequence: u64,
    /// How far it is.
    pub state: BuildState,
    /// Whether friends get it by default.
    pub live: bool,
    /// Id of the manifest.
    pub manifest_id: ManifestId,
    /// Address of the signed envelope.
    pub manifest: BlobId,
    /// Address of the archive.
    pub archive: BlobId,
    /// Sum of the files' sizes.
    pub content_size: u64,
    /// Number of files.
    pub files: u64,
    /// When the push began.
    pub created: UnixMillis,
    /// Direct patches that end at this build.
    pub patches: Vec<PatchInfo>,
    /// Size of the stored `.tar.zst`, once it was made.
    pub archive_stored: Option<u64>,
    /// How the seed keeps it.
    #[serde(default)]
    pub kept: Keeping,
    /// What is new in it, in its publisher's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// Whether pruning leaves it alone.
    #[serde(default)]
    pub pinned: bool,
    /// When it is made live by itself, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_at: Option<UnixMillis>,
    /// The account that pushed it; told to admins only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pushed_by: Option<String>,
    /// How large its patch was to be, as its push foretold; told to admins only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<PatchForecast>,
}

/// By what the size of a patch was foretold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ForecastBy {
    /// By the folder signature of the build before, which the machine that pushed it had kept.
    Signature,
    /// By how well the new and changed files pack, as nothing more was known of the build before.
    Files,
}

impl ForecastBy {
    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::Files => "files",
        }
    }
}

impl TryFrom<String> for ForecastBy {
    type Error = UnknownState;
    fn try_from(s: String) -> Result<Self, UnknownState> {
        [Self::Signature, Self::Files].into_iter().find(|by| by.as_str() == s).ok_or(UnknownState(s))
    }
}

/// How large the direct patch from the build before was to be, before anything was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PatchForecast {
    /// The build before.
    pub from: Version,
    /// Bytes that were foretold.
    pub bytes: u64,
    /// Bytes before they were corrected by what earlier forecasts of the game had missed.
    pub raw: u64,
    /// By what it was foretold.
    pub by: ForecastBy,
}

/// `PATCH /games/{slug}/builds/{version}` (admin): what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EditBuild {
    /// What is new in it.
    #[serde(default)]
    pub notes: Option<Notes>,
    /// Whether pruning leaves it alone.
    #[serde(default)]
    pub pinned: Option<bool>,
}

/// A direct patch that the seed has. It may skip builds, and may lead back to an older one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PatchInfo {
    /// Version that it turns from.
    pub from: Version,
    /// Manifest that it turns from.
    pub from_manifest: ManifestId,
    /// Address of the patch.
    pub blob: BlobId,
}

/// `GET /games/{slug}/builds`: oldest first. `GET /games/{slug}/builds/{version}/manifest` gives the envelope's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BuildList {
    /// Builds that the caller may see.
    pub builds: Vec<Build>,
    /// Cursor of the next page, if this is not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `PUT /games/{slug}/live` (admin): 409 `not_ready`, `below_floor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SetLive {
    /// A ready build.
    pub version: Version,
    /// When to make it live, if that is not at once: the server does it by its own clock, once. Whatever goes live before,
    /// by whomever, takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<UnixMillis>,
}

/// `POST /games/{slug}/prune` (admin): removes old builds, but for the live one, one that is to go live, those that are pinned
/// or unfinished, and what is said here. What stays can be had as before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PruneRequest {
    /// The newest builds that stay; at least one.
    #[schema(minimum = 1)]
    pub keep_newest: u32,
    /// Days for which a build stays in any case.
    #[serde(default)]
    pub keep_days: Option<u32>,
    /// Whether only to say what would go.
    #[serde(default)]
    pub dry_run: bool,
}

/// Why pruning leaves a build alone; the strongest reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeepReason {
    /// Friends get it by default.
    Live,
    /// It goes live by itself.
    Next,
    /// Somebody pinned it.
    Pinned,
    /// It is not ready yet.
    Unfinished,
    /// It is among the newest.
    Newest,
    /// It is young.
    Young,
}

/// A build that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct KeptBecause {
    /// The build.
    pub version: Version,
    /// Why it stays.
    pub reason: KeepReason,
}

/// What pruning removed, or would remove; both from the oldest to the newest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Pruned {
    /// Builds that go.
    pub removed: Vec<Version>,
    /// Builds that stay.
    pub kept: Vec<KeptBecause>,
}
