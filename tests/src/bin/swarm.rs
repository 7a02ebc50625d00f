//! `./dev bench swarm`: measures how soon a group of friends has a build, by Mist and by others, in networks with the lines that
//! friends have. It needs root.

use std::{
    io::{Write, stderr, stdout},
    path::PathBuf,
    time::Duration,
};

use anyhow::Result;
use clap::Parser;
use mist_system_tests::{
    figures,
    swarm::{Case, Peer, Run, document, json, play, table},
};

/// What the table's place in the document is called.
const NAME: &str = "bench-swarm";
/// After so many times the bound, nobody is waited for any more.
const PATIENCE: f64 = 6.0;

/// How soon all friends have a build, and what it costs the seed: by Mist and by others, in networks with the lines that friends have
#[derive(Parser)]
struct Args {
    /// Each peer runs each case so often, in turn with the others
    #[arg(long, default_value_t = 5)]
    runs: u64,
    /// Only these cases: LAN4, LAN8, Tailnet4, Tailnet8, Homes, Tailnet4-loss, LAN4-kill, Tailnet4-kill, Patch
    #[arg(long, value_name = "CASE", value_delimiter = ',', value_parser = Case::parse)]
    only: Vec<Case>,
    /// Only these peers: ours, ours+seed, aria2, libtorrent, https, rsync
    #[arg(long, value_name = "PEER", value_delimiter = ',', value_parser = Peer::parse)]
    peers: Vec<Peer>,
    /// Give up on friends who are not done after so long (default: six times what the network needs at least)
    #[arg(long)]
    seconds: Option<u64>,
    /// What the friends get, in megabytes
    #[arg(long, default_value_t = 200)]
    megabytes: u64,
    /// All figures of all runs as JSON, instead of the table
    #[arg(long)]
    json: bool,
    /// Put the table into this document too, between its marks
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let cases = if args.only.is_empty() { Case::ALL.to_vec() } else { args.only };
    let peers = if args.peers.is_empty() { Peer::ALL.to_vec() } else { args.peers };
    let bytes = args.megabytes * 1_000_000;
    let mut runs = vec![];
    for case in cases {
        let bound = case.bound(case.content(bytes));
        let limit =
            args.seconds.map_or(bound.mul_f64(PATIENCE) + Duration::from_secs(5), Duration::from_secs);
        tell(&format!("{}: {}; {:.1} s at least", case.name, case.describe(), bound.as_secs_f64()))?;
        // In turn, so that a neighbour who slows the machine down does so for all.
        for number in 0..args.runs {
            for peer in peers.iter().filter(|peer| peer.plays(&case)) {
                match play(&case, *peer, bytes, limit, number) {
                    Ok(run) => {
                        tell(&format!("  {}", summary(&run)))?;
                        runs.push(run);
                    }
                    Err(error) => tell(&format!("  {} could not be measured: {error:#}", peer.word()))?,
                }
            }
        }
    }
    let mut out = stdout().lock();
    if args.json {
        writeln!(out, "{}", json(&runs))?;
    } else {
        writeln!(out, "{}", table(&runs))?;
    }
    match args.write {
        Some(path) => figures::put(&path, NAME, &document(&runs, &facts(args.runs, args.megabytes), bytes)),
        None => Ok(()),
    }
}

fn summary(run: &Run) -> String {
    let figures = &run.figures;
    let last = figures.done.last().copied().unwrap_or(f64::NAN);
    let done = figures.done.iter().map(|at| format!("{at:.1}")).collect::<Vec<_>>().join(" ");
    let wire = figures.wire.map(|wire| format!(", {wire:?}")).unwrap_or_default();
    format!(
        "{}: {} of {} done, last / bound {:.2} ({done} s), {:.2} copies, ping {:?} ms, seed {:?} CPU s and {:?} MB, router {:.1} CPU s{wire}",
        run.peer.word(),
        figures.done.len(),
        run.case.friends,
        last / figures.bound,
        figures.copies,
        figures.ping.map(|(median, most)| (median.round(), most.round())),
        figures.cpu,
        figures.memory.map(|bytes| bytes / 1_000_000),
        figures.router,
    )
}

/// What the figures depend on.
fn facts(runs: u64, megabytes: u64) -> String {
    let machine = figures::machine();
    let of = match runs {
        1 => "one run".to_owned(),
        runs => format!("medians of {runs} runs with the least and the most"),
    };
    format!("{machine}; {megabytes} MB of random bytes; {of}.")
}

fn tell(line: &str) -> Result<()> {
    Ok(writeln!(stderr().lock(), "{line}")?)
}
