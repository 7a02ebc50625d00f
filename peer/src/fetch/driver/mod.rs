//! The thin driver of one fetch: it carries events to the [`Scheduler`] and does what the scheduler decides. Who takes part
//! is in [`sources`], what is asked for in [`requests`].

mod requests;
mod sources;
mod sweep;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use mist_proto::{
    http::BytesBySource,
    ids::PeerName,
    limits::{HAVE_PAGE_PIECES, piece_size},
};
use tokio::{
    sync::{mpsc, watch},
    time::MissedTickBehavior,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use self::{
    requests::RunningRequest,
    sources::{Active, Transport, number_of, place_of},
};
use super::{
    Fetch, FetchError, FetchProgress, FetchReport, Held, Trouble,
    checkpoints::{Checkpoints, checkpoint},
    clock::Clock,
    piece::PieceError,
    rate::Rate,
    roster::{Contact, Roster},
};
use crate::{
    BlobSink, Candidate, HttpsCandidate, PartialBlob, PieceSet, bao,
    https::{HttpsError, HttpsSource},
    link::{BlobKey, Link, LinkError, Notice},
    meter::Wire,
    node::Shared,
    partial::ServedPartial,
    scheduler::{Action, Failure, Scheduler, SourceId, TICK, Time},
    waits::Gauges,
};

/// How often neighbours and connected peers are looked at for new candidates.
const LOOK_AROUND: Duration = Duration::from_millis(250);

enum Event {
    Connected(PeerName, Contact, Result<Arc<Link>, LinkError>),
    Opened(Box<HttpsCandidate>, u32, Result<Arc<HttpsSource>, HttpsError>),
    Piece(SourceId, u64, Result<u64, PieceError>),
    Swept(SourceId, Result<(), HttpsError>),
}

struct Driver {
    node: Arc<Shared>,
    key: BlobKey,
    partial: PartialBlob,
    sink: Arc<dyn BlobSink>,
    want: PieceSet,
    /// See [`Fetch::probe`].
    probe: bool,
    /// When it began, for the report; decisions go by the clock.
    start: Instant,
    clock: Clock,
    scheduler: Scheduler,
    roster: Roster,
    active: HashMap<SourceId, Active>,
    requests: HashMap<(SourceId, u64), RunningRequest>,
    next_source: u32,
    /// HTTPS candidates to open, when, and how often they failed in a row.
    https: Vec<(Time, Box<HttpsCandidate>, u32)>,
    /// HTTPS sources that failed, by their address without the query, which holds another capability each time: how often in a
    /// row, and until when they are left alone.
    https_failed: HashMap<String, (u32, Time)>,
    https_opening: usize,
    events: mpsc::Sender<Event>,
    notices: mpsc::Sender<(SourceId, Notice)>,
    checkpoints: Checkpoints,
    looked_around: Time,
    moved: Time,
    bytes: BytesBySource,
    wire: Arc<Wire>,
    gauges: Arc<Gauges>,
    wasted: u64,
    banned: Vec<PeerName>,
    rate: Rate,
    /// See [`FetchProgress::trouble`].
    trouble: Option<Trouble>,
    /// Missing pieces of which a server said that they have rotted there.
    rotten: HashSet<u64>,
}

/// Runs a fetch to its end.
pub(super) async fn run(
    node: Arc<Shared>,
    order: Fetch,
    publish: watch::Sender<FetchProgress>,
    cancel: CancellationToken,
) -> Result<FetchReport, FetchError> {
    let Fetch { scope, blob, want, partial, sink, sources, probe } = order;
    let key = BlobKey { scope, blob };
    let served = (!probe).then(|| ServedPartial { partial: partial.clone(), sink: sink.clone() });
    if !node.begin_fetch(&key, served) {
        return Err(FetchError::Invalid("this blob is being fetched already"));
    }
    let want = want.unwrap_or_else(|| PieceSet::full(bao::pieces(blob.size)));
    let (events, from_tasks) = mpsc::channel(1024);
    let (notices, from_peers) = mpsc::channel(4096);
    let mut driver = Driver {
        scheduler: Scheduler::new(
            &want,
            &partial.have(),
            piece_size(blob.size),
            number_of(node.peer_name()),
            rand::random(),
        ),
        node: node.clone(),
        key: key.clone(),
        partial,
        sink,
        want,
        probe,
        start: Instant::now(),
        clock: Clock::start(),
        roster: Roster::default(),
        active: HashMap::new(),
        requests: HashMap::new(),
        next_source: 0,
        https: Vec::new(),
        https_failed: HashMap::new(),
        https_opening: 0,
        events,
        notices,
        checkpoints: Checkpoints::default(),
        looked_around: Time::ZERO,
        moved: Time::ZERO,
        bytes: BytesBySource::default(),
        wire: Arc::default(),
        gauges: Arc::default(),
        wasted: 0,
        banned: Vec::new(),
        rate: Rate::default(),
        trouble: None,
        rotten: HashSet::new(),
    };
    let outcome = driver.drive(sources.0, from_tasks, from_peers, &publish, &cancel).await;
    driver.remove_all();
    let durable = checkpoint(driver.partial.clone(), driver.sink.clone()).await;
    // Dropped with an error, and else by whoever ordered it.
    let held = Held::new(node, key);
    publish.send_replace(driver.progress());
    outcome?;
    durable.map_err(|e| FetchError::Storage(Arc::new(e)))?;
    Ok(FetchReport {
        held,
        bytes: driver.bytes,
        wire: driver.wire.total(),
        wasted: driver.wasted,
        banned: driver.banned,
        elapsed: driver.start.elapsed(),
    })
}

impl Driver {
    async fn drive(
        &mut self,
        mut feed: mpsc::Receiver<Candidate>,
        mut from_tasks: mpsc::Receiver<Event>,
        mut from_peers: mpsc::Receiver<(SourceId, Notice)>,
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
                    Some(candidate) => self.handle_candidate(candidate),
                    None => more_candidates = false,
                },
                Some((id, notice)) = from_peers.recv() => self.handle_notice(id, notice),
                Some(event) = from_tasks.recv() => self.handle_event(event)?,
                _ = tick.tick() => {
                    self.tick()?;
                    publish.send_replace(self.progress());
                    if !more_candidates && self.is_lost() {
                        return Err(self.progress().given_up());
                    }
                }
            }
            // What is ready is taken in before decisions are made: they are better and fewer.
            while let Ok((id, notice)) = from_peers.try_recv() {
                self.handle_notice(id, notice);
            }
            while let Ok(event) = from_tasks.try_recv() {
                self.handle_event(event)?;
            }
            self.connect_due();
            let now = self.now();
            while let Some(action) = self.scheduler.poll_action(now) {
                self.perform(now, action);
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

    fn handle_event(&mut self, event: Event) -> Result<(), FetchError> {
        let now = self.now();
        match event {
            Event::Connected(peer, contact, Ok(link)) => self.handle_connected(now, peer, &contact, link),
            Event::Connected(peer, _, Err(e)) => {
                debug!(%peer, error = %e, "can't connect");
                self.roster.handle_failed(now, &peer);
            }
            Event::Opened(candidate, failures, outcome) => {
                self.https_opening -= 1;
                match outcome {
                    Ok(source) => self.handle_opened(now, source, candidate, failures),
                    Err(e) => {
                        info!(url = candidate.data.path(), error = %e, "HTTPS source can't be used");
                        self.note_trouble(Trouble::from(&e));
                        self.retry_https(now, candidate, failures + 1);
                    }
                }
            }
            Event::Piece(id, piece, outcome) => {
                let request = self.requests.remove(&(id, piece));
                self.report_progress(now, id);
                match outcome {
                    Ok(bytes) => self.handle_piece(now, id, piece, bytes),
                    Err(PieceError::Source(_, Some(Trouble::NoRanges))) if self.begin_sweep(now, id) => {
                        // No strike against it: it is asked for no more of them.
                        self.scheduler.handle_failed(now, id, piece, Failure::Busy);
                    }
                    Err(PieceError::Source(failure, trouble)) => {
                        if trouble == Some(Trouble::Rotten) {
                            self.rotten.insert(piece);
                        } else if let Some(trouble) = trouble {
                            self.note_trouble(trouble);
                        }
                        self.wasted += match failure {
                            Failure::BadData => bao::piece_range(self.key.blob.size, piece).1 as u64,
                            _ => request.map_or(0, |request| request.received.load(Ordering::Relaxed)),
                        };
                        self.scheduler.handle_failed(now, id, piece, failure);
                    }
                    Err(PieceError::Storage(e)) => return Err(FetchError::Storage(Arc::new(e))),
                }
                self.remove_if_closed(now, id);
            }
            Event::Swept(id, outcome) => self.handle_swept(now, id, outcome),
        }
        Ok(())
    }

    fn handle_notice(&mut self, id: SourceId, notice: Notice) {
        let now = self.now();
        match notice {
            Notice::HaveAll => self.scheduler.handle_have(now, id, &PieceSet::full(self.want.len())),
            Notice::HavePage(page, bits) => {
                let mut pieces = PieceSet::new(self.want.len());
                // A page with bits behind the end is a lie, and counts for nothing.
                if pieces.merge_bytes(u64::from(page) * HAVE_PAGE_PIECES, &bits) {
                    self.scheduler.handle_have(now, id, &pieces);
                }
            }
            Notice::Have(piece) => self.scheduler.handle_have_piece(now, id, piece),
            Notice::Suggest(piece) => self.scheduler.handle_suggest(id, piece),
            Notice::Coming(piece) => self.scheduler.handle_coming(now, id, piece),
            // It may come to know the blob: the subscription stays.
            Notice::Unknown => self.scheduler.handle_unknown(now, id),
            Notice::Closed => {
                self.scheduler.handle_unknown(now, id);
                if let Some(active) = self.active.get_mut(&id) {
                    active.is_closed = true;
                }
                self.remove_if_closed(now, id);
            }
        }
    }

    fn handle_piece(&mut self, now: Time, id: SourceId, piece: u64, bytes: u64) {
        self.moved = now;
        self.rotten.remove(&piece);
        let Some(active) = self.active.get_mut(&id) else { return };
        let class = active.class;
        match &mut active.transport {
            Transport::Link { peer, .. } => {
                self.roster.handle_delivered(peer);
                self.node.note_delivered(peer);
            }
            Transport::Https { failures, candidate, .. } => {
                *failures = 0;
                self.https_failed.remove(&place_of(candidate));
            }
        }
        if self.scheduler.handle_done(now, id, piece) || self.scheduler.handle_found(piece) {
            self.bytes.add(class, bytes);
            self.node.traffic.down(&self.key.scope, class, bytes);
        } else {
            self.wasted += bytes;
        }
    }

    /// A file was read whole. Something is missing still if not all of it came, or if it does not verify: it is begun anew, after a
    /// pause that gets longer as long as no piece comes.
    fn handle_swept(&mut self, now: Time, id: SourceId, outcome: Result<(), HttpsError>) {
        if let Err(error) = outcome {
            debug!(%error, "a file that was read whole ended early");
            self.note_trouble(Trouble::NoRanges);
        }
        self.scheduler.handle_gone(now, id);
        self.remove_source(now, id, None);
    }

    fn perform(&mut self, now: Time, action: Action) {
        match action {
            Action::Request { source, piece } => self.request_piece(now, source, piece),
            Action::Cancel { source, piece } => self.cancel_request(source, piece),
            Action::Drop { source, reason } => {
                debug!(?source, ?reason, "a source loses its place");
                self.remove_source(now, source, Some(reason));
            }
        }
    }

    fn tick(&mut self) -> Result<(), FetchError> {
        let now = self.now();
        let ids: Vec<_> = self.active.keys().copied().collect();
        ids.into_iter().for_each(|id| self.report_progress(now, id));
        self.scheduler.handle_ceiling(self.node.down.limit());
        self.scheduler.handle_tick(now);
        self.end_needless_sweeps(now);
        self.rate.sample(now, self.bytes.total());
        if now.saturating_sub(self.looked_around) >= LOOK_AROUND || self.looked_around.is_zero() {
            self.looked_around = now;
            if !self.probe {
                self.add_candidates_at_hand(now);
            }
        }
        let checkpoints = &mut self.checkpoints;
        checkpoints.keep(now, &self.partial, &self.sink).map_err(|e| FetchError::Storage(Arc::new(e)))
    }

    fn note_trouble(&mut self, trouble: Trouble) {
        self.trouble = Some(trouble.after(self.trouble));
    }

    fn progress(&self) -> FetchProgress {
        let wanted = self.want.count();
        let missing = self.scheduler.missing();
        // Where more is missing, the rest may still come.
        let is_all_rotten = !self.rotten.is_empty() && self.rotten.len() as u64 >= missing;
        let rotten = is_all_rotten.then_some(Trouble::Rotten);
        FetchProgress {
            pieces_done: wanted.saturating_sub(missing),
            pieces_wanted: wanted,
            bytes: self.bytes,
            wire: self.wire.total(),
            bytes_per_sec: self.rate.per_sec(),
            sources: u32::try_from(self.active.len()).unwrap_or(u32::MAX),
            waits: self.gauges.read(self.requests_under_way()),
            trouble: self.trouble.filter(|trouble| *trouble == Trouble::BadData).or(rotten).or(self.trouble),
        }
    }
}
