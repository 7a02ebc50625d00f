//! Decides which piece to ask of which source.
//!
//! A pure state machine: events enter by `handle_*`, decisions leave by [`Scheduler::poll_action`], the time (since the
//! start of the fetch) is a parameter of each call and randomness a seed. The driver calls [`Scheduler::handle_tick`] at least every
//! [`TICK`], and polls actions until `None` after every event.
//!
//! Invariant: a wanted piece is in exactly one state: *to do* (in `todo`), *in flight* (in `flights`, with one or, hedged,
//! two sources) or *done*. What nobody wants is done from the start.
//!
//! The policy, in the order in which it applies:
//! 1. A source is asked for at most its window of pieces: about [`LEAD`] of its own rate.
//! 2. A piece that better sources (LAN before Tailnet before internet before seed before HTTPS) have is left to them while they are
//!    fast enough ([`LAN_SUFFICE`], [`SUFFICE`]).
//! 3. Of a seed, what it suggests goes first: it hands different pieces to different peers. A piece that only seeds
//!    have and that was not suggested to us is probably on its way to a friend, who will pass it on. HTTPS, behind which
//!    are the same bytes, helps with what was suggested to us.
//! 4. What comes from outside the local network is divided among those in it who fetch the same. What one of them says that it fetches is
//!    left to it ([`PROMISE`]), even if a seed suggests it to us. Of the rest each takes first what is its own by lot
//!    ([`Scheduler::rivals`]), so that two seldom begin with the same.
//! 5. Then the rarest piece, ties broken at random.
//! 6. Whatever else comes with a piece is asked for with it.
//! 7. With nothing left to ask, a piece that is late elsewhere is asked twice.
//!
//! Of equals, those that delivered choose first, in this fetch or by [`Credit`]. One of doubtful credit is asked for one piece at
//! a time, and nothing is left to it, until it brings one.
//!
//! Sources that stall, lie about what they have, or send what does not verify are dropped, and the first answer to a
//! hedged piece cancels the other.

mod choose;
mod fallback;
mod pieces;
mod standing;
pub mod suggest;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use mist_proto::http::SourceClass;
use rand::{Rng, SeedableRng, rngs::SmallRng};

use fallback::{Fallback, Outlook};
use standing::Source;

pub use pieces::PieceSet;

/// Time since the fetch began.
pub type Time = Duration;

/// Longest time between two [`Scheduler::handle_tick`].
pub const TICK: Duration = Duration::from_millis(100);
/// What is asked of a source ahead of its answers, as time at its own rate.
pub const LEAD: Duration = Duration::from_millis(400);
/// Better sources suffice for a piece when together they are this many times as fast as the one that would take it.
pub const SUFFICE: f64 = 8.0;
/// The same for friends on the LAN: their bytes cost nobody's uplink, so that they need not be much faster.
pub const LAN_SUFFICE: f64 = 0.5;
/// A source that has not moved [`STALL_BYTES`] for this long while it was asked is dropped, unless all are as slow.
pub const STALL: Duration = Duration::from_secs(4);
/// See [`STALL`].
pub const STALL_BYTES: u64 = 16 * 1024;
/// How long, at least and at most, a seed that suggests must be idle before it is asked for a piece that it gave to
/// somebody else.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// Requests that may fail in a row, for want of the piece or by a broken stream, before a source loses its place.
const STRIKES: u32 = 3;
/// HTTPS runs beside peers that together are slower than this, in bytes per second.
const SLOW_PEERS: f64 = 1024.0 * 1024.0;
/// How long friends who are being connected hold back what leaves a seed's machine: they may have it already.
const FRIENDS_FIRST: Duration = Duration::from_millis(100);
/// How long a piece that a friend in the local network fetches from outside is left to it: such a friend parts from a source that
/// stalls after [`STALL`], and asks elsewhere.
const PROMISE: Duration = Duration::from_secs(8);
/// How long a source that said "busy" is left alone.
const BUSY_PAUSE: Duration = Duration::from_millis(500);

