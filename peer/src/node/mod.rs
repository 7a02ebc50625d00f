//! One end of the swarm: what its tasks share, and the handle for its owner.

mod boards;
mod connections;
mod drain;

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    io,
    net::{IpAddr, SocketAddr},
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
    wire::{ByeCode, Status},
};
use quinn::{Endpoint, Side};
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit, broadcast};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

pub use self::boards::KnownPieces;
use self::drain::Answering;
use crate::{
    Admission, Blobs, Credit, Fetch, FetchHandle, Identity, Interfaces, Met, NodeStats, RateLimits,
    ServedBlob,
    congestion::DelayControl,
    deeds::Deeds,
    discovery::{self, Neighbours},
    fetch,
    link::{BlobKey, Link},
    network::Network,
    partial::{News, ServedPartial},
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
    /// What the machine's networks are; [`SystemInterfaces`](crate::SystemInterfaces) but for tests.
    pub interfaces: Arc<dyn Interfaces>,
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
/// How long connections get to say goodbye. One to a machine that does not answer has nobody to say it to, and would take seconds.
const GOODBYE: Duration = Duration::from_millis(300);
/// What the log of the other end says when this node closes its connections.
pub(crate) const LEAVING: &[u8] = b"the peer leaves";
/// How long an opened blob is kept for the next request.
const KEEP_OPEN: Duration = Duration::from_secs(5);

/// What this node offers has changed, to all peers or to one.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// It has more or less of a blob than before.
    Blob {
        /// Scope that the blob belongs to.
        scope: String,
        /// The blob.
        hash: Hash,
    },
    /// A peer may no longer ask for a scope.
    ScopeClosed {
        /// The connection to the peer.
        link: u64,
        /// The scope.
        scope: String,
    },
    /// It serves nothing any more.
    Draining,
}

impl Change {
    /// Whether what was said of the blob over a link is no longer so.
    pub(crate) fn concerns(&self, id: u64, key: &BlobKey) -> bool {
        match self {
            Self::Blob { scope, hash } => key.scope == *scope && key.blob.hash == *hash,
            Self::ScopeClosed { link, scope } => *link == id && key.scope == *scope,
            Self::Draining => true,
        }
    }
}

type OpenBlobs = HashMap<(String, Hash), (Instant, Arc<dyn ServedBlob>)>;

/// What a fetch brought, or brings.
#[derive(Clone)]
enum Fetched {
    /// It is served from where the fetch puts it.
    Served(Arc<ServedPartial>),
    /// It is on its way to where its owner serves it.
    Moving,
    /// What the owner has of the blob is served, as if there were no fetch.
    Unserved,
}

/// What all tasks of a node share.
pub(crate) struct Shared {
    began: Instant,
    identity: Identity,
    role: Role,
    blobs: Arc<dyn Blobs>,
    pub(crate) admission: Arc<dyn Admission>,
    /// Empty once the node has shut down: with the last handle goes the socket.
    endpoints: Mutex<Vec<Endpoint>>,
    accepting: quinn::ServerConfig,
    /// Congestion control of connections that leave the local network.
    control: Arc<DelayControl>,
    pub(crate) up: Gate,
    pub(crate) down: Gate,
    limit_lan: AtomicBool,
    pub(crate) traffic: Traffic,
    links: Mutex<Vec<Arc<Link>>>,
    next_link: AtomicU64,
    /// One lock for each peer that is being dialed, so that it is dialed once.
    dialing: Mutex<HashMap<PeerName, Arc<tokio::sync::Mutex<()>>>>,
    fetches: Mutex<HashMap<BlobKey, Fetched>>,
    opened: Mutex<OpenBlobs>,
    boards: Mutex<HashMap<BlobKey, Board<u64>>>,
    /// What peers that subscribe are to be told anew.
    pub(crate) changes: broadcast::Sender<Change>,
    answers: Semaphore,
    /// Answers that are under way.
    pub(crate) answering: Answering,
    banned: Mutex<HashMap<PeerName, Instant>>,
    /// When a friend in that network, or on this machine, was met last, by whether it dialed.
    met: Mutex<BTreeMap<(Option<SourceClass>, bool), Instant>>,
    /// What peers did in transfers before.
    deeds: Mutex<Deeds>,
    pub(crate) lan: Neighbours,
    pub(crate) network: Network,
    /// Cancelled when the node no longer offers anything; see [`Node::drain`].
    pub(crate) draining: CancellationToken,
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

