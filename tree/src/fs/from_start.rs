//! A file as a stream.

use std::io::{self, Read};

use super::ReadAt;

/// Reads a file from its start to its end.
pub struct FromStart<'a> {
    file: &'a dyn ReadAt,
    at: u64,
}

impl<'a> FromStart<'a> {
    /// Nothing of `file` is read yet.
    pub fn new(file: &'a dyn ReadAt) -> Self {
        Self { file, at: 0 }
    }
}

impl Read for FromStart<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buf, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}
