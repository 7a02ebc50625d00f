//! Fetching what friends and other seeds have. This seed is a peer like any other then.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use mist_peer::{
    BlobSink, Candidate, Fetch, FetchError, FetchReport, Node, Origin, PartialBlob, PieceSet, SourceFeed,
    SourceSender, Trouble,
};
use mist_proto::{
    BlobId, Slug, Version,
    http::{Sources, SourcesRequest, SwarmPeer},
    limits::piece_size,
};
use mist_tree::progress::Progress;

use super::{Failure, Reporter};
use crate::seed::Seed;

/// How long nothing may come while somebody who is online may have it.
const PATIENCE: Duration = Duration::from_secs(60);
/// The same while the tracker knows nobody who has it.
const PATIENCE_FOR_NOBODY: Duration = Duration::from_secs(5);
/// Until a seed has run for so long, the tracker may have started with it, and know only some of those who are online.
const ALL_ANNOUNCED: Duration = Duration::from_secs(45);
/// Between looks at the progress.
const TICK: Duration = Duration::from_millis(200);
/// Between questions to the tracker.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Nobody who is online brought all of a build.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unavailable {
    /// Nobody says that they have it.
    #[error("no friend and no other seed that is online has {version}: {}", again(*.done))]
    Nobody {
        /// The build.
        version: Version,
        /// Pieces that had come before.
        done: u64,
    },
    /// Some say so, and did not bring all of it.
    #[error("{missing} of {wanted} pieces of {version} came from nobody: {why}; {}", again(wanted - missing))]
    Missing {
        /// The build.
        version: Version,
        /// Pieces that did not come.
        missing: u64,
        /// Pieces that were wanted.
        wanted: u64,
        /// What was wrong with those who were to bring them.
        why: String,
    },
}

/// What to do about it.
fn again(done: u64) -> &'static str {
    match done {
        0 => "try again when somebody who has it is online, or push it",
        _ => "what came is kept for 14 days; try again when others are online, or push it",
    }
}

/// When a fetch is given up. Pure.
#[derive(Debug)]
struct Patience {
    done: u64,
    moved: Instant,
    /// Before this, that nobody is named may mean that they have not spoken yet.
    all_announced: Instant,
}

impl Patience {
    fn new(seed_begun: Instant, now: Instant) -> Self {
        Self { done: 0, moved: now, all_announced: seed_begun + ALL_ANNOUNCED }
    }

    /// Whether nothing has come for too long.
    fn is_over(&mut self, now: Instant, done: u64, is_named: bool) -> bool {
        if done != self.done {
            (self.done, self.moved) = (done, now);
        }
        let still = now.saturating_duration_since(self.moved);
        match is_named {
            true => still > PATIENCE,
            false => still > PATIENCE_FOR_NOBODY && now >= self.all_announced,
        }
    }
}

/// What is to be fetched.
pub(super) struct Order {
    pub(super) game: Slug,
    /// The build whose archive it is, for messages.
    pub(super) version: Version,
    pub(super) blob: BlobId,
    pub(super) pieces: PieceSet,
    pub(super) partial: PartialBlob,
    pub(super) sink: Arc<dyn BlobSink>,
}

/// The end of this seed that fetches.
///
/// # Errors
/// Passing while the seed starts.
pub(super) fn node(seed: &Seed) -> Result<&Node, Failure> {
    seed.node.get().ok_or_else(|| Failure::passing("this seed has only just started"))
}

/// Who has a blob, as the tracker knows.
///
/// # Errors
/// The tracker's.
pub(super) async fn sources(seed: &Seed, node: &Node, game: &Slug, blob: BlobId) -> Result<Sources, Failure> {
    let asked = SourcesRequest { game: game.clone(), blob, peer: Some(node.peer_name().clone()) };
    Ok(seed.tracker.sources(&asked).await?)
}

pub(super) fn candidate(peer: SwarmPeer) -> Candidate {
    Candidate::Peer { peer: peer.peer, addrs: peer.addresses, origin: Origin::Tracker, seed: peer.seed }
}

