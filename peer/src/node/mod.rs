//! One end of the swarm: what its tasks share, and the handle for its owner.

mod connections;

use std::{
    collections::{HashMap, hash_map::Entry},
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use mist_proto::{
    Hash,
    http::SourceClass,
    ids::PeerName,
    limits::{GROUPS_PER_PIECE, HAVE_PAGE_PIECES},
    wire::{ByeCode, Request},
};
use quinn::Endpoint;
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit, broadcast};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

use crate::{
    Admission, Blobs, Fetch, FetchHandle, Identity, NodeStats, PieceSet, RateLimits, ServedBlob, bao,
    discovery::{self, Neighbours},
    fetch,
    link::{BlobKey, Link, Word},
    partial::ServedPartial,
    rates::Gate,
    stats::Traffic,
    suggest::Board,
    tls,
};

/// What a node is to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Comes and goes.
    Friend,
    /// Never leaves, holds everything, and hands different pieces to different friends.
    Seed,
}

/// How to start a node.
pub struct NodeConfig {
    /// Who it is.
    pub identity: Identity,
    /// UDP addresses to listen on; port 0 for any. At least one.
    pub listen: Vec<SocketAddr>,
    /// Whether to find, and be found by, peers on the local network by mDNS.
    pub lan_discovery: bool,
    /// What it is to others.
    pub role: Role,
    /// What it serves.
    pub blobs: Arc<dyn Blobs>,
    /// Whom it admits, and what it shows.
    pub admission: Arc<dyn Admission>,
    /// Limits to begin with.
    pub limits: RateLimits,
}

/// A peer that mDNS found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanPeer {
    /// Who it says that it is; proved when it is dialed.
    pub peer: PeerName,
    /// Where it says that it listens.
    pub addrs: Vec<SocketAddr>,
}

/// Why a node can't start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// No address to listen on was given.
    #[error("a node needs an address to listen on")]
    NoAddress,
    /// The address is taken or not ours.
    #[error("can't listen on {addr} (UDP): {source}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate could not be made.
    #[error("can't make the certificate: {0}")]
    Tls(String),
}

/// Answers in preparation or on the way at once, over all peers: each holds up to a piece of memory.
const MAX_ANSWERS: usize = 256;
/// How long a peer that sent bad data is not talked to.
const BAN: Duration = Duration::from_secs(60 * 60);
/// How long a shutdown waits for tasks: one slow sync of a disk, not a peer.
const SHUTDOWN: Duration = Duration::from_secs(15);
/// How long an opened blob is kept for the next request.
const KEEP_OPEN: Duration = Duration::from_secs(5);

type OpenBlobs = HashMap<(String, Hash), (Instant, Arc<dyn ServedBlob>)>;

/// What all tasks of a node share.
pub(crate) struct Shared {
    identity: Identity,
    role: Role,
    blobs: Arc<dyn Blobs>,
    pub(crate) admission: Arc<dyn Admission>,
    endpoints: Vec<Endpoint>,
    accepting: quinn::ServerConfig,
    pub(crate) up: Gate,
    pub(crate) down: Gate,
    limit_lan: AtomicBool,
    pub(crate) traffic: Traffic,
    links: Mutex<Vec<Arc<Link>>>,
    next_link: AtomicU64,
    /// One lock for each peer that is being dialed, so that it is dialed once.
    dialing: Mutex<HashMap<PeerName, Arc<tokio::sync::Mutex<()>>>>,
    fetches: Mutex<HashMap<BlobKey, Arc<ServedPartial>>>,
    opened: Mutex<OpenBlobs>,
    boards: Mutex<HashMap<BlobKey, Board<u64>>>,
    /// Blobs of which this node has more or less than before.
    pub(crate) changes: broadcast::Sender<(String, Hash)>,
    answers: Semaphore,
    banned: Mutex<HashMap<PeerName, Instant>>,
    pub(crate) lan: Neighbours,
    pub(crate) stop: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn is_seed(&self) -> bool {
        self.role == Role::Seed
    }

    pub(crate) fn peer_name(&self) -> &PeerName {
        self.identity.peer_name()
    }

    pub(crate) fn peer_id(&self) -> libp2p_identity::PeerId {
        self.identity.keypair().public().to_peer_id()
    }

