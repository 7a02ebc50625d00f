//! The thin driver of one fetch: carries events to the [`Scheduler`] and out what it decides.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use mist_proto::{
    http::{BytesBySource, SourceClass},
    ids::PeerName,
    limits::HAVE_PAGE_PIECES,
    wire::{Channel, Request},
};
use tokio::{
    sync::{mpsc, watch},
    task::AbortHandle,
    time::MissedTickBehavior,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::{
    Fetch, FetchError, FetchProgress, FetchReport,
    checkpoints::{Checkpoints, checkpoint},
    clock::Clock,
    piece::{PieceError, Whom, store},
    rate::Rate,
    roster::{Contact, Roster},
};
use crate::{
    BlobSink, Candidate, HttpsCandidate, Origin, PartialBlob, PieceSet, bao,
    https::{HttpsError, HttpsSource},
    link::{BlobKey, Link, LinkError, Subscription, Word},
    node::Shared,
    partial::ServedPartial,
    scheduler::{Action, DropReason, Failure, Scheduler, SourceId, TICK, Time},
};

/// How often neighbours and connected peers are looked at for new candidates.
const LOOK_AROUND: Duration = Duration::from_secs(1);
/// Without a byte for so long, sources that have nothing to give count as lost once no more candidates come.
const BARREN: Duration = Duration::from_secs(20);
/// The same if all of them say that they do not know the blob: one of them may be about to begin with it.
const UNKNOWN: Duration = Duration::from_secs(2);
/// How long an HTTPS source that failed is left alone.
const HTTPS_PAUSE: Duration = Duration::from_secs(5);
/// HTTPS sources that fail this often in a row are given up.
const HTTPS_FAILURES: u32 = 5;

enum Event {
    Connected(PeerName, Contact, Result<Arc<Link>, LinkError>),
    Opened(Box<HttpsCandidate>, u32, Result<Arc<HttpsSource>, HttpsError>),
    Piece(SourceId, u64, Result<u64, PieceError>),
}

/// A source that takes part.
struct Active {
    way: Way,
    class: SourceClass,
    /// Bytes received, as its requests count them, and how many of them the scheduler knows of.
    received: Arc<AtomicU64>,
    reported: u64,
    /// Whether the connection is lost. Answers that came before are still being stored.
    is_closed: bool,
}

enum Way {
    Link { link: Arc<Link>, peer: PeerName, channel: Channel },
    Https { source: Arc<HttpsSource>, candidate: Box<HttpsCandidate>, failures: u32 },
}

struct Ask {
    task: AbortHandle,
    received: Arc<AtomicU64>,
}

struct Driver {
    node: Arc<Shared>,
    key: BlobKey,
    partial: PartialBlob,
    sink: Arc<dyn BlobSink>,
    want: PieceSet,
    /// When it began, for the report; decisions go by the clock.
    start: Instant,
    clock: Clock,
    scheduler: Scheduler,
    roster: Roster,
    active: HashMap<SourceId, Active>,
    asks: HashMap<(SourceId, u64), Ask>,
    next_source: u32,
    /// HTTPS candidates to open, when, and how often they failed in a row.
    https: Vec<(Time, Box<HttpsCandidate>, u32)>,
    https_opening: usize,
    events: mpsc::Sender<Event>,
    words: mpsc::Sender<(SourceId, Word)>,
    checkpoints: Checkpoints,
    looked_around: Time,
    moved: Time,
    bytes: BytesBySource,
    wasted: u64,
    banned: Vec<PeerName>,
    rate: Rate,
}

/// Runs a fetch to its end.
pub(super) async fn run(
    node: Arc<Shared>,
    order: Fetch,
    publish: watch::Sender<FetchProgress>,
    cancel: CancellationToken,
) -> Result<FetchReport, FetchError> {
    let Fetch { scope, blob, want, partial, sink, sources } = order;
    let key = BlobKey { scope, blob };
    if !node.begin_fetch(&key, ServedPartial { partial: partial.clone(), sink: sink.clone() }) {
        return Err(FetchError::Invalid("this blob is being fetched already"));
    }
    let want = want.unwrap_or_else(|| PieceSet::full(bao::pieces(blob.size)));
    let (events, from_tasks) = mpsc::channel(1024);
    let (words, from_peers) = mpsc::channel(4096);
    let mut driver = Driver {
        scheduler: Scheduler::new(&want, &partial.have(), rand::random()),
        node: node.clone(),
        key: key.clone(),
        partial,
        sink,
        want,
        start: Instant::now(),
        clock: Clock::start(),
        roster: Roster::default(),
        active: HashMap::new(),
        asks: HashMap::new(),
        next_source: 0,
        https: Vec::new(),
        https_opening: 0,
        events,
        words,
        checkpoints: Checkpoints::default(),
        looked_around: Time::ZERO,
        moved: Time::ZERO,
        bytes: BytesBySource::default(),
        wasted: 0,
        banned: Vec::new(),
        rate: Rate::default(),
    };
    let outcome = driver.turn(sources.0, from_tasks, from_peers, &publish, &cancel).await;
    driver.part_from_all();
    let durable = checkpoint(driver.partial.clone(), driver.sink.clone()).await;
    node.end_fetch(&key);
    publish.send_replace(driver.progress());
    outcome?;
    durable.map_err(|e| FetchError::Storage(Arc::new(e)))?;
    Ok(FetchReport {
        bytes: driver.bytes,
        wasted: driver.wasted,
        banned: driver.banned,
        elapsed: driver.start.elapsed(),
    })
}

impl Driver {
    async fn turn(
        &mut self,
        mut feed: mpsc::Receiver<Candidate>,
        mut from_tasks: mpsc::Receiver<Event>,
        mut from_peers: mpsc::Receiver<(SourceId, Word)>,
        publish: &watch::Sender<FetchProgress>,
        cancel: &CancellationToken,
    ) -> Result<(), FetchError> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut more_candidates = true;
        loop {
            if self.is_complete() {
                return Ok(());
            }
            tokio::select! {
                () = cancel.cancelled() => return Err(FetchError::Cancelled),
                candidate = feed.recv(), if more_candidates => match candidate {
                    Some(candidate) => self.add(candidate),
                    None => more_candidates = false,
                },
                Some((id, word)) = from_peers.recv() => self.hear(id, word),
                Some(event) = from_tasks.recv() => self.handle(event)?,
                _ = tick.tick() => {
                    self.tick()?;
                    publish.send_replace(self.progress());
                    if !more_candidates && self.is_lost() {
                        return Err(FetchError::NoSources { missing: self.scheduler.missing() });
                    }
                }
            }
            // What is ready is taken in before decisions are made: they are better and fewer.
            while let Ok((id, word)) = from_peers.try_recv() {
                self.hear(id, word);
            }
            while let Ok(event) = from_tasks.try_recv() {
                self.handle(event)?;
            }
            self.connect_due();
            let now = self.now();
            while let Some(action) = self.scheduler.poll_action(now) {
                self.act(now, action);
            }
        }
    }

    fn now(&mut self) -> Time {
        self.clock.now()
    }

    /// Whether all is here. Pieces that rotted while they were served are put back to work.
    fn is_complete(&mut self) -> bool {
        if self.scheduler.missing() > 0 {
            return false;
        }
        let have = self.partial.have();
        let lost: Vec<u64> = self.want.iter().filter(|&p| !have.contains(p)).collect();
        lost.iter().for_each(|&piece| self.scheduler.handle_lost(piece));
        lost.is_empty()
    }

    /// Whether nobody is left who could bring what is missing.
    fn is_lost(&mut self) -> bool {
        let nobody = self.active.is_empty() && self.roster.is_lost();
        let unknown = self.scheduler.are_all_strangers() && self.roster.connecting() == 0;
        let patience = if unknown { UNKNOWN } else { BARREN };
        let now = self.now();
        let barren = self.asks.is_empty() && now.saturating_sub(self.moved) >= patience;
        (nobody || barren) && self.https.is_empty() && self.https_opening == 0
    }

    fn add(&mut self, candidate: Candidate) {
        let now = self.now();
        match candidate {
            // The tracker may well name us to ourselves.
            Candidate::Peer { peer, .. } if peer == *self.node.peer_name() => {}
            Candidate::Peer { peer, addrs, origin, seed } => {
                if origin == Origin::Tracker {
                    self.node.network.note_local(addrs.iter().map(SocketAddr::ip));
                }
                self.roster.add(now, peer, Contact { addrs, seed });
            }
            Candidate::Https(candidate) => {
                let active = self.active.values().any(|a| a.way.is_https_at(&candidate));
                if !active && !self.https.iter().any(|(_, known, _)| known.data == candidate.data) {
                    self.https.push((now, Box::new(candidate), 0));
                }
            }
        }
    }

    /// Starts to connect whoever is due.
    fn connect_due(&mut self) {
        let now = self.now();
        while let Some((peer, contact)) = self.roster.next(now) {
            let (node, events, scope) = (self.node.clone(), self.events.clone(), self.key.scope.clone());
            self.node.tasks.spawn(async move {
                let outcome = node.connect(&peer, &contact.addrs, &scope, contact.seed).await;
                let _ = events.send(Event::Connected(peer, contact, outcome)).await;
            });
        }
        for i in (0..self.https.len()).rev().filter(|&i| self.https[i].0 <= now).collect::<Vec<_>>() {
            let (_, candidate, failures) = self.https.swap_remove(i);
            let (events, blob) = (self.events.clone(), self.key.blob);
            self.https_opening += 1;
            self.node.tasks.spawn(async move {
                let outcome = HttpsSource::open(&candidate, blob).await.map(Arc::new);
                let _ = events.send(Event::Opened(candidate, failures, outcome)).await;
            });
        }
        self.scheduler.handle_connecting(now, self.roster.connecting());
    }

    fn handle(&mut self, event: Event) -> Result<(), FetchError> {
        let now = self.now();
        match event {
            Event::Connected(peer, contact, Ok(link)) => self.join_peer(now, peer, &contact, link),
            Event::Connected(peer, _, Err(e)) => {
                debug!(%peer, error = %e, "can't connect");
                self.roster.failed(now, &peer);
            }
            Event::Opened(candidate, failures, outcome) => {
                self.https_opening -= 1;
                match outcome {
                    Ok(source) => self.join_https(now, source, candidate, failures),
                    Err(e) => {
                        info!(url = candidate.data.path(), error = %e, "HTTPS source can't be used");
                        self.retry_https(now, candidate, failures + 1);
                    }
                }
            }
            Event::Piece(id, piece, outcome) => {
                let ask = self.asks.remove(&(id, piece));
                self.report_progress(now, id);
                match outcome {
                    Ok(bytes) => self.took(now, id, piece, bytes),
                    Err(PieceError::Source(failure)) => {
                        self.wasted += match failure {
                            Failure::BadData => bao::piece_range(self.key.blob.size, piece).1 as u64,
                            _ => ask.map_or(0, |ask| ask.received.load(Ordering::Relaxed)),
                        };
                        self.scheduler.handle_failed(now, id, piece, failure);
                    }
                    Err(PieceError::Storage(e)) => return Err(FetchError::Storage(Arc::new(e))),
                }
                self.part_if_closed(now, id);
            }
        }
        Ok(())
    }

    fn join_peer(&mut self, now: Time, peer: PeerName, contact: &Contact, link: Arc<Link>) {
        let id = self.new_source();
        let class = if contact.seed { SourceClass::Seed } else { link.class() };
        if contact.seed {
            link.vouch(&self.key.scope);
        }
        self.roster.connected(&peer, id);
        self.scheduler.handle_joined(now, id, class, link.limit());
        let channel = link.listen(Subscription::Fetch(self.words.clone(), id));
        let (node, key, subscriber) = (self.node.clone(), self.key.clone(), link.clone());
        // In a task of its own: a peer that does not take its frames must not hold up the fetch.
        self.node.tasks.spawn(async move {
            subscriber.subscribe(&node, channel, &key).await;
            // It may have been lost before anybody here listened.
            if !subscriber.is_open() {
                subscriber.lost().await;
            }
        });
        self.activate(id, class, Way::Link { link, peer, channel });
    }

    fn join_https(
        &mut self,
        now: Time,
        source: Arc<HttpsSource>,
        candidate: Box<HttpsCandidate>,
        failures: u32,
    ) {
        let id = self.new_source();
        self.scheduler.handle_joined(now, id, SourceClass::Https, HttpsSource::LIMIT);
        self.scheduler.handle_have(now, id, &PieceSet::full(self.want.len()));
        self.activate(id, SourceClass::Https, Way::Https { source, candidate, failures });
    }

    fn new_source(&mut self) -> SourceId {
        self.next_source += 1;
        SourceId(self.next_source)
    }

    fn activate(&mut self, id: SourceId, class: SourceClass, way: Way) {
        self.active
            .insert(id, Active { way, class, received: Arc::default(), reported: 0, is_closed: false });
    }

    fn retry_https(&mut self, now: Time, candidate: Box<HttpsCandidate>, failures: u32) {
        if failures < HTTPS_FAILURES {
            self.https.push((now + HTTPS_PAUSE, candidate, failures));
        }
    }

    fn hear(&mut self, id: SourceId, word: Word) {
        let now = self.now();
        match word {
            Word::HaveAll => self.scheduler.handle_have(now, id, &PieceSet::full(self.want.len())),
            Word::Page(page, bits) => {
                let mut pieces = PieceSet::new(self.want.len());
                // A page with bits behind the end is a lie, and counts for nothing.
                if pieces.merge_bytes(u64::from(page) * HAVE_PAGE_PIECES, &bits) {
                    self.scheduler.handle_have(now, id, &pieces);
                }
            }
            Word::Have(piece) => self.scheduler.handle_have_piece(now, id, piece),
            Word::Suggest(piece) => self.scheduler.handle_suggest(id, piece),
            // It may come to know the blob: the subscription stays.
            Word::Unknown => self.scheduler.handle_unknown(now, id),
            Word::Closed => {
                self.scheduler.handle_unknown(now, id);
                if let Some(active) = self.active.get_mut(&id) {
                    active.is_closed = true;
                }
                self.part_if_closed(now, id);
            }
        }
    }

    fn took(&mut self, now: Time, id: SourceId, piece: u64, bytes: u64) {
        self.moved = now;
        let Some(active) = self.active.get_mut(&id) else { return };
        let class = active.class;
        match &mut active.way {
            Way::Link { peer, .. } => self.roster.delivered(peer),
            Way::Https { failures, .. } => *failures = 0,
        }
        if self.scheduler.handle_done(now, id, piece) {
            self.bytes.add(class, bytes);
            self.node.traffic.down(&self.key.scope, class, bytes);
        } else {
            self.wasted += bytes;
        }
    }

    fn act(&mut self, now: Time, action: Action) {
        match action {
            Action::Request { source, piece } => self.ask(now, source, piece),
            Action::Cancel { source, piece } => self.call_off(source, piece),
            Action::Drop { source, reason } => {
                debug!(?source, ?reason, "a source loses its place");
                self.part(now, source, Some(reason));
            }
        }
    }

    fn ask(&mut self, now: Time, id: SourceId, piece: u64) {
        let Some(active) = self.active.get(&id) else {
            return self.scheduler.handle_gone(now, id);
        };
        let (first_group, groups) = bao::piece_groups(self.key.blob.size, piece);
        let request = Request {
            scope: self.key.scope.clone(),
            blob: self.key.blob,
            first_group,
            groups,
            accept_zstd: active.class != SourceClass::Lan,
        };
        let (total, own) = (active.received.clone(), Arc::new(AtomicU64::new(0)));
        let counter = own.clone();
        let arrived = move |bytes| {
            total.fetch_add(bytes, Ordering::Relaxed);
            counter.fetch_add(bytes, Ordering::Relaxed);
        };
        let whom = match &active.way {
            Way::Link { link, .. } => Whom::Peer(link.clone()),
            Way::Https { source, .. } => Whom::Https(source.clone()),
        };
        let (node, partial, sink) = (self.node.clone(), self.partial.clone(), self.sink.clone());
        let events = self.events.clone();
        let task = self.node.tasks.spawn(async move {
            let outcome = match whom.ask(&node, &request, piece, arrived).await {
                Ok(answer) => store(request, piece, answer, partial, sink).await,
                Err(failure) => Err(PieceError::Source(failure)),
            };
            let _ = events.send(Event::Piece(id, piece, outcome)).await;
        });
        self.asks.insert((id, piece), Ask { task: task.abort_handle(), received: own });
    }

    fn call_off(&mut self, id: SourceId, piece: u64) {
        if let Some(ask) = self.asks.remove(&(id, piece)) {
            ask.task.abort();
            self.wasted += ask.received.load(Ordering::Relaxed);
        }
    }

    /// Parts from a source whose connection is lost, once nothing of it is under way: what was received whole is kept.
    fn part_if_closed(&mut self, now: Time, id: SourceId) {
        let is_closed = self.active.get(&id).is_some_and(|active| active.is_closed);
        if is_closed && !self.asks.keys().any(|(source, _)| *source == id) {
            self.scheduler.handle_gone(now, id);
            self.part(now, id, None);
        }
    }

    /// Parts from a source that the scheduler has forgotten.
    fn part(&mut self, now: Time, id: SourceId, reason: Option<DropReason>) {
        let asked: Vec<u64> = self.asks.keys().filter(|(s, _)| *s == id).map(|&(_, piece)| piece).collect();
        asked.into_iter().for_each(|piece| self.call_off(id, piece));
        let Some(active) = self.active.remove(&id) else { return };
        match active.way {
            Way::Link { link, peer, channel } => {
                link.unsubscribe(channel);
                if reason == Some(DropReason::BadData) {
                    self.roster.bar(&peer);
                    self.node.ban(&peer);
                    self.banned.push(peer);
                } else {
                    self.roster.failed(now, &peer);
                }
            }
            // Its bytes are old or torn: it is opened anew, which reads outboard and seek table again.
            Way::Https { candidate, failures, .. } => self.retry_https(now, candidate, failures + 1),
        }
    }

    fn part_from_all(&mut self) {
        self.asks.drain().for_each(|(_, ask)| ask.task.abort());
        for active in std::mem::take(&mut self.active).into_values() {
            if let Way::Link { link, channel, .. } = active.way {
                link.unsubscribe(channel);
            }
        }
    }

    fn report_progress(&mut self, now: Time, id: SourceId) {
        if let Some(active) = self.active.get_mut(&id) {
            let received = active.received.load(Ordering::Relaxed);
            if received > active.reported {
                self.scheduler.handle_progress(now, id, received - active.reported);
                active.reported = received;
            }
        }
    }

    fn tick(&mut self) -> Result<(), FetchError> {
        let now = self.now();
        let ids: Vec<_> = self.active.keys().copied().collect();
        ids.into_iter().for_each(|id| self.report_progress(now, id));
        self.scheduler.handle_ceiling(self.node.down.limit());
        self.scheduler.handle_tick(now);
        self.rate.sample(now, self.bytes.total());
        if now.saturating_sub(self.looked_around) >= LOOK_AROUND || self.looked_around.is_zero() {
            self.looked_around = now;
            self.look_around(now);
        }
        let checkpoints = &mut self.checkpoints;
        checkpoints.keep(now, &self.partial, &self.sink).map_err(|e| FetchError::Storage(Arc::new(e)))
    }

    /// Finds candidates that nobody needs to name: neighbours, and peers that came to us.
    fn look_around(&mut self, now: Time) {
        for neighbour in self.node.lan.peers() {
            self.roster.add(now, neighbour.peer, Contact { addrs: neighbour.addrs, seed: false });
        }
        for link in self.node.links_of_scope(&self.key.scope) {
            if !self.roster.knows(link.peer()) {
                let contact = Contact { addrs: Vec::new(), seed: false };
                self.roster.add(now, link.peer().clone(), contact);
            }
        }
    }

    fn progress(&self) -> FetchProgress {
        let wanted = self.want.count();
        FetchProgress {
            pieces_done: wanted.saturating_sub(self.scheduler.missing()),
            pieces_wanted: wanted,
            bytes: self.bytes,
            bytes_per_sec: self.rate.per_sec(),
            sources: u32::try_from(self.active.len()).unwrap_or(u32::MAX),
        }
    }
}

impl Way {
    fn is_https_at(&self, other: &HttpsCandidate) -> bool {
        matches!(self, Self::Https { candidate, .. } if candidate.data == other.data)
    }
}
