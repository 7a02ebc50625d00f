//! One direction of a line: a rate, and a queue before it that drops what does not fit.

use std::time::Duration;

/// How a port of the router is connected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Access {
    /// What it can send.
    pub up: Rate,
    /// What it can receive.
    pub down: Rate,
    /// How long a packet travels between it and the middle of the network, in either direction. The round trip between two
    /// ports takes the delays of both, twice.
    pub delay: Duration,
    /// How long a packet may have to wait for those before it, in either direction; it is dropped if it were longer.
    pub queue: Duration,
    /// The share of the packets it sends that are lost at random, from 0 to 1.
    pub loss: f64,
}

impl Access {
    /// A line with a queue of 50 ms, as home routers have, that loses nothing by itself. Between two of these are 20 ms
    /// there and back.
    pub fn line(up: Rate, down: Rate) -> Self {
        let (delay, queue) = (Duration::from_millis(5), Duration::from_millis(50));
        Self { up, down, delay, queue, loss: 0.0 }
    }

    /// The same line with other losses.
    #[must_use]
    pub fn with_loss(self, loss: f64) -> Self {
        Self { loss, ..self }
    }
}

/// Bits a second, or no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Option<u64>);

impl Rate {
    /// No bound.
    pub const UNBOUNDED: Self = Self(None);

    /// So many megabits a second; 0 lets nothing through for a very long time.
    pub const fn mbit(megabits: u32) -> Self {
        Self(Some(megabits as u64 * 1_000_000))
    }

    /// Bytes a second, infinite if there is no bound.
    pub fn bytes_per_second(self) -> f64 {
        self.0.map_or(f64::INFINITY, |bits| bits as f64 / 8.0)
    }

    fn time_for(self, bytes: usize) -> Duration {
        let Some(bits_per_second) = self.0 else { return Duration::ZERO };
        let nanoseconds = bytes as u128 * 8 * 1_000_000_000 / u128::from(bits_per_second.max(1));
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

/// When a line is free again. That is all there is to a queue before a constant rate: how long it is follows from it.
#[derive(Debug, Default)]
pub(crate) struct Line {
    free_at: Duration,
}

impl Line {
    /// Takes a packet that is seen at `now` and came at or after `earliest`. Says when its last bit has left, or nothing
    /// if it had to be dropped.
    ///
    /// Who drives a line may look late. The line then works off what it could have sent in the meantime, and no packet
    /// leaves before it was seen.
    pub(crate) fn take(
        &mut self,
        earliest: Duration,
        now: Duration,
        bytes: usize,
        rate: Rate,
        queue: Duration,
    ) -> Option<Duration> {
        let starts = self.free_at.max(earliest.min(now));
        if starts.saturating_sub(now) > queue {
            return None;
        }
        self.free_at = starts.saturating_add(rate.time_for(bytes));
        Some(self.free_at.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    /// One byte each microsecond.
    const RATE: Rate = Rate::mbit(8);

    fn take(line: &mut Line, now: Duration, bytes: usize) -> Option<Duration> {
        line.take(now, now, bytes, RATE, 50 * MS)
    }

    #[test]
    fn a_packet_takes_its_time_on_the_line() {
        let mut line = Line::default();
        assert_eq!(take(&mut line, MS, 1000), Some(2 * MS));
        assert_eq!(take(&mut line, MS, 1000), Some(3 * MS), "it waits for the first");
        assert_eq!(take(&mut line, 10 * MS, 1000), Some(11 * MS), "the line was idle");
    }

    #[test]
    fn a_full_queue_drops_and_drains() {
        let mut line = Line::default();
        let taken = (0..100).filter(|_| take(&mut line, MS, 1000).is_some()).count();
        assert_eq!(taken, 51, "one on the line, and 50 ms of others");
        assert_eq!(take(&mut line, 2 * MS, 1000), Some(53 * MS), "one has left");
        assert_eq!(take(&mut line, 2 * MS, 1000), None);
    }

    #[test]
    fn looking_late_costs_no_throughput_and_brings_nothing_early() {
        let mut line = Line::default();
        let late = |line: &mut Line| line.take(8 * MS, 10 * MS, 1000, RATE, 50 * MS);
        assert_eq!(late(&mut line), Some(10 * MS), "sent in 8 to 9, seen at 10");
        assert_eq!(late(&mut line), Some(10 * MS));
        assert_eq!(late(&mut line), Some(11 * MS), "from here on the line is busy");
    }

    #[test]
    fn without_a_bound_nothing_waits() {
        let mut line = Line::default();
        for _ in 0..1000 {
            assert_eq!(line.take(MS, MS, 1500, Rate::UNBOUNDED, Duration::ZERO), Some(MS));
        }
    }

    #[test]
    fn rates_are_in_bytes_too() {
        assert_eq!(Rate::mbit(100).bytes_per_second(), 12.5e6);
        assert_eq!(Rate::UNBOUNDED.bytes_per_second(), f64::INFINITY);
    }
}
