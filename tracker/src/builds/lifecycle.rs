//! What a build goes through after its upload: its jobs, its states, going live. Every change of a job passes through
//! [`advance`] in the same transaction, so that a build's state and its jobs can't disagree.

use mist_proto::{
    Slug, Version,
    http::{
        ArchiveJob, Build, BuildState, EditBuild, Event, IngestJob, JobSpec, JobState, NoticeKind, PatchJob,
        SetLive,
    },
};

use super::{
    Builds, list, rules,
    upkeep::{self, Upkeep},
};
use crate::{
    audit,
    auth::caller::Caller,
    catalog::visibility,
    clock::Mint,
    db::{self, Tx, builds::BuildRow, games::GameRow, jobs::NewJob},
    error::Problem,
    jobs::{kinds, queue},
    notices,
    shared::{
        events::{self, Audience, Pending},
        wake,
    },
};

/// What the rules need to know about builds.
pub(super) fn known(builds: &[BuildRow]) -> Vec<rules::Known<'_>> {
    builds
        .iter()
        .map(|b| rules::Known {
            version: &b.version,
            sequence: b.sequence,
            floor: b.floor,
            manifest_id: b.manifest_id,
            state: b.state,
        })
        .collect()
}

/// Makes the jobs that a build needs to become ready, or to be healed: the ingest, then its patches.
pub(super) async fn begin_jobs(
    tx: &mut Tx,
    mint: Mint<'_>,
    game: &GameRow,
    seed_id: &str,
    build: &BuildRow,
) -> Result<(), Problem> {
    let slug = &game.public.slug;
    let builds = db::builds::of_game(tx, &game.id).await?;
    let live = builds.iter().find(|b| Some(&b.id) == game.live_build.as_ref()).map(|b| b.sequence);
    let known = known(&builds);
    let ingest = JobSpec::from(IngestJob {
        game: slug.clone(),
        version: build.version.clone(),
        push: build.id.clone(),
        manifest: build.manifest,
    });
    // Files of a removed build of the same version, or of a removed game of the same slug, must be gone first.
    let delete = db::jobs::pending_delete(tx, slug, seed_id).await?;
    let ingest_id = mint.id();
    let job = NewJob {
        build_id: Some(&build.id),
        after: delete.as_deref(),
        ..NewJob::at_once(&ingest_id, &ingest, seed_id, mint.now)
    };
    queue::add(tx, &job).await?;
    let here = db::copies::on_seed(tx, &game.id, seed_id).await?;
    for base in rules::patch_bases(&known, build.sequence, live) {
        // A patch is made where both builds are.
        let is_here = |b: &&BuildRow| here.iter().any(|copy| copy.build_id == b.id && copy.can_serve_push(b));
        let from = builds.iter().find(|b| b.sequence == base.sequence).filter(is_here);
        let Some(from) = from else { continue };
        let patch = JobSpec::from(PatchJob {
            game: slug.clone(),
            from: from.version.clone(),
            from_manifest: from.manifest,
            to: build.version.clone(),
            to_manifest: build.manifest,
        });
        let id = later_id(mint);
        queue::add(tx, &NewJob { id: &id, spec: &patch, after: Some(&ingest_id), ..job }).await?;
    }
    Ok(())
}

/// An id that sorts after those made in the same millisecond.
fn later_id(mint: Mint<'_>) -> String {
    Mint { now: mint.now.plus_millis(1), ..mint }.id()
}

/// Makes the job for the compressed archive, unless one is under way. Whether one is now.
///
/// # Errors
/// Only our own.
pub async fn want_archive(
    tx: &mut Tx,
    mint: Mint<'_>,
    game: &GameRow,
    build: &BuildRow,
) -> Result<bool, Problem> {
    let Some(seed_id) = db::copies::first_with(tx, &build.id).await? else { return Ok(false) };
    let last = db::jobs::under_way_or_newest(tx, &build.id, ArchiveJob::KIND).await?;
    match last.map(|j| j.public.state) {
        Some(JobState::Queued | JobState::Running) => return Ok(true),
        // Given up: an admin has to look at it; asking for the archive must not start it over and over.
        Some(JobState::Failed) => return Ok(false),
        Some(JobState::Done) | None => {}
    }
    let slug = &game.public.slug;
    let archive = ArchiveJob { game: slug.clone(), version: build.version.clone(), manifest: build.manifest };
    let spec = JobSpec::from(archive);
    let id = mint.id();
    let job = NewJob { build_id: Some(&build.id), ..NewJob::at_once(&id, &spec, &seed_id, mint.now) };
    queue::add(tx, &job).await?;
    Ok(true)
}

