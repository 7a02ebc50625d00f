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
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use anyhow::Result;

pub use arms::{Arm, Lap, laps};
pub use clock::has_libfaketime;
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

/// Seeds between two lanes of a turn.
const LANE: u64 = 100_000;
/// Shorter turns have one lane.
const A_WHILE: Duration = Duration::from_secs(20);

/// Runs until the time is over, the arms were stopped, or nothing is left to be done. `told` hears of each turn and of each fault; what a
/// fault left stays where its error says.
pub fn run(orders: &Orders, stop: &Stop, told: impl FnMut(&str) + Send) -> (Table, Vec<Fault>) {
    let (mut table, mut faults) = (Table::default(), Vec::new());
    let told = Mutex::new(told);
    let tell = |line: &str| (told.lock().unwrap_or_else(PoisonError::into_inner))(line);
    for Lap { arm, seed, time } in laps(orders.time, &orders.arms, orders.seed) {
        if stop.is_set() {
            break;
        }
        tell(&format!("{arm} for {} s, seed {seed}", time.as_secs()));
        let until = Instant::now() + time;
        let lane = |seed: u64| {
            let (mut table, mut faults) = (Table::default(), Vec::new());
            let turn = Turn::new(seed, until, stop, &mut table);
            go_on(arm, turn, &orders.tests, &mut faults, &tell);
            (table, faults)
        };
        let lanes = if time < A_WHILE { 1 } else { arm.lanes() };
        thread::scope(|scope| {
            let lanes = (0..lanes).map(|n| scope.spawn(move || lane(seed.wrapping_add(n * LANE))));
            for lane in lanes.collect::<Vec<_>>() {
                match lane.join() {
                    Ok((counts, found)) => {
                        table.add_all(&counts);
                        faults.extend(found);
                    }
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
        });
        tell(&table.summary(arm));
    }
    (table, faults)
}

/// Round after round, until the turn is over.
fn go_on(arm: Arm, mut turn: Turn<'_>, tests: &[PathBuf], faults: &mut Vec<Fault>, tell: &impl Fn(&str)) {
    let mut in_a_row = 0;
    while turn.goes_on() {
        let begun = turn.seed();
        match attack(arm, &mut turn, tests) {
            Ok(()) => in_a_row = 0,
            // Ctrl-C reaches the programs as well, and they may end before this one has heard of it.
            Err(_) if turn.stop().is_set_soon() => break,
            Err(error) => {
                tell(&format!("A FAULT, by --seed {begun} --only {arm}: {error:#}"));
                faults.push(Fault { arm, seed: begun, error });
                in_a_row += 1;
                if in_a_row == FAULTS_IN_A_ROW {
                    tell(&format!("{arm} finds nothing but faults, and its turn ends"));
                    break;
                }
            }
        }
        turn.next_seed();
    }
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
