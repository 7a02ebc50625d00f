//! Builds of a game: listing, removing, making live.

use std::time::Duration;

use anyhow::Result;
use mist_proto::{
    Slug, Version,
    http::{Build, Job, JobState, KeepReason, PatchInfo, PruneRequest, SetLive, route},
};
use mist_readable::{Align, Table};
use serde_json::json;

use super::jobs;
use crate::{
    api::{Api, now},
    args::{Target, When},
    builds,
    failure::{Exit, name_missing, refuse},
    reach::{self, Reach},
    show::{Screen, agreed},
};

/// The direct patches to a build, and what was foretold: `1.0 4.2 MB (forecast 4.0 MB), 1.1 12 kB`.
fn patches(build: &Build) -> String {
    if build.patches.is_empty() {
        return "-".into();
    }
    let told = |p: &PatchInfo| {
        let told = build.forecast.as_ref().filter(|told| told.from == p.from);
        told.map_or_else(String::new, |told| format!(" (forecast {})", mist_readable::bytes(told.bytes)))
    };
    let each =
        build.patches.iter().map(|p| format!("{} {}{}", p.from, mist_readable::bytes(p.blob.size), told(p)));
    each.collect::<Vec<_>>().join(", ")
}

fn table_of(builds: &[Build]) -> Table {
    let mut table = Table::new(&[
        ("VERSION", Align::Left),
        ("STATE", Align::Left),
        ("LIVE", Align::Left),
        ("FILES", Align::Right),
        ("SIZE", Align::Right),
        ("DOWNLOAD", Align::Right),
        ("KEPT", Align::Left),
        ("PATCH FROM", Align::Left),
    ]);
    for build in builds {
        table.row([
            build.version.to_string(),
            build.state.as_str().into(),
            if build.live { "live" } else { "" }.into(),
            build.files.to_string(),
            mist_readable::bytes(build.content_size),
            build.archive_stored.map_or_else(|| "-".into(), mist_readable::bytes),
            build.kept.as_str().into(),
            patches(build),
        ]);
    }
    table
}

/// `ls SLUG`.
pub(super) async fn list(api: &Api, screen: Screen, game: &Slug) -> Result<()> {
    let builds = builds::fetch(api, game).await?;
    if builds.is_empty() {
        screen.note(&format!(
            "{game} has no builds yet: push one with `mistpipe push FOLDER --game {game} --version 1.0`"
        ));
    } else {
        screen.table(&table_of(&builds))?;
    }
    builds.iter().try_for_each(|build| screen.record(build))
}

/// `rm SLUG[@VERSION]`.
pub(super) async fn remove(api: &Api, screen: Screen, target: &Target, yes: bool) -> Result<()> {
    let Target { game, version } = target;
    let builds = builds::fetch(api, game).await?;
    let what = match version {
        None => format!("{game} with {}", mist_readable::count(builds.len() as u64, "build", "builds")),
        Some(version) if builds.iter().any(|b| b.version == *version) => format!("{game}@{version}"),
        Some(version) => return Err(refuse(Exit::NotFound, format!("{game} has no build {version}"))),
    };
    agreed(yes, &format!("Remove {what} from the server?"), "nothing was removed")?;
    match version {
        None => api.ask(route::RemoveGame, game).await?,
        Some(version) => api.ask(route::RemoveBuild, &(game.clone(), version.clone())).await?,
    }
    screen.line(&format!("removed {what}"))?;
    screen.record(&json!({ "event": "removed", "game": game, "version": version }))
}

/// `live SLUG@VERSION [--at WHEN]`.
pub(super) async fn make_live(api: &Api, screen: Screen, build: &Target, at: Option<When>) -> Result<()> {
    let Target { game, version: Some(version) } = build else {
        return Err(refuse(Exit::Usage, format!("name the build too, as {}@VERSION", build.game)));
    };
    tell_reach(api, screen, game, version).await?;
    let at = at.map(|at| match at {
        When::At(at) => at,
        When::In(millis) => now().plus_millis(millis),
    });
    let body = SetLive { version: version.clone(), at };
    let answer = api.call(route::MakeLive, game, |call| call.json(&body)).await;
    answer.map_err(|e| name_missing(e, format_args!("build {game}@{version}: see `mistpipe ls {game}`")))?;
    match at.map(|at| at.since(now())).filter(|ahead| *ahead > 0) {
        Some(ahead) => {
            let ahead = mist_readable::duration(Duration::from_millis(ahead.unsigned_abs()));
            screen.line(&format!("{game}@{version} goes live by itself in {ahead}"))?;
        }
        None => screen.line(&format!("{game}@{version} is live: friends get it by default from now on"))?,
    }
    screen.record(&json!({ "event": "live", "game": game, "version": version, "at": at }))
}

