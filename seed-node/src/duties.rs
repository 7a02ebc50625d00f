//! What a seed does again and again while it runs: watch the store, keep up with the tracker, tell what it serves.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use mist_api_client::CallError;
use mist_peer::{Met, Node, TrafficRates};
use mist_proto::{
    http::{Announce, Holding, Moving, PieceCounts, Quic, QuicMet, QuicPlace, SourceClass, StoreStats},
    limits::MAX_PIECE_COUNTS,
};
use tokio::sync::{Notify, mpsc::Receiver, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    admission::TicketAdmission,
    clock, gathers, jobs,
    keys::KeyError,
    live, pieces, recovery,
    retry::RetryPauses,
    scrub,
    seed::Seed,
    serve::News,
    store::{Change, Claim},
    usage,
};

/// How often the store's marker is looked at.
const CHECK_STORE: Duration = Duration::from_secs(2);
/// How often the store is written to, to see whether it can be.
const PROBE_STORE: Duration = Duration::from_secs(60);
/// How often the tracker's keys are asked for, for rotations.
const CHECK_KEYS: Duration = Duration::from_secs(600);
/// How often the deny-list is refreshed.
const REFRESH_DENY_LIST: Duration = Duration::from_secs(30);
/// How often this seed's own tickets are renewed; each lives a day.
const RENEW_TICKETS: Duration = Duration::from_secs(3600);
/// How often the store's state is told.
const TELL_STATUS: Duration = Duration::from_secs(10);
/// How often it is told which pieces friends have of what they are fetching.
const TELL_PIECES: Duration = Duration::from_secs(5);
/// How often the live builds are asked for.
const FOLLOW_LIVE: Duration = Duration::from_secs(10);
/// How long an announce waits for more changes to come.
const GATHER_CHANGES: Duration = Duration::from_millis(100);
/// Addresses that one announce may list.
const MAX_ADDRESSES: usize = 16;

