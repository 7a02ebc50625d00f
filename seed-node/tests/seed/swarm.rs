//! Bytes by QUIC: with a ticket of the game, and not without.

use std::{
    io,
    sync::{Arc, Mutex},
};

use mist_peer::{
    Admission, Admitted, BlobSink, Blobs, Candidate, Fetch, FetchError, Identity, Node, NodeConfig, Origin,
    PartialBlob, RateLimits, Role, ServedBlob, SourceFeed, SystemInterfaces,
};
use mist_proto::{BlobId, Hash, UnixMillis, ids::PeerName};

use crate::world::{GAME, World, noise};

/// A friend's ticket.
struct Pocket(String);

impl Admission for Pocket {
    fn admit(&self, _: &PeerName, _: &str) -> Option<Admitted> {
        None
    }
    fn ticket_for(&self, _: &str) -> Option<String> {
        Some(self.0.clone())
    }
    fn denied(&self, _: &PeerName) -> bool {
        false
    }
    fn now(&self) -> UnixMillis {
        UnixMillis(0)
    }
}

struct Nothing;

impl Blobs for Nothing {
    fn open(&self, _: &str, _: &Hash) -> Option<Arc<dyn ServedBlob>> {
        None
    }
}

/// A blob in memory.
struct Memory(Mutex<Vec<u8>>);

impl BlobSink for Memory {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let at = usize::try_from(offset).unwrap();
        self.0.lock().unwrap()[at..at + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let at = usize::try_from(offset).unwrap();
        buf.copy_from_slice(&self.0.lock().unwrap()[at..at + buf.len()]);
        Ok(())
    }
    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

/// Fetches a blob of the game from the seed, showing a ticket for `ticket_game`.
async fn fetch(world: &World, blob: BlobId, ticket_game: &str) -> Result<Vec<u8>, FetchError> {
    let identity = Identity::generate();
    let ticket = world.tracker.ticket(identity.peer_name(), ticket_game);
    let node = Node::start(NodeConfig {
        identity,
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        lan_discovery: false,
        role: Role::Friend,
        blobs: Arc::new(Nothing),
        admission: Arc::new(Pocket(ticket)),
        limits: RateLimits::default(),
        interfaces: Arc::new(SystemInterfaces),
    })
    .unwrap();
    let announced = world.tracker.announced(|a| a.holdings.iter().any(|h| h.blob == blob)).await;
    let seed = Candidate::Peer {
        peer: announced.peer,
        addrs: announced.addresses,
        origin: Origin::Tracker,
        seed: true,
    };
    let partial = tempfile::tempdir().unwrap();
    let sink = Arc::new(Memory(Mutex::new(vec![0; usize::try_from(blob.size).unwrap()])));
    let order = Fetch {
        scope: GAME.into(),
        blob,
        want: None,
        partial: PartialBlob::open(partial.path(), blob).unwrap(),
        sink: sink.clone(),
        sources: SourceFeed::of([seed]),
        probe: false,
    };
    let fetched = node.fetch(order).wait().await;
    node.shutdown().await;
    fetched.map(|_| std::mem::take(&mut *sink.0.lock().unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn friends_fetch_with_a_ticket_of_the_game_only() {
    let world = World::start().await;
    let build = world.build("1.0", &[("a", noise(1, 3_000_000)), ("b/c", noise(2, 700))]);
    world.push(&build).await;
    let archive = build.manifest.archive;
    assert_eq!(fetch(&world, archive, GAME).await.unwrap(), build.archive());
    let envelope = BlobId::of(build.manifest.envelope());
    assert_eq!(fetch(&world, envelope, GAME).await.unwrap(), build.manifest.envelope());
    assert!(matches!(fetch(&world, archive, "doom").await, Err(FetchError::NoSources { .. })));
}

#[tokio::test]
async fn what_is_advertised_is_told_instead_of_where_it_listens() {
    let world = World::start().await;
    let address = "192.168.1.10:8443".parse().unwrap();
    world.restart_as(&[address]).await;
    let announced = world.tracker.announced(|a| a.addresses.contains(&address)).await;
    assert_eq!(announced.addresses, [address]);
    world.stop().await;
}
