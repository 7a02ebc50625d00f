//! The kinds of jobs: what each has to know, the word for it, and what it says to people.
//!
//! A new kind is added in three places, and the compiler names the second and the third: here (its type, its line in
//! the list, and its sentence), in the tracker's `jobs/kinds.rs` (what its end means), and in the seed's `jobs/` (how
//! it is done).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{BlobId, Slug, Version};

/// Makes [`JobSpec`] of the list of kinds. Every kind says what it works on by [`About`], and what it does by [`fmt::Display`].
macro_rules! kinds {
    ($($(#[$doc:meta])+ $kind:ident($job:ident) = $word:tt,)+) => {
        /// What is to be done. Idempotent: doing it twice leaves what doing it once does.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
        #[serde(tag = "kind")]
        pub enum JobSpec {
            $($(#[$doc])+ #[serde(rename = $word)] $kind($job),)+
        }

        impl JobSpec {
            /// The word in the database and on screens.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$kind(_) => $job::KIND,)+ }
            }

            /// The game that it works on; none for what concerns the whole server.
            pub fn game(&self) -> Option<&Slug> {
                match self { $(Self::$kind(job) => job.game(),)+ }
            }
        }

        /// What it does, for people who see which game it is about.
        impl fmt::Display for JobSpec {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$kind(job) => job.fmt(f),)+ }
            }
        }

        $(
            impl $job {
                /// The word in the database and on screens.
                pub const KIND: &'static str = $word;
            }

            impl From<$job> for JobSpec {
                fn from(job: $job) -> Self {
                    Self::$kind(job)
                }
            }
        )+
    };
}

kinds! {
    /// Assemble the depot of a build from uploaded and known chunks, verify it, make its outboard. One that is there is checked
    /// and healed, if chunks or a recipe were uploaded for it.
    Ingest(IngestJob) = "ingest",
    /// Make the direct patch between two builds.
    Patch(PatchJob) = "patch",
    /// Make the compressed archive of a build.
    Archive(ArchiveJob) = "archive",
    /// Make the patch from a friend's folder, known by its folder signature, to a build.
    Jump(JumpJob) = "jump",
    /// Drop the depots of old builds that patches lead to. Whatever is done, each build can be rebuilt afterwards.
    Thin(ThinJob) = "thin",
    /// Delete a build from the store, or the whole game.
    Delete(DeleteJob) = "delete",
    /// Make the files of a build anew out of what friends and other seeds have. A build that is there is healed.
    Gather(GatherJob) = "gather",
    /// Fetch random pieces of a build from each friend who says that they have all of it, and keep none.
    Sample(SampleJob) = "sample",
    /// Take over what Steam says about a game into what nobody edited by hand. The server does this itself.
    Steam(SteamJob) = "steam",
    /// Take builds out of the catalogue that are not to be kept. The server does this itself.
    Prune(PruneJob) = "prune",
    /// Send what admins are told elsewhere. The server does this itself.
    Tell(TellJob) = "tell",
}

/// What a kind of job works on.
trait About {
    fn game(&self) -> Option<&Slug>;
}

macro_rules! about_a_game {
    ($($job:ident),+ $(,)?) => {
        $(impl About for $job {
            fn game(&self) -> Option<&Slug> {
                Some(&self.game)
            }
        })+
    };
}

about_a_game!(
    IngestJob, PatchJob, ArchiveJob, JumpJob, ThinJob, DeleteJob, GatherJob, SampleJob, SteamJob, PruneJob
);

impl About for TellJob {
    fn game(&self) -> Option<&Slug> {
        None
    }
}

/// The first level of the API whose programs know [`LATER_KINDS`].
const LATER_KINDS_LEVEL: u32 = 2;
const LATER_KINDS: &[&str] = &[GatherJob::KIND, SampleJob::KIND];

impl JobSpec {
    /// The kinds of a seed's jobs that one of this level of the API does not know, by their words.
    pub fn unknown_to(level: u32) -> &'static [&'static str] {
        if level < LATER_KINDS_LEVEL { LATER_KINDS } else { &[] }
    }
}

