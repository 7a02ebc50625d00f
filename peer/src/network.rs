//! Which network an address is in, as seen from this machine: that decides about congestion control and limits.
//!
//! [`NetworkMap`] is pure. It is drawn from the interfaces of the machine, which change when a laptop moves; [`Network`]
//! draws it anew when it is used and has become old.

use std::{
    collections::HashSet,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use ipnet::IpNet;
use mist_proto::http::{SourceClass, is_tailnet};
use tracing::warn;

/// How old a map may be when it is used.
const FRESH: Duration = Duration::from_secs(5);
/// Addresses that the tracker said are local; more are not remembered.
const MAX_SAID: usize = 1024;
/// An IPv4 interface whose prefix is shorter stands for a default route, not for a network.
const SHORTEST_V4: u8 = 8;
/// The network of an IPv6 interface. One that got its own address only (DHCPv6 says /128) is in such a network too, and no
/// provider gives two homes one of them.
const NETWORK_V6: u8 = 64;
/// How interfaces that lead elsewhere are called: VPNs, dial-up, and networks laid over others.
const TUNNELS: [&str; 16] = [
    "tun",
    "tap",
    "utun",
    "wg",
    "wt",
    "ppp",
    "ipsec",
    "gre",
    "gif",
    "sit",
    "zt",
    "ts",
    "ham",
    "nordlynx",
    "tailscale",
    "cloudflarewarp",
];
/// The same, anywhere in the name: on Windows names are for people.
const TUNNELS_INSIDE: [&str; 3] = ["vpn", "wireguard", "zerotier"];

/// One address of one of this machine's interfaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// The system's name for the interface.
    pub name: String,
    /// The address, with the length of the network's prefix.
    pub net: IpNet,
    /// Whether there is exactly one machine at the other end.
    pub point_to_point: bool,
}

/// Lists the interfaces of the machine. Must not block for long; it is called every few seconds.
pub trait Interfaces: Send + Sync + 'static {
    /// Every address of every interface that is up.
    fn list(&self) -> Vec<Interface>;
}

/// The interfaces that the system reports.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemInterfaces;

impl Interfaces for SystemInterfaces {
    fn list(&self) -> Vec<Interface> {
        let all = if_addrs::get_if_addrs().unwrap_or_else(|e| {
            warn!(error = %e, "can't list the network interfaces");
            Vec::new()
        });
        let up = all.into_iter().filter(|i| i.oper_status != if_addrs::IfOperStatus::Down);
        up.filter_map(|i| {
            let len = match &i.addr {
                if_addrs::IfAddr::V4(v4) => v4.prefixlen,
                if_addrs::IfAddr::V6(v6) => v6.prefixlen,
            };
            let net = IpNet::new(i.ip(), len).ok()?;
            Some(Interface { name: i.name, net, point_to_point: i.is_p2p })
        })
        .collect()
    }
}

/// The networks that this machine is in. Pure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NetworkMap {
    /// The machine's own addresses.
    own: Vec<IpAddr>,
    /// Networks of its interfaces, and whether each is reached through a tunnel.
    links: Vec<(IpNet, bool)>,
}

impl NetworkMap {
    pub(crate) fn new(interfaces: &[Interface]) -> Self {
        let own = interfaces.iter().map(|i| i.net.addr()).collect();
        let links = interfaces.iter().filter_map(|i| Some((link(i)?, is_tunnel(i)))).collect();
        Self { own, links }
    }

    /// The class of a friend at `ip`. `is_said_local` tells that mDNS or the tracker places the address in this network.
    ///
    /// What does not leave the machine, and what is on a link of it that is no tunnel, is local. So is a private address
    /// elsewhere if somebody says so, e.g. in another subnet of the same home. A tunnel leads over the uplink, whatever
    /// the addresses in it look like. The rest is the internet.
    pub(crate) fn class_of(&self, ip: IpAddr, is_said_local: bool) -> SourceClass {
        let ip = ip.to_canonical();
        if self.own.contains(&ip) {
            return SourceClass::Lan;
        }
        if is_tailnet(ip) {
            return SourceClass::Tailnet;
        }
        if is_link_local(ip) {
            return SourceClass::Lan;
        }
        // As a router decides: the longest prefix. Of two equal ones the tunnel, so as to be on the safe side.
        let on_link = self.links.iter().filter(|(net, _)| net.contains(&ip));
        match on_link.max_by_key(|(net, tunnel)| (net.prefix_len(), *tunnel)) {
            Some((_, true)) => SourceClass::Internet,
            Some((_, false)) => SourceClass::Lan,
            None if is_private(ip) && is_said_local => SourceClass::Lan,
            None => SourceClass::Internet,
        }
    }
}

