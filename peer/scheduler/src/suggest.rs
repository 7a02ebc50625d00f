//! Which pieces a seed suggests to whom, so that about one copy leaves it when many start at once.
//!
//! Pure. In each round every piece is suggested once, each to one peer; peers pass pieces on to each other. What a peer
//! has already (seeds listen to it) is never suggested to it. What waits with a busy peer is handed to one that has
//! nothing left, and what left with a peer goes to others. A new round begins for a peer that has asked for all that was
//! suggested to it. It leaves out what is on its way to somebody, or has just come to somebody: that will be passed on.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use crate::{PieceSet, Time};

/// Fewest and most suggestions that a peer has at hand before it asks. Fewer towards the end of a round: who is fast
/// would else find nothing left, and ask for what others have at hand.
const AHEAD: (u64, u64) = (2, 8);
/// Pieces that count as on their way to one peer; more than anybody asks for at once.
const COMING: usize = 48;
/// Pieces of which a peer may have had no time to say that they came before it ended.
const UNHEARD: usize = 2;
/// How long peers get to pass on what has come to one of them before it is suggested to another: they may not have met yet.
const SPREADING: Duration = Duration::from_secs(1);

/// The board of one blob. `K` names subscribers.
pub struct Board<K> {
    /// Pieces not suggested yet in this round.
    fresh: PieceSet,
    /// Pieces that went from one peer to another, and are not said to be there yet. Once only: who gets one asks for it
    /// at once.
    moved: PieceSet,
    /// Pieces that came to a peer from here, and when, the oldest first; those of the last [`SPREADING`].
    spreading: VecDeque<(Time, u64)>,
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

impl Subscriber {
    /// Pieces that it is to bring yet.
    fn load(&self) -> u64 {
        self.open.count() + self.coming.len() as u64
    }
}

impl<K: Ord + Clone> Board<K> {
    /// A board over `pieces` pieces.
    pub fn new(pieces: u64) -> Self {
        Self {
            fresh: PieceSet::full(pieces),
            moved: PieceSet::new(pieces),
            spreading: VecDeque::new(),
            cursor: 0,
            peers: BTreeMap::new(),
        }
    }

    /// Whether nobody is subscribed.
    pub fn is_empty(&self) -> bool {
        self.peers.is_empty()
    }

    /// What each peer says that it has.
    pub fn known(&self) -> impl Iterator<Item = &PieceSet> {
        self.peers.values().map(|subscriber| &subscriber.has)
    }

    /// A peer subscribed; returns its first suggestions.
    pub fn handle_joined(&mut self, now: Time, peer: K) -> Vec<u64> {
        let none = PieceSet::new(self.fresh.len());
        let subscriber = Subscriber { has: none.clone(), open: none, coming: VecDeque::new() };
        self.peers.insert(peer.clone(), subscriber);
        self.top_up(now, &peer)
    }

    /// A peer is lost, with what it has; what nobody else has or is to bring is suggested anew. Returns suggestions for those
    /// who wait.
    pub fn handle_lost(&mut self, now: Time, peer: &K) -> Vec<(K, Vec<u64>)> {
        let Some(Subscriber { has: mut lost, open, coming }) = self.peers.remove(peer) else {
            return Vec::new();
        };
        coming.into_iter().for_each(|piece| _ = lost.insert(piece));
        for other in self.peers.values() {
            lost.remove_all(&other.has);
            lost.remove_all(&other.open);
            other.coming.iter().for_each(|&piece| _ = lost.remove(piece));
        }
        self.fresh.insert_all(&lost);
        self.fresh.insert_all(&open);
        let waiting: Vec<K> =
            self.peers.iter().filter(|(_, s)| s.open.is_empty()).map(|(k, _)| k.clone()).collect();
        waiting.into_iter().map(|k| (k.clone(), self.top_up(now, &k))).collect()
    }

