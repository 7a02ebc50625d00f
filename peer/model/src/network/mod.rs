//! A discrete-event network around the schedulers and boards of a swarm. It calls them as the driver of a fetch and the sessions of a
//! node do (`peer/src/fetch/driver`, `peer/src/session.rs`), so that what is simulated is what decides in the programs. No sockets, no
//! clock, one seed of randomness.

mod fetch;
mod meet;
mod serve;

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap, VecDeque},
    time::Duration,
};

use mist_proto::http::SourceClass;
use mist_scheduler::{Credit, DropReason, Failure, PieceSet, Scheduler, SourceId, Time, suggest::Board};
use rand::{Rng, SeedableRng, rngs::SmallRng};

use crate::{
    Exit, Manner, Role, Setting,
    pipes::{Pipes, small},
};

/// Answers that one peer may have in preparation at once at another, and all together (`peer/src/link`, `peer/src/node`).
const ANSWERS: usize = 4;
const MAX_ANSWERS: usize = 256;
/// Connections of one node.
const MAX_LINKS: usize = 512;

/// How it went for all.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// When each peer had everything and its program ended; `None` for those who did not, or had it from the start.
    pub done: Vec<Option<Time>>,
    /// Bytes that left each peer, headers counted.
    pub sent: Vec<f64>,
    /// Bytes of pieces that came to somebody who did not want them any more.
    pub wasted: f64,
    /// Who dropped whom, when and why. Who was gone by then is not in it.
    pub drops: Vec<Dropped>,
    /// Events that were simulated.
    pub events: u64,
}

