//! Compression of a patch's streams. The decoder's memory follows from the stream's plain length, so that what a patch
//! needs can be told from its tables.

use std::io::{self, BufReader, Read, Write};

use liblzma::stream::{Action, Filters, LzmaOptions, MatchFinder, Status, Stream};
use ppmd_rust::{Ppmd7Decoder, Ppmd7Encoder};

/// The largest decoder window, in bytes.
pub(crate) const MAX_WINDOW: u64 = 8 << 20;

/// So much new content in one stream is packed with less care, in bytes: it is most of the patch anyhow.
const LONG: u64 = 8 << 20;

/// Bytes that predict the next one of a text.
const TEXT_ORDER: u32 = 12;

/// How a stream is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// As it is.
    Stored,
    /// LZMA2 chunks without a container.
    Lzma,
    /// One zstd frame.
    Zstd,
    /// PPMd, variant H with the range coder of 7z, of order 12, without an end mark.
    Ppmd,
}

impl Codec {
    /// The byte that stands for it in a patch.
    pub(crate) fn id(self) -> u8 {
        match self {
            Self::Stored => 0,
            Self::Lzma => 1,
            Self::Zstd => 2,
            Self::Ppmd => 3,
        }
    }

    /// The codec of a byte, if there is one.
    pub(crate) fn from_id(id: u8) -> Option<Self> {
        [Self::Stored, Self::Lzma, Self::Zstd, Self::Ppmd].into_iter().find(|c| c.id() == id)
    }