/// Says whom a build would reach, before it goes live. That this can't be found out keeps nothing from going live.
async fn tell_reach(api: &Api, screen: Screen, game: &Slug, version: &Version) -> Result<()> {
    let builds = builds::fetch(api, game).await?;
    if !builds.iter().any(|build| build.version == *version) {
        // The server says what is wrong with it.
        return Ok(());
    }
    let held = match api.ask_once(route::GetInsurance, game).await {
        Ok(insurance) => insurance.builds,
        Err(e) => {
            let why = mist_readable::escaped(&format!("{e:#}")).into_owned();
            screen.note(&format!("what friends will fetch is not known: {why}"));
            return Ok(());
        }
    };
    let reach = reach::reach(&builds, version, &held);
    if !reach.builds.is_empty() {
        screen.table(&reach.table())?;
    }
    screen.note(&reach.leaves());
    screen.record(&Told { event: "reach", game, version, copies: reach.copies(), reach: &reach })
}

/// Whom a build would reach, for programs.
#[derive(serde::Serialize)]
struct Told<'a> {
    event: &'static str,
    game: &'a Slug,
    version: &'a Version,
    copies: u64,
    #[serde(flatten)]
    reach: &'a Reach,
}

/// `live SLUG --cancel`.
pub(super) async fn cancel_next(api: &Api, screen: Screen, game: &Slug) -> Result<()> {
    let answer = api.ask(route::CancelNextLive, game).await;
    answer.map_err(|e| name_missing(e, format_args!("game {game}: see `mistpipe ls`")))?;
    screen.line(&format!("no build of {game} goes live by itself"))?;
    screen.record(&json!({ "event": "live_cancelled", "game": game }))
}

/// `prune SLUG --keep N`.
pub(super) async fn prune(
    api: &Api,
    screen: Screen,
    game: &Slug,
    asked: PruneRequest,
    yes: bool,
) -> Result<()> {
    let ask = async |dry_run| {
        let body = PruneRequest { dry_run, ..asked.clone() };
        let answer = api.call(route::PruneBuilds, game, |call| call.json(&body)).await;
        answer.map_err(|e| name_missing(e, format_args!("game {game}: see `mistpipe ls`")))
    };
    let would = ask(true).await?;
    let names = |versions: &[Version]| versions.iter().map(Version::as_str).collect::<Vec<_>>().join(", ");
    for kept in &would.kept {
        screen.line(&format!("keep    {} ({})", kept.version, reason(kept.reason)))?;
    }
    for version in &would.removed {
        screen.line(&format!("remove  {version}"))?;
    }
    if asked.dry_run || would.removed.is_empty() {
        screen.note(if would.removed.is_empty() { "nothing goes" } else { "nothing was removed" });
        return screen.record(&would);
    }
    let what = mist_readable::count(would.removed.len() as u64, "build", "builds");
    agreed(yes, &format!("Remove {what} of {game} from the server?"), "nothing was removed")?;
    let done = ask(false).await?;
    screen.line(&format!("removed {}; every build that stays can be had as before", names(&done.removed)))?;
    screen.record(&done)
}

fn reason(reason: KeepReason) -> &'static str {
    match reason {
        KeepReason::Live => "live",
        KeepReason::Next => "goes live by itself",
        KeepReason::Pinned => "pinned",
        KeepReason::Unfinished => "not ready yet",
        KeepReason::Newest => "among the newest",
        KeepReason::Young => "young enough",
    }
}

fn is_open_of(job: &Job, game: &Slug) -> bool {
    job.state != JobState::Done && job.spec.game() == Some(game)
}

/// `status SLUG`.
pub(super) async fn status(api: &Api, screen: Screen, slug: &Slug) -> Result<()> {
    let builds = builds::fetch(api, slug).await?;
    let game = api.ask(route::GetGame, slug).await?;
    let jobs = api.list(route::ListJobs, &()).await?;
    let open: Vec<Job> = jobs.into_iter().filter(|job| is_open_of(job, slug)).collect();
    let stored: u64 = builds.iter().map(|b| b.content_size).sum();
    let live = game.live.as_ref().map_or_else(|| "nothing is live yet".into(), |v| format!("{v} is live"));
    let seen_by = if game.is_private { "whom you grant it" } else { "every friend" };
    screen.line(&format!("{} ({slug}): {live}, seen by {seen_by}", mist_readable::escaped(&game.title)))?;
    screen.line(&format!(
        "{}, {} of files",
        mist_readable::count(builds.len() as u64, "build", "builds"),
        mist_readable::bytes(stored)
    ))?;
    if let Some(newest) = builds.last() {
        screen.table(&table_of(std::slice::from_ref(newest)))?;
    }
    if open.is_empty() {
        screen.line("no job is waiting, running or failed")?;
    } else {
        screen.table(&jobs::table_of(&open))?;
    }
    screen.record(&json!({ "game": game, "builds": builds, "jobs": open }))
}
