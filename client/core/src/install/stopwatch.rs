//! Finds out what an operation's time goes into, from its phases and looks at its transfers. The time is told to it.

use mist_peer::Waits;
use tokio::time::Instant;

use crate::{events::Phase, folder::Spent};

/// One look at a transfer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// What its requests wait for.
    pub(super) waits: Waits,
    /// Whether anything came since the last look.
    pub(super) moved: bool,
}

/// Counts the time of one operation.
#[derive(Debug)]
pub(super) struct Stopwatch {
    spent: Spent,
    phase: Phase,
    /// Until when it has counted.
    counted: Instant,
}

impl Stopwatch {
    /// Begins with a look at what is there.
    pub(super) fn start(now: Instant) -> Self {
        Self { spent: Spent::default(), phase: Phase::Checking, counted: now }
    }

    /// Another phase begins.
    pub(super) fn enter(&mut self, now: Instant, phase: Phase) {
        self.spent(now);
        self.phase = phase;
    }

    /// A transfer was looked at: the time since the last look went into what its requests wait for.
    pub(super) fn look(&mut self, now: Instant, look: Look) {
        if self.phase != Phase::Downloading {
            self.spent(now);
            return;
        }
        let seconds = self.lap(now);
        let Waits { network, limit, hash, disk } = look.waits;
        let [network, limit, hash, disk] = [network, limit, hash, disk].map(f64::from);
        let at_work = limit + hash + disk;
        if !look.moved && at_work == 0.0 {
            self.spent.sources += seconds;
            return;
        }
        let all = network + at_work;
        if all == 0.0 {
            self.spent.network += seconds;
            return;
        }
        self.spent.network += seconds * network / all;
        self.spent.limit += seconds * limit / all;
        self.spent.hash += seconds * hash / all;
        self.spent.disk += seconds * disk / all;
    }

    /// What was spent until now.
    pub(super) fn spent(&mut self, now: Instant) -> Spent {
        let seconds = self.lap(now);
        let part = match self.phase {
            Phase::Checking | Phase::Verifying => &mut self.spent.hash,
            Phase::Preparing => &mut self.spent.seed,
            Phase::Downloading => &mut self.spent.network,
            Phase::Patching => &mut self.spent.patch,
            Phase::Copying | Phase::Committing => &mut self.spent.disk,
        };
        *part += seconds;
        self.spent
    }

    fn lap(&mut self, now: Instant) -> f64 {
        let seconds = now.saturating_duration_since(self.counted).as_secs_f64();
        self.counted = self.counted.max(now);
        seconds
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn after(seconds: u64, start: Instant) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[test]
    fn every_second_is_counted_once() {
        let start = Instant::now();
        let mut watch = Stopwatch::start(start);
        watch.enter(after(2, start), Phase::Downloading);
        let busy = Waits { network: 3, limit: 1, ..Waits::default() };
        watch.look(after(6, start), Look { waits: busy, moved: true });
        watch.look(after(9, start), Look { waits: Waits { network: 5, ..Waits::default() }, moved: false });
        let held_back = Waits { limit: 4, ..Waits::default() };
        watch.look(after(10, start), Look { waits: held_back, moved: false });
        watch.enter(after(10, start), Phase::Preparing);
        watch.look(after(12, start), Look { waits: Waits::default(), moved: false });
        watch.enter(after(12, start), Phase::Patching);
        watch.enter(after(15, start), Phase::Committing);
        watch.enter(after(16, start), Phase::Verifying);
        let spent = watch.spent(after(20, start));
        let whole =
            Spent { network: 3.0, limit: 2.0, sources: 3.0, seed: 2.0, hash: 6.0, disk: 1.0, patch: 3.0 };
        assert_eq!(spent, whole);
        assert!((spent.total() - 20.0).abs() < 1e-9);
    }

    #[test]
    fn a_clock_that_stands_counts_nothing() {
        let start = Instant::now();
        let mut watch = Stopwatch::start(after(5, start));
        assert_eq!(watch.spent(start), Spent::default());
        watch.look(start, Look { waits: Waits::default(), moved: true });
        assert_eq!(watch.spent(start), Spent::default());
    }
}
