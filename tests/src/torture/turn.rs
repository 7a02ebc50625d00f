//! What an arm has while it is its turn.

use std::{
    fmt::Display,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{Arm, Column, Table};

/// Set by Ctrl-C, and whenever a run has to end.
#[derive(Debug, Default, Clone)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Ends the run as soon as that can be done.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the run has to end.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The same, after the time that Ctrl-C may take until it is heard.
    pub(super) fn is_set_soon(&self) -> bool {
        if !self.is_set() {
            thread::sleep(Duration::from_millis(300));
        }
        self.is_set()
    }
}

/// A turn: seed, end, and where counts go.
pub struct Turn<'a> {
    seed: u64,
    until: Instant,
    stop: &'a Stop,
    table: &'a mut Table,
}

impl<'a> Turn<'a> {
    /// A turn until then.
    pub fn new(seed: u64, until: Instant, stop: &'a Stop, table: &'a mut Table) -> Self {
        Self { seed, until, stop, table }
    }

    /// By what this round draws.
    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// From now on the next round draws.
    pub(super) fn next_seed(&mut self) {
        self.seed = self.seed.wrapping_add(1);
    }

    /// Whether there is time for something more.
    pub(super) fn goes_on(&self) -> bool {
        !self.stop.is_set() && Instant::now() < self.until
    }

    /// The time that is left.
    pub(super) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// What the run is stopped by.
    pub(super) fn stop(&self) -> &Stop {
        self.stop
    }

    /// Counts.
    pub(super) fn count(&mut self, arm: Arm, row: impl Display, column: Column, n: u64) {
        self.table.add(arm, row, column, n);
    }

    /// Counts a blow that fell while this was under way.
    pub(super) fn count_struck(&mut self, work: impl Display) {
        self.table.add_struck(work);
    }
}
