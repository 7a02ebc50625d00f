//! The packed streams of a file, made on threads while what comes after them is read.

use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    thread::{self, JoinHandle},
};

use crate::inside::Unmade;

use super::{ApplyError, output::Output};

/// Bytes of a new file in their order, of which some are still being made.
pub(super) struct Ahead {
    limits: Limits,
    queue: VecDeque<Piece>,
    /// What the queue takes, in bytes, and streams in it.
    taken: u64,
    streams: usize,
}

/// How much may be made at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Memory, in bytes.
    pub(super) memory: u64,
    /// Threads. With one, everything is made where it is needed.
    pub(super) threads: NonZeroUsize,
}

enum Piece {
    Bytes(Vec<u8>),
    Stream { cost: u64, made: JoinHandle<Result<Vec<u8>, Unmade>> },
}

impl Ahead {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, queue: VecDeque::new(), taken: 0, streams: 0 }
    }

    /// Whether a stream that takes `cost` bytes of memory until it is written may be made ahead.
    pub(super) fn may_take(&self, cost: u64) -> bool {
        self.limits.threads > NonZeroUsize::MIN && cost <= self.limits.memory / 2
    }

    /// Bytes that come next.
    pub(super) fn write(&mut self, bytes: &[u8], file: &mut Output<'_>) -> Result<(), ApplyError> {
        self.make_room(bytes.len() as u64, file)?;
        if self.queue.is_empty() {
            return file.write(bytes);
        }
        self.taken += bytes.len() as u64;
        match self.queue.back_mut() {
            Some(Piece::Bytes(waiting)) => waiting.extend_from_slice(bytes),
            _ => self.queue.push_back(Piece::Bytes(bytes.to_vec())),
        }
        Ok(())
    }

    /// A stream that comes next, for which [`Ahead::may_take`] holds: what `make` returns.
    pub(super) fn stream(
        &mut self,
        cost: u64,
        make: impl FnOnce() -> Result<Vec<u8>, Unmade> + Send + 'static,
        file: &mut Output<'_>,
    ) -> Result<(), ApplyError> {
        self.make_room(cost, file)?;
        while self.streams >= self.limits.threads.get() {
            self.write_first(file)?;
        }
        self.taken += cost;
        self.streams += 1;
        self.queue.push_back(Piece::Stream { cost, made: thread::spawn(make) });
        Ok(())
    }

    /// Waits for everything.
    pub(super) fn finish(&mut self, file: &mut Output<'_>) -> Result<(), ApplyError> {
        while !self.queue.is_empty() {
            self.write_first(file)?;
        }
        Ok(())
    }

    fn make_room(&mut self, bytes: u64, file: &mut Output<'_>) -> Result<(), ApplyError> {
        while !self.queue.is_empty() && self.taken + bytes > self.limits.memory {
            self.write_first(file)?;
        }
        Ok(())
    }

    fn write_first(&mut self, file: &mut Output<'_>) -> Result<(), ApplyError> {
        match self.queue.pop_front() {
            None => Ok(()),
            Some(Piece::Bytes(bytes)) => {
                self.taken -= bytes.len() as u64;
                file.write(&bytes)
            }
            Some(Piece::Stream { cost, made }) => {
                self.taken -= cost;
                self.streams -= 1;
                let made = made.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                file.write(&made?)
            }
        }
    }
}
