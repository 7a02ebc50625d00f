//! What friends could give back of a game's builds, and seeing that they would.

use mist_proto::{
    Slug,
    http::{BuildState, Insurance, InsuredBuild, JobSpec, JobsBegun, SampleJob, Sampled},
};

use super::{Builds, rebuild};
use crate::{
    auth::caller::Caller,
    catalog::visibility,
    db::{self, Tx, builds::BuildRow, games::GameRow},
    error::Problem,
    shared::{presence::in_copies, wake},
};

/// Pieces that each friend is asked for.
const PIECES: u32 = 4;
/// Friends' programs that are asked for a build.
const FRIENDS: u32 = 8;

/// What friends have of each ready build.
///
/// # Errors
/// 404; 503 `shared_away`.
pub async fn insurance(server: &Builds, caller: &Caller, slug: &Slug) -> Result<Insurance, Problem> {
    let now = server.records.now();
    let mut tx = server.records.read().await?;
    let game = visibility::visible(&mut tx, caller, slug).await?;
    let known = db::transfers::last_versions(&mut tx, slug).await?;
    let mut sampled = db::samples::of_game(&mut tx, &game.id).await?;
    let ready = ready(&mut tx, &game).await?;
    drop(tx);
    let mut builds = Vec::new();
    for build in ready {
        let online = server.presence.copies(slug, &build.archive, now).await?;
        builds.push(InsuredBuild {
            live: Some(&build.id) == game.live_build.as_ref(),
            friends: online.friends,
            copies: in_copies(online.of_friends, build.archive.size),
            last_known: known.iter().filter(|version| **version == build.version).count() as u64,
            sampled: sampled.remove(&build.id),
            version: build.version,
        });
    }
    Ok(Insurance { builds })
}

/// Has a seed fetch random pieces of each build from the friends who say that they have all of it. Of a build that nobody who is online has
/// any of, it is noted that nobody was there to be asked.
///
/// # Errors
/// 404; 503 `shared_away`.
pub async fn sample(server: &Builds, caller: &Caller, slug: &Slug) -> Result<JobsBegun, Problem> {
    let online = insurance(server, caller, slug).await?.builds;
    let mint = server.records.mint();
    let mut tx = server.records.write().await?;
    let game = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    let under_way = db::jobs::of_kind(&mut tx, slug, SampleJob::KIND).await?;
    let mut jobs = Vec::new();
    for build in ready(&mut tx, &game).await? {
        let is_online = online.iter().any(|other| other.version == build.version && other.friends > 0);
        let seed = db::copies::first_with(&mut tx, &build.id).await?;
        let Some(seed) = seed.filter(|_| is_online) else {
            db::samples::put(&mut tx, &build.id, &Sampled { at: mint.now, ..Sampled::default() }).await?;
            continue;
        };
        let spec = JobSpec::from(SampleJob {
            game: slug.clone(),
            version: build.version.clone(),
            archive: build.archive,
            pieces: PIECES,
            friends: FRIENDS,
        });
        let job = (mint.id(), mint.now);
        jobs.push(rebuild::queue_once(&mut tx, job, &build, &seed, &spec, &under_way).await?);
    }
    tx.commit().await?;
    wake::wake(&*server.wake).await;
    Ok(JobsBegun { jobs })
}

/// The ready builds of a game, oldest first.
pub(super) async fn ready(tx: &mut Tx, game: &GameRow) -> Result<Vec<BuildRow>, Problem> {
    let mut builds = db::builds::of_game(tx, &game.id).await?;
    builds.retain(|build| build.state == BuildState::Ready);
    builds.sort_by_key(|build| build.sequence);
    Ok(builds)
}
