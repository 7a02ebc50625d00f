//! Where a blob may be had: what the tracker says, peers known from before, peers on the same network, HTTPS.

use std::time::Duration;

use mist_api_client::CallError;
use mist_peer::{Candidate, HttpsCandidate, HttpsKind, Origin, SourceSender};
use mist_proto::{
    BlobId, Slug,
    http::{HttpsFormat, HttpsSource, SourcesRequest},
};
use reqwest::header::HeaderMap;

use super::Swarm;
use crate::clock::now;

/// Between looks at who is nearby.
const LOOK_AROUND: Duration = Duration::from_secs(1);
/// Between questions to the tracker.
const LOOK_AGAIN: Duration = Duration::from_secs(4);
/// Between the first ones: whoever begins at the same time has hardly announced itself at the first.
const LOOK_AT_FIRST: [Duration; 4] = [
    Duration::from_millis(300),
    Duration::from_millis(600),
    Duration::from_millis(1200),
    Duration::from_secs(2),
];
/// The same while the seed is preparing something.
const LOOK_SOON: Duration = Duration::from_secs(2);

/// What one look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Somebody may have it, or the tracker does not answer.
    Maybe,
    /// Not yet: a seed is preparing it.
    Preparing,
    /// The tracker knows nobody, and neither does anybody else.
    Nobody,
}

impl Swarm {
    /// Adds candidates until the fetch is over. `found` hears what each question to the tracker brought.
    pub(super) async fn feed(&self, game: &Slug, blob: BlobId, sender: &SourceSender, found: impl Fn(Found)) {
        // Side by side: a tracker that does not answer must not keep friends nearby waiting.
        tokio::join!(self.feed_nearby(game, sender), self.feed_from_tracker(game, blob, sender, found));
    }

    async fn feed_nearby(&self, game: &Slug, sender: &SourceSender) {
        loop {
            for candidate in self.local_candidates(game) {
                if !sender.add(candidate).await {
                    return;
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_AROUND) => {}
                () = sender.closed() => return,
            }
        }
    }

    async fn feed_from_tracker(
        &self,
        game: &Slug,
        blob: BlobId,
        sender: &SourceSender,
        found: impl Fn(Found),
    ) {
        let mut at_first = LOOK_AT_FIRST.into_iter();
        loop {
            let (candidates, preparing, answered) = self.ask_tracker(game, blob).await;
            let nobody = candidates.is_empty() && self.local_candidates(game).is_empty();
            found(match (nobody, preparing, answered) {
                (_, true, _) => Found::Preparing,
                (true, false, true) => Found::Nobody,
                _ => Found::Maybe,
            });
            for candidate in candidates {
                if !sender.add(candidate).await {
                    return;
                }
            }
            let later = if preparing { LOOK_SOON } else { LOOK_AGAIN };
            let wait = at_first.next().unwrap_or(later);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = sender.closed() => return,
            }
        }
    }

    /// Peers that need no tracker to be found.
    fn local_candidates(&self, game: &Slug) -> Vec<Candidate> {
        let own = self.node.peer_name();
        let lan = self.node.lan_peers().into_iter().map(|p| (p.peer, p.addrs, false));
        let known = self.member.book.peers(game).into_iter().map(|(name, p)| (name, p.addresses, p.seed));
        lan.chain(known)
            .filter(|(peer, ..)| peer != own)
            .map(|(peer, addrs, seed)| Candidate::Peer { peer, addrs, origin: Origin::Own, seed })
            .collect()
    }

    /// Candidates of the tracker, whether a seed is preparing the blob, and whether the tracker answered.
    async fn ask_tracker(&self, game: &Slug, blob: BlobId) -> (Vec<Candidate>, bool, bool) {
        let request = SourcesRequest { game: game.clone(), blob, peer: Some(self.node.peer_name().clone()) };
        let sources = match self.member.account.sources(&request).await {
            Ok(sources) => sources,
            Err(error) => {
                tracing::debug!(%error, %game, "the server names no sources");
                let known = matches!(&error, crate::error::Error::Tracker(e) if e.is_not_found());
                return (Vec::new(), false, known);
            }
        };
        let peers = sources.peers.iter().map(|p| (p.peer.clone(), p.addresses.clone(), p.seed));
        if let Err(error) = self.member.book.learn(game, peers.clone(), now()) {
            tracing::warn!(%error, "peers are not remembered");
        }
        let own = self.node.peer_name();
        let peers = peers.filter(|(peer, ..)| peer != own);
        let peers =
            peers.map(|(peer, addrs, seed)| Candidate::Peer { peer, addrs, origin: Origin::Tracker, seed });
        let https = sources.https.iter().filter_map(|source| match self.https(source) {
            Ok(candidate) => Some(candidate),
            Err(error) => {
                tracing::warn!(%error, "a source's address makes no sense");
                None
            }
        });
        (peers.chain(https).collect(), sources.preparing, true)
    }

    fn https(&self, source: &HttpsSource) -> Result<Candidate, CallError> {
        let account = &self.member.account;
        Ok(Candidate::Https(HttpsCandidate {
            data: account.resolve(&source.data)?,
            kind: match source.format {
                HttpsFormat::Raw => HttpsKind::Raw,
                HttpsFormat::Zst => HttpsKind::SeekableZstd,
            },
            outboard: account.resolve(&source.outboard)?,
            headers: HeaderMap::new(),
        }))
    }
}
