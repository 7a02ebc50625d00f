//! From plain text to packed bytes and what they are wrapped in.

use mist_zlib::{Deflater, adler32, crc32};

use super::{
    Encoder, Unmade, Wrapping,
    parse::{BadParse, Writing},
    png, zstd,
};

const BUFFER: usize = 64 << 10;

/// What packs.
enum Engine {
    Zlib {
        deflater: Deflater,
        output: Vec<u8>,
    },
    /// Takes a block as a whole.
    Zstd {
        level: zstd::Level,
        waiting: Vec<u8>,
    },
    Parse(Box<Writing>),
}

/// Makes a stream out of its plain text.
pub(crate) struct Deflating {
    engine: Engine,
    wrapping: Wrapping,
    /// Plain bytes that are still to come, and those of the current block.
    left: u64,
    block_left: u64,
    /// Of the current block.
    checksum: u32,
    /// Bytes of the current chunk, if there are chunks.
    chunk: Vec<u8>,
}

impl Deflating {
    /// A stream of `plain` bytes, by an encoder for its wrapping.
    ///
    /// # Errors
    /// If there is no memory.
    pub(crate) fn by_encoder(plain: u64, encoder: Encoder, wrapping: Wrapping) -> Result<Self, Unmade> {
        let engine = match encoder {
            Encoder::Zlib(settings) => {
                Engine::Zlib { deflater: Deflater::new(settings)?, output: vec![0; BUFFER] }
            }
            Encoder::Zstd(level) => Engine::Zstd { level, waiting: Vec::new() },
        };
        Ok(Self::new(plain, engine, wrapping))
    }

    /// A stream of `plain` bytes, by its whole parse.
    pub(crate) fn by_parse(plain: u64, parse: Vec<u8>, wrapping: Wrapping) -> Self {
        Self::new(plain, Engine::Parse(Box::new(Writing::new(parse))), wrapping)
    }

    fn new(plain: u64, engine: Engine, wrapping: Wrapping) -> Self {
        Self { engine, wrapping, left: plain, block_left: 0, checksum: 0, chunk: Vec::new() }
    }

    /// Takes the next plain bytes, at most as many as are still to come, and gives `put` what they make.
    ///
    /// # Errors
    /// What `put` returns, or [`Unmade`], also after the last byte if the parse goes on.
    pub(crate) fn take<E: From<Unmade>>(
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

    fn begin_block<E: From<Unmade>>(
        &mut self,
        put: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Engine::Zlib { deflater, .. } = &mut self.engine {
            deflater.reset().map_err(Unmade::from)?;
        }
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
            Wrapping::Zstd { block, .. } => self.block_left = self.left.min(block),
        }
        Ok(())
    }

    fn deflate<E: From<Unmade>>(
        &mut self,
        mut plain: &[u8],
        put: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let last = self.block_left == 0;
        if matches!(self.wrapping, Wrapping::Zlib { .. } | Wrapping::Png { .. }) {
            self.checksum = adler32(self.checksum, plain);
        }
        let (wrapping, chunk) = (self.wrapping, &mut self.chunk);
        let mut put = |made: &[u8]| match wrapping {
            Wrapping::Png { chunk: len, .. } => {
                chunk.extend_from_slice(made);
                put_chunks(chunk, len, put)
            }
            Wrapping::Bare | Wrapping::Zlib { .. } | Wrapping::Zstd { .. } => put(made),
        };
        match &mut self.engine {
            Engine::Zlib { deflater, output } => loop {
                let step = deflater.run(plain, output, last).map_err(Unmade::from)?;
                plain = &plain[step.taken..];
                put(&output[..step.made])?;
                if step.ended || (!last && plain.is_empty() && step.made < output.len()) {
                    return Ok(());
                }
            },
            Engine::Zstd { level, waiting } => {
                waiting.extend_from_slice(plain);
                if last && let Wrapping::Zstd { form, .. } = wrapping {
                    put(&zstd::encode(waiting, *level, form).map_err(Unmade::from)?)?;
                    waiting.clear();
                }
                Ok(())
            }
            Engine::Parse(writing) => {
                writing.take(plain, last, &mut put)?;
                if self.left == 0 && !writing.is_used_up() {
                    return Err(Unmade::from(BadParse).into());
                }
                Ok(())
            }
        }
    }

    fn end_block<E>(&mut self, put: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let checksum = self.checksum.to_be_bytes();
        match self.wrapping {
            Wrapping::Bare | Wrapping::Zstd { .. } => Ok(()),
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
