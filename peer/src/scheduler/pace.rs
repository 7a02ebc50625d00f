//! How much all peers together bring, whatever each of them could.

use std::time::Duration;

use super::Time;

/// What one sample covers, at least.
const SPAN: Duration = Duration::from_secs(1);

/// Bytes per second over about the last two [`SPAN`]s. Unbounded until the first is over.
pub(super) struct Pace {
    since: Time,
    bytes: u64,
    rate: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self { since: Time::ZERO, bytes: 0, rate: f64::INFINITY }
    }
}

impl Pace {
    /// Forgets what was: peers can help from now on.
    pub(super) fn begin(&mut self, now: Time) {
        *self = Self { since: now, ..Self::default() };
    }

    /// Bytes arrived.
    pub(super) fn add(&mut self, bytes: u64) {
        self.bytes += bytes;
    }

    /// Bytes per second.
    pub(super) fn at(&mut self, now: Time) -> f64 {
        let span = now.saturating_sub(self.since);
        if span >= SPAN {
            let fresh = self.bytes as f64 / span.as_secs_f64();
            self.rate = if self.rate.is_finite() { f64::midpoint(self.rate, fresh) } else { fresh };
            (self.since, self.bytes) = (now, 0);
        }
        self.rate
    }
}
