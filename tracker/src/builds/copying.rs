//! Copies of builds at other seeds, and the work of seeds that are gone.
//!
//! A seed that takes a copy fetches it from those that have one, and from friends, by the job that brings a lost build back; the patches
//! between its builds follow from that. Until then the copy counts as lost.

use std::collections::HashMap;

use mist_proto::{
    UnixMillis,
    http::{GatherJob, JobSpec},
};

use super::{
    Builds,
    insurance::ready,
    lifecycle, rebuild,
    spread::{self, Build, Copy, Step, Store},
};
use crate::{
    clock::Mint,
    db::{self, DbError, Tx, games::GameRow, jobs::JobRow},
    error::Problem,
    jobs::queue,
    shared::{stores::Words, wake},
};

/// A seed that was not heard of for so long does no more work: others take over what they can. In milliseconds.
const SILENT: i64 = 10 * 60 * 1000;
/// After so long, what it has does not count any more where copies are wanted.
const GONE: i64 = 60 * 60 * 1000;

/// What is known of the seeds.
struct Seeds {
    stores: Vec<Store>,
    names: HashMap<String, String>,
    silent: Vec<String>,
}

impl Seeds {
    async fn read(tx: &mut Tx, words: &Words, now: UnixMillis) -> Result<Self, DbError> {
        let online = words.online(now);
        let (mut stores, mut names, mut silent) = (Vec::new(), HashMap::new(), Vec::new());
        for seed in db::seeds::list(tx).await? {
            let word = online.iter().find(|word| word.seed == seed.id);
            let away = seed.last_seen.map_or(i64::MAX, |seen| now.since(seen));
            if word.is_none() && away > SILENT {
                silent.push(seed.id.clone());
            }
            stores.push(Store {
                seed: seed.id.clone(),
                is_well: word.is_some_and(|word| word.ok),
                is_gone: word.is_none() && away > GONE,
                free: word.map_or(0, |word| word.free),
                busy: 0,
            });
            names.insert(seed.id, seed.name.to_string());
        }
        Ok(Self { stores, names, silent })
    }

    fn is_well(&self, seed: &str) -> bool {
        self.stores.iter().any(|store| store.seed == seed && store.is_well)
    }

    fn name(&self, seed: &str) -> String {
        self.names.get(seed).cloned().unwrap_or_else(|| seed.to_owned())
    }
}

/// Whether a seed was not heard of for so long that others do its work.
///
/// # Errors
/// [`DbError`].
pub(super) async fn is_silent(tx: &mut Tx, seed: &str, now: UnixMillis) -> Result<bool, DbError> {
    let seen = db::seeds::by_id(tx, seed).await?.and_then(|seed| seed.last_seen);
    Ok(seen.is_none_or(|seen| now.since(seen) > SILENT))
}

/// Has copies made that are wanted, and lets others do what seeds would do that are gone.
///
/// # Errors
/// Only our own.
pub async fn see_to_copies(server: &Builds) -> Result<(), Problem> {
    let words = server.stores.words().await?;
    let mut tx = server.records.read().await?;
    let mut seeds = Seeds::read(&mut tx, &words, server.records.now()).await?;
    if seeds.stores.len() < 2 {
        return Ok(());
    }
    for store in &mut seeds.stores {
        store.busy = db::jobs::open_at(&mut tx, &store.seed, GatherJob::KIND).await?;
    }
    let games = db::games::list(&mut tx).await?;
    drop(tx);
    let mut is_new = take_over(server, &seeds).await?;
    if server.copies > 1 {
        for game in games {
            is_new |= spread_game(server, &mut seeds, &game).await?;
        }
    }
    if is_new {
        wake::wake(&*server.wake).await;
    }
    Ok(())
}

