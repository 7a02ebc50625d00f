//! Tests that are quick among others, and run as long as one likes when they are asked to.

use std::{
    env, fmt,
    io::{Write, stdout},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::{Duration, Instant},
};

use super::Fault;

/// How many seconds the rounds go on. Without it there are as many as the test says.
const SECONDS: &str = "MIST_TORTURE_SECONDS";
/// The seed of the first round; each one that follows has the next number.
const SEED: &str = "MIST_TORTURE_SEED";
/// Begins each line of counts.
const MARK: &str = "torture: ";

/// What was tried so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Rounds that ended.
    pub rounds: u64,
    /// States that a power loss could leave and from which the operation went on, none twice in a round.
    pub crash_states: u64,
    /// States that were looked at for them.
    pub looked_at: u64,
    /// Operations that met a full disk.
    pub full: u64,
    /// Operations that met a disk that was full only when they flushed.
    pub full_at_sync: u64,
    /// Operations that met a failing write, or another change that failed.
    pub broken: u64,
    /// Operations whose open files were forgotten by the file server.
    pub stale: u64,
    /// Whether there is time to try everything.
    long: bool,
}

impl Tally {
    /// Counts operations that met this fault.
    pub fn met(&mut self, fault: Fault, operations: u64) {
        match fault {
            Fault::Full => self.full += operations,
            Fault::FullAtSync => self.full_at_sync += operations,
            Fault::Broken => self.broken += operations,
            Fault::Stale => self.stale += operations,
            Fault::PowerCut => self.crash_states += operations,
        }
    }

    /// Meets each fault that a process survives, in the first round and in each `nth` one. `operation` returns how often it was met.
    pub fn meet_faults(&mut self, seed: u64, nth: u64, operation: impl Fn(Fault) -> u64) {
        if self.rounds == 0 || seed.is_multiple_of(nth) {
            for fault in Fault::SURVIVED {
                self.met(fault, operation(fault));
            }
        }
    }

    /// The same for what takes long: `operation` is told which fault to meet where, and among other tests meets one of them at each place.
    pub fn meet_faults_in_turn(
        &mut self,
        seed: u64,
        nth: u64,
        operation: impl Fn(&dyn Fn(u64) -> Fault) -> u64,
    ) {
        if self.long {
            return self.meet_faults(seed, nth, |fault| operation(&|_| fault));
        }
        let kinds = Fault::SURVIVED.len();
        let met = operation(&|at| Fault::SURVIVED[usize::try_from(at).unwrap_or(0) % kinds]);
        for fault in Fault::SURVIVED {
            self.met(fault, met / kinds as u64);
        }
    }
}

/// As one object of JSON.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rounds, crash_states, looked_at, full, full_at_sync, broken, stale, .. } = self;
        write!(f, "\"rounds\":{rounds},\"crash_states\":{crash_states},\"looked_at\":{looked_at},")?;
        write!(f, "\"full\":{full},\"full_at_sync\":{full_at_sync},\"broken\":{broken},\"stale\":{stale}")
    }
}

/// Calls `round` with one seed after the other: `usually` times, or for as long as the environment says. The counts go to standard
/// output, at least each second, and so does the seed of a round that fails.
///
/// # Panics
/// A round panics, or the environment says no numbers.
pub fn rounds(operation: &str, usually: u64, round: impl Fn(u64, &mut Tally)) {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    let (first, limit) = (number(SEED).unwrap_or(1), number(SECONDS).map(Duration::from_secs));
    let mut tally = Tally { long: limit.is_some(), ..Tally::default() };
    let (started, mut said) = (Instant::now(), Instant::now());
    while limit.map_or(tally.rounds < usually, |limit| started.elapsed() < limit) {
        let seed = first.wrapping_add(tally.rounds);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| round(seed, &mut tally))) {
            say(&format!("{{\"operation\":\"{operation}\",\"failed\":{seed}}}"));
            resume_unwind(panic);
        }
        tally.rounds += 1;
        if said.elapsed() > Duration::from_secs(1) {
            say(&format!("{{\"operation\":\"{operation}\",{tally}}}"));
            said = Instant::now();
        }
    }
    say(&format!("{{\"operation\":\"{operation}\",{tally}}}"));
}

fn say(line: &str) {
    // Whoever asked may have gone; the rounds' end is told by the exit code too.
    let _ = writeln!(stdout().lock(), "{MARK}{line}");
}
