//! What a friend's uplink feels of a transfer, through a bottleneck between real nodes.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use mist_peer::{Candidate, Origin, RateLimits, Role, SourceFeed};
use tokio::{
    net::UdpSocket,
    sync::mpsc,
    time::{Instant, sleep_until},
};

use crate::lab::*;

/// A home uplink: bytes per second, what its queue holds as time, and the way to the other end.
const RATE: f64 = 1.5e6;
const QUEUE: Duration = Duration::from_millis(600);
const WAY: Duration = Duration::from_millis(10);

/// Passes datagrams between whoever talks to [`Bottleneck::addr`] and one node, whose own go out through the uplink.
struct Bottleneck {
    addr: SocketAddr,
    /// How long each datagram of the node stood in the queue.
    waits: Arc<Mutex<Vec<Duration>>>,
}

impl Bottleneck {
    async fn before(node: SocketAddr) -> Self {
        let outside = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("bind"));
        let inside = Arc::new(UdpSocket::bind("127.0.0.1:0").await.expect("bind"));
        inside.connect(node).await.expect("connect");
        let addr = outside.local_addr().expect("address");
        let waits = Arc::new(Mutex::new(Vec::new()));
        let client = Arc::new(Mutex::new(None));
        tokio::spawn(pass_on(outside.clone(), inside.clone(), client.clone()));
        tokio::spawn(shape(inside, outside, client, waits.clone()));
        Self { addr, waits }
    }

    /// The median time that a datagram stood in the queue, after the connection found its pace.
    fn median_wait(&self) -> Duration {
        let waits = self.waits.lock().expect("lock");
        let mut settled = waits[waits.len() / 3..].to_vec();
        settled.sort_unstable();
        settled[settled.len() / 2]
    }
}

/// The way to the node: no bottleneck, and no delay.
async fn pass_on(from: Arc<UdpSocket>, to: Arc<UdpSocket>, client: Arc<Mutex<Option<SocketAddr>>>) {
    let mut buf = vec![0; 65_536];
    while let Ok((n, sender)) = from.recv_from(&mut buf).await {
        *client.lock().expect("lock") = Some(sender);
        // A node that is gone needs nothing any more.
        let _ = to.send(&buf[..n]).await;
    }
}

/// The way from the node: through the uplink, which drops what its queue has no room for.
async fn shape(
    from: Arc<UdpSocket>,
    to: Arc<UdpSocket>,
    client: Arc<Mutex<Option<SocketAddr>>>,
    waits: Arc<Mutex<Vec<Duration>>>,
) {
    let (queue, mut queued) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        while let Some((at, datagram)) = queued.recv().await {
            sleep_until(at).await;
            let client = *client.lock().expect("lock");
            if let Some(client) = client {
                let _ = to.send_to(&datagram, client).await;
            }
        }
    });
    let mut free_at = Instant::now();
    let mut buf = vec![0; 65_536];
    while let Ok(n) = from.recv(&mut buf).await {
        let now = Instant::now();
        let wait = free_at.saturating_duration_since(now);
        if wait <= QUEUE {
            free_at = free_at.max(now) + Duration::from_secs_f64(n as f64 / RATE);
            waits.lock().expect("lock").push(wait);
            let _ = queue.send((free_at + WAY, buf[..n].to_vec()));
        }
    }
}

/// Fetches from `sender` through a bottleneck; returns how long its datagrams stood in the queue.
async fn standing_queue(sender: &Player, blob: &Arc<MemoryBlob>) -> Duration {
    sender.shelf.put(blob);
    let bottleneck = Bottleneck::before(sender.node.addresses()[0]).await;
    let friend = player(Role::Friend);
    let dir = tempfile::tempdir().expect("dir");
    let far = Candidate::Peer {
        peer: sender.node.peer_name().clone(),
        addrs: vec![bottleneck.addr],
        origin: Origin::Own,
        seed: false,
    };
    friend.fetch(dir.path(), blob.blob(), SourceFeed::of([far])).wait().await.expect("fetched");
    assert!(friend.got(blob));
    bottleneck.median_wait()
}

#[tokio::test(flavor = "multi_thread")]
async fn off_the_lan_the_uplinks_queue_stays_short() {
    let blob = MemoryBlob::new(noise(8 * MIB, 1));
    let (far, near) = (far_player(Role::Friend, RateLimits::default()), player(Role::Friend));
    let (far, near) = tokio::join!(standing_queue(&far, &blob), standing_queue(&near, &blob));
    // QUIC's default control, which the LAN gets, fills whatever queue there is.
    assert!(near > QUEUE / 4, "the bottleneck is none: {near:?}");
    assert!(far < QUEUE / 6, "{far:?} of standing queue; on a LAN {near:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_upload_cap_counts_for_public_addresses_and_not_on_the_lan() {
    // Two minutes for the blob.
    let limits = RateLimits { up: Some(16 << 10), down: None, limit_lan: false };
    let (far, near) = (far_player(Role::Friend, limits), player_with(Role::Friend, limits, false));
    let blob = MemoryBlob::new(noise(2 * MIB, 2));
    for player in [&far, &near] {
        player.shelf.put(&blob);
    }
    let (stranger, neighbour) = (player(Role::Friend), player(Role::Friend));
    let dirs = [(); 2].map(|()| tempfile::tempdir().expect("dir"));
    let limited = stranger.fetch(dirs[0].path(), blob.blob(), SourceFeed::of([far.candidate(false)]));
    until("an answer under way", || far.node.stats().answers > 0).await;
    let free = neighbour.fetch(dirs[1].path(), blob.blob(), SourceFeed::of([near.candidate(false)]));
    let report = tokio::time::timeout(Duration::from_secs(60), free.wait()).await.expect("no limit");
    assert_eq!(report.expect("fetched").bytes.lan, blob.blob().size);
    assert_eq!(limited.progress().borrow().pieces_done, 0, "a piece takes a minute");
    far.node.set_limits(RateLimits::default());
    limited.wait().await.expect("fetched");
    assert_eq!(far.node.stats().total().up.internet, blob.blob().size, "it is counted for what it is");
}