/// Begins what is to be done for a game; whether there is something.
async fn spread_game(server: &Builds, seeds: &mut Seeds, game: &GameRow) -> Result<bool, Problem> {
    let now = server.records.now();
    let mut tx = server.records.read().await?;
    if plan(&mut tx, seeds, game, server.copies, now).await?.1.is_empty() {
        return Ok(false);
    }
    drop(tx);
    let mint = server.records.mint();
    let mut tx = server.records.write().await?;
    // Another replica may have been here first.
    let Some(game) = db::games::locked(&mut tx, &game.public.slug, mint.now).await? else { return Ok(false) };
    let (builds, steps) = plan(&mut tx, seeds, &game, server.copies, mint.now).await?;
    let others = db::jobs::of_kind(&mut tx, &game.public.slug, GatherJob::KIND).await?;
    let is_new = !steps.is_empty();
    for (nth, step) in (0..).zip(steps) {
        // Ids sort by their time, and jobs of one priority run in the order of their ids.
        let later = Mint { now: mint.now.plus_millis(nth), ..mint };
        match step {
            Step::Copy { build, to } => {
                let Some(build) = builds.get(build) else { continue };
                db::copies::add_game(&mut tx, &game.id, &to, mint.now).await?;
                db::copies::add_build_to_come(&mut tx, &build.id, &to).await?;
                let spec = rebuild::gather(&game.public.slug, build);
                rebuild::queue_once(&mut tx, (later.id(), mint.now), build, &to, &spec, &others).await?;
                tracing::info!(game = game.public.slug.as_str(), version = %build.version, seed = seeds.name(&to), "a copy is made");
                if let Some(store) = seeds.stores.iter_mut().find(|store| store.seed == to) {
                    store.busy += 1;
                    store.free = store.free.saturating_sub(build.content_size);
                }
            }
            Step::Unpack { build } => {
                if let Some(build) = builds.get(build) {
                    lifecycle::want_archive(&mut tx, mint, &game, build).await?;
                }
            }
        }
    }
    tx.commit().await?;
    Ok(is_new)
}

async fn plan(
    tx: &mut Tx,
    seeds: &Seeds,
    game: &GameRow,
    wanted: usize,
    now: UnixMillis,
) -> Result<(Vec<db::builds::BuildRow>, Vec<Step>), Problem> {
    let builds = ready(tx, game).await?;
    let gathers = db::jobs::of_kind(tx, &game.public.slug, GatherJob::KIND).await?;
    let mut known = Vec::with_capacity(builds.len());
    for build in &builds {
        let copies = db::copies::of_build(tx, &build.id).await?;
        let copy = |copy: db::copies::Copy| Copy {
            seed: copy.seed_id,
            kept: copy.kept,
            has_archive: copy.archive_stored.is_some(),
        };
        let is_of = |job: &&JobRow| job.build_id.as_ref() == Some(&build.id) && rebuild::is_recent(job, now);
        known.push(Build {
            size: build.content_size,
            is_live: game.live_build.as_ref() == Some(&build.id),
            copies: copies.into_iter().map(copy).collect(),
            tried: gathers.iter().filter(is_of).map(|job| job.seed_id.clone()).collect(),
        });
    }
    let home = db::copies::of_game(tx, &game.id).await?;
    let steps = spread::steps(&known, &seeds.stores, &home, wanted);
    Ok((builds, steps))
}

/// Gives jobs of seeds that are silent to others that have what they need; whether there were such jobs.
async fn take_over(server: &Builds, seeds: &Seeds) -> Result<bool, Problem> {
    let mut is_any = false;
    for silent in &seeds.silent {
        for job in db::jobs::queued_at(&mut server.records.read().await?, silent).await? {
            let now = server.records.now();
            let mut tx = server.records.write().await?;
            let Some(to) = heir(&mut tx, seeds, &job).await? else { continue };
            if db::jobs::hand_over(&mut tx, &job.public.id, silent, &to, now).await? {
                let (from, to) = (seeds.name(silent), seeds.name(&to));
                queue::note_taken_over(&mut tx, &job.public.id, (&from, &to), now).await?;
                tx.commit().await?;
                is_any = true;
            }
        }
    }
    Ok(is_any)
}

/// The first seed that is well and has what a job needs, for jobs that another seed can do.
async fn heir(tx: &mut Tx, seeds: &Seeds, job: &JobRow) -> Result<Option<String>, DbError> {
    let needed = match &job.public.spec {
        JobSpec::Patch(patch) => vec![&patch.from, &patch.to],
        JobSpec::Archive(archive) => vec![&archive.version],
        JobSpec::Sample(sample) => vec![&sample.version],
        // What an ingest or a jump is made of was sent to that seed; the others are about its own store.
        _ => return Ok(None),
    };
    let Some(slug) = &job.game else { return Ok(None) };
    let Some(game) = db::games::by_slug(tx, slug).await? else { return Ok(None) };
    let mut builds = Vec::with_capacity(needed.len());
    for version in needed {
        let Some(build) = db::builds::by_version(tx, &game.id, version).await? else { return Ok(None) };
        builds.push(build.id);
    }
    let able = db::copies::seeds_with(tx, &builds).await?;
    Ok(able.into_iter().find(|seed| seeds.is_well(seed)))
}
