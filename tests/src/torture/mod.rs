//! `./dev torture`: whatever may happen to a machine happens again and again, for as long as one likes. An [`Arm`] is one way to
//! attack; each takes its turns, counts into one [`Table`], and is made again by its seed. What is promised, and what a run gave,
//! is in docs/reliability.md.

mod arms;
mod clock;
mod crash_states;
mod databases;
mod flips;
mod kills;
mod script;
mod table;
mod turn;
mod world;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::Result;

pub use arms::{Arm, Lap, laps};
pub use table::{Column, Table};
pub use turn::{Stop, Turn};

use crate::Scene;

/// What a run is to do.
pub struct Orders {
    /// How long, all arms together.
    pub time: Duration,
    /// By it the same things are done again in the same order.
    pub seed: u64,
    /// How to attack.
    pub arms: Vec<Arm>,
    /// Test programs with the operations that [`Arm::CrashStates`] runs.
    pub tests: Vec<PathBuf>,
}

/// Faults without a good round between them, after which a turn ends.
const FAULTS_IN_A_ROW: u32 = 3;

/// Something that must not be.
pub struct Fault {
    /// Who found it.
    pub arm: Arm,
    /// Begins the same turn again.
    pub seed: u64,
    /// What it is.
    pub error: anyhow::Error,
}

/// Runs until the time is over, the arms were stopped, or nothing is left to be done. `told` hears of each turn and of each fault; what a
/// fault left stays where its error says.
pub fn run(orders: &Orders, stop: &Stop, mut told: impl FnMut(&str)) -> (Table, Vec<Fault>) {
    let (mut table, mut faults) = (Table::default(), Vec::new());
    for Lap { arm, seed, time } in laps(orders.time, &orders.arms, orders.seed) {
        if stop.is_set() {
            break;
        }
        told(&format!("{arm} for {} s, seed {seed}", time.as_secs()));
        let mut turn = Turn::new(seed, Instant::now() + time, stop, &mut table);
        let mut in_a_row = 0;
        while turn.goes_on() {
            let begun = turn.seed();
            match attack(arm, &mut turn, &orders.tests) {
                Ok(()) => in_a_row = 0,
                // Ctrl-C reaches the programs as well, and they may end before this one has heard of it.
                Err(_) if stop.is_set_soon() => break,
                Err(error) => {
                    told(&format!("A FAULT, by --seed {begun} --only {arm}: {error:#}"));
                    faults.push(Fault { arm, seed: begun, error });
                    in_a_row += 1;
                    if in_a_row == FAULTS_IN_A_ROW {
                        told(&format!("{arm} finds nothing but faults, and its turn ends"));
                        break;
                    }
                }
            }
            turn.next_seed();
        }
        told(&turn.summary(arm));
    }
    (table, faults)
}

/// One round of an arm, in a world of its own.
fn attack(arm: Arm, turn: &mut Turn<'_>, tests: &[PathBuf]) -> Result<()> {
    match arm {
        Arm::CrashStates => crash_states::attack(turn, tests),
        Arm::Kills => Scene::play_and_keep(|scene| kills::attack(turn, scene)),
        Arm::Flips => Scene::play_and_keep(|scene| flips::attack(turn, scene)),
        Arm::Databases => Scene::play_and_keep(|scene| databases::attack(turn, scene)),
        Arm::Clock => Scene::play_and_keep(|scene| clock::attack(turn, scene)),
    }
}