/// Fetches what is wanted, and returns once it is all there. What came before a failure is on record.
///
/// # Errors
/// Lasting if nobody who is online has it.
pub(super) async fn fetch(seed: &Seed, order: Order, report: &Reporter) -> Result<FetchReport, Failure> {
    let node = node(seed)?;
    let Order { game, version, blob, pieces, partial, sink } = order;
    let wanted = pieces.count();
    let (sender, sources) = SourceFeed::new();
    let scope = game.to_string();
    let handle = node.fetch(Fetch { scope, blob, want: Some(pieces), partial, sink, sources, probe: false });
    let (progress, stop) = (handle.progress(), handle.canceller());
    let is_named = AtomicBool::new(false);
    let (ended, feeding) = (handle.wait(), feed(seed, node, &game, blob, &sender, &is_named));
    tokio::pin!(ended, feeding);
    let mut patience = Patience::new(seed.begun, Instant::now());
    let (mut fed, mut gave_up) = (false, false);
    let result = loop {
        tokio::select! {
            result = &mut ended => break result,
            () = &mut feeding, if !fed => fed = true,
            () = tokio::time::sleep(TICK) => {}
        }
        let done = progress.borrow().pieces_done;
        let bytes = |pieces: u64| pieces.saturating_mul(piece_size(blob.size));
        if report.follow(Progress { done: bytes(done), total: bytes(wanted) }).is_break() {
            stop.cancel();
        }
        if patience.is_over(Instant::now(), done, is_named.load(Ordering::Relaxed)) {
            gave_up = true;
            stop.cancel();
        }
    };
    let (missing, trouble) = {
        let last = progress.borrow();
        (wanted.saturating_sub(last.pieces_done), last.trouble)
    };
    match result {
        Ok(report) => Ok(report),
        Err(FetchError::Cancelled) if gave_up => {
            let unavailable = match is_named.load(Ordering::Relaxed) {
                true => Unavailable::Missing { version, missing, wanted, why: blame(trouble) },
                false => Unavailable::Nobody { version, done: wanted - missing },
            };
            Err(Failure::lasting(unavailable))
        }
        Err(FetchError::Cancelled) => Err(Failure::Cancelled),
        Err(error) => Err(Failure::passing(error)),
    }
}

fn blame(trouble: Option<Trouble>) -> String {
    match trouble {
        Some(trouble) => trouble.to_string(),
        None => "those who say that they have them do not answer".into(),
    }
}

/// Names who has the blob until the fetch is over.
async fn feed(
    seed: &Seed,
    node: &Node,
    game: &Slug,
    blob: BlobId,
    sender: &SourceSender,
    is_named: &AtomicBool,
) {
    loop {
        match sources(seed, node, game, blob).await {
            Ok(sources) => {
                is_named.store(!sources.peers.is_empty(), Ordering::Relaxed);
                for peer in sources.peers {
                    if !sender.add(candidate(peer)).await {
                        return;
                    }
                }
            }
            Err(error) => tracing::warn!(%error, %game, "the tracker names no sources"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = sender.closed() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_still_come_is_waited_for() {
        let begun = Instant::now();
        let at = |secs| begun + Duration::from_secs(secs);
        let mut patience = Patience::new(begun, at(1));
        assert!(
            !patience.is_over(at(44), 0, false),
            "they may not have spoken to a tracker that has just started"
        );
        assert!(patience.is_over(at(45), 0, false));
        let mut patience = Patience::new(begun, at(100));
        assert!(!patience.is_over(at(105), 0, false));
        assert!(patience.is_over(at(106), 0, false));
        assert!(!patience.is_over(at(160), 0, true), "somebody has it");
        assert!(patience.is_over(at(161), 0, true));
        assert!(!patience.is_over(at(162), 1, true), "something came");
        assert!(!patience.is_over(at(222), 1, true));
        assert!(patience.is_over(at(223), 1, true));
    }

    #[test]
    fn what_is_missing_is_told_with_what_to_do() {
        let version: Version = "1.4".parse().unwrap();
        let nobody = Unavailable::Nobody { version: version.clone(), done: 0 };
        assert_eq!(
            nobody.to_string(),
            "no friend and no other seed that is online has 1.4: try again when somebody who has it is online, or push it"
        );
        let missing = Unavailable::Missing { version, missing: 3, wanted: 10, why: blame(None) };
        assert_eq!(
            missing.to_string(),
            "3 of 10 pieces of 1.4 came from nobody: those who say that they have them do not answer; what came is kept for 14 \
             days; try again when others are online, or push it"
        );
    }
}
