//! What friends say that their operations moved.

use mist_proto::http::{BytesBySource, TransferReport};

use super::Swarm;
use crate::{auth::caller::Caller, catalog::visibility, db, error::Problem, history::moved};

/// Longest id of an operation, in bytes.
const MAX_ID: usize = 64;
/// Reports that are kept of one account. The oldest go first, and what they said with them.
const MAX_REPORTS: u64 = 20_000;
/// How often an operation may have moved the largest build of its game: it may have begun anew, and by another route.
const MOST_TIMES: u64 = 4;
/// What an operation may have moved however small the builds are: patches of builds that are gone, for one.
const SLACK: u64 = 1 << 30;
/// How much more than the content may have come over the network for it.
const MOST_WIRE: u64 = 4;

/// Takes note of what an operation has moved.
///
/// # Errors
/// 404 for a hidden game; 400 `bad_report`, also for more than an operation can have moved.
pub async fn report(swarm: &Swarm, caller: &Caller, report: TransferReport) -> Result<(), Problem> {
    if report.id.is_empty() || report.id.len() > MAX_ID {
        return Err(Problem::invalid("bad_report", format!("an id has 1 to {MAX_ID} bytes")));
    }
    let now = swarm.records.now();
    let mut tx = swarm.records.write().await?;
    let game = visibility::visible(&mut tx, caller, &report.game).await?;
    let builds = db::builds::of_game(&mut tx, &game.id).await?;
    let largest = builds.iter().map(|b| b.archive.size).max().unwrap_or(0);
    if !is_possible(&report.bytes, report.wire.as_ref(), largest) {
        return Err(Problem::invalid("bad_report", "an operation on this game can't have moved so much"));
    }
    let known = db::transfers::hold(&mut tx, &caller.id, &report.id).await?;
    db::transfers::put(&mut tx, &caller.id, &report, now).await?;
    let more = report.bytes.beyond(&known.unwrap_or_default());
    let account = swarm.history_by_friend.then_some(caller.id.as_str());
    moved::add(&mut tx, account, &game.public.slug, &more, now).await?;
    if known.is_none() {
        db::transfers::keep_newest(&mut tx, &caller.id, MAX_REPORTS).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Whether an operation can have moved this, of a game whose largest build is an archive of `largest` bytes. Pure.
fn is_possible(content: &BytesBySource, wire: Option<&BytesBySource>, largest: u64) -> bool {
    let most = largest.saturating_mul(MOST_TIMES).saturating_add(SLACK).min(db::transfers::MOST);
    let most_wire = most.saturating_mul(MOST_WIRE).min(db::transfers::MOST);
    content.total() <= most && wire.is_none_or(|wire| wire.total() <= most_wire)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operation_can_not_have_moved_is_no_report() {
        let from_lan = |lan| BytesBySource { lan, ..BytesBySource::default() };
        let both = |lan, seed| BytesBySource { lan, seed, ..BytesBySource::default() };
        const GIB: u64 = 1 << 30;
        for (content, wire, largest, possible) in [
            (from_lan(0), None, 0, true),
            (from_lan(GIB), None, 0, true),
            (from_lan(GIB + 1), None, 0, false),
            (from_lan(41 * GIB), Some(from_lan(100 * GIB)), 10 * GIB, true),
            (from_lan(42 * GIB), None, 10 * GIB, false),
            (from_lan(1), Some(from_lan(200 * GIB)), 10 * GIB, false),
            (from_lan(i64::MAX as u64), None, 10 * GIB, false),
            (both(u64::MAX, u64::MAX), None, 10 * GIB, false),
            (from_lan(db::transfers::MOST + 1), None, u64::MAX, false),
        ] {
            assert_eq!(
                is_possible(&content, wire.as_ref(), largest),
                possible,
                "{content:?} {wire:?} {largest}"
            );
        }
    }
}
