//! What is under way, and how it is steered.

use std::process::ExitCode;

use mist_client_core::{Control, Home, OpId, OperationState, OperationView, Order};
use mist_client_view::{Face, Failure, Reply, Request};
use mist_proto::Slug;
use mist_readable::{Align, Table};
use serde_json::json;

use super::{Session, ask, games::conclude};
use crate::{
    args::{Following, Output},
    follow::Follower,
    show::{json as json_line, line},
};

pub(super) async fn queue(session: Session<'_>, first: Option<Slug>) -> anyhow::Result<ExitCode> {
    if let Some(first) = first {
        put_first(session.face, &first).await?;
    }
    let operations = ask!(session.face, Request::Operations, Reply::Operations(o) => o);
    if session.output.json {
        for operation in &operations {
            json_line(operation)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if operations.is_empty() {
        line("Nothing is under way, and nothing waits.")?;
        return Ok(ExitCode::SUCCESS);
    }
    let left = |name| (name, Align::Left);
    let mut table = Table::new(&[("NUMBER", Align::Right), left("OPERATION"), left("STATE"), left("")]);
    for operation in &operations {
        let state = serde_json::to_value(operation.state)?;
        table.row([
            operation.id.to_string(),
            ordered(&operation.order),
            state.as_str().unwrap_or_default().to_owned(),
            detail(operation),
        ]);
    }
    line(table.to_string())?;
    Ok(ExitCode::SUCCESS)
}

/// Lets what waits of a game, or one operation, have its turn before everything else that waits.
async fn put_first(face: &Face, name: &Slug) -> anyhow::Result<()> {
    let waits = |state| state != OperationState::Running;
    let (meant, others): (Vec<_>, Vec<_>) =
        chosen(face, vec![], waits).await?.into_iter().partition(|o| is_meant(o, name));
    if meant.is_empty() {
        // It may run already; whatever is not there is refused.
        chosen(face, vec![name.clone()], waits).await?;
    }
    let Some(other) = others.first().map(|o| o.id) else { return Ok(()) };
    for operation in meant {
        let before = Request::Control { id: operation.id, control: Control::Before { other } };
        ask!(face, before, Reply::Done => ());
    }
    Ok(())
}

fn ordered(order: &Order) -> String {
    match order {
        Order::Install { game, version: Some(version), .. } => format!("install {game}@{version}"),
        Order::Install { game, .. } => format!("install {game}"),
        Order::Update { game } => format!("update {game}"),
        Order::Ahead { game } => format!("update {game} --ahead"),
        Order::Switch { game, version } => format!("switch {game}@{version}"),
        Order::RollBack { game, version: Some(version) } => format!("rollback {game} --to {version}"),
        Order::RollBack { game, .. } => format!("rollback {game}"),
        Order::Repair { game } => format!("repair {game}"),
        Order::Verify { game } => format!("verify {game}"),
        Order::Uninstall { game } => format!("uninstall {game}"),
        Order::Locate { game, .. } => format!("locate {game}"),
        Order::Move { game, dir } => format!("move {game} to {}", dir.display()),
    }
}

fn detail(operation: &OperationView) -> String {
    if let Some(failure) = &operation.failure {
        return failure.text();
    }
    match &operation.network {
        Some(n) if !operation.state.is_over() => {
            let (done, total) = (mist_readable::bytes(n.done), mist_readable::bytes(n.total));
            let rate =
                if n.rate > 0 { format!(", {}/s", mist_readable::bytes(n.rate)) } else { String::new() };
            format!("{done} of {total}{rate}")
        }
        _ => String::new(),
    }
}

pub(super) async fn pause(session: Session<'_>, which: Vec<Slug>) -> anyhow::Result<ExitCode> {
    steer(&session, which, Control::Pause, "paused", |state| state != OperationState::Paused).await
}

pub(super) async fn cancel(session: Session<'_>, which: Vec<Slug>) -> anyhow::Result<ExitCode> {
    steer(&session, which, Control::Cancel, "cancelled", |_| true).await
}

pub(super) async fn resume(
    session: Session<'_>,
    which: Vec<Slug>,
    following: Following,
) -> anyhow::Result<ExitCode> {
    let Session { face, output, interrupts, .. } = session;
    let paused = chosen(face, which, |state| state == OperationState::Paused).await?;
    if paused.is_empty() {
        return nothing(output, "Nothing is paused.");
    }
    let follower = Follower::new(face, output, interrupts, following).await?;
    for operation in &paused {
        let resume = Request::Control { id: operation.id, control: Control::Resume };
        ask!(face, resume, Reply::Done => ());
    }
    conclude(follower.follow(paused.iter().map(|o| o.id).collect()).await?, output)
}

async fn steer(
    session: &Session<'_>,
    which: Vec<Slug>,
    control: Control,
    done: &str,
    fits: impl Fn(OperationState) -> bool,
) -> anyhow::Result<ExitCode> {
    let operations = chosen(session.face, which, fits).await?;
    if operations.is_empty() {
        return nothing(session.output, "Nothing is under way, and nothing waits.");
    }
    for operation in operations {
        ask!(session.face, Request::Control { id: operation.id, control }, Reply::Done => ());
        if session.output.json {
            json_line(&json!({ "id": operation.id, "game": operation.order.game(), "state": done }))?;
        } else if !session.output.quiet {
            line(format!("{}: {done}", ordered(&operation.order)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn nothing(output: Output, text: &str) -> anyhow::Result<ExitCode> {
    if !output.json && !output.quiet {
        line(text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The operations that are meant by games or numbers and have not ended; all if nothing is named.
async fn chosen(
    face: &Face,
    which: Vec<Slug>,
    fits: impl Fn(OperationState) -> bool,
) -> anyhow::Result<Vec<OperationView>> {
    let mut open = ask!(face, Request::Operations, Reply::Operations(o) => o);
    open.retain(|o| !o.state.is_over());
    for name in &which {
        if !open.iter().any(|o| is_meant(o, name)) {
            return Err(Failure::from(mist_client_core::Error::NothingUnderWay(name.clone())).into());
        }
    }
    open.retain(|o| fits(o.state) && (which.is_empty() || which.iter().any(|name| is_meant(o, name))));
    Ok(open)
}

/// A game may have digits for a name: then the game is meant.
fn is_meant(operation: &OperationView, name: &Slug) -> bool {
    let number = || name.as_str().parse().map(OpId);
    operation.order.game() == name || number().is_ok_and(|id| operation.id == id)
}

pub(super) async fn stop(home: &Home, output: Output) -> anyhow::Result<ExitCode> {
    let stopped = mist_client_view::stop(home).await?;
    if output.json {
        json_line(&json!({ "stopped": stopped }))?;
    } else if !output.quiet {
        line(match stopped {
            Some(owner) => {
                format!(
                    "`{}` (process {}) ends; what it does goes on at the next start.",
                    owner.program, owner.pid
                )
            }
            None => "No Mist runs here.".to_owned(),
        })?;
    }
    Ok(ExitCode::SUCCESS)
}
