//! Plain text that is too much for memory waits in a file.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use mist_tree::fs::{ControlPath, Dir, ReadAt, WriteAt};

/// A file that is given out piece by piece, and removed when this goes.
pub(crate) struct Scratch<'a> {
    dir: &'a dyn Dir,
    path: ControlPath,
    file: Arc<dyn WriteAt>,
    len: AtomicU64,
}

impl<'a> Scratch<'a> {
    /// Makes the file in `dir`.
    pub(crate) fn new(dir: &'a dyn Dir) -> io::Result<Self> {
        let path = ControlPath::new("plain").map_err(io::Error::other)?;
        let file = dir.create(&path)?.into();
        Ok(Self { dir, path, file, len: AtomicU64::new(0) })
    }

    /// A piece of `len` bytes.
    pub(crate) fn reserve(&self, len: u64) -> u64 {
        self.len.fetch_add(len, Ordering::Relaxed)
    }

    /// Writes into a piece.
    pub(crate) fn write(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, at)
    }

    /// The file, to read from.
    pub(crate) fn file(&self) -> Arc<dyn ReadAt> {
        self.file.clone()
    }
}

impl Drop for Scratch<'_> {
    fn drop(&mut self) {
        // Its owner clears the folder anyway; there is nobody to tell if that fails.
        let _ = self.dir.remove_file(&self.path);
    }
}
