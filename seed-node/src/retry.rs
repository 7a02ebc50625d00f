//! Pauses between attempts.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(15);

/// Doubles from attempt to attempt, up to a bound.
pub(crate) struct RetryPauses(Duration);

impl RetryPauses {
    pub(crate) fn new() -> Self {
        Self(FIRST)
    }

    /// The pause before the next attempt.
    pub(crate) fn next_pause(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(LONGEST);
        pause
    }

    /// An attempt went well.
    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }
}
