//! Packed segments wait here until the header, which goes before them, is known.

use std::io::{self, Read, Seek, SeekFrom, Write};

/// What is kept in memory before a temporary file takes over, in bytes.
const IN_MEMORY: usize = 32 << 20;

/// Bytes written once and then read once.
pub(crate) struct Spool(tempfile::SpooledTempFile);

impl Spool {
    pub(crate) fn new() -> Self {
        Self(tempfile::spooled_tempfile(IN_MEMORY))
    }
}

impl Write for Spool {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Read for Spool {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Seek for Spool {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}
