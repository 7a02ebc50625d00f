//! The seam that wakes seeds which wait for a job.
//!
//! Waking is a courtesy: a claim that waits looks by itself once a second, so that a lost wake-up costs that second.

use async_trait::async_trait;
use tokio::sync::watch;

use super::Away;

/// How often jobs may have come so far.
pub type Mark = u64;

/// Wakes whoever waits for a job.
#[async_trait]
pub trait JobsWake: Send + Sync {
    /// There may be a job now: wakes everybody who waits, at whatever replica.
    ///
    /// # Errors
    /// [`Away`]; then nobody is woken.
    async fn wake(&self) -> Result<(), Away>;

    /// The mark to take before looking for jobs.
    ///
    /// # Errors
    /// [`Away`].
    async fn mark(&self) -> Result<Mark, Away>;

    /// Waits until somebody wakes after `mark` was taken; returns at once if somebody has. May be dropped.
    ///
    /// # Errors
    /// [`Away`].
    async fn woken_since(&self, mark: Mark) -> Result<(), Away>;
}

/// Wakes whoever waits for a job. Who is not woken looks by itself soon.
pub async fn wake(jobs: &dyn JobsWake) {
    if let Err(e) = jobs.wake().await {
        tracing::debug!(error = %e, "seeds were not woken");
    }
}

/// Wakes who waits in this process.
pub struct MemoryWake(watch::Sender<Mark>);

impl Default for MemoryWake {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

#[async_trait]
impl JobsWake for MemoryWake {
    async fn wake(&self) -> Result<(), Away> {
        self.0.send_modify(|mark| *mark += 1);
        Ok(())
    }

    async fn mark(&self) -> Result<Mark, Away> {
        Ok(*self.0.borrow())
    }

    async fn woken_since(&self, mark: Mark) -> Result<(), Away> {
        // An error means that the sender is gone, which `self` keeps.
        let _ = self.0.subscribe().wait_for(|now| *now != mark).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_wake_between_the_mark_and_the_wait_is_not_lost() {
        let wake = MemoryWake::default();
        let mark = wake.mark().await.expect("memory");
        assert!(wake.woken_since(mark).now_or_never().is_none(), "nobody has called");
        wake.wake().await.expect("memory");
        for _ in 0..2 {
            wake.woken_since(mark).now_or_never().expect("woken").expect("memory");
        }
        let mark = wake.mark().await.expect("memory");
        assert!(wake.woken_since(mark).now_or_never().is_none(), "an old call wakes nobody twice");
    }
}
