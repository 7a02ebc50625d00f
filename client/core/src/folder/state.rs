//! What a game's folder says of itself: `.mist/state.json`.

use mist_proto::{
    BlobId, ManifestId, Slug, UnixMillis, VerifiedManifest, Version,
    http::{BytesBySource, Operation},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::spent::Spent;

/// Names a build without listing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct BuildRef {
    /// Label.
    #[ts(type = "string")]
    pub version: Version,
    /// Place in the game's list.
    pub sequence: u64,
    /// Its manifest.
    #[ts(type = "string")]
    pub manifest: ManifestId,
    /// Its archive.
    #[ts(type = "BlobId")]
    pub archive: BlobId,
}

impl BuildRef {
    pub(crate) fn of(manifest: &VerifiedManifest) -> Self {
        Self {
            version: manifest.version.clone(),
            sequence: manifest.sequence,
            manifest: manifest.id(),
            archive: manifest.archive,
        }
    }
}

/// How far the folder is the build that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// No build was ever completed here.
    Empty,
    /// Every byte was verified after the last change.
    Whole,
    /// Files were put in place and not verified as a whole yet.
    Placed,
    /// A verification found differences.
    Damaged,
    /// A folder that came from elsewhere says so, and nothing of it was verified yet.
    Claimed,
}

/// How the bytes of an operation are got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RouteKind {
    /// By direct patches, one after another.
    Patches,
    /// By one patch that was made for just this folder.
    Jump,
    /// By pieces of the wanted build's archive.
    Pieces,
    /// Everything needed is here already.
    Local,
}

/// What an operation took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct OperationRecord {
    /// What it was for.
    #[ts(type = "TransferKind")]
    pub kind: Operation,
    /// Build that was there before.
    #[ts(type = "string | null")]
    pub from: Option<Version>,
    /// Build that is there now.
    #[ts(type = "string")]
    pub to: Version,
    /// How its bytes were got.
    pub route: RouteKind,
    /// Bytes that were predicted before it started.
    pub forecast_bytes: u64,
    /// Bytes that were received.
    pub actual_bytes: u64,
    /// The same by source.
    #[ts(type = "BytesBySource")]
    pub bytes: BytesBySource,
    /// Bytes that came over the network for it, by source: packed as they were, with what was of no use. None if an earlier
    /// release began the operation.
    #[serde(default)]
    #[ts(type = "BytesBySource | null")]
    pub wire: Option<BytesBySource>,
    /// Those of them that were received before the build was live.
    #[serde(default)]
    #[ts(type = "BytesBySource")]
    pub ahead: BytesBySource,
    /// Disk that it took at its peak, beyond what was used before.
    #[serde(default)]
    pub disk: DiskUse,
    /// Time that it took, pauses and restarts not counted.
    pub seconds: f64,
    /// What that time went into. None if an earlier release began the operation.
    #[serde(default)]
    pub spent: Option<Spent>,
    /// When it ended.
    #[ts(type = "number")]
    pub finished: UnixMillis,
}

/// An operation that has begun and not ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Pending {
    /// Random id, under which its bytes are reported.
    pub id: String,
    /// What it is for.
    #[ts(type = "TransferKind")]
    pub kind: Operation,
    /// Build that was there before.
    #[ts(type = "string | null")]
    pub from: Option<Version>,
    /// The same build, if it is another one than the wanted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(skip)]
    pub previous: Option<BuildRef>,
    /// Build that is wanted.
    pub to: BuildRef,
    /// Its first prediction.
    pub forecast: Option<(RouteKind, u64)>,
    /// Bytes received so far.
    #[ts(type = "BytesBySource")]
    pub bytes: BytesBySource,
    /// What came over the network for them. None if an earlier release began the operation.
    #[serde(default)]
    #[ts(type = "BytesBySource | null")]
    pub wire: Option<BytesBySource>,
    /// Those of the bytes that were received before the build was live.
    #[serde(default)]
    #[ts(type = "BytesBySource")]
    pub ahead: BytesBySource,
    /// Seconds spent so far.
    pub seconds: f64,
    /// What they were spent on. None if an earlier release began the operation.
    #[serde(default)]
    pub spent: Option<Spent>,
    /// Disk used so far.
    #[serde(default)]
    pub disk: DiskUse,
}

/// What was fetched of an update before its build is live. Nothing of it is in the game's own files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ahead {
    /// The update, which begins once the build is live.
    pub update: Pending,
    /// The patches that it takes.
    #[serde(default)]
    pub patches: Vec<BlobId>,
    /// Whether all that can be fetched before is here.
    #[serde(default)]
    pub complete: bool,
}

/// Bytes of disk that an operation takes, in the game's folder and for patches that are kept for friends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DiskUse {
    /// Used before it began.
    pub before: u64,
    /// More than that at the peak, as predicted.
    pub forecast: u64,
    /// More than that at the peak, as measured.
    pub peak: u64,
}

impl DiskUse {
    /// Takes note of what is used now.
    pub(crate) fn note(&mut self, now: u64) {
        self.peak = self.peak.max(now.saturating_sub(self.before));
    }
}

/// A build that the folder can become again without anybody's help, by what is kept of it in `.mist/previous/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// The build.
    pub build: BuildRef,
    /// The one from which the way back leads.
    pub of: ManifestId,
    /// Bytes that are kept.
    pub bytes: u64,
}

/// `.mist/state.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FolderState {
    /// Layout of this file; 1.
    pub format: u32,
    /// The game.
    pub game: Slug,
    /// Key of the server that it came from.
    pub server: String,
    /// Build whose files are in place.
    pub installed: Option<BuildRef>,
    /// How far they are.
    pub condition: Condition,
    /// What is under way.
    pub pending: Option<Pending>,
    /// What was fetched of the build that goes live later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead: Option<Ahead>,
    /// The build that goes live later and of which nothing is to be fetched before, as somebody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_ahead: Option<ManifestId>,
    /// What was done last.
    pub last_operation: Option<OperationRecord>,
    /// Random name of this folder, by which a library knows it again; none in folders of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// Whether its disk keeps executable bits, as far as that was tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps_modes: Option<bool>,
    /// The build before, if it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Previous>,
}

impl FolderState {
    pub(crate) fn new(game: Slug, server: String) -> Self {
        Self {
            format: 1,
            game,
            server,
            installed: None,
            condition: Condition::Empty,
            pending: None,
            ahead: None,
            not_ahead: None,
            last_operation: None,
            mark: None,
            keeps_modes: None,
            previous: None,
        }
    }

    /// Notes that not all is as it should be. What nobody has verified yet stays so.
    pub(crate) fn doubt(&mut self) {
        if self.condition != Condition::Claimed {
            self.condition = Condition::Damaged;
        }
    }

    /// The build before, if what is kept of it leads back from the build that is here.
    pub fn previous(&self) -> Option<&Previous> {
        let here = self.installed.as_ref()?.manifest;
        self.previous.as_ref().filter(|previous| previous.of == here)
    }

    /// What was fetched ahead of the update to a build, if it starts at the build that is here.
    pub(crate) fn fetched_ahead(&self, to: &BuildRef) -> Option<&Ahead> {
        let here = self.installed.as_ref();
        self.ahead.as_ref().filter(|ahead| ahead.update.to == *to && ahead.update.previous.as_ref() == here)
    }

    /// The build that is here whole, verified and not being changed.
    pub fn whole(&self) -> Option<&BuildRef> {
        self.installed.as_ref().filter(|_| self.condition == Condition::Whole)
    }
}
