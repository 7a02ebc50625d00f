//! Where an interrupted application goes on.

use std::io;

use mist_proto::{
    Hash,
    codec::{DecodeError, Reader, Writer},
};
use mist_tree::fs::{ControlPath, Dir, write_atomically};

const MAGIC: &[u8; 8] = b"MISTCKP1";

/// Keeps a few bytes over interruptions and power losses.
pub trait Checkpoint {
    /// What was saved last, if anything.
    ///
    /// # Errors
    /// What the system reports.
    fn load(&mut self) -> io::Result<Option<Vec<u8>>>;

    /// Replaces what is saved, atomically and durably.
    ///
    /// # Errors
    /// What the system reports.
    fn save(&mut self, state: &[u8]) -> io::Result<()>;
}

/// Remembers nothing: an interrupted application starts over.
pub struct NoCheckpoint;

impl Checkpoint for NoCheckpoint {
    fn load(&mut self) -> io::Result<Option<Vec<u8>>> {
        Ok(None)
    }
    fn save(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

/// A checkpoint in a control file.
pub struct FileCheckpoint<'a> {
    /// The folder.
    pub dir: &'a dyn Dir,
    /// The file.
    pub path: ControlPath,
}

impl Checkpoint for FileCheckpoint<'_> {
    fn load(&mut self) -> io::Result<Option<Vec<u8>>> {
        let file = match self.dir.open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(e),
        };
        let mut state = vec![0; State::LEN];
        match file.read_exact_at(&mut state, 0) {
            Ok(()) => Ok(Some(state)),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn save(&mut self, state: &[u8]) -> io::Result<()> {
        write_atomically(self.dir, &self.path, state)
    }
}

/// What a checkpoint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    /// Hash of the patch's header.
    pub(crate) patch: Hash,
    /// New files that are staged whole, from the first on.
    pub(crate) files: u64,
}

impl State {
    const LEN: usize = 8 + 32 + 8;

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_magic(MAGIC);
        w.raw(self.patch.as_bytes()).u64(self.files);
        w.0
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        if r.array::<8>()? != *MAGIC {
            return Err(DecodeError::UnknownTag);
        }
        let this = Self { patch: Hash(r.array()?), files: r.u64()? };
        r.end()?;
        Ok(this)
    }
}
