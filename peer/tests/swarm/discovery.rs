//! mDNS between two nodes of one machine.

use crate::lab::*;
use mist_peer::{RateLimits, Role, SourceFeed};

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_find_each_other_and_announce_the_port_of_quic() {
    let a = player_with(Role::Friend, RateLimits::default(), true);
    let b = player_with(Role::Friend, RateLimits::default(), true);
    assert!(
        a.node.addresses().iter().any(|addr| !addr.ip().is_loopback()),
        "this machine has no network but loopback, over which mDNS can't be tried; leave this test out with \
         `cargo nextest run -E 'not test(neighbours_find_each_other)'`"
    );
    let port = a.node.addresses()[0].port();
    until("a neighbour", || {
        let mut seen = b.node.lan_peers().into_iter().filter(|p| p.peer == *a.node.peer_name());
        seen.any(|p| !p.addrs.is_empty() && p.addrs.iter().all(|addr| addr.port() == port))
    })
    .await;
    // Nobody names a source: the neighbour is found and asked.
    let blob = MemoryBlob::new(noise(2 * MIB, 1));
    a.shelf.put(&blob);
    let dir = tempfile::tempdir().expect("dir");
    let (_sender, feed) = SourceFeed::new();
    let report = b.fetch(dir.path(), blob.blob(), feed).wait().await.expect("fetched");
    assert!(b.got(&blob));
    assert_eq!(report.bytes.lan, blob.blob().size);
}
