//! What can be looked at: the library, the games here, and what goes wrong.

use std::{
    io::Write,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context;
use mist_client_core::{
    Error, GameState, GameStatus, LibraryItem, NextBuild, Owner, PreviousBuild, Status, Verdict, date_of,
};
use mist_client_view::{Failure, Reply, Request, Rev};
use mist_command_line::WholeFile;
use mist_proto::Slug;
use mist_readable::{Align, Table};
use serde::Serialize;

use super::{Session, ask};
use crate::show::{json as json_line, line, note, seconds};

pub(super) async fn library(session: Session<'_>, game: Option<Slug>) -> anyhow::Result<ExitCode> {
    let output = session.output;
    let refreshed = ask!(session.face, Request::Refresh, Reply::Refreshed(r) => r);
    let mut items = ask!(session.face, Request::Library, Reply::Library(l) => l);
    if let Some(game) = &game {
        items.retain(|i| i.game.slug == *game);
        if items.is_empty() {
            return Err(Failure::from(Error::UnknownGame(game.clone())).into());
        }
    }
    if output.json {
        for item in &items {
            json_line(item)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if items.is_empty() {
        line("There are no games yet. Your admin adds them with `mistpipe push`.")?;
    } else if game.is_some() {
        for item in &items {
            builds(item)?;
        }
    } else {
        let words = ["GAME", "TITLE", "LIVE"].map(|name| (name, Align::Left));
        let columns = [&words[..], &[("SIZE", Align::Right), ("HERE", Align::Left)]].concat();
        let mut table = Table::new(&columns);
        for item in &items {
            let live = item.builds.iter().find(|b| b.live);
            let title = item.game.title.clone();
            let version = live.map_or_else(|| "-".into(), |b| b.version.to_string());
            let size = live.map_or_else(|| "-".into(), |b| mist_readable::bytes(b.content_size));
            let here = item.here.as_ref().map_or_else(String::new, in_words);
            table.row([item.game.slug.to_string(), title, version, size, here]);
        }
        line(table.to_string())?;
    }
    if let (false, Some(age)) = (refreshed.online, refreshed.age_millis) {
        note(format!("(as of {} ago)", seconds(u64::try_from(age / 1000).unwrap_or(0))));
    }
    Ok(ExitCode::SUCCESS)
}

fn builds(item: &LibraryItem) -> anyhow::Result<()> {
    line(format!("{} ({})", mist_readable::escaped(&item.game.title), item.game.slug))?;
    if !item.game.description.is_empty() {
        line(&item.game.description)?;
    }
    let here = item.here.as_ref().and_then(|h| h.version.as_ref());
    let mut table = Table::new(&[
        ("VERSION", Align::Left),
        ("SIZE", Align::Right),
        ("FILES", Align::Right),
        ("UPDATE BY PATCH", Align::Left),
        ("", Align::Left),
    ]);
    for build in item.builds.iter().rev() {
        let patches: Vec<_> = build
            .patches
            .iter()
            .map(|p| format!("{} from {}", mist_readable::bytes(p.blob.size), p.from))
            .collect();
        let marks = [
            (build.live, "live"),
            (build.live_at.is_some(), "goes live later"),
            (here == Some(&build.version), "here"),
        ];
        let marks: Vec<_> = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
        table.row([
            build.version.to_string(),
            mist_readable::bytes(build.content_size),
            build.files.to_string(),
            patches.join(", "),
            marks.join(", "),
        ]);
    }
    line(table.to_string())
}

/// How long a picture is waited for.
const PICTURE: Duration = Duration::from_secs(30);

pub(super) async fn cover(
    session: Session<'_>,
    game: Slug,
    file: PathBuf,
    small: bool,
) -> anyhow::Result<ExitCode> {
    let (face, output) = (session.face, session.output);
    let known = ask!(face, Request::Library, Reply::Library(l) => l);
    let item = known.into_iter().find(|item| item.game.slug == game);
    let item = item.ok_or_else(|| Failure::from(Error::UnknownGame(game.clone())))?;
    anyhow::ensure!(item.game.cover.is_some(), "{game} has no picture");
    // News of before this command began are none.
    let (mut rev, _) = face.next(Rev::default(), Duration::ZERO).await?;
    let deadline = Instant::now() + PICTURE;
    let picture = loop {
        let asked = Request::Cover { game: game.clone(), small };
        if let Some(picture) = ask!(face, asked, Reply::Cover(c) => c) {
            break picture;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        anyhow::ensure!(!left.is_zero(), "the picture of {game} is not here, and the server did not give it");
        (rev, _) = face.next(rev, left).await?;
    };
    let bytes = picture.bytes().ok_or_else(|| Failure::bad_message("a picture that is no base64"))?;
    let mut written = WholeFile::replace(&file).with_context(|| format!("can't write {}", file.display()))?;
    written.write_all(&bytes)?;
    written.finish()?;
    if output.json {
        json_line(&serde_json::json!({ "game": game, "cover": picture.id, "bytes": bytes.len() }))?;
    } else if !output.quiet {
        line(format!("{game}: {}, {}", file.display(), mist_readable::bytes(bytes.len() as u64)))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// How a game is on this machine.
fn in_words(status: &GameStatus) -> String {
    let version = status.version.as_ref().map(ToString::to_string).unwrap_or_default();
    match status.state {
        GameState::Installed if status.update_available => format!("{version}, update available"),
        GameState::Installed if status.went_back => {
            let live = status.live.as_ref().map(ToString::to_string).unwrap_or_default();
            format!("{version}, the server went back to {live}")
        }
        GameState::Installed => version,
        GameState::Installing => "installing".into(),
        GameState::Updating => format!("{version}, updating"),
        GameState::Damaged => format!("{version}, needs repair"),
        GameState::Missing => "folder is missing".into(),
        GameState::Unverified => format!("{version}, not verified yet"),
    }
}

/// The status, and which other process runs the engine.
#[derive(Serialize)]
struct WithOwner<'a> {
    #[serde(flatten)]
    status: &'a Status,
    owner: Option<&'a Owner>,
}

pub(super) async fn status(session: Session<'_>) -> anyhow::Result<ExitCode> {
    let (status, owner) = ask!(session.face, Request::Status, Reply::Status(s, owner) => (s, owner));
    // This very command owns the home only while nobody else does.
    let owner = Some(owner).filter(|owner| owner.pid != std::process::id());
    if session.output.json {
        json_line(&WithOwner { status: &status, owner: owner.as_ref() })?;
        return Ok(ExitCode::SUCCESS);
    }
    match &status.server {
        None => line("Not signed in.")?,
        Some(server) => {
            let user = server.user.as_ref().map_or_else(|| "nobody".into(), ToString::to_string);
            let age = server.catalogue_age.and_then(|s| u64::try_from(s).ok());
            let age = age.map_or_else(|| "never fetched".into(), |s| format!("fetched {} ago", seconds(s)));
            line(format!("{} as {user}, catalogue {age}", server.url))?;
        }
    }
    if let Some(owner) = owner {
        line(format!("`{}` runs here (process {})", owner.program, owner.pid))?;
    }
    if status.games.is_empty() {
        line("No games are installed. `mist library` lists those that you can install.")?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        ("GAME", Align::Left),
        ("STATE", Align::Left),
        ("SIZE", Align::Right),
        ("LAST", Align::Left),
        ("FOLDER", Align::Left),
    ]);
    for game in &status.games {
        let last = game.last_operation.as_ref().map_or_else(String::new, |l| {
            let kind = serde_json::to_value(l.kind).ok().and_then(|v| v.as_str().map(str::to_owned));
            format!("{} {}", kind.unwrap_or_default(), mist_readable::bytes(l.actual_bytes))
        });
        table.row([
            game.game.to_string(),
            in_words(game),
            game.size.map_or_else(|| "-".into(), mist_readable::bytes),
            last,
            game.dir.display().to_string(),
        ]);
    }
    line(table.to_string())?;
    for game in &status.games {
        if let Some(PreviousBuild { version, bytes }) = &game.previous {
            let (game, bytes) = (&game.game, mist_readable::bytes(*bytes));
            line(format!(
                "{game} can go back to {version} without the network ({bytes} kept): mist rollback {game}"
            ))?;
        }
        if let Some(NextBuild { version, live_at, fetching, ready, bytes }) = &game.next {
            let (game, at, bytes) = (&game.game, date_of(*live_at), mist_readable::bytes(*bytes));
            let how = match (fetching, ready) {
                (_, true) => format!("it is ready, with {bytes} fetched ahead"),
                (true, false) => format!("{bytes} of it are here already"),
                (false, false) => format!("mist update --ahead {game} fetches before what it takes"),
            };
            line(format!("{game} {version} goes live on {at}: {how}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn kept(
    session: Session<'_>,
    game: Slug,
    restore: Option<String>,
    restore_all: bool,
) -> anyhow::Result<ExitCode> {
    let output = session.output;
    let restores = restore_all || restore.is_some();
    let request = match restores {
        true => Request::Restore { game: game.clone(), path: restore },
        false => Request::Kept { game: game.clone() },
    };
    let items = ask!(session.face, request, Reply::Kept(items) => items);
    if output.json {
        items.iter().try_for_each(json_line)?;
        return Ok(ExitCode::SUCCESS);
    }
    if items.is_empty() {
        line(format!("Nothing of {game} was put aside{}.", if restores { " there" } else { "" }))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[("WHEN IT WAS", Align::Left), ("PATH", Align::Left), ("", Align::Left)]);
    for item in &items {
        table.row([item.label.as_str(), &item.path, if item.is_link { "link" } else { "" }]);
    }
    line(table.to_string())?;
    if !output.quiet {
        note(match restores {
            true => format!("back in their places; what was there instead is kept in turn: mist kept {game}"),
            false => format!("`mist kept {game} --restore PATH` puts something back"),
        });
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn doctor(session: Session<'_>) -> anyhow::Result<ExitCode> {
    let output = session.output;
    let checks = ask!(session.face, Request::Doctor, Reply::Checks(c) => c);
    for check in &checks {
        if output.json {
            json_line(check)?;
        } else {
            let mark = match check.verdict {
                Verdict::Ok => "ok",
                Verdict::Warning => "warning",
                Verdict::Problem => "PROBLEM",
            };
            line(mist_readable::escaped(&format!("{mark:8} {:13} {}", check.name, check.detail)))?;
        }
    }
    let broken = checks.iter().any(|c| c.verdict == Verdict::Problem);
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The same text with and without `--json`, because it is JSON.
pub(super) async fn diagnostics(session: Session<'_>) -> anyhow::Result<ExitCode> {
    let text = ask!(session.face, Request::Diagnostics, Reply::Diagnostics(text) => text);
    line(mist_readable::escaped_json(&text))?;
    Ok(ExitCode::SUCCESS)
}