/// Draws the conclusion from a build's jobs: its state, going live, the archive, what may be tidied up. Events wait for the commit.
///
/// # Errors
/// Only our own.
pub async fn advance(
    tx: &mut Tx,
    upkeep: Upkeep,
    mint: Mint<'_>,
    build_id: &str,
    events: &mut Pending,
) -> Result<(), Problem> {
    let Some(slug) = db::builds::game_of(tx, build_id).await? else { return Ok(()) };
    let Some(mut game) = db::games::by_slug(tx, &slug).await? else { return Ok(()) };
    db::games::lock(tx, &game.id, mint.now).await?;
    let Some(build) = db::builds::by_id(tx, build_id).await? else { return Ok(()) };
    let jobs: Vec<_> = db::jobs::of_build(tx, build_id)
        .await?
        .iter()
        .filter_map(|j| Some((kinds::build_waits(&j.public.spec)?, j.public.state)))
        .collect();
    let state = rules::state(build.state, &jobs);
    if state == build.state {
        return Ok(());
    }
    db::builds::set_state(tx, build_id, state).await?;
    let audience =
        if state == BuildState::Ready { Audience::Viewers(slug.clone()) } else { Audience::Admins };
    let version = build.version.clone();
    events.add(audience, Event::Build { game: slug.clone(), version: version.clone(), state });
    if state == BuildState::Ready {
        if build.go_live {
            put_live(tx, upkeep, mint, &mut game, &build).await?;
            events.add(Audience::Viewers(slug.clone()), Event::Live { game: slug, version });
        }
        want_archive(tx, mint, &game, &build).await?;
        if !build.go_live {
            upkeep::tidy(tx, upkeep, mint, &game).await?;
        }
    }
    Ok(())
}

/// The furthest that a build's going live may be put off.
const MAX_AHEAD_MILLIS: i64 = 366 * 24 * 60 * 60 * 1000;
/// Characters of what is new that are told elsewhere.
const MAX_TOLD: usize = 600;

/// Makes a ready build live, now or at a time.
///
/// # Errors
/// 404; 400 `bad_time`; 409 `not_ready`, `below_floor`.
pub async fn set_live(server: &Builds, caller: &Caller, slug: &Slug, asked: &SetLive) -> Result<(), Problem> {
    let mint = server.records.mint();
    let mut tx = server.records.write().await?;
    let mut game = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    let builds = db::builds::of_game(&mut tx, &game.id).await?;
    let version = &asked.version;
    let build = builds.iter().find(|b| b.version == *version).ok_or(Problem::NotFound)?;
    may_be_live(slug, build, &builds)?;
    let subject = format!("{slug}@{version}");
    let later = asked.at.filter(|at| at.since(mint.now) > 0);
    let event = match later {
        Some(at) if at.since(mint.now) > MAX_AHEAD_MILLIS => {
            return Err(Problem::invalid("bad_time", "a build can go live within a year from now"));
        }
        Some(at) => {
            let next = Some((build.id.as_str(), at, caller.name.as_str()));
            db::games::set_next_live(&mut tx, &game.id, next).await?;
            audit::note(&mut tx, mint, caller, "build.schedule", &subject).await?;
            Event::Build { game: slug.clone(), version: version.clone(), state: build.state }
        }
        None => {
            put_live(&mut tx, server.upkeep, mint, &mut game, build).await?;
            audit::note(&mut tx, mint, caller, "build.live", &subject).await?;
            Event::Live { game: slug.clone(), version: version.clone() }
        }
    };
    tx.commit().await?;
    wake::wake(&*server.wake).await;
    events::post_one(&*server.events, Audience::Viewers(slug.clone()), event).await;
    Ok(())
}

/// Whether friends may get this build by default.
fn may_be_live(slug: &Slug, build: &BuildRow, builds: &[BuildRow]) -> Result<(), Problem> {
    let version = &build.version;
    if build.state != BuildState::Ready {
        let message = format!("{slug}@{version} is {}, not ready", build.state.as_str());
        return Err(Problem::conflict("not_ready", message));
    }
    let floor = rules::floor(&known(builds));
    if build.sequence < floor {
        let message = format!(
            "{slug}@{version} is number {} in the list, below the signed floor of {floor}",
            build.sequence
        );
        return Err(Problem::conflict("below_floor", message));
    }
    Ok(())
}

