//! Plain text that is too much for memory waits in an anonymous temporary file.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    sync::{Mutex, PoisonError},
};

use mist_tree::fs::ReadAt;

/// A temporary file that grows at its end. It has no name, so it goes when this does.
pub(crate) struct Scratch {
    /// The cursor is shared by all readers, hence the lock.
    file: Mutex<File>,
    len: Mutex<u64>,
}

impl Scratch {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { file: Mutex::new(tempfile::tempfile()?), len: Mutex::new(0) })
    }

    /// Appends `bytes` and tells where they are.
    pub(crate) fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        let mut len = self.len.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(*len))?;
        file.write_all(bytes)?;
        let at = *len;
        *len += bytes.len() as u64;
        Ok(at)
    }
}

impl ReadAt for Scratch {
    fn size(&self) -> io::Result<u64> {
        Ok(*self.len.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.read(buf)
    }
}
