//! Drives a [`Network`] with a TUN device for each of its ports.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use ipnet::IpNet;
use nix::sys::prctl::set_timerslack;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::setpriority_process,
    time::{ClockId, clock_gettime},
};
use tun_rs::{DeviceBuilder, Layer, SyncDevice};

use crate::{Access, Counters, Fault, Network, Port, space::inside};

/// What the devices take at most.
const MTU: u16 = 1500;
/// How long the router sleeps at least, so that packets are moved by the handful: what a packet may come late.
const SHORTEST_SLEEP: Duration = Duration::from_micros(250);
/// How long it sleeps at most, so that it hears of new ports.
const LONGEST_SLEEP: Duration = Duration::from_millis(20);
/// How far a packet may be taken to have come before it was seen, when the processor was busy with other programs.
const GRACE: Duration = Duration::from_millis(1);
/// How many packets of one device are read before it is the turn of another.
const HANDFUL: usize = 128;
/// The router is to be served before the programs that it is to slow down.
const PRIORITY: i32 = -15;

/// A running router. It ends with its value.
pub struct Router {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    started: Instant,
}

struct Shared {
    state: Mutex<State>,
    stop: AtomicBool,
}

struct State {
    network: Network,
    devices: Vec<Arc<SyncDevice>>,
    busy: Duration,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Router {
    /// Starts one without ports. The same seed draws the same losses.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn start(seed: u64) -> Result<Self> {
        let state = State { network: Network::new(seed), devices: vec![], busy: Duration::ZERO };
        let shared = Arc::new(Shared { state: Mutex::new(state), stop: AtomicBool::new(false) });
        let started = Instant::now();
        let theirs = shared.clone();
        let thread = thread::Builder::new().name("router".into()).spawn(move || run(&theirs, started))?;
        Ok(Self { shared, thread: Some(thread), started })
    }

    /// Connects the namespace of that name by a device `wan0` in it, for the addresses in `prefixes`. The device has no
    /// address or route yet, and is not up.
    ///
    /// # Errors
    /// Not root, or the system has no TUN devices.
    pub fn connect(&self, namespace: &str, access: Access, prefixes: Vec<IpNet>) -> Result<Port> {
        let device = inside(namespace, || {
            let device =
                DeviceBuilder::new().name("wan0").layer(Layer::L3).mtu(MTU).enable(false).build_sync()?;
            device.set_nonblocking(true)?;
            device.set_tx_queue_len(2000)?;
            Ok(device)
        })
        .with_context(|| format!("making a TUN device in {namespace} (it needs root and /dev/net/tun)"))?;
        let mut state = self.shared.state();
        state.devices.push(Arc::new(device));
        Ok(state.network.add(access, prefixes))
    }

    /// What has gone through a port so far.
    pub fn counters(&self, port: Port) -> Counters {
        self.shared.state().network.counters(port)
    }

    /// Lets something happen so long from now.
    pub fn after(&self, wait: Duration, fault: Fault) {
        let at = self.started.elapsed() + wait;
        self.shared.state().network.plan(at, fault);
    }

    /// Lets something happen now.
    pub fn now(&self, fault: Fault) {
        self.after(Duration::ZERO, fault);
    }

    /// The time that processors have worked for the router itself.
    pub fn busy(&self) -> Duration {
        self.shared.state().busy
    }
}

impl Drop for Router {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has nothing to say if it panicked, and the value is gone.
            let _ = thread.join();
        }
    }
}

fn run(shared: &Shared, started: Instant) {
    // Where it may not, it is just less exact.
    let _ = setpriority_process(None, PRIORITY);
    let _ = set_timerslack(1000);
    let mut devices = vec![];
    let mut looked = started.elapsed();
    let mut next = None;
    while !shared.stop.load(Ordering::Relaxed) {
        let ready = wait(&devices, next.map(|at: Duration| at.saturating_sub(started.elapsed())));
        let mut state = shared.state();
        let now = started.elapsed();
        let earliest = looked.max(now.saturating_sub(GRACE));
        for (port, device) in ready.into_iter().map(|number| (number, &devices[number])) {
            read(&mut state.network, port, device, earliest, now);
        }
        looked = now;
        state.network.advance(now, |port, packet| {
            if let Some(device) = devices.get(port.number()) {
                // A host whose device is down, or full, does not get it: that is what networks are like.
                let _ = device.send(packet);
            }
        });
        next = state.network.next();
        if state.devices.len() != devices.len() {
            devices.clone_from(&state.devices);
        }
        state.busy = busy();
    }
}

/// Sleeps until a device has packets, or `next` has passed. Says which devices have some.
fn wait(devices: &[Arc<SyncDevice>], next: Option<Duration>) -> Vec<usize> {
    let sleep = next.unwrap_or(LONGEST_SLEEP).clamp(SHORTEST_SLEEP, LONGEST_SLEEP);
    let sleep = Timespec { tv_sec: 0, tv_nsec: sleep.subsec_nanos().into() };
    let mut polled = devices.iter().map(|d| PollFd::new(&**d, PollFlags::IN)).collect::<Vec<_>>();
    // Interrupted, it looks again as after a sleep.
    let _ = poll(&mut polled, Some(&sleep));
    let has =
        |(number, polled): (usize, &PollFd<'_>)| polled.revents().contains(PollFlags::IN).then_some(number);
    polled.iter().enumerate().filter_map(has).collect()
}

fn read(network: &mut Network, port: usize, device: &SyncDevice, earliest: Duration, now: Duration) {
    let mut buffer = [0; MTU as usize + 100];
    for _ in 0..HANDFUL {
        match device.recv(&mut buffer) {
            Ok(bytes) => network.send(earliest, now, Port::at(port), buffer[..bytes].to_vec()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

fn busy() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::from_secs(seconds) + Duration::from_nanos(u64::try_from(time.tv_nsec).unwrap_or(0))
}