/// Why a duty was not done this time.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
enum Undone {
    /// The tracker.
    Tracker(#[from] CallError),
    /// The tracker's keys.
    Keys(#[from] KeyError),
    /// The store, or a thread that used it.
    Store(#[from] io::Error),
}

/// What the duties work with. Each duty is a method that ends when the seed stops.
pub(crate) struct Duties {
    pub(crate) seed: Arc<Seed>,
    pub(crate) admission: Arc<TicketAdmission>,
    pub(crate) node: Node,
    /// Where friends reach QUIC; where it listens if this is empty.
    pub(crate) advertise: Vec<SocketAddr>,
    pub(crate) public_url: Option<String>,
    /// What the node moves a second.
    pub(crate) rates: Mutex<TrafficRates>,
    /// Bytes that the store holds, as last counted.
    pub(crate) used: AtomicU64,
    /// Told when the store goes or comes.
    pub(crate) store_changed: Notify,
    /// Told when the tracker says that the store is this seed's, and it has to be made ready.
    pub(crate) accepted: Notify,
    /// Whether the tracker knows this seed's peer id, which announces and tickets need.
    pub(crate) introduced: watch::Sender<bool>,
    pub(crate) stop: CancellationToken,
}

impl Duties {
    /// Notices that the store goes and comes back.
    pub(crate) async fn watch_store(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(CHECK_STORE);
        let mut probed = Instant::now();
        while self.next(&mut ticks).await {
            let probe = probed.elapsed() >= PROBE_STORE;
            if probe {
                probed = Instant::now();
            }
            let seed = self.seed.clone();
            let checked = tokio::task::spawn_blocking(move || follow_store(&seed, probe)).await;
            match checked {
                Ok(Change::None) => {}
                Ok(Change::Came | Change::Went) => self.store_changed.notify_one(),
                Err(error) => tracing::error!(%error, "looking at the store failed"),
            }
        }
    }

    /// Makes the store ready whenever it becomes this seed's. Its word goes on meanwhile: without it another could have the store.
    pub(crate) async fn make_store_ready(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = self.accepted.notified() => {}
                () = self.stop.cancelled() => return,
            }
            let seed = self.seed.clone();
            if let Err(error) = tokio::task::spawn_blocking(move || make_ready(&seed)).await {
                tracing::error!(%error, "putting the store in order failed");
            }
            self.store_changed.notify_one();
        }
    }

    /// Meets the tracker, tells it this seed's peer id, and follows its keys.
    pub(crate) async fn follow_keys(self: Arc<Self>) {
        self.repeat(CHECK_KEYS, "the tracker's keys", || self.meet_tracker()).await;
    }

    async fn meet_tracker(&self) -> Result<(), Undone> {
        let shown = self.seed.tracker.trust().await?;
        let keys = self.seed.keys.clone();
        tokio::task::spawn_blocking(move || keys.meet(&shown)).await.map_err(io::Error::other)??;
        self.seed.tracker.register_peer(self.node.peer_name(), "seed").await?;
        self.introduced.send_replace(true);
        Ok(())
    }

    /// Waits until the tracker knows this seed. Returns whether it does; otherwise the seed stops.
    async fn introduction(&self) -> bool {
        let mut introduced = self.introduced.subscribe();
        tokio::select! {
            known = introduced.wait_for(|known| *known) => known.is_ok(),
            () = self.stop.cancelled() => false,
        }
    }

    /// Keeps the deny-list fresh.
    pub(crate) async fn follow_deny_list(self: Arc<Self>) {
        self.repeat(REFRESH_DENY_LIST, "the deny-list", || self.refresh_deny_list()).await;
    }

    async fn refresh_deny_list(&self) -> Result<(), Undone> {
        self.admission.deny(self.seed.tracker.deny_list().await?);
        self.node.recheck_peers();
        Ok(())
    }

    /// Keeps this seed's own tickets, one for each game, fresh.
    pub(crate) async fn renew_tickets(self: Arc<Self>) {
        if !self.introduction().await {
            return;
        }
        let mut games = self.seed.catalogue.changes();
        loop {
            let mut pauses = RetryPauses::new();
            while let Err(error) = self.fetch_tickets().await {
                tracing::warn!(%error, "can't renew this seed's tickets");
                if !self.pause(pauses.next_pause()).await {
                    return;
                }
            }
            tokio::select! {
                changed = games.changed() => if changed.is_err() { return },
                () = tokio::time::sleep(RENEW_TICKETS) => {}
                () = self.stop.cancelled() => return,
            }
        }
    }

    async fn fetch_tickets(&self) -> Result<(), CallError> {
        self.admission.carry(self.seed.tracker.tickets(self.node.peer_name()).await?);
        Ok(())
    }

    /// Tells what this seed serves: at every change, as often as the tracker wants, when that was gone, and that it leaves.
    pub(crate) async fn announce(self: Arc<Self>) {
        if !self.introduction().await {
            return;
        }
        let mut changes = self.seed.catalogue.changes();
        let mut pauses = RetryPauses::new();
        loop {
            changes.mark_unchanged();
            let pause = match self.seed.tracker.announce(&self.present(false)).await {
                Ok(answer) => {
                    pauses.reset();
                    Duration::from_secs(answer.interval.max(1))
                }
                Err(error) => {
                    tracing::warn!(%error, "can't announce");
                    pauses.next_pause()
                }
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.seed.tracker.cut_off() => if !self.pause(pauses.next_pause()).await { break },
                // Jobs tend to change several things at once.
                _ = changes.changed() => if !self.pause(GATHER_CHANGES).await { break },
                () = self.stop.cancelled() => break,
            }
        }
        if let Err(error) = self.seed.tracker.announce(&self.present(true)).await {
            tracing::info!(%error, "can't tell that this seed leaves");
        }
    }

    fn present(&self, leaving: bool) -> Announce {
        Announce {
            peer: self.node.peer_name().clone(),
            session: self.seed.tracker.run().to_owned(),
            addresses: self.addresses(),
            holdings: if leaving { Vec::new() } else { self.holdings() },
            moving: if leaving { Vec::new() } else { self.moving() },
            leaving,
        }
    }

    fn moving(&self) -> Vec<Moving> {
        let stats = self.node.stats();
        let mut rates = self.rates.lock().unwrap_or_else(PoisonError::into_inner);
        rates.moving(self.seed.begun.elapsed(), &stats)
    }

    /// Where friends are told to reach QUIC.
    fn addresses(&self) -> Vec<SocketAddr> {
        let mut addresses =
            if self.advertise.is_empty() { self.node.addresses() } else { self.advertise.clone() };
        addresses.truncate(MAX_ADDRESSES);
        addresses
    }

    /// What is known of whether friends get there.
    fn quic(&self) -> Quic {
        let met = |met: Met| QuicMet {
            place: match met.network {
                None => QuicPlace::Here,
                Some(SourceClass::Lan) => QuicPlace::Lan,
                Some(SourceClass::Tailnet) => QuicPlace::Tailnet,
                Some(_) => QuicPlace::Internet,
            },
            dialed_seed: met.dialed_us,
            secs_ago: met.ago.as_secs(),
        };
        Quic {
            addresses: self.addresses(),
            secs: self.seed.begun.elapsed().as_secs(),
            met: self.node.stats().met.into_iter().map(met).collect(),
        }
    }

    fn holdings(&self) -> Vec<Holding> {
        // What another seed may hold too would count as two copies.
        if !self.seed.store.may_change() {
            return Vec::new();
        }
        self.seed.catalogue.holdings(|archive| self.seed.cache.size_of(archive).is_some())
    }

    /// Tells connected friends of archives that came or went.
    pub(crate) async fn tell_news(self: Arc<Self>, mut news: Receiver<News>) {
        loop {
            let (game, hash) = tokio::select! {
                told = news.recv() => match told {
                    Some(told) => told,
                    None => return,
                },
                () = self.stop.cancelled() => return,
            };
            self.node.refresh(game.as_str(), &hash);
        }
    }

    /// Tells which pieces friends have of what they are fetching, and once that nobody fetches any more.
    pub(crate) async fn tell_pieces(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(TELL_PIECES);
        let mut is_told = false;
        while self.next(&mut ticks).await {
            let known = self.node.known_pieces(MAX_PIECE_COUNTS);
            if known.is_empty() && !is_told {
                continue;
            }
            let is_any = !known.is_empty();
            let counted =
                tokio::task::spawn_blocking(move || known.iter().filter_map(pieces::counted).collect()).await;
            let Ok(blobs) = counted else { continue };
            match self.seed.tracker.pieces(&PieceCounts { blobs }).await {
                Ok(()) => is_told = is_any,
                // A tracker before this release does not ask for them.
                Err(error) => tracing::debug!(%error, "can't tell which pieces friends have"),
            }
        }
    }

    /// Tells how the store is.
    pub(crate) async fn tell_status(self: Arc<Self>) {
        let mut pauses = RetryPauses::new();
        while !self.stop.is_cancelled() {
            let pause = match self.send_status().await {
                Ok(()) => {
                    pauses.reset();
                    TELL_STATUS
                }
                Err(error) => {
                    tracing::warn!(%error, "can't tell the tracker the store's state");
                    pauses.next_pause()
                }
            };
            tokio::select! {
                _ = self.pause(pause) => {}
                () = self.store_changed.notified() => {}
                () = self.seed.blobs.rot().changed() => {}
                () = self.seed.scrubs.changed() => {}
            }
        }
    }

    async fn send_status(&self) -> Result<(), Undone> {
        let (claim, problem) = (self.seed.store.claim(), self.seed.store.problem());
        let status = StoreStats {
            seed: self.seed.tracker.seed_id().unwrap_or_default(),
            store: claim.as_ref().map(|claim| claim.store.clone()),
            takes_over: claim.as_ref().is_some_and(|claim| claim.takes_over),
            ok: problem.is_none(),
            problem,
            used: self.used.load(Ordering::Relaxed),
            free: self.seed.store.space().map_or(0, |space| space.free),
            public_url: self.public_url.clone(),
            rotten: self.seed.blobs.rot().report(),
            scrub: Some(scrub::told(&self.seed)),
            quic: Some(self.quic()),
        };
        let sent = Instant::now();
        let answer = self.seed.tracker.status(&status).await;
        if let Some(claim) = claim {
            self.heed(claim, &answer, sent).await?;
        }
        let orders = match answer {
            // The log says so once, and it is asked again as often as anything is told.
            Err(CallError::Refused { status: 409, .. }) => return Ok(()),
            answer => answer?,
        };
        if let Some(asked) = orders.and_then(|orders| orders.scrub_asked) {
            self.seed.scrubs.ask(asked);
        }
        Ok(())
    }

    /// Begins or ends using the store, as the tracker says.
    async fn heed<T>(
        &self,
        claim: Claim,
        answer: &Result<T, CallError>,
        sent: Instant,
    ) -> Result<(), Undone> {
        let seed = self.seed.clone();
        match answer {
            Ok(_) => {
                let accept = move || {
                    let is_unready = seed.store.accept(&claim, sent)?;
                    if seed.store.dir().is_err() {
                        follow_store(&seed, false);
                    }
                    io::Result::Ok(is_unready)
                };
                if tokio::task::spawn_blocking(accept).await.map_err(io::Error::other)?? {
                    self.accepted.notify_one();
                }
            }
            Err(CallError::Refused { status: 409, body, .. }) => {
                let why = body.message.clone();
                let refuse = move || {
                    let kept = seed.store.refuse(&claim, &why);
                    follow_store(&seed, false);
                    kept
                };
                tokio::task::spawn_blocking(refuse).await.map_err(io::Error::other)??;
            }
            // What was said last counts.
            Err(_) => {}
        }
        Ok(())
    }

    /// Keeps the pointers in the store at the live builds.
    pub(crate) async fn follow_live_builds(self: Arc<Self>) {
        self.repeat(FOLLOW_LIVE, "the live builds", || self.point_at_live_builds()).await;
    }

    async fn point_at_live_builds(&self) -> Result<(), Undone> {
        self.seed.store.ready().await;
        let games = self.seed.tracker.games().await?;
        // A store that is away hears of it when it is back.
        let Ok(dir) = self.seed.store.dir() else { return Ok(()) };
        let point = move || live::point(&*dir, &games);
        Ok(tokio::task::spawn_blocking(point).await.map_err(io::Error::other)??)
    }

    /// Counts what the store holds, after every change.
    pub(crate) async fn count_usage(self: Arc<Self>) {
        let mut changes = self.seed.catalogue.changes();
        loop {
            let seed = self.seed.clone();
            let counted = tokio::task::spawn_blocking(move || {
                let dir = seed.store.dir().map_err(io::Error::other)?;
                usage::used_bytes(&*dir, &seed.catalogue, &seed.cache)
            });
            match counted.await.map_err(io::Error::other) {
                Ok(Ok(used)) => self.used.store(used, Ordering::Relaxed),
                Ok(Err(error)) | Err(error) => tracing::debug!(%error, "can't count what the store holds"),
            }
            tokio::select! {
                changed = changes.changed() => if changed.is_err() { return },
                () = self.stop.cancelled() => return,
            }
        }
    }

    /// Does `duty` every `period`, sooner again after a failure.
    async fn repeat<F>(&self, period: Duration, what: &str, mut duty: impl FnMut() -> F)
    where
        F: Future<Output = Result<(), Undone>>,
    {
        let mut pauses = RetryPauses::new();
        loop {
            let result = tokio::select! {
                result = duty() => result,
                () = self.stop.cancelled() => return,
            };
            let pause = match result {
                Ok(()) => {
                    pauses.reset();
                    period
                }
                Err(error) => {
                    tracing::warn!(%error, "can't exchange {what} with the tracker");
                    pauses.next_pause()
                }
            };
            if !self.pause(pause).await {
                return;
            }
        }
    }

    /// Waits; `false` if the seed stops.
    async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time) => true,
            () = self.stop.cancelled() => false,
        }
    }

    async fn next(&self, ticks: &mut tokio::time::Interval) -> bool {
        tokio::select! {
            _ = ticks.tick() => true,
            () = self.stop.cancelled() => false,
        }
    }
}