    pub(crate) fn next_link_id(&self) -> u64 {
        self.next_link.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether a peer is not talked to: banned, or on the deny-list.
    pub(crate) fn is_unwelcome(&self, peer: &PeerName) -> bool {
        let banned = lock(&self.banned).get(peer).is_some_and(|since| since.elapsed() < BAN);
        banned || self.admission.denied(peer)
    }

    /// Parts from a peer whose bytes did not verify.
    pub(crate) fn ban(&self, peer: &PeerName) {
        warn!(%peer, "a peer sent bytes that do not verify; it is not asked again");
        let mut banned = lock(&self.banned);
        banned.retain(|_, since| since.elapsed() < BAN);
        banned.insert(peer.clone(), Instant::now());
        drop(banned);
        lock(&self.links).iter().filter(|l| l.peer() == peer).for_each(|l| l.close(ByeCode::BadData));
    }

    pub(crate) fn is_up_limited(&self, class: SourceClass) -> bool {
        self.counts(class) && self.up.limit().is_some()
    }

    pub(crate) fn is_down_limited(&self, class: SourceClass) -> bool {
        self.counts(class) && self.down.limit().is_some()
    }

    fn counts(&self, class: SourceClass) -> bool {
        class != SourceClass::Lan || self.limit_lan.load(Ordering::Relaxed)
    }

    /// Waits for the right to answer one more request of `link`'s peer.
    pub(crate) async fn answer_permits<'a>(
        &'a self,
        link: &'a Link,
    ) -> Result<(SemaphorePermit<'a>, SemaphorePermit<'a>), AcquireError> {
        // The peer's own bound first: one that does not take its answers then holds up only itself.
        let own = link.answers().acquire().await?;
        Ok((own, self.answers.acquire().await?))
    }

    /// The blob, if at least a part is here: a running fetch or what the owner has. Blocks.
    pub(crate) fn open_blob(&self, scope: &str, hash: &Hash) -> Option<Arc<dyn ServedBlob>> {
        let running = lock(&self.fetches)
            .iter()
            .find(|(k, _)| k.scope == scope && k.blob.hash == *hash)
            .map(|(_, f)| f.clone());
        if let Some(running) = running {
            return Some(running);
        }
        let key = (scope.to_owned(), *hash);
        if let Some((since, blob)) = lock(&self.opened).get(&key)
            && since.elapsed() < KEEP_OPEN
        {
            return Some(blob.clone());
        }
        let blob = self.blobs.open(scope, hash)?;
        lock(&self.opened).insert(key, (Instant::now(), blob.clone()));
        Some(blob)
    }

    /// Tells of pieces of a running fetch as they arrive.
    pub(crate) fn arrivals(&self, key: &BlobKey) -> Option<broadcast::Receiver<u64>> {
        lock(&self.fetches).get(key).map(|fetch| fetch.partial.arrivals())
    }

    /// Serves a fetch from now on; `false` if the same one is running already.
    pub(crate) fn begin_fetch(&self, key: &BlobKey, fetch: ServedPartial) -> bool {
        match lock(&self.fetches).entry(key.clone()) {
            Entry::Occupied(_) => return false,
            Entry::Vacant(entry) => entry.insert(Arc::new(fetch)),
        };
        self.changed(&key.scope, &key.blob.hash);
        true
    }

    /// No longer serves a fetch: its owner does, if it wants to.
    pub(crate) fn end_fetch(&self, key: &BlobKey) {
        lock(&self.fetches).remove(key);
    }

    fn changed(&self, scope: &str, hash: &Hash) {
        lock(&self.opened).remove(&(scope.to_owned(), *hash));
        // Without a connection there is nobody to tell.
        let _ = self.changes.send((scope.to_owned(), *hash));
    }

    pub(crate) fn joined_board(&self, link: &Link, key: &BlobKey) -> Vec<u64> {
        let mut boards = lock(&self.boards);
        boards.entry(key.clone()).or_insert_with(|| Board::new(bao::pieces(key.blob.size))).joined(link.id())
    }

    pub(crate) fn left_board(&self, link: &Link, key: &BlobKey) {
        let mut boards = lock(&self.boards);
        let Some(board) = boards.get_mut(key) else { return };
        let suggested = board.left(&link.id());
        if board.is_empty() {
            boards.remove(key);
        }
        drop(boards);
        for (id, pieces) in suggested {
            let other = lock(&self.links).iter().find(|l| l.id() == id).cloned();
            if let Some(link) = other {
                link.suggest(key, pieces);
            }
        }
    }

    /// A peer of the board says what it has.
    pub(crate) fn heard_by_board(&self, link: &Link, key: &BlobKey, word: Word) {
        let mut pieces = PieceSet::new(bao::pieces(key.blob.size));
        match word {
            Word::HaveAll => pieces = PieceSet::full(pieces.len()),
            Word::Page(page, bits) => _ = pieces.merge_bytes(u64::from(page) * HAVE_PAGE_PIECES, &bits),
            Word::Have(piece) => _ = pieces.insert(piece),
            Word::Unknown | Word::Suggest(_) | Word::Closed => return,
        }
        let suggested = lock(&self.boards).get_mut(key).map(|board| board.has(&link.id(), pieces.iter()));
        link.suggest(key, suggested.unwrap_or_default());
    }

