//! A moment of `./dev torture`. Crash states are the tests of the crates that own the operations, named `torture_…`.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mist_system_tests::torture::{Arm, Orders, Stop, has_libfaketime, run};

/// One round of an arm, and what of it was counted.
fn a_moment(arm: Arm, seed: u64) -> Result<serde_json::Value> {
    let orders = Orders { time: Duration::from_secs(1), seed, arms: vec![arm], tests: vec![] };
    let (table, mut faults) = run(&orders, &Stop::default(), |_| ());
    if let Some(fault) = faults.pop() {
        return Err(fault.error);
    }
    let mut counts = table.json(0);
    Ok(counts[arm.to_string()].take())
}

#[test]
fn killed_programs_lose_nothing() -> Result<()> {
    let counts = a_moment(Arm::Kills, 1)?;
    ensure!(counts["push"]["kills"].as_u64() > Some(0) && counts["push"]["lost"] == 0, "{counts}");
    Ok(())
}

#[test]
fn flipped_bits_are_found_and_healed() -> Result<()> {
    let counts = a_moment(Arm::Flips, 1)?;
    for part in ["game folder", "store: reverse patches"] {
        let part = &counts[part];
        ensure!(part["flips"].as_u64() > Some(0) && part["healed"] == part["flips"], "{counts}");
        ensure!(part["found"] == part["flips"], "{counts}");
    }
    Ok(())
}

#[test]
fn killed_databases_lose_nothing() -> Result<()> {
    for (seed, name) in [(1, "SQLite"), (2, "PostgreSQL")] {
        let counts = a_moment(Arm::Databases, seed)?;
        ensure!(counts[name]["kills"].as_u64() > Some(0) && counts[name]["lost"] == 0, "{counts}");
    }
    Ok(())
}

#[test]
fn clocks_that_jump_harm_nothing() -> Result<()> {
    if !has_libfaketime() {
        eprintln!(
            "SKIPPED: no clock was set, because libfaketime is not there (`apt-get install libfaketime`)"
        );
        return Ok(());
    }
    let counts = a_moment(Arm::Clock, 1)?;
    let (_, counted) =
        counts.as_object().and_then(|rows| rows.iter().next()).context("nothing was counted")?;
    ensure!(counted["jumps"].as_u64() > Some(0) && counted["completed"].as_u64() > Some(0), "{counts}");
    Ok(())
}
