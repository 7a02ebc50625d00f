//! Orders: what is done to games, and what came of it.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use mist_client_core::{
    Delta, Error, Event, Forecast, MoveForecast, OperationState, OperationView, Order, Outcome, Remark, Rev,
    Uninstalled, Verification, date_of,
    folder::{OperationRecord, Spent},
};
use mist_client_view::{Failure, Reply, Request};
use mist_proto::{Slug, Version};
use serde_json::json;

use super::{INTERRUPTED, Session, ask};
use crate::{
    args::{BuildSpec, Following, GameSpec, Output},
    follow::{Ending, Follower},
    show::{View, json as json_line, line, note, sources},
};

pub(super) async fn install(
    session: Session<'_>,
    game: GameSpec,
    dir: Option<PathBuf>,
    following: Option<Following>,
) -> anyhow::Result<ExitCode> {
    // The engine may run elsewhere, in another folder.
    let dir = dir.map(std::path::absolute).transpose()?;
    let order = Order::Install { game: game.game, version: game.version, dir };
    carry_out_or_forecast(session, vec![order], following).await
}

pub(super) async fn update(
    session: Session<'_>,
    game: Option<Slug>,
    ahead: bool,
    following: Option<Following>,
) -> anyhow::Result<ExitCode> {
    if ahead {
        // Which builds go live later is news, perhaps.
        ask!(session.face, Request::Refresh, Reply::Refreshed(_) => ());
    }
    let order = |game| if ahead { Order::Ahead { game } } else { Order::Update { game } };
    let orders: Vec<_> = match game {
        Some(game) if !ahead => vec![order(game)],
        game => {
            let installed = ask!(session.face, Request::Status, Reply::Status(s, _) => s.games);
            if let Some(game) = game.as_ref().filter(|game| installed.iter().all(|g| g.game != **game)) {
                return Err(Failure::from(Error::NotInstalled(game.clone())).into());
            }
            let meant = installed.into_iter().filter(|g| game.as_ref().is_none_or(|game| g.game == *game));
            meant.filter(|g| !ahead || g.next.is_some()).map(|g| order(g.game)).collect()
        }
    };
    if orders.is_empty() {
        if !session.output.json && !session.output.quiet {
            line(if ahead { "No build is to go live later." } else { "No games are installed." })?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    carry_out_or_forecast(session, orders, following).await
}

pub(super) async fn switch(
    session: Session<'_>,
    build: BuildSpec,
    following: Option<Following>,
) -> anyhow::Result<ExitCode> {
    let order = Order::Switch { game: build.game, version: build.version };
    carry_out_or_forecast(session, vec![order], following).await
}

pub(super) async fn roll_back(
    session: Session<'_>,
    game: Slug,
    version: Option<Version>,
    following: Option<Following>,
) -> anyhow::Result<ExitCode> {
    carry_out_or_forecast(session, vec![Order::RollBack { game, version }], following).await
}

pub(super) async fn verify(
    session: Session<'_>,
    game: Slug,
    following: Following,
) -> anyhow::Result<ExitCode> {
    carry_out(session, vec![Order::Verify { game }], following).await
}

pub(super) async fn repair(
    session: Session<'_>,
    game: Slug,
    following: Following,
) -> anyhow::Result<ExitCode> {
    carry_out(session, vec![Order::Repair { game }], following).await
}

pub(super) async fn locate(
    session: Session<'_>,
    game: Slug,
    dir: PathBuf,
    following: Following,
) -> anyhow::Result<ExitCode> {
    // The engine may run elsewhere, in another folder.
    let dir = std::path::absolute(dir)?;
    carry_out(session, vec![Order::Locate { game, dir }], following).await
}

pub(super) async fn relocate(
    session: Session<'_>,
    game: Slug,
    dir: PathBuf,
    following: Option<Following>,
) -> anyhow::Result<ExitCode> {
    // The engine may run elsewhere, in another folder.
    let dir = std::path::absolute(dir)?;
    if let Some(following) = following {
        return carry_out(session, vec![Order::Move { game, dir }], following).await;
    }
    let request = Request::ForecastMove { game, dir };
    let forecast = ask!(session.face, request, Reply::MoveForecast(f) => f);
    if session.output.json {
        json_line(&forecast)?;
    } else {
        line(move_in_advance(&forecast))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What a move would take.
fn move_in_advance(forecast: &MoveForecast) -> String {
    let MoveForecast { game, to, bytes, .. } = forecast;
    let what = format!("{game} to {}", to.display());
    let bytes = mist_readable::bytes(*bytes);
    let free = forecast.free.map(|free| format!(", {} free", mist_readable::bytes(free))).unwrap_or_default();
    match (forecast.renamed, forecast.fits()) {
        (true, _) => format!("{what}: on the same disk; nothing is copied"),
        (false, true) => format!("{what}: {bytes} to copy{free}"),
        (false, false) => format!("{what}: not enough room: {bytes} are needed{free}"),
    }
}

pub(super) async fn uninstall(
    session: Session<'_>,
    game: Slug,
    following: Following,
) -> anyhow::Result<ExitCode> {
    carry_out(session, vec![Order::Uninstall { game }], following).await
}

/// Without a word on how to follow it, an order is only forecast.
async fn carry_out_or_forecast(
    session: Session<'_>,
    orders: Vec<Order>,
    following: Option<Following>,
) -> anyhow::Result<ExitCode> {
    if let Some(following) = following {
        return carry_out(session, orders, following).await;
    }
    for order in orders {
        let forecast = ask!(session.face, Request::Forecast { order }, Reply::Forecast(f) => f);
        if session.output.json {
            json_line(&forecast)?;
        } else {
            line(in_advance(&forecast))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What an operation would take.
fn in_advance(forecast: &Forecast) -> String {
    let Forecast { game, to, .. } = forecast;
    let what = match &forecast.from {
        Some(from) if from != to => format!("{game} {from} -> {to}"),
        _ => format!("{game} {to}"),
    };
    let bytes = mist_readable::bytes;
    let (peak, free, after) = (bytes(forecast.disk_peak), bytes(forecast.free), bytes(forecast.free_after));
    let about = if forecast.exact { "" } else { "about " };
    let home = forecast.on_home.as_ref().map_or_else(String::new, |disk| {
        format!(
            "; {} of that on the disk of {}, {} free",
            bytes(disk.needed),
            disk.folder.display(),
            bytes(disk.free)
        )
    });
    match forecast.routes.first() {
        None => format!("{what}: not enough room: {peak} of disk are needed, {free} are free"),
        Some(route) => format!(
            "{what}: {about}{} to download; {peak} of disk needed, {free} free, {after} afterwards{home}",
            bytes(route.download)
        ),
    }
}

pub(super) async fn carry_out(
    session: Session<'_>,
    orders: Vec<Order>,
    following: Following,
) -> anyhow::Result<ExitCode> {
    let Session { face, output, interrupts, .. } = session;
    let follower = Follower::new(face, output, interrupts, following).await?;
    conclude(follower.order(orders).await?, output)
}

/// Says how operations ended.
pub(super) fn conclude(ending: Ending, output: Output) -> anyhow::Result<ExitCode> {
    let operations = match ending {
        Ending::Over(operations) => operations,
        Ending::Detached(owner) => {
            note(format!(
                "`{}` (process {}) goes on with it; `mist queue` shows how far it is",
                owner.program, owner.pid
            ));
            return Ok(ExitCode::SUCCESS);
        }
        Ending::Paused => {
            note("paused; the same command or `mist resume` goes on from here");
            return Ok(ExitCode::from(INTERRUPTED));
        }
        Ending::Cancelled => {
            note("cancelled; what was there before is there now");
            return Ok(ExitCode::from(INTERRUPTED));
        }
    };
    let several = operations.len() > 1;
    let mut code = ExitCode::SUCCESS;
    let mut failed = None;
    for operation in operations {
        match failure_of(&operation) {
            None => {
                if !say(&operation, output)? {
                    code = ExitCode::FAILURE;
                }
            }
            // The others were carried out nevertheless.
            Some(failure) => {
                if several && !output.json {
                    note(format!("error: {}: {failure}", operation.order.game()));
                }
                failed.get_or_insert(failure);
            }
        }
    }
    failed.map_or(Ok(code), |failure| Err(failure.into()))
}

/// Why an operation that is over, or stands still, did not do what was ordered.
fn failure_of(operation: &OperationView) -> Option<Failure> {
    let game = operation.order.game();
    match operation.state {
        OperationState::Failed => Some(
            operation
                .failure
                .clone()
                .unwrap_or_else(|| Failure::internal("an operation failed without a reason")),
        ),
        OperationState::Cancelled => Some(Failure::cancelled(game)),
        OperationState::Paused => Some(Failure::paused(game)),
        OperationState::Done | OperationState::Queued | OperationState::Running => None,
    }
}

/// Says what an operation that ended well did. Returns whether the game is as it should be.
fn say(operation: &OperationView, output: Output) -> anyhow::Result<bool> {
    let game = operation.order.game();
    match &operation.outcome {
        Some(Outcome::Verified(found)) => verified(game, found, output),
        Some(Outcome::Located { dir, found }) => {
            if !output.json && !output.quiet {
                line(format!("{game} is in {} now.", dir.display()))?;
            }
            verified(game, found, output)
        }
        Some(outcome @ Outcome::Ahead { version, live_at, bytes }) => {
            if output.json {
                json_line(&json!({ "game": game, "ahead": outcome }))?;
            } else if !output.quiet {
                let (bytes, at) = (mist_readable::bytes(*bytes), date_of(*live_at));
                line(format!("{game} {version} is ready for {at}: {bytes} fetched ahead."))?;
            }
            Ok(true)
        }
        Some(outcome @ Outcome::Moved { from, dir, copied, left }) => {
            if output.json {
                json_line(outcome)?;
            } else if !output.quiet {
                let how =
                    copied.map(|bytes| format!(" {} copied and compared.", mist_readable::bytes(bytes)));
                line(format!("{game} is in {} now.{}", dir.display(), how.unwrap_or_default()))?;
                if *left {
                    line(format!("Something is left in {}: remove what you don't need.", from.display()))?;
                }
            }
            Ok(true)
        }
        Some(Outcome::Uninstalled { dir, result }) => {
            if output.json {
                json_line(&json!({ "game": game, "dir": dir, "result": result }))?;
            } else if !output.quiet {
                line(uninstalled(game, dir, result))?;
            }
            Ok(true)
        }
        Some(Outcome::Present { version, operation: record, .. }) => {
            if !output.json {
                if !output.quiet {
                    line(present(&operation.order, version, record.as_deref()))?;
                }
                say_kept(operation);
            }
            Ok(true)
        }
        None => Ok(true),
    }
}

/// Names what was put aside for the player: nobody should have to look for their own things.
fn say_kept(operation: &OperationView) {
    for remark in &operation.remarks {
        let Remark::Kept { files, folder, names } = remark else { continue };
        note("put aside, because the build needs their places:");
        for name in names {
            note(format!("  {}", mist_readable::escaped(name)));
        }
        if *files > names.len() {
            note(format!("  and {} more", files - names.len()));
        }
        let game = operation.order.game();
        note(format!("they are in {}; `mist kept {game}` lists them and puts them back", folder.display()));
    }
}

/// What an operation that brought a build here did.
fn present(order: &Order, version: &Version, record: Option<&OperationRecord>) -> String {
    let game = order.game();
    let Some(record) = record else {
        return match order {
            Order::Ahead { .. } => format!("{game}: no build is to go live later."),
            Order::Update { .. } => format!("{game} is up to date ({version})"),
            _ => format!("{game} {version} is here already."),
        };
    };
    let what = match order {
        Order::Install { .. } => "Installed",
        Order::Switch { .. } => "Switched",
        Order::RollBack { .. } => "Rolled back",
        Order::Repair { .. } => "Repaired",
        _ => "Updated",
    };
    let bytes = mist_readable::bytes(record.actual_bytes);
    let mut text = format!("{what} {game} {version}. {bytes} downloaded in {:.1} s", record.seconds);
    if record.actual_bytes > 0 {
        text += &format!(": {}", sources(&record.bytes));
        if let Some(wire) = record.wire {
            text += &format!(" ({} on the wire)", mist_readable::bytes(wire.total()));
        }
        if record.ahead.total() > 0 {
            text += &format!("; {} of that before it was live", mist_readable::bytes(record.ahead.total()));
        }
    }
    let (peak, forecast) =
        (mist_readable::bytes(record.disk.peak), mist_readable::bytes(record.disk.forecast));
    text += &format!("; at most {peak} more on disk, {forecast} predicted");
    match record.spent.filter(|spent| spent.total() >= SLOW) {
        Some(spent) => text + &format!("\nThe time went into {}.", spent_on(&spent)),
        None => text,
    }
}

/// Seconds from which on it is told what they went into.
const SLOW: f64 = 5.0;

fn spent_on(spent: &Spent) -> String {
    let told =
        |(what, seconds)| format!("{what} ({})", mist_readable::duration(Duration::from_secs_f64(seconds)));
    spent.most().into_iter().map(told).collect::<Vec<_>>().join(", ")
}

fn verified(game: &Slug, found: &Verification, output: Output) -> anyhow::Result<bool> {
    if output.json {
        json_line(found)?;
    }
    if found.damaged.is_empty() {
        if !output.json && !output.quiet {
            line(format!("{game} {} is exactly as it was pushed.", found.version))?;
        }
        return Ok(true);
    }
    if !output.json {
        for path in found.damaged.iter().take(50) {
            line(format!("  {path}"))?;
        }
        line(format!(
            "{} files are missing or changed. `mist repair {game}` fetches at most {} to put them right.",
            found.damaged.len(),
            mist_readable::bytes(found.repair_bytes)
        ))?;
    }
    Ok(false)
}

fn uninstalled(game: &Slug, dir: &std::path::Path, result: &Uninstalled) -> String {
    let mut text = format!("Uninstalled {game}: {} files removed.", result.removed);
    if result.left {
        text +=
            &format!("\nFiles that are not the game's own, such as saves, are still in {}.", dir.display());
    }
    if result.kept {
        text += &format!("\nFiles that you had changed are still in {}.", dir.join(".mist/kept").display());
    }
    text
}

/// Serves what is installed until somebody ends it. Where another process does that already, waits beside it and takes
/// over once it ends.
pub(super) async fn seed(session: Session<'_>) -> anyhow::Result<ExitCode> {
    let Session { face, output, interrupts, .. } = session;
    // Somebody must be signed in: there is nothing to serve otherwise.
    let server = ask!(face, Request::Status, Reply::Status(s, _) => s.server);
    if server.is_none() {
        return Err(Failure::from(Error::NotSignedIn).into());
    }
    let mut view = View::new(output);
    let mut rev = Rev::default();
    let mut lives = false;
    loop {
        match face.engine().await {
            Some(engine) if !lives => {
                engine.live();
                lives = true;
            }
            Some(_) => {}
            None if rev == Rev::default() => {
                let owner = face.owner().await;
                view.say(&format!(
                    "`{}` (process {}) shares already; waiting beside it",
                    owner.program, owner.pid
                ));
            }
            None => {}
        }
        tokio::select! {
            news = face.next(rev, Duration::from_secs(20)) => {
                let (now, deltas) = news?;
                rev = now;
                deltas.into_iter().for_each(|delta| see(&mut view, delta));
            }
            _ = interrupts.next() => return Ok(ExitCode::SUCCESS),
            () = face.asked_to_end() => return Ok(ExitCode::SUCCESS),
        }
    }
}

fn see(view: &mut View, delta: Delta) {
    match delta {
        Delta::Serving { games, announced } => view.see(&Event::Serving { games, announced }),
        Delta::Notice { message, .. } => view.see(&Event::Warning { message }),
        Delta::Operation(operation) if operation.state == OperationState::Done => {
            if let Some(Outcome::Present { version, operation: Some(record), .. }) = &operation.outcome {
                view.say(&present(&operation.order, version, Some(&**record)));
            }
        }
        _ => {}
    }
}