/// The network that an interface is in, if it says.
fn link(interface: &Interface) -> Option<IpNet> {
    match interface.net {
        IpNet::V4(net) => (net.prefix_len() >= SHORTEST_V4).then_some(interface.net.trunc()),
        IpNet::V6(net) if is_tunnel(interface) || net.addr().is_loopback() => Some(interface.net.trunc()),
        IpNet::V6(net) => {
            IpNet::new(net.addr().into(), net.prefix_len().min(NETWORK_V6)).ok().map(|net| net.trunc())
        }
    }
}

fn is_tunnel(interface: &Interface) -> bool {
    let name = interface.name.to_lowercase();
    interface.point_to_point
        || TUNNELS.iter().any(|start| name.starts_with(start))
        || TUNNELS_INSIDE.iter().any(|word| name.contains(word))
}

/// An address that never leaves its link.
pub(crate) fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

/// The map of now, and what the tracker says of addresses.
pub(crate) struct Network {
    interfaces: Arc<dyn Interfaces>,
    state: Mutex<State>,
}

struct State {
    drawn: Instant,
    map: NetworkMap,
    /// Addresses that the tracker places in this network. Void once the machine is in another one.
    said_local: HashSet<IpAddr>,
}

impl Network {
    pub(crate) fn new(interfaces: Arc<dyn Interfaces>) -> Self {
        let map = NetworkMap::new(&interfaces.list());
        let state = State { drawn: Instant::now(), map, said_local: HashSet::new() };
        Self { interfaces, state: Mutex::new(state) }
    }

    /// The class of a friend at `ip`, by the networks that this machine is in now and whether mDNS sees the friend.
    pub(crate) fn class_of(&self, ip: IpAddr, is_neighbour: bool) -> SourceClass {
        let state = self.fresh();
        state.map.class_of(ip, is_neighbour || state.said_local.contains(&ip.to_canonical()))
    }

    /// Notes that the tracker places these addresses in the network of this machine.
    pub(crate) fn note_local(&self, ips: impl Iterator<Item = IpAddr>) {
        let mut state = self.fresh();
        for ip in ips {
            if state.said_local.len() < MAX_SAID {
                state.said_local.insert(ip.to_canonical());
            }
        }
    }

    /// The addresses that others may use; loopback only if there is nothing else.
    pub(crate) fn own_addresses(&self) -> Vec<IpAddr> {
        let all: Vec<IpAddr> =
            self.fresh().map.own.iter().copied().filter(|ip| !is_link_local_v6(ip)).collect();
        let outside: Vec<IpAddr> = all.iter().copied().filter(|ip| !ip.is_loopback()).collect();
        if outside.is_empty() { all } else { outside }
    }

    fn fresh(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.drawn.elapsed() >= FRESH {
            let map = NetworkMap::new(&self.interfaces.list());
            if map != state.map {
                state.map = map;
                state.said_local.clear();
            }
            state.drawn = Instant::now();
        }
        state
    }
}

