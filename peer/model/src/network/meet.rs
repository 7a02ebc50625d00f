//! How peers find each other, connect, and part.

use std::time::Duration;

use mist_proto::{http::SourceClass, limits::MAX_PIECE_SIZE};
use mist_scheduler::{DropReason, PieceSet, Scheduler, Time};
use rand::Rng;

use super::{Edge, Event, Known, Manner, Network, Role, State, name, nanos, number, small};
use crate::pipes::Flow;

/// Most peers in one answer of the tracker (`tracker/src/swarm/sources.rs`).
const MAX_PEERS: usize = 50;
/// Between questions to the tracker: at first, and later (`client/core/src/swarm/sources.rs`).
const LOOK_AT_FIRST: [Duration; 4] = [
    Duration::from_millis(300),
    Duration::from_millis(600),
    Duration::from_millis(1200),
    Duration::from_secs(2),
];
const LOOK_AGAIN: Duration = Duration::from_secs(4);
/// How long after it began the tracker names a peer.
const ANNOUNCED: Duration = Duration::from_millis(100);
/// How often a fetch looks at who connected to it.
const LOOK_AROUND: Duration = Duration::from_millis(250);
/// How long a dial may take, and how long a connection may be silent.
const DIAL: Duration = Duration::from_secs(4);
pub(super) const IDLE: Duration = Duration::from_secs(10);
/// Pause before a peer that failed is dialled again: at first and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Requests to one peer at once.
const INFLIGHT: usize = 64;
/// What is asked of HTTPS at once, in bytes, and what comes together.
const HTTPS_AT_ONCE: u64 = 8 * MAX_PIECE_SIZE;
const HTTPS_TOGETHER: u64 = 1024 * 1024;