    /// A request is being answered: the peer gets more suggestions.
    pub(crate) fn note_asked(&self, link: &Link, request: &Request) {
        if !self.is_seed() {
            return;
        }
        let key = BlobKey { scope: request.scope.clone(), blob: request.blob };
        let piece = request.first_group / GROUPS_PER_PIECE;
        let suggested = lock(&self.boards).get_mut(&key).map(|board| board.asked(&link.id(), piece));
        link.suggest(&key, suggested.unwrap_or_default());
    }
}

/// A running node. A clone is another handle; the node ends with [`Node::shutdown`].
#[derive(Clone)]
pub struct Node(Arc<Shared>);

impl Node {
    /// Starts listening. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`NodeError`]. That mDNS can't start is a warning in the log only.
    pub fn start(config: NodeConfig) -> Result<Self, NodeError> {
        if config.listen.is_empty() {
            return Err(NodeError::NoAddress);
        }
        let accepting = tls::server_config(&config.identity)?;
        let endpoints = config
            .listen
            .iter()
            .map(|&addr| tls::endpoint(addr, accepting.clone()))
            .collect::<Result<Vec<_>, _>>()?;
        let shared = Arc::new(Shared {
            identity: config.identity,
            role: config.role,
            blobs: config.blobs,
            admission: config.admission,
            endpoints: endpoints.clone(),
            accepting,
            up: Gate::new(config.limits.up),
            down: Gate::new(config.limits.down),
            limit_lan: AtomicBool::new(config.limits.limit_lan),
            traffic: Traffic::default(),
            links: Mutex::default(),
            next_link: AtomicU64::new(0),
            dialing: Mutex::default(),
            fetches: Mutex::default(),
            opened: Mutex::default(),
            boards: Mutex::default(),
            changes: broadcast::channel(64).0,
            answers: Semaphore::new(MAX_ANSWERS),
            banned: Mutex::default(),
            lan: Neighbours::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        for endpoint in endpoints {
            shared.tasks.spawn(shared.clone().accept_from(endpoint));
        }
        shared.tasks.spawn(shared.clone().look_after_links());
        let node = Self(shared);
        if config.lan_discovery {
            node.0.tasks.spawn(discovery::run(node.clone()));
        }
        Ok(node)
    }

    /// Where others may reach it: wildcards are replaced by the addresses of the machine's interfaces.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let own = self.0.endpoints.iter().filter_map(|e| e.local_addr().ok());
        discovery::reachable(own, &discovery::interfaces())
    }

    /// Who it is.
    pub fn peer_name(&self) -> &PeerName {
        self.0.peer_name()
    }

    /// The peers that mDNS sees now.
    pub fn lan_peers(&self) -> Vec<LanPeer> {
        self.0.lan.peers()
    }

    /// Counters since the start.
    pub fn stats(&self) -> NodeStats {
        NodeStats {
            scopes: self.0.traffic.snapshot(),
            connections: lock(&self.0.links).len(),
            banned: lock(&self.0.banned).len(),
        }
    }

    /// Changes the limits, also for transfers under way.
    pub fn set_limits(&self, limits: RateLimits) {
        self.0.up.set(limits.up);
        self.0.down.set(limits.down);
        self.0.limit_lan.store(limits.limit_lan, Ordering::Relaxed);
    }

    /// Starts to fetch a blob. It is served to others while it comes in.
    pub fn fetch(&self, order: Fetch) -> FetchHandle {
        fetch::start(self.0.clone(), order)
    }

    /// Tells subscribers what this node has of a blob now: to be called when [`Blobs`] gained or lost (a part of) it.
    pub fn refresh(&self, scope: &str, hash: &Hash) {
        self.0.changed(scope, hash);
    }

    /// Re-reads the deny-list ([`Admission::denied`]) for every connection and closes those that it names. Happens by
    /// itself every few seconds.
    pub fn recheck_peers(&self) {
        self.0.close_unwelcome();
    }

    /// Ends all fetches and connections in order. What fetches have verified is made durable first.
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.tasks.close();
        // Closed before the tasks are waited for: answers to slow peers end now, not when they are taken.
        for endpoint in &self.0.endpoints {
            endpoint.close((ByeCode::Done as u32).into(), b"");
        }
        if tokio::time::timeout(SHUTDOWN, self.0.tasks.wait()).await.is_err() {
            warn!("some transfers did not end in time");
        }
        for endpoint in &self.0.endpoints {
            endpoint.wait_idle().await;
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }
}