/// An address that means nothing without naming the interface.
fn is_link_local_v6(ip: &IpAddr) -> bool {
    ip.is_ipv6() && is_link_local(*ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, net: &str) -> Interface {
        Interface { name: name.into(), net: net.parse().expect(net), point_to_point: false }
    }

    /// A laptop at home with a VPN, a Tailnet, a dial-up stick and containers.
    fn laptop() -> NetworkMap {
        let mut interfaces = [
            ("lo", "127.0.0.1/8"),
            ("lo", "::1/128"),
            ("eth0", "192.168.1.20/24"),
            ("eth0", "2001:db8:1:1::20/64"),
            ("eth0", "fd00:1:2:3::20/128"),
            ("eth0", "fe80::20/64"),
            ("wlan0", "10.0.0.5/8"),
            ("wg0", "10.8.0.2/24"),
            ("tailscale0", "100.101.1.1/32"),
            ("tailscale0", "fd7a:115c:a1e0::1/128"),
            ("docker0", "172.17.0.1/16"),
            ("br-0a1b2c", "172.18.0.1/16"),
            ("OpenVPN TAP-Windows6", "192.168.77.2/24"),
            ("odd0", "0.0.0.0/0"),
        ]
        .map(|(name, net)| interface(name, net))
        .to_vec();
        interfaces.push(Interface { point_to_point: true, ..interface("wwan0", "203.0.113.9/29") });
        NetworkMap::new(&interfaces)
    }

    #[test]
    fn the_class_follows_the_networks_of_this_machine() {
        use SourceClass::{Internet, Lan, Tailnet};
        let map = laptop();
        for (ip, expected, why) in [
            ("127.0.0.1", Lan, "loopback"),
            ("127.9.9.9", Lan, "all of loopback"),
            ("::1", Lan, "loopback"),
            ("192.168.1.20", Lan, "this machine"),
            ("203.0.113.9", Lan, "this machine, by its address at the other end of a tunnel"),
            ("100.101.1.1", Lan, "this machine, by its address in the Tailnet"),
            ("192.168.1.7", Lan, "on the link"),
            ("::ffff:192.168.1.7", Lan, "the same, as a socket for both families says it"),
            ("10.200.0.1", Lan, "on a wide link"),
            ("2001:db8:1:1::7", Lan, "public, but on the link"),
            ("fd00:1:2:3::7", Lan, "a unique local address beside ours, which came without its network"),
            ("fe80::7", Lan, "never leaves the link"),
            ("169.254.1.1", Lan, "never leaves the link"),
            ("172.17.0.2", Lan, "a container on this machine"),
            ("172.18.3.4", Lan, "a container on this machine"),
            ("100.64.0.1", Tailnet, "the Tailnet"),
            ("100.127.255.255", Tailnet, "the Tailnet"),
            ("::ffff:100.100.1.1", Tailnet, "the Tailnet"),
            ("fd7a:115c:a1e0::9", Tailnet, "the Tailnet"),
            ("100.128.0.1", Internet, "just not the Tailnet"),
            ("10.8.0.7", Internet, "through the VPN, although a wide link seems to hold it too"),
            ("192.168.77.9", Internet, "through a VPN of Windows"),
            ("203.0.113.10", Internet, "beyond a dial-up link"),
            ("192.168.2.7", Internet, "private, and nobody says that it is near"),
            ("fd00:9::1", Internet, "unique local, and nobody says that it is near"),
            ("2001:db8:1:2::7", Internet, "another network of the provider"),
            ("8.8.8.8", Internet, "public"),
            ("::ffff:8.8.8.8", Internet, "public"),
        ] {
            assert_eq!(map.class_of(ip.parse().expect(ip), false), expected, "{ip}: {why}");
        }
    }

    #[test]
    fn what_is_said_counts_for_private_addresses_only() {
        let map = laptop();
        for (ip, expected) in [
            ("192.168.2.7", SourceClass::Lan),
            ("fd00:9::1", SourceClass::Lan),
            ("8.8.8.8", SourceClass::Internet),
            ("2001:db8:1:2::7", SourceClass::Internet),
            ("10.8.0.7", SourceClass::Internet),
            ("100.64.0.1", SourceClass::Tailnet),
        ] {
            assert_eq!(map.class_of(ip.parse().expect(ip), true), expected, "{ip}");
        }
    }

    #[test]
    fn a_machine_without_interfaces_has_no_neighbours() {
        let map = NetworkMap::default();
        assert_eq!(map.class_of([192, 168, 1, 7].into(), false), SourceClass::Internet);
    }

    /// Interfaces that change.
    struct Moving(Mutex<Vec<Interface>>);

    impl Interfaces for Moving {
        fn list(&self) -> Vec<Interface> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
        }
    }

    #[test]
    fn a_move_is_noticed_and_voids_what_was_said() {
        let moving = Arc::new(Moving(Mutex::new(vec![interface("eth0", "192.168.1.20/24")])));
        let network = Network::new(moving.clone());
        let (near, far): (IpAddr, IpAddr) = ([192, 168, 1, 7].into(), [192, 168, 2, 7].into());
        network.note_local([far].into_iter());
        let classes = |network: &Network| [near, far].map(|ip| network.class_of(ip, false));
        assert_eq!(classes(&network), [SourceClass::Lan; 2]);
        *moving.0.lock().expect("lock") = vec![interface("eth0", "192.168.8.20/24")];
        assert_eq!(classes(&network), [SourceClass::Lan; 2], "not looked at again yet");
        network.state.lock().expect("lock").drawn -= FRESH;
        assert_eq!(classes(&network), [SourceClass::Internet; 2]);
        assert_eq!(network.own_addresses(), [IpAddr::from([192, 168, 8, 20])]);
    }

    #[test]
    fn this_machine_has_a_loopback() {
        let network = Network::new(Arc::new(SystemInterfaces));
        assert_eq!(network.class_of([127, 0, 0, 1].into(), false), SourceClass::Lan);
        assert_eq!(network.class_of([198, 51, 100, 1].into(), false), SourceClass::Internet);
        assert!(!network.own_addresses().is_empty());
    }
}
