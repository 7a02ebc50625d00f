//! A network in a box: hosts are network namespaces on one bridge. Needs root and `ip`.

use std::{
    net::Ipv4Addr,
    path::Path,
    process::{self, Command},
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::{Context, Result, ensure};
use mist_lab_router::Port;
use rustix::process::{Pid, Signal, kill_process};

use crate::process::parse_traffic;

/// Numbers the labs of this process.
static LABS: AtomicU32 = AtomicU32::new(0);

/// Every lab is a world of its own, so that all may use the same addresses.
const NETWORK: [u8; 3] = [10, 77, 0];

/// Where a process runs.
#[derive(Clone)]
pub enum Place {
    /// On this machine's own network.
    Here,
    /// On a host of a lab.
    On(Host),
}

impl Place {
    /// The address at which programs there are reached by the others.
    pub fn address(&self) -> Ipv4Addr {
        match self {
            Self::Here => Ipv4Addr::LOCALHOST,
            Self::On(host) => host.address(),
        }
    }

    /// The words before a command that start it there.
    pub(crate) fn prefix(&self) -> Vec<&str> {
        match self {
            Self::Here => vec![],
            Self::On(host) => vec!["ip", "netns", "exec", &host.0.name],
        }
    }
}

/// Hosts on one bridge. The bridge is in a namespace too, so that nothing of it shows on the machine's own network.
pub struct Lab {
    prefix: String,
    switch: Host,
    hosts: Mutex<Vec<Host>>,
}

/// A host of a lab; cheap to clone.
#[derive(Clone)]
pub struct Host(Arc<Namespace>);

struct Namespace {
    name: String,
    address: Ipv4Addr,
    port: OnceLock<Port>,
}

impl Lab {
    /// An empty network.
    ///
    /// # Errors
    /// Not root, or the system has no network namespaces.
    pub fn new() -> Result<Self> {
        remove_orphans();
        let prefix = fresh_prefix();
        let switch = Host::new(&format!("{prefix}-switch"), Ipv4Addr::UNSPECIFIED)?;
        switch.ip(&["link", "add", "bridge", "type", "bridge"])?;
        switch.ip(&["link", "set", "bridge", "up"])?;
        Ok(Self { prefix, switch, hosts: Mutex::default() })
    }

    /// A new host on the bridge. `name` is at most eight letters.
    ///
    /// # Errors
    /// The system refuses.
    pub fn host(&self, name: &str) -> Result<Host> {
        let mut hosts = self.hosts.lock().map_err(|_| anyhow::anyhow!("a test thread panicked"))?;
        let number = u8::try_from(hosts.len() + 1).context("too many hosts")?;
        let [a, b, c] = NETWORK;
        let host = Host::new(&format!("{}-{name}", self.prefix), Ipv4Addr::new(a, b, c, number))?;
        let wire = format!("w-{name}");
        self.switch.ip(&[
            "link",
            "add",
            &wire,
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            &host.0.name,
        ])?;
        self.switch.ip(&["link", "set", &wire, "master", "bridge", "up"])?;
        host.ip(&["addr", "add", &format!("{}/24", host.address()), "dev", "eth0"])?;
        host.ip(&["link", "set", "eth0", "up"])?;
        // Multicast follows the routes; without this one there would be none for it.
        host.ip(&["route", "add", "default", "dev", "eth0"])?;
        hosts.push(host.clone());
        Ok(host)
    }

    /// From now on no UDP packet of another host reaches `host`: it sends into silence, as behind a strict firewall.
    ///
    /// # Errors
    /// The system refuses.
    pub fn block_udp_to(&self, host: &Host) -> Result<()> {
        self.rule_udp_to(host, "add")
    }

    /// Ends what [`Lab::block_udp_to`] began, for hosts that were there then.
    ///
    /// # Errors
    /// The system refuses, or it was not blocked.
    pub fn let_udp_to(&self, host: &Host) -> Result<()> {
        self.rule_udp_to(host, "del")
    }

    fn rule_udp_to(&self, host: &Host, word: &str) -> Result<()> {
        let hosts = self.hosts.lock().map_err(|_| anyhow::anyhow!("a test thread panicked"))?;
        for other in hosts.iter().filter(|h| h.address() != host.address()) {
            other.ip(&["rule", word, "to", &host.address().to_string(), "ipproto", "udp", "blackhole"])?;
        }
        Ok(())
    }
}

impl Host {
    pub(crate) fn new(name: &str, address: Ipv4Addr) -> Result<Self> {
        run_root(&["ip", "netns", "add", name])?;
        let host = Self(Arc::new(Namespace { name: name.into(), address, port: OnceLock::new() }));
        host.ip(&["link", "set", "lo", "up"])?;
        Ok(host)
    }

    /// The address at which the others reach it.
    pub fn address(&self) -> Ipv4Addr {
        self.0.address
    }

    /// The name of its namespace, for `ip netns`.
    pub fn namespace(&self) -> &str {
        &self.0.name
    }

    /// Its port at the router, if it has a line of its own.
    pub(crate) fn port(&self) -> Option<Port> {
        self.0.port.get().copied()
    }

    pub(crate) fn connected_at(&self, port: Port) -> Result<()> {
        ensure!(self.0.port.set(port).is_ok(), "{} is connected already", self.0.name);
        Ok(())
    }

    /// Sets a parameter of its network, by its path below `/proc/sys`.
    pub(crate) fn set(&self, parameter: &str, value: &str) -> Result<()> {
        self.run(&["sh", "-c", &format!("echo {value} > /proc/sys/{parameter}")])
    }

    /// Bounds what the host sends to `mbit` megabits a second.
    ///
    /// # Errors
    /// The system refuses.
    pub fn limit_upload(&self, mbit: u32) -> Result<()> {
        let rate = format!("{mbit}mbit");
        let shape = ["tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", &rate, "burst", "256kb"];
        self.run(&[&shape[..], &["latency", "100ms"]].concat())
    }

    /// Bytes received since the host was made.
    ///
    /// # Errors
    /// The system refuses.
    pub fn received(&self) -> Result<u64> {
        Ok(self.traffic()?.0)
    }

    /// Bytes sent since the host was made.
    ///
    /// # Errors
    /// The system refuses.
    pub fn sent(&self) -> Result<u64> {
        Ok(self.traffic()?.1)
    }

    fn traffic(&self) -> Result<(u64, u64)> {
        let table =
            Command::new("ip").args(["netns", "exec", &self.0.name, "cat", "/proc/net/dev"]).output()?;
        parse_traffic(&String::from_utf8_lossy(&table.stdout))
    }

    pub(crate) fn ip(&self, args: &[&str]) -> Result<()> {
        run_root(&[&["ip", "-n", &self.0.name], args].concat())
    }

    pub(crate) fn run(&self, command: &[&str]) -> Result<()> {
        run_root(&[&["ip", "netns", "exec", &self.0.name], command].concat())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        end_processes(&self.name);
        // The interfaces go with it. There is nobody to tell if it fails.
        let _ = Command::new("ip").args(["netns", "del", &self.name]).output();
    }
}

/// What the names of a new lab's namespaces begin with.
pub(crate) fn fresh_prefix() -> String {
    format!("mist-{}-{}", process::id(), LABS.fetch_add(1, Ordering::Relaxed))
}

/// Kills what still runs in a namespace: children of programs that were killed, which would keep it.
fn end_processes(namespace: &str) {
    let Ok(list) = Command::new("ip").args(["netns", "pids", namespace]).output() else { return };
    let pids = String::from_utf8_lossy(&list.stdout);
    for pid in pids.split_whitespace().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)) {
        // It may have ended meanwhile.
        let _ = kill_process(pid, Signal::KILL);
    }
}

/// Deletes what test processes left that were killed before they could.
pub(crate) fn remove_orphans() {
    let Ok(list) = Command::new("ip").args(["netns", "list"]).output() else { return };
    for line in String::from_utf8_lossy(&list.stdout).lines() {
        let Some(name) = line.split_whitespace().next() else { continue };
        let Some(owner) = name.strip_prefix("mist-").and_then(|rest| rest.split('-').next()) else {
            continue;
        };
        if !Path::new("/proc").join(owner).exists() {
            end_processes(name);
            let _ = Command::new("ip").args(["netns", "del", name]).output();
        }
    }
}

/// Runs a command of the system that needs root.
pub(crate) fn run_root(command: &[&str]) -> Result<()> {
    let line = command.join(" ");
    let (program, args) = command.split_first().context("an empty command")?;
    let output = Command::new(program)
        .args(args)
        .output()
        .with_context(|| format!("running `{line}` (`./dev test` installs iproute2 and util-linux)"))?;
    ensure!(
        output.status.success(),
        "`{line}` failed: {} (this test needs root and network namespaces; it can't run without them)",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
