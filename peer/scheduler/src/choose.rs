//! Which piece to ask a given source for.

use std::time::Duration;

use mist_proto::http::SourceClass;
use rand::Rng;

use super::{Flight, LAN_SUFFICE, PATIENCE, SUFFICE, Scheduler, SourceId, Time, standing::Source};

/// Pieces that are compared for the rarest; looking at all of them for every request would be quadratic.
const SAMPLE: usize = 64;
/// A piece that has been on its way for less is never asked twice.
const HEDGE_AFTER: Duration = Duration::from_millis(100);
/// The same for asking a seed, and friends outside as long as other pieces are to do: their uplinks are what everybody waits for.
const DEAR_HEDGE_AFTER: Duration = Duration::from_secs(2);

impl Scheduler {
    /// The best piece to ask `id` for now.
    pub(super) fn choose(&mut self, now: Time, id: SourceId) -> Option<u64> {
        // Most sources of a large swarm have nothing that is to do; that is cheap to see.
        if self.sources.get(&id)?.has.common(&self.todo, 0, 1).next().is_none() {
            return self.late_piece(now, id);
        }
        let better = self.better(now, id)?;
        if let Some(piece) = self.take_suggestion(id, &better) {
            return Some(piece);
        }
        let source = self.sources.get(&id)?;
        // A seed that spreads its pieces gave the ones that no friend has to somebody, from whom they will come: unless
        // the source has long been idle, they are not fetched from the seed's machine again.
        let spread = self.is_spread(now, source)
            && (source.in_flight > 0 || now.saturating_sub(source.idle_since) < self.patience());
        let start = self.rng.random_range(0..self.todo.len().max(1));
        let is_outside = (SourceClass::Tailnet..SourceClass::Seed).contains(&source.class);
        let rivals = if is_outside { self.rivals() } else { Vec::new() };
        let promisers: Vec<&Source> = match source.class {
            SourceClass::Lan => Vec::new(),
            _ => self.sources.values().filter(|s| s.promises_anything()).collect(),
        };
        let mut best: Option<(bool, u32, u32, u64)> = None;
        for piece in source.has.common(&self.todo, start, SAMPLE) {
            if promisers.iter().any(|s| s.brings(piece)) {
                continue;
            }
            let copies = self.copies_of(piece);
            if better.suffice(self.copies_to_leave(piece))
                || (spread && count(&copies[..SourceClass::Seed as usize]) == 0)
            {
                continue;
            }
            let mine = lot(self.me, piece);
            let is_for_another = rivals.iter().any(|&peer| lot(peer, piece) > mine);
            let rank = (is_for_another, count(&copies), self.rng.random(), piece);
            best = Some(best.map_or(rank, |b| b.min(rank)));
        }
        best.map(|(_, _, _, piece)| piece).or_else(|| self.late_piece(now, id))
    }

    /// Whether somebody in the local network says that it fetches the piece from outside.
    fn is_promised(&self, piece: u64) -> bool {
        self.sources.values().any(|s| s.brings(piece))
    }

    /// Those in the local network who fetch the same: whoever of them and this peer draws the highest [`lot`] for a piece brings it in
    /// (rendezvous hashing). One who lacks nothing, or has not said what it has, fetches nothing.
    fn rivals(&self) -> Vec<u64> {
        let fetches = |s: &&Source| {
            s.class == SourceClass::Lan && s.has_spoken && !s.is_stranger && !s.has.is_complete()
        };
        self.sources.values().filter(fetches).filter_map(|s| s.peer).collect()
    }

    /// What is better than `id`; `None` for an unknown source.
    fn better(&self, now: Time, id: SourceId) -> Option<Better> {
        let source = self.sources.get(&id)?;
        // One who brought nothing yet is tried where what is better is slow.
        let mut better = Better {
            needed: source.rate().unwrap_or(self.slow).max(1.0),
            strength: [0.0; SourceClass::ALL.len()],
        };
        for s in self.sources.values().filter(|s| s.class < source.class) {
            let factor = if s.class == SourceClass::Lan { LAN_SUFFICE } else { SUFFICE };
            better.strength[s.class as usize] += s.likely_rate(now) / factor;
        }
        Some(better)
    }

    /// Whether what comes from the source is spread among friends on purpose. Behind HTTPS are the seeds' bytes too.
    fn is_spread(&self, now: Time, source: &Source) -> bool {
        let mut others = self.sources.values();
        let suggests = match source.class {
            SourceClass::Https => others.any(|s| s.class == SourceClass::Seed && s.suggests(now)),
            _ => source.suggests(now),
        };
        // Who is being connected may be a friend.
        suggests
            && (self.connecting > 0
                || self.sources.values().any(|s| s.class < source.class.min(SourceClass::Seed)))
    }