impl Network<'_> {
    pub(super) fn handle_start(&mut self, peer: u32) {
        if self.nodes[peer as usize].is_gone || self.nodes[peer as usize].is_draining {
            return;
        }
        let pieces = self.setting.pieces();
        let (want, have) = (PieceSet::full(pieces), PieceSet::new(pieces));
        let scheduler =
            Scheduler::new(&want, &have, self.setting.piece_size, number(peer), self.rng.random());
        let node = &mut self.nodes[peer as usize];
        node.scheduler = Some(scheduler);
        node.has_begun = true;
        node.began = self.now;
        let near: Vec<u32> = (0..small(self.nodes.len()))
            .filter(|&p| p != peer && self.is_near(peer, p) && self.peer(p).role != Role::Https)
            .collect();
        for other in near {
            if self.nodes[other as usize].is_reachable() {
                self.dial(peer, other);
            }
        }
        self.handle_ask(peer);
        self.handle_tick(peer);
    }

    /// Asks the tracker. It names seeds first, then who has all, then others; chance decides among equals.
    pub(super) fn handle_ask(&mut self, peer: u32) {
        if self.nodes[peer as usize].scheduler.is_none() {
            return;
        }
        let asked = self.nodes[peer as usize].asked;
        self.nodes[peer as usize].asked += 1;
        self.post(LOOK_AT_FIRST.get(asked).copied().unwrap_or(LOOK_AGAIN), Event::Ask(peer));
        if self.links(peer) >= self.setting.physics.links {
            return;
        }
        let mut named = Vec::new();
        for other in 0..small(self.nodes.len()) {
            let (spec, node) = (self.peer(other), &self.nodes[other as usize]);
            let is_announced = spec.is_complete || node.began + nanos(ANNOUNCED) <= self.now;
            if other != peer && spec.role != Role::Https && node.is_reachable() && is_announced {
                let is_complete = node.has.is_complete() || spec.is_complete;
                named.push((spec.role != Role::Seed, !is_complete, self.rng.random::<u32>(), other));
            }
        }
        if named.len() > MAX_PEERS {
            named.select_nth_unstable(MAX_PEERS);
            named.truncate(MAX_PEERS);
        }
        named.sort_unstable();
        for (.., other) in named {
            self.dial(peer, other);
        }
    }

    fn links(&self, peer: u32) -> usize {
        let node = &self.nodes[peer as usize];
        node.of.len().max(node.outgoing.len())
    }

    fn has_room(&self, peer: u32) -> bool {
        let most =
            if self.peer(peer).role == Role::Friend { self.setting.physics.links } else { super::MAX_LINKS };
        self.links(peer) < most
    }

    /// Connects to somebody who is not known yet.
    fn dial(&mut self, me: u32, whom: u32) {
        if self.nodes[me as usize].of.contains_key(&whom) || !self.has_room(me) {
            return;
        }
        let edge = self.add_edge(me, whom);
        self.nodes[me as usize].of.insert(whom, Known::new(edge));
        self.connect(edge);
    }

    fn connect(&mut self, edge: u32) {
        let (me, whom) = (self.edges[edge as usize].to, self.edges[edge as usize].from);
        self.count_connecting(me, true);
        let round = self.delay(me, whom) + self.delay(whom, me);
        // By a connection that is there already it takes no time.
        let is_there = self.nodes[whom as usize]
            .of
            .get(&me)
            .is_some_and(|known| self.edges[known.edge as usize].state == State::Open);
        let node = &self.nodes[whom as usize];
        let answers = !node.is_gone && !node.is_draining && !self.is_apart(me, whom);
        match answers {
            false => self.post(DIAL, Event::Unanswered(edge)),
            true if is_there => self.post(Time::ZERO, Event::Connected(edge)),
            true => self.post(2 * round, Event::Connected(edge)),
        }
    }

    fn count_connecting(&mut self, peer: u32, more: bool) {
        let now = self.time();
        let node = &mut self.nodes[peer as usize];
        node.connecting = if more { node.connecting + 1 } else { node.connecting.saturating_sub(1) };
        let connecting = node.connecting;
        if let Some(scheduler) = &mut node.scheduler {
            scheduler.handle_connecting(now, connecting);
        }
    }

    /// Opens what is stored behind HTTPS, once it is wanted.
    pub(super) fn open_https(&mut self, me: u32) {
        for whom in 0..small(self.nodes.len()) {
            if self.peer(whom).role != Role::Https || self.nodes[me as usize].of.contains_key(&whom) {
                continue;
            }
            let edge = self.add_edge(me, whom);
            self.nodes[me as usize].of.insert(whom, Known::new(edge));
            let round = self.delay(me, whom) + self.delay(whom, me);
            self.post(3 * round, Event::Connected(edge));
        }
    }

    fn add_edge(&mut self, me: u32, whom: u32) -> u32 {
        let edge = small(self.edges.len());
        let (here, there) = (self.peer(whom), self.peer(me));
        let is_near = here.line == there.line;
        let class = match here.role {
            Role::Seed => SourceClass::Seed,
            Role::Https => SourceClass::Https,
            Role::Friend if is_near => SourceClass::Lan,
            Role::Friend => self.setting.outside,
        };
        let ports = small(2 * self.setting.lines.len());
        let pipes = if is_near {
            [ports + 2 * whom, ports + 2 * me + 1]
        } else {
            [small(2 * here.line), small(2 * there.line + 1)]
        };
        // Of three even draws: near enough to a bell.
        let bell: f64 = (0..3).map(|_| self.rng.random_range(-1.0_f64..1.0)).sum();
        let weight = (bell * self.setting.physics.unevenness).exp();
        self.pipes.flows.push(Flow::new(pipes, weight));
        self.edges.push(Edge {
            to: me,
            from: whom,
            class,
            state: State::Connecting,
            is_subscribed: false,
            queue: std::collections::VecDeque::new(),
            admitted: 0,
            waits_for_permit: false,
            left: 0.0,
            since: self.now,
            version: 0,
            unreported: 0.0,
            is_cut: self.is_apart(me, whom),
        });
        edge
    }

    pub(super) fn handle_connected(&mut self, edge: u32) {
        let (me, whom, class) = {
            let e = &self.edges[edge as usize];
            (e.to, e.from, e.class)
        };
        if class != SourceClass::Https {
            self.count_connecting(me, false);
        }
        if self.nodes[me as usize].scheduler.is_none() {
            return;
        }
        let node = &self.nodes[whom as usize];
        let is_known = self.nodes[whom as usize].of.contains_key(&me);
        if node.is_gone || node.is_draining || self.is_apart(me, whom) || !(is_known || self.has_room(whom)) {
            return self.try_again(me, whom);
        }
        self.open(edge);
        if !is_known && self.nodes[whom as usize].scheduler.is_some() {
            let wait = LOOK_AROUND.mul_f64(self.rng.random());
            self.post(wait, Event::Met(whom, me));
        }
    }

    pub(super) fn handle_met(&mut self, by: u32, whom: u32) {
        let node = &self.nodes[whom as usize];
        let is_there = !node.is_gone && !node.is_draining;
        if self.nodes[by as usize].scheduler.is_none()
            || !is_there
            || self.nodes[by as usize].of.contains_key(&whom)
        {
            return;
        }
        let edge = self.add_edge(by, whom);
        self.nodes[by as usize].of.insert(whom, Known::new(edge));
        self.open(edge);
    }

    fn open(&mut self, edge: u32) {
        let now = self.time();
        let e = &mut self.edges[edge as usize];
        let (me, whom, class) = (e.to, e.from, e.class);
        e.state = State::Open;
        self.nodes[me as usize].incoming.push(edge);
        self.nodes[whom as usize].outgoing.push(edge);
        let before = self.peer(whom).credit;
        let credit = self.nodes[me as usize].of.get(&whom).map_or(before, |known| known.credit(before));
        let (pieces, size) = (self.setting.pieces(), self.setting.piece_size);
        let Some(scheduler) = &mut self.nodes[me as usize].scheduler else { return };
        if class == SourceClass::Https {
            let limit = usize::try_from(HTTPS_AT_ONCE / size).unwrap_or(1);
            scheduler.handle_joined(now, name(edge), class, limit);
            scheduler.handle_together(name(edge), HTTPS_TOGETHER / size);
            scheduler.handle_have(now, name(edge), &PieceSet::full(pieces));
            self.wake(me, Time::ZERO);
            return;
        }
        scheduler.handle_joined(now, name(edge), class, INFLIGHT);
        scheduler.handle_credit(name(edge), credit);
        scheduler.handle_named(name(edge), number(whom));
        self.post(self.delay_back(edge), Event::Subscribed(edge));
    }

    pub(super) fn handle_unanswered(&mut self, edge: u32) {
        let (me, whom) = (self.edges[edge as usize].to, self.edges[edge as usize].from);
        self.count_connecting(me, false);
        self.try_again(me, whom);
    }

    /// Dials somebody again who failed, after a pause.
    fn try_again(&mut self, me: u32, whom: u32) {
        if self.nodes[me as usize].scheduler.is_none() || self.peer(whom).role == Role::Https {
            return;
        }
        let Some(known) = self.nodes[me as usize].of.get_mut(&whom) else { return };
        if known.is_excluded {
            return;
        }
        let pause = (BACK_OFF.0 * 2u32.saturating_pow(known.failures)).min(BACK_OFF.1);
        known.failures += 1;
        self.post(pause, Event::Redial(me, whom));
    }

    pub(super) fn handle_redial(&mut self, me: u32, whom: u32) {
        if self.nodes[me as usize].scheduler.is_none() {
            return;
        }
        let edge = self.add_edge(me, whom);
        if let Some(known) = self.nodes[me as usize].of.get_mut(&whom) {
            known.edge = edge;
            self.connect(edge);
        }
    }

    /// The sender hears that somebody wants to know what comes to it.
    pub(super) fn handle_subscribed(&mut self, edge: u32) {
        let (me, whom) = (self.edges[edge as usize].to, self.edges[edge as usize].from);
        if self.edges[edge as usize].state != State::Open || self.nodes[whom as usize].is_gone {
            return;
        }
        if self.is_held_up(me, whom, Event::Subscribed(edge)) {
            return;
        }
        if self.nodes[whom as usize].is_draining {
            return self.post(self.delay_there(edge), Event::Unknown(edge));
        }
        self.edges[edge as usize].is_subscribed = true;
        self.post(self.delay_there(edge), Event::Mapped(edge));
        let now = self.time();
        let has: Vec<u64> = self.nodes[me as usize].has.iter().collect();
        if let Some(board) = &mut self.nodes[whom as usize].board {
            let mut suggested = board.handle_joined(now, edge);
            suggested.extend(board.handle_have(now, &edge, has.into_iter()));
            self.suggest(edge, suggested);
        }
    }

    pub(super) fn handle_lost(&mut self, edge: u32) {
        if self.edges[edge as usize].state != State::Open {
            return;
        }
        let (me, whom, now) = (self.edges[edge as usize].to, self.edges[edge as usize].from, self.time());
        if let Some(scheduler) = &mut self.nodes[me as usize].scheduler {
            scheduler.handle_gone(now, name(edge));
        }
        self.close(edge);
        self.try_again(me, whom);
        self.wake(me, Time::ZERO);
    }

    /// Parts from a source that the scheduler has forgotten.
    pub(super) fn part(&mut self, edge: u32, reason: DropReason) {
        let (me, whom) = (self.edges[edge as usize].to, self.edges[edge as usize].from);
        let is_there = !self.nodes[whom as usize].is_gone && !self.nodes[whom as usize].is_draining;
        if is_there {
            let (by, whom) = (me as usize, whom as usize);
            self.outcome.drops.push(super::Dropped { at: self.time(), by, whom, reason });
        }
        self.close(edge);
        if let Some(known) = self.nodes[me as usize].of.get_mut(&whom) {
            known.broken += 1;
            known.is_excluded |= reason == DropReason::BadData;
        }
        self.try_again(me, whom);
    }

    /// Nothing passes over an edge any more.
    pub(super) fn close(&mut self, edge: u32) {
        let (me, whom) = (self.edges[edge as usize].to, self.edges[edge as usize].from);
        self.edges[edge as usize].state = State::Closed;
        self.hush(edge);
        self.post(self.delay_back(edge), Event::Left(edge, true));
        self.nodes[me as usize].incoming.retain(|&e| e != edge);
        self.nodes[whom as usize].outgoing.retain(|&e| e != edge);
    }

    /// A seed no longer hears what comes to the receiver, who is lost or still there.
    pub(super) fn handle_left(&mut self, edge: u32, is_lost: bool) {
        let now = self.time();
        let from = self.edges[edge as usize].from;
        let Some(board) = &mut self.nodes[from as usize].board else { return };
        let anew =
            if is_lost { board.handle_lost(now, &edge) } else { board.handle_unsubscribed(now, &edge) };
        for (other, pieces) in anew {
            self.suggest(other, pieces);
        }
    }

    /// A peer fetches no more, because it has all or because it leaves.
    pub(super) fn stop_fetching(&mut self, peer: u32, gives_up: bool) {
        self.nodes[peer as usize].scheduler = None;
        for edge in std::mem::take(&mut self.nodes[peer as usize].incoming) {
            let whom = self.edges[edge as usize].from;
            self.edges[edge as usize].state = State::Closed;
            self.hush(edge);
            self.post(self.delay_back(edge), Event::Left(edge, gives_up));
            self.nodes[whom as usize].outgoing.retain(|&e| e != edge);
        }
    }

    /// What a peer says that it has.
    pub(super) fn claimed(&self, peer: u32) -> PieceSet {
        match self.peer(peer).manner {
            Manner::Boasting | Manner::Stalling => PieceSet::full(self.setting.pieces()),
            Manner::Honest | Manner::Altering => self.nodes[peer as usize].has.clone(),
        }
    }
}
