//! How fast one node fetches from another over loopback, memory to memory, every byte verified and counted.
//!
//! `cargo run --release -p mist-peer --example loopback -- [MiB]`

use std::{
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use mist_peer::{
    Admission, Admitted, BlobSink, Blobs, Candidate, Fetch, Identity, Node, NodeConfig, Origin, Outboard,
    PartialBlob, PieceSet, RateLimits, Role, ServedBlob, SourceFeed, SystemInterfaces, bao, outboard,
};
use mist_proto::{BlobId, Hash, UnixMillis, ids::PeerName};

struct Memory {
    bytes: Vec<u8>,
    outboard: Outboard,
}

impl ServedBlob for Memory {
    fn id(&self) -> BlobId {
        self.outboard.blob()
    }

    fn pieces(&self) -> PieceSet {
        PieceSet::full(bao::pieces(self.id().size))
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let at = usize::try_from(offset).map_err(io::Error::other)?;
        buf.copy_from_slice(self.bytes.get(at..at + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn outboard(&self) -> &Outboard {
        &self.outboard
    }
}

struct Shelf(Option<Arc<Memory>>);

impl Blobs for Shelf {
    fn open(&self, _: &str, hash: &Hash) -> Option<Arc<dyn ServedBlob>> {
        let blob = self.0.clone().filter(|b| b.id().hash == *hash)?;
        Some(blob)
    }
}

struct OpenDoor;

impl Admission for OpenDoor {
    fn admit(&self, _: &PeerName, ticket: &str) -> Option<Admitted> {
        Some(Admitted { scope: ticket.to_owned(), expires: UnixMillis(i64::MAX) })
    }

    fn ticket_for(&self, scope: &str) -> Option<String> {
        Some(scope.to_owned())
    }

    fn denied(&self, _: &PeerName) -> bool {
        false
    }

    fn now(&self) -> UnixMillis {
        UnixMillis(0)
    }
}

/// Takes pieces into buffers of their own, as a file system would.
struct Pieces(Vec<Mutex<Vec<u8>>>);

impl BlobSink for Pieces {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let piece = usize::try_from(offset >> 20).map_err(io::Error::other)?;
        let slot = self.0.get(piece).ok_or(io::ErrorKind::UnexpectedEof)?;
        bytes.clone_into(&mut slot.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    fn read_at(&self, _: u64, _: &mut [u8]) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

fn node(role: Role, blob: Option<Arc<Memory>>) -> Result<Node, mist_peer::NodeError> {
    Node::start(NodeConfig {
        identity: Identity::generate(),
        listen: vec![([127, 0, 0, 1], 0).into()],
        lan_discovery: false,
        role,
        blobs: Arc::new(Shelf(blob)),
        admission: Arc::new(OpenDoor),
        limits: RateLimits::default(),
        interfaces: Arc::new(SystemInterfaces),
    })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mib: usize = std::env::args().nth(1).map_or(Ok(1024), |a| a.parse())?;
    let mut bytes = vec![0; mib << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    let read = |offset: u64, buf: &mut [u8]| {
        let at = usize::try_from(offset).map_err(io::Error::other)?;
        buf.copy_from_slice(bytes.get(at..at + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    };
    let start = Instant::now();
    let outboard = outboard::compute(bytes.len() as u64, &read)?;
    let hashing = start.elapsed();
    let blob = outboard.blob();
    let seed = node(Role::Seed, Some(Arc::new(Memory { bytes, outboard })))?;
    let friend = node(Role::Friend, None)?;
    let dir = std::env::temp_dir().join(format!("mist-loopback-{}", std::process::id()));
    let partial = PartialBlob::open(&dir, blob)?;
    let sink = Arc::new(Pieces((0..mib).map(|_| Mutex::new(vec![1; 1 << 20])).collect()));
    let source = Candidate::Peer {
        peer: seed.peer_name().clone(),
        addrs: seed.addresses(),
        origin: Origin::Own,
        seed: false,
    };
    let order = Fetch {
        scope: "bench".to_owned(),
        blob,
        want: None,
        partial: partial.clone(),
        sink,
        sources: SourceFeed::of([source]),
        probe: false,
    };
    let report = friend.fetch(order).wait().await?;
    partial.remove()?;
    let speed = |seconds: f64| (mib << 20) as f64 / 1e6 / seconds;
    writeln!(
        io::stdout(),
        "{mib} MiB: outboard {:.0} MB/s, transfer {:.0} MB/s ({:.2} s), wasted {} bytes",
        speed(hashing.as_secs_f64()),
        speed(report.elapsed.as_secs_f64()),
        report.elapsed.as_secs_f64(),
        report.wasted,
    )?;
    seed.shutdown().await;
    friend.shutdown().await;
    std::fs::remove_dir(&dir)?;
    Ok(())
}
