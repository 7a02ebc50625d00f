//! Builds that go: one by one, or the old ones by a policy. Whatever only they lead to is made whole by the seed before their
//! files go (`seed-node/src/keeping/`), so that what stays can be had as before.

use mist_proto::{
    Slug, UnixMillis, Version,
    http::{
        BuildState, Event, KeepPolicy, KeptBecause, LogLevel, MAX_KEEP_DAYS, PruneJob, PruneRequest, Pruned,
    },
    time::DAY_MILLIS,
};

use super::{
    Builds,
    prune::{self, Candidate, Policy},
    upkeep,
};
use crate::{
    auth::caller::Caller,
    catalog::{games, visibility},
    clock::Mint,
    db::{self, Tx, builds::BuildRow, games::GameRow, job_log::NewLine},
    error::Problem,
    jobs::own,
    shared::{
        events::{self, Audience, Pending},
        wake,
    },
};

/// Removes a build that is neither live nor to go live, and that nobody pinned; the seed deletes its files.
///
/// # Errors
/// 404; 409 `is_live`, `is_next`, `is_pinned`.
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
    if game.next_live.as_ref().is_some_and(|(next, _)| *next == build.id) {
        let message = format!("{slug}@{version} is to go live by itself; cancel that first");
        return Err(Problem::conflict("is_next", message));
    }
    if build.pinned {
        let message = format!("{slug}@{version} is pinned: somebody wants to keep it; unpin it first");
        return Err(Problem::conflict("is_pinned", message));
    }
    let mut events = Pending::default();
    take_out(&mut tx, mint, &caller.name, &game, &build, &mut events).await?;
    upkeep::tidy(&mut tx, server.upkeep, mint, &game).await?;
    tx.commit().await?;
    wake::wake(&*server.wake).await;
    events::post(&*server.events, events).await;
    Ok(())
}

/// Removes old builds by a policy, or says which would go.
///
/// # Errors
/// 404; 400 `bad_policy`; 403 `confirm_password`.
pub async fn prune(
    server: &Builds,
    caller: &Caller,
    slug: &Slug,
    asked: &PruneRequest,
) -> Result<Pruned, Problem> {
    let mint = server.records.mint();
    let keep = KeepPolicy { keep_newest: asked.keep_newest, keep_days: asked.keep_days };
    let policy = policy(&keep, mint.now)?;
    let mut tx = server.records.write().await?;
    let game = visibility::visible_to_change(&mut tx, caller, slug, mint.now).await?;
    let (kept, going) = decide(&mut tx, &game, policy).await?;
    let pruned = Pruned { removed: going.iter().map(|build| build.version.clone()).collect(), kept };
    if asked.dry_run || going.is_empty() {
        return Ok(pruned);
    }
    caller.has_confirmed(mint.now)?;
    let mut events = Pending::default();
    for build in &going {
        take_out(&mut tx, mint, &caller.name, &game, build, &mut events).await?;
    }
    upkeep::tidy(&mut tx, server.upkeep, mint, &game).await?;
    let lines = lines(&format!("{} prunes the game", caller.name), &going, mint.now);
    own::done_at_once(&mut tx, mint, &PruneJob { game: slug.clone() }.into(), lines).await?;
    tx.commit().await?;
    wake::wake(&*server.wake).await;
    events::post(&*server.events, events).await;
    Ok(pruned)
}

/// What the log of a job says that prunes: why, and which builds go.
pub(super) fn lines(why: &str, going: &[BuildRow], now: UnixMillis) -> Vec<NewLine> {
    let mut lines = vec![own::says(LogLevel::Info, why, now)];
    lines.extend(going.iter().map(|build| {
        own::says(LogLevel::Info, format_args!("{} goes; the seeds delete its files", build.version), now)
    }));
    if going.is_empty() {
        lines.push(own::says(LogLevel::Info, "no build goes", now));
    }
    lines
}

/// What a policy says at that moment.
///
/// # Errors
/// 400 `bad_policy`.
pub(super) fn policy(keep: &KeepPolicy, now: UnixMillis) -> Result<Policy, Problem> {
    if keep.keep_newest == 0 || keep.keep_days.is_some_and(|days| days > MAX_KEEP_DAYS) {
        let message =
            format!("a policy keeps at least the newest build, and names at most {MAX_KEEP_DAYS} days");
        return Err(Problem::invalid("bad_policy", message));
    }
    let since = keep.keep_days.map(|days| now.plus_millis(-i64::from(days) * DAY_MILLIS));
    Ok(Policy { newest: usize::try_from(keep.keep_newest).unwrap_or(usize::MAX), since })
}

/// The builds of a game that stay by a policy, with why, and those that go; both from the oldest to the newest.
///
/// # Errors
/// Only our own.
pub(super) async fn decide(
    tx: &mut Tx,
    game: &GameRow,
    policy: Policy,
) -> Result<(Vec<KeptBecause>, Vec<BuildRow>), Problem> {
    let builds = db::builds::of_game(tx, &game.id).await?;
    let candidates: Vec<Candidate> = builds.iter().map(|build| candidate(game, build)).collect();
    let (mut stays, mut going) = (Vec::new(), Vec::new());
    for (build, kept) in builds.into_iter().zip(prune::decide(&candidates, policy)) {
        match kept {
            Some(reason) => stays.push(KeptBecause { version: build.version, reason }),
            None => going.push(build),
        }
    }
    Ok((stays, going))
}

fn candidate(game: &GameRow, build: &BuildRow) -> Candidate {
    Candidate {
        state: build.state,
        created: build.created,
        live: game.live_build.as_ref() == Some(&build.id),
        next: game.next_live.as_ref().is_some_and(|(next, _)| *next == build.id),
        pinned: build.pinned,
    }
}

/// Takes a build out of the catalogue, by whomever, and tells its seeds to delete its files.
///
/// # Errors
/// Only our own.
pub(super) async fn take_out(
    tx: &mut Tx,
    mint: Mint<'_>,
    by: &str,
    game: &GameRow,
    build: &BuildRow,
    events: &mut Pending,
) -> Result<(), Problem> {
    let (slug, version) = (&game.public.slug, &build.version);
    games::delete_files(tx, mint, game, Some((&build.id, version))).await?;
    db::jobs::forget_build(tx, &build.id).await?;
    upkeep::forget_patches_of(tx, game, build).await?;
    db::builds::delete(tx, &build.id).await?;
    db::audit::add(tx, &mint.id(), mint.now, by, "build.remove", &format!("{slug}@{version}")).await?;
    let audience =
        if build.state == BuildState::Ready { Audience::Viewers(slug.clone()) } else { Audience::Admins };
    events.add(audience, Event::Removed { game: slug.clone(), version: Some(version.clone()) });
    Ok(())
}
