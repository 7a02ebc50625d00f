//! A small discrete-event network around the scheduler: uplinks and downlinks of given speeds that are shared fairly by
//! what moves, a delay for every message, peers that may be hostile. No sockets, no clock, one seed of randomness.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::Duration,
};

use mist_proto::{http::SourceClass, limits::MAX_PIECE_SIZE};

use super::{Action, DropReason, Failure, Scheduler, SourceId, TICK, Time};
use crate::{Credit, PieceSet, https::HttpsSource, suggest::Board};

/// How a peer answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    Honest,
    /// Every byte is wrong.
    Altering,
    /// Takes requests and sends nothing.
    Stalling,
    /// Says that it has all, and has nothing.
    Boasting,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct PeerSpec {
    pub(super) class: SourceClass,
    pub(super) manner: Manner,
    /// Bytes per second.
    pub(super) up: f64,
    pub(super) down: f64,
    /// Whether it has everything from the start; it then fetches nothing.
    pub(super) complete: bool,
    /// When it leaves, if it does.
    pub(super) leaves: Option<Time>,
    /// What the others expect of it.
    pub(super) credit: Credit,
    /// The peer on whose machine it is, and whose uplink it shares, if it is no machine of its own.
    pub(super) beside: Option<usize>,
}

impl PeerSpec {
    pub(super) fn friend(class: SourceClass, up: f64, down: f64) -> Self {
        let (manner, credit) = (Manner::Honest, Credit::Unknown);
        Self { class, manner, up, down, complete: false, leaves: None, credit, beside: None }
    }

    pub(super) fn seed(up: f64) -> Self {
        Self { complete: true, ..Self::friend(SourceClass::Seed, up, up) }
    }

    /// Stored files behind HTTPS.
    pub(super) fn https(up: f64) -> Self {
        Self { complete: true, ..Self::friend(SourceClass::Https, up, up) }
    }

    /// The stored files of a seed, behind its uplink.
    pub(super) fn https_of(seed: usize) -> Self {
        Self { beside: Some(seed), ..Self::https(0.0) }
    }

    pub(super) fn hostile(manner: Manner) -> Self {
        Self { manner, complete: true, ..Self::friend(SourceClass::Lan, 1e8, 1e8) }
    }
}

/// How it went for all.
#[derive(Debug)]
pub(super) struct Outcome {
    /// When each fetching peer that stayed was done; `None` for those that were not.
    pub(super) done: Vec<Option<Time>>,
    /// Pieces that left each peer.
    pub(super) sent: Vec<f64>,
    /// Who dropped whom, and why.
    pub(super) drops: Vec<(usize, usize, DropReason)>,
}

impl Outcome {
    pub(super) fn last(&self) -> Time {
        self.done.iter().map(|d| d.expect("everybody finishes")).max().unwrap_or_default()
    }
}

enum Message {
    Request { to: usize, from: usize, piece: u64 },
    Refusal { to: usize, from: usize, piece: u64, failure: Failure },
    Have { to: usize, from: usize, piece: u64 },
    Suggest { to: usize, from: usize, piece: u64 },
}

/// A piece on its way.
struct Flow {
    from: usize,
    to: usize,
    piece: u64,
    left: f64,
}

struct Peer {
    spec: PeerSpec,
    has: PieceSet,
    scheduler: Option<Scheduler>,
    board: Option<Board<usize>>,
    gone: bool,
}

pub(super) struct Network {
    peers: Vec<Peer>,
    delay: Duration,
    now: Time,
    flows: Vec<Flow>,
    mail: BinaryHeap<Reverse<(Time, u64)>>,
    letters: BTreeMap<u64, Message>,
    posted: u64,
    outcome: Outcome,
}

/// Longest step of the simulated clock; bounds how late anything is noticed.
const STEP: Duration = Duration::from_millis(5);

