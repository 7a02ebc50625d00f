//! `swarm-model`: the model beside the lab, its promises over many runs, and its pictures.
#![expect(clippy::print_stdout, reason = "what a command line is for")]

use std::{fs, path::PathBuf, time::Instant};

use anyhow::{Context, Result, ensure};
use clap::{Parser, Subcommand};
use mist_swarm_model::{
    Network, Setting,
    cases::{self, DRAWN, LAB},
    chart::{Chart, Series},
    promises,
    runs::{Figures, LIMIT, each, quantile},
};

#[derive(Parser)]
#[command(about = "Swarms of any size in memory, with the scheduler that is shipped")]
struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The cases of the lab, beside what was measured there
    Lab {
        /// Runs of each
        #[arg(long, default_value_t = 100)]
        runs: u64,
    },
    /// Every kind of drawn case, many times; fails if one breaks a promise
    Promises {
        /// Runs of each
        #[arg(long, default_value_t = 2000)]
        runs: u64,
    },
    /// One drawn case, told at length
    Drawn {
        /// Its kind
        kind: String,
        /// Its number
        seed: u64,
    },
    /// One swarm of many friends
    Crowd {
        /// How many
        many: usize,
        /// Bytes that they want
        #[arg(long, default_value_t = 200_000_000)]
        bytes: u64,
        /// Connections of each friend at most
        #[arg(long, default_value_t = 60)]
        links: usize,
        /// With the machines that Kraken was measured with, in pieces of so many bytes
        #[arg(long)]
        kraken: Option<u64>,
        /// The seed of randomness
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Swarms of growing size, as pictures
    Plots {
        /// The folder for them
        folder: PathBuf,
        /// The largest swarm
        #[arg(long, default_value_t = 512)]
        most: usize,
    },
}

fn main() -> Result<()> {
    match Args::parse().what {
        What::Lab { runs } => lab(runs),
        What::Drawn { kind, seed } => return drawn(&kind, seed),
        What::Promises { runs } => return promises(runs),
        What::Crowd { many, bytes, links, kraken, seed } => {
            let setting = match kraken {
                Some(piece) => cases::kraken(bytes, piece, many, links),
                None => cases::crowd(bytes, many, links),
            };
            timed(&format!("{many}"), &setting, seed);
        }
        What::Plots { folder, most } => return plots(&folder, most),
    }
    Ok(())
}

fn drawn(kind: &str, seed: u64) -> Result<()> {
    let known = DRAWN.into_iter().find(|k| format!("{k:?}").eq_ignore_ascii_case(kind));
    let setting = cases::drawn(known.context("there is no such kind")?, seed);
    let outcome = Network::new(&setting, seed).run(LIMIT);
    for (number, peer) in setting.peers.iter().enumerate() {
        println!("{number}: {:?}, sent {:.0} bytes, {peer:?}", outcome.done[number], outcome.sent[number]);
    }
    for drop in &outcome.drops {
        println!("{drop:?}");
    }
    Ok(())
}

fn timed(name: &str, setting: &Setting, seed: u64) -> Figures {
    let began = Instant::now();
    let figures = Figures::of(setting, seed);
    let bound = setting.bound();
    println!("{name}: {figures:?}, bound {bound:.1} s, in {:.1} s", began.elapsed().as_secs_f64());
    figures
}

