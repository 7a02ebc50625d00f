//! Which pieces a seed suggests to whom, so that about one copy leaves it when many start at once.
//!
//! Pure. In each round every piece is suggested once, each to one peer; peers pass pieces on to each other. What a peer
//! has already (seeds listen to it) is never suggested to it, and what was suggested to a peer that left goes to others.
//! A new round begins for a peer that has asked for all that was suggested to it. It leaves out what is on its way to
//! somebody: that will be passed on.

use std::collections::{BTreeMap, VecDeque};

use crate::PieceSet;

/// Suggestions that a peer has at hand before it asks.
const AHEAD: usize = 8;
/// Pieces that count as on their way to one peer; more than anybody asks for at once.
const COMING: usize = 48;

/// The board of one blob. `K` names subscribers.
pub(crate) struct Board<K> {
    /// Pieces not suggested yet in this round.
    fresh: PieceSet,
    cursor: u64,
    peers: BTreeMap<K, Subscriber>,
}

struct Subscriber {
    has: PieceSet,
    /// Suggested and not asked for yet.
    open: PieceSet,
    /// Asked for last, at most [`COMING`], and not said to be there yet.
    coming: VecDeque<u64>,
}

impl<K: Ord + Clone> Board<K> {
    /// A board over `pieces` pieces.
    pub(crate) fn new(pieces: u64) -> Self {
        Self { fresh: PieceSet::full(pieces), cursor: 0, peers: BTreeMap::new() }
    }

    /// Whether nobody is subscribed.
    pub(crate) fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// A peer subscribed; returns its first suggestions.
    pub(crate) fn joined(&mut self, peer: K) -> Vec<u64> {
        let none = PieceSet::new(self.fresh.len());
        let subscriber = Subscriber { has: none.clone(), open: none, coming: VecDeque::new() };
        self.peers.insert(peer.clone(), subscriber);
        self.top_up(&peer)
    }

    /// A peer left; what it had not asked for is suggested anew.
    pub(crate) fn left(&mut self, peer: &K) {
        if let Some(subscriber) = self.peers.remove(peer) {
            self.fresh.insert_all(&subscriber.open);
        }
    }

    /// A peer says that it has these pieces; returns suggestions in place of those that became useless.
    pub(crate) fn has(&mut self, peer: &K, pieces: impl Iterator<Item = u64>) -> Vec<u64> {
        let Some(subscriber) = self.peers.get_mut(peer) else { return Vec::new() };
        for piece in pieces {
            subscriber.has.insert(piece);
            subscriber.open.remove(piece);
            subscriber.coming.retain(|&p| p != piece);
        }
        self.top_up(peer)
    }

    /// A peer asked for a piece, suggested or not; returns more suggestions.
    pub(crate) fn asked(&mut self, peer: &K, piece: u64) -> Vec<u64> {
        let Some(subscriber) = self.peers.get_mut(peer) else { return Vec::new() };
        if subscriber.coming.len() == COMING {
            subscriber.coming.pop_front();
        }
        subscriber.coming.push_back(piece);
        if !subscriber.open.remove(piece) {
            // Its own choice: nobody else needs to fetch it from here.
            self.fresh.remove(piece);
        }
        self.top_up(peer)
    }

    fn top_up(&mut self, peer: &K) -> Vec<u64> {
        let mut out = Vec::new();
        let Some(subscriber) = self.peers.get(peer) else { return out };
        let is_idle = subscriber.open.is_empty() && !subscriber.has.is_complete();
        if is_idle && next(&self.fresh, self.cursor, &subscriber.has).is_none() {
            self.begin_round();
        }
        let Some(subscriber) = self.peers.get_mut(peer) else { return out };
        while subscriber.open.count() < AHEAD as u64
            && let Some(piece) = next(&self.fresh, self.cursor, &subscriber.has)
        {
            self.fresh.remove(piece);
            self.cursor = piece + 1;
            subscriber.open.insert(piece);
            out.push(piece);
        }
        out
    }

    fn begin_round(&mut self) {
        self.fresh = PieceSet::full(self.fresh.len());
        for subscriber in self.peers.values() {
            for piece in subscriber.open.iter().chain(subscriber.coming.iter().copied()) {
                self.fresh.remove(piece);
            }
        }
    }
}

/// The first piece from `cursor` on, and around the end, that is fresh and that the peer lacks.
fn next(fresh: &PieceSet, cursor: u64, has: &PieceSet) -> Option<u64> {
    let lacks = |&piece: &u64| !has.contains(piece);
    let from = |start: u64| fresh.common(fresh, start, usize::MAX).find(lacks);
    // `common` starts at the word that holds the cursor: pieces before it may come first, which is harmless.
    from(cursor.min(fresh.len().saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_round_gives_every_piece_to_one_peer() {
        let mut board = Board::new(100);
        let mut queues: Vec<Vec<u64>> = (0..4).map(|peer| board.joined(peer)).collect();
        let mut seen = BTreeSet::new();
        'round: loop {
            for (peer, queue) in queues.iter_mut().enumerate() {
                let piece = queue.remove(0);
                assert!(seen.insert(piece), "{piece} was suggested twice");
                let more = board.asked(&peer, piece);
                queue.extend(more);
                if seen.len() == 68 {
                    // The rest is open with somebody.
                    break 'round;
                }
            }
        }
        let open: BTreeSet<u64> = queues.into_iter().flatten().collect();
        assert!(open.is_disjoint(&seen));
        assert_eq!(open.len() + seen.len(), 100);
    }

    #[test]
    fn a_new_round_leaves_out_what_is_on_its_way() {
        let mut board = Board::new(2 * AHEAD as u64);
        let (mine, yours) = (board.joined(1), board.joined(2));
        assert_eq!(mine.len() + yours.len(), 2 * AHEAD);
        for &piece in &yours {
            assert!(board.asked(&2, piece).is_empty(), "all else is suggested to the first peer");
        }
        for &piece in &mine[1..] {
            assert!(board.asked(&1, piece).is_empty(), "one suggestion is still open");
        }
        assert!(board.asked(&1, mine[0]).is_empty(), "the rest is on its way to the second peer");
        board.has(&2, yours.iter().copied().take(1));
        assert_eq!(board.has(&1, std::iter::once(mine[0])), yours[..1], "it did not come from there");
    }

    #[test]
    fn what_a_leaver_did_not_ask_for_goes_to_others() {
        let mut board = Board::new(AHEAD as u64);
        let first = board.joined(1);
        assert_eq!(first.len(), AHEAD);
        board.asked(&1, first[0]);
        board.left(&1);
        let second: BTreeSet<u64> = board.joined(2).into_iter().collect();
        assert!(first[1..].iter().all(|p| second.contains(p)));
    }

    #[test]
    fn nobody_is_offered_what_it_has() {
        let mut board = Board::new(300);
        board.joined(1);
        let offered = board.has(&1, 0..290);
        assert_eq!(offered.len(), AHEAD);
        assert!(offered.iter().all(|&p| p >= 290));
        assert!(board.has(&1, 0..300).is_empty());
        board.left(&1);
        assert!(board.is_empty());
    }
}
