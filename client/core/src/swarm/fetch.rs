//! Fetching one blob for a game.

use std::{
    ops::ControlFlow,
    sync::{Arc, Mutex},
    time::Duration,
};

use mist_peer::{
    BlobSink, Fetch, FetchError, FetchProgress, Held, PartialBlob, PieceSet, SourceFeed, Trouble,
};
use mist_proto::{Slug, http::BytesBySource};
use tokio::time::Instant;

use super::{Swarm, sources::Found};
use crate::{error::InstallError, stop::Stop, sync::lock};

/// How long a transfer may stand still while somebody may come back.
const PATIENCE: Duration = Duration::from_secs(120);
/// The same once the tracker has said that nobody has the blob, or a seed that what is missing has rotted there.
const PATIENCE_FOR_NOBODY: Duration = Duration::from_secs(10);
/// The same where another route is at hand, such as pieces for a patch that nobody brings; a seed may prepare it for so long too.
const PATIENCE_FOR_PATCHES: Duration = Duration::from_secs(20);
/// Between looks at the progress.
const TICK: Duration = Duration::from_millis(200);

/// What a transfer brought, by source.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moved {
    /// Verified content.
    pub(crate) content: BytesBySource,
    /// Bytes that came over the network for it, see [`FetchProgress::wire`].
    pub(crate) wire: BytesBySource,
}

impl Moved {
    pub(crate) fn add_all(&mut self, other: &Self) {
        self.content.add_all(&other.content);
        self.wire.add_all(&other.wire);
    }
}

impl From<&FetchProgress> for Moved {
    fn from(progress: &FetchProgress) -> Self {
        Self { content: progress.bytes, wire: progress.wire }
    }
}

/// A transfer that brought all that was wanted.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// What came.
    pub(crate) moved: Moved,
    /// Serves it until it is on the shelf.
    pub(crate) held: Held,
}

/// A transfer that ended early. What arrived is recorded.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct FetchFailed {
    /// Why.
    #[source]
    pub(crate) error: FetchError,
    /// What arrived nevertheless.
    pub(crate) moved: Moved,
    /// Whether it ended because whoever followed it knows a better way.
    pub(crate) is_overtaken: bool,
}

impl From<FetchFailed> for InstallError {
    fn from(failed: FetchFailed) -> Self {
        if failed.is_overtaken { Self::Overtaken } else { Self::Transfer(failed.error) }
    }
}

/// An order, without the sources that the swarm finds by itself.
pub(crate) struct Order<'a> {
    pub(crate) game: &'a Slug,
    pub(crate) want: Option<PieceSet>,
    /// Whether another route would do, so that one that does not move is given up soon.
    pub(crate) is_replaceable: bool,
    pub(crate) partial: PartialBlob,
    pub(crate) sink: Arc<dyn BlobSink>,
}