    /// Memory for decoding a stream of `plain_len` bytes: the window or model, and what the decoder keeps beside it.
    pub(crate) fn memory(self, plain_len: u64) -> u64 {
        match self {
            Self::Stored => 0,
            Self::Lzma | Self::Zstd => window(plain_len) + (256 << 10),
            Self::Ppmd => u64::from(model(plain_len)) + (64 << 10),
        }
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
    /// Numbers of as many bytes as they need.
    Numbers,
    /// Records of so many bytes, or of at least 8.
    Records(u8),
}

impl Content {
    /// Bits of the byte before and of the position that predict a byte, and bits of the position that predict
    /// a match. Measured on engines and on text.
    fn contexts(self) -> (u32, u32, u32) {
        match self {
            Self::Literal => (3, 0, 2),
            Self::Records(1) => (0, 0, 0),
            Self::Records(2) => (0, 1, 1),
            Self::Records(4) => (2, 2, 2),
            Self::Records(6) => (3, 1, 1),
            Self::Numbers | Self::Records(_) => (4, 0, 0),
        }
    }
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

/// Memory of the model for a text of `plain_len` bytes: enough that it is hardly ever started over.
fn model(plain_len: u64) -> u32 {
    const MOST: u32 = 20 << 20;
    u32::try_from(plain_len.saturating_mul(40)).map_or(MOST, |n| n.clamp(64 << 10, MOST))
}

/// Packs `plain`, or stores it where that is no longer.
pub(crate) fn pack(plain: Vec<u8>, effort: Effort, content: Content) -> io::Result<Packed> {
    let plain_len = plain.len() as u64;
    let packed = match effort {
        _ if plain.len() < 16 => None,
        Effort::Fast => Some((Codec::Zstd, zstd_frame(&plain, 3)?)),
        Effort::Small | Effort::Smallest if content == Content::Literal => match Nature::of(&plain)? {
            Nature::Noise => None,
            Nature::Dense if effort == Effort::Small => Some((Codec::Zstd, zstd_frame(&plain, 9)?)),
            Nature::Dense | Nature::Loose => Some(text_or_other(&plain, effort)?),
        },
        Effort::Small | Effort::Smallest => Some((Codec::Lzma, lzma(&plain, effort, content)?)),
    };
    Ok(match packed {
        Some((codec, bytes)) if bytes.len() < plain.len() => Packed { codec, plain_len, bytes },
        _ => Packed { codec: Codec::Stored, plain_len, bytes: plain },
    })
}

/// Bytes of text that are packed both ways to tell which is better.
const SAMPLE: usize = 32 << 10;

/// Packs literals by a model of text where that is shorter. Unless as few bytes as can be are wanted, a part of long text
/// shows what is better, and if that is the model by far, nothing else is tried.
fn text_or_other(plain: &[u8], effort: Effort) -> io::Result<(Codec, Vec<u8>)> {
    if !is_text(plain) {
        return Ok((Codec::Lzma, lzma(plain, effort, Content::Literal)?));
    }
    let text = ppmd(plain)?;
    if effort == Effort::Small && plain.len() >= 4 * SAMPLE {
        let at = (plain.len() - SAMPLE) / 2;
        let part = &plain[at..at + SAMPLE];
        if ppmd(part)?.len() * 8 < lzma(part, effort, Content::Literal)?.len() * 7 {
            return Ok((Codec::Ppmd, text));
        }
    }
    let other = lzma(plain, effort, Content::Literal)?;
    Ok(if text.len() < other.len() { (Codec::Ppmd, text) } else { (Codec::Lzma, other) })
}

/// What zstd's fastest level thinks of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    /// It does not shrink at all: media or ciphertext. LZMA would take long over nothing.
    Noise,
    /// Most of it does not shrink: LZMA would take ten times as long for a fiftieth of the bytes.
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

/// Whether a stream is long enough for a model of text to learn from, and nearly all of it is text.
fn is_text(plain: &[u8]) -> bool {
    let odd = plain.iter().filter(|b| b.is_ascii_control() && !b.is_ascii_whitespace()).count();
    plain.len() >= 256 && odd * 64 <= plain.len()
}

fn ppmd(plain: &[u8]) -> io::Result<Vec<u8>> {
    let out = Vec::with_capacity(plain.len() / 4);
    let mut encoder =
        Ppmd7Encoder::new(out, TEXT_ORDER, model(plain.len() as u64)).map_err(io::Error::other)?;
    encoder.write_all(plain)?;
    encoder.finish(false)
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
) -> Result<LzmaOptions, liblzma::stream::Error> {
    const EXTREME: u32 = 1 << 31;
    let mut options = LzmaOptions::new_preset(if effort == Effort::Smallest { 9 | EXTREME } else { 9 })?;
    options.dict_size(u32::try_from(window(plain_len)).unwrap_or(u32::MAX));
    if effort == Effort::Small && content == Content::Literal && plain_len >= LONG {
        // Four percent more bytes than below, for less than half of the time.
        options.match_finder(MatchFinder::HashChain4).nice_len(24).depth(8);
    } else if effort == Effort::Small {
        // A percent more bytes than longer matches would make, for half of the time.
        options.nice_len(64);
    }
    let (context, literal_position, position) = content.contexts();
    options.literal_context_bits(context).literal_position_bits(literal_position).position_bits(position);
    Ok(options)
}

fn lzma(plain: &[u8], effort: Effort, content: Content) -> io::Result<Vec<u8>> {
    let mut filters = Filters::new();
    filters.lzma2(&lzma_options(plain.len() as u64, effort, content)?);
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
                filters.lzma2(&lzma_options(plain_len, Effort::Small, Content::Literal)?);
                let stream = Stream::new_raw_decoder(&filters)?;
                Box::new(BufReader::new(liblzma::bufread::XzDecoder::new_stream(packed, stream)))
            }
            Codec::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?.single_frame();
                decoder.window_log_max(window(plain_len).trailing_zeros().max(10))?;
                Box::new(BufReader::new(decoder))
            }
            // Nothing marks its end, so it is asked for no more than there is. It reads the packed bytes at once.
            Codec::Ppmd if plain_len > 0 => {
                let decoder = Ppmd7Decoder::new(packed, TEXT_ORDER, model(plain_len));
                Box::new(decoder.map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?)
            }
            Codec::Ppmd => Box::new(io::empty()),
        };
        Ok(Self { inner, left: plain_len })
    }

    /// A stream without anything in it.
    pub(crate) fn empty() -> Self {
        Self { inner: Box::new(io::empty()), left: 0 }
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
    use proptest::prelude::*;

    use super::*;

    fn samples() -> Vec<Vec<u8>> {
        let mut noise = 1u32;
        let noisy = (0..100_000)
            .map(|_| {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (noise >> 24) as u8
            })
            .collect();
        vec![vec![], vec![7], vec![0; 100_000], b"abc".repeat(5000), noisy, prose(300_000)]
    }

    fn prose(len: usize) -> Vec<u8> {
        let mut state = 7u32;
        let words = ["seed", "swarm", "the", "of", "piece", "update", "friend", "a", "patch\n"];
        let mut text = String::new();
        while text.len() < len {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            text += words[(state >> 16) as usize % words.len()];
            text += if state >> 28 == 0 { ". " } else { " " };
        }
        text.into_bytes()
    }

    #[test]
    fn text_is_packed_by_a_model_of_text() {
        let plain = prose(300_000);
        let packed = pack(plain.clone(), Effort::Small, Content::Literal).unwrap();
        assert_eq!(packed.codec, Codec::Ppmd);
        assert!(packed.codec.memory(packed.plain_len) <= 21 << 20);
        assert_ne!(pack(plain, Effort::Small, Content::Numbers).unwrap().codec, Codec::Ppmd);
    }

    proptest! {
        /// What is not a packed text comes out as some bytes or as an error, and never as more than is declared.
        #[test]
        fn any_bytes_as_packed_text(bytes in prop::collection::vec(any::<u8>(), 0..2000), len in 0u64..20_000) {
            if let Ok(mut unpacker) = Unpacker::new(Codec::Ppmd, &bytes, len) {
                let mut out = Vec::new();
                prop_assert!(unpacker.read_to_end(&mut out).is_err() || out.len() as u64 == len);
            }
        }
    }

    #[test]
    fn round_trip_at_every_effort() {
        for plain in samples() {
            for effort in [Effort::Fast, Effort::Small, Effort::Smallest] {
                for content in [Content::Literal, Content::Numbers, Content::Records(2), Content::Records(9)]
                {
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
        let packed = pack(plain.clone(), Effort::Small, Content::Numbers).unwrap();
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