    /// A peer is no longer subscribed, and still there. If it has all it goes on serving that: nothing is lost. (That the last
    /// [`UNHEARD`] came may not have been heard.) Else it gave up, and that is as if it were lost. Returns suggestions for those who wait.
    pub fn handle_unsubscribed(&mut self, now: Time, peer: &K) -> Vec<(K, Vec<u64>)> {
        let has_all = |s: &Subscriber| {
            let mut has = s.has.clone();
            s.coming.iter().for_each(|&piece| _ = has.insert(piece));
            has.is_complete()
        };
        if self.peers.get(peer).is_some_and(|s| s.coming.len() <= UNHEARD && has_all(s)) {
            self.peers.remove(peer);
            return Vec::new();
        }
        self.handle_lost(now, peer)
    }

    /// A peer says that it has these pieces; returns suggestions in place of those that became useless.
    pub fn handle_have(&mut self, now: Time, peer: &K, pieces: impl Iterator<Item = u64>) -> Vec<u64> {
        self.forget_spread(now);
        let Some(subscriber) = self.peers.get_mut(peer) else { return Vec::new() };
        for piece in pieces {
            subscriber.has.insert(piece);
            subscriber.open.remove(piece);
            if let Some(at) = subscriber.coming.iter().position(|&p| p == piece) {
                subscriber.coming.remove(at);
                self.spreading.push_back((now, piece));
            }
            self.moved.remove(piece);
        }
        self.top_up(now, peer)
    }

    /// A peer asked for a piece, suggested or not; returns more suggestions.
    pub fn handle_request(&mut self, now: Time, peer: &K, piece: u64) -> Vec<u64> {
        let Some(subscriber) = self.peers.get_mut(peer) else { return Vec::new() };
        if subscriber.coming.len() == COMING {
            subscriber.coming.pop_front();
        }
        subscriber.coming.push_back(piece);
        if !subscriber.open.remove(piece) {
            // Its own choice: nobody else needs to fetch it from here.
            self.fresh.remove(piece);
        }
        self.top_up(now, peer)
    }

    fn top_up(&mut self, now: Time, peer: &K) -> Vec<u64> {
        let mut out = Vec::new();
        let Some(subscriber) = self.peers.get(peer) else { return out };
        let is_idle = subscriber.open.is_empty() && !subscriber.has.is_complete();
        if is_idle && next(&self.fresh, self.cursor, &subscriber.has).is_none() {
            self.begin_round(now);
        }
        let ahead = match self.peers.len() {
            1 => AHEAD.1,
            peers => (self.fresh.count() / (2 * peers as u64)).clamp(AHEAD.0, AHEAD.1),
        };
        let Some(subscriber) = self.peers.get_mut(peer) else { return out };
        while subscriber.open.count() < ahead
            && let Some(piece) = next(&self.fresh, self.cursor, &subscriber.has)
        {
            self.fresh.remove(piece);
            self.cursor = piece + 1;
            subscriber.open.insert(piece);
            out.push(piece);
        }
        if out.is_empty() && subscriber.open.is_empty() {
            out.extend(self.relieve(peer));
        }
        out
    }

    /// Hands what waits with the busiest to `peer`, who has nothing left to ask for, if that evens things out.
    fn relieve(&mut self, peer: &K) -> Option<u64> {
        let Subscriber { has, coming, .. } = self.peers.get(peer)?;
        let waiting = self.peers.values().filter(|s| s.open.count() > 0);
        let busiest = waiting.max_by_key(|s| s.load())?;
        if busiest.load() < coming.len() as u64 + 2 {
            return None;
        }
        // From the end: what it would come to last.
        let piece = busiest.open.iter().filter(|&p| !has.contains(p) && !self.moved.contains(p)).last()?;
        self.moved.insert(piece);
        self.peers.values_mut().for_each(|s| _ = s.open.remove(piece));
        self.peers.get_mut(peer)?.open.insert(piece);
        Some(piece)
    }

    /// Lets go of what had its time to spread.
    fn forget_spread(&mut self, now: Time) {
        let is_over = |&(at, _): &(Time, u64)| now.saturating_sub(at) >= SPREADING;
        while self.spreading.front().is_some_and(is_over) {
            self.spreading.pop_front();
        }
    }

