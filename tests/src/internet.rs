//! Networks joined by a router: machines with a line of their own, and homes whose machines share one. Needs root, `ip`, `tc`
//! and `/dev/net/tun`.

use std::{
    net::Ipv4Addr,
    sync::{
        Mutex,
        atomic::{AtomicU8, Ordering},
    },
};

use anyhow::{Result, anyhow, ensure};
use ipnet::{IpNet, Ipv4Net};
use mist_lab_router::{Access, Counters, Port, Router};

use crate::lab::{Host, fresh_prefix, remove_orphans};

/// The rate of the cables and switches in a home.
const HOME_RATE: [&str; 7] = ["tbf", "rate", "1gbit", "burst", "256kb", "latency", "20ms"];

/// What routes say of TCP: a namespace may not take what the machine's own settings do not allow to everybody.
const CUBIC: [&str; 2] = ["congctl", "cubic"];

/// A router and who is connected to it. Everything on it has IPv4 only.
///
/// All machines use TCP's congestion control `cubic`, as most systems do, whatever this one is set to.
pub struct Internet {
    router: Router,
    prefix: String,
    homes: AtomicU8,
    // Held so that no namespace goes before the router.
    hosts: Mutex<Vec<Host>>,
}

/// Machines in one local network of 1 Gbit/s behind a gateway. Each has a private address, and one in the Tailnet too if the
/// home was made so; both are routed, there is no translation of addresses.
pub struct Home {
    gateway: Host,
    number: u8,
    tailnet: bool,
    hosts: AtomicU8,
}

impl Internet {
    /// One with nobody on it. The same seed loses the same packets of the same traffic.
    ///
    /// # Errors
    /// The system refuses.
    pub fn new(seed: u64) -> Result<Self> {
        remove_orphans();
        let (router, prefix) = (Router::start(seed)?, fresh_prefix());
        Ok(Self { router, prefix, homes: AtomicU8::new(0), hosts: Mutex::default() })
    }

    /// A machine with a line and an address of its own.
    ///
    /// # Errors
    /// The system refuses.
    pub fn host(&self, name: &str, address: Ipv4Addr, access: Access) -> Result<Host> {
        let host = Host::new(&format!("{}-{name}", self.prefix), address)?;
        self.connect(&host, access, vec![Ipv4Net::from(address).into()])?;
        host.ip(&["addr", "add", &format!("{address}/32"), "dev", "wan0"])?;
        host.ip(&[&["route", "add", "default", "dev", "wan0"][..], &CUBIC].concat())?;
        Ok(host)
    }

    /// A home without machines. `access` is its line.
    ///
    /// # Errors
    /// The system refuses.
    pub fn home(&self, name: &str, access: Access, tailnet: bool) -> Result<Home> {
        let number = self.homes.fetch_add(1, Ordering::Relaxed) + 1;
        let inside = home_address(number, 1);
        let gateway = Host::new(&format!("{}-{name}", self.prefix), inside)?;
        let nets = [[192, 168, number, 0], [100, 64, number, 0]];
        let nets = nets.map(|net| Ipv4Net::new_assert(net.into(), 24)).map(IpNet::from);
        self.connect(&gateway, access, nets[..1 + usize::from(tailnet)].to_vec())?;
        gateway.ip(&["route", "add", "default", "dev", "wan0"])?;
        gateway.ip(&["link", "add", "bridge", "type", "bridge"])?;
        gateway.ip(&["link", "set", "bridge", "up"])?;
        gateway.ip(&["addr", "add", &format!("{inside}/24"), "dev", "bridge"])?;
        if tailnet {
            gateway.ip(&["route", "add", &nets[1].to_string(), "dev", "bridge"])?;
        }
        gateway.set("net/ipv4/ip_forward", "1")?;
        Ok(Home { gateway, number, tailnet, hosts: AtomicU8::new(0) })
    }

    /// What has gone over the line of a host, or of a home, so far.
    ///
    /// # Errors
    /// It has no line of its own.
    pub fn traffic(&self, host: &Host) -> Result<Counters> {
        Ok(self.router.counters(port(host)?))
    }

    /// The router, e.g. to plan faults.
    pub fn router(&self) -> &Router {
        &self.router
    }

    fn connect(&self, host: &Host, access: Access, nets: Vec<IpNet>) -> Result<()> {
        let port = self.router.connect(host.namespace(), access, nets)?;
        host.connected_at(port)?;
        host.ip(&["link", "set", "wan0", "up"])?;
        self.hosts.lock().map_err(|_| anyhow!("a test thread panicked"))?.push(host.clone());
        Ok(())
    }
}

impl Home {
    /// A new machine in the home. `name` is at most eight letters.
    ///
    /// # Errors
    /// The system refuses.
    pub fn host(&self, name: &str) -> Result<Host> {
        let number = self.hosts.fetch_add(1, Ordering::Relaxed) + 10;
        ensure!(number < 250, "the home is full");
        let (address, gateway) = (home_address(self.number, number), self.gateway.address().to_string());
        let host = Host::new(&format!("{}-{name}", self.gateway.namespace()), address)?;
        let wire = format!("w-{name}");
        let ends = ["link", "add", &wire, "type", "veth", "peer", "name", "eth0", "netns", host.namespace()];
        self.gateway.ip(&ends)?;
        self.gateway.ip(&["link", "set", &wire, "master", "bridge", "up"])?;
        host.ip(&["addr", "add", &format!("{address}/24"), "dev", "eth0", "noprefixroute"])?;
        host.ip(&["link", "set", "eth0", "up"])?;
        let neighbours = Ipv4Net::new_assert(address, 24).trunc().to_string();
        let route = |words: &[&str]| host.ip(&[&["route", "add"][..], words, &CUBIC].concat());
        route(&[&neighbours, "dev", "eth0", "src", &address.to_string()])?;
        route(&["default", "via", &gateway])?;
        for (end, device) in [(&host, "eth0"), (&self.gateway, wire.as_str())] {
            let shape = ["tc", "qdisc", "replace", "dev", device, "root"];
            end.run(&[&shape[..], &HOME_RATE].concat())?;
        }
        if self.tailnet {
            let there = Ipv4Addr::new(100, 64, self.number, number).to_string();
            host.ip(&["link", "add", "tailscale0", "type", "veth", "peer", "name", "nowhere"])?;
            host.ip(&["link", "set", "nowhere", "up"])?;
            host.ip(&["addr", "add", &format!("{there}/32"), "dev", "tailscale0"])?;
            host.ip(&["link", "set", "tailscale0", "up"])?;
            route(&["100.64.0.0/10", "via", &gateway, "src", &there])?;
        }
        Ok(host)
    }

    /// Its gateway, which has the line.
    pub fn gateway(&self) -> &Host {
        &self.gateway
    }
}

/// The port of a host or a gateway.
///
/// # Errors
/// It has no line of its own.
pub fn port(host: &Host) -> Result<Port> {
    host.port().ok_or_else(|| anyhow!("{} has no line of its own", host.namespace()))
}

fn home_address(home: u8, host: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, home, host)
}
