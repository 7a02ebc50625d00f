//! Counting what the operator sees at a glance.

use mist_proto::{
    http::{BuildState, BytesBySource, GameStats, Health, JobCounts, Stats, StoreStats, SwarmStats},
    limits::PIECE_SIZE,
};

use super::Overview;
use crate::{db, error::Problem};

/// A store with less room than this soon refuses uploads.
const LITTLE_ROOM: u64 = 2_000_000_000;

/// Everything at this moment.
///
/// # Errors
/// Only our own.
pub async fn stats(overview: &Overview) -> Result<Stats, Problem> {
    let now = overview.records.now();
    let mut tx = overview.records.read().await?;
    let jobs = db::jobs::counts(&mut tx).await?;
    let mut moved = db::transfers::by_game(&mut tx).await?;
    let (mut bytes, mut wire) = (BytesBySource::default(), BytesBySource::default());
    for received in moved.values() {
        bytes.add_all(&received.content);
        wire.add_all(&received.wire);
    }
    let mut games = Vec::new();
    for game in db::games::list(&mut tx).await? {
        let builds = db::builds::of_game(&mut tx, &game.id).await?;
        let live = builds.iter().find(|b| Some(&b.id) == game.live_build.as_ref());
        let (mut copies, mut peers) = (0.0, 0);
        if let Some(live) = live {
            let online = overview.presence.copies(&game.public.slug, &live.archive, now).await?;
            (copies, peers) = (in_copies(online.pieces, live.archive.size), online.friends);
        }
        let received = moved.remove(&game.public.slug).unwrap_or_default();
        games.push(GameStats {
            bytes: received.content,
            wire: received.wire,
            game: game.public.slug,
            live: game.public.live,
            builds: builds.iter().filter(|b| b.state == BuildState::Ready).count() as u64,
            copies,
            peers,
        });
    }
    drop(tx);
    games.sort_by(|a, b| a.game.cmp(&b.game));
    let online = overview.presence.online(now).await?;
    let swarm = SwarmStats { peers: online.friends, seeds: online.seeds };
    let stores = overview.stores.words().await?.online(now);
    Ok(Stats {
        at: now,
        server: env!("CARGO_PKG_VERSION").into(),
        uptime: u64::try_from(now.since(overview.started) / 1000).unwrap_or(0),
        health: health(&stores, &jobs),
        swarm,
        bytes,
        wire,
        games,
        jobs,
        stores,
    })
}

/// How many copies of a blob some pieces of it are.
fn in_copies(pieces: u64, size: u64) -> f64 {
    let all = size.div_ceil(PIECE_SIZE).max(1);
    #[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
    let copies = pieces as f64 / all as f64;
    copies
}

/// What the operator has to do. Pure.
fn health(stores: &[StoreStats], jobs: &JobCounts) -> Health {
    let mut problems = Vec::new();
    if stores.is_empty() {
        problems
            .push("No seed is online: builds can't be pushed or made. Start one, or look at its log.".into());
    }
    for s in stores {
        if !s.ok {
            let why = s.problem.as_deref().unwrap_or("it gives no reason");
            problems.push(format!("The store of seed {} is not usable: {why}.", s.seed));
        } else if s.free < LITTLE_ROOM {
            problems.push(format!(
                "The store of seed {} has {} left: remove old builds or add room.",
                s.seed,
                mist_readable::bytes(s.free)
            ));
        }
    }
    if jobs.failed > 0 {
        let n = jobs.failed;
        problems.push(format!("{n} jobs were given up: see `mistpipe jobs`, then `mistpipe retry JOB`."));
    }
    Health { ok: problems.is_empty(), problems }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_is_named_once() {
        let good = StoreStats {
            seed: "s".into(),
            ok: true,
            problem: None,
            used: 0,
            free: 1 << 40,
            public_url: None,
        };
        let jobs = JobCounts::default();
        assert!(health(std::slice::from_ref(&good), &jobs).ok);
        assert_eq!(health(&[], &jobs).problems.len(), 1);
        let bad = StoreStats { ok: false, problem: Some("it is not mounted".into()), ..good.clone() };
        let full = StoreStats { free: 0, ..good };
        let all = health(&[bad, full], &JobCounts { failed: 2, ..jobs });
        assert_eq!(all.problems.len(), 3, "{:?}", all.problems);
        assert!(all.problems[0].contains("not mounted"));
    }

    #[test]
    fn parts_of_a_copy() {
        assert!((in_copies(1, 4 * PIECE_SIZE) - 0.25).abs() < 1e-9);
        assert!((in_copies(9, 4 * PIECE_SIZE - 1) - 2.25).abs() < 1e-9);
        assert!((in_copies(1, 0) - 1.0).abs() < 1e-9, "nothing is one piece");
    }
}
