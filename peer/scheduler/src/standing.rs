//! What is known of one source: what it has, how fast it is, whether it keeps its word.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use mist_proto::http::SourceClass;

use super::{LEAD, PROMISE, STALL, STALL_BYTES, STRIKES, Time};
use crate::{Credit, PieceSet};

/// Fewest and most requests that a source in good standing has at once.
const WINDOW: std::ops::RangeInclusive<usize> = 2..=48;
/// Suggestions that are remembered.
const SUGGESTIONS: usize = 256;
/// Promises that are remembered; more than anybody fetches at once.
const PROMISES: usize = 1024;
/// A source that is this many times slower than the fastest gets one piece at a time; a friend, than the fastest that is no nearer.
const LAGGARD: f64 = 16.0;
/// What even the slowest link moves in [`STALL`].
const STALL_FLOOR: u64 = 1024;
/// A source is taken to be fast for so long after it joined, and again after it first had something to be asked for, so
/// that what it has is left to it.
const TRUST: Duration = Duration::from_secs(1);
/// A source that was asked and has been silent for so long is not counted on.
const SILENCE: Duration = Duration::from_millis(500);
/// Busy time, or bytes, that make a sample of the rate.
const SAMPLE: (Duration, u64) = (Duration::from_millis(100), 4 * 1024 * 1024);

pub(super) struct Source {
    pub(super) class: SourceClass,
    pub(super) credit: Credit,
    /// Which of all peers it is, if it is one.
    pub(super) peer: Option<u64>,
    pub(super) has: PieceSet,
    /// How many pieces come from it at the price of one, from multiples of that on.
    pub(super) together: u64,
    /// Whether it has said what it has, if anything.
    pub(super) has_spoken: bool,
    pub(super) suggested: VecDeque<u64>,
    /// Whether it ever suggested anything.
    has_suggested: bool,
    /// Requests that failed since the last piece that it delivered.
    pub(super) strikes: u32,
    pub(super) paused_until: Time,
    /// Pieces that it says it fetches from outside the local network, and since when.
    promised: BTreeMap<u64, Time>,
    /// Promises that it did not keep.
    broken: u32,
    /// When its last request ended, or when it joined.
    pub(super) idle_since: Time,
    pub(super) in_flight: usize,
    /// Whether it says that it does not know the blob.
    pub(super) is_stranger: bool,
    trusted_since: Time,
    limit: usize,
    /// Of the blob, in bytes.
    piece_size: u64,
    rate: Option<f64>,
    /// Since when the running sample is busy.
    busy_since: Option<Time>,
    sample_time: Duration,
    sample_bytes: u64,
    /// When it last moved [`STALL_BYTES`], and what it moved since.
    moved_at: Time,
    moved: u64,
}

impl Source {
    pub(super) fn new(now: Time, class: SourceClass, limit: usize, pieces: u64, piece_size: u64) -> Self {
        Self {
            class,
            credit: Credit::Unknown,
            peer: None,
            has: PieceSet::new(pieces),
            together: 1,
            has_spoken: false,
            suggested: VecDeque::new(),
            has_suggested: false,
            strikes: 0,
            paused_until: Time::ZERO,
            promised: BTreeMap::new(),
            broken: 0,
            idle_since: now,
            in_flight: 0,
            is_stranger: false,
            trusted_since: now,
            limit,
            piece_size,
            rate: None,
            busy_since: None,
            sample_time: Duration::ZERO,
            sample_bytes: 0,
            moved_at: now,
            moved: 0,
        }
    }

    /// Bytes per second while it was asked, once measured.
    pub(super) fn rate(&self) -> Option<f64> {
        self.rate
    }

    /// Bytes per second to count on: a new source is taken to be fast, one that is silent to be slow.
    pub(super) fn likely_rate(&self, now: Time) -> f64 {
        let silent = self.in_flight > 0 && now.saturating_sub(self.moved_at) >= SILENCE;
        if silent || now < self.paused_until {
            return 0.0;
        }
        self.rate.unwrap_or(if self.is_new(now) { f64::INFINITY } else { 0.0 })
    }

    /// Whether it let us down before: it is asked, and nothing is left to it.
    pub(super) fn is_doubtful(&self) -> bool {
        self.credit == Credit::Doubtful
    }

    /// Whether it spreads pieces on purpose. A new seed is about to say so.
    pub(super) fn suggests(&self, now: Time) -> bool {
        self.has_suggested || (self.class == SourceClass::Seed && self.is_new(now))
    }

    fn is_new(&self, now: Time) -> bool {
        self.credit != Credit::Doubtful && now.saturating_sub(self.trusted_since) < TRUST
    }

    /// Expected time until one more piece that it is asked for would be here.
    pub(super) fn turnaround(&self) -> Option<Duration> {
        let bytes = self.piece_size * (self.in_flight as u64 + 1);
        Some(Duration::from_secs_f64(bytes as f64 / self.rate?.max(1.0)))
    }

