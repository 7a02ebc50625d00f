//! The network itself, without sockets, clock or chance of its own.

use std::{cmp::Reverse, collections::BinaryHeap, net::IpAddr, time::Duration};

use ipnet::IpNet;
use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::{
    link::{Access, Line},
    packet::destination,
};

/// A port of the network, at which a host or a home is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(usize);

impl Port {
    /// The port that was added as the one of this number, from 0.
    pub(crate) fn at(number: usize) -> Self {
        Self(number)
    }

    /// Its number.
    pub(crate) fn number(self) -> usize {
        self.0
    }
}

/// What has gone through a port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets that left it.
    pub sent_packets: u64,
    /// Their bytes, with the headers of IP and what is in them.
    pub sent_bytes: u64,
    /// Packets that it wanted to send and that did not fit into its queue.
    pub sent_dropped: u64,
    /// Packets that left it and were lost at random, by a fault, or for having no receiver.
    pub lost: u64,
    /// Packets that reached it.
    pub received_packets: u64,
    /// Their bytes, counted as those sent.
    pub received_bytes: u64,
    /// Packets for it that did not fit into the queue before its line.
    pub received_dropped: u64,
}

/// What changes in the network, at once or at a set time.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Nothing goes to or from the port any more.
    Cut(Port),
    /// These ports and all others do not reach each other any more. There is one partition at a time.
    Partition(Vec<Port>),
    /// All cuts and the partition are undone.
    Heal,
    /// The port loses this share of what it sends.
    Loss(Port, f64),
    /// The port is connected otherwise.
    Access(Port, Access),
}

/// Lines between ports. Pure: who drives it passes packets and time in.
///
/// A packet waits for its turn on the line of its sender, travels for the delays of both ends, and waits for its turn on
/// the line of its receiver.
pub struct Network {
    ports: Vec<State>,
    events: BinaryHeap<Reverse<Event>>,
    /// Numbers the events, so that those of the same time happen in the order in which they were caused.
    caused: u64,
    random: StdRng,
}

struct State {
    access: Access,
    prefixes: Vec<IpNet>,
    up: Line,
    down: Line,
    cut: bool,
    apart: bool,
    counters: Counters,
}

struct Event {
    at: Duration,
    number: u64,
    what: What,
}

enum What {
    /// The packet comes to the queue before the line of its receiver.
    Crosses { from: Port, to: Port, packet: Vec<u8> },
    /// The packet is there.
    Arrives { to: Port, packet: Vec<u8> },
    /// The network changes.
    Changes(Fault),
}

impl PartialEq for Event {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Event {
    fn key(&self) -> (Duration, u64) {
        (self.at, self.number)
    }
}

impl Network {
    /// One without ports. The same seed loses the same packets of the same traffic.
    pub fn new(seed: u64) -> Self {
        Self { ports: vec![], events: BinaryHeap::new(), caused: 0, random: StdRng::seed_from_u64(seed) }
    }

    /// Adds a port for those whose addresses are in `prefixes`.
    pub fn add(&mut self, access: Access, prefixes: Vec<IpNet>) -> Port {
        let (up, down) = (Line::default(), Line::default());
        let counters = Counters::default();
        self.ports.push(State { access, prefixes, up, down, cut: false, apart: false, counters });
        Port(self.ports.len() - 1)
    }

    /// What has gone through a port so far.
    ///
    /// # Panics
    /// The port is of another network.
    pub fn counters(&self, port: Port) -> Counters {
        self.ports[port.0].counters
    }

    /// Lets something happen at a time, which may have passed.
    ///
    /// # Panics
    /// A port in it is of another network.
    pub fn plan(&mut self, at: Duration, fault: Fault) {
        self.cause(at, What::Changes(fault));
    }

    /// A packet that its sender sent between `earliest` and `now`.
    ///
    /// # Panics
    /// The port is of another network.
    pub fn send(&mut self, earliest: Duration, now: Duration, from: Port, packet: Vec<u8>) {
        let to = destination(&packet).and_then(|to| self.port_of(to, from));
        let sender = &mut self.ports[from.0];
        let Access { up, queue, delay, loss, .. } = sender.access;
        let Some(left) = sender.up.take(earliest, now, packet.len(), up, queue) else {
            sender.counters.sent_dropped += 1;
            return;
        };
        sender.counters.sent_packets += 1;
        sender.counters.sent_bytes += packet.len() as u64;
        let lost = loss > 0.0 && self.random.random_bool(loss.min(1.0));
        match to {
            Some(to) if !lost => self.cause(left + delay, What::Crosses { from, to, packet }),
            _ => sender.counters.lost += 1,
        }
    }

    /// Lets everything happen up to `now`; `deliver` gets what arrives, in its order.
    pub fn advance(&mut self, now: Duration, mut deliver: impl FnMut(Port, &[u8])) {
        while let Some(Reverse(event)) = self.events.peek()
            && event.at <= now
        {
            let Some(Reverse(Event { at, what, .. })) = self.events.pop() else { return };
            match what {
                What::Crosses { from, to, packet } => self.cross(at, from, to, packet),
                What::Arrives { to, packet } => {
                    let counters = &mut self.ports[to.0].counters;
                    counters.received_packets += 1;
                    counters.received_bytes += packet.len() as u64;
                    deliver(to, &packet);
                }
                What::Changes(fault) => self.change(fault),
            }
        }
    }

    /// When something happens next.
    pub fn next(&self) -> Option<Duration> {
        self.events.peek().map(|Reverse(event)| event.at)
    }

    fn port_of(&self, address: IpAddr, sender: Port) -> Option<Port> {
        let has = |state: &State| state.prefixes.iter().any(|net| net.contains(&address));
        self.ports.iter().position(has).map(Port).filter(|port| *port != sender)
    }

    fn cross(&mut self, at: Duration, from: Port, to: Port, packet: Vec<u8>) {
        let (sender, receiver) = (&self.ports[from.0], &self.ports[to.0]);
        if sender.cut || receiver.cut || sender.apart != receiver.apart {
            self.ports[from.0].counters.lost += 1;
            return;
        }
        let receiver = &mut self.ports[to.0];
        let Access { down, queue, delay, .. } = receiver.access;
        match receiver.down.take(at, at, packet.len(), down, queue) {
            Some(left) => self.cause(left + delay, What::Arrives { to, packet }),
            None => receiver.counters.received_dropped += 1,
        }
    }

    fn change(&mut self, fault: Fault) {
        match fault {
            Fault::Cut(port) => self.ports[port.0].cut = true,
            Fault::Partition(group) => {
                for (number, state) in self.ports.iter_mut().enumerate() {
                    state.apart = group.contains(&Port(number));
                }
            }
            Fault::Heal => {
                for state in &mut self.ports {
                    (state.cut, state.apart) = (false, false);
                }
            }
            Fault::Loss(port, loss) => self.ports[port.0].access.loss = loss,
            Fault::Access(port, access) => self.ports[port.0].access = access,
        }
    }

    fn cause(&mut self, at: Duration, what: What) {
        self.caused += 1;
        self.events.push(Reverse(Event { at, number: self.caused, what }));
    }
}

#[cfg(test)]
mod tests;