/// What is to be expected of a peer by its deeds. The best comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Credit {
    /// It has delivered.
    Proven,
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// It said that it had what it did not bring, and has brought little else.
    Doubtful,
}

/// Names a source within one fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// What the driver is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Ask `source` for `piece`; report back by [`Scheduler::handle_done`] or [`Scheduler::handle_failed`].
    Request {
        /// Whom.
        source: SourceId,
        /// What.
        piece: u64,
    },
    /// The answer is no longer needed; nothing is to be reported.
    Cancel {
        /// Who was asked.
        source: SourceId,
        /// For what.
        piece: u64,
    },
    /// Part from the source; the scheduler has forgotten it already.
    Drop {
        /// Whom.
        source: SourceId,
        /// Why.
        reason: DropReason,
    },
}

/// Why a source loses its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropReason {
    /// It takes requests and sends next to nothing. It may come back later.
    Stalled,
    /// It does not have what it said that it has, or its requests keep failing. It may come back later.
    Unreliable,
    /// What it sent did not verify. Never again.
    BadData,
}

/// How a request failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The source does not have the piece after all.
    NotHere,
    /// It has too much to do.
    Busy,
    /// The stream broke; the source itself may be well.
    Broken,
    /// The bytes did not verify.
    BadData,
}

/// One request on its way.
#[derive(Debug, Clone, Copy)]
struct Flight {
    source: SourceId,
    since: Time,
}

/// See the module's documentation.
pub struct Scheduler {
    todo: PieceSet,
    piece_size: u64,
    flights: BTreeMap<u64, Vec<Flight>>,
    sources: BTreeMap<SourceId, Source>,
    /// For each piece, how many sources of each class have it.
    copies: Vec<[u16; SourceClass::ALL.len()]>,
    /// How many of these have let us down before: nothing is left to them.
    doubtful: Vec<[u16; SourceClass::ALL.len()]>,
    actions: VecDeque<Action>,
    /// Whether something happened since requests were last made.
    stirred: bool,
    /// Sources that are being connected.
    connecting: usize,
    fallback: Fallback,
    https_on: bool,
    /// Peers that together are slower get HTTPS beside them, in bytes per second.
    slow: f64,
    /// How many times [`PATIENCE`] it waits, 1 to 2.
    calm: f64,
    /// Which of all peers this one is.
    me: u64,
    rng: SmallRng,
}

impl Scheduler {
    /// A scheduler of the peer `me` for the pieces of `want`, of `piece_size` bytes each, that are not in `have`; both are over all
    /// pieces of the blob.
    pub fn new(want: &PieceSet, have: &PieceSet, piece_size: u64, me: u64, rng_seed: u64) -> Self {
        let mut todo = want.clone();
        have.iter().for_each(|piece| _ = todo.remove(piece));
        let mut rng = SmallRng::seed_from_u64(rng_seed);
        let copies = vec![[0; SourceClass::ALL.len()]; usize::try_from(todo.len()).unwrap_or(usize::MAX)];
        Self {
            todo,
            piece_size,
            flights: BTreeMap::new(),
            sources: BTreeMap::new(),
            doubtful: copies.clone(),
            copies,
            actions: VecDeque::new(),
            stirred: false,
            connecting: 0,
            fallback: Fallback::default(),
            https_on: false,
            slow: SLOW_PEERS,
            calm: rng.random_range(1.0..2.0),
            me,
            rng,
        }
    }

    /// Wanted pieces that are not done.
    pub fn missing(&self) -> u64 {
        self.todo.count() + self.flights.len() as u64
    }

    /// Sources that take part.
    pub fn sources(&self) -> usize {
        self.sources.len()
    }

    /// Whether there are sources, and every one says that it does not know the blob.
    pub fn are_all_strangers(&self) -> bool {
        !self.sources.is_empty() && self.sources.values().all(|s| s.is_stranger)
    }

    /// Tells how many sources are being connected: HTTPS waits a moment for them.
    pub fn handle_connecting(&mut self, now: Time, count: usize) {
        self.connecting = count;
        self.judge_https(now);
    }

