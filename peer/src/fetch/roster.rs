//! Who may be asked: candidates, when to try them again, and whom never.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use mist_proto::ids::PeerName;

use crate::{
    Credit,
    scheduler::{SourceId, Time},
};

/// Shortest and longest pause before a peer that failed is tried again.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Failures in a row after which a peer counts as lost when no more candidates come.
const LOST: u32 = 3;
/// Candidates that are kept; more are not looked at.
const MAX: usize = 1024;

/// All peers that were ever named to one fetch. Pure.
#[derive(Default)]
pub(super) struct Roster(BTreeMap<PeerName, Entry>);

/// What is known of one candidate.
#[derive(Debug, Clone)]
pub(super) struct Contact {
    pub(super) addrs: Vec<SocketAddr>,
    /// Whether the tracker vouches for it as a seed.
    pub(super) seed: bool,
    /// What is to be expected of it.
    pub(super) credit: Credit,
}

impl Contact {
    /// Who goes first: seeds, then those who delivered.
    fn rank(&self) -> (bool, Credit) {
        (!self.seed, self.credit)
    }
}

struct Entry {
    contact: Contact,
    standing: Standing,
    failures: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// May be tried from then on.
    Waiting(Time),
    Connecting,
    Active(SourceId),
    /// Never again.
    Excluded,
}

impl Roster {
    /// A candidate is named: it is added, or what is known of it is refreshed. A word of the tracker is never weakened.
    pub(super) fn handle_candidate(&mut self, now: Time, peer: PeerName, contact: Contact) {
        if let Some(entry) = self.0.get_mut(&peer) {
            let seed = entry.contact.seed || contact.seed;
            for addr in contact.addrs {
                if !entry.contact.addrs.contains(&addr) && entry.contact.addrs.len() < 16 {
                    // New addresses are news: worth a try at once.
                    entry.contact.addrs.insert(0, addr);
                    if let Standing::Waiting(until) = &mut entry.standing {
                        *until = now.min(*until);
                    }
                }
            }
            entry.contact.seed = seed;
        } else if self.0.len() < MAX || self.make_room_for(&contact) {
            self.0.insert(peer, Entry { contact, standing: Standing::Waiting(now), failures: 0 });
        }
    }

    /// Drops a candidate that waits for one that is better; whether there was one.
    fn make_room_for(&mut self, contact: &Contact) -> bool {
        let waits = |e: &Entry| matches!(e.standing, Standing::Waiting(_));
        let worst = self.0.iter().filter(|(_, e)| waits(e)).max_by_key(|(_, e)| e.contact.rank());
        let Some(goes) =
            worst.filter(|(_, e)| e.contact.rank() > contact.rank()).map(|(peer, _)| peer.clone())
        else {
            return false;
        };
        self.0.remove(&goes).is_some()
    }

    /// Whether the peer is known.
    pub(super) fn knows(&self, peer: &PeerName) -> bool {
        self.0.contains_key(peer)
    }

    /// A peer that is due to be connected, if any, the best first; it counts as being connected from now on.
    pub(super) fn poll_due(&mut self, now: Time) -> Option<(PeerName, Contact)> {
        let due = |e: &Entry| matches!(e.standing, Standing::Waiting(at) if at <= now);
        let (peer, entry) =
            self.0.iter_mut().filter(|(_, e)| due(e)).min_by_key(|(_, e)| e.contact.rank())?;
        entry.standing = Standing::Connecting;
        Some((peer.clone(), entry.contact.clone()))
    }

    /// The peer takes part.
    pub(super) fn handle_connected(&mut self, peer: &PeerName, id: SourceId) {
        if let Some(entry) = self.0.get_mut(peer) {
            entry.standing = Standing::Active(id);
        }
    }

    /// The peer brought something: it is forgiven.
    pub(super) fn handle_delivered(&mut self, peer: &PeerName) {
        if let Some(entry) = self.0.get_mut(peer) {
            entry.failures = 0;
        }
    }

    /// The peer could not be reached, or was lost.
    pub(super) fn handle_failed(&mut self, now: Time, peer: &PeerName) {
        if let Some(entry) = self.0.get_mut(peer)
            && entry.standing != Standing::Excluded
        {
            let pause = (BACK_OFF.0 * 2u32.saturating_pow(entry.failures)).min(BACK_OFF.1);
            entry.failures = entry.failures.saturating_add(1);
            entry.standing = Standing::Waiting(now + pause);
        }
    }

