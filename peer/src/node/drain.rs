//! Ending without a loss for those who are being served: nothing new is begun, and what is under way ends first.

use std::time::Duration;

use tokio::{sync::watch, time::timeout};
use tracing::info;

use super::{Change, Node, Shared};

/// Counts the answers that are under way: from when a request is taken up until the peer has all of the answer.
pub(crate) struct Answering(watch::Sender<usize>);

/// One answer under way. It ends when this is dropped.
pub(crate) struct Answer<'a>(&'a Answering);

impl Default for Answering {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Answering {
    fn begin(&self) -> Answer<'_> {
        self.0.send_modify(|count| *count += 1);
        Answer(self)
    }

    pub(super) fn count(&self) -> usize {
        *self.0.borrow()
    }

    /// Waits until none is under way.
    async fn ended(&self) {
        // The sender is ours: it can't be gone.
        let _ = self.0.subscribe().wait_for(|&count| count == 0).await;
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

impl Shared {
    /// Takes up a request, unless the node drains.
    pub(crate) fn begin_answer(&self) -> Option<Answer<'_>> {
        // Counted before the look at the flag: a drain that this does not see will see the answer.
        let answer = self.answering.begin();
        (!self.draining.is_cancelled()).then_some(answer)
    }
}

impl Node {
    /// How long an orderly end should let answers end: a piece of 1 MiB at the slowest uplink that counts as one, 100 KB/s.
    pub const DRAIN: Duration = Duration::from_secs(10);

    /// Stops serving, and lets end what is being sent, for at most `within` ([`Self::DRAIN`] is a good choice). Returns how
    /// many answers had not ended by then: 0 means that nobody loses anything by a [`Self::shutdown`] now.
    ///
    /// From the call on peers are told that nothing is here any more, mDNS no longer announces the node, and new requests
    /// and connections are turned away, so that those who fetch go elsewhere at once. Fetches of this node go on.
    ///
    /// Dropping the future only ends the waiting. There is no way back: a node that drained can only be shut down.
    pub async fn drain(&self, within: Duration) -> usize {
        self.0.draining.cancel();
        // Without a connection there is nobody to tell.
        let _ = self.0.changes.send(Change::Draining);
        if timeout(within, self.0.answering.ended()).await.is_err() {
            info!(left = self.0.answering.count(), "some answers did not end in time");
        }
        self.0.answering.count()
    }
}