/// One peer lost its place at another.
#[derive(Debug, Clone, Copy)]
pub struct Dropped {
    /// When.
    pub at: Time,
    /// At whom.
    pub by: usize,
    /// Who.
    pub whom: usize,
    /// Why.
    pub reason: DropReason,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A peer begins to fetch.
    Start(u32),
    /// It asks for sources.
    Ask(u32),
    /// A connection that was dialled is there.
    Connected(u32),
    /// Who was dialled notices that it could fetch from the other.
    Met(u32, u32),
    /// A dial got no answer.
    Unanswered(u32),
    Redial(u32, u32),
    Subscribed(u32),
    Mapped(u32),
    Suggested(u32, u32),
    Requested(u32, u32),
    Refused(u32, u32, Refusal),
    Cancelled(u32, u32),
    /// The last byte of a piece leaves.
    Sent(u32, u32),
    Landed(u32, u32),
    /// A seed hears of a piece, or that somebody is there no more.
    Heard(u32, u32),
    Left(u32, bool),
    /// A peer's new piece is heard of, near or far.
    Have(u32, u32, bool),
    Coming(u32, u32),
    /// A source says that nothing is here any more.
    Unknown(u32),
    /// A connection is lost.
    Lost(u32),
    Settle,
    Tick(u32),
    Wake(u32),
    /// What a peer's program does at its end.
    Quit(u32),
    Exit(u32),
    Cut(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Refusal {
    NotHere,
    Busy,
    Broken,
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotHere => Self::NotHere,
            Refusal::Busy => Self::Busy,
            Refusal::Broken => Self::Broken,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Connecting,
    Open,
    Closed,
}

/// What one peer fetches from another. Its number names the source in the scheduler, and its flow.
struct Edge {
    to: u32,
    from: u32,
    class: SourceClass,
    state: State,
    /// Whether the receiver is told of what comes to the sender.
    is_subscribed: bool,
    /// Asked for and not sent; of the first `admitted` an answer is prepared.
    queue: VecDeque<u32>,
    admitted: usize,
    waits_for_permit: bool,
    /// Of the piece under way.
    left: f64,
    since: u64,
    version: u32,
    /// Content that arrived, and how much the scheduler knows of.
    unreported: f64,
    /// Whether bytes can pass.
    is_cut: bool,
}

struct Node {
    has: PieceSet,
    scheduler: Option<Scheduler>,
    board: Option<Board<u32>>,
    /// Edges to others, and from others.
    outgoing: Vec<u32>,
    incoming: Vec<u32>,
    /// The newest edge from each peer.
    of: HashMap<u32, Known>,
    connecting: usize,
    wakes_at: u64,
    has_begun: bool,
    began: u64,
    asked: usize,
    /// It takes no new requests.
    is_draining: bool,
    /// Nothing comes from it any more.
    is_gone: bool,
    permits: usize,
    waiting: VecDeque<u32>,
    done: Option<Time>,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    edge: u32,
    failures: u32,
    is_excluded: bool,
    /// Pieces that it brought, and how often it lost its place.
    delivered: u32,
    broken: u32,
}

impl Known {
    fn new(edge: u32) -> Self {
        Self { edge, failures: 0, is_excluded: false, delivered: 0, broken: 0 }
    }

    /// What is expected of it by what it did (`peer/src/deeds.rs`), or else by what is known from before.
    fn credit(&self, before: Credit) -> Credit {
        match (self.delivered, self.broken) {
            (0, 0) => before,
            (delivered, broken) if delivered > broken.saturating_mul(16) => Credit::Proven,
            _ => Credit::Doubtful,
        }
    }
}

/// The network. See the module's documentation.
pub struct Network<'a> {
    setting: &'a Setting,
    now: u64,
    posted: u64,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    pipes: Pipes,
    settles: bool,
    is_cut: bool,
    unfinished: usize,
    outcome: Outcome,
    rng: SmallRng,
}

impl<'a> Network<'a> {
    /// Everybody before the click.
    pub fn new(setting: &'a Setting, rng_seed: u64) -> Self {
        let (pieces, peers) = (setting.pieces(), setting.peers.len());
        let mut rng = SmallRng::seed_from_u64(rng_seed);
        let mut pipes = Pipes::default();
        for line in &setting.lines {
            let _ = (pipes.add(line.up * (1.0 - line.loss)), pipes.add(line.down * (1.0 - line.loss)));
        }
        for _ in 0..2 * peers {
            pipes.add(setting.physics.lan.0);
        }
        let node = |peer: &crate::Peer| Node {
            has: if peer.is_complete { PieceSet::full(pieces) } else { PieceSet::new(pieces) },
            scheduler: None,
            board: (peer.role == Role::Seed).then(|| Board::new(pieces)),
            outgoing: Vec::new(),
            incoming: Vec::new(),
            of: HashMap::new(),
            connecting: 0,
            wakes_at: u64::MAX,
            has_begun: peer.is_complete,
            began: 0,
            asked: 0,
            is_draining: false,
            is_gone: false,
            permits: MAX_ANSWERS,
            waiting: VecDeque::new(),
            done: None,
        };
        let outcome = Outcome {
            done: vec![None; peers],
            sent: vec![0.0; peers],
            wasted: 0.0,
            drops: Vec::new(),
            events: 0,
        };
        let mut this = Self {
            setting,
            now: 0,
            posted: 0,
            events: BinaryHeap::new(),
            nodes: setting.peers.iter().map(node).collect(),
            edges: Vec::new(),
            pipes,
            settles: false,
            is_cut: false,
            unfinished: 0,
            outcome,
            rng: SmallRng::seed_from_u64(rng.random()),
        };
        let (least, most) = setting.physics.start;
        for (id, peer) in (0..).zip(&setting.peers) {
            if !peer.is_complete {
                let start = least + (most - least).mul_f64(rng.random()) + peer.late;
                this.post(start, Event::Start(id));
                this.unfinished += 1;
            }
            if let Some(Exit::Leaves(at) | Exit::Dies(at)) = peer.exit {
                this.post(at, Event::Exit(id));
            }
        }
        if let Some(cut) = &setting.cut {
            this.post(cut.span.0, Event::Cut(true));
            this.post(cut.span.1, Event::Cut(false));
        }
        this
    }

