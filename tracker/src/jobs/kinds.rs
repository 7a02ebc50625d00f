//! What the end of each kind of job means to the tracker: what is kept of its result, and what waits for it.

use mist_proto::{
    BlobId, UnixMillis,
    http::{
        ArchiveJob, DeleteJob, GatherJob, IngestJob, JobResult, JobSpec, JumpJob, KeptBuild, PatchJob,
        PruneJob, SampleJob, Sampled, SteamJob, TellJob, ThinJob,
    },
};

use crate::{
    db::{self, Tx, jobs::JobRow},
    error::Problem,
};

/// How long a build waits for one of its jobs before it is ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Until the job is done: without it there is no build.
    UntilDone,
    /// Until the job has ended, well or not: without it the build is there, and costs friends more.
    UntilEnded,
}

/// A kind of job, as the tracker sees it.
trait Kind {
    /// How long the build that the job belongs to waits for it before it is ready, if it does.
    const BUILD_WAITS: Option<Wait> = None;
    /// Whether something may have to be tidied up once the job has ended, well or not.
    const TIDIES: bool = false;
    /// Whether it brings its build back, which others may wait for.
    const RESTORES: bool = false;

    /// Keeps what a job of this kind has made.
    ///
    /// # Errors
    /// 400 `no_blob` if it should have made a blob and names none.
    async fn keep(&self, tx: &mut Tx, ended: &Ended<'_>) -> Result<(), Problem>;
}

/// A job that ended well.
struct Ended<'a> {
    job: &'a JobRow,
    result: &'a JobResult,
    now: UnixMillis,
}

/// Evaluates the same expression for a job of whatever kind.
macro_rules! of_each_kind {
    ($spec:expr, $job:ident: $kind:ident => $what:expr) => {
        of_each_kind!(@ $spec, $job: $kind => $what,
            [Ingest(IngestJob), Patch(PatchJob), Archive(ArchiveJob), Jump(JumpJob), Thin(ThinJob), Delete(DeleteJob),
             Gather(GatherJob), Sample(SampleJob), Steam(SteamJob), Prune(PruneJob), Tell(TellJob)])
    };
    (@ $spec:expr, $job:ident: $kind:ident => $what:expr, [$($variant:ident($type:ident)),+]) => {
        match $spec {
            $(JobSpec::$variant($job) => { type $kind = $type; $what })+
        }
    };
}

/// How long the build that this job belongs to waits for it before it is ready, if it does.
pub fn build_waits(spec: &JobSpec) -> Option<Wait> {
    of_each_kind!(spec, _job: K => K::BUILD_WAITS)
}

/// Whether something may have to be tidied up once this job has ended, well or not.
pub fn tidies(spec: &JobSpec) -> bool {
    of_each_kind!(spec, _job: K => K::TIDIES)
}

/// Whether this job brings its build back.
pub fn restores(spec: &JobSpec) -> bool {
    of_each_kind!(spec, _job: K => K::RESTORES)
}

/// Keeps what a job has made.
///
/// # Errors
/// 400 `no_blob` if it should have made a blob and names none.
pub async fn keep_result(
    tx: &mut Tx,
    job: &JobRow,
    result: &JobResult,
    now: UnixMillis,
) -> Result<(), Problem> {
    let ended = Ended { job, result, now };
    of_each_kind!(&job.public.spec, job: K => K::keep(job, tx, &ended).await)
}

impl Kind for IngestJob {
    const BUILD_WAITS: Option<Wait> = Some(Wait::UntilDone);

    async fn keep(&self, tx: &mut Tx, ended: &Ended<'_>) -> Result<(), Problem> {
        keep_standing(tx, ended.job, &ended.result.kept).await
    }
}

impl Kind for PatchJob {
    const BUILD_WAITS: Option<Wait> = Some(Wait::UntilEnded);
    const TIDIES: bool = true;

    async fn keep(&self, tx: &mut Tx, ended: &Ended<'_>) -> Result<(), Problem> {
        let blob = blob_of(ended)?;
        let Some(game) = db::games::by_slug(tx, &self.game).await? else { return Ok(()) };
        let from = db::builds::by_version(tx, &game.id, &self.from).await?;
        let to = db::builds::by_version(tx, &game.id, &self.to).await?;
        // The old build may have been removed meanwhile; then nobody needs the patch.
        if let (Some(from), Some(to)) = (from, to) {
            db::patches::put(tx, &from.id, &to.id, &blob).await?;
            if let Some(story) = &ended.result.story {
                db::patches::put_story(tx, &from.id, &to.id, story).await?;
            }
        }
        Ok(())
    }
}

impl Kind for ArchiveJob {
    async fn keep(&self, tx: &mut Tx, ended: &Ended<'_>) -> Result<(), Problem> {
        if let Some(build) = &ended.job.build_id {
            db::copies::set_archive_stored(tx, build, &ended.job.seed_id, ended.result.stored).await?;
        }
        Ok(())
    }
}

impl Kind for JumpJob {
    async fn keep(&self, tx: &mut Tx, ended: &Ended<'_>) -> Result<(), Problem> {
        let patch = blob_of(ended)?;
        Ok(db::jumps::set_patch(tx, &ended.job.public.id, &patch, ended.now).await?)
    }
}

impl Kind for ThinJob {
    async fn keep(&self, tx: &mut Tx, ended: &Ended<'_>) -> Result<(), Problem> {
        keep_standing(tx, ended.job, &ended.result.kept).await
    }
}

impl Kind for DeleteJob {
    async fn keep(&self, tx: &mut Tx, ended: &Ended<'_>) -> Result<(), Problem> {
        keep_standing(tx, ended.job, &ended.result.kept).await
    }
}

impl Kind for GatherJob {
    const RESTORES: bool = true;

    async fn keep(&self, tx: &mut Tx, ended: &Ended<'_>) -> Result<(), Problem> {
        keep_standing(tx, ended.job, &ended.result.kept).await?;
        if let Some(build) = &ended.job.build_id {
            db::copies::set_archive_stored(tx, build, &ended.job.seed_id, ended.result.stored).await?;
        }
        Ok(())
    }
}

impl Kind for SampleJob {
    async fn keep(&self, tx: &mut Tx, ended: &Ended<'_>) -> Result<(), Problem> {
        if let (Some(build), Some(found)) = (&ended.job.build_id, ended.result.sampled) {
            db::samples::put(tx, build, &Sampled { at: ended.now, ..found }).await?;
        }
        Ok(())
    }
}

/// What the server does itself ends where it is done ([`super::own`]).
macro_rules! done_by_the_server {
    ($($job:ident),+) => {
        $(impl Kind for $job {
            async fn keep(&self, _: &mut Tx, _: &Ended<'_>) -> Result<(), Problem> {
                Ok(())
            }
        })+
    };
}

done_by_the_server!(SteamJob, PruneJob, TellJob);

/// Notes how a seed keeps the builds of a job's game now; those that are not among them as before.
///
/// # Errors
/// Only our own.
pub async fn keep_standing(tx: &mut Tx, job: &JobRow, kept: &[KeptBuild]) -> Result<(), Problem> {
    if !kept.is_empty()
        && let Some(slug) = &job.game
        && let Some(game) = db::games::by_slug(tx, slug).await?
    {
        db::copies::set_kept(tx, &game.id, &job.seed_id, kept).await?;
    }
    Ok(())
}

fn blob_of(ended: &Ended<'_>) -> Result<BlobId, Problem> {
    let no_blob = || Problem::invalid("no_blob", "a job that makes a patch ends with its address");
    ended.result.blob.ok_or_else(no_blob)
}
