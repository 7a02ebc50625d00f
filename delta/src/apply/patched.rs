//! A file that is patched where it is: only what differs from the old content in the same place is noted.

use std::io;

use mist_proto::Hash;
use mist_tree::fs::{ReadAt, WriteAt};

use crate::redo::{Writer, differing, read_or_zeros};

use super::whole::Whole;

/// What a journal may take at most, for a new file of `size` bytes.
pub(crate) fn most(size: u64) -> u64 {
    size / 2
}

/// The old file and the journal that is being written.
pub(super) struct Patched {
    old: Box<dyn ReadAt>,
    old_len: u64,
    journal: Writer,
    /// What the journal may take at most, in bytes.
    bound: u64,
    /// Old bytes.
    buffer: Vec<u8>,
}

impl Patched {
    /// Starts a journal in an empty file; it may grow to `bound` bytes and what comes at once.
    pub(super) fn new(journal: Box<dyn WriteAt>, old: Box<dyn ReadAt>, bound: u64) -> io::Result<Self> {
        let old_len = old.size()?;
        Ok(Self { old, old_len, journal: Writer::new(journal), bound, buffer: Vec::new() })
    }

    /// Takes the bytes at `at`, which follow those before. Returns whether the journal is still within its bound.
    pub(super) fn write(&mut self, bytes: &[u8], at: u64) -> io::Result<bool> {
        self.buffer.resize(bytes.len(), 0);
        read_or_zeros(&*self.old, self.old_len, &mut self.buffer, at)?;
        for range in differing(&self.buffer, bytes) {
            self.journal.append(at + range.start as u64, &bytes[range])?;
        }
        Ok(self.journal.len() <= self.bound)
    }

    /// Seals the journal.
    pub(super) fn finish(self, size: u64, hash: Hash) -> io::Result<Box<dyn WriteAt>> {
        self.journal.seal(size, hash)
    }

    /// Makes the file whole instead, in an empty file that `create` makes in place of the journal. `done` bytes were
    /// taken.
    pub(super) fn into_whole(
        self,
        done: u64,
        create: impl FnOnce() -> io::Result<Box<dyn WriteAt>>,
    ) -> io::Result<Whole> {
        let (journal, end) = self.journal.into_entries()?;
        Whole::going_on(create()?, &*self.old, done, (&*journal, end))
    }
}
