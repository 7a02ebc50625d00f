//! Limits on the bytes per second that a node sends and receives.

use std::{
    pin::pin,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

/// Limits of a node, for content. Changed at any time by [`crate::Node::set_limits`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RateLimits {
    /// Bytes per second that it sends; `None` for no limit.
    pub up: Option<u64>,
    /// Bytes per second that it receives; `None` for no limit.
    pub down: Option<u64>,
    /// Whether traffic with peers on the same network counts too.
    pub limit_lan: bool,
}

/// A token bucket: pure, with the time since some fixed start as a parameter.
///
/// It may go into debt: whoever takes is told how long to wait afterwards, so that large and small takers share it in
/// the order in which they come.
#[derive(Debug, Clone)]
pub struct TokenBucket {
    per_sec: u64,
    /// Time up to which everything that may be sent has been spent.
    spent_until: Duration,
}

/// How far ahead of the steady rate a bucket that was idle may run.
const BURST: Duration = Duration::from_millis(20);

impl TokenBucket {
    /// A bucket that lets `per_sec` bytes pass each second (at least 1).
    pub fn new(per_sec: u64) -> Self {
        Self { per_sec: per_sec.max(1), spent_until: Duration::ZERO }
    }

    /// Takes `bytes` at the time `now`; returns how long to wait before they may move.
    pub fn take(&mut self, now: Duration, bytes: u64) -> Duration {
        let cost = Duration::from_nanos(
            u64::try_from(u128::from(bytes) * 1_000_000_000 / u128::from(self.per_sec)).unwrap_or(u64::MAX),
        );
        let start = self.spent_until.max(now.saturating_sub(BURST));
        self.spent_until = start.saturating_add(cost);
        self.spent_until.saturating_sub(now)
    }
}

/// A [`TokenBucket`] on the real clock that tasks wait for.
pub(crate) struct Gate {
    start: Instant,
    bucket: Mutex<Option<TokenBucket>>,
    changed: Notify,
}

impl Gate {
    pub(crate) fn new(per_sec: Option<u64>) -> Self {
        let bucket = Mutex::new(per_sec.map(TokenBucket::new));
        Self { start: Instant::now(), bucket, changed: Notify::new() }
    }

    /// Changes the limit. Whoever waits under the old one, perhaps for hours, passes at once; its debt is forgiven.
    pub(crate) fn set(&self, per_sec: Option<u64>) {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let new = per_sec.map(TokenBucket::new);
        if bucket.as_ref().map(|b| b.per_sec) != new.as_ref().map(|b| b.per_sec) {
            *bucket = new;
            self.changed.notify_waiters();
        }
    }

    /// Bytes per second that pass, if limited.
    pub(crate) fn limit(&self) -> Option<u64> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|bucket| bucket.per_sec)
    }

    /// Waits until `bytes` may move.
    pub(crate) async fn pass(&self, bytes: u64) {
        let mut changed = pin!(self.changed.notified());
        // A change between taking and waiting must not be missed.
        changed.as_mut().enable();
        let now = self.start.elapsed();
        let wait = match self.bucket.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(bucket) => bucket.take(now, bytes),
            None => return,
        };
        if !wait.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = changed => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_kept_within_one_percent_whatever_the_sizes() {
        for size in [1_000, 65_536, 1 << 20] {
            let mut bucket = TokenBucket::new(1_000_000);
            let (mut now, mut sent) = (Duration::from_secs(1), 0u64);
            let start = now;
            while sent < 20_000_000 {
                now += bucket.take(now, size);
                sent += size;
            }
            let rate = sent as f64 / (now - start).as_secs_f64();
            assert!((rate / 1_000_000.0 - 1.0).abs() < 0.01, "{size}: {rate}");
        }
    }

    #[tokio::test]
    async fn a_lifted_limit_lets_go_whoever_waits() {
        let gate = Gate::new(Some(1));
        let mut passing = pin!(gate.pass(1 << 40));
        assert!(futures::poll!(passing.as_mut()).is_pending());
        gate.set(Some(1));
        assert!(futures::poll!(passing.as_mut()).is_pending(), "nothing changed");
        gate.set(None);
        assert!(futures::poll!(passing.as_mut()).is_ready());
    }

    #[test]
    fn idling_saves_up_no_more_than_the_burst() {
        let mut bucket = TokenBucket::new(1_000_000);
        assert!(bucket.take(Duration::from_secs(3600), 1_000_000) >= Duration::from_millis(980));
    }
}