    /// Runs until everybody who stays is done, or until `limit`.
    pub fn run(mut self, limit: Time) -> Outcome {
        let limit = nanos(limit);
        while self.unfinished > 0
            && let Some(Reverse((at, _, event))) = self.events.pop()
            && at <= limit
        {
            self.now = at;
            self.outcome.events += 1;
            self.handle(event);
        }
        for edge in 0..small(self.edges.len()) {
            self.advance(edge);
        }
        for (done, node) in self.outcome.done.iter_mut().zip(&self.nodes) {
            *done = node.done;
        }
        self.outcome
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Start(peer) => self.handle_start(peer),
            Event::Ask(peer) => self.handle_ask(peer),
            Event::Connected(edge) => self.handle_connected(edge),
            Event::Met(by, whom) => self.handle_met(by, whom),
            Event::Unanswered(edge) => self.handle_unanswered(edge),
            Event::Redial(me, whom) => self.handle_redial(me, whom),
            Event::Subscribed(edge) => self.handle_subscribed(edge),
            Event::Mapped(edge) => self.handle_mapped(edge),
            Event::Suggested(edge, piece) => self.handle_suggested(edge, piece),
            Event::Requested(edge, piece) => self.handle_requested(edge, piece),
            Event::Refused(edge, piece, refusal) => self.handle_failed(edge, piece, refusal.into()),
            Event::Cancelled(edge, piece) => self.handle_cancelled(edge, piece),
            Event::Sent(edge, version) => self.handle_sent(edge, version),
            Event::Landed(edge, piece) => self.handle_landed(edge, piece),
            Event::Heard(edge, piece) => self.handle_heard(edge, piece),
            Event::Left(edge, is_lost) => self.handle_left(edge, is_lost),
            Event::Have(peer, piece, is_near) => self.handle_have(peer, piece, is_near),
            Event::Coming(peer, piece) => self.handle_coming(peer, piece),
            Event::Unknown(edge) => self.handle_unknown(edge),
            Event::Lost(edge) => self.handle_lost(edge),
            Event::Settle => self.handle_settle(),
            Event::Tick(peer) => self.handle_tick(peer),
            Event::Wake(peer) => self.handle_wake(peer),
            Event::Quit(peer) => self.handle_quit(peer),
            Event::Exit(peer) => self.handle_exit(peer),
            Event::Cut(is_cut) => self.handle_cut(is_cut),
        }
    }

    fn post(&mut self, delay: Time, event: Event) {
        self.post_at(self.now + nanos(delay), event);
    }

    fn post_at(&mut self, at: u64, event: Event) {
        self.posted += 1;
        self.events.push(Reverse((at, self.posted, event)));
    }

    fn time(&self) -> Time {
        Duration::from_nanos(self.now)
    }

    fn peer(&self, peer: u32) -> &'a crate::Peer {
        &self.setting.peers[peer as usize]
    }

    fn is_near(&self, a: u32, b: u32) -> bool {
        self.peer(a).line == self.peer(b).line
    }

    /// How long a message takes now.
    fn delay(&self, from: u32, to: u32) -> Time {
        let physics = &self.setting.physics;
        if self.is_near(from, to) {
            return physics.lan.1;
        }
        let (here, there) = (self.peer(from).line, self.peer(to).line);
        let queue = if self.pipes.is_full(small(2 * here)) { physics.queue } else { Time::ZERO };
        self.setting.lines[here].delay + self.setting.lines[there].delay + queue
    }

    /// From the sender to the receiver of an edge.
    fn delay_there(&self, edge: u32) -> Time {
        let Edge { to, from, .. } = self.edges[edge as usize];
        self.delay(from, to)
    }

    fn delay_back(&self, edge: u32) -> Time {
        let Edge { to, from, .. } = self.edges[edge as usize];
        self.delay(to, from)
    }

    /// Whether no message passes between them now.
    fn is_apart(&self, a: u32, b: u32) -> bool {
        let Some(cut) = self.setting.cut.as_ref().filter(|_| self.is_cut) else { return false };
        cut.side.contains(&self.peer(a).line) != cut.side.contains(&self.peer(b).line)
    }

    /// What was said while nobody could hear it is said again once they can.
    fn is_held_up(&mut self, a: u32, b: u32, event: Event) -> bool {
        if !self.is_apart(a, b) {
            return false;
        }
        let until = self.setting.cut.as_ref().map_or(self.now, |cut| nanos(cut.span.1) + 1);
        self.post_at(until.max(self.now + 1), event);
        true
    }
}

fn nanos(time: Time) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The scheduler's name of an edge.
fn name(edge: u32) -> SourceId {
    SourceId(edge)
}

/// A peer's number in the scheduler, as spread as that of a name.
fn number(peer: u32) -> u64 {
    (u64::from(peer) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
