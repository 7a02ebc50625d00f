//! How long to wait before trying again.

use std::time::Duration;

/// Delays that double up to a ceiling, until a budget is spent.
#[derive(Debug, Clone)]
pub(crate) struct RetryPauses {
    next: Duration,
    ceiling: Duration,
    left: Duration,
}

impl RetryPauses {
    /// Starts at a quarter of a second and stops after about `budget` of waiting.
    pub(crate) fn new(budget: Duration) -> Self {
        Self { next: Duration::from_millis(250), ceiling: Duration::from_secs(10), left: budget }
    }
}

impl Iterator for RetryPauses {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let delay = self.next.min(self.left);
        self.left -= delay;
        self.next = (self.next * 2).min(self.ceiling);
        (!delay.is_zero()).then_some(delay)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_the_ceiling_and_keeps_the_budget() {
        let budget = Duration::from_secs(60);
        let delays: Vec<_> = RetryPauses::new(budget).collect();
        assert_eq!(delays[..3], [250, 500, 1000].map(Duration::from_millis));
        assert_eq!(delays.iter().max(), Some(&Duration::from_secs(10)));
        assert_eq!(delays.iter().sum::<Duration>(), budget);
    }
}
