//! Who takes part in a fetch: candidates become sources, and sources go.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use mist_proto::{http::SourceClass, ids::PeerName, wire::Channel};

use tokio::task::AbortHandle;

use super::{Contact, Driver, Event};
use crate::{
    Candidate, HttpsCandidate, Origin, PieceSet,
    https::HttpsSource,
    link::{Link, Subscription},
    meter::Meter,
    scheduler::{DropReason, SourceId, Time},
};

/// Without a byte for so long, sources that have nothing to give count as lost once no more candidates come.
const BARREN: Duration = Duration::from_secs(20);
/// The same if all of them say that they do not know the blob: one of them may be about to begin with it.
const UNKNOWN: Duration = Duration::from_secs(2);
/// How long an HTTPS source that failed is left alone: at first, and at most once that doubled with every failure.
const HTTPS_PAUSE: Duration = Duration::from_secs(2);
const HTTPS_PAUSE_AT_MOST: Duration = Duration::from_secs(60);
/// HTTPS sources that fail this often in a row are given up.
const HTTPS_FAILURES: u32 = 5;

/// A source that takes part.
pub(super) struct Active {
    pub(super) transport: Transport,
    pub(super) class: SourceClass,
    /// Bytes received, as its requests count them, and how many of them the scheduler knows of.
    pub(super) received: Arc<AtomicU64>,
    pub(super) reported: u64,
    /// Whether the connection is lost. Answers that came before are still being stored.
    pub(super) is_closed: bool,
}

/// How a source is reached.
pub(super) enum Transport {
    Link {
        link: Arc<Link>,
        peer: PeerName,
        channel: Channel,
    },
    Https {
        source: Arc<HttpsSource>,
        candidate: Box<HttpsCandidate>,
        failures: u32,
        /// What reads the whole file, where ranges are ignored.
        sweep: Option<AbortHandle>,
    },
}

impl Driver {
    /// Whether nobody is left who could bring what is missing.
    pub(super) fn is_lost(&mut self) -> bool {
        let nobody = self.active.is_empty() && self.roster.is_lost();
        let unknown = self.scheduler.are_all_strangers() && self.roster.connecting() == 0;
        let patience = if unknown { UNKNOWN } else { BARREN };
        let now = self.now();
        let barren = self.requests.is_empty() && now.saturating_sub(self.moved) >= patience;
        (nobody || barren) && !self.is_sweeping() && self.https.is_empty() && self.https_opening == 0
    }

    fn contact(&self, peer: &PeerName, addrs: Vec<SocketAddr>, seed: bool) -> Contact {
        Contact { addrs, seed, credit: self.node.credit_of(peer) }
    }

    fn is_sweeping(&self) -> bool {
        self.active.values().any(|a| matches!(a.transport, Transport::Https { sweep: Some(_), .. }))
    }

    pub(super) fn handle_candidate(&mut self, candidate: Candidate) {
        let now = self.now();
        match candidate {
            // The tracker may well name us to ourselves.
            Candidate::Peer { peer, .. } if peer == *self.node.peer_name() => {}
            Candidate::Peer { peer, addrs, origin, seed } => {
                if origin == Origin::Tracker {
                    self.node.network.note_local(addrs.iter().map(SocketAddr::ip));
                }
                let contact = self.contact(&peer, addrs, seed);
                self.roster.handle_candidate(now, peer, contact);
            }
            Candidate::Https(candidate) => {
                let place = place_of(&candidate);
                if self.active.values().any(|a| a.transport.is_https_at(&place)) {
                    return;
                }
                match self.https.iter_mut().find(|(_, known, _)| place_of(known) == place) {
                    // Its capability is the newer one.
                    Some((_, known, _)) => **known = candidate,
                    None => {
                        let (failures, due) = self.https_failed.get(&place).copied().unwrap_or((0, now));
                        self.https.push((due.max(now), Box::new(candidate), failures));
                    }
                }
            }
        }
    }

    /// Starts to connect whoever is due.
    pub(super) fn connect_due(&mut self) {
        let now = self.now();
        while let Some((peer, contact)) = self.roster.poll_due(now) {
            let (node, events, scope) = (self.node.clone(), self.events.clone(), self.key.scope.clone());
            self.node.tasks.spawn(async move {
                let outcome = node.connect(&peer, &contact.addrs, &scope, contact.seed).await;
                let _ = events.send(Event::Connected(peer, contact, outcome)).await;
            });
        }
        self.scheduler.handle_connecting(now, self.roster.connecting());
        if !self.scheduler.wants_https() {
            return;
        }
        for i in (0..self.https.len()).rev().filter(|&i| self.https[i].0 <= now).collect::<Vec<_>>() {
            let (_, candidate, failures) = self.https.swap_remove(i);
            let (events, blob) = (self.events.clone(), self.key.blob);
            let meter =
                Meter::new(SourceClass::Https, self.wire.clone(), self.gauges.clone(), Arc::default());
            self.https_opening += 1;
            self.node.tasks.spawn(async move {
                let outcome = HttpsSource::open(&candidate, blob, &meter).await.map(Arc::new);
                let _ = events.send(Event::Opened(candidate, failures, outcome)).await;
            });
        }
    }

