//! From plain text to deflated bytes and what they are wrapped in.

use mist_zlib::{Deflater, Failed, Settings, adler32, crc32};

use super::{Wrapping, png};

const BUFFER: usize = 64 << 10;

/// Makes a stream out of its plain text.
pub(crate) struct Deflating {
    deflater: Deflater,
    wrapping: Wrapping,
    /// Plain bytes that are still to come, and those of the current block.
    left: u64,
    block_left: u64,
    /// Of the current block.
    checksum: u32,
    /// Bytes of the current chunk, if there are chunks.
    chunk: Vec<u8>,
    output: Vec<u8>,
}

impl Deflating {
    /// A stream of `plain` bytes.
    ///
    /// # Errors
    /// If there is no memory.
    pub(crate) fn new(plain: u64, settings: Settings, wrapping: Wrapping) -> Result<Self, Failed> {
        Ok(Self {
            deflater: Deflater::new(settings)?,
            wrapping,
            left: plain,
            block_left: 0,
            checksum: 0,
            chunk: Vec::new(),
            output: vec![0; BUFFER],
        })
    }

    /// Takes the next plain bytes, at most as many as are still to come, and gives `put` what they make.
    ///
    /// # Errors
    /// What `put` returns, or the encoder's.
    pub(crate) fn take<E: From<Failed>>(
        &mut self,
        mut plain: &[u8],
        put: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while !plain.is_empty() && self.left > 0 {
            if self.block_left == 0 {
                self.begin_block(put)?;
            }
            let n = usize::try_from(self.block_left).map_or(plain.len(), |n| n.min(plain.len()));
            let (now, later) = plain.split_at(n);
            plain = later;
            self.left -= n as u64;
            self.block_left -= n as u64;
            self.deflate(now, put)?;
            if self.block_left == 0 {
                self.end_block(put)?;
            }
        }
        Ok(())
    }

    fn begin_block<E: From<Failed>>(
        &mut self,
        put: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.deflater.reset()?;
        self.checksum = 1;
        match self.wrapping {
            Wrapping::Bare => self.block_left = self.left,
            Wrapping::Zlib { header, block } => {
                self.block_left = self.left.min(block);
                put(&header)?;
            }
            Wrapping::Png { header, .. } => {
                self.block_left = self.left;
                self.chunk.extend(header);
            }
        }
        Ok(())
    }

    fn deflate<E: From<Failed>>(
        &mut self,
        mut plain: &[u8],
        put: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let last = self.block_left == 0;
        if self.wrapping != Wrapping::Bare {
            self.checksum = adler32(self.checksum, plain);
        }
        loop {
            let step = self.deflater.run(plain, &mut self.output, last)?;
            plain = &plain[step.taken..];
            let made = &self.output[..step.made];
            match self.wrapping {
                Wrapping::Png { chunk, .. } => {
                    self.chunk.extend_from_slice(made);
                    put_chunks(&mut self.chunk, chunk, put)?;
                }
                Wrapping::Bare | Wrapping::Zlib { .. } => put(made)?,
            }
            if step.ended || (!last && plain.is_empty() && step.made < self.output.len()) {
                return Ok(());
            }
        }
    }

    fn end_block<E>(&mut self, put: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let checksum = self.checksum.to_be_bytes();
        match self.wrapping {
            Wrapping::Bare => Ok(()),
            Wrapping::Zlib { .. } => put(&checksum),
            Wrapping::Png { chunk, .. } => {
                self.chunk.extend(checksum);
                put_chunks(&mut self.chunk, chunk, put)?;
                put_chunk(&self.chunk, put)
            }
        }
    }
}

/// Puts the chunks of `len` bytes that `waiting` starts with, but never all that there is: what follows the last full
/// one is not known yet.
fn put_chunks<E>(
    waiting: &mut Vec<u8>,
    len: u64,
    put: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    let mut done = 0;
    while waiting.len() - done > len {
        put_chunk(&waiting[done..done + len], put)?;
        done += len;
    }
    waiting.drain(..done);
    Ok(())
}

fn put_chunk<E>(content: &[u8], put: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    // A chunk's content never reaches 4 GiB: it is at most `MAX_CHUNK`.
    let len = u32::try_from(content.len()).unwrap_or(u32::MAX);
    put(&len.to_be_bytes())?;
    put(&png::DATA)?;
    put(content)?;
    put(&crc32(crc32(0, &png::DATA), content).to_be_bytes())
}