    pub(super) fn has_room(&self, now: Time, fastest: f64) -> bool {
        let window = match self.rate {
            _ if self.credit == Credit::Doubtful => 1,
            Some(rate) if rate * LAGGARD < fastest => 1,
            Some(rate) => pieces_ahead(rate, self.piece_size).clamp(*WINDOW.start(), *WINDOW.end()),
            None => *WINDOW.start(),
        };
        now >= self.paused_until && self.in_flight < window.min(self.limit)
    }

    /// Notes that it has `piece`; returns whether that is news.
    pub(super) fn gains(&mut self, now: Time, piece: u64) -> bool {
        if self.has.is_empty() {
            self.trusted_since = now;
        }
        self.is_stranger = false;
        self.promised.remove(&piece);
        self.has.insert(piece)
    }

    /// Takes away all that it said that it has, and what it suggested.
    pub(super) fn withdraw(&mut self) -> PieceSet {
        self.suggested.clear();
        self.promised.clear();
        let nothing = PieceSet::new(self.has.len());
        std::mem::replace(&mut self.has, nothing)
    }

    pub(super) fn suggest(&mut self, piece: u64) {
        self.has_suggested = true;
        if self.suggested.len() == SUGGESTIONS {
            self.suggested.pop_front();
        }
        self.suggested.push_back(piece);
    }

    /// Notes that it says that it fetches `piece` from outside.
    pub(super) fn promises(&mut self, now: Time, piece: u64) {
        if self.promised.len() < PROMISES {
            self.promised.entry(piece).or_insert(now);
        }
    }

    /// Whether it says that it fetches anything from outside.
    pub(super) fn promises_anything(&self) -> bool {
        !self.promised.is_empty()
    }

    /// Whether `piece` is left to it to fetch.
    pub(super) fn brings(&self, piece: u64) -> bool {
        self.broken < STRIKES && self.credit != Credit::Doubtful && self.promised.contains_key(&piece)
    }

    /// Forgets promises that count no more: what is no longer to do, and what did not come in time, which is held against it.
    pub(super) fn judge_promises(&mut self, now: Time, todo: &PieceSet) {
        let mut broken = 0;
        self.promised.retain(|&piece, &mut since| {
            let is_late = now.saturating_sub(since) >= PROMISE;
            broken += u32::from(is_late && todo.contains(piece));
            !is_late && todo.contains(piece)
        });
        self.broken = self.broken.saturating_add(broken);
    }

    pub(super) fn launched(&mut self, now: Time) {
        if self.in_flight == 0 {
            self.busy_since = Some(now);
            (self.moved_at, self.moved) = (now, 0);
        }
        self.in_flight += 1;
    }

    pub(super) fn landed(&mut self, now: Time) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.in_flight == 0 {
            self.idle_since = now;
            if let Some(since) = self.busy_since.take() {
                self.sample_time += now.saturating_sub(since);
            }
        }
        self.sample(now);
    }

    pub(super) fn progress(&mut self, now: Time, bytes: u64) {
        self.sample_bytes += bytes;
        self.moved += bytes;
        if self.moved >= STALL_BYTES {
            (self.moved_at, self.moved) = (now, 0);
        }
        self.sample(now);
    }

    /// Whether it moved next to nothing for [`STALL`], beside a fastest source of that many bytes per second.
    pub(super) fn has_stalled(&mut self, now: Time, fastest: f64) -> bool {
        self.sample(now);
        if self.in_flight == 0 || now.saturating_sub(self.moved_at) < STALL {
            return false;
        }
        // On a slow or limited link everybody is slow, and nobody is to blame.
        let fair = fastest * STALL.as_secs_f64() / LAGGARD;
        let enough = fair.clamp(STALL_FLOOR as f64, STALL_BYTES as f64);
        let stalled = (self.moved as f64) < enough;
        (self.moved_at, self.moved) = (now, 0);
        stalled
    }

    fn sample(&mut self, now: Time) {
        let running = self.busy_since.map_or(Duration::ZERO, |since| now.saturating_sub(since));
        let time = self.sample_time + running;
        if (time < SAMPLE.0 && self.sample_bytes < SAMPLE.1) || time.is_zero() {
            return;
        }
        let measured = self.sample_bytes as f64 / time.as_secs_f64();
        self.rate = match self.rate {
            // Nothing yet: the first answer may still be on its way.
            None if self.sample_bytes == 0 => return,
            Some(old) => Some(0.6 * old + 0.4 * measured),
            None => Some(measured),
        };
        (self.sample_time, self.sample_bytes) = (Duration::ZERO, 0);
        self.busy_since = self.busy_since.map(|_| now);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float casts saturate, and the caller clamps"
)]
fn pieces_ahead(rate: f64, piece_size: u64) -> usize {
    (rate * LEAD.as_secs_f64() / piece_size as f64).ceil() as usize + 1
}