    pub(super) fn handle_connected(&mut self, now: Time, peer: PeerName, contact: &Contact, link: Arc<Link>) {
        let id = self.new_source();
        let class = if contact.seed { SourceClass::Seed } else { link.class() };
        if contact.seed {
            link.vouch(&self.key.scope);
        }
        self.roster.handle_connected(&peer, id);
        self.scheduler.handle_joined(now, id, class, link.limit());
        self.scheduler.handle_credit(id, self.node.credit_of(&peer));
        self.scheduler.handle_named(id, number_of(&peer));
        let channel = link.open_channel(Subscription::Fetch(self.notices.clone(), id));
        let (node, key, subscriber) = (self.node.clone(), self.key.clone(), link.clone());
        // In a task of its own: a peer that does not take its frames must not hold up the fetch.
        self.node.tasks.spawn(async move {
            subscriber.subscribe(&node, channel, &key).await;
            // It may have been lost before the channel was open.
            if !subscriber.is_open() {
                subscriber.handle_lost().await;
            }
        });
        self.add_source(id, class, Transport::Link { link, peer, channel });
    }

    pub(super) fn handle_opened(
        &mut self,
        now: Time,
        source: Arc<HttpsSource>,
        candidate: Box<HttpsCandidate>,
        failures: u32,
    ) {
        let id = self.new_source();
        self.scheduler.handle_joined(now, id, SourceClass::Https, HttpsSource::limit(self.key.blob.size));
        self.scheduler.handle_together(id, source.pieces_together());
        self.scheduler.handle_have(now, id, &PieceSet::full(self.want.len()));
        self.add_source(
            id,
            SourceClass::Https,
            Transport::Https { source, candidate, failures, sweep: None },
        );
    }

    fn new_source(&mut self) -> SourceId {
        self.next_source += 1;
        SourceId(self.next_source)
    }

    fn add_source(&mut self, id: SourceId, class: SourceClass, transport: Transport) {
        self.active
            .insert(id, Active { transport, class, received: Arc::default(), reported: 0, is_closed: false });
    }

    pub(super) fn retry_https(&mut self, now: Time, candidate: Box<HttpsCandidate>, failures: u32) {
        let pause = HTTPS_PAUSE * 2u32.pow(failures.saturating_sub(1).min(8));
        let due = now + pause.min(HTTPS_PAUSE_AT_MOST);
        self.https_failed.insert(place_of(&candidate), (failures, due));
        if failures < HTTPS_FAILURES {
            self.https.push((due, candidate, failures));
        }
    }

    /// Removes a source whose connection is lost once nothing of it is under way: what was received whole is kept.
    pub(super) fn remove_if_closed(&mut self, now: Time, id: SourceId) {
        let is_closed = self.active.get(&id).is_some_and(|active| active.is_closed);
        if is_closed && !self.requests.keys().any(|(source, _)| *source == id) {
            self.scheduler.handle_gone(now, id);
            self.remove_source(now, id, None);
        }
    }

    /// Removes a source that the scheduler has forgotten.
    pub(super) fn remove_source(&mut self, now: Time, id: SourceId, reason: Option<DropReason>) {
        let asked: Vec<u64> =
            self.requests.keys().filter(|(s, _)| *s == id).map(|&(_, piece)| piece).collect();
        asked.into_iter().for_each(|piece| self.cancel_request(id, piece));
        let Some(active) = self.active.remove(&id) else { return };
        match active.transport {
            Transport::Link { link, peer, channel } => {
                link.unsubscribe(channel);
                if reason == Some(DropReason::BadData) {
                    self.roster.exclude(&peer);
                    self.node.ban(&peer);
                    self.banned.push(peer);
                } else {
                    if reason.is_some() {
                        self.node.note_let_down(&peer);
                    }
                    self.roster.handle_failed(now, &peer);
                }
            }
            // Its bytes are old or torn: it is opened anew, which reads outboard and seek table again.
            Transport::Https { candidate, failures, sweep, .. } => {
                if let Some(sweep) = sweep {
                    sweep.abort();
                }
                self.retry_https(now, candidate, failures + 1);
            }
        }
    }

    pub(super) fn remove_all(&mut self) {
        self.requests.drain().for_each(|(_, request)| request.task.abort());
        for active in std::mem::take(&mut self.active).into_values() {
            match active.transport {
                Transport::Link { link, channel, .. } => link.unsubscribe(channel),
                Transport::Https { sweep: Some(sweep), .. } => sweep.abort(),
                Transport::Https { .. } => {}
            }
        }
    }

    /// Finds candidates that nobody needs to name: neighbours, and peers that came to us.
    pub(super) fn add_candidates_at_hand(&mut self, now: Time) {
        for neighbour in self.node.lan.peers() {
            let contact = self.contact(&neighbour.peer, neighbour.addrs, false);
            self.roster.handle_candidate(now, neighbour.peer, contact);
        }
        for link in self.node.links_of_scope(&self.key.scope) {
            if !self.roster.knows(link.peer()) {
                let contact = self.contact(link.peer(), Vec::new(), false);
                self.roster.handle_candidate(now, link.peer().clone(), contact);
            }
        }
    }
}

impl Transport {
    fn is_https_at(&self, place: &str) -> bool {
        matches!(self, Self::Https { candidate, .. } if place_of(candidate) == place)
    }
}

/// A peer's name as a number that is the same at every peer.
pub(super) fn number_of(peer: &PeerName) -> u64 {
    let hash = blake3::hash(peer.as_str().as_bytes());
    hash.as_bytes().iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// Where an HTTPS source is, without the capability in its query.
pub(super) fn place_of(candidate: &HttpsCandidate) -> String {
    let mut place = candidate.data.clone();
    place.set_query(None);
    place.to_string()
}
