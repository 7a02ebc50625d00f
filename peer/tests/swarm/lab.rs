//! Nodes on loopback, with everything that they need made up.

use std::{
    collections::{HashMap, HashSet},
    io,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mist_peer::{
    Admission, Admitted, BlobSink, Blobs, Candidate, Fetch, FetchHandle, Identity, Interface, Interfaces,
    Node, NodeConfig, Origin, Outboard, PartialBlob, PieceSet, RateLimits, Role, ServedBlob, SourceFeed,
    SystemInterfaces, bao, outboard,
};
use mist_proto::{BlobId, Hash, UnixMillis, ids::PeerName};

pub(crate) const SCOPE: &str = "half-life";
pub(crate) const OTHER_SCOPE: &str = "portal";
/// Four pieces of a small blob.
pub(crate) const MIB: usize = 1 << 20;

/// Bytes that look random and are the same each time.
pub(crate) fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut out = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut out);
    out
}

/// A blob in memory.
pub(crate) struct MemoryBlob {
    pub(crate) bytes: Mutex<Vec<u8>>,
    pub(crate) outboard: Outboard,
    pub(crate) claims: PieceSet,
    /// Flips a bit of everything that is read, after the check that honest nodes make.
    pub(crate) rot: AtomicBool,
}

impl MemoryBlob {
    pub(crate) fn new(bytes: Vec<u8>) -> Arc<Self> {
        let outboard = outboard::compute_stream(&bytes[..]).expect("memory");
        let claims = PieceSet::full(bao::pieces(bytes.len() as u64));
        Arc::new(Self { bytes: Mutex::new(bytes), outboard, claims, rot: AtomicBool::new(false) })
    }

    pub(crate) fn blob(&self) -> BlobId {
        self.outboard.blob()
    }
}

impl ServedBlob for MemoryBlob {
    fn id(&self) -> BlobId {
        self.outboard.blob()
    }

    fn pieces(&self) -> PieceSet {
        self.claims.clone()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let at = usize::try_from(offset).expect("small");
        buf.copy_from_slice(&self.bytes.lock().expect("lock")[at..at + buf.len()]);
        if self.rot.load(Ordering::Relaxed) {
            buf[0] ^= 1;
        }
        Ok(())
    }

    fn outboard(&self) -> &Outboard {
        &self.outboard
    }
}

/// What a node of the lab serves.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<HashMap<Hash, Arc<MemoryBlob>>>);

impl Shelf {
    pub(crate) fn put(&self, blob: &Arc<MemoryBlob>) {
        self.0.lock().expect("lock").insert(blob.blob().hash, blob.clone());
    }
}

impl Blobs for Shelf {
    fn open(&self, scope: &str, hash: &Hash) -> Option<Arc<dyn ServedBlob>> {
        let found = self.0.lock().expect("lock").get(hash).cloned();
        found.filter(|_| scope == SCOPE || scope == OTHER_SCOPE).map(|b| b as Arc<dyn ServedBlob>)
    }
}

/// Tickets of the lab are `peer/scope`; the empty sets deny nobody.
pub(crate) struct TestAdmission {
    pub(crate) me: PeerName,
    pub(crate) scopes: Mutex<HashSet<String>>,
    pub(crate) denied: Mutex<HashSet<PeerName>>,
    /// Tickets that no longer count.
    pub(crate) revoked: Mutex<HashSet<String>>,
}

impl Admission for TestAdmission {
    fn admit(&self, peer: &PeerName, ticket: &str) -> Option<Admitted> {
        let (name, scope) = ticket.split_once('/')?;
        let counts = name == peer.as_str() && !self.revoked.lock().expect("lock").contains(ticket);
        counts.then(|| Admitted { scope: scope.to_owned(), expires: UnixMillis(i64::MAX) })
    }

    fn ticket_for(&self, scope: &str) -> Option<String> {
        self.scopes.lock().expect("lock").contains(scope).then(|| format!("{}/{scope}", self.me))
    }

    fn denied(&self, peer: &PeerName) -> bool {
        self.denied.lock().expect("lock").contains(peer)
    }

    fn now(&self) -> UnixMillis {
        UnixMillis(0)
    }
}

