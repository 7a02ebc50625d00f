//! The side that receives: what the driver of a fetch carries to its scheduler, and what it does for it.

use mist_proto::http::SourceClass;
use mist_scheduler::{Action, Failure, TICK, Time};

use super::{Event, Manner, Network, State, name, nanos, small};

impl Network<'_> {
    pub(super) fn handle_mapped(&mut self, edge: u32) {
        let (me, whom, now) = (self.edges[edge as usize].to, self.edges[edge as usize].from, self.time());
        if self.edges[edge as usize].state != State::Open || self.is_held_up(me, whom, Event::Mapped(edge)) {
            return;
        }
        let claimed = self.claimed(whom);
        if let Some(scheduler) = &mut self.nodes[me as usize].scheduler {
            scheduler.handle_have(now, name(edge), &claimed);
            self.wake(me, Time::ZERO);
        }
    }

    pub(super) fn handle_suggested(&mut self, edge: u32, piece: u32) {
        if self.edges[edge as usize].state != State::Open {
            return;
        }
        let me = self.edges[edge as usize].to;
        if let Some(scheduler) = &mut self.nodes[me as usize].scheduler {
            scheduler.handle_suggest(name(edge), u64::from(piece));
            self.wake(me, Time::ZERO);
        }
    }

    pub(super) fn handle_unknown(&mut self, edge: u32) {
        let (me, now) = (self.edges[edge as usize].to, self.time());
        if self.edges[edge as usize].state == State::Open
            && let Some(scheduler) = &mut self.nodes[me as usize].scheduler
        {
            scheduler.handle_unknown(now, name(edge));
            self.wake(me, Time::ZERO);
        }
    }

    pub(super) fn handle_failed(&mut self, edge: u32, piece: u32, failure: Failure) {
        if self.edges[edge as usize].state != State::Open {
            return;
        }
        self.report(edge);
        let (me, now) = (self.edges[edge as usize].to, self.time());
        if let Some(scheduler) = &mut self.nodes[me as usize].scheduler {
            scheduler.handle_failed(now, name(edge), u64::from(piece), failure);
            self.wake(me, Time::ZERO);
        }
    }

    pub(super) fn handle_landed(&mut self, edge: u32, piece: u32) {
        let (me, whom, now) = (self.edges[edge as usize].to, self.edges[edge as usize].from, self.time());
        let bytes = self.setting.size_of(u64::from(piece)) as f64;
        if self.edges[edge as usize].state != State::Open || self.nodes[me as usize].scheduler.is_none() {
            self.outcome.wasted += bytes;
            return;
        }
        if self.peer(whom).manner == Manner::Altering {
            return self.handle_failed(edge, piece, Failure::BadData);
        }
        self.report(edge);
        let node = &mut self.nodes[me as usize];
        if let Some(known) = node.of.get_mut(&whom) {
            known.failures = 0;
            known.delivered += 1;
        }
        let Some(scheduler) = &mut node.scheduler else { return };
        let p = u64::from(piece);
        if scheduler.handle_done(now, name(edge), p) || scheduler.handle_found(p) {
            node.has.insert(p);
            self.tell(me, piece);
        } else {
            self.outcome.wasted += bytes;
        }
        self.wake(me, Time::ZERO);
    }

    /// Somebody's new piece is heard of by those who subscribed to it.
    pub(super) fn handle_have(&mut self, peer: u32, piece: u32, is_near: bool) {
        let (now, p) = (self.time(), u64::from(piece));
        if self.nodes[peer as usize].is_gone {
            return;
        }
        for i in 0..self.nodes[peer as usize].outgoing.len() {
            let edge = self.nodes[peer as usize].outgoing[i];
            let e = &self.edges[edge as usize];
            let to = e.to;
            if !e.is_subscribed || self.is_near(peer, to) != is_near || self.is_apart(peer, to) {
                continue;
            }
            if let Some(scheduler) = &mut self.nodes[to as usize].scheduler {
                scheduler.handle_have_piece(now, name(edge), p);
                self.wake(to, self.setting.physics.reaction);
            }
        }
    }

    /// A seed hears of a piece.
    pub(super) fn handle_heard(&mut self, edge: u32, piece: u32) {
        let (to, from, now) = (self.edges[edge as usize].to, self.edges[edge as usize].from, self.time());
        if self.is_apart(to, from) || self.nodes[from as usize].is_gone {
            return;
        }
        if let Some(board) = &mut self.nodes[from as usize].board {
            let suggested = board.handle_have(now, &edge, std::iter::once(u64::from(piece)));
            self.suggest(edge, suggested);
        }
    }

    pub(super) fn handle_coming(&mut self, peer: u32, piece: u32) {
        let now = self.time();
        for i in 0..self.nodes[peer as usize].outgoing.len() {
            let edge = self.nodes[peer as usize].outgoing[i];
            let e = &self.edges[edge as usize];
            if e.class == SourceClass::Lan
                && e.is_subscribed
                && let Some(scheduler) = &mut self.nodes[e.to as usize].scheduler
            {
                scheduler.handle_coming(now, name(edge), u64::from(piece));
            }
        }
    }

    /// Tells the scheduler of the bytes that came over an edge.
    fn report(&mut self, edge: u32) {
        self.advance(edge);
        let now = self.time();
        let e = &mut self.edges[edge as usize];
        let whole = e.unreported.floor();
        if whole < 1.0 {
            return;
        }
        e.unreported -= whole;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bytes of a moment, at least 1"
        )]
        let bytes = whole as u64;
        if let Some(scheduler) = &mut self.nodes[e.to as usize].scheduler {
            scheduler.handle_progress(now, name(edge), bytes);
        }
    }

    pub(super) fn handle_tick(&mut self, peer: u32) {
        if self.nodes[peer as usize].scheduler.is_none() {
            return;
        }
        for i in 0..self.nodes[peer as usize].incoming.len() {
            let edge = self.nodes[peer as usize].incoming[i];
            if self.pipes.flows[edge as usize].is_active {
                self.report(edge);
            }
        }
        let now = self.time();
        if let Some(scheduler) = &mut self.nodes[peer as usize].scheduler {
            scheduler.handle_tick(now);
        }
        self.act(peer);
        self.post(TICK, Event::Tick(peer));
    }

    /// Lets a peer decide, so long from now at the latest.
    pub(super) fn wake(&mut self, peer: u32, within: Time) {
        let at = self.now + nanos(within);
        let node = &mut self.nodes[peer as usize];
        if at < node.wakes_at {
            node.wakes_at = at;
            self.post_at(at, Event::Wake(peer));
        }
    }

    pub(super) fn handle_wake(&mut self, peer: u32) {
        if self.nodes[peer as usize].wakes_at == self.now {
            self.act(peer);
        }
    }

    fn act(&mut self, peer: u32) {
        self.nodes[peer as usize].wakes_at = u64::MAX;
        let now = self.time();
        while let Some(action) = self.nodes[peer as usize].scheduler.as_mut().and_then(|s| s.poll_action(now))
        {
            match action {
                Action::Request { source, piece } => self.request(peer, source.0, short(piece)),
                Action::Cancel { source, piece } => {
                    self.post(self.delay_back(source.0), Event::Cancelled(source.0, short(piece)));
                }
                Action::Drop { source, reason } => self.part(source.0, reason),
            }
        }
        let Some(scheduler) = &self.nodes[peer as usize].scheduler else { return };
        if scheduler.missing() == 0 {
            let finish = self.setting.physics.finish;
            self.nodes[peer as usize].done = Some(now + finish);
            self.unfinished -= 1;
            self.stop_fetching(peer, false);
            if !self.peer(peer).stays {
                self.post(finish, Event::Quit(peer));
            }
        } else if scheduler.wants_https() {
            self.open_https(peer);
        }
    }

    fn request(&mut self, peer: u32, edge: u32, piece: u32) {
        self.post(self.delay_back(edge), Event::Requested(edge, piece));
        let has_near = || {
            let node = &self.nodes[peer as usize];
            node.outgoing.iter().any(|&e| self.edges[e as usize].class == SourceClass::Lan)
        };
        if self.edges[edge as usize].class != SourceClass::Lan && has_near() {
            self.post(self.setting.physics.lan.1, Event::Coming(peer, piece));
        }
    }
}

fn short(piece: u64) -> u32 {
    small(usize::try_from(piece).unwrap_or(usize::MAX))
}
