//! Where a fetch may get bytes from, and the channel by which its owner says so while it runs.

use std::net::SocketAddr;

use mist_proto::ids::PeerName;
use reqwest::{Url, header::HeaderMap};
use tokio::sync::mpsc;

/// Candidates that may wait to be looked at.
const QUEUE: usize = 256;

/// Who names a peer's addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The tracker. It tells private addresses only to peers that seem to be in the same local network.
    Tracker,
    /// This machine: mDNS, which the node asks itself, or an earlier meeting, perhaps in another network.
    Own,
}

/// A place that may have the blob.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a fetch has a handful of candidates, each moved once")]
pub enum Candidate {
    /// A peer of the swarm.
    Peer {
        /// Who must answer; anybody else fails the handshake.
        peer: PeerName,
        /// Where it may be reached, best first. May be empty if a connection exists or mDNS knows it.
        addrs: Vec<SocketAddr>,
        /// Who says so.
        origin: Origin,
        /// Whether the tracker says that it is a seed: it need not show a ticket to be asked.
        seed: bool,
    },
    /// A stored file behind HTTPS.
    Https(HttpsCandidate),
}

/// A blob's stored form behind HTTPS, and its hash tree.
#[derive(Debug, Clone)]
pub struct HttpsCandidate {
    /// The stored file; answers `Range` requests.
    pub data: Url,
    /// How it is stored.
    pub kind: HttpsKind,
    /// The blob's outboard. Not trusted: it is verified against the root.
    pub outboard: Url,
    /// Headers that every request carries.
    pub headers: HeaderMap,
}

/// How a blob is stored behind HTTPS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpsKind {
    /// The blob's own bytes.
    Raw,
    /// Independent zstd frames on piece boundaries with a seek table at the end.
    SeekableZstd,
}

/// The end of a [`SourceFeed`] that the owner of a fetch keeps. Dropping it says that no more candidates come: the
/// fetch then fails once every source is lost.
#[derive(Debug, Clone)]
pub struct SourceSender(mpsc::Sender<Candidate>);

/// The end that goes into a fetch.
#[derive(Debug)]
pub struct SourceFeed(pub(crate) mpsc::Receiver<Candidate>);

impl SourceFeed {
    /// A new channel.
    pub fn new() -> (SourceSender, Self) {
        let (tx, rx) = mpsc::channel(QUEUE);
        (SourceSender(tx), Self(rx))
    }

    /// A feed of exactly these candidates.
    pub fn of(candidates: impl IntoIterator<Item = Candidate>) -> Self {
        let candidates: Vec<_> = candidates.into_iter().collect();
        let (tx, rx) = mpsc::channel(candidates.len().max(1));
        for candidate in candidates {
            // The channel has room for all of them.
            let _ = tx.try_send(candidate);
        }
        Self(rx)
    }
}

impl SourceSender {
    /// Adds a candidate; one that is known already is refreshed. Returns `false` once the fetch is over.
    pub async fn add(&self, candidate: Candidate) -> bool {
        self.0.send(candidate).await.is_ok()
    }

    /// Resolves when the fetch is over.
    pub async fn closed(&self) {
        self.0.closed().await;
    }
}
