//! Finding peers on the local network by mDNS, and the addresses that this node can be reached at.
//!
//! libp2p does the mDNS; it moves no content. Its swarm gets a transport that listens nowhere and claims the addresses
//! of our QUIC endpoint, so that what is announced is exactly where quinn listens.

use std::{
    collections::{BTreeMap, VecDeque},
    future::{Pending, Ready},
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::{Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};

use futures::StreamExt;
use libp2p::{
    Multiaddr, PeerId, Swarm, Transport,
    core::{
        muxing::StreamMuxerBox,
        transport::{DialOpts, ListenerId, TransportError, TransportEvent},
    },
    mdns,
    multiaddr::Protocol,
    swarm::{self, SwarmEvent},
};
use mist_proto::ids::PeerName;
use tokio::sync::oneshot;
use tracing::{debug, warn};

use crate::{LanPeer, Node, identity::peer_name};

/// Peers that are remembered, and addresses of each: anybody on the network can announce any number.
const MAX_PEERS: usize = 256;
const MAX_ADDRS: usize = 16;
/// How often the machine's addresses are compared with those that are announced.
const LOOK: Duration = Duration::from_secs(15);

/// The peers that mDNS sees.
#[derive(Default)]
pub(crate) struct Neighbours(Mutex<BTreeMap<PeerName, Vec<SocketAddr>>>);

impl Neighbours {
    pub(crate) fn peers(&self) -> Vec<LanPeer> {
        self.lock().iter().map(|(peer, addrs)| LanPeer { peer: peer.clone(), addrs: addrs.clone() }).collect()
    }

    /// Whether a neighbour says that it listens at `ip`.
    pub(crate) fn have(&self, ip: IpAddr) -> bool {
        self.lock().values().flatten().any(|addr| addr.ip() == ip.to_canonical())
    }

    fn appeared(&self, peer: PeerName, addr: SocketAddr) {
        let mut peers = self.lock();
        if peers.len() >= MAX_PEERS && !peers.contains_key(&peer) {
            return;
        }
        let addrs = peers.entry(peer).or_default();
        if !addrs.contains(&addr) && addrs.len() < MAX_ADDRS {
            addrs.push(addr);
        }
    }

    fn vanished(&self, peer: &PeerName, addr: &SocketAddr) {
        let mut peers = self.lock();
        if let Some(addrs) = peers.get_mut(peer) {
            addrs.retain(|a| a != addr);
            if addrs.is_empty() {
                peers.remove(peer);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PeerName, Vec<SocketAddr>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where endpoints that listen on `bound` can be reached on a machine with these addresses.
pub(crate) fn reachable(bound: impl IntoIterator<Item = SocketAddr>, machine: &[IpAddr]) -> Vec<SocketAddr> {
    let mut out = Vec::new();
    for addr in bound {
        if !addr.ip().is_unspecified() {
            out.push(addr);
            continue;
        }
        // The IPv6 wildcard takes IPv4 too.
        let fits = |ip: &&IpAddr| addr.is_ipv6() || ip.is_ipv4();
        out.extend(machine.iter().filter(fits).map(|&ip| SocketAddr::new(ip, addr.port())));
    }
    out.sort_unstable_by_key(|a| (a.is_ipv6(), *a));
    out.dedup();
    out
}

/// Announces the node and collects its neighbours until it drains. Without mDNS the node still works.
///
/// That happens in a runtime of its own: when libp2p's behaviour is dropped, the tasks that answer for it on each
/// interface go on. They end with their runtime.
pub(crate) fn start(node: &Node) {
    let (ended, end) = oneshot::channel::<()>();
    let announced = node.clone();
    let work = move || {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(run(announced)),
            Err(e) => warn!(error = %e, "mDNS does not start; peers are found by the tracker only"),
        }
        drop(ended);
    };
    match std::thread::Builder::new().name("mdns".to_owned()).spawn(work) {
        // So that a shutdown waits for it.
        Ok(_) => _ = node.shared().tasks.spawn(end),
        Err(e) => warn!(error = %e, "mDNS does not start; peers are found by the tracker only"),
    }
}

async fn run(node: Node) {
    let id = node.shared().peer_id();
    let behaviour = match mdns::tokio::Behaviour::new(mdns::Config::default(), id) {
        Ok(behaviour) => behaviour,
        Err(e) => return warn!(error = %e, "mDNS does not start; peers are found by the tracker only"),
    };
    let config = swarm::Config::with_tokio_executor();
    let mut swarm = Swarm::new(Announcing::default().boxed(), behaviour, id, config);
    let mut announced: BTreeMap<SocketAddr, ListenerId> = BTreeMap::new();
    let mut look = tokio::time::interval(LOOK);
    let draining = node.shared().draining.clone();
    loop {
        tokio::select! {
            () = draining.cancelled() => return,
            _ = look.tick() => {
                let current = node.addresses();
                announced.retain(|addr, listener| current.contains(addr) || { swarm.remove_listener(*listener); false });
                for addr in current {
                    if let std::collections::btree_map::Entry::Vacant(entry) = announced.entry(addr) {
                        match swarm.listen_on(to_multiaddr(addr)) {
                            Ok(listener) => _ = entry.insert(listener),
                            Err(e) => warn!(%addr, error = %e, "can't announce an address"),
                        }
                    }
                }
            }
            event = swarm.select_next_some() => match event {
                SwarmEvent::Behaviour(mdns::Event::Discovered(list)) => {
                    for (peer, addr) in list.iter().filter_map(known) {
                        debug!(%peer, %addr, "neighbour");
                        node.shared().lan.appeared(peer, addr);
                    }
                }
                SwarmEvent::Behaviour(mdns::Event::Expired(list)) => {
                    list.iter().filter_map(known).for_each(|(peer, addr)| node.shared().lan.vanished(&peer, &addr));
                }
                _ => {}
            },
        }
    }
}

fn known((id, addr): &(PeerId, Multiaddr)) -> Option<(PeerName, SocketAddr)> {
    Some((peer_name(id)?, from_multiaddr(addr)?))
}

fn to_multiaddr(addr: SocketAddr) -> Multiaddr {
    Multiaddr::from(addr.ip()).with(Protocol::Udp(addr.port())).with(Protocol::QuicV1)
}

/// The address in `/ip4/…/udp/…/quic-v1`, with or without a peer id behind.
fn from_multiaddr(addr: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = addr.iter();
    let ip: IpAddr = match parts.next()? {
        Protocol::Ip4(ip) => ip.into(),
        Protocol::Ip6(ip) => ip.into(),
        _ => return None,
    };
    match (parts.next()?, parts.next()?) {
        (Protocol::Udp(port), Protocol::QuicV1) if port != 0 => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}

type News = TransportEvent<Pending<Result<(PeerId, StreamMuxerBox), io::Error>>, io::Error>;

/// A transport that claims to listen wherever it is told to, and moves nothing.
#[derive(Default)]
struct Announcing {
    news: VecDeque<News>,
    waker: Option<Waker>,
}

impl Announcing {
    fn tell(&mut self, event: News) {
        self.news.push_back(event);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Transport for Announcing {
    type Output = (PeerId, StreamMuxerBox);
    type Error = io::Error;
    type ListenerUpgrade = Pending<Result<Self::Output, io::Error>>;
    type Dial = Ready<Result<Self::Output, io::Error>>;

    fn listen_on(
        &mut self,
        listener_id: ListenerId,
        listen_addr: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        self.tell(TransportEvent::NewAddress { listener_id, listen_addr });
        Ok(())
    }

    fn remove_listener(&mut self, listener_id: ListenerId) -> bool {
        self.tell(TransportEvent::ListenerClosed { listener_id, reason: Ok(()) });
        true
    }

    fn dial(&mut self, addr: Multiaddr, _: DialOpts) -> Result<Self::Dial, TransportError<io::Error>> {
        Err(TransportError::MultiaddrNotSupported(addr))
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        match self.news.pop_front() {
            Some(event) => Poll::Ready(event),
            None => {
                self.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(s: &str) -> SocketAddr {
        s.parse().expect(s)
    }

    #[test]
    fn wildcards_become_the_machines_addresses() {
        let machine: Vec<IpAddr> = ["10.0.0.2", "fd00::2"].map(|s| s.parse().expect(s)).to_vec();
        assert_eq!(reachable([addr("0.0.0.0:7")], &machine), [addr("10.0.0.2:7")]);
        assert_eq!(reachable([addr("[::]:7")], &machine), [addr("10.0.0.2:7"), addr("[fd00::2]:7")]);
        assert_eq!(reachable([addr("127.0.0.1:7")], &machine), [addr("127.0.0.1:7")]);
        assert_eq!(reachable([addr("0.0.0.0:7"), addr("[::]:7")], &machine).len(), 2);
    }

    #[test]
    fn only_quic_addresses_count() {
        let a = addr("10.0.0.2:7");
        assert_eq!(from_multiaddr(&to_multiaddr(a)), Some(a));
        for bad in [
            "/ip4/10.0.0.2/tcp/7",
            "/ip4/10.0.0.2/udp/7",
            "/dns/x/udp/7/quic-v1",
            "/ip4/10.0.0.2/udp/0/quic-v1",
        ] {
            assert_eq!(from_multiaddr(&bad.parse().expect(bad)), None, "{bad}");
        }
    }

    #[test]
    fn a_flood_of_neighbours_is_bounded() {
        let neighbours = Neighbours::default();
        for port in 1..100 {
            neighbours.appeared(
                crate::Identity::generate().peer_name().clone(),
                SocketAddr::new([10, 0, 0, 1].into(), port),
            );
        }
        let peer = neighbours.peers()[0].peer.clone();
        for port in 1..100 {
            neighbours.appeared(peer.clone(), SocketAddr::new([10, 0, 0, 2].into(), port));
        }
        assert_eq!(neighbours.peers()[0].addrs.len(), MAX_ADDRS);
    }
}
