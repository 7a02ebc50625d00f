//! Compression of a patch's streams. The decoder's window follows from the stream's plain length, so that the
//! memory that a patch needs can be told from its tables.

use std::io::{self, BufReader, Read};

use liblzma::stream::{Action, Filters, LzmaOptions, Status, Stream};

/// The largest decoder window, in bytes.
pub(crate) const MAX_WINDOW: u64 = 8 << 20;

/// How a stream is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// As it is.
    Stored,
    /// LZMA2 chunks without a container.
    Lzma,
    /// One zstd frame.
    Zstd,
}

impl Codec {
    /// The byte that stands for it in a patch.
    pub(crate) fn id(self) -> u8 {
        match self {
            Self::Stored => 0,
            Self::Lzma => 1,
            Self::Zstd => 2,
        }
    }

    /// The codec of a byte, if there is one.
    pub(crate) fn from_id(id: u8) -> Option<Self> {
        [Self::Stored, Self::Lzma, Self::Zstd].into_iter().find(|c| c.id() == id)
    }
}

/// How hard to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effort {
    /// zstd at a level that keeps up with a disk.
    Fast,
    /// LZMA.
    Small,
    /// LZMA, looking at all matches.
    Smallest,
}

/// What a stream holds, which decides the literal model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// File content.
    Literal,
    /// Differences and numbers, which have no alignment.
    Numeric,
}

/// A packed stream.
pub(crate) struct Packed {
    pub(crate) codec: Codec,
    pub(crate) plain_len: u64,
    pub(crate) bytes: Vec<u8>,
}

/// Decoder window for a stream of `plain_len` bytes.
pub(crate) fn window(plain_len: u64) -> u64 {
    plain_len.clamp(4096, MAX_WINDOW).next_power_of_two()
}

/// Packs `plain`, or stores it where that is no longer.
pub(crate) fn pack(plain: Vec<u8>, effort: Effort, content: Content) -> io::Result<Packed> {
    let plain_len = plain.len() as u64;
    let packed = match effort {
        _ if plain.len() < 16 => None,
        Effort::Fast => Some((Codec::Zstd, zstd_frame(&plain, 3)?)),
        Effort::Small | Effort::Smallest => match Nature::of(&plain)? {
            Nature::Noise => None,
            nature => Some((Codec::Lzma, lzma(&plain, effort, content, nature)?)),
        },
    };
    Ok(match packed {
        Some((codec, bytes)) if bytes.len() < plain.len() => Packed { codec, plain_len, bytes },
        _ => Packed { codec: Codec::Stored, plain_len, bytes: plain },
    })
}

/// What zstd's fastest level thinks of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// It does not shrink at all: media or ciphertext. LZMA would take long over nothing.
    Noise,
    /// Most of it does not shrink: LZMA's strong match finders would take long over little.
    Dense,
    /// Everything else, and what is too short to tell.
    Loose,
}

impl Nature {
    fn of(plain: &[u8]) -> io::Result<Self> {
        if plain.len() <= 1 << 16 {
            return Ok(Self::Loose);
        }
        let per_mille = zstd_frame(plain, 1)?.len() as u64 * 1000 / plain.len() as u64;
        Ok(match per_mille {
            995.. => Self::Noise,
            750.. => Self::Dense,
            _ => Self::Loose,
        })
    }
}

fn zstd_frame(plain: &[u8], level: i32) -> io::Result<Vec<u8>> {
    let mut c = zstd::bulk::Compressor::new(level)?;
    c.set_parameter(zstd::zstd_safe::CParameter::ContentSizeFlag(false))?;
    c.set_parameter(zstd::zstd_safe::CParameter::WindowLog(
        window(plain.len() as u64).trailing_zeros().max(10),
    ))?;
    c.compress(plain)
}

fn lzma_options(
    plain_len: u64,
    effort: Effort,
    content: Content,
    nature: Nature,
) -> Result<LzmaOptions, liblzma::stream::Error> {
    const EXTREME: u32 = 1 << 31;
    let mut options = LzmaOptions::new_preset(match (effort, nature) {
        (Effort::Smallest, _) => 9 | EXTREME,
        (_, Nature::Dense) => 3,
        _ => 9,
    })?;
    options.dict_size(u32::try_from(window(plain_len)).unwrap_or(u32::MAX));
    if (effort, nature) == (Effort::Small, Nature::Loose) {
        // Half of what the strongest preset gains over the ordinary one, for a fifth of the time.
        options.nice_len(128);
    }
    if content == Content::Numeric {
        // Measured on engines and on text: more context than for content, and no alignment.
        options.literal_context_bits(4).position_bits(0);
    }
    Ok(options)
}

