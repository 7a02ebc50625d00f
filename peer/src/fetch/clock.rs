//! The time of a fetch: what passes while the process runs.

use std::time::{Duration, Instant};

use crate::scheduler::{TICK, Time};

/// Longest time between two looks at the clock that counts as having run. The driver looks at least every [`TICK`].
const LONGEST: Duration = TICK.saturating_mul(3);

/// Time since the fetch began, less what passed while the machine slept or had no processor for us: that says nothing
/// about how fast or silent others are.
pub(super) struct Clock {
    time: Time,
    looked: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { time: Time::ZERO, looked: Instant::now() }
    }

    pub(super) fn now(&mut self) -> Time {
        self.at(Instant::now())
    }

    fn at(&mut self, instant: Instant) -> Time {
        self.time += instant.saturating_duration_since(self.looked).min(LONGEST);
        self.looked = self.looked.max(instant);
        self.time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_sleep_counts_as_a_short_one() {
        let mut clock = Clock::start();
        let start = clock.looked;
        assert_eq!(clock.at(start + TICK), TICK);
        assert_eq!(clock.at(start + 2 * TICK), 2 * TICK);
        assert_eq!(clock.at(start + Duration::from_secs(3600)), 2 * TICK + LONGEST);
        assert_eq!(clock.at(start), 2 * TICK + LONGEST, "it never goes back");
    }
}
