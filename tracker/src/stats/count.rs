//! Counting what the operator sees at a glance.

use mist_proto::{
    UnixMillis,
    http::{BuildState, BytesBySource, GameStats, Resolution, Stats, SwarmStats},
    time::DAY_MILLIS,
};

use super::{
    Overview, reach,
    trouble::{self, Missing, Trouble},
};
use crate::{
    db::{self, Tx, history::Dimension},
    error::Problem,
    history::rollup::Range,
    shared::presence::{EXPIRY_MILLIS, Online, in_copies},
};

/// Everything at this moment, and what is wrong of it.
///
/// # Errors
/// Only our own.
pub async fn overview(overview: &Overview) -> Result<(Stats, Vec<Trouble>), Problem> {
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
        // Whoever is away keeps each call waiting: once is enough.
        if let Some(live) = live.filter(|_| away.is_none()) {
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
    let day = last_day(&mut tx, now).await?;
    drop(tx);
    games.sort_by(|a, b| a.game.cmp(&b.game));
    let mut online = Online::default();
    if away.is_none() {
        match overview.presence.online(now).await {
            Ok(found) => online = found,
            Err(e) => away = Some(e),
        }
    }
    let swarm = SwarmStats { peers: online.friends, seeds: online.seeds };
    let mut stores = vec![];
    if away.is_none() {
        match overview.stores.words().await {
            Ok(words) => stores = words.online(now),
            Err(e) => away = Some(e),
        }
    }
    let backups = overview.backups.as_ref().map(|backups| backups.stats(overview.started, now));
    let mut troubles = match &away {
        Some(e) => trouble::while_away(e, &jobs),
        None => trouble::all(&stores, &missing, &jobs),
    };
    troubles.extend(backups.as_ref().and_then(|backups| trouble::of_backups(backups, now)));
    let stats = Stats {
        at: now,
        server: env!("CARGO_PKG_VERSION").into(),
        uptime: u64::try_from(now.since(overview.started) / 1000).unwrap_or(0),
        health: trouble::health(&troubles),
        swarm,
        bytes,
        wire,
        games,
        jobs,
        reach: reach::all(&stores, &day),
        stores,
        backups,
    };
    Ok((stats, troubles))
}

/// What friends received in the last day.
async fn last_day(tx: &mut Tx, now: UnixMillis) -> Result<BytesBySource, Problem> {
    let since = now.plus_millis(-DAY_MILLIS).0;
    let mut day = BytesBySource::default();
    if let Some(range) = Range::asked(Resolution::Hour, 1, Some(since), None, now) {
        for row in db::history::moved(tx, &range, Dimension::All).await? {
            day.add_all(&row.bytes);
        }
    }
    Ok(day)
}
