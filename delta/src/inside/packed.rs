//! The bytes of a zlib or deflate stream, without the chunks that it may be cut into.

use std::{io, ops::Range};

use mist_tree::fs::ReadAt;

use super::{Kind, png};

const BUFFER: usize = 64 << 10;

/// Reads a range of a file in order, leaving out what is between chunks.
pub(super) struct Packed<'f> {
    file: &'f dyn ReadAt,
    /// What is not in the buffer yet.
    rest: Range<u64>,
    /// Bytes that are left of the chunk, if there are chunks.
    chunk: Option<u64>,
    buffer: Vec<u8>,
    /// What of the buffer is not consumed yet.
    waiting: Range<usize>,
}

impl<'f> Packed<'f> {
    /// The stream that `range` holds or starts with.
    pub(super) fn new(file: &'f dyn ReadAt, range: Range<u64>, kind: Kind) -> Self {
        let chunk = match kind {
            Kind::Png => Some(0),
            Kind::Bare | Kind::Zlib | Kind::Zstd => None,
        };
        let len = usize::try_from(range.end.saturating_sub(range.start)).map_or(BUFFER, |n| n.min(BUFFER));
        Self { file, rest: range, chunk, buffer: vec![0; len], waiting: 0..0 }
    }

    /// The next bytes; none at the end.
    pub(super) fn fill(&mut self) -> io::Result<&[u8]> {
        if self.waiting.is_empty() {
            let most = match self.chunk {
                Some(0) => self.next_chunk()?,
                Some(left) => left,
                None => u64::MAX,
            };
            let left = self.rest.end.saturating_sub(self.rest.start);
            let n = usize::try_from(left.min(most)).map_or(BUFFER, |n| n.min(self.buffer.len()));
            self.file.read_exact_at(&mut self.buffer[..n], self.rest.start)?;
            self.rest.start += n as u64;
            self.chunk = self.chunk.map(|_| most - n as u64);
            self.waiting = 0..n;
        }
        Ok(&self.buffer[self.waiting.clone()])
    }

    /// Goes to the content of the next chunk and tells its length; 0 if there is none.
    fn next_chunk(&mut self) -> io::Result<u64> {
        let Some(chunk) = png::chunk_at(self.file, self.rest.clone())?.filter(png::Chunk::is_data) else {
            self.rest.start = self.rest.end;
            return Ok(0);
        };
        self.rest.start = chunk.content.start;
        Ok(chunk.content.end - chunk.content.start)
    }

    /// Takes the first `n` of the bytes that [`Packed::fill`] showed.
    pub(super) fn consume(&mut self, n: usize) {
        self.waiting.start = (self.waiting.start + n).min(self.waiting.end);
        if n > 0 && self.waiting.is_empty() && self.chunk == Some(0) {
            // The checksum after a chunk belongs to it.
            self.rest.start = (self.rest.start + png::CHECKSUM).min(self.rest.end);
        }
    }

    /// Takes `N` bytes. None if there are fewer.
    pub(super) fn take<const N: usize>(&mut self) -> io::Result<Option<[u8; N]>> {
        let mut taken = [0; N];
        let mut rest = &mut taken[..];
        while !rest.is_empty() {
            let waiting = self.fill()?;
            if waiting.is_empty() {
                return Ok(None);
            }
            let n = waiting.len().min(rest.len());
            let (now, later) = rest.split_at_mut(n);
            now.copy_from_slice(&waiting[..n]);
            rest = later;
            self.consume(n);
        }
        Ok(Some(taken))
    }

    /// Where in the file the next byte is; after the last byte of a chunk, after the chunk.
    pub(super) fn position(&self) -> u64 {
        self.rest.start - self.waiting.len() as u64
    }
}