    /// Tells which of all peers a source is, so that friends in one network divide what they fetch from outside.
    pub fn handle_named(&mut self, id: SourceId, peer: u64) {
        if let Some(source) = self.sources.get_mut(&id) {
            source.peer = Some(peer);
        }
    }

    /// A source joins. It answers at most `limit` requests at once, and has nothing until it says so.
    pub fn handle_joined(&mut self, now: Time, id: SourceId, class: SourceClass, limit: usize) {
        self.sources.insert(id, Source::new(now, class, limit, self.todo.len(), self.piece_size));
        self.stirred = true;
    }

    /// Pieces of a source come so many at once, from multiples of that on, at the price of one of them: they are asked for together.
    pub fn handle_together(&mut self, id: SourceId, pieces: u64) {
        if let Some(source) = self.sources.get_mut(&id) {
            source.together = pieces.max(1);
        }
    }

    /// What is to be expected of a source, by what it did before this fetch.
    pub fn handle_credit(&mut self, id: SourceId, credit: Credit) {
        let Some(source) = self.sources.get_mut(&id) else { return };
        let was_doubtful = source.is_doubtful();
        source.credit = credit;
        self.stirred = true;
        if source.is_doubtful() != was_doubtful {
            let (pieces, class): (Vec<u64>, _) = (source.has.iter().collect(), source.class);
            pieces.into_iter().for_each(|piece| count_one(&mut self.doubtful, piece, class, !was_doubtful));
        }
    }

    /// A source is gone; its pieces go to others.
    pub fn handle_gone(&mut self, now: Time, id: SourceId) {
        let Some(source) = self.sources.remove(&id) else { return };
        for piece in source.has.iter() {
            self.count_copy(piece, source.class, source.is_doubtful(), false);
        }
        let pieces: Vec<u64> =
            self.flights.iter().filter(|(_, f)| f.iter().any(|f| f.source == id)).map(|(&p, _)| p).collect();
        for piece in pieces {
            self.ground(piece, id);
        }
        self.judge_https(now);
        self.stirred = true;
    }

    /// A source says that it has these pieces, among those of which it said so before.
    pub fn handle_have(&mut self, now: Time, id: SourceId, pieces: &PieceSet) {
        let Some(source) = self.sources.get_mut(&id) else { return };
        if pieces.len() != source.has.len() {
            return;
        }
        source.has_spoken = true;
        source.is_stranger = false;
        let fresh: Vec<u64> = pieces.iter().filter(|&p| source.gains(now, p)).collect();
        let (class, doubtful) = (source.class, source.is_doubtful());
        fresh.into_iter().for_each(|p| self.count_copy(p, class, doubtful, true));
        self.judge_https(now);
        self.stirred = true;
    }

    /// A source says that it does not have the blob, as yet or any more. What it said before is void; what it was asked
    /// for may still come.
    pub fn handle_unknown(&mut self, now: Time, id: SourceId) {
        let Some(source) = self.sources.get_mut(&id) else { return };
        source.has_spoken = true;
        source.is_stranger = true;
        let (withdrawn, class, doubtful) = (source.withdraw(), source.class, source.is_doubtful());
        withdrawn.iter().for_each(|piece| self.count_copy(piece, class, doubtful, false));
        self.judge_https(now);
        self.stirred = true;
    }

    /// A source says that it has one more piece.
    pub fn handle_have_piece(&mut self, now: Time, id: SourceId, piece: u64) {
        let Some(source) = self.sources.get_mut(&id) else { return };
        if source.gains(now, piece) {
            let (class, doubtful) = (source.class, source.is_doubtful());
            self.count_copy(piece, class, doubtful, true);
            self.stirred = true;
        }
    }

    /// A source would rather be asked for this piece.
    pub fn handle_suggest(&mut self, id: SourceId, piece: u64) {
        if let Some(source) = self.sources.get_mut(&id) {
            source.suggest(piece);
            self.stirred = true;
        }
    }

    /// A source in the local network says that it fetches this piece from outside. Of others that counts for nothing: their
    /// lines are not ours.
    pub fn handle_coming(&mut self, now: Time, id: SourceId, piece: u64) {
        if let Some(source) = self.sources.get_mut(&id)
            && source.class == SourceClass::Lan
            && self.todo.contains(piece)
        {
            source.promises(now, piece);
        }
    }

