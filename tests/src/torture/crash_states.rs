//! Journalled operations lose power at every change, meet a full disk and failing writes: run by the test programs of the crates
//! that own them, whose tests named `torture_…` go on for as long as they are told.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use super::{Arm, Column, Turn};
use crate::{Program, Scene, Task};

/// Begins each line of counts.
const MARK: &str = "torture: ";
/// What an operation may take to end after its time: one round.
const ROUND: Duration = Duration::from_secs(240);

/// A test that can go on.
struct Operation {
    program: PathBuf,
    test: String,
}

/// A line of counts, or of a failure.
#[derive(Debug, Clone, Deserialize)]
struct Counts {
    operation: String,
    failed: Option<u64>,
    #[serde(default)]
    crash_states: u64,
    #[serde(default)]
    looked_at: u64,
    #[serde(default)]
    full: u64,
    #[serde(default)]
    full_at_sync: u64,
    #[serde(default)]
    broken: u64,
    #[serde(default)]
    stale: u64,
}

/// Runs all operations of these programs, as many at once as there are processors, for what is left of the turn.
pub(super) fn attack(turn: &mut Turn<'_>, tests: &[PathBuf]) -> Result<()> {
    ensure!(!tests.is_empty(), "no test programs were named: `./dev torture` does");
    Scene::play_and_keep(|scene| {
        let mut waiting = VecDeque::new();
        for program in tests {
            waiting.extend(operations(scene, program)?);
        }
        let lanes = thread::available_parallelism().map_or(1, usize::from).min(waiting.len());
        let count = u32::try_from(waiting.len())?;
        let time = turn.left() * u32::try_from(lanes)? / count;
        let mut running: Vec<Task> = Vec::new();
        while !(waiting.is_empty() && running.is_empty()) {
            while running.len() < lanes && !turn.stop().is_set() {
                let Some(operation) = waiting.pop_front() else { break };
                running.push(operation.start(scene, turn.seed(), time)?);
            }
            let mut still = Vec::new();
            for mut task in running {
                if task.ended()?.is_some() || turn.stop().is_set() {
                    count_up(turn, &task)?;
                    let stopped = turn.stop().is_set();
                    let outcome = task.finish(ROUND)?;
                    ensure!(stopped || outcome.code() == Some(0), "{}", outcome.said());
                } else {
                    still.push(task);
                }
            }
            running = still;
            if turn.stop().is_set() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    })
}

impl Operation {
    fn start(&self, scene: &Scene, seed: u64, time: Duration) -> Result<Task> {
        Program::at(self.program.clone(), &crate::Place::Here, &scene.logs())
            .args([&self.test, "--exact", "--nocapture", "--include-ignored"])
            .env("MIST_TORTURE_SEED", seed.to_string())
            .env("MIST_TORTURE_SECONDS", time.as_secs().max(1).to_string())
            .start()
    }
}

/// The tests of a program whose names begin with `torture_`.
fn operations(scene: &Scene, program: &Path) -> Result<Vec<Operation>> {
    let list = Program::at(program.into(), &crate::Place::Here, &scene.logs())
        .args(["--list", "--format", "terse"])
        .run(Duration::from_secs(60))?
        .success()?;
    let tests = list.stdout.lines().filter_map(|line| line.strip_suffix(": test"));
    let ours = tests.filter(|test| test.rsplit("::").next().is_some_and(|name| name.starts_with("torture_")));
    Ok(ours.map(|test| Operation { program: program.into(), test: test.into() }).collect())
}

fn count_up(turn: &mut Turn<'_>, task: &Task) -> Result<()> {
    let output = task.output();
    let Some(last) = output.lines().filter_map(|line| line.strip_prefix(MARK)).next_back() else {
        return Ok(());
    };
    let counts: Counts = serde_json::from_str(last).with_context(|| format!("reading {last}"))?;
    if let Some(seed) = counts.failed {
        bail!("{} with seed {seed}: {}", counts.operation, task.said());
    }
    for (column, n) in [
        (Column::States, counts.crash_states),
        (Column::LookedAt, counts.looked_at),
        (Column::FullDisk, counts.full),
        (Column::FullAtSync, counts.full_at_sync),
        (Column::IoErrors, counts.broken),
        (Column::Stale, counts.stale),
    ] {
        turn.count(Arm::CrashStates, &counts.operation, column, n);
    }
    Ok(())
}
