//! What a build goes through after its upload: its jobs, its states, going live. Every change of a job passes through
//! [`advance`] in the same transaction, so that a build's state and its jobs can't disagree.

use mist_proto::{
    Slug, Version,
    http::{ArchiveJob, Build, BuildState, EditBuild, Event, IngestJob, JobSpec, JobState, PatchJob},
};

use super::{
    Builds, list, rules,
    upkeep::{self, Upkeep},
};
use crate::{
    audit,
    auth::caller::Caller,
    catalog::{games, visibility},
    clock::Mint,
    db::{self, Tx, builds::BuildRow, games::GameRow, jobs::NewJob},
    error::Problem,
    jobs::kinds,
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

/// Makes the jobs that a build needs to become ready: the ingest, then its patches.
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
        ..NewJob::at_once(&ingest_id, slug, &ingest, seed_id, mint.now)
    };
    db::jobs::insert(tx, &job).await?;
    let here = db::copies::on_seed(tx, &game.id, seed_id).await?;
    for base in rules::patch_bases(&known, build.sequence, live) {
        // A patch is made where both builds are.
        let is_here = |b: &&BuildRow| here.iter().any(|copy| copy.build_id == b.id);
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
        db::jobs::insert(tx, &NewJob { id: &id, spec: &patch, after: Some(&ingest_id), ..job }).await?;
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
    let newest = db::jobs::newest_of_kind(tx, &build.id, ArchiveJob::KIND).await?;
    match newest.map(|j| j.public.state) {
        Some(JobState::Queued | JobState::Running) => return Ok(true),
        // Given up: an admin has to look at it; asking for the archive must not start it over and over.
        Some(JobState::Failed) => return Ok(false),
        Some(JobState::Done) | None => {}
    }
    let slug = &game.public.slug;
    let archive = ArchiveJob { game: slug.clone(), version: build.version.clone(), manifest: build.manifest };
    let spec = JobSpec::from(archive);
    let id = mint.id();
    let job = NewJob { build_id: Some(&build.id), ..NewJob::at_once(&id, slug, &spec, &seed_id, mint.now) };
    db::jobs::insert(tx, &job).await?;
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
            db::games::set_live(tx, &game.id, build_id).await?;
            game.live_build = Some(build_id.to_owned());
            events.add(Audience::Viewers(slug.clone()), Event::Live { game: slug, version });
        }
        want_archive(tx, mint, &game, &build).await?;
        upkeep::tidy(tx, upkeep, mint, &game).await?;
    }
    Ok(())
}

/// Makes a ready build live.
///
/// # Errors
/// 404; 409 `not_ready`, `below_floor`.
pub async fn set_live(
    server: &Builds,
    caller: &Caller,
    slug: &Slug,
    version: &Version,
) -> Result<(), Problem> {
    let mint = server.records.mint();
    let mut tx = server.records.write().await?;
    let mut game = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    let builds = db::builds::of_game(&mut tx, &game.id).await?;
    let build = builds.iter().find(|b| b.version == *version).ok_or(Problem::NotFound)?;
    if build.state != BuildState::Ready {
        let message = format!("{slug}@{version} is {}, not ready", build.state.as_str());
        return Err(Problem::conflict("not_ready", message));
    }
    let floor = rules::floor(&known(&builds));
    if build.sequence < floor {
        let message = format!(
            "{slug}@{version} is number {} in the list, below the signed floor of {floor}",
            build.sequence
        );
        return Err(Problem::conflict("below_floor", message));
    }
    db::games::set_live(&mut tx, &game.id, &build.id).await?;
    game.live_build = Some(build.id.clone());
    upkeep::tidy(&mut tx, server.upkeep, mint, &game).await?;
    audit::note(&mut tx, mint, caller, "build.live", &format!("{slug}@{version}")).await?;
    tx.commit().await?;
    wake::wake(&*server.wake).await;
    let event = Event::Live { game: slug.clone(), version: version.clone() };
    events::tell(&*server.events, Audience::Viewers(slug.clone()), event).await;
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
    events::tell(&*server.events, audience, event).await;
    Ok(shown)
}

/// Removes a build that is not live; the seed deletes its files.
///
/// # Errors
/// 404; 409 `is_live`.
pub async fn remove(server: &Builds, caller: &Caller, slug: &Slug, version: &Version) -> Result<(), Problem> {
    let mint = server.records.mint();
    let mut tx = server.records.write().await?;
    let game = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    let build = db::builds::by_version(&mut tx, &game.id, version).await?.ok_or(Problem::NotFound)?;
    if game.live_build.as_ref() == Some(&build.id) {
        let message =
            format!("{slug}@{version} is live; make another build live first, or remove the whole game");
        return Err(Problem::conflict("is_live", message));
    }
    games::delete_files(&mut tx, mint, &game, Some((&build.id, version))).await?;
    db::jobs::forget_build(&mut tx, &build.id).await?;
    upkeep::forget_patches_of(&mut tx, &game, &build).await?;
    db::builds::delete(&mut tx, &build.id).await?;
    upkeep::tidy(&mut tx, server.upkeep, mint, &game).await?;
    audit::note(&mut tx, mint, caller, "build.remove", &format!("{slug}@{version}")).await?;
    tx.commit().await?;
    wake::wake(&*server.wake).await;
    let audience =
        if build.state == BuildState::Ready { Audience::Viewers(slug.clone()) } else { Audience::Admins };
    let event = Event::Removed { game: slug.clone(), version: Some(version.clone()) };
    events::tell(&*server.events, audience, event).await;
    Ok(())
}