/// See [`JobSpec::Ingest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct IngestJob {
    /// Game.
    pub game: Slug,
    /// Build.
    pub version: Version,
    /// Push whose chunks to use.
    pub push: String,
    /// Signed envelope.
    pub manifest: BlobId,
}

impl fmt::Display for IngestJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "finalizing {}", self.version)
    }
}

/// See [`JobSpec::Patch`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PatchJob {
    /// Game.
    pub game: Slug,
    /// Old build.
    pub from: Version,
    /// Its envelope.
    pub from_manifest: BlobId,
    /// New build.
    pub to: Version,
    /// Its envelope.
    pub to_manifest: BlobId,
}

impl fmt::Display for PatchJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "patch {} -> {}", self.from, self.to)
    }
}

/// See [`JobSpec::Archive`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ArchiveJob {
    /// Game.
    pub game: Slug,
    /// Build.
    pub version: Version,
    /// Signed envelope.
    pub manifest: BlobId,
}

impl fmt::Display for ArchiveJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "archive of {}", self.version)
    }
}

/// See [`JobSpec::Jump`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JumpJob {
    /// Game.
    pub game: Slug,
    /// Build that the folder shall become.
    pub to: Version,
    /// Folder signature, sent to the seed before.
    #[serde(rename = "signature")]
    pub folder_signature: BlobId,
}

impl fmt::Display for JumpJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "jump to {}", self.to)
    }
}

/// See [`JobSpec::Thin`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ThinJob {
    /// Game.
    pub game: Slug,
    /// Build that friends get by default.
    pub live: Option<Version>,
}

impl fmt::Display for ThinJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("dropping old files")
    }
}

/// See [`JobSpec::Delete`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeleteJob {
    /// Game.
    pub game: Slug,
    /// Build; all of them if there is none.
    pub version: Option<Version>,
}

impl fmt::Display for DeleteJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.version {
            Some(version) => write!(f, "delete {version}"),
            None => f.write_str("delete the game"),
        }
    }
}

/// See [`JobSpec::Gather`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GatherJob {
    /// Game.
    pub game: Slug,
    /// Build.
    pub version: Version,
    /// Signed envelope.
    pub manifest: BlobId,
}

impl fmt::Display for GatherJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gathering {} from friends", self.version)
    }
}

/// See [`JobSpec::Sample`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SampleJob {
    /// Game.
    pub game: Slug,
    /// Build.
    pub version: Version,
    /// Its archive.
    pub archive: BlobId,
    /// Pieces to draw for each friend; at most 64.
    pub pieces: u32,
    /// Friends' programs to ask; at most 32.
    pub friends: u32,
}

impl fmt::Display for SampleJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sampling {} at friends", self.version)
    }
}

/// See [`JobSpec::Steam`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SteamJob {
    /// Game.
    pub game: Slug,
}

impl fmt::Display for SteamJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("look-up at Steam")
    }
}

/// See [`JobSpec::Prune`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PruneJob {
    /// Game.
    pub game: Slug,
}

impl fmt::Display for PruneJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pruning old builds")
    }
}

/// See [`JobSpec::Tell`]. A day's messages are one job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TellJob {}

impl fmt::Display for TellJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("telling admins on Discord")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_job_are_those_of_its_json() {
        let job = DeleteJob { game: "quake".parse().expect("a slug"), version: None };
        let spec = JobSpec::from(job);
        let json = serde_json::to_value(&spec).expect("JSON");
        assert_eq!(json, serde_json::json!({ "kind": "delete", "game": "quake", "version": null }));
        assert_eq!(json["kind"], spec.kind());
        assert_eq!(spec.game().map(Slug::as_str), Some("quake"));
        assert_eq!(spec.to_string(), "delete the game");
        assert_eq!(serde_json::from_value::<JobSpec>(json).expect("the same"), spec);
    }
}