fn lab(runs: u64) {
    println!("| case | last / bound, lab | model | copies, lab | model |\n|---|---|---|---|---|");
    for case in LAB {
        let setting = cases::of_lab(case.name);
        let began = Instant::now();
        let figures = each(0..runs, |seed| Figures::of(&setting, seed));
        let spread = |of: fn(&Figures) -> f64| {
            let values: Vec<f64> = figures.iter().map(of).collect();
            let [least, middle, most] = [0.05, 0.5, 0.95].map(|at| quantile(&values, at));
            format!("{middle:.2} ({least:.2} to {most:.2})")
        };
        let lab = |range: Option<(f64, f64)>| match range {
            Some((least, most)) if least < most => format!("{least:.2} to {most:.2}"),
            Some((only, _)) => format!("{only:.2}"),
            None => String::new(),
        };
        let (last, copies) = (spread(|f| f.last), spread(|f| f.copies));
        println!("| {} | {} | {last} | {} | {copies} |", case.name, lab(case.last), lab(Some(case.copies)));
        let wronged: usize = figures.iter().map(|f| f.wronged).sum();
        let each = began.elapsed().as_secs_f64() * 1e3 / runs as f64;
        eprintln!("    {wronged} wronged; {each:.0} ms a run");
    }
}

fn promises(runs: u64) -> Result<()> {
    let mut broken = 0;
    for kind in DRAWN {
        let began = Instant::now();
        let given = each(0..runs, |seed| promises::judge(kind, seed));
        let worst = |of: fn(&Figures) -> f64| given.iter().map(|(f, _)| of(f)).fold(0.0, f64::max);
        let (last, copies) = (worst(|f| f.last), worst(|f| f.copies));
        let seconds = began.elapsed().as_secs_f64();
        println!(
            "{kind:?}: {runs} runs in {seconds:.0} s; at most {last:.2} times the bound and {copies:.2} copies"
        );
        for complaint in given.iter().filter_map(|(_, complaint)| complaint.as_ref()) {
            println!("  broken: {complaint}");
            broken += 1;
        }
    }
    ensure!(broken == 0, "{broken} runs broke a promise");
    Ok(())
}

/// Swarms of the lab's lines, and of Kraken's machines.
fn plots(folder: &std::path::Path, most: usize) -> Result<()> {
    const SIZES: [usize; 13] = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2600, 5000, 10_000];
    let sizes: Vec<usize> = SIZES.into_iter().filter(|&many| many <= most).collect();
    let (mut large, mut small, mut kraken) = (Vec::new(), Vec::new(), Vec::new());
    for &many in &sizes {
        let friends = |bytes, of: &str| {
            (many as f64, timed(&format!("{many} friends, {of}"), &cases::crowd(bytes, many, 60), 1))
        };
        small.push(friends(20_000_000, "20 MB"));
        if many <= 128 {
            large.push(friends(200_000_000, "200 MB"));
            let setting = cases::kraken(3_000_000_000, 16 << 20, many, 60);
            kraken.push((many as f64, timed(&format!("{many} machines, 3 GB"), &setting, 1)));
        }
    }
    let points =
        |of: fn(&Figures) -> f64, from: &[(f64, Figures)]| from.iter().map(|(x, f)| (*x, of(f))).collect();
    let chart = |title: &str, what: &str, y: Vec<f64>, mark, of: fn(&Figures) -> f64| Chart {
        title: title.into(),
        axes: ("peers who want it at once".into(), what.into()),
        x: vec![1.0, 10.0, 100.0, 1000.0],
        y,
        mark,
        series: vec![
            Series { name: "friends, 200 MB".into(), points: points(of, &large) },
            Series { name: "friends, 20 MB".into(), points: points(of, &small) },
            Series { name: "Kraken's machines, 3 GB".into(), points: points(of, &kraken) },
        ],
    };
    let steps = |from: f64, step: f64, count: u32| (0..=count).map(|n| from + step * f64::from(n)).collect();
    let last = chart(
        "When the last one has it",
        "time / what the lines need at least",
        steps(1.0, 0.5, 6),
        Some((1.3, "wanted: 1.3".to_owned())),
        |f| f.last,
    );
    let copies =
        chart("What leaves the seeds", "copies of the content", steps(0.0, 1.0, 9), None, |f| f.copies);
    fs::create_dir_all(folder)?;
    for (name, chart) in [("swarm-last.svg", last), ("swarm-copies.svg", copies)] {
        let path = folder.join(name);
        fs::write(&path, chart.svg()).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}
