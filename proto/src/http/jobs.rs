//! Jobs of the seeds, and the server's own: leased, retried with back-off, visible.
//!
//! A seed calls `POST /seed/jobs/claim` ([`ClaimRequest`] -> 200 [`ClaimedJob`] or 204), then every few seconds
//! `POST /seed/jobs/{id}/progress` ([`JobProgress`] -> [`LeaseState`]), and in the end `/complete` ([`JobResult`]) or
//! `/fail` ([`JobFailed`]). Every call but the first carries the lease; a call with a lost lease gets 409 `lease_lost`.
//! With each of these three the seed may say what it found ([`SeedLines`]), for the job's log.

mod kinds;
mod log;

use serde::{Deserialize, Serialize};

use super::{KeptBuild, PatchStory, Sampled};
use crate::{BlobId, UnixMillis, text::Remark};

pub use kinds::{
    ArchiveJob, DeleteJob, GatherJob, IngestJob, JobSpec, JumpJob, PatchJob, PruneJob, SampleJob, SteamJob,
    TellJob, ThinJob,
};
pub use log::{JobLog, LogLevel, LogLine, LogSource, SeedLine, SeedLines};

/// How far a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Waits for a seed, or for its back-off to pass.
    Queued,
    /// A seed holds its lease.
    Running,
    /// Done.
    Done,
    /// Given up after its last attempt; can be retried by hand.
    Failed,
}

impl JobState {
    /// The word in JSON, in the database and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Whether the job waits or runs.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

impl TryFrom<String> for JobState {
    type Error = UnknownState;
    fn try_from(s: String) -> Result<Self, UnknownState> {
        [Self::Queued, Self::Running, Self::Done, Self::Failed]
            .into_iter()
            .find(|state| state.as_str() == s)
            .ok_or(UnknownState(s))
    }
}

/// A word that names no state of a build or job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a state of a build or job")]
pub struct UnknownState(pub String);

/// A job as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Job {
    /// Id.
    pub id: String,
    /// What it does.
    pub spec: JobSpec,
    /// How far it is.
    pub state: JobState,
    /// What it is doing, e.g. `hashing`.
    pub stage: String,
    /// Units done, of [`Job::total`]; bytes where it moves bytes.
    pub done: u64,
    /// Units in all; 0 while unknown.
    pub total: u64,
    /// How often it was begun.
    pub attempts: u32,
    /// Why the last attempt failed.
    pub error: Option<String>,
    /// When it was made.
    pub created: UnixMillis,
    /// When it changed last.
    pub updated: UnixMillis,
    /// Number of the last line of its log; 0 if it has none.
    #[serde(default)]
    pub lines: u64,
}

/// `GET /jobs` (admin): newest first. `POST /jobs/{id}/retry` runs a failed one again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobList {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// Cursor of the next page, if this is not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// `POST /seed/jobs/claim`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimRequest {
    /// How long the answer may wait for a job, in milliseconds; at most 30,000.
    pub wait_ms: u64,
    /// Random id of this run of the seed. What an earlier run of the same seed left running is given out again at
    /// once, instead of after its lease.
    #[serde(default)]
    pub run: Option<String>,
}

/// A job with its lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ClaimedJob {
    /// Id.
    pub id: String,
    /// What to do.
    pub spec: JobSpec,
    /// Proof of holding the lease.
    pub lease: String,
    /// Milliseconds until the lease ends unless progress is reported.
    pub lease_ms: u64,
}

/// `POST /seed/jobs/{id}/progress`. Also renews the lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobProgress {
    /// The lease.
    pub lease: String,
    /// What it is doing.
    pub stage: Remark,
    /// Units done.
    pub done: u64,
    /// Units in all; 0 while unknown.
    pub total: u64,
    /// What the seed says for the job's log.
    #[serde(default, skip_serializing_if = "SeedLines::is_empty")]
    pub said: SeedLines,
}

/// Answer to progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LeaseState {
    /// Milliseconds until the lease ends.
    pub lease_ms: u64,
}

/// `POST /seed/jobs/{id}/complete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobResult {
    /// The lease.
    pub lease: String,
    /// Blob that was made: the patch of a patch or jump job.
    #[serde(default)]
    pub blob: Option<BlobId>,
    /// Bytes that it takes on disk, for a patch, a jump or an archive.
    #[serde(default)]
    pub stored: Option<u64>,
    /// How the game's builds are kept now, for a job that may have changed that.
    #[serde(default)]
    pub kept: Vec<KeptBuild>,
    /// What the patch of a patch job is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<PatchStory>,
    /// What a spot check found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<Sampled>,
    /// What the seed says for the job's log.
    #[serde(default, skip_serializing_if = "SeedLines::is_empty")]
    pub said: SeedLines,
}

/// `POST /seed/jobs/{id}/fail`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobFailed {
    /// The lease.
    pub lease: String,
    /// What went wrong, for the admin.
    pub error: Remark,
    /// Whether trying again can help.
    pub retry: bool,
    /// How the game's builds are kept now, if the job found that they are kept otherwise than was thought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<KeptBuild>,
    /// What the seed says for the job's log.
    #[serde(default, skip_serializing_if = "SeedLines::is_empty")]
    pub said: SeedLines,
}
