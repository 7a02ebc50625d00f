//! A moment of `./dev torture`, without its clocks. Crash states are the tests of the crates that own the operations, named `torture_…`.

use std::time::Duration;

use anyhow::{Result, ensure};
use mist_system_tests::torture::{Arm, Orders, Stop, run};

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
    let folder = &counts["game folder"];
    ensure!(folder["flips"].as_u64() > Some(0) && folder["healed"] == folder["flips"], "{counts}");
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