/// Fetched bytes in memory.
#[derive(Default)]
pub(crate) struct Bucket(pub Mutex<Vec<u8>>);

impl BlobSink for Bucket {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let at = usize::try_from(offset).expect("small");
        let mut all = self.0.lock().expect("lock");
        if all.len() < at + bytes.len() {
            all.resize(at + bytes.len(), 0);
        }
        all[at..at + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let at = usize::try_from(offset).expect("small");
        let all = self.0.lock().expect("lock");
        buf.copy_from_slice(all.get(at..at + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// A node with what it stands on.
pub(crate) struct Player {
    identity: Identity,
    pub(crate) node: Node,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) admission: Arc<TestAdmission>,
    pub(crate) bucket: Arc<Bucket>,
}

pub(crate) fn player(role: Role) -> Player {
    player_with(role, RateLimits::default(), false)
}

pub(crate) fn player_with(role: Role, limits: RateLimits, lan_discovery: bool) -> Player {
    start(Identity::generate(), Arc::default(), role, limits, lan_discovery, Arc::new(SystemInterfaces))
}

/// One for whom everybody is far away: its machine has no interface, so that no address is near.
pub(crate) fn far_player(role: Role, limits: RateLimits) -> Player {
    start(Identity::generate(), Arc::default(), role, limits, false, Arc::new(NoInterfaces))
}

struct NoInterfaces;

impl Interfaces for NoInterfaces {
    fn list(&self) -> Vec<Interface> {
        Vec::new()
    }
}

fn start(
    identity: Identity,
    shelf: Arc<Shelf>,
    role: Role,
    limits: RateLimits,
    lan_discovery: bool,
    interfaces: Arc<dyn Interfaces>,
) -> Player {
    let admission = Arc::new(TestAdmission {
        me: identity.peer_name().clone(),
        scopes: Mutex::new([SCOPE.to_owned()].into()),
        denied: Mutex::default(),
        revoked: Mutex::default(),
    });
    let listen: SocketAddr =
        if lan_discovery { ([0, 0, 0, 0], 0).into() } else { ([127, 0, 0, 1], 0).into() };
    let node = Node::start(NodeConfig {
        identity: identity.clone(),
        listen: vec![listen],
        lan_discovery,
        role,
        blobs: shelf.clone(),
        admission: admission.clone(),
        limits,
        interfaces,
    })
    .expect("node");
    Player { identity, node, shelf, admission, bucket: Arc::default() }
}

impl Player {
    /// Ends the node, and starts one for the same friend in its place.
    pub(crate) async fn restarted(self) -> Self {
        self.node.shutdown().await;
        let interfaces = Arc::new(SystemInterfaces);
        start(self.identity, self.shelf, Role::Friend, RateLimits::default(), false, interfaces)
    }

    pub(crate) fn candidate(&self, seed: bool) -> Candidate {
        Candidate::Peer {
            peer: self.node.peer_name().clone(),
            addrs: self.node.addresses(),
            origin: if seed { Origin::Tracker } else { Origin::Own },
            seed,
        }
    }

    pub(crate) fn fetch(&self, dir: &Path, blob: BlobId, sources: SourceFeed) -> FetchHandle {
        self.fetch_in(SCOPE, dir, blob, self.bucket.clone(), sources)
    }

    pub(crate) fn fetch_in(
        &self,
        scope: &str,
        dir: &Path,
        blob: BlobId,
        sink: Arc<Bucket>,
        sources: SourceFeed,
    ) -> FetchHandle {
        let partial = PartialBlob::open(dir, blob).expect("partial");
        self.node.fetch(Fetch { scope: scope.into(), blob, want: None, partial, sink, sources, probe: false })
    }

    /// The ticket that it shows for `scope`.
    pub(crate) fn ticket(&self, scope: &str) -> String {
        format!("{}/{scope}", self.node.peer_name())
    }

    pub(crate) fn got(&self, blob: &MemoryBlob) -> bool {
        *self.bucket.0.lock().expect("lock") == *blob.bytes.lock().expect("lock")
    }
}

/// Waits for something that is due within seconds; the deadline is for machines that are busy with other things.
pub(crate) async fn until(what: &str, mut ready: impl FnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while !ready() {
        assert!(tokio::time::Instant::now() < deadline, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
