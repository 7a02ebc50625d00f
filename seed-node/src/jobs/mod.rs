//! The tracker's jobs. Each is idempotent: one that was cut off is simply done again.
//!
//! A kind of job is done in a module of its own, by [`Execute`] of its type in `mist_proto`, and named once in
//! [`Seed::execute`].

mod archive;
mod assemble;
mod delete;
mod failure;
mod gather;
mod heal;
mod ingest;
mod jump;
mod mend;
mod patch;
mod replay;
mod reporter;
mod runner;
mod said;
mod sample;
mod scratch;
mod story;
mod swarm;
#[cfg(test)]
mod tests;
mod thin;

use std::{io, sync::Arc};

use mist_proto::{
    BlobId,
    http::{JobSpec, KeptBuild, PatchStory, Sampled},
};

pub(crate) use archive::{ArchiveRequest, make_requested_archives};
pub(crate) use failure::Failure;
pub(crate) use mend::mend_rot;
pub(crate) use reporter::Reporter;
pub(crate) use runner::Runner;
pub(crate) use sample::forget as forget_samples;

use crate::seed::Seed;

/// A kind of job, as the seed does it.
trait Execute: Send + Sized + 'static {
    /// Does the job. Blocks.
    ///
    /// # Errors
    /// [`Failure`], which says whether trying again can help.
    fn execute(self, seed: &Seed, report: &Reporter) -> Result<Made, Failure>;
}

/// What a job made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Made {
    /// The blob, for a patch or a jump.
    pub(crate) blob: Option<BlobId>,
    /// Bytes that it takes on disk.
    pub(crate) stored: Option<u64>,
    /// How the game's builds are kept now, if that may have changed.
    pub(crate) kept: Vec<KeptBuild>,
    /// What a patch is made of.
    pub(crate) story: Option<PatchStory>,
    /// What a spot check found.
    pub(crate) sampled: Option<Sampled>,
}

impl Made {
    fn blob(blob: BlobId) -> Self {
        Self { blob: Some(blob), stored: Some(blob.size), ..Self::default() }
    }

    fn stored(bytes: u64) -> Self {
        Self { stored: Some(bytes), ..Self::default() }
    }

    fn kept(kept: Vec<KeptBuild>) -> Self {
        Self { kept, ..Self::default() }
    }
}

impl Seed {
    /// Does a job.
    pub(crate) async fn execute(
        self: Arc<Self>,
        spec: JobSpec,
        report: Arc<Reporter>,
    ) -> Result<Made, Failure> {
        let work = move || match spec {
            JobSpec::Ingest(job) => job.execute(&self, &report),
            JobSpec::Patch(job) => job.execute(&self, &report),
            JobSpec::Archive(job) => job.execute(&self, &report),
            JobSpec::Jump(job) => job.execute(&self, &report),
            JobSpec::Thin(job) => job.execute(&self, &report),
            JobSpec::Delete(job) => job.execute(&self, &report),
            JobSpec::Gather(job) => job.execute(&self, &report),
            JobSpec::Sample(job) => job.execute(&self, &report),
            JobSpec::Steam(_) | JobSpec::Prune(_) | JobSpec::Tell(_) => {
                Err(Failure::lasting("the server does this itself"))
            }
        };
        tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
    }
}
