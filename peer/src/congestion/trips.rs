//! Trips of packets, one way and both ways: what they took, and how much of that a queue was.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The least that a trip takes: of the running stretch of time and of the one before, since routes change. In microseconds; between
/// two clocks it is off by the difference of their zeros, which is in every trip, and so may be negative.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shortest {
    running: i64,
    before: i64,
}

impl Shortest {
    /// Nothing was measured yet.
    pub(super) const NONE: Self = Self { running: i64::MAX, before: i64::MAX };

    pub(super) fn note(&mut self, trip: i64) {
        self.running = self.running.min(trip);
    }

    /// The next stretch begins.
    pub(super) fn turn(&mut self) {
        *self = Self { running: i64::MAX, before: self.running };
    }

    /// Whether the running stretch has seen a trip.
    pub(super) fn is_measured(&self) -> bool {
        self.running != i64::MAX
    }

    /// What a trip took above the least.
    pub(super) fn queue(&self, trip: i64) -> Duration {
        let more = trip.saturating_sub(self.running.min(self.before));
        Duration::from_micros(u64::try_from(more).unwrap_or(0))
    }
}

pub(super) fn micros(trip: Duration) -> i64 {
    i64::try_from(trip.as_micros()).unwrap_or(i64::MAX)
}

/// The least of the one-way trips that the peer's clock has told of and that the controller of the connection has not looked at yet.
#[derive(Debug, Default)]
pub(crate) struct Told(Mutex<Option<i64>>);

impl Told {
    /// Notes that what left here at `sent` was at the peer at `there`: microseconds of two clocks, each with a zero of its own.
    pub(crate) fn note(&self, sent: u64, there: u64) {
        let trip = there.wrapping_sub(sent).cast_signed();
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *told = Some(told.map_or(trip, |least| least.min(trip)));
    }

    pub(super) fn take(&self) -> Option<i64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_of_two_clocks_does_not_count() {
        for ahead in [0, 7_000_000, u64::MAX - 5, u64::MAX / 2] {
            let (told, mut shortest) = (Told::default(), Shortest::NONE);
            for (sent, took) in [(0, 10_000_u64), (20_000, 12_000), (40_000, 35_000)] {
                told.note(sent, ahead.wrapping_add(sent + took));
                let trip = told.take().expect("told");
                shortest.note(trip);
                assert_eq!(shortest.queue(trip), Duration::from_micros(took - 10_000), "{ahead}");
            }
        }
    }

    #[test]
    fn what_was_long_ago_does_not_count() {
        let mut shortest = Shortest::NONE;
        shortest.note(10);
        shortest.turn();
        shortest.note(50);
        assert_eq!(shortest.queue(60), Duration::from_micros(50));
        shortest.turn();
        assert_eq!(shortest.queue(60), Duration::from_micros(10));
    }

    #[test]
    fn of_several_the_least_is_told_once() {
        let told = Told::default();
        told.note(5, 25);
        told.note(10, 20);
        told.note(15, 55);
        assert_eq!((told.take(), told.take()), (Some(10), None));
    }

    #[test]
    fn a_clock_that_tells_nonsense_is_survived() {
        let (told, mut shortest) = (Told::default(), Shortest::NONE);
        for there in [u64::MAX / 2, 0, u64::MAX, u64::MAX / 2 + 1] {
            told.note(1, there);
            let trip = told.take().expect("told");
            shortest.note(trip);
            let _ = shortest.queue(trip);
        }
    }
}
