//! Fetching one blob: the order, its progress and its end. The [`driver`] does it.

mod checkpoints;
mod clock;
mod driver;
mod held;
mod piece;
mod rate;
mod roster;
mod trouble;

use std::{io, sync::Arc, time::Duration};

use mist_proto::{BlobId, http::BytesBySource, ids::PeerName};
use tokio::{sync::watch, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub use held::Held;
pub use trouble::Trouble;

use crate::{BlobSink, PartialBlob, PieceSet, SourceFeed, Waits, bao, node::Shared};

/// An order to fetch a blob, or a part of it.
pub struct Fetch {
    /// Scope that the blob belongs to.
    pub scope: String,
    /// The blob.
    pub blob: BlobId,
    /// Pieces to fetch; `None` for all. Those that `partial` has are not fetched again.
    pub want: Option<PieceSet>,
    /// Progress so far; goes on from there.
    pub partial: PartialBlob,
    /// Where verified bytes go.
    pub sink: Arc<dyn BlobSink>,
    /// Where they may come from.
    pub sources: SourceFeed,
    /// Whether this is only to see what its sources have: neighbours and peers that are connected are not asked unless they are named, and others
    /// are served what the owner of the node has of the blob, not what this brings.
    pub probe: bool,
}

/// How a fetch is doing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FetchProgress {
    /// Wanted pieces that are here.
    pub pieces_done: u64,
    /// Wanted pieces in all.
    pub pieces_wanted: u64,
    /// Verified bytes received, by class of source.
    pub bytes: BytesBySource,
    /// Bytes that came over the network for them, by class of source: whole answers of peers, packed as they were, and heads
    /// and bodies over HTTPS, also what was of no use.
    pub wire: BytesBySource,
    /// Bytes a second over the last moments.
    pub bytes_per_sec: u64,
    /// Sources in use.
    pub sources: u32,
    /// What its requests wait for now.
    pub waits: Waits,
    /// What was wrong with a source last; that bytes did not verify is not forgotten over anything else.
    pub trouble: Option<Trouble>,
}

/// What a fetch did.
#[derive(Debug)]
pub struct FetchReport {
    /// Keeps what it brought being served.
    pub held: Held,
    /// Verified bytes received, by class of source.
    pub bytes: BytesBySource,
    /// Bytes that came over the network for them, by class of source: whole answers of peers, packed as they were, and heads
    /// and bodies over HTTPS, also what was of no use.
    pub wire: BytesBySource,
    /// Bytes received that were of no use: duplicates, and what did not verify.
    pub wasted: u64,
    /// Peers banned for bytes that did not verify.
    pub banned: Vec<PeerName>,
    /// From start to end.
    pub elapsed: Duration,
}

/// Why a fetch ended early. What was verified stays in place and is recorded.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Its owner cancelled it, or the node shut down.
    #[error("the transfer was cancelled")]
    Cancelled,
    /// Every source is lost and no more will come.
    #[error("{}", trouble::nobody(*missing, trouble.as_ref()))]
    NoSources {
        /// Wanted pieces that are not here.
        missing: u64,
        /// What was wrong with those who had it.
        trouble: Option<Trouble>,
    },
    /// The bytes can't be stored.
    #[error("can't store the data: {0}")]
    Storage(#[source] Arc<io::Error>),
    /// The order contradicts itself, e.g. the partial blob is another one.
    #[error("the order is not valid: {0}")]
    Invalid(&'static str),
}

impl FetchError {
    /// Stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::NoSources { .. } => "no_sources",
            Self::Storage(_) => "storage",
            Self::Invalid(_) => "invalid",
        }
    }
}

/// A fetch under way. Dropping it cancels.
pub struct FetchHandle {
    progress: watch::Receiver<FetchProgress>,
    cancel: CancellationToken,
    task: JoinHandle<Result<FetchReport, FetchError>>,
}

impl FetchHandle {
    /// Progress, updated a few times a second.
    pub fn progress(&self) -> watch::Receiver<FetchProgress> {
        self.progress.clone()
    }

    /// Ends the fetch; what is verified is made durable first.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// A token that ends the fetch when it is cancelled, for handing to others.
    pub fn canceller(&self) -> CancellationToken {
        self.cancel.clone()
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn wait(mut self) -> Result<FetchReport, FetchError> {
        (&mut self.task).await.unwrap_or(Err(FetchError::Cancelled))
    }
}

impl Drop for FetchHandle {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// Checks an order and starts its driver.
pub(crate) fn start(node: Arc<Shared>, order: Fetch) -> FetchHandle {
    let cancel = node.stop.child_token();
    let (publish, progress) = watch::channel(FetchProgress::default());
    let pieces = bao::pieces(order.blob.size);
    let fault = if order.partial.blob() != order.blob {
        Some("the partial blob is another one")
    } else if order.want.as_ref().is_some_and(|want| want.len() != pieces) {
        Some("the wanted pieces are of another blob")
    } else {
        None
    };
    let token = cancel.clone();
    let task = node.tasks.clone().spawn(async move {
        match fault {
            Some(fault) => Err(FetchError::Invalid(fault)),
            None => driver::run(node, order, publish, token).await,
        }
    });
    FetchHandle { progress, cancel, task }
}