impl Network {
    pub(super) fn new(pieces: u64, delay: Duration, specs: &[PeerSpec], rng_seed: u64) -> Self {
        let full = PieceSet::full(pieces);
        let mut peers: Vec<Peer> = (0..)
            .zip(specs)
            .map(|(i, &spec)| Peer {
                spec,
                has: if spec.complete { full.clone() } else { PieceSet::new(pieces) },
                scheduler: (!spec.complete)
                    .then(|| Scheduler::new(&full, &PieceSet::new(pieces), MAX_PIECE_SIZE, i, rng_seed + i)),
                board: (spec.class == SourceClass::Seed).then(|| Board::new(pieces)),
                gone: false,
            })
            .collect();
        let outcome = Outcome { done: Vec::new(), sent: vec![0.0; peers.len()], drops: Vec::new() };
        let mut first_suggestions = Vec::new();
        for i in 0..peers.len() {
            for j in (0..peers.len()).filter(|&j| j != i) {
                let (class, complete) = (peers[j].spec.class, peers[j].spec.complete);
                let credit = peers[j].spec.credit;
                let Some(scheduler) = &mut peers[i].scheduler else { continue };
                let limit = if class == SourceClass::Https {
                    HttpsSource::limit(pieces * MAX_PIECE_SIZE)
                } else {
                    64
                };
                scheduler.handle_joined(Time::ZERO, name(j), class, limit);
                scheduler.handle_credit(name(j), credit);
                if complete {
                    scheduler.handle_have(Time::ZERO, name(j), &full);
                }
                let pieces =
                    peers[j].board.as_mut().map(|b| b.handle_joined(Time::ZERO, i)).unwrap_or_default();
                first_suggestions.extend(pieces.into_iter().map(|piece| Message::Suggest {
                    to: i,
                    from: j,
                    piece,
                }));
            }
        }
        let mut this = Self {
            peers,
            delay,
            now: Time::ZERO,
            flows: Vec::new(),
            mail: BinaryHeap::new(),
            letters: BTreeMap::new(),
            posted: 0,
            outcome,
        };
        first_suggestions.into_iter().for_each(|m| this.post(m));
        this
    }

    /// Runs until everybody is done, or until `limit`.
    pub(super) fn run(mut self, limit: Time) -> Outcome {
        let mut done: Vec<Option<Time>> = vec![None; self.peers.len()];
        let mut next_tick = Time::ZERO;
        while self.now < limit {
            self.leave();
            if self.now >= next_tick {
                next_tick += TICK;
                let now = self.now;
                self.peers.iter_mut().filter_map(|p| p.scheduler.as_mut()).for_each(|s| s.handle_tick(now));
            }
            for (i, done) in done.iter_mut().enumerate() {
                self.act(i);
                let finished = self.peers[i].scheduler.as_ref().is_some_and(|s| s.missing() == 0);
                if finished && done.is_none() {
                    *done = Some(self.now);
                }
            }
            let open = |(p, d): (&Peer, &Option<Time>)| p.scheduler.is_some() && d.is_none();
            if !self.peers.iter().zip(&done).any(open) {
                break;
            }
            self.advance();
        }
        let fetching = self.peers.iter().zip(done).filter(|(p, _)| p.scheduler.is_some());
        self.outcome.done = fetching.map(|(_, d)| d).collect();
        self.outcome
    }

    fn post(&mut self, message: Message) {
        self.posted += 1;
        self.mail.push(Reverse((self.now + self.delay, self.posted)));
        self.letters.insert(self.posted, message);
    }

    fn leave(&mut self) {
        for i in 0..self.peers.len() {
            if self.peers[i].gone || self.peers[i].spec.leaves.is_none_or(|at| at > self.now) {
                continue;
            }
            self.peers[i].gone = true;
            self.peers[i].scheduler = None;
            self.flows.retain(|f| f.from != i && f.to != i);
            let now = self.now;
            let mut suggested = Vec::new();
            for (from, peer) in self.peers.iter_mut().enumerate() {
                if let Some(scheduler) = &mut peer.scheduler {
                    scheduler.handle_gone(now, name(i));
                }
                let anew = peer.board.as_mut().map(|b| b.handle_lost(now, &i)).unwrap_or_default();
                suggested.extend(anew.into_iter().map(|(to, pieces)| (from, to, pieces)));
            }
            for (from, to, pieces) in suggested {
                pieces.into_iter().for_each(|piece| self.post(Message::Suggest { to, from, piece }));
            }
        }
    }

    fn act(&mut self, me: usize) {
        let now = self.now;
        while let Some(action) = self.peers[me].scheduler.as_mut().and_then(|s| s.poll_action(now)) {
            match action {
                Action::Request { source, piece } => {
                    self.post(Message::Request { to: index(source), from: me, piece })
                }
                Action::Cancel { source, piece } => {
                    self.flows.retain(|f| !(f.to == me && f.from == index(source) && f.piece == piece));
                }
                Action::Drop { source, reason } => {
                    self.outcome.drops.push((me, index(source), reason));
                    self.flows.retain(|f| !(f.to == me && f.from == index(source)));
                }
            }
        }
    }