    /// How long what a seed gave to a friend may be on its way: about as long as what it gives to us. Not all lose
    /// patience at once: the first of them brings the piece to the others.
    fn patience(&self) -> Duration {
        let seeds = self.sources.values().filter(|s| s.class == SourceClass::Seed);
        let slowest = seeds.filter_map(Source::turnaround).max().unwrap_or_default();
        (2 * slowest).clamp(PATIENCE.0, PATIENCE.1).mul_f64(self.calm)
    }

    /// A piece of use that was suggested to us, for `id` to bring.
    fn take_suggestion(&mut self, id: SourceId, better: &Better) -> Option<u64> {
        if self.sources.get(&id)?.class != SourceClass::Https {
            return self.take_suggestion_of(id, id, better);
        }
        if better.seeds_suffice() {
            return None;
        }
        let seeds = self.sources.iter().filter(|(_, s)| s.class == SourceClass::Seed);
        let seeds: Vec<SourceId> = seeds.map(|(&seed, _)| seed).collect();
        seeds.into_iter().find_map(|seed| self.take_suggestion_of(seed, id, better))
    }

    /// A piece of use that `giver` suggested, for `id` to bring. What is brought in the giver's stead is taken from the
    /// end: what it would come to last.
    fn take_suggestion_of(&mut self, giver: SourceId, id: SourceId, better: &Better) -> Option<u64> {
        let mut queue = std::mem::take(&mut self.sources.get_mut(&giver)?.suggested);
        // What is on its way stays: who was to bring it may leave.
        queue.retain(|piece| self.todo.contains(*piece) || self.flights.contains_key(piece));
        let has = |piece| self.sources.get(&id).is_some_and(|s| s.has.contains(piece));
        let is_good = |&piece: &u64| {
            self.todo.contains(piece)
                && has(piece)
                && !self.is_promised(piece)
                && !better.suffice(self.copies_to_leave(piece))
        };
        let at = if giver == id { queue.iter().position(is_good) } else { queue.iter().rposition(is_good) };
        let piece = at.and_then(|at| queue.remove(at));
        self.sources.get_mut(&giver)?.suggested = queue;
        piece
    }

    /// A piece in flight that `id` would likely bring sooner.
    fn late_piece(&self, now: Time, id: SourceId) -> Option<u64> {
        let source = self.sources.get(&id)?;
        let is_near_the_end = self.todo.is_empty();
        let (least, times) = match source.class {
            SourceClass::Lan => (HEDGE_AFTER, 2),
            SourceClass::Tailnet | SourceClass::Internet if is_near_the_end => (HEDGE_AFTER, 2),
            _ => (DEAR_HEDGE_AFTER, 4),
        };
        let is_late = |flight: &Flight| {
            // One who brought nothing yet is taken to be no faster than the one who was asked.
            let holder = || self.sources.get(&flight.source)?.turnaround();
            let expected = source.turnaround().or_else(holder).unwrap_or(Duration::from_secs(1));
            now.saturating_sub(flight.since) >= least.max(expected * times)
        };
        self.flights
            .iter()
            .filter(|(piece, flights)| {
                let [flight] = flights.as_slice() else { return false };
                flight.source != id && source.has.contains(**piece) && is_late(flight)
            })
            .min_by_key(|(_, flights)| flights.first().map(|f| f.since))
            .map(|(&piece, _)| piece)
    }

    fn copies_of(&self, piece: u64) -> [u16; SourceClass::ALL.len()] {
        usize::try_from(piece).ok().and_then(|p| self.copies.get(p)).copied().unwrap_or_default()
    }

    /// The same without those who let us down before.
    fn copies_to_leave(&self, piece: u64) -> [u16; SourceClass::ALL.len()] {
        let doubtful =
            usize::try_from(piece).ok().and_then(|p| self.doubtful.get(p)).copied().unwrap_or_default();
        let mut copies = self.copies_of(piece);
        copies.iter_mut().zip(doubtful).for_each(|(all, doubtful)| *all = all.saturating_sub(doubtful));
        copies
    }
}

/// What the sources that are better than one of them can do.
struct Better {
    /// What they must be able to do, in bytes per second, for a piece to be left to them.
    needed: f64,
    /// What those of each class can do, by [`SUFFICE`] and [`LAN_SUFFICE`].
    strength: [f64; SourceClass::ALL.len()],
}

impl Better {
    /// Whether a piece of which there are so many copies in each class is left to them.
    fn suffice(&self, copies: [u16; SourceClass::ALL.len()]) -> bool {
        let able: f64 = self.strength.iter().zip(copies).filter(|(_, n)| *n > 0).map(|(s, _)| s).sum();
        able >= self.needed
    }

    /// Whether what seeds have is left to them.
    fn seeds_suffice(&self) -> bool {
        self.strength[SourceClass::Seed as usize] >= self.needed
    }
}

/// What a peer draws for a piece; the highest lot brings it. As every peer computes it for every other, it is the same everywhere.
fn lot(peer: u64, piece: u64) -> u64 {
    // The finalizer of SplitMix64.
    let mut x = peer ^ piece.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

fn count(copies: &[u16]) -> u32 {
    copies.iter().copied().map(u32::from).sum()
}
