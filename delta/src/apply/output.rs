//! Where new bytes go: into staged files, hashed as they are written.

use std::io;

use mist_proto::Hash;
use mist_tree::fs::{Dir, WriteAt};

use crate::{diff::tag, format::header::NewFile};

use super::ApplyError;

const BUFFER: usize = 256 << 10;

/// A stretch of zeros this long, and as aligned, becomes a hole.
const HOLE: usize = 64 << 10;

/// A new file that is being written.
pub(super) struct StagedFile<'a> {
    entry: &'a NewFile,
    staging: &'a dyn Dir,
    /// None for a file that is complete already, whose bytes are only counted.
    file: Option<Box<dyn WriteAt>>,
    hasher: blake3::Hasher,
    buffer: Vec<u8>,
    /// Bytes before the buffer.
    flushed: u64,
    /// Whether the last bytes were left out as a hole.
    ends_in_hole: bool,
}

impl<'a> StagedFile<'a> {
    /// Starts a file; one that is `done` already is not written again.
    pub(super) fn create(staging: &'a dyn Dir, entry: &'a NewFile, done: bool) -> Result<Self, ApplyError> {
        let file = if done { None } else { Some(staging.create(&entry.path).map_err(write_error(entry))?) };
        Ok(Self {
            entry,
            staging,
            file,
            hasher: blake3::Hasher::new(),
            buffer: Vec::new(),
            flushed: 0,
            ends_in_hole: false,
        })
    }

    /// Bytes that are still to come.
    pub(super) fn left(&self) -> u64 {
        self.entry.size - self.flushed - self.buffer.len() as u64
    }

    /// Takes the next bytes, at most [`StagedFile::left`].
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), ApplyError> {
        if bytes.len() as u64 > self.left() {
            return Err(ApplyError::malformed("a file grows over its size"));
        }
        while !bytes.is_empty() {
            let n = bytes.len().min(BUFFER - self.buffer.len());
            self.buffer.extend_from_slice(&bytes[..n]);
            bytes = &bytes[n..];
            if self.buffer.len() == BUFFER {
                self.flush().map_err(write_error(self.entry))?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        if let Some(file) = &self.file {
            self.hasher.update(&self.buffer);
            for (i, part) in self.buffer.chunks(HOLE).enumerate() {
                self.ends_in_hole = part.len() == HOLE && part.iter().all(|&b| b == 0);
                if !self.ends_in_hole {
                    file.write_all_at(part, self.flushed + (i * HOLE) as u64)?;
                }
            }
        }
        self.flushed += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Completes the file and compares its hash.
    pub(super) fn finish(mut self) -> Result<Finished, ApplyError> {
        let failed = write_error(self.entry);
        self.flush().map_err(&failed)?;
        let Some(file) = self.file else {
            return Err(ApplyError::malformed("a file that was done is made again"));
        };
        if self.ends_in_hole {
            file.set_len(self.entry.size).map_err(&failed)?;
        }
        let hash: Hash = self.hasher.finalize().into();
        if tag(hash) != self.entry.tag {
            return Err(ApplyError::Mismatch { path: self.entry.path.to_string() });
        }
        self.staging.set_executable(&self.entry.path, self.entry.executable).map_err(&failed)?;
        Ok(Finished { hash, file })
    }
}

/// A complete file that is not known to survive a power loss yet.
pub(super) struct Finished {
    pub(super) hash: Hash,
    pub(super) file: Box<dyn WriteAt>,
}

/// Wraps an error of writing `entry`.
pub(super) fn write_error(entry: &NewFile) -> impl Fn(io::Error) -> ApplyError + use<> {
    let path = entry.path.to_string();
    move |source| ApplyError::Write { path: path.clone(), source }
}
