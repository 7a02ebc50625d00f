//! What peers did for this node in its transfers so far: whoever delivered goes before whoever only claims to have something.
//!
//! Anybody may say that it has everything, under as many names as it likes. What can't be invented is a verified piece that
//! came from somebody; so those who brought some are asked first the next time too, and those who only let this node down
//! are not waited for. It is kept in memory alone, and bounded: names that never brought anything push out each other, at
//! random, and nobody else.

use std::collections::BTreeMap;

use mist_proto::ids::PeerName;

use crate::Credit;

/// Peers that are remembered.
const MAX: usize = 4096;
/// How many pieces make up for having let this node down once.
const WORTH: u64 = 16;

/// The deeds of peers. Pure.
#[derive(Debug, Default)]
pub(crate) struct Deeds {
    peers: BTreeMap<PeerName, Deed>,
    /// Counts what is noted.
    now: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Deed {
    /// Pieces that it brought.
    delivered: u64,
    /// How often it lost its place in a transfer for what it did not bring.
    broken: u64,
    /// When something was noted of it last.
    last: u64,
}

impl Deed {
    fn credit(self) -> Credit {
        if self.delivered > self.broken.saturating_mul(WORTH) {
            Credit::Proven
        } else if self.broken > 0 {
            Credit::Doubtful
        } else {
            Credit::Unknown
        }
    }
}

impl Deeds {
    /// What is to be expected of a peer.
    pub(crate) fn credit(&self, peer: &PeerName) -> Credit {
        self.peers.get(peer).map_or(Credit::Unknown, |deed| deed.credit())
    }

    /// It brought a piece that verified. `choice` is a random number.
    pub(crate) fn delivered(&mut self, peer: &PeerName, choice: u64) {
        let deed = self.of(peer, choice);
        deed.delivered = deed.delivered.saturating_add(1);
    }

    /// It did not bring what it said that it had. `choice` is a random number.
    pub(crate) fn let_down(&mut self, peer: &PeerName, choice: u64) {
        let deed = self.of(peer, choice);
        deed.broken = deed.broken.saturating_add(1);
    }

    fn of(&mut self, peer: &PeerName, choice: u64) -> &mut Deed {
        self.now += 1;
        if self.peers.len() >= MAX && !self.peers.contains_key(peer) {
            self.make_room(choice);
        }
        let deed = self.peers.entry(peer.clone()).or_default();
        deed.last = self.now;
        deed
    }

    fn make_room(&mut self, choice: u64) {
        let unproven = || self.peers.iter().filter(|(_, deed)| deed.credit() != Credit::Proven);
        let count = unproven().count();
        let at = usize::try_from(choice % count.max(1) as u64).unwrap_or(0);
        let oldest = || self.peers.iter().min_by_key(|(_, deed)| deed.last);
        if let Some(goes) = unproven().nth(at).or_else(oldest).map(|(peer, _)| peer.clone()) {
            self.peers.remove(&goes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: usize) -> PeerName {
        let digits = "123456789abcdefghijkmnopqrstuvwxyz";
        let letter = |at: usize| digits.as_bytes()[at % digits.len()] as char;
        let tail: String = (0..4).map(|k| letter(n / digits.len().pow(k))).collect();
        format!("12D3KooW{}{tail}", "a".repeat(40)).parse().expect("a name")
    }

    #[test]
    fn who_delivered_is_proven_and_who_let_down_is_doubtful_until_it_has_made_up_for_it() {
        let mut deeds = Deeds::default();
        assert_eq!(deeds.credit(&peer(1)), Credit::Unknown);
        deeds.delivered(&peer(1), 0);
        assert_eq!(deeds.credit(&peer(1)), Credit::Proven);
        deeds.let_down(&peer(1), 0);
        assert_eq!(deeds.credit(&peer(1)), Credit::Doubtful);
        (0..WORTH).for_each(|_| deeds.delivered(&peer(1), 0));
        assert_eq!(deeds.credit(&peer(1)), Credit::Proven, "a link may break once");
        assert!(Credit::Proven < Credit::Unknown && Credit::Unknown < Credit::Doubtful);
    }

    #[test]
    fn invented_names_push_out_nobody_who_delivered_and_fill_no_memory() {
        let mut deeds = Deeds::default();
        (0..100).for_each(|n| deeds.delivered(&peer(n), 0));
        for n in 100..3 * MAX {
            deeds.let_down(&peer(n), n as u64 * 7919);
        }
        assert!((0..100).all(|n| deeds.credit(&peer(n)) == Credit::Proven));
        assert_eq!(deeds.peers.len(), MAX);
        // Where all have delivered, whoever did so longest ago goes.
        let mut proven = Deeds::default();
        (0..=MAX).for_each(|n| proven.delivered(&peer(n), 0));
        assert_eq!((proven.credit(&peer(0)), proven.credit(&peer(MAX))), (Credit::Unknown, Credit::Proven));
    }
}
