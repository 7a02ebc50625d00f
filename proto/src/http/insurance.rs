//! What friends could give back of a game's builds, and having it given back (admin).

use serde::{Deserialize, Serialize};

use super::Job;
use crate::{UnixMillis, Version};

/// `GET /games/{slug}/insurance`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Insurance {
    /// The ready builds, oldest first.
    pub builds: Vec<InsuredBuild>,
}

/// What friends have of a build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct InsuredBuild {
    /// Its version.
    pub version: Version,
    /// Whether friends get it by default.
    pub live: bool,
    /// Friends' programs that are online and say that they have some of it.
    pub friends: u64,
    /// Whole copies that these have together, as far as they say.
    pub copies: f64,
    /// Accounts whose last finished operation on the game led to it, online or not.
    pub last_known: u64,
    /// What the last spot check found, if there was one.
    #[serde(default)]
    pub sampled: Option<Sampled>,
}

/// What a spot check of a build found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Sampled {
    /// When it ended; the tracker writes it.
    #[serde(default)]
    pub at: UnixMillis,
    /// Friends' programs that a seed asked for random pieces, one after another: those that it can reach and that say that they have all of the
    /// build.
    pub asked: u64,
    /// Those of them that gave every piece, each of which verified.
    pub proved: u64,
}

/// The jobs that do it: new ones, and those that were under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JobsBegun {
    /// They show in `GET /jobs` until they are done, and after.
    pub jobs: Vec<Job>,
}
