//! What it needs for many peers.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use mist_system_tests::{Redis, Scene, cost};
use tokio::task::JoinSet;

use crate::friends::{Size, Tracker};

/// As many devices as an account may have, nearly.
const FRIENDS: Size = Size { accounts: 400, devices: 250 };
/// Announces under way at once.
const AT_ONCE: usize = 32;
/// Seconds between two announces of a peer.
const INTERVAL: f64 = 20.0;
/// A run that was silent for so long is let go.
const SILENT: Duration = Duration::from_secs(61);

/// The table.
pub(crate) fn measure(scene: &Scene) -> Result<String> {
    let mut text = "each peer announces two addresses and one holding; a client of the benchmark's own, with 32 connections on the same machine. \
                    Memory is what is resident.\n\n\
                    | peers | announces a second that they need | embedded: the tracker | with Redis: the tracker | Redis |\n|---|---|---|---|---|\n"
        .to_owned();
    let embedded = steps(scene, None)?;
    let redis = Redis::start(scene)?;
    let shared = steps(scene, Some(&redis))?;
    let mb = |bytes: u64| bytes as f64 / 1e6;
    for (alone, together) in embedded.iter().zip(&shared) {
        let _ = writeln!(
            text,
            "| {} | {:.1} | {:.0} MB | {:.0} MB | {:.1} MB |",
            alone.what,
            alone.peers as f64 / INTERVAL,
            mb(alone.tracker),
            mb(together.tracker),
            mb(together.redis)
        );
    }
    let rate = |steps: &[Step]| {
        steps.iter().map(|step| step.peers as f64 / step.took.as_secs_f64()).fold(0.0, f64::max)
    };
    let _ = writeln!(
        text,
        "\nAnnounces taken a second: {:.0} embedded, {:.0} with Redis, the client\u{2019}s own work included.",
        rate(&embedded),
        rate(&shared)
    );
    Ok(text)
}

/// What was measured once so many peers had announced themselves.
struct Step {
    what: String,
    peers: usize,
    took: Duration,
    tracker: u64,
    redis: u64,
}

/// More and more peers, and then all of them anew, twice, when those before have fallen silent.
fn steps(scene: &Scene, redis: Option<&Redis>) -> Result<Vec<Step>> {
    let (name, settings) = match redis {
        Some(redis) => ("crowd-redis", vec![("MIST_REDIS_URL", redis.url())]),
        None => ("crowd", vec![]),
    };
    let tracker = Arc::new(Tracker::start(scene, name, settings, FRIENDS)?);
    let all = FRIENDS.peers();
    let mut steps = vec![];
    let mut step = |what: String, peers: usize, run: &str| {
        let took = announce(&tracker, peers, run)?;
        let tracker = cost::resident_memory(tracker.server.pid()?)?;
        let redis = redis.map_or(Ok(0), used)?;
        steps.push(Step { what, peers, took, tracker, redis });
        anyhow::Ok(())
    };
    for peers in [10, 1000, all] {
        step(peers.to_string(), peers, "first")?;
    }
    step(format!("{all}, once more"), all, "first")?;
    for run in ["second", "third"] {
        thread::sleep(SILENT);
        step(format!("{all}, all of them in a {run} run"), all, run)?;
    }
    Ok(steps)
}

/// The first so many peers announce themselves. How long it takes.
fn announce(tracker: &Arc<Tracker>, peers: usize, run: &str) -> Result<Duration> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let client = reqwest::Client::new();
    let url: Arc<str> = format!("{}/api/v1/swarm/announce", tracker.server.url()).into();
    let (next, run): (_, Arc<str>) = (Arc::new(AtomicUsize::new(0)), run.into());
    let begun = Instant::now();
    runtime.block_on(async {
        let mut asking = JoinSet::new();
        for _ in 0..AT_ONCE {
            let (tracker, client, url, next, run) =
                (tracker.clone(), client.clone(), url.clone(), next.clone(), run.clone());
            asking.spawn(async move {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= peers {
                        return anyhow::Ok(());
                    }
                    let request = client.post(&*url).bearer_auth(&tracker.peers[n].token);
                    request
                        .json(&tracker.announce(n, &run))
                        .send()
                        .await?
                        .error_for_status()?
                        .bytes()
                        .await?;
                }
            });
        }
        while let Some(ended) = asking.join_next().await {
            ended??;
        }
        anyhow::Ok(())
    })?;
    Ok(begun.elapsed())
}

/// Memory that Redis has in use, in bytes.
fn used(redis: &Redis) -> Result<u64> {
    let mut stream = UnixStream::connect(redis.socket())?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"INFO memory\r\n")?;
    for line in BufReader::new(stream).lines().take(100) {
        if let Some(bytes) = line?.strip_prefix("used_memory:") {
            return Ok(bytes.trim().parse()?);
        }
    }
    ensure!(false, "Redis tells no memory");
    Ok(0)
}
