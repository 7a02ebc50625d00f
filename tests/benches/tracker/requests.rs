//! How many requests it answers.

use std::{fmt::Write as _, net::SocketAddr};

use anyhow::{Context, Result};
use mist_system_tests::{Redis, Scene};

use crate::{
    friends::{Size, Tracker, read},
    half_open::under_half,
    others::{Bare, OpenTracker},
    wrk::{CONNECTIONS, Found, SECONDS, Wrk, median},
};

/// Each case runs this often; the medians are reported.
const RUNS: usize = 3;
/// Who announces; each account has as many devices as others are told of.
const FRIENDS: Size = Size { accounts: 64, devices: 4 };

/// The table.
pub(crate) fn measure(scene: &Scene) -> Result<String> {
    let wrk = Wrk { scene };
    let embedded = Tracker::start(scene, "embedded", vec![], FRIENDS)?;
    let redis = Redis::start(scene)?;
    let clustered = Tracker::start(scene, "redis", vec![("MIST_REDIS_URL", redis.url())], FRIENDS)?;
    let (opentracker, bare) = (OpenTracker::start(scene)?, Bare::start(scene, &embedded)?);
    let (announce, look) = (embedded.announces()?, embedded.looks()?);
    let cases = [
        Case {
            title: "opentracker: announce with look-up",
            at: opentracker.address,
            script: opentracker.script(FRIENDS.peers()),
        },
        Case { title: "Mist: announce", at: embedded.server.address(), script: announce },
        Case { title: "Mist: look-up", at: embedded.server.address(), script: look },
        Case {
            title: "Mist with Redis: announce",
            at: clustered.server.address(),
            script: clustered.announces()?,
        },
        Case {
            title: "Mist with Redis: look-up",
            at: clustered.server.address(),
            script: clustered.looks()?,
        },
        Case { title: "bare axum route: a catalogue", at: bare.address, script: read() },
        Case { title: "Mist: a catalogue", at: embedded.server.address(), script: embedded.reads() },
    ];
    let mut found = vec![vec![]; cases.len()];
    // In turn, so that a neighbour that slows down does so for all.
    for _ in 0..RUNS {
        for (case, found) in cases.iter().zip(&mut found) {
            found.push(wrk.run(case.at, &case.script)?);
        }
    }
    let found: Vec<Found> = found.into_iter().map(median).collect();
    let mut text = table(&cases, &found);
    let reads = cases.last().zip(found.last()).context("a case")?;
    text += &under_half(&wrk, &embedded, reads.1)?;
    Ok(format!(
        "medians of {RUNS} runs of {SECONDS} s, wrk with {CONNECTIONS} connections on the same machine, {} devices of {} friends.\n\n{text}",
        FRIENDS.peers(),
        FRIENDS.accounts
    ))
}

/// Something to ask for, as often as can be.
struct Case {
    title: &'static str,
    at: SocketAddr,
    /// In Lua, for wrk.
    script: String,
}

/// The rates, each beside the one that it is measured against.
fn table(cases: &[Case], found: &[Found]) -> String {
    let mut text =
        "| what | requests a second | against | median | p99 |\n|---|---|---|---|---|\n".to_owned();
    for (n, (case, it)) in cases.iter().zip(found).enumerate() {
        // opentracker for what peers ask, the bare route for what people look at.
        let best = &found[if n < 5 { 0 } else { 5 }];
        let (rate, ratio) = (it.per_second, it.per_second / best.per_second);
        let _ = writeln!(
            text,
            "| {} | {rate:.0} | {ratio:.2} | {:.2} ms | {:.2} ms |",
            case.title, it.median_ms, it.p99_ms
        );
    }
    text
}
