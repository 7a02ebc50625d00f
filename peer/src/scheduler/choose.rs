//! Which piece to ask a given source for.

use std::time::Duration;

use mist_proto::http::SourceClass;
use rand::Rng;

use super::{LAN_SUFFICE, PATIENCE, SUFFICE, Scheduler, SourceId, Time};

/// Pieces that are compared for the rarest; looking at all of them for every request would be quadratic.
const SAMPLE: usize = 64;
/// A piece that has been on its way for less is never asked twice.
const HEDGE_AFTER: Duration = Duration::from_millis(100);
/// The same for asking a seed: its uplink is what everybody waits for.
const SEED_HEDGE_AFTER: Duration = Duration::from_secs(2);

impl Scheduler {
    /// The best piece to ask `id` for now.
    pub(super) fn choose(&mut self, now: Time, id: SourceId) -> Option<u64> {
        let better_suffice = self.better_suffice(now, id)?;
        if let Some(piece) = self.take_suggestion(id, better_suffice) {
            return Some(piece);
        }
        let source = self.sources.get(&id)?;
        let class = source.class;
        // A seed that spreads its pieces gave the ones that nobody has to somebody: unless it has long been idle, they come from there.
        let spread = source.suggests
            && self.sources.values().any(|s| s.class < class)
            && (source.in_flight > 0 || now.saturating_sub(source.idle_since) < PATIENCE);
        let start = self.rng.random_range(0..self.todo.len().max(1));
        let mut best: Option<(u32, u32, u64)> = None;
        for piece in source.has.common(&self.todo, start, SAMPLE) {
            let better = self.better_copies(piece, class);
            if if better > 0 { better_suffice } else { spread } {
                continue;
            }
            let rank = (self.all_copies(piece), self.rng.random(), piece);
            best = Some(best.map_or(rank, |b| b.min(rank)));
        }
        best.map(|(_, _, piece)| piece).or_else(|| self.late_piece(now, id))
    }

    /// Whether what better sources have may be left to them; `None` for an unknown source.
    fn better_suffice(&self, now: Time, id: SourceId) -> Option<bool> {
        let source = self.sources.get(&id)?;
        let own = source.rate().unwrap_or(0.0).max(1.0);
        let better: f64 = self
            .sources
            .values()
            .filter(|s| s.class < source.class)
            .map(|s| s.likely_rate(now) / needed(s.class))
            .sum();
        Some(better >= own)
    }

    /// The first piece that `id` suggested and that is of use.
    fn take_suggestion(&mut self, id: SourceId, better_suffice: bool) -> Option<u64> {
        let class = self.sources.get(&id)?.class;
        loop {
            let piece = self.sources.get_mut(&id)?.suggested.pop_front()?;
            let left_to_others = better_suffice && self.better_copies(piece, class) > 0;
            let has = self.sources.get(&id)?.has.contains(piece);
            if has && self.todo.contains(piece) && !left_to_others {
                return Some(piece);
            }
        }
    }

    /// A piece in flight that `id` would likely bring sooner.
    fn late_piece(&self, now: Time, id: SourceId) -> Option<u64> {
        let source = self.sources.get(&id)?;
        let (least, times) =
            if source.class < SourceClass::Seed { (HEDGE_AFTER, 2) } else { (SEED_HEDGE_AFTER, 4) };
        let wait = source.turnaround().unwrap_or(Duration::from_secs(1)) * times;
        self.flights
            .iter()
            .filter(|(piece, flights)| {
                let [flight] = flights.as_slice() else { return false };
                flight.source != id
                    && now.saturating_sub(flight.since) >= least.max(wait)
                    && source.has.contains(**piece)
            })
            .min_by_key(|(_, flights)| flights.first().map(|f| f.since))
            .map(|(&piece, _)| piece)
    }

    fn better_copies(&self, piece: u64, class: SourceClass) -> u32 {
        self.copies_of(piece)[..class as usize].iter().map(|&n| u32::from(n)).sum()
    }

    fn all_copies(&self, piece: u64) -> u32 {
        self.copies_of(piece).iter().map(|&n| u32::from(n)).sum()
    }

    fn copies_of(&self, piece: u64) -> [u16; 4] {
        usize::try_from(piece).ok().and_then(|p| self.copies.get(p)).copied().unwrap_or_default()
    }
}

/// How many times as fast as a worse source one of `class` must be to be left alone with what it has.
fn needed(class: SourceClass) -> f64 {
    if class == SourceClass::Lan { LAN_SUFFICE } else { SUFFICE }
}