    /// Bytes of an answer arrived.
    pub fn handle_progress(&mut self, now: Time, id: SourceId, bytes: u64) {
        if let Some(source) = self.sources.get_mut(&id) {
            source.progress(now, bytes);
            self.fallback.add(bytes, source.class == SourceClass::Https);
        }
    }

    /// A piece arrived and verified. Returns whether it was still wanted.
    pub fn handle_done(&mut self, now: Time, id: SourceId, piece: u64) -> bool {
        let Some(flights) = self.flights.remove(&piece) else { return false };
        for flight in flights {
            if let Some(source) = self.sources.get_mut(&flight.source) {
                source.landed(now);
            }
            if flight.source != id {
                self.actions.push_back(Action::Cancel { source: flight.source, piece });
            }
        }
        if let Some(source) = self.sources.get_mut(&id) {
            source.strikes = 0;
            self.handle_credit(id, Credit::Proven);
        }
        self.stirred = true;
        true
    }

    /// A piece that nobody was asked for is here and verified. Returns whether it was still wanted.
    pub fn handle_found(&mut self, piece: u64) -> bool {
        let was_wanted = self.todo.remove(piece);
        self.stirred |= was_wanted;
        was_wanted
    }

    /// A request failed.
    pub fn handle_failed(&mut self, now: Time, id: SourceId, piece: u64, failure: Failure) {
        if !self.ground(piece, id) {
            return;
        }
        self.stirred = true;
        let Some(source) = self.sources.get_mut(&id) else { return };
        source.landed(now);
        match failure {
            Failure::Busy => source.paused_until = now + BUSY_PAUSE,
            Failure::BadData => self.drop_source(now, id, DropReason::BadData),
            Failure::Broken | Failure::NotHere => {
                source.strikes += 1;
                source.paused_until = now + if failure == Failure::Broken { TICK } else { Duration::ZERO };
                let (out, class, doubtful) = (source.strikes >= STRIKES, source.class, source.is_doubtful());
                if failure == Failure::NotHere && source.has.remove(piece) {
                    self.count_copy(piece, class, doubtful, false);
                }
                if out {
                    self.drop_source(now, id, DropReason::Unreliable);
                }
            }
        }
    }

    /// A piece that was done must be fetched again, e.g. because its bytes rotted.
    pub fn handle_lost(&mut self, piece: u64) {
        if !self.flights.contains_key(&piece) && self.todo.insert(piece) {
            self.stirred = true;
        }
    }

    /// The user lets only so many bytes per second through: peers that bring most of it are not slow.
    pub fn handle_ceiling(&mut self, per_sec: Option<u64>) {
        self.slow = per_sec.map_or(SLOW_PEERS, |limit| SLOW_PEERS.min(limit as f64 / 2.0));
    }

    /// Time has passed.
    pub fn handle_tick(&mut self, now: Time) {
        let fastest = self.fastest();
        let stalled: Vec<_> = self
            .sources
            .iter_mut()
            .filter_map(|(&id, s)| s.has_stalled(now, fastest).then_some(id))
            .collect();
        for id in stalled {
            self.drop_source(now, id, DropReason::Stalled);
        }
        for source in self.sources.values_mut() {
            source.judge_promises(now, &self.todo);
        }
        self.judge_https(now);
        self.stirred = true;
    }

    /// The next thing to do, if any.
    pub fn poll_action(&mut self, now: Time) -> Option<Action> {
        if self.actions.is_empty() && self.stirred {
            self.stirred = false;
            self.make_requests(now);
        }
        self.actions.pop_front()
    }

    /// Bytes per second of the fastest source.
    fn fastest(&self) -> f64 {
        self.sources.values().filter_map(Source::rate).fold(0.0, f64::max)
    }