/// Looks at the store, and drops or reads again what is known of it. Blocks.
pub(crate) fn follow_store(seed: &Seed, probe: bool) -> Change {
    let _stock = seed.stock.lock().unwrap_or_else(PoisonError::into_inner);
    let change = seed.store.check(probe);
    match change {
        Change::None => {}
        Change::Went => {
            tracing::error!(problem = seed.store.problem(), "the store is away");
            seed.blobs.close_all();
            seed.catalogue.clear();
        }
        Change::Came => {
            tracing::info!(store = %seed.store.place().display(), "the store is there");
            let dir = seed.store.dir().map_err(io::Error::other);
            if let Err(error) = dir.and_then(|dir| recovery::load(&*dir, &seed.catalogue, &seed.cache)) {
                tracing::error!(%error, "the store can't be read");
            }
        }
    }
    change
}

/// Makes a store ready that is this seed's from now on: clears it, if that was not done yet, and reads what it holds, which another seed
/// may have changed. Blocks.
fn make_ready(seed: &Seed) {
    let mut stock = seed.stock.lock().unwrap_or_else(PoisonError::into_inner);
    if !seed.store.is_unready() {
        return;
    }
    // Only once: later, running jobs may use what looks left over.
    let is_first = !std::mem::replace(&mut *stock, true);
    if let Err(error) = take_stock(seed, is_first) {
        tracing::error!(%error, "the store can't be put in order");
    }
    seed.store.make_ready();
    // Whether it can be written was not tried before.
    seed.store.check(true);
    seed.catalogue.touch();
}

fn take_stock(seed: &Seed, is_first: bool) -> io::Result<()> {
    let dir = seed.store.dir_to_tidy().map_err(io::Error::other)?;
    if is_first {
        recovery::sweep(&*dir, clock::now())?;
        gathers::sweep(&*dir, seed.store.data_dir(), clock::now())?;
        jobs::forget_samples(seed.store.data_dir());
    }
    recovery::load(&*dir, &seed.catalogue, &seed.cache)?;
    seed.cache.tidy(&*dir)
}
