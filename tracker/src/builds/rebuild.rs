//! Builds that a store lost come back from friends and other seeds, and then the patches between them. Each step is a job, so that it goes on
//! after whatever stops it.

use mist_proto::{
    Slug, UnixMillis,
    http::{ArchiveJob, BuildState, GatherJob, Job, JobSpec, JobState, JobsBegun, Keeping, PatchJob},
};

use super::{Builds, insurance::ready, lifecycle};
use crate::{
    audit,
    auth::caller::Caller,
    catalog::visibility,
    clock::Mint,
    db::{
        self, Tx,
        builds::BuildRow,
        games::GameRow,
        jobs::{JobRow, NewJob},
    },
    error::Problem,
    jobs::queue,
    shared::wake,
};

/// Priority of patches between builds that came back: files come first.
const PATCHES: i64 = 1;

/// Has each seed of each ready build make anew what it lacks of it. The live build comes first, then the newest.
///
/// # Errors
/// 404.
pub async fn begin(server: &Builds, caller: &Caller, slug: &Slug) -> Result<JobsBegun, Problem> {
    let mint = server.records.mint();
    let mut tx = server.records.write().await?;
    let game = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    audit::note(&mut tx, mint, caller, "game.rebuild", slug.as_str()).await?;
    let mut builds = ready(&mut tx, &game).await?;
    builds.reverse();
    builds.sort_by_key(|build| Some(&build.id) != game.live_build.as_ref());
    let under_way = db::jobs::of_kind(&mut tx, slug, GatherJob::KIND).await?;
    let mut jobs = Vec::new();
    for (nth, build) in (0..).zip(&builds) {
        let spec = gather(slug, build);
        // Ids sort by their time, and jobs of one priority run in the order of their ids.
        let later = Mint { now: mint.now.plus_millis(nth), ..mint };
        for copy in db::copies::of_build(&mut tx, &build.id).await? {
            let job = (later.id(), mint.now);
            jobs.push(queue_once(&mut tx, job, build, &copy.seed_id, &spec, &under_way).await?);
        }
    }
    tx.commit().await?;
    wake::wake(&*server.wake).await;
    Ok(JobsBegun { jobs })
}

/// The job that makes a build anew.
pub(super) fn gather(slug: &Slug, build: &BuildRow) -> JobSpec {
    GatherJob { game: slug.clone(), version: build.version.clone(), manifest: build.manifest }.into()
}

/// Those of some jobs that are for a build at a seed.
fn alike<'a>(jobs: &'a [JobRow], build: &'a BuildRow, seed: &'a str) -> impl Iterator<Item = &'a JobRow> {
    jobs.iter().filter(move |job| job.seed_id == seed && job.build_id.as_deref() == Some(build.id.as_str()))
}

/// How long after it was tried to give a build back to a seed it is tried again by itself: others may have come online by then.
const AGAIN_MILLIS: i64 = 30 * 60 * 1000;

/// Whether it is under way, or was tried so lately that another try is of no use.
pub(super) fn is_recent(job: &JobRow, now: UnixMillis) -> bool {
    job.public.state.is_open() || now.since(job.public.updated) < AGAIN_MILLIS
}

/// Has a seed make a build anew that rots in its store. Whether there is a new job: none begins while one is under way, or soon after the
/// last one has ended.
///
/// # Errors
/// Only our own.
pub async fn begin_by_itself(
    tx: &mut Tx,
    mint: Mint<'_>,
    game: &GameRow,
    build: &BuildRow,
    seed: &str,
) -> Result<bool, Problem> {
    let slug = &game.public.slug;
    let copies = db::copies::of_build(tx, &build.id).await?;
    if build.state != BuildState::Ready || copies.iter().all(|copy| copy.seed_id != seed) {
        return Ok(false);
    }
    let others = db::jobs::of_kind(tx, slug, GatherJob::KIND).await?;
    if alike(&others, build, seed).any(|job| is_recent(job, mint.now)) {
        return Ok(false);
    }
    let spec = gather(slug, build);
    queue_once(tx, (mint.id(), mint.now), build, seed, &spec, &others).await?;
    Ok(true)
}

