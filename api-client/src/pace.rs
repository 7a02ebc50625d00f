//! How slow an answer may be. Pure.
//!
//! That something comes every now and then is not enough: a body of a byte a second would never end. So a body has to keep up
//! with a least rate from its start on, however it is cut, and what is bounded in size is bounded in time by that.

use std::time::Duration;

/// The pace that a body has to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// What is given on top, for whatever the network does at first and in between.
    pub(crate) grace: Duration,
    /// Bytes a second, on the whole.
    pub(crate) least: u64,
    /// Time for all of it, however much it is.
    pub(crate) total: Duration,
}

impl Pace {
    /// Answers in JSON: lists for people and programs.
    pub(crate) const API: Self =
        Self { grace: Duration::from_secs(30), least: 8 << 10, total: Duration::from_secs(600) };
    /// What is large by nature, such as manifests: 128 MiB take two hours and a half at most.
    pub(crate) const BULK: Self =
        Self { grace: Duration::from_secs(60), least: 16 << 10, total: Duration::from_secs(3 * 3600) };

    /// The time after its start at which a body has failed of which nothing but `bytes` came.
    pub(crate) fn until(self, bytes: usize) -> Duration {
        let earned = Duration::from_secs(bytes as u64 / self.least.max(1));
        self.grace.saturating_add(earned).min(self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_drips_is_given_up_and_whoever_is_slow_is_not() {
        let pace = Pace { grace: Duration::from_secs(30), least: 1000, total: Duration::from_secs(100) };
        // A byte a second.
        let gave_up =
            (0..1000).find(|&n| Duration::from_secs(n) > pace.until(usize::try_from(n).expect("small")));
        assert_eq!(gave_up, Some(31));
        // 2000 bytes a second, and a minute of it.
        assert!(
            (0..60).all(|n| Duration::from_secs(n) <= pace.until(2000 * usize::try_from(n).expect("small")))
        );
        assert_eq!(pace.until(usize::MAX), pace.total, "all of it ends");
    }

    #[test]
    fn what_the_protocol_allows_ends_in_time() {
        let most = mist_proto::limits::MAX_ENVELOPE as u64;
        assert!(
            Duration::from_secs(most / Pace::BULK.least) < Pace::BULK.total,
            "the rate decides, not the end"
        );
    }
}
