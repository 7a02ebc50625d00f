//! How slow an answer may be. Pure.

use std::time::Duration;

use mist_proto::Pace;

/// What a whole answer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Patience {
    pub(crate) pace: Pace,
    /// Time for all of it, however much it is.
    pub(crate) total: Duration,
}

impl Patience {
    /// Answers in JSON: lists for people and programs.
    pub(crate) const API: Self = Self {
        pace: Pace { grace: Duration::from_secs(30), least: 8 << 10 },
        total: Duration::from_secs(600),
    };
    /// What is large by nature, such as manifests: 128 MiB take two hours and a half at most.
    pub(crate) const BULK: Self = Self {
        pace: Pace { grace: Duration::from_secs(60), least: 16 << 10 },
        total: Duration::from_secs(3 * 3600),
    };

    /// The time after its start at which a body has failed of which nothing but `bytes` came.
    pub(crate) fn until(self, bytes: usize) -> Duration {
        self.pace.until(bytes as u64).min(self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_drips_is_given_up_and_whoever_is_slow_is_not() {
        let pace = Pace { grace: Duration::from_secs(30), least: 1000 };
        let patience = Patience { pace, total: Duration::from_secs(100) };
        // A byte a second.
        let gave_up =
            (0..1000).find(|&n| Duration::from_secs(n) > patience.until(usize::try_from(n).expect("small")));
        assert_eq!(gave_up, Some(31));
        // 2000 bytes a second, and a minute of it.
        assert!(
            (0..60)
                .all(|n| Duration::from_secs(n) <= patience.until(2000 * usize::try_from(n).expect("small")))
        );
        assert_eq!(patience.until(usize::MAX), patience.total, "all of it ends");
    }

    #[test]
    fn what_the_protocol_allows_ends_in_time() {
        let most = mist_proto::limits::MAX_ENVELOPE as u64;
        let Patience { pace, total } = Patience::BULK;
        assert!(Duration::from_secs(most / pace.least) < total, "the rate decides, not the end");
    }
}