impl Swarm {
    /// Fetches what is wanted of a blob. A few times a second `progress` hears how far that is, and whether nothing has
    /// come because a seed is still preparing it. Once `stop` or `progress` says so it ends, after what arrived is durable.
    pub(crate) async fn fetch(
        &self,
        order: Order<'_>,
        stop: &Stop,
        mut progress: impl FnMut(&FetchProgress, bool) -> ControlFlow<()>,
    ) -> Result<Fetched, FetchFailed> {
        let Order { game, want, is_replaceable, partial, sink } = order;
        let blob = partial.blob();
        let key = (game.clone(), blob.hash);
        let (sender, feed) = SourceFeed::new();
        let handle = self.node.fetch(Fetch {
            scope: game.to_string(),
            blob,
            want,
            partial: partial.clone(),
            sink,
            sources: feed,
            probe: false,
        });
        lock(&self.running).insert(key.clone(), partial);
        let _registered = Registered { swarm: self, key };
        self.changed.notify_one();

        let watch = handle.progress();
        let stuck = handle.canceller();
        let found = Mutex::new(Found::Maybe);
        let ended = handle.wait();
        let feeding = self.feed(game, blob, &sender, |f| *lock(&found) = f);
        tokio::pin!(ended, feeding);
        let began = Instant::now();
        let mut last_move = began;
        let mut gave_up = false;
        let mut moved = 0;
        let (mut fed, mut stopped, mut is_overtaken) = (false, false, false);
        let result = loop {
            tokio::select! {
                result = &mut ended => break result,
                () = &mut feeding, if !fed => fed = true,
                _ = stop.stopped(), if !stopped => {
                    stopped = true;
                    stuck.cancel();
                }
                () = tokio::time::sleep(TICK) => {}
            }
            let now = watch.borrow().clone();
            if now.bytes.total() != moved {
                moved = now.bytes.total();
                last_move = Instant::now();
            }
            let found = *lock(&found);
            if progress(&now, found == Found::Preparing && moved == 0).is_break() && !is_overtaken {
                is_overtaken = true;
                stuck.cancel();
            }
            let patience = patience(found, now.trouble, is_replaceable, began.elapsed());
            if patience.is_none() {
                last_move = Instant::now();
            }
            if patience.is_some_and(|patience| last_move.elapsed() > patience) && !gave_up {
                gave_up = true;
                stuck.cancel();
            }
        };
        let last = watch.borrow().clone();
        let _ = progress(&last, false);
        match result {
            Ok(report) => {
                let moved = Moved { content: report.bytes, wire: report.wire };
                Ok(Fetched { moved, held: report.held })
            }
            Err(FetchError::Cancelled) if gave_up => {
                Err(FetchFailed { error: last.given_up(), moved: Moved::from(&last), is_overtaken: false })
            }
            Err(error) => Err(FetchFailed { error, moved: Moved::from(&last), is_overtaken }),
        }
    }
}

/// How long nothing may come, if it is not to be waited for without end. Pure.
fn patience(
    found: Found,
    trouble: Option<Trouble>,
    is_replaceable: bool,
    elapsed: Duration,
) -> Option<Duration> {
    match found {
        Found::Nobody => Some(PATIENCE_FOR_NOBODY),
        // A friend who has it would have brought it meanwhile.
        Found::Maybe if trouble == Some(Trouble::Rotten) => Some(PATIENCE_FOR_NOBODY),
        Found::Maybe if is_replaceable => Some(PATIENCE_FOR_PATCHES),
        Found::Maybe => Some(PATIENCE),
        Found::Preparing if is_replaceable && elapsed > PATIENCE_FOR_PATCHES => Some(Duration::ZERO),
        // The job may take long. Should it fail, the tracker no longer says so.
        Found::Preparing => None,
    }
}

/// Takes a transfer off the list of those under way, also when its future is dropped.
struct Registered<'a> {
    swarm: &'a Swarm,
    key: (Slug, mist_proto::Hash),
}

impl Drop for Registered<'_> {
    fn drop(&mut self) {
        lock(&self.swarm.running).remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_come_is_not_waited_for() {
        let begun = Duration::ZERO;
        let rotten = Some(Trouble::Rotten);
        assert_eq!(patience(Found::Maybe, None, false, begun), Some(PATIENCE));
        assert_eq!(patience(Found::Maybe, rotten, false, begun), Some(PATIENCE_FOR_NOBODY));
        assert_eq!(patience(Found::Nobody, None, false, begun), Some(PATIENCE_FOR_NOBODY));
        assert_eq!(patience(Found::Maybe, None, true, begun), Some(PATIENCE_FOR_PATCHES));
        assert_eq!(
            patience(Found::Preparing, rotten, false, PATIENCE),
            None,
            "the seed may be making it anew"
        );
        assert_eq!(patience(Found::Preparing, None, true, begun), None);
        assert_eq!(patience(Found::Preparing, None, true, PATIENCE), Some(Duration::ZERO));
    }
}
