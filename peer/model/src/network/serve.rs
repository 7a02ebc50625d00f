//! The side that sends: who is answered when, and how fast.

use std::collections::VecDeque;

use mist_proto::http::SourceClass;

use super::{ANSWERS, Event, Network, Node, Refusal, State, Time};
use crate::{Exit, Manner, Role};

impl Network<'_> {
    pub(super) fn handle_requested(&mut self, edge: u32, piece: u32) {
        let e = &self.edges[edge as usize];
        let (from, to, is_open) = (e.from, e.to, e.state == State::Open);
        if !is_open || self.is_held_up(from, to, Event::Requested(edge, piece)) {
            return;
        }
        let is_gone = self.nodes[from as usize].is_gone;
        match self.peer(from).manner {
            _ if is_gone && self.peer(from).role == Role::Https => self.refuse(edge, piece, Refusal::Broken),
            Manner::Stalling => {}
            _ if is_gone => {}
            Manner::Boasting => self.refuse(edge, piece, Refusal::NotHere),
            Manner::Honest | Manner::Altering => {
                self.edges[edge as usize].queue.push_back(piece);
                self.admit(edge);
            }
        }
    }

    fn refuse(&mut self, edge: u32, piece: u32, refusal: Refusal) {
        self.post(self.delay_there(edge), Event::Refused(edge, piece, refusal));
    }

    /// Takes up the next requests, as many as are answered at once.
    fn admit(&mut self, edge: u32) {
        loop {
            let e = &mut self.edges[edge as usize];
            let node = &mut self.nodes[e.from as usize];
            let Some(&piece) = e.queue.get(e.admitted) else { return };
            if e.admitted >= ANSWERS {
                break;
            }
            if node.permits == 0 {
                if !e.waits_for_permit {
                    e.waits_for_permit = true;
                    node.waiting.push_back(edge);
                }
                break;
            }
            if node.is_draining || !node.has.contains(u64::from(piece)) {
                let refusal = if node.is_draining { Refusal::Busy } else { Refusal::NotHere };
                e.queue.remove(e.admitted);
                self.refuse(edge, piece, refusal);
                continue;
            }
            e.admitted += 1;
            node.permits -= 1;
            let now = self.time();
            let from = self.edges[edge as usize].from;
            let board = self.nodes[from as usize].board.as_mut();
            let suggested = board.map(|b| b.handle_request(now, &edge, u64::from(piece)));
            self.suggest(edge, suggested.unwrap_or_default());
            if self.edges[edge as usize].admitted == 1 {
                self.begin_piece(edge);
            }
        }
    }

    /// Sends the first of the queue.
    fn begin_piece(&mut self, edge: u32) {
        let Some(&piece) = self.edges[edge as usize].queue.front() else { return };
        let bytes = self.setting.size_of(u64::from(piece)) as f64 * self.setting.physics.headers;
        let e = &mut self.edges[edge as usize];
        (e.left, e.since) = (bytes, self.now);
        e.version += 1;
        let flow = self.pipes.flows[edge as usize];
        if flow.is_active {
            self.schedule_end(edge);
        } else if !e.is_cut {
            self.pipes.begin(edge);
            self.want_settle();
        }
    }

    pub(super) fn want_settle(&mut self) {
        if !self.settles && self.pipes.is_stirred() {
            self.settles = true;
            self.post(self.setting.physics.settle, Event::Settle);
        }
    }

    pub(super) fn handle_settle(&mut self) {
        self.settles = false;
        let mut changed = Vec::new();
        self.pipes.settle(|pipes, id, rate| {
            let old = std::mem::replace(&mut pipes.flows[id as usize].rate, rate);
            changed.push((id, old));
        });
        // The first old rate of each is what held until now.
        changed.sort_by_key(|&(id, _)| id);
        changed.dedup_by_key(|&mut (id, _)| id);
        for (id, old) in changed {
            let rate = std::mem::replace(&mut self.pipes.flows[id as usize].rate, old);
            self.advance(id);
            self.pipes.flows[id as usize].rate = rate;
            self.edges[id as usize].version += 1;
            self.schedule_end(id);
        }
        self.want_settle();
    }

    fn schedule_end(&mut self, edge: u32) {
        let (e, rate) = (&self.edges[edge as usize], self.pipes.flows[edge as usize].rate);
        if rate > 0.0 && e.admitted > 0 {
            let (version, left) = (e.version, Time::from_secs_f64(e.left / rate));
            // Never before the bytes are sent, or it would be looked at again and again.
            self.post(left + Time::from_nanos(1), Event::Sent(edge, version));
        }
    }

    /// Moves the bytes of an edge up to now.
    pub(super) fn advance(&mut self, edge: u32) {
        let (e, flow) = (&mut self.edges[edge as usize], &self.pipes.flows[edge as usize]);
        let seconds = (self.now - e.since) as f64 / 1e9;
        e.since = self.now;
        if !flow.is_active || seconds <= 0.0 {
            return;
        }
        let bytes = (flow.rate * seconds).min(e.left);
        e.left -= bytes;
        e.unreported += bytes / self.setting.physics.headers;
        let from = e.from;
        self.outcome.sent[from as usize] += bytes;
        if let Some(Exit::DiesAfter(most)) = self.peer(from).exit
            && self.outcome.sent[from as usize] >= most
            && !self.nodes[from as usize].is_gone
        {
            self.post(Time::ZERO, Event::Exit(from));
        }
    }

    pub(super) fn handle_sent(&mut self, edge: u32, version: u32) {
        if self.edges[edge as usize].version != version || !self.pipes.flows[edge as usize].is_active {
            return;
        }
        self.advance(edge);
        let Some(piece) = self.edges[edge as usize].queue.pop_front() else { return };
        self.post(self.delay_there(edge), Event::Landed(edge, piece));
        self.end_piece(edge);
    }

    /// The first of the queue is out of it: on with the next.
    fn end_piece(&mut self, edge: u32) {
        let e = &mut self.edges[edge as usize];
        e.admitted -= 1;
        e.version += 1;
        let from = e.from;
        self.nodes[from as usize].permits += 1;
        // Others were here before.
        while self.nodes[from as usize].permits > 0
            && let Some(next) = self.nodes[from as usize].waiting.pop_front()
        {
            self.edges[next as usize].waits_for_permit = false;
            self.admit(next);
        }
        if self.edges[edge as usize].admitted > 0 {
            self.begin_piece(edge);
            self.admit(edge);
        } else {
            self.admit(edge);
            if self.edges[edge as usize].admitted == 0 && self.pipes.flows[edge as usize].is_active {
                self.pipes.end(edge);
                self.want_settle();
            }
            if self.nodes[from as usize].is_draining && self.edges[edge as usize].queue.is_empty() {
                self.post(self.delay_there(edge), Event::Lost(edge));
            }
        }
    }

    pub(super) fn handle_cancelled(&mut self, edge: u32, piece: u32) {
        self.advance(edge);
        let e = &mut self.edges[edge as usize];
        let Some(at) = e.queue.iter().position(|&p| p == piece) else { return };
        e.queue.remove(at);
        if at == 0 && e.admitted > 0 {
            self.end_piece(edge);
        } else if at < e.admitted {
            e.admitted -= 1;
            let from = e.from;
            self.nodes[from as usize].permits += 1;
        }
    }

    /// Nothing more is sent to the receiver of an edge.
    pub(super) fn hush(&mut self, edge: u32) {
        self.advance(edge);
        let e = &mut self.edges[edge as usize];
        e.queue = VecDeque::new();
        let (from, freed) = (e.from, std::mem::take(&mut e.admitted));
        e.version += 1;
        self.nodes[from as usize].permits += freed;
        if self.pipes.flows[edge as usize].is_active {
            self.pipes.end(edge);
            self.want_settle();
        }
        while self.nodes[from as usize].permits > 0
            && let Some(next) = self.nodes[from as usize].waiting.pop_front()
        {
            self.edges[next as usize].waits_for_permit = false;
            self.admit(next);
        }
    }

    /// Tells suggestions to the receiver of an edge.
    pub(super) fn suggest(&mut self, edge: u32, pieces: Vec<u64>) {
        if pieces.is_empty() {
            return;
        }
        let delay = self.delay_there(edge);
        for piece in pieces {
            self.post(
                delay,
                Event::Suggested(edge, super::small(usize::try_from(piece).unwrap_or(usize::MAX))),
            );
        }
    }

    /// A peer has a new piece: its seeds hear of it, and whoever subscribed.
    pub(super) fn tell(&mut self, peer: u32, piece: u32) {
        let node = &self.nodes[peer as usize];
        let listeners = node.outgoing.iter().map(|&edge| self.edges[edge as usize].to);
        let (mut near, mut far) = (false, false);
        for other in listeners {
            *(if self.is_near(peer, other) { &mut near } else { &mut far }) = true;
        }
        if near {
            self.post(self.setting.physics.lan.1, Event::Have(peer, piece, true));
        }
        if far {
            let line = self.peer(peer).line;
            let queue = if self.pipes.is_full(super::small(2 * line)) {
                self.setting.physics.queue
            } else {
                Time::ZERO
            };
            // As if all were as far away as it is itself.
            self.post(self.setting.lines[line].delay * 2 + queue, Event::Have(peer, piece, false));
        }
        for i in 0..self.nodes[peer as usize].incoming.len() {
            let edge = self.nodes[peer as usize].incoming[i];
            if self.edges[edge as usize].class == SourceClass::Seed {
                self.post(self.delay_back(edge), Event::Heard(edge, piece));
            }
        }
    }

    /// A program ends in good order: it tells so, and ends what is under way.
    pub(super) fn handle_quit(&mut self, peer: u32) {
        let node = &mut self.nodes[peer as usize];
        if node.is_gone || node.is_draining {
            return;
        }
        node.is_draining = true;
        for edge in node.outgoing.clone() {
            if self.edges[edge as usize].state != State::Open {
                continue;
            }
            let event = if self.edges[edge as usize].admitted == 0 {
                Event::Lost(edge)
            } else {
                Event::Unknown(edge)
            };
            self.admit(edge);
            self.post(self.delay_there(edge), event);
        }
    }

    pub(super) fn handle_exit(&mut self, peer: u32) {
        if self.nodes[peer as usize].is_gone {
            return;
        }
        let line = self.peer(peer).line;
        if !self.peer(peer).is_complete && self.nodes[peer as usize].done.is_none() {
            self.unfinished -= 1;
        }
        if let Some(Exit::Leaves(_)) = self.peer(peer).exit {
            self.stop_fetching(peer, true);
            self.handle_quit(peer);
            return;
        }
        let falls = |&p: &u32| p == peer || (self.peer(p).role == Role::Https && self.peer(p).line == line);
        let falling: Vec<u32> = (0..super::small(self.nodes.len())).filter(falls).collect();
        for p in falling {
            self.nodes[p as usize].is_gone = true;
            self.nodes[p as usize].scheduler = None;
            for edge in self.nodes[p as usize].outgoing.clone() {
                let asked: Vec<u32> = self.edges[edge as usize].queue.iter().copied().collect();
                self.hush(edge);
                if self.peer(p).role == Role::Https {
                    asked.into_iter().for_each(|piece| self.refuse(edge, piece, Refusal::Broken));
                } else {
                    self.post(super::meet::IDLE, Event::Lost(edge));
                }
            }
            for edge in self.nodes[p as usize].incoming.clone() {
                // The others go on sending for a while; what they sent counts for nothing.
                self.edges[edge as usize].state = State::Closed;
                self.hush(edge);
                self.post(super::meet::IDLE, Event::Left(edge, true));
            }
        }
    }

    pub(super) fn handle_cut(&mut self, is_cut: bool) {
        self.is_cut = is_cut;
        for edge in 0..super::small(self.edges.len()) {
            let (from, to) = (self.edges[edge as usize].from, self.edges[edge as usize].to);
            let is_apart = self.is_apart(from, to);
            if self.edges[edge as usize].is_cut == is_apart {
                continue;
            }
            self.advance(edge);
            self.edges[edge as usize].is_cut = is_apart;
            let has_work = self.edges[edge as usize].admitted > 0;
            match (is_apart, self.pipes.flows[edge as usize].is_active) {
                (true, true) => self.pipes.end(edge),
                (false, false) if has_work => self.pipes.begin(edge),
                _ => {}
            }
        }
        self.want_settle();
        if is_cut {
            return;
        }
        // What was said meanwhile is heard now.
        for edge in 0..super::small(self.edges.len()) {
            let e = &self.edges[edge as usize];
            if e.state != State::Open || e.class == SourceClass::Https {
                continue;
            }
            let (from, to) = (e.from, e.to);
            self.post(self.delay_there(edge), Event::Mapped(edge));
            let (now, has) = (self.time(), self.nodes[to as usize].has.clone());
            if let Some(board) = &mut self.nodes[from as usize].board {
                let suggested = board.handle_have(now, &edge, has.iter());
                self.suggest(edge, suggested);
            }
        }
    }
}

impl Node {
    /// Whether others may come to fetch from it.
    pub(super) fn is_reachable(&self) -> bool {
        self.has_begun && !self.is_draining && !self.is_gone
    }
}