fn lzma(plain: &[u8], effort: Effort, content: Content, nature: Nature) -> io::Result<Vec<u8>> {
    let mut filters = Filters::new();
    filters.lzma2(&lzma_options(plain.len() as u64, effort, content, nature)?);
    let mut stream = Stream::new_raw_encoder(&filters)?;
    let mut out = Vec::with_capacity(plain.len() / 2 + 1024);
    let mut taken = 0;
    while stream.process_vec(&plain[taken..], &mut out, Action::Finish)? != Status::StreamEnd {
        taken = usize::try_from(stream.total_in()).map_err(io::Error::other)?;
        out.reserve(64 << 10);
    }
    Ok(out)
}

/// Unpacks a stream as it is read. Never yields more than the declared length; yielding less is an error.
pub(crate) struct Unpacker<'a> {
    inner: Box<dyn Read + 'a>,
    left: u64,
}

impl<'a> Unpacker<'a> {
    /// Reads `packed` as a stream of `plain_len` bytes.
    pub(crate) fn new(codec: Codec, packed: &'a [u8], plain_len: u64) -> io::Result<Self> {
        let inner: Box<dyn Read + 'a> = match codec {
            Codec::Stored => Box::new(packed),
            Codec::Lzma => {
                let mut filters = Filters::new();
                // Of all options, a decoder takes only the window from here; the rest is in the stream.
                filters.lzma2(&lzma_options(plain_len, Effort::Small, Content::Literal, Nature::Loose)?);
                let stream = Stream::new_raw_decoder(&filters)?;
                Box::new(BufReader::new(liblzma::bufread::XzDecoder::new_stream(packed, stream)))
            }
            Codec::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?.single_frame();
                decoder.window_log_max(window(plain_len).trailing_zeros().max(10))?;
                Box::new(BufReader::new(decoder))
            }
        };
        Ok(Self { inner, left: plain_len })
    }

    /// Plain bytes that are still to come.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }
}

impl Read for Unpacker<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = buf.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let n = self.inner.read(&mut buf[..most])?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Vec<u8>> {
        let mut noise = 1u32;
        let noisy = (0..100_000)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 24) as u8
            })
            .collect();
        vec![vec![], vec![7], vec![0; 100_000], b"abc".repeat(5000), noisy]
    }

    #[test]
    fn round_trip_at_every_effort() {
        for plain in samples() {
            for effort in [Effort::Fast, Effort::Small, Effort::Smallest] {
                for content in [Content::Literal, Content::Numeric] {
                    let packed = pack(plain.clone(), effort, content).unwrap();
                    assert!(packed.bytes.len() <= plain.len());
                    let mut out = Vec::new();
                    Unpacker::new(packed.codec, &packed.bytes, packed.plain_len)
                        .unwrap()
                        .read_to_end(&mut out)
                        .unwrap();
                    assert!(out == plain, "{effort:?} {content:?} {}", plain.len());
                }
            }
        }
    }

    #[test]
    fn a_stream_that_is_longer_or_shorter_than_declared() {
        let plain = b"abcdefgh".repeat(100);
        let packed = pack(plain.clone(), Effort::Small, Content::Literal).unwrap();
        let mut out = Vec::new();
        Unpacker::new(packed.codec, &packed.bytes, 80).unwrap().read_to_end(&mut out).unwrap();
        assert_eq!(out, plain[..80], "stops at the declared length");
        out.clear();
        let longer = Unpacker::new(packed.codec, &packed.bytes, 801).unwrap().read_to_end(&mut out);
        assert!(longer.is_err(), "the end came too early");
    }

    #[test]
    fn every_codec_has_its_own_byte() {
        for id in 0..=255 {
            assert!(Codec::from_id(id).is_none_or(|c| c.id() == id));
        }
        assert_eq!(Codec::from_id(9), None);
    }
}