    /// Moves bytes and mail until the next moment at which something happens.
    fn advance(&mut self) {
        let rates = self.fair_rates();
        let soonest =
            self.flows.iter().zip(&rates).map(|(f, r)| Duration::from_secs_f64(f.left / r.max(1.0))).min();
        let mail = self.mail.peek().map(|Reverse((at, _))| at.saturating_sub(self.now));
        let step = STEP.min(soonest.unwrap_or(STEP)).min(mail.unwrap_or(STEP)).max(Duration::from_micros(50));
        self.now += step;
        let (now, seconds) = (self.now, step.as_secs_f64());
        let mut landed = Vec::new();
        for (i, (flow, rate)) in self.flows.iter_mut().zip(rates).enumerate() {
            let bytes = (rate * seconds).min(flow.left);
            flow.left -= bytes;
            self.outcome.sent[flow.from] += bytes / MAX_PIECE_SIZE as f64;
            if let Some(scheduler) = &mut self.peers[flow.to].scheduler {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a step's bytes"
                )]
                scheduler.handle_progress(now, name(flow.from), bytes as u64);
            }
            if flow.left < 1.0 {
                landed.push(i);
            }
        }
        for i in landed.into_iter().rev() {
            let flow = self.flows.swap_remove(i);
            self.land(&flow);
        }
        while self.mail.peek().is_some_and(|Reverse((at, _))| *at <= now) {
            let message = self.mail.pop().and_then(|Reverse((_, id))| self.letters.remove(&id));
            message.into_iter().for_each(|m| self.deliver(m));
        }
    }

    fn land(&mut self, flow: &Flow) {
        let (me, piece, now) = (flow.to, flow.piece, self.now);
        let altered = self.peers[flow.from].spec.manner == Manner::Altering;
        let Some(scheduler) = &mut self.peers[me].scheduler else { return };
        if altered {
            return scheduler.handle_failed(now, name(flow.from), piece, Failure::BadData);
        }
        scheduler.handle_done(now, name(flow.from), piece);
        if self.peers[me].has.insert(piece) {
            for to in (0..self.peers.len()).filter(|&to| to != me) {
                self.post(Message::Have { to, from: me, piece });
            }
        }
    }

    fn deliver(&mut self, message: Message) {
        let now = self.now;
        match message {
            Message::Request { to, from, piece } => {
                if self.peers[to].gone || self.peers[from].gone {
                    return;
                }
                let suggested = self.peers[to]
                    .board
                    .as_mut()
                    .map(|b| b.handle_request(now, &from, piece))
                    .unwrap_or_default();
                suggested
                    .into_iter()
                    .for_each(|piece| self.post(Message::Suggest { to: from, from: to, piece }));
                let peer = &self.peers[to];
                match peer.spec.manner {
                    Manner::Stalling => {}
                    Manner::Boasting => {
                        self.post(Message::Refusal { to: from, from: to, piece, failure: Failure::NotHere })
                    }
                    Manner::Honest | Manner::Altering if peer.has.contains(piece) => {
                        self.flows.push(Flow { from: to, to: from, piece, left: MAX_PIECE_SIZE as f64 });
                    }
                    _ => self.post(Message::Refusal { to: from, from: to, piece, failure: Failure::NotHere }),
                }
            }
            Message::Refusal { to, from, piece, failure } => {
                if let Some(scheduler) = &mut self.peers[to].scheduler {
                    scheduler.handle_failed(now, name(from), piece, failure);
                }
            }
            Message::Have { to, from, piece } => {
                if let Some(scheduler) = &mut self.peers[to].scheduler {
                    scheduler.handle_have_piece(now, name(from), piece);
                }
                let suggested =
                    self.peers[to].board.as_mut().map(|b| b.handle_have(now, &from, std::iter::once(piece)));
                for piece in suggested.unwrap_or_default() {
                    self.post(Message::Suggest { to: from, from: to, piece });
                }
            }
            Message::Suggest { to, from, piece } => {
                if let Some(scheduler) = &mut self.peers[to].scheduler {
                    scheduler.handle_suggest(name(from), piece);
                }
            }
        }
    }

    /// Rates of all flows: each end's capacity divided by what moves there, the smaller of both ends.
    fn fair_rates(&self) -> Vec<f64> {
        let (mut ups, mut downs) = (vec![0u32; self.peers.len()], vec![0u32; self.peers.len()]);
        let machine = |peer: usize| self.peers[peer].spec.beside.unwrap_or(peer);
        for flow in &self.flows {
            ups[machine(flow.from)] += 1;
            downs[flow.to] += 1;
        }
        let share = |capacity: f64, n: u32| capacity / f64::from(n.max(1));
        self.flows
            .iter()
            .map(|f| {
                let from = machine(f.from);
                share(self.peers[from].spec.up, ups[from]).min(share(self.peers[f.to].spec.down, downs[f.to]))
            })
            .collect()
    }
}

fn name(index: usize) -> SourceId {
    SourceId(u32::try_from(index).expect("few peers"))
}

fn index(id: SourceId) -> usize {
    id.0 as usize
}
