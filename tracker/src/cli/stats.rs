//! `tracker stats`.

use std::time::Duration;

use anyhow::bail;
use axum::http::Method;
use mist_proto::{
    UnixMillis,
    http::{BytesBySource, SourceClass, Stats, StoreStats},
};
use mist_readable::{Align, Table, bytes, duration};
use mist_tracker::{config::Config, control::Operator};

use super::{Ending, say};

const WATCH_EVERY: Duration = Duration::from_secs(2);

pub(super) async fn run(config: &Config, json: bool, watch: bool) -> anyhow::Result<Ending> {
    loop {
        let operator = Operator::reach(config).await?;
        if !operator.is_running() {
            bail!("no tracker serves from {}", config.data_dir.display());
        }
        let stats: Stats = operator.call(Method::GET, "/stats", None::<&()>).await?;
        if json {
            say(serde_json::to_string(&stats)?)?;
        } else if watch {
            // Clear the screen and go to its top.
            say(format_args!("\u{1b}[2J\u{1b}[H{}", page(&stats)))?;
        } else {
            say(page(&stats))?;
        }
        if !watch {
            return Ok(if stats.health.ok { Ending::Good } else { Ending::Unhealthy });
        }
        tokio::select! {
            () = tokio::time::sleep(WATCH_EVERY) => {}
            ended = tokio::signal::ctrl_c() => {
                ended?;
                return Ok(Ending::Good);
            }
        }
    }
}

/// The page for people.
fn page(s: &Stats) -> String {
    let mut out = format!("Mist {}, up {}\n\n", s.server, duration(Duration::from_secs(s.uptime)));
    if s.health.ok {
        out += "Health   good\n";
    }
    for problem in &s.health.problems {
        out += &format!("Health   {problem}\n");
    }
    out += &format!("Online   {} friends, {} seeds\n", s.swarm.peers, s.swarm.seeds);
    let j = &s.jobs;
    out += &format!(
        "Jobs     {} running, {} queued, {} failed, {} done\n",
        j.running, j.queued, j.failed, j.done
    );
    for store in &s.stores {
        let state = if store.ok { "good" } else { store.problem.as_deref().unwrap_or("not usable") };
        let read = read_last(store, s.at);
        out += &format!("Store    {} used, {} free, {state}{read}\n", bytes(store.used), bytes(store.free));
    }
    if let Some(backups) = &s.backups {
        let newest = match backups.newest {
            Some(at) => {
                let age = Duration::from_millis(s.at.since(at).max(0).unsigned_abs());
                format!("the newest is {} old", duration(age))
            }
            None => "none yet".into(),
        };
        out += &format!("Backups  {} in {}, {newest}\n", backups.count, backups.folder);
    }
    out += &format!("Moved    {}\n", sources(&s.bytes));
    out += &format!("On wire  {}\n", bytes(s.wire.total()));
    if s.games.is_empty() {
        return out + "\nNo games yet: `mistpipe new-game SLUG` makes one.";
    }
    let mut table = Table::new(&[
        ("GAME", Align::Left),
        ("LIVE", Align::Left),
        ("BUILDS", Align::Right),
        ("COPIES", Align::Right),
        ("FRIENDS", Align::Right),
        ("MOVED", Align::Right),
        ("FROM FRIENDS", Align::Right),
    ]);
    for g in &s.games {
        let live = g.live.as_ref().map_or("-", |v| v.as_str());
        table.row([
            g.game.as_str(),
            live,
            &g.builds.to_string(),
            &format!("{:.2}", g.copies),
            &g.peers.to_string(),
            &bytes(g.bytes.total()),
            &from_friends(&g.bytes),
        ]);
    }
    format!("{out}\n{table}")
}

/// When the store was read as a whole.
fn read_last(store: &StoreStats, now: UnixMillis) -> String {
    let Some(scrub) = &store.scrub else { return String::new() };
    match (scrub.running, scrub.last) {
        (Some(run), _) => format!(", being read: {} of {}", bytes(run.done), bytes(run.total)),
        (None, Some(last)) => {
            let ago = Duration::from_millis(now.since(last.ended).max(0).unsigned_abs());
            format!(", read as a whole {} ago", duration(ago))
        }
        (None, None) => ", not read as a whole yet".into(),
    }
}

fn sources(b: &BytesBySource) -> String {
    let part = |class: SourceClass| format!("{} {}", class.as_str(), bytes(b.get(class)));
    let parts = SourceClass::ALL.map(part).join(", ");
    format!("{} in all ({parts}), {} from friends", bytes(b.total()), from_friends(b))
}

/// The share that friends gave each other.
fn from_friends(b: &BytesBySource) -> String {
    let (friends, all) = (b.lan.saturating_add(b.tailnet).saturating_add(b.internet), b.total());
    if all == 0 {
        return "-".into();
    }
    format!("{} %", u128::from(friends) * 100 / u128::from(all))
}

#[cfg(test)]
mod tests {
    use mist_proto::http::{GameStats, Health, JobCounts, SwarmStats};

    use super::*;

    #[test]
    fn the_page_says_what_matters() {
        let moved = BytesBySource { lan: 3_000_000, seed: 1_000_000, ..BytesBySource::default() };
        let stats = Stats {
            at: UnixMillis(0),
            server: "0.1.0".into(),
            uptime: 60,
            health: Health { ok: false, problems: vec!["No seed is online.".into()] },
            swarm: SwarmStats { peers: 2, seeds: 0 },
            bytes: moved,
            wire: BytesBySource { lan: 1_500_000, ..moved },
            games: vec![GameStats {
                game: "g".parse().expect("slug"),
                live: None,
                builds: 1,
                copies: 1.5,
                peers: 2,
                bytes: moved,
                wire: moved,
            }],
            jobs: JobCounts::default(),
            stores: vec![],
            reach: vec![],
            backups: None,
        };
        let page = page(&stats);
        for words in
            ["No seed is online.", "2 friends, 0 seeds", "lan 3.00 MB", "75 %", "On wire  2.50 MB", "1.50"]
        {
            assert!(page.contains(words), "{words} in\n{page}");
        }
    }
}
