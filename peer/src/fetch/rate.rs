//! How fast a fetch is, for people to look at.

use std::time::Duration;

use crate::scheduler::Time;

/// Bytes per second over the last moments.
#[derive(Default)]
pub(super) struct Rate {
    at: Time,
    total: u64,
    per_sec: f64,
}

impl Rate {
    pub(super) fn sample(&mut self, now: Time, total: u64) {
        let elapsed = now.saturating_sub(self.at);
        if elapsed >= Duration::from_millis(250) {
            let current = (total - self.total) as f64 / elapsed.as_secs_f64();
            self.per_sec = if self.at.is_zero() { current } else { 0.7 * self.per_sec + 0.3 * current };
            (self.at, self.total) = (now, total);
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "float casts saturate; it is never negative"
    )]
    pub(super) fn per_sec(&self) -> u64 {
        self.per_sec as u64
    }
}