/// Makes a build live, with what follows from that.
async fn put_live(
    tx: &mut Tx,
    upkeep: Upkeep,
    mint: Mint<'_>,
    game: &mut GameRow,
    build: &BuildRow,
) -> Result<(), Problem> {
    db::games::set_live(tx, &game.id, &build.id).await?;
    game.live_build = Some(build.id.clone());
    game.next_live = None;
    let new: String = build.notes.chars().take(MAX_TOLD).collect();
    let text = format!("{} {} is live.\n{new}", game.public.title, build.version);
    notices::queue(tx, mint, NoticeKind::Live, &mint.id(), text.trim_end()).await?;
    upkeep::tidy(tx, upkeep, mint, game).await
}

/// Lets no build go live by itself.
///
/// # Errors
/// 404; 409 `nothing_scheduled`.
pub async fn cancel_next(server: &Builds, caller: &Caller, slug: &Slug) -> Result<(), Problem> {
    let mint = server.records.mint();
    let mut tx = server.records.write().await?;
    let game = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    let Some((build, _)) = &game.next_live else {
        let message = format!("no build of {slug} is to go live by itself");
        return Err(Problem::conflict("nothing_scheduled", message));
    };
    db::games::set_next_live(&mut tx, &game.id, None).await?;
    let build = db::builds::by_id(&mut tx, build).await?;
    if let Some(build) = &build {
        audit::note(&mut tx, mint, caller, "build.unschedule", &format!("{slug}@{}", build.version)).await?;
    }
    tx.commit().await?;
    if let Some(build) = build {
        let event = Event::Build { game: slug.clone(), version: build.version, state: build.state };
        events::post_one(&*server.events, Audience::Viewers(slug.clone()), event).await;
    }
    Ok(())
}

/// Makes live what is to go live by now, each once: whoever comes second finds nothing to do.
///
/// # Errors
/// Only our own.
pub async fn go_live_when_due(server: &Builds) -> Result<(), Problem> {
    let due = db::games::due_live(&mut server.records.read().await?, server.records.now()).await?;
    for (slug, by) in due {
        let mint = server.records.mint();
        let mut tx = server.records.write().await?;
        let Some(mut game) = db::games::locked(&mut tx, &slug, mint.now).await? else { continue };
        let Some((next, _)) = game.next_live.clone().filter(|(_, at)| at.since(mint.now) <= 0) else {
            continue;
        };
        let builds = db::builds::of_game(&mut tx, &game.id).await?;
        let build = builds.iter().find(|b| b.id == next);
        let fit = build.filter(|b| may_be_live(&slug, b, &builds).is_ok());
        let Some(build) = fit else {
            tracing::warn!(game = slug.as_str(), "the build that was to go live no longer can");
            db::games::set_next_live(&mut tx, &game.id, None).await?;
            tx.commit().await?;
            continue;
        };
        put_live(&mut tx, server.upkeep, mint, &mut game, build).await?;
        let (version, subject) = (build.version.clone(), format!("{slug}@{}", build.version));
        db::audit::add(&mut tx, &mint.id(), mint.now, &by, "build.live", &subject).await?;
        tx.commit().await?;
        wake::wake(&*server.wake).await;
        let event = Event::Live { game: slug.clone(), version };
        events::post_one(&*server.events, Audience::Viewers(slug), event).await;
    }
    Ok(())
}

/// Changes what is said of a build, and whether pruning leaves it alone.
///
/// # Errors
/// 404.
pub async fn change(
    server: &Builds,
    caller: &Caller,
    slug: &Slug,
    version: &Version,
    edit: EditBuild,
) -> Result<Build, Problem> {
    let mint = server.records.mint();
    let mut tx = server.records.write().await?;
    let game = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    let mut build = db::builds::by_version(&mut tx, &game.id, version).await?.ok_or(Problem::NotFound)?;
    let subject = format!("{slug}@{version}");
    if let Some(notes) = edit.notes {
        db::builds::set_notes(&mut tx, &build.id, notes.as_str()).await?;
        build.notes = notes.to_string();
        audit::note(&mut tx, mint, caller, "build.notes", &subject).await?;
    }
    if let Some(pinned) = edit.pinned.filter(|pinned| *pinned != build.pinned) {
        db::builds::set_pinned(&mut tx, &build.id, pinned).await?;
        build.pinned = pinned;
        let action = if pinned { "build.pin" } else { "build.unpin" };
        audit::note(&mut tx, mint, caller, action, &subject).await?;
    }
    let state = build.state;
    let shown = list::shown_one(&mut tx, caller, &game, build).await?;
    tx.commit().await?;
    let audience =
        if state == BuildState::Ready { Audience::Viewers(slug.clone()) } else { Audience::Admins };
    let event = Event::Build { game: slug.clone(), version: version.clone(), state };
    events::post_one(&*server.events, audience, event).await;
    Ok(shown)
}
