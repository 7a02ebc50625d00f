//! Games that are in a folder already.

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode, time::Duration};

use mist_client_core::{Delta, Found, Order, Rev, ScanView};
use mist_client_view::{Reply, Request};
use mist_proto::Slug;
use mist_readable::{Align, Table, count};

use super::{Session, ask, games::carry_out};
use crate::{
    args::Following,
    show::{json as json_line, line, note},
};

/// How long news are waited for in one go.
const WAIT: Duration = Duration::from_secs(20);

pub(super) async fn scan(session: Session<'_>, dir: PathBuf, adopt: bool) -> anyhow::Result<ExitCode> {
    // The engine may run elsewhere, in another folder.
    let dir = std::path::absolute(dir)?;
    let Some(seen) = look_through(&session, dir).await? else {
        note("stopped; nothing was changed");
        return Ok(ExitCode::from(super::INTERRUPTED));
    };
    let output = session.output;
    if output.json {
        seen.found.iter().try_for_each(json_line)?;
    } else {
        line(said(&seen))?;
    }
    let orders: Vec<Order> =
        fullest(seen.found).into_iter().map(|f| Order::Locate { game: f.game, dir: f.dir }).collect();
    if !adopt || orders.is_empty() {
        if !orders.is_empty() && !output.json && !output.quiet {
            note("nothing was changed; the same command with --adopt takes them over");
        }
        return Ok(ExitCode::SUCCESS);
    }
    carry_out(session, orders, Following::default()).await
}

/// Waits until the folder was looked through; nothing if somebody interrupts.
async fn look_through(session: &Session<'_>, dir: PathBuf) -> anyhow::Result<Option<ScanView>> {
    let face = session.face;
    // What an earlier one found is no news.
    let (mut rev, _) = face.next(Rev::default(), Duration::ZERO).await?;
    ask!(face, Request::Scan { dir: dir.clone() }, Reply::Done => ());
    loop {
        let (next, deltas) = face.next(rev, WAIT).await?;
        rev = next;
        for delta in deltas {
            match delta {
                Delta::Scan(scan) if scan.dir == dir && !scan.running => {
                    return Ok((!scan.stopped).then_some(scan));
                }
                _ => {}
            }
        }
    }
}

fn said(seen: &ScanView) -> String {
    let looked_at =
        format!("{} in {}", count(seen.files, "file", "files"), count(seen.folders, "folder", "folders"));
    if seen.found.is_empty() {
        return format!("No game that is not here already is in {} ({looked_at}).", seen.dir.display());
    }
    let mut table = Table::new(&[
        ("GAME", Align::Left),
        ("BUILD", Align::Left),
        ("FILES", Align::Right),
        ("SIZE", Align::Right),
        ("FOLDER", Align::Left),
    ]);
    for found in &seen.found {
        table.row([
            found.game.to_string(),
            found.version.to_string(),
            format!("{} of {}", found.fits, found.files),
            mist_readable::bytes(found.bytes),
            found.dir.display().to_string(),
        ]);
    }
    format!("{table}\n{looked_at} were looked at.")
}

/// Of each game the folder with the most of it.
fn fullest(found: Vec<Found>) -> Vec<Found> {
    let mut best: BTreeMap<Slug, Found> = BTreeMap::new();
    for one in found {
        if best.get(&one.game).is_none_or(|known| one.bytes_there > known.bytes_there) {
            best.insert(one.game.clone(), one);
        }
    }
    best.into_values().collect()
}