    /// What is to be expected of a peer.
    pub(crate) fn credit_of(&self, peer: &PeerName) -> Credit {
        lock(&self.deeds).credit(peer)
    }

    /// A peer brought a piece that verified.
    pub(crate) fn note_delivered(&self, peer: &PeerName) {
        lock(&self.deeds).delivered(peer, rand::random());
    }

    /// A peer did not bring what it said that it had.
    pub(crate) fn note_let_down(&self, peer: &PeerName) {
        lock(&self.deeds).let_down(peer, rand::random());
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

    /// Takes note of a connection that was made.
    fn note_met(&self, link: &Link) {
        if link.class() == SourceClass::Seed {
            return;
        }
        let ip = link.ip().to_canonical();
        let dialed_us = link.connection().side() == Side::Server;
        let is_here = ip.is_loopback() || self.network.own_addresses().contains(&ip);
        lock(&self.met).insert(((!is_here).then_some(link.network()), dialed_us), Instant::now());
    }

    fn met(&self) -> Vec<Met> {
        let met = lock(&self.met);
        met.iter().map(|(&(network, dialed_us), at)| Met { network, dialed_us, ago: at.elapsed() }).collect()
    }

    pub(crate) fn is_up_limited(&self, class: SourceClass) -> bool {
        self.counts(class) && self.up.limit().is_some()
    }

    pub(crate) fn is_down_limited(&self, class: SourceClass) -> bool {
        self.counts(class) && self.down.limit().is_some()
    }

    /// The class of a friend at `ip`, by the networks that this machine is in now.
    pub(crate) fn class_of(&self, ip: IpAddr) -> SourceClass {
        self.network.class_of(ip, self.lan.have(ip))
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

    /// The blob, if at least a part is here: a fetch or what the owner has. Blocks.
    ///
    /// # Errors
    /// [`Status::Unknown`], or [`Status::Busy`] while what was fetched moves to its owner.
    pub(crate) fn open_blob(&self, scope: &str, hash: &Hash) -> Result<Arc<dyn ServedBlob>, Status> {
        let fetched = lock(&self.fetches)
            .iter()
            .find(|(k, _)| k.scope == scope && k.blob.hash == *hash)
            .map(|(_, f)| f.clone());
        match fetched {
            Some(Fetched::Served(partial)) => return Ok(partial),
            Some(Fetched::Moving) => return Err(Status::Busy),
            Some(Fetched::Unserved) | None => {}
        }
        let key = (scope.to_owned(), *hash);
        if let Some((since, blob)) = lock(&self.opened).get(&key)
            && since.elapsed() < KEEP_OPEN
        {
            return Ok(blob.clone());
        }
        let blob = self.blobs.open(scope, hash).ok_or(Status::Unknown)?;
        lock(&self.opened).insert(key, (Instant::now(), blob.clone()));
        Ok(blob)
    }

    /// Tells what becomes of the pieces of a fetch.
    pub(crate) fn news_of(&self, key: &BlobKey) -> Option<broadcast::Receiver<News>> {
        match lock(&self.fetches).get(key)? {
            Fetched::Served(partial) => Some(partial.partial.news()),
            Fetched::Moving | Fetched::Unserved => None,
        }
    }

    /// Serves what there is to serve of a fetch from now on; `false` if the same one is running already.
    pub(crate) fn begin_fetch(&self, key: &BlobKey, fetch: Option<ServedPartial>) -> bool {
        match lock(&self.fetches).entry(key.clone()) {
            Entry::Occupied(_) => return false,
            Entry::Vacant(entry) => entry.insert(match fetch {
                Some(fetch) => Fetched::Served(Arc::new(fetch)),
                None => Fetched::Unserved,
            }),
        };
        self.changed(&key.scope, &key.blob.hash);
        true
    }

    /// No longer serves what was fetched, as it is about to move.
    pub(crate) fn withdraw_fetch(&self, key: &BlobKey) {
        if let Some(fetched) = lock(&self.fetches).get_mut(key) {
            *fetched = Fetched::Moving;
        }
        self.changed(&key.scope, &key.blob.hash);
    }

    /// No longer serves what was fetched: its owner does, if it wants to.
    pub(crate) fn end_fetch(&self, key: &BlobKey) {
        lock(&self.fetches).remove(key);
        self.changed(&key.scope, &key.blob.hash);
    }

    fn changed(&self, scope: &str, hash: &Hash) {
        lock(&self.opened).remove(&(scope.to_owned(), *hash));
        // Without a connection there is nobody to tell.
        let _ = self.changes.send(Change::Blob { scope: scope.to_owned(), hash: *hash });
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
        let began = Instant::now();
        let control = Arc::new(DelayControl::new(began));
        let accepting = tls::server_config(&config.identity, &control)?;
        let endpoints = config
            .listen
            .iter()
            .map(|&addr| tls::endpoint(addr, accepting.clone()))
            .collect::<Result<Vec<_>, _>>()?;
        let shared = Arc::new(Shared {
            began,
            identity: config.identity,
            role: config.role,
            blobs: config.blobs,
            admission: config.admission,
            endpoints: Mutex::new(endpoints.clone()),
            accepting,
            control,
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
            answering: Answering::default(),
            banned: Mutex::default(),
            met: Mutex::default(),
            deeds: Mutex::default(),
            lan: Neighbours::default(),
            network: Network::new(config.interfaces),
            draining: CancellationToken::new(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        for endpoint in endpoints {
            shared.tasks.spawn(shared.clone().accept_from(endpoint));
        }
        shared.tasks.spawn(shared.clone().look_after_links());
        let node = Self(shared);
        if config.lan_discovery {
            discovery::start(&node);
        }
        Ok(node)
    }

    /// Where others may reach it: wildcards are replaced by the addresses of the machine's interfaces.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let own: Vec<_> = lock(&self.0.endpoints).iter().filter_map(|e| e.local_addr().ok()).collect();
        discovery::reachable(own, &self.0.network.own_addresses())
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
            answers: self.0.answering.count(),
            banned: lock(&self.0.banned).len(),
            met: self.0.met(),
        }
    }

    /// Which pieces of what they are fetching this seed's peers say that they have: of at most `most` blobs, those with the most such
    /// peers first. A friend knows none.
    pub fn known_pieces(&self, most: usize) -> Vec<KnownPieces> {
        self.0.known_pieces(most)
    }

    /// Changes the limits, also for transfers under way.
    pub fn set_limits(&self, limits: RateLimits) {
        self.0.up.set(limits.up);
        self.0.down.set(limits.down);
        self.0.limit_lan.store(limits.limit_lan, Ordering::Relaxed);
    }

    /// Bytes per second that it may send, if that is limited.
    pub fn upload_limit(&self) -> Option<u64> {
        self.0.up.limit()
    }

    /// Waits until `bytes` that leave another way than by QUIC may be sent: they take from the same [`RateLimits::up`], so that both
    /// together keep to it.
    pub async fn pass_upload(&self, bytes: u64) {
        self.0.up.pass(bytes).await;
    }

    /// Starts to fetch a blob. It is served to others while it comes in.
    pub fn fetch(&self, order: Fetch) -> FetchHandle {
        fetch::start(self.0.clone(), order)
    }

    /// Tells subscribers what this node has of a blob now: to be called when [`Blobs`] gained or lost (a part of) it.
    pub fn refresh(&self, scope: &str, hash: &Hash) {
        self.0.changed(scope, hash);
    }

    /// Asks the [`Admission`] again about every connection and every ticket that a peer has shown, and ends what it no longer
    /// allows, also what is being sent. To be called when what it knows has changed; happens by itself every 30 seconds.
    pub fn recheck_peers(&self) {
        self.0.recheck_links();
    }

    /// Ends all fetches and connections, and lets go of the sockets. What fetches have verified is made durable first;
    /// answers that are under way are cut off ([`Self::drain`] lets them end). Another node may be started afterwards in
    /// the same process, under the same identity or another one.
    pub async fn shutdown(&self) {
        self.0.draining.cancel();
        self.0.stop.cancel();
        self.0.tasks.close();
        let endpoints = std::mem::take(&mut *lock(&self.0.endpoints));
        // Closed before the tasks are waited for: answers to slow peers end now, not when they are taken.
        for endpoint in &endpoints {
            endpoint.close((ByeCode::Leaving as u32).into(), LEAVING);
        }
        if tokio::time::timeout(SHUTDOWN, self.0.tasks.wait()).await.is_err() {
            warn!("some transfers did not end in time");
        }
        let goodbye = futures::future::join_all(endpoints.iter().map(Endpoint::wait_idle));
        let _ = tokio::time::timeout(GOODBYE, goodbye).await;
        lock(&self.0.opened).clear();
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.0
    }
}
