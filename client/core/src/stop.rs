//! Stopping work that takes long.
//!
//! Whoever started an operation may ask it to stop and say why. The operation looks at its [`Stop`] where it can end
//! well: between portions of disk work, and while it waits. It is never cut off in the middle of anything.

use std::{
    ops::ControlFlow,
    sync::{Arc, OnceLock},
};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

/// Why an operation is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It goes on later, when somebody says so.
    Pause,
    /// It is not wanted any more.
    Cancel,
    /// The program ends; the operation goes on at its next start.
    Shutdown,
}

impl StopReason {
    /// A stable word for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Cancel => "cancel",
            Self::Shutdown => "shutdown",
        }
    }
}

/// An operation ended because it was to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
pub(crate) struct Stopped(pub(crate) StopReason);

/// A request to stop, which may come at any time. Clones are the same request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<Request>);

#[derive(Debug, Default)]
struct Request {
    token: CancellationToken,
    reason: OnceLock<StopReason>,
    /// How often [`Stop::reason`] answers yet before it says that the operation is to be cancelled.
    #[cfg(test)]
    fuse: Option<std::sync::atomic::AtomicU64>,
}

impl Stop {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Asks for it. The first reason counts.
    pub(crate) fn stop(&self, reason: StopReason) {
        let _ = self.0.reason.set(reason);
        self.0.token.cancel();
    }

    /// Why it is to stop, once it is.
    pub(crate) fn reason(&self) -> Option<StopReason> {
        #[cfg(test)]
        self.burn();
        self.0.reason.get().copied()
    }

    /// The same as an error.
    pub(crate) fn check(&self) -> Result<(), Stopped> {
        self.reason().map_or(Ok(()), |reason| Err(Stopped(reason)))
    }

    /// What an operation ends with that was broken off by [`Stop::flow`].
    pub(crate) fn broken_off(&self) -> Stopped {
        Stopped(self.reason().unwrap_or(StopReason::Pause))
    }

    /// The same for callbacks that report progress.
    pub(crate) fn flow(&self) -> ControlFlow<()> {
        match self.reason() {
            None => ControlFlow::Continue(()),
            Some(_) => ControlFlow::Break(()),
        }
    }

    /// Resolves once it is to stop.
    pub(crate) async fn stopped(&self) -> StopReason {
        loop {
            if let Some(reason) = self.reason() {
                return reason;
            }
            self.0.token.cancelled().await;
        }
    }
}

#[cfg(test)]
impl Stop {
    /// Stops by itself when it is looked at for the `looks`-th time.
    pub(crate) fn at_look(looks: u64) -> Self {
        let fuse = Some(std::sync::atomic::AtomicU64::new(looks));
        Self(Arc::new(Request { fuse, ..Request::default() }))
    }

    /// How often it was looked at, if it was made to stop at the last look that there is.
    pub(crate) fn looks(&self) -> u64 {
        let left = self.0.fuse.as_ref().map(|fuse| fuse.load(std::sync::atomic::Ordering::Relaxed));
        left.map_or(0, |left| u64::MAX - left)
    }

    fn burn(&self) {
        use std::sync::atomic::Ordering::Relaxed;
        let Some(fuse) = &self.0.fuse else { return };
        if fuse.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_err() {
            self.stop(StopReason::Pause);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_reason_counts_and_everybody_hears_it() {
        let stop = Stop::new();
        let waiting = tokio::spawn({
            let stop = stop.clone();
            async move { stop.stopped().await }
        });
        assert_eq!((stop.reason(), stop.flow()), (None, ControlFlow::Continue(())));
        stop.stop(StopReason::Pause);
        stop.stop(StopReason::Cancel);
        assert_eq!((stop.reason(), stop.flow()), (Some(StopReason::Pause), ControlFlow::Break(())));
        assert_eq!(waiting.await.expect("no panic"), StopReason::Pause);
    }
}
