//! Counting what the operator sees at a glance.

use mist_proto::{
    Slug, Version,
    http::{BuildState, BytesBySource, GameStats, Health, JobCounts, Stats, StoreStats, SwarmStats},
    limits::PIECE_SIZE,
};

use super::Overview;
use crate::{
    db,
    error::Problem,
    shared::{
        Away,
        presence::{EXPIRY_MILLIS, Online},
    },
};

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
    let mut missing = Vec::new();
    let mut away = None;
    let everybody_spoke = now.since(overview.started) >= EXPIRY_MILLIS;
    for game in db::games::list(&mut tx).await? {
        let builds = db::builds::of_game(&mut tx, &game.id).await?;
        let live = builds.iter().find(|b| Some(&b.id) == game.live_build.as_ref());
        let (mut copies, mut peers) = (0.0, 0);
        if let Some(live) = live {
            match overview.presence.copies(&game.public.slug, &live.archive, now).await {
                Ok(online) => {
                    (copies, peers) = (in_copies(online.pieces, live.archive.size), online.friends);
                    if copies < 1.0 && everybody_spoke {
                        let version = live.version.clone();
                        missing.push(Missing { game: game.public.slug.clone(), version, copies });
                    }
                }
                Err(e) => away = Some(e),
            }
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
    let online = overview.presence.online(now).await.unwrap_or_else(|e| {
        away = Some(e);
        Online::default()
    });
    let swarm = SwarmStats { peers: online.friends, seeds: online.seeds };
    let stores = match overview.stores.words().await {
        Ok(words) => words.online(now),
        Err(e) => {
            away = Some(e);
            vec![]
        }
    };
    let health = match &away {
        Some(e) => degraded(e, &jobs),
        None => health(&stores, &missing, &jobs),
    };
    Ok(Stats {
        at: now,
        server: env!("CARGO_PKG_VERSION").into(),
        uptime: u64::try_from(now.since(overview.started) / 1000).unwrap_or(0),
        health,
        swarm,
        bytes,
        wire,
        games,
        jobs,
        stores,
    })
}

/// What can be said while nobody knows who is online and what the seeds say.
fn degraded(away: &Away, jobs: &JobCounts) -> Health {
    let mut problems = vec![format!(
        "{away}. Friends go on downloading from those whom they know, but nobody can sign in and no new peer is found. Look \
         at the Redis server; all heals by itself once it answers, and nothing is lost."
    )];
    problems.extend(given_up(jobs));
    Health { ok: false, problems }
}

fn given_up(jobs: &JobCounts) -> Option<String> {
    let n = jobs.failed;
    (n > 0).then(|| format!("{n} jobs were given up: see `mistpipe jobs`, then `mistpipe retry JOB`."))
}

/// How many copies of a blob some pieces of it are.
fn in_copies(pieces: u64, size: u64) -> f64 {
    let all = size.div_ceil(PIECE_SIZE).max(1);
    #[expect(clippy::cast_precision_loss, reason = "a share for people to read")]
    let copies = pieces as f64 / all as f64;
    copies
}

/// A live build that nobody can install as things are.
struct Missing {
    game: Slug,
    version: Version,
    /// What is online of it, less than one.
    copies: f64,
}

/// What the operator has to do: first about what friends can't do, then about what keeps it so. Pure.
fn health(stores: &[StoreStats], missing: &[Missing], jobs: &JobCounts) -> Health {
    let mut problems = Vec::new();
    if stores.is_empty() {
        problems
            .push("No seed is online: builds can't be pushed or made. Start one, or look at its log.".into());
    }
    for Missing { game, version, copies } in missing {
        // Rounded down: what is not all there is never said to be.
        let percent = (copies * 100.0).floor();
        problems.push(if percent < 1.0 {
            format!(
                "Nobody can install or update to {game}@{version}, the live build: no seed and no friend who is online has \
                 it. Start the seed that has it, or push it again."
            )
        } else {
            format!(
                "Nobody can install {game}@{version}, the live build: {percent} % of it is online. Start the seed that \
                 has it, or push it again."
            )
        });
    }
    for s in stores {
        if !s.ok {
            let why = s.problem.as_deref().unwrap_or("it gives no reason");
            problems.push(format!("The store of seed {} is not usable: {why}.", s.seed));
            continue;
        }
        for build in &s.rotten {
            let (game, version, pieces) = (&build.game, &build.version, build.pieces);
            let pieces = if pieces == 1 { "1 piece".to_owned() } else { format!("{pieces} pieces") };
            problems.push(format!(
                "{pieces} of {game}@{version} rotted in the store of seed {}: look at its disk, then \
                 `mistpipe rm {game}@{version}` and push it again.",
                s.seed
            ));
        }
        if s.free < LITTLE_ROOM {
            problems.push(format!(
                "The store of seed {} has {} left: remove old builds or add room.",
                s.seed,
                mist_readable::bytes(s.free)
            ));
        }
    }
    problems.extend(given_up(jobs));
    Health { ok: problems.is_empty(), problems }
}

#[cfg(test)]
mod tests {
    use mist_proto::http::RottenBuild;

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
            rotten: vec![],
        };
        let jobs = JobCounts::default();
        assert!(health(std::slice::from_ref(&good), &[], &jobs).ok);
        assert_eq!(health(&[], &[], &jobs).problems.len(), 1);
        let bad = StoreStats { ok: false, problem: Some("it is not mounted".into()), ..good.clone() };
        let full = StoreStats { free: 0, ..good.clone() };
        let all = health(&[bad, full], &[], &JobCounts { failed: 2, ..jobs });
        assert_eq!(all.problems.len(), 3, "{:?}", all.problems);
        assert!(all.problems[0].contains("not mounted"));

        let (game, version): (Slug, Version) =
            ("drift".parse().expect("slug"), "1.0".parse().expect("version"));
        let gone = |copies| Missing { game: game.clone(), version: version.clone(), copies };
        let all = health(std::slice::from_ref(&good), &[gone(0.0), gone(0.999)], &jobs);
        assert!(!all.ok && all.problems[0].contains("no seed and no friend"), "{:?}", all.problems);
        assert!(all.problems[1].contains("99 % of it"), "{:?}", all.problems);
        let rotten = vec![RottenBuild { game: game.clone(), version: version.clone(), pieces: 2 }];
        let all = health(&[StoreStats { rotten, ..good }], &[], &jobs);
        assert!(!all.ok && all.problems[0].contains("2 pieces of drift@1.0 rotted"), "{:?}", all.problems);
    }

    #[test]
    fn parts_of_a_copy() {
        assert!((in_copies(1, 4 * PIECE_SIZE) - 0.25).abs() < 1e-9);
        assert!((in_copies(9, 4 * PIECE_SIZE - 1) - 2.25).abs() < 1e-9);
        assert!((in_copies(1, 0) - 1.0).abs() < 1e-9, "nothing is one piece");
    }
}