    fn begin_round(&mut self, now: Time) {
        self.fresh = PieceSet::full(self.fresh.len());
        self.forget_spread(now);
        for &(_, piece) in &self.spreading {
            self.fresh.remove(piece);
        }
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

    const NOW: Time = Duration::from_secs(5);

    /// Lets `peer` ask for all that is suggested to it; returns it.
    fn ask_for_all(board: &mut Board<u8>, peer: u8, mut queue: Vec<u64>) -> Vec<u64> {
        let mut at = 0;
        while let Some(&piece) = queue.get(at) {
            queue.extend(board.handle_request(NOW, &peer, piece));
            at += 1;
        }
        queue
    }

    #[test]
    fn a_round_gives_every_piece_to_one_peer() {
        let mut board = Board::new(100);
        let mut queues: Vec<Vec<u64>> = (0..4).map(|peer| board.handle_joined(NOW, peer)).collect();
        let mut seen = BTreeSet::new();
        'round: loop {
            for (peer, queue) in queues.iter_mut().enumerate() {
                let piece = queue.remove(0);
                assert!(seen.insert(piece), "{piece} was suggested twice");
                queue.extend(board.handle_request(NOW, &peer, piece));
                if board.fresh.is_empty() {
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
    fn peers_that_ask_by_turns_have_something_to_ask_for_until_all_is_given() {
        let mut board = Board::new(100);
        let mut queues: Vec<VecDeque<u64>> =
            (0..4).map(|peer| board.handle_joined(NOW, peer).into()).collect();
        let mut asked = PieceSet::new(100);
        while !asked.is_complete() {
            for (peer, queue) in (0..).zip(&mut queues) {
                // What somebody else took over and has by now needs not be asked for.
                let Some(piece) = std::iter::from_fn(|| queue.pop_front()).find(|&p| !asked.contains(p))
                else {
                    assert!(asked.count() > 96, "nothing for {peer} with {} of 100 given", asked.count());
                    continue;
                };
                asked.insert(piece);
                queue.extend(board.handle_request(NOW, &peer, piece));
            }
        }
    }

    #[test]
    fn a_new_round_leaves_out_what_is_on_its_way() {
        let mut board = Board::new(16);
        let (mine, yours) = (board.handle_joined(NOW, 1), board.handle_joined(NOW, 2));
        let yours = ask_for_all(&mut board, 2, yours);
        let mine = ask_for_all(&mut board, 1, mine);
        let all: BTreeSet<u64> = mine.iter().chain(&yours).copied().collect();
        assert_eq!(all.len(), 16);
        assert!(
            board.handle_have(NOW, &1, mine.iter().copied()).is_empty(),
            "the rest is on its way to the second peer"
        );
        let here = yours.iter().copied().find(|p| !mine.contains(p)).expect("something came to the second");
        board.handle_have(NOW, &2, std::iter::once(here));
        let later = NOW + SPREADING;
        assert_eq!(
            board.handle_have(later, &1, std::iter::once(mine[0])),
            [here],
            "it did not come from there"
        );
    }

    #[test]
    fn who_has_nothing_left_takes_over_what_waits_elsewhere() {
        let mut board = Board::new(2 * AHEAD.1);
        let first = board.handle_joined(NOW, 1);
        assert_eq!(first.len() as u64, AHEAD.1);
        board.handle_request(NOW, &1, first[0]);
        let mut second = board.handle_joined(NOW, 2);
        let mut at = 0;
        while let Some(&piece) = second.get(at) {
            second.extend(board.handle_request(NOW, &2, piece));
            second.extend(board.handle_have(NOW, &2, std::iter::once(piece)));
            at += 1;
        }
        let got: BTreeSet<u64> = second.iter().copied().collect();
        assert_eq!(got.len(), second.len(), "nothing was suggested twice");
        let expected: BTreeSet<u64> = (0..2 * AHEAD.1).filter(|&p| p != first[0]).collect();
        assert_eq!(got, expected, "the slow one is left with what it asked for");
    }

    #[test]
    fn what_a_leaver_did_not_ask_for_goes_to_others() {
        let mut board = Board::new(AHEAD.1);
        let first = board.handle_joined(NOW, 1);
        assert_eq!(first.len() as u64, AHEAD.1);
        board.handle_request(NOW, &1, first[0]);
        assert!(board.handle_lost(NOW, &1).is_empty(), "nobody is there");
        let second: BTreeSet<u64> = board.handle_joined(NOW, 2).into_iter().collect();
        assert!(first[1..].iter().all(|p| second.contains(p)));
    }

    #[test]
    fn what_left_with_a_peer_is_suggested_to_those_who_wait() {
        let mut board = Board::new(4);
        let (mut first, second) = (board.handle_joined(NOW, 1), board.handle_joined(NOW, 2));
        let second = ask_for_all(&mut board, 2, second);
        first.retain(|piece| !second.contains(piece));
        let first = ask_for_all(&mut board, 1, first);
        assert_eq!((first.len(), second.len()), (2, 2));
        board.handle_have(NOW, &1, first[..1].iter().copied());
        board.handle_have(NOW, &2, first[..1].iter().copied());
        let mut anew = board.handle_lost(NOW, &1);
        assert_eq!(anew.len(), 1);
        let (peer, suggested) = anew.remove(0);
        assert_eq!(peer, 2);
        let again = ask_for_all(&mut board, 2, suggested);
        assert_eq!(again, first[1..], "what it has, and what is on its way to it, is not lost");
    }

    #[test]
    fn nobody_is_offered_what_it_has() {
        let mut board = Board::new(300);
        board.handle_joined(NOW, 1);
        let offered = board.handle_have(NOW, &1, 0..290);
        assert_eq!(offered.len() as u64, AHEAD.1);
        assert!(offered.iter().all(|&p| p >= 290));
        assert!(board.handle_have(NOW, &1, 0..300).is_empty());
        board.handle_lost(NOW, &1);
        assert!(board.is_empty());
    }

    #[test]
    fn what_has_just_come_to_one_is_not_suggested_to_another_until_it_had_time_to_spread() {
        let mut board = Board::new(4);
        let first = board.handle_joined(NOW, 1);
        let first = ask_for_all(&mut board, 1, first);
        assert_eq!(first.len(), 4);
        board.handle_have(NOW, &1, 0..2);
        assert!(board.handle_joined(NOW, 2).is_empty(), "it comes from the first peer");
        board.handle_have(NOW, &1, 2..4);
        let later = NOW + SPREADING;
        assert!(board.handle_have(later - Duration::from_millis(1), &2, 0..1).is_empty());
        let anew = board.handle_have(later, &2, 0..1);
        let anew: BTreeSet<u64> = ask_for_all(&mut board, 2, anew).into_iter().collect();
        assert_eq!(anew, (1..4).collect(), "the first peer does not pass it on");
    }

    #[test]
    fn who_has_all_and_is_no_longer_subscribed_takes_nothing_away() {
        let mut board = Board::new(4);
        let first = board.handle_joined(NOW, 1);
        ask_for_all(&mut board, 1, first);
        board.handle_joined(NOW, 2);
        // That it has the last one was not heard.
        board.handle_have(NOW, &1, 0..3);
        assert!(board.handle_unsubscribed(NOW, &1).is_empty(), "it serves all that it has");
        let later = NOW + SPREADING;
        assert_eq!(board.handle_request(later, &2, 3).len(), 3, "it had the time to");
    }

    #[test]
    fn who_gives_up_takes_what_only_it_had() {
        let mut board = Board::new(4);
        let first = board.handle_joined(NOW, 1);
        ask_for_all(&mut board, 1, first);
        board.handle_joined(NOW, 2);
        board.handle_have(NOW, &1, 0..1);
        let mut anew = board.handle_unsubscribed(NOW, &1);
        assert_eq!(anew.remove(0).0, 2);
    }
}
