//! How slow a body may be. Pure.
//!
//! That something comes every now and then is not enough: a body of a byte a second would never end. So a body has to keep up
//! with a least rate from its start on, however it is cut, and what is bounded in size is bounded in time by that.

use std::time::Duration;

/// The pace that a body has to keep over all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// What it may take in any case, for whatever the network does at first and in between.
    pub grace: Duration,
    /// Bytes a second beyond that.
    pub least: u64,
}

impl Pace {
    /// The time after its start at which a body has failed of which nothing but `bytes` came.
    pub fn until(self, bytes: u64) -> Duration {
        self.grace.saturating_add(Duration::from_secs(bytes / self.least.max(1)))
    }

    /// Whether `bytes` are too few after so long.
    pub fn is_missed(self, bytes: u64, elapsed: Duration) -> bool {
        elapsed > self.until(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_has_a_grace_and_a_rate() {
        let pace = Pace { grace: Duration::from_secs(30), least: 1024 };
        for (received, seconds, missed) in [
            (0, 30, false),
            (0, 31, true),
            (1024, 31, false),
            (10, 35, true),
            (1 << 20, 1000, false),
            (1 << 20, 1055, true),
        ] {
            assert_eq!(
                pace.is_missed(received, Duration::from_secs(seconds)),
                missed,
                "{received} {seconds}"
            );
        }
        let idle = Pace { grace: Duration::MAX, least: 0 };
        assert_eq!(idle.until(u64::MAX), Duration::MAX, "nothing overflows");
    }
}