    /// Bytes per second of the fastest source that one of each class is to keep up with. No friend is to keep up with those who are
    /// nearer.
    fn fastest_for(&self) -> [f64; SourceClass::ALL.len()] {
        let mut fastest = [0.0; SourceClass::ALL.len()];
        for source in self.sources.values() {
            let Some(rate) = source.rate() else { continue };
            for class in SourceClass::ALL {
                if class >= SourceClass::Seed || source.class >= class {
                    fastest[class as usize] = f64::max(fastest[class as usize], rate);
                }
            }
        }
        fastest
    }

    fn make_requests(&mut self, now: Time) {
        let fastest = self.fastest_for();
        let mut order: Vec<_> = self.sources.iter().map(|(&id, s)| (s.class, s.credit, id)).collect();
        order.sort_unstable();
        for (class, _, id) in order {
            if class == SourceClass::Https && !self.https_on {
                continue;
            }
            if class >= SourceClass::Seed && self.connecting > 0 && now < FRIENDS_FIRST {
                continue;
            }
            while self.sources.get(&id).is_some_and(|s| s.has_room(now, fastest[class as usize])) {
                let Some(piece) = self.choose(now, id) else { break };
                self.request(now, id, piece);
                for piece in self.comes_with(id, piece) {
                    self.request(now, id, piece);
                }
            }
        }
    }

    fn request(&mut self, now: Time, id: SourceId, piece: u64) {
        self.todo.remove(piece);
        self.flights.entry(piece).or_default().push(Flight { source: id, since: now });
        if let Some(source) = self.sources.get_mut(&id) {
            source.launched(now);
        }
        self.actions.push_back(Action::Request { source: id, piece });
    }

    /// What else is to do and comes from `id` with a piece that it was asked for.
    fn comes_with(&self, id: SourceId, piece: u64) -> Vec<u64> {
        let Some(source) = self.sources.get(&id) else { return Vec::new() };
        let first = piece - piece % source.together;
        let all = first..first.saturating_add(source.together);
        all.filter(|&other| self.todo.contains(other) && source.has.contains(other)).collect()
    }

    /// Takes a request off a piece; without another it is to do again. Returns whether there was one.
    fn ground(&mut self, piece: u64, id: SourceId) -> bool {
        let Some(flights) = self.flights.get_mut(&piece) else { return false };
        let before = flights.len();
        flights.retain(|f| f.source != id);
        let grounded = flights.len() < before;
        if flights.is_empty() {
            self.flights.remove(&piece);
            self.todo.insert(piece);
        }
        grounded
    }

    fn drop_source(&mut self, now: Time, id: SourceId, reason: DropReason) {
        self.handle_gone(now, id);
        self.actions.push_back(Action::Drop { source: id, reason });
    }

    fn count_copy(&mut self, piece: u64, class: SourceClass, doubtful: bool, more: bool) {
        count_one(&mut self.copies, piece, class, more);
        if doubtful {
            count_one(&mut self.doubtful, piece, class, more);
        }
    }

    /// Whether HTTPS is to be asked now. Until it is, its sources need not be opened.
    pub fn wants_https(&self) -> bool {
        self.https_on
    }

    fn judge_https(&mut self, now: Time) {
        let peers = || self.sources.values().filter(|s| s.class != SourceClass::Https);
        let missing = |s: &Source| {
            s.has.common(&self.todo, 0, 1).next().is_some() || self.flights.keys().any(|&p| s.has.contains(p))
        };
        let https = self.sources.values().filter(|s| s.class == SourceClass::Https);
        let outlook = Outlook {
            peers_help: peers().any(missing),
            is_hopeful: self.connecting > 0 || peers().any(|s| !s.has_spoken),
            https_in_flight: https.map(|s| s.in_flight).sum(),
            slow: self.slow,
        };
        self.https_on = self.fallback.judge(now, &outlook);
    }
}

/// Counts one source more or less of a class that has a piece.
fn count_one(copies: &mut [[u16; SourceClass::ALL.len()]], piece: u64, class: SourceClass, more: bool) {
    if let Some(copies) = usize::try_from(piece).ok().and_then(|piece| copies.get_mut(piece)) {
        let n = &mut copies[class as usize];
        *n = if more { n.saturating_add(1) } else { n.saturating_sub(1) };
    }
}
