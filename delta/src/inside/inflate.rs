//! From packed bytes to their plain text.

use std::{io, ops::Range};

use mist_tree::fs::ReadAt;
use mist_zlib::{Failed, Inflater};

use super::{Kind, packed::Packed, scan::Work, zstd};

const BUFFER: usize = 64 << 10;

/// Why inflating ended early.
#[derive(Debug)]
pub(crate) enum Interrupted<E> {
    /// The packed bytes could not be read.
    Read(io::Error),
    /// There is no memory for a decoder.
    Memory(Failed),
    /// The plain text was not taken.
    Put(E),
}

impl From<Interrupted<Self>> for io::Error {
    fn from(e: Interrupted<Self>) -> Self {
        match e {
            Interrupted::Read(e) | Interrupted::Put(e) => e,
            Interrupted::Memory(e) => Self::other(e),
        }
    }
}

/// Unpacks what `range` of `file` starts with into `plain` bytes, which `put` gets piece by piece, and tells where
/// the packed bytes end. None if they don't make exactly so many; some may have been put then.
pub(crate) fn inflate<E>(
    file: &dyn ReadAt,
    range: Range<u64>,
    kind: Kind,
    plain: u64,
    mut put: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<Option<u64>, Interrupted<E>> {
    if kind == Kind::Zstd {
        return zstd::decode::decode(file, range, plain, &mut put);
    }
    let mut decoder = Decoder::new().map_err(Interrupted::Memory)?;
    let mut packed = Packed::new(file, range, kind);
    if kind == Kind::Bare {
        let made = decoder.one(&mut packed, plain, &mut put)?;
        return Ok((made == Some(plain)).then(|| packed.position()));
    }
    let mut left = plain;
    while left > 0 {
        if packed.take::<2>().map_err(Interrupted::Read)?.is_none() {
            return Ok(None);
        }
        match decoder.one(&mut packed, left, &mut put)? {
            Some(made @ 1..) => left -= made,
            _ => return Ok(None),
        }
        // The checksum is not looked at: whether the result is right shows in its hash.
        if packed.take::<4>().map_err(Interrupted::Read)?.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(packed.position()))
}

/// Inflates one raw stream after another.
pub(super) struct Decoder {
    inflater: Inflater,
    output: Vec<u8>,
}

impl Decoder {
    pub(super) fn new() -> Result<Self, Failed> {
        Ok(Self { inflater: Inflater::new()?, output: vec![0; BUFFER] })
    }

    /// Inflates one raw stream, consuming just its bytes, and tells how long its plain text is. None if it is not a
    /// stream, not complete, or longer than `most`.
    pub(super) fn one<E>(
        &mut self,
        packed: &mut Packed<'_>,
        most: u64,
        put: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Option<u64>, Interrupted<E>> {
        self.inflater.reset().map_err(Interrupted::Memory)?;
        let mut made = 0;
        loop {
            let input = packed.fill().map_err(Interrupted::Read)?;
            let Ok(step) = self.inflater.run(input, &mut self.output) else { return Ok(None) };
            packed.consume(step.taken);
            made += step.made as u64;
            if made > most || (step.taken == 0 && step.made == 0 && !step.ended) {
                return Ok(None);
            }
            put(&self.output[..step.made]).map_err(Interrupted::Put)?;
            if step.ended {
                return Ok(Some(made));
            }
        }
    }

    /// Inflates one raw stream only to see how long its plain text is, and compares what follows it with the
    /// `trailer` of that text. None if they differ, if it is not a stream, not complete, or takes more than `work`,
    /// which gets less in any case.
    pub(super) fn measure<const N: usize>(
        &mut self,
        packed: &mut Packed<'_>,
        trailer: &Trailer<N>,
        work: &mut Work,
    ) -> io::Result<Option<Text>> {
        let start = packed.position();
        let mut text = Text { len: 0, checksum: trailer.empty, end: start };
        let complete = self.one(packed, work.most_found(), &mut |bytes: &[u8]| {
            text.len += bytes.len() as u64;
            text.checksum = (trailer.add)(text.checksum, bytes);
            Ok::<_, io::Error>(())
        })?;
        text.end = packed.position();
        if complete.is_some() && packed.take()? == Some((trailer.bytes)(text)) {
            work.spend_found(text.len);
            return Ok(Some(text));
        }
        // What the last step of a stream that is none made was not handed on.
        work.spend(text.len.max(text.end - start) + BUFFER as u64);
        Ok(None)
    }

    /// Whether `bytes` may start a raw stream: they inflate, to anything, as far as they go.
    pub(super) fn may_start(&mut self, bytes: &[u8], work: &mut Work) -> bool {
        let tried = self.inflater.reset().and_then(|()| self.inflater.run(bytes, &mut self.output[..PROBE]));
        work.spend(tried.map_or(0, |step| step.made as u64));
        tried.is_ok()
    }
}

/// What follows a stream in some format, and proves that it is one.
pub(super) struct Trailer<const N: usize> {
    /// Checksum of nothing.
    pub(super) empty: u32,
    /// Adds bytes to a checksum.
    pub(super) add: fn(u32, &[u8]) -> u32,
    /// The trailer of a plain text.
    pub(super) bytes: fn(Text) -> [u8; N],
}

/// What is known of a plain text that was not kept.
#[derive(Clone, Copy)]
pub(super) struct Text {
    pub(super) len: u64,
    pub(super) checksum: u32,
    /// Where the stream that makes it ends.
    pub(super) end: u64,
}

/// Plain bytes after which a stream is believed in enough to be read.
const PROBE: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use mist_zlib::{Settings, adler32};

    use super::*;
    use crate::{
        inside::{Encoder, MIN_BLOCK, Unmade, Wrapping, deflate::Deflating},
        samples::Bytes,
    };

    const HEADER: [u8; 2] = [0x78, 0x9c];

    fn text(len: usize) -> Vec<u8> {
        (0..len).map(|i| b"the rain falls on the harbour, and nobody sees it. "[i * i % 51]).collect()
    }

    /// What makes a stream of `plain`, handed over in pieces of `step`.
    fn deflated(plain: &[u8], wrapping: Wrapping, step: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let encoder = Encoder::Zlib(Settings::new(6, 8).unwrap());
        let mut d = Deflating::by_encoder(plain.len() as u64, encoder, wrapping).unwrap();
        for part in plain.chunks(step) {
            d.take(part, &mut |made: &[u8]| {
                out.extend_from_slice(made);
                Ok::<_, Unmade>(())
            })
            .unwrap();
        }
        out
    }

    fn inflated(bytes: &[u8], kind: Kind, len: usize) -> Option<(Vec<u8>, u64)> {
        let mut plain = Vec::new();
        let file = Bytes(bytes.to_vec());
        let end = inflate(&file, 0..bytes.len() as u64, kind, len as u64, |part| {
            plain.extend_from_slice(part);
            Ok::<_, io::Error>(())
        });
        end.unwrap().map(|end| (plain, end))
    }

    #[test]
    fn every_wrapping_there_and_back() {
        let block = MIN_BLOCK;
        for len in [1, 100, 4095, 4096, 4097, 8192, 150_000] {
            let plain = text(len);
            for wrapping in [
                Wrapping::Bare,
                Wrapping::Zlib { header: HEADER, block: len as u64 },
                Wrapping::Zlib { header: HEADER, block },
                Wrapping::Png { header: HEADER, chunk: 1 },
                Wrapping::Png { header: HEADER, chunk: 50 },
                Wrapping::Png { header: HEADER, chunk: 1 << 20 },
            ] {
                let whole = deflated(&plain, wrapping, len);
                assert!(deflated(&plain, wrapping, 333) == whole, "{len} {wrapping:?}");
                let (back, end) = inflated(&[&whole[..], b"more"].concat(), wrapping.kind(), len).unwrap();
                assert!(back == plain && end == whole.len() as u64, "{len} {wrapping:?}");
                // Cut short, of another length, and empty.
                assert_eq!(inflated(&whole[..whole.len() / 2], wrapping.kind(), len), None);
                assert_eq!(inflated(&whole, wrapping.kind(), len + 1), None);
                assert_eq!(inflated(&[], wrapping.kind(), len), None);
            }
        }
    }

    #[test]
    fn blocks_are_streams_of_their_own() {
        let plain = text(9000);
        let stream = |part: &[u8]| {
            let bare = deflated(part, Wrapping::Bare, part.len());
            [&HEADER, &bare[..], &adler32(1, part).to_be_bytes()].concat()
        };
        let blocks: Vec<u8> = plain.chunks(4096).flat_map(stream).collect();
        assert!(deflated(&plain, Wrapping::Zlib { header: HEADER, block: 4096 }, 1000) == blocks);
        // A block more than is asked for is not read; half a block is an error.
        assert_eq!(inflated(&blocks, Kind::Zlib, 8192).unwrap().0, plain[..8192]);
        assert_eq!(inflated(&blocks, Kind::Zlib, 6000), None);
    }

    #[test]
    fn empty_streams_do_not_go_on_for_ever() {
        let empty = [0x78, 0x9c, 3, 0, 0, 0, 0, 1];
        assert_eq!(inflated(&empty.repeat(100), Kind::Zlib, 1), None);
        let chunks = b"\0\0\0\0IDAT\0\0\0\0".repeat(100);
        assert_eq!(inflated(&chunks, Kind::Png, 1), None);
        assert_eq!(inflated(b"\xff\xff\xff\xffIDAT\0\0\0\0", Kind::Png, 1), None);
    }

    #[test]
    fn what_puts_may_fail() {
        let packed = deflated(&text(500), Wrapping::Bare, 500);
        let len = packed.len() as u64;
        let result = inflate(&Bytes(packed), 0..len, Kind::Bare, 500, |_| Err("full"));
        assert!(matches!(result, Err(Interrupted::Put("full"))));
    }
}