    /// The peer is never asked again.
    pub(super) fn exclude(&mut self, peer: &PeerName) {
        if let Some(entry) = self.0.get_mut(peer) {
            entry.standing = Standing::Excluded;
        }
    }

    /// Peers that are being connected.
    pub(super) fn connecting(&self) -> usize {
        self.0.values().filter(|e| e.standing == Standing::Connecting).count()
    }

    /// Whether nobody takes part and nobody is likely to come back.
    pub(super) fn is_lost(&self) -> bool {
        self.0.values().all(|e| match e.standing {
            Standing::Waiting(_) => e.failures >= LOST,
            Standing::Connecting | Standing::Active(_) => false,
            Standing::Excluded => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(i: u8) -> PeerName {
        format!("12D3KooW{}", char::from(b'a' + i).to_string().repeat(44)).parse().expect("name")
    }

    fn contact(port: u16) -> Contact {
        Contact { addrs: vec![([127, 0, 0, 1], port).into()], seed: false, credit: Credit::Unknown }
    }

    #[test]
    fn who_delivered_is_connected_first_and_finds_a_place_among_any_number_of_others() {
        let mut roster = Roster::default();
        let numbered = |n: usize| {
            let tail: String = format!("{n:04}").chars().map(|c| char::from(c as u8 - b'0' + b'a')).collect();
            format!("12D3KooW{}{tail}", "z".repeat(40)).parse::<PeerName>().expect("name")
        };
        for n in 0..2 * MAX {
            roster.handle_candidate(Time::ZERO, numbered(n), contact(1));
        }
        assert_eq!(roster.0.len(), MAX);
        let proven = Contact { credit: Credit::Proven, ..contact(2) };
        roster.handle_candidate(Time::ZERO, name(0), proven);
        let seed = Contact { seed: true, ..contact(3) };
        roster.handle_candidate(Time::ZERO, name(1), seed);
        roster.handle_candidate(Time::ZERO, name(2), Contact { credit: Credit::Doubtful, ..contact(4) });
        assert_eq!(roster.0.len(), MAX);
        assert_eq!(roster.poll_due(Time::ZERO).expect("due").0, name(1), "the seed");
        assert_eq!(roster.poll_due(Time::ZERO).expect("due").0, name(0), "who delivered");
        assert!(!roster.knows(&name(2)), "nobody makes way for it");
    }

    #[test]
    fn failures_wait_longer_each_time_and_a_new_address_is_tried_at_once() {
        let (mut roster, peer) = (Roster::default(), name(0));
        roster.handle_candidate(Time::ZERO, peer.clone(), contact(1));
        let mut now = Time::ZERO;
        for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert!(roster.poll_due(now).is_some());
            assert!(roster.poll_due(now).is_none(), "it is being connected");
            roster.handle_failed(now, &peer);
            assert!(roster.poll_due(now + Duration::from_millis(pause * 1000 - 1)).is_none());
            now += Duration::from_secs(pause);
        }
        assert!(roster.poll_due(now).is_some());
        roster.handle_failed(now, &peer);
        assert!(roster.is_lost());
        roster.handle_candidate(now, peer.clone(), contact(1));
        assert!(roster.poll_due(now).is_none());
        roster.handle_candidate(now, peer.clone(), contact(2));
        assert_eq!(roster.poll_due(now).expect("due").1.addrs.len(), 2);
    }

    #[test]
    fn the_excluded_stay_out() {
        let (mut roster, peer) = (Roster::default(), name(1));
        roster.handle_candidate(Time::ZERO, peer.clone(), contact(1));
        roster.poll_due(Time::ZERO);
        roster.handle_connected(&peer, SourceId(0));
        assert!(!roster.is_lost());
        roster.exclude(&peer);
        roster.handle_failed(Time::ZERO, &peer);
        roster.handle_candidate(Time::ZERO, peer, contact(9));
        assert!(roster.poll_due(Duration::from_secs(3600)).is_none());
        assert!(roster.is_lost());
    }
}
