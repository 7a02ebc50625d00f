//! A new file that is made whole, beside the old ones.

use std::io;

use mist_tree::fs::{ReadAt, WriteAt, copy_range};

use crate::redo::each_entry;

/// A stretch of zeros this long, and as aligned, becomes a hole.
const HOLE: usize = 64 << 10;

/// The file and how it ends.
pub(super) struct Whole {
    file: Box<dyn WriteAt>,
    /// Whether the last bytes were left out as a hole.
    ends_in_hole: bool,
}

impl Whole {
    /// Starts with an empty file.
    pub(super) fn new(file: Box<dyn WriteAt>) -> Self {
        Self { file, ends_in_hole: false }
    }

    /// Starts an empty file with what a journal has made of the first `done` bytes of `old` so far; its entries end at
    /// `end`. Holes of the old file stay holes.
    pub(super) fn going_on(
        file: Box<dyn WriteAt>,
        old: &dyn ReadAt,
        done: u64,
        (journal, end): (&dyn ReadAt, u64),
    ) -> io::Result<Self> {
        copy_range(old, 0..done.min(old.size()?), &*file, 0)?;
        each_entry(journal, end, |at, bytes| file.write_all_at(bytes, at))?;
        Ok(Self { file, ends_in_hole: true })
    }

    /// Takes the bytes at `at`, which follow those before.
    pub(super) fn write(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        for (i, part) in bytes.chunks(HOLE).enumerate() {
            self.ends_in_hole = part.len() == HOLE && part.iter().all(|&b| b == 0);
            if !self.ends_in_hole {
                self.file.write_all_at(part, at + (i * HOLE) as u64)?;
            }
        }
        Ok(())
    }

    /// Completes the file.
    pub(super) fn finish(self, size: u64) -> io::Result<Box<dyn WriteAt>> {
        if self.ends_in_hole {
            self.file.set_len(size)?;
        }
        Ok(self.file)
    }
}
