//! `mist self-update`: the program takes the place of itself.

use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressDrawTarget};
use mist_client_core::{Home, self_update::Updater};
use mist_client_view::Failure;
use mist_readable::bytes;
use serde_json::json;

use crate::{
    args::Output,
    interrupts::Interrupts,
    show::{json, line, note},
};

/// Runs without the engine, which may be another program's.
pub(super) async fn self_update(home: &Home, output: Output, check: bool) -> anyhow::Result<ExitCode> {
    let exe = std::env::current_exe()?;
    let updater = Updater::open(home, &exe).map_err(Failure::from)?;
    let here = updater.program().version;
    let Some(package) = updater.look().await.map_err(Failure::from)? else {
        if output.json {
            json(&json!({ "event": "up_to_date", "version": here }))?;
        } else {
            line(format!("Mist {here} is the newest version that your group's server offers"))?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    let (new, size) = (package.version, package.size);
    if check {
        if output.json {
            json(&json!({ "event": "offered", "version": new, "here": here, "size": size }))?;
        } else {
            line(format!(
                "Mist {new} is there ({}); this is {here}. Get it by: mist self-update",
                bytes(size)
            ))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let shown = !output.json && !output.quiet;
    let progress = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let progress = ProgressBar::with_draw_target(Some(size), progress);
    let mut interrupts = Interrupts::listen();
    let moved = {
        let progress = progress.clone();
        move |arrived| progress.set_position(arrived)
    };
    let updated = tokio::select! {
        updated = updater.update(&package, moved) => updated,
        _ = interrupts.next() => {
            progress.finish_and_clear();
            note("interrupted; Mist is as it was, and what has arrived is kept");
            return Ok(ExitCode::from(super::INTERRUPTED));
        }
    };
    progress.finish_and_clear();
    updated.map_err(Failure::from)?;
    if output.json {
        json(&json!({ "event": "updated", "version": new, "before": here }))?;
    } else {
        line(format!("Mist is at {new} now; it was at {here}"))?;
    }
    if runs_elsewhere(home) {
        note(
            "a Mist of the version before still runs; mist stop ends it, and what it does goes on at its next start",
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Whether another process has the home's engine. If nobody can tell, nothing is said.
fn runs_elsewhere(home: &Home) -> bool {
    home.own().is_ok_and(|owned| owned.is_none())
}
