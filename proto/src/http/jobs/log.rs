//! The log of a job: `GET /jobs/{id}/log` (admin), and what a seed says for it.

use serde::{Deserialize, Serialize};

use super::UnknownState;
use crate::{UnixMillis, text::Remark};

/// How much a line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// What is done.
    Info,
    /// What went otherwise than it should; the job goes on.
    Warn,
    /// What ended an attempt, or was lost.
    Error,
}

impl LogLevel {
    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

impl TryFrom<String> for LogLevel {
    type Error = UnknownState;
    fn try_from(s: String) -> Result<Self, UnknownState> {
        let all = [Self::Info, Self::Warn, Self::Error];
        all.into_iter().find(|level| level.as_str() == s).ok_or(UnknownState(s))
    }
}

/// Who says a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogSource {
    /// The tracker, of what it knows itself.
    Tracker,
    /// The seed that works on the job.
    Seed,
}

impl LogSource {
    /// The word in JSON and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tracker => "tracker",
            Self::Seed => "seed",
        }
    }
}

impl TryFrom<String> for LogSource {
    type Error = UnknownState;
    fn try_from(s: String) -> Result<Self, UnknownState> {
        [Self::Tracker, Self::Seed].into_iter().find(|source| source.as_str() == s).ok_or(UnknownState(s))
    }
}

/// A line of a job's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LogLine {
    /// Its number, from 1. Where lines were left out, one line says so in their place, with the number of the last of them.
    pub number: u64,
    /// When it happened, by the tracker's clock.
    pub at: UnixMillis,
    /// How much it matters.
    pub level: LogLevel,
    /// Who says it.
    pub source: LogSource,
    /// What happened.
    pub text: String,
}

/// `GET /jobs/{id}/log` (admin). It has 200 lines and 64 KiB of text at most: the first lines and the newest ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobLog {
    /// The lines, oldest first.
    pub lines: Vec<LogLine>,
}

/// What a seed says of the job that it works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SeedLine {
    /// How long ago it happened, in milliseconds.
    pub ago_ms: u64,
    /// How much it matters.
    pub level: LogLevel,
    /// What happened.
    pub text: Remark,
}

/// Lines of a seed, in order. They are counted within one lease, so that those which are sent again are kept once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SeedLines {
    /// How many the seed has said before these.
    pub from: u64,
    /// The lines; of more than 50 the first 50 count.
    pub lines: Vec<SeedLine>,
}

impl SeedLines {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}
