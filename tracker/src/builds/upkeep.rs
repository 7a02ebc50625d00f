//! What is done for a game's builds when nobody waits for anything: patches that lead back from each build to the one
//! before it, and after them dropping the depots that patches lead to.

use mist_proto::http::{JobSpec, JobState, Keeping, PatchJob, ThinJob};

use super::{lifecycle::known, rules};
use crate::{
    clock::Mint,
    db::{self, Tx, builds::BuildRow, games::GameRow, jobs::NewJob},
    error::Problem,
    jobs::queue,
};

/// Priority of patches that lead back.
const BACKWARDS: i64 = 1;
/// Priority of dropping depots, which such patches make possible.
const THINNING: i64 = 2;
/// Builds that are whole in any case: below this there is nothing to drop.
const ALWAYS_WHOLE: usize = 2;

/// Settings of what is done for builds when nobody waits.
#[derive(Debug, Clone, Copy)]
pub struct Upkeep {
    /// Whether patches are made that lead back to older builds.
    pub reverse_patches: bool,
}

/// Makes the jobs that the game's builds want now: to be called when a build became ready, live or was removed, and
/// when a patch that makes no build ready has ended, well or not.
///
/// # Errors
/// Only our own.
pub async fn tidy(tx: &mut Tx, upkeep: Upkeep, mint: Mint<'_>, game: &GameRow) -> Result<(), Problem> {
    let builds = db::builds::of_game(tx, &game.id).await?;
    let slug = &game.public.slug;
    if upkeep.reverse_patches {
        let wanted = missing_ways_back(tx, game, &builds).await?;
        for (seed, spec) in &wanted.to_begin {
            insert(tx, mint, seed, spec, BACKWARDS).await?;
        }
        if wanted.under_way || !wanted.to_begin.is_empty() {
            return Ok(());
        }
    }
    let live = builds.iter().find(|b| Some(&b.id) == game.live_build.as_ref());
    let spec = JobSpec::from(ThinJob { game: slug.clone(), live: live.map(|b| b.version.clone()) });
    for seed in db::copies::of_game(tx, &game.id).await? {
        let copies = db::copies::on_seed(tx, &game.id, &seed).await?;
        let whole = copies.iter().filter(|copy| copy.kept == Keeping::Whole).count();
        let of_live = copies.iter().find(|copy| Some(&copy.build_id) == game.live_build.as_ref());
        if whole <= ALWAYS_WHOLE && of_live.is_none_or(|copy| copy.kept == Keeping::Whole) {
            continue;
        }
        for waiting in db::jobs::of_kind(tx, slug, ThinJob::KIND).await? {
            // One that waits knows only what was live then.
            if waiting.public.state == JobState::Queued && waiting.seed_id == seed {
                db::jobs::forget(tx, &waiting.public.id).await?;
            }
        }
        insert(tx, mint, &seed, &spec, THINNING).await?;
    }
    Ok(())
}

async fn insert(
    tx: &mut Tx,
    mint: Mint<'_>,
    seed: &str,
    spec: &JobSpec,
    priority: i64,
) -> Result<(), Problem> {
    let id = mint.id();
    let job = NewJob { priority, ..NewJob::at_once(&id, spec, seed, mint.now) };
    Ok(queue::add(tx, &job).await?)
}

/// Patches that would lead back and are not there.
struct WaysBack {
    /// The seed that makes one, and its job.
    to_begin: Vec<(String, JobSpec)>,
    /// Whether a job makes one already.
    under_way: bool,
}

async fn missing_ways_back(tx: &mut Tx, game: &GameRow, builds: &[BuildRow]) -> Result<WaysBack, Problem> {
    let slug = &game.public.slug;
    let there = db::patches::of_game(tx, &game.id).await?;
    let jobs = db::jobs::of_kind(tx, slug, PatchJob::KIND).await?;
    let mut wanted = WaysBack { to_begin: Vec::new(), under_way: false };
    for (newer, older) in rules::neighbours(&known(builds)) {
        let at = |sequence| builds.iter().find(|b| b.sequence == sequence);
        let (Some(from), Some(to)) = (at(newer), at(older)) else { continue };
        if there.iter().any(|(build, patch)| *build == to.id && patch.from == from.version) {
            continue;
        }
        let spec = JobSpec::from(PatchJob {
            game: slug.clone(),
            from: from.version.clone(),
            from_manifest: from.manifest,
            to: to.version.clone(),
            to_manifest: to.manifest,
        });
        match jobs.iter().find(|j| j.public.spec == spec).map(|j| j.public.state) {
            Some(JobState::Queued | JobState::Running) => wanted.under_way = true,
            // Given up: an admin has to look at it. Both builds stay whole.
            Some(JobState::Failed) => {}
            Some(JobState::Done) | None => {
                // It is made where both builds are.
                let seed = db::copies::first_with_both(tx, &from.id, &to.id).await?;
                wanted.to_begin.extend(seed.map(|seed| (seed, spec)));
            }
        }
    }
    Ok(wanted)
}

/// Forgets jobs for patches between a build that goes and others, but for those that make another one ready and may still do.
pub(super) async fn forget_patches_of(tx: &mut Tx, game: &GameRow, build: &BuildRow) -> Result<(), Problem> {
    for job in db::jobs::of_kind(tx, &game.public.slug, PatchJob::KIND).await? {
        let concerned = matches!(
            &job.public.spec,
            JobSpec::Patch(PatchJob { from_manifest, to_manifest, .. })
                if *from_manifest == build.manifest || *to_manifest == build.manifest
        );
        if concerned && (job.build_id.is_none() || job.public.state == JobState::Failed) {
            db::jobs::forget(tx, &job.public.id).await?;
        }
    }
    Ok(())
}