/// The job that does this for a build at a seed: the one of these that is under way, or a new one with this id, made now, in the place of
/// those that are over.
///
/// # Errors
/// Only our own.
pub(super) async fn queue_once(
    tx: &mut Tx,
    (id, now): (String, UnixMillis),
    build: &BuildRow,
    seed: &str,
    spec: &JobSpec,
    others: &[JobRow],
) -> Result<Job, Problem> {
    if let Some(open) = alike(others, build, seed).find(|job| job.public.state.is_open()) {
        return Ok(open.public.clone());
    }
    for over in alike(others, build, seed) {
        db::jobs::forget(tx, &over.public.id).await?;
    }
    let job = NewJob { build_id: Some(&build.id), ..NewJob::at_once(&id, spec, seed, now) };
    queue::add(tx, &job).await?;
    Ok(db::jobs::by_id(tx, &id).await?.ok_or(Problem::NotFound)?.public)
}

/// What follows from a job that was to bring a build back and has ended: if it did, the patches from and to other builds that are back too,
/// and the compressed archive of the live build.
///
/// # Errors
/// Only our own.
pub async fn go_on(tx: &mut Tx, mint: Mint<'_>, job: &JobRow, build_id: &str) -> Result<(), Problem> {
    let (Some(slug), seed) = (&job.game, job.seed_id.as_str()) else { return Ok(()) };
    let Some(game) = db::games::by_slug(tx, slug).await? else { return Ok(()) };
    let gathers = db::jobs::of_kind(tx, slug, GatherJob::KIND).await?;
    let copies = db::copies::on_seed(tx, &game.id, seed).await?;
    let is_back = |build: &str| {
        let is_of = |job: &&JobRow| job.seed_id == seed && job.build_id.as_deref() == Some(build);
        let gathered = gathers.iter().find(is_of).is_some_and(|job| job.public.state == JobState::Done);
        gathered && copies.iter().any(|copy| copy.build_id == build && copy.kept == Keeping::Whole)
    };
    let builds = ready(tx, &game).await?;
    let Some(build) = builds.iter().find(|build| build.id == build_id).filter(|_| is_back(build_id)) else {
        return Ok(());
    };
    let patches = db::jobs::of_kind(tx, slug, PatchJob::KIND).await?;
    for (to, patch) in db::patches::of_game(tx, &game.id).await? {
        let from = builds.iter().find(|other| other.version == patch.from);
        let (Some(from), Some(to)) = (from, builds.iter().find(|other| other.id == to)) else { continue };
        let is_concerned = from.id == build.id || to.id == build.id;
        if !is_concerned || !is_back(&from.id) || !is_back(&to.id) {
            continue;
        }
        let spec = JobSpec::from(PatchJob {
            game: slug.clone(),
            from: from.version.clone(),
            from_manifest: from.manifest,
            to: to.version.clone(),
            to_manifest: to.manifest,
        });
        let alike = || patches.iter().filter(|job| job.seed_id == seed && job.public.spec == spec);
        if alike().any(|job| job.public.state.is_open()) {
            continue;
        }
        // One that was given up because a build of it was gone.
        for failed in alike().filter(|job| job.public.state == JobState::Failed) {
            db::jobs::forget(tx, &failed.public.id).await?;
        }
        let id = mint.id();
        let job = NewJob { priority: PATCHES, ..NewJob::at_once(&id, &spec, seed, mint.now) };
        queue::add(tx, &job).await?;
    }
    // One is enough, at whichever seed.
    let has_none =
        db::copies::of_build(tx, &build.id).await?.iter().all(|copy| copy.archive_stored.is_none());
    if Some(&build.id) == game.live_build.as_ref() && has_none {
        let last = db::jobs::under_way_or_newest(tx, &build.id, ArchiveJob::KIND).await?;
        if let Some(failed) = last.filter(|job| job.public.state == JobState::Failed) {
            db::jobs::forget(tx, &failed.public.id).await?;
        }
        lifecycle::want_archive(tx, mint, &game, build).await?;
    }
    Ok(())
}
