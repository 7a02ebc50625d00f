//! `./dev torture`: attacks the programs for as long as one likes, and ends with a table of counts. Exit code 1 if something was found
//! that must not be.

use std::{
    io::{Write, stderr, stdout},
    path::PathBuf,
    process::ExitCode,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use clap::Parser;
use mist_system_tests::torture::{Arm, Fault, Orders, Stop, Table, run};

/// Kill, cut off, fill up, flip and turn back the clock, for so many minutes; Ctrl-C ends it with its table
#[derive(Parser)]
struct Args {
    /// How long
    #[arg(default_value_t = 60.0)]
    minutes: f64,
    /// Draws what happens; the same number does the same things again
    #[arg(long)]
    seed: Option<u64>,
    /// Attack in these ways alone: kills, crash-states, flips, databases, clock
    #[arg(long, value_name = "ARM", value_delimiter = ',')]
    only: Vec<Arm>,
    /// The table as one line of JSON
    #[arg(long)]
    json: bool,
    /// Test programs with journalled operations, as `./dev torture` names them
    #[arg(long, value_name = "PROGRAM", hide = true)]
    tests: Vec<PathBuf>,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let seed = args.seed.unwrap_or_else(|| rand::random_range(1..1_000_000));
    let arms = if args.only.is_empty() { Arm::ALL.to_vec() } else { args.only };
    let time = Duration::try_from_secs_f64(args.minutes * 60.0).context("so many minutes there are not")?;
    let stop = Stop::default();
    stop_at_ctrl_c(stop.clone())?;
    let started = Instant::now();
    tell(&format!("seed {seed}, {} minutes; Ctrl-C ends it", args.minutes))?;
    let (table, faults) = run(&Orders { time, seed, arms, tests: args.tests }, &stop, |line| {
        let at = started.elapsed().as_secs();
        // Nobody who watches any more is no reason to end.
        let _ = tell(&format!("[{:02}:{:02}] {line}", at / 60, at % 60));
    });
    conclude(&table, &faults, args.json, seed, started.elapsed())?;
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn conclude(table: &Table, faults: &[Fault], json: bool, seed: u64, took: Duration) -> Result<()> {
    let mut out = stdout().lock();
    if json {
        writeln!(out, "{}", table.json(faults.len()))?;
    } else {
        writeln!(out, "{table}\n")?;
    }
    out.flush()?;
    for fault in faults {
        tell(&format!(
            "\n{} found this (again: --seed {} --only {}):\n{:#}",
            fault.arm, fault.seed, fault.arm, fault.error
        ))?;
    }
    tell(&format!("{} faults in {} s, seed {seed}", faults.len(), took.as_secs()))
}

fn tell(line: &str) -> Result<()> {
    Ok(writeln!(stderr().lock(), "{line}")?)
}

fn stop_at_ctrl_c(stop: Stop) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::spawn(move || {
        runtime.block_on(async {
            // Without it Ctrl-C just ends the program.
            if tokio::signal::ctrl_c().await.is_ok() {
                stop.set();
            }
        });
    });
    Ok(())
}
