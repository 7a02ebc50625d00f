//! How a new file is made of bytes as they are and of packed streams that are made again.

use std::io::{self, Read};

use mist_proto::codec::DecodeError;
use mist_zlib::{Settings, Strategy};

use crate::format::varint;

use super::{
    Encoder, MAX_CHUNK, MAX_STREAMS, MIN_BLOCK, Maker, Wrapping,
    parse::MAX_PARSE,
    zstd::{Form, Level, MAX_FRAME},
};

/// A part of a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Bytes as they are.
    Raw {
        /// How many.
        len: u64,
    },
    /// Bytes to pack.
    Stream {
        /// How many there are before, without the parse. At least 1.
        plain: u64,
        /// What packs them.
        maker: Maker,
        /// What the stream is wrapped in.
        wrapping: Wrapping,
    },
}

impl Part {
    /// Whether it is of zstd frames.
    pub(crate) fn is_of_frames(self) -> bool {
        matches!(self, Self::Stream { maker: Maker::Encoder(Encoder::Zstd(_)), .. })
    }

    /// Bytes that the part takes from the new space, a parse and plain text together.
    pub(crate) fn taken_len(self) -> u64 {
        match self {
            Self::Raw { len } => len,
            Self::Stream { plain, maker, .. } => plain.saturating_add(maker.parse_len()),
        }
    }
}

/// The most parts of a file: its streams, and what lies around them. A part takes less in a patch than in memory.
const MAX_PARTS: u64 = 2 * MAX_STREAMS as u64 + 1;

/// What the parts of a file take in its recipe at most, in bytes: eight each.
const MAX_ENCODED: usize = 16 << 20;

// What a recipe starts with.
const WHOLE: u8 = 0;
const BARE_PARTS: u8 = 1;
const WRAPPED_PARTS: u8 = 2;
const PARTS: u8 = 3;

// The kind of a part, in the lowest bits of its length.
const RAW: u64 = 0;
const BARE: u64 = 1;
const ZLIB: u64 = 2;
const PNG: u64 = 3;
/// Together with one of the last three.
const BY_PARSE: u64 = 4;
/// There is no parse of nothing.
const ZSTD: u64 = BY_PARSE;
const KIND_BITS: u32 = 3;

// Bits of what a frame's header says.
const CHECKSUM: u8 = 1;
const SIZED: u8 = 2;

/// Writes the recipe of a file.
pub(crate) fn encode(parts: &[Part]) -> Vec<u8> {
    if matches!(parts, [] | [Part::Raw { .. }]) {
        return vec![WHOLE];
    }
    let mut out = vec![PARTS];
    varint::put(&mut out, parts.len() as u64);
    for part in parts {
        let (plain, maker, wrapping) = match *part {
            Part::Raw { len } => {
                varint::put(&mut out, len << KIND_BITS | RAW);
                continue;
            }
            Part::Stream { plain, maker, wrapping } => (plain, maker, wrapping),
        };
        let kind = match wrapping {
            Wrapping::Bare => BARE,
            Wrapping::Zlib { .. } => ZLIB,
            Wrapping::Png { .. } => PNG,
            Wrapping::Zstd { .. } => ZSTD,
        };
        match maker {
            Maker::Encoder(encoder) => {
                varint::put(&mut out, plain << KIND_BITS | kind);
                match encoder {
                    Encoder::Zlib(settings) => {
                        out.extend([settings.level(), settings.memory() | (settings.strategy() as u8) << 4]);
                    }
                    Encoder::Zstd(level) => out.push(level.number().cast_unsigned()),
                }
            }
            Maker::Parse { len } => {
                varint::put(&mut out, plain << KIND_BITS | BY_PARSE | kind);
                varint::put(&mut out, len);
            }
        }
        match wrapping {
            Wrapping::Bare => {}
            Wrapping::Zlib { header, block: len } | Wrapping::Png { header, chunk: len } => {
                out.extend(header);
                varint::put(&mut out, len);
            }
            Wrapping::Zstd { form, block } => {
                out.push(if form.checksum { CHECKSUM } else { 0 } | if form.sized { SIZED } else { 0 });
                varint::put(&mut out, block);
            }
        }
    }
    out
}

/// The parts of a file, each read when its turn comes: there may be two millions of them, and a few bytes of a patch may
/// stand for as many.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    /// What was read of them, of which the first bytes are used up.
    encoded: Vec<u8>,
    used: usize,
    left: u64,
    kind_bits: u32,
    front: Option<Part>,
}

impl Parts {
    /// The part whose turn it is.
    pub(crate) fn front(&self) -> Option<Part> {
        self.front
    }

    /// Goes on to the next part.
    pub(crate) fn pop_front(&mut self) {
        let mut rest = &self.encoded[self.used..];
        let before = rest.len();
        // They were read once, and can be read again.
        self.front = self.left.checked_sub(1).and_then(|left| {
            self.left = left;
            part(&mut rest, self.kind_bits).ok()
        });
        self.used += before - rest.len();
    }

    /// Every part from the present one on.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Part> + Clone {
        let (mut rest, kind_bits) = (&self.encoded[self.used..], self.kind_bits);
        let more = (0..self.left).map_while(move |_| part(&mut rest, kind_bits).ok());
        self.front.into_iter().chain(more)
    }
}

/// Keeps what is read through it, up to [`MAX_ENCODED`].
struct Keeping<'r, R> {
    input: &'r mut R,
    kept: Vec<u8>,
}

impl<R: Read> Read for Keeping<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buf)?;
        if self.kept.len() + n > MAX_ENCODED {
            return Err(invalid(DecodeError::OutOfBounds));
        }
        self.kept.extend_from_slice(&buf[..n]);
        Ok(n)
    }
}

/// Reads the recipe of a file of `size` bytes.
pub(crate) fn decode(input: &mut impl Read, size: u64) -> io::Result<Parts> {
    let none = Parts { encoded: Vec::new(), used: 0, left: 0, kind_bits: 0, front: None };
    let kind_bits = match byte(input)? {
        WHOLE => return Ok(Parts { front: Some(Part::Raw { len: size }), ..none }),
        // Patches before version 4 know fewer kinds.
        BARE_PARTS => 1,
        WRAPPED_PARTS => 2,
        PARTS => KIND_BITS,
        _ => return Err(invalid(DecodeError::UnknownTag)),
    };
    let count = number(input)?;
    if count > MAX_PARTS {
        return Err(invalid(DecodeError::OutOfBounds));
    }
    let mut keeping = Keeping { input, kept: Vec::new() };
    for _ in 0..count {
        part(&mut keeping, kind_bits)?;
    }
    let mut parts = Parts { encoded: keeping.kept, left: count, kind_bits, ..none };
    parts.pop_front();
    Ok(parts)
}

fn part(input: &mut impl Read, kind_bits: u32) -> io::Result<Part> {
    let tagged = number(input)?;
    let (kind, len) = (tagged & ((1 << kind_bits) - 1), tagged >> kind_bits);
    match kind {
        RAW => Ok(Part::Raw { len }),
        _ if len == 0 => Err(invalid(DecodeError::Invalid("an empty stream"))),
        ZSTD => frames(input, len),
        kind => deflated(input, kind, len),
    }
}

/// The rest of a part of zstd frames.
fn frames(input: &mut impl Read, plain: u64) -> io::Result<Part> {
    let level = Level::new(byte(input)?.cast_signed());
    let flags = byte(input)?;
    let form = Form { checksum: flags & CHECKSUM != 0, sized: flags & SIZED != 0 };
    let block = number(input)?;
    let level = level.filter(|l| l.makes(form) && flags & !(CHECKSUM | SIZED) == 0);
    match level {
        Some(level) if (MIN_BLOCK.min(plain)..=plain.min(MAX_FRAME)).contains(&block) => {
            let maker = Maker::Encoder(Encoder::Zstd(level));
            Ok(Part::Stream { plain, maker, wrapping: Wrapping::Zstd { form, block } })
        }
        _ => Err(invalid(DecodeError::OutOfBounds)),
    }
}

/// The rest of a part that is deflated.
fn deflated(input: &mut impl Read, kind: u64, plain: u64) -> io::Result<Part> {
    let maker =
        if kind & BY_PARSE == 0 { Maker::Encoder(Encoder::Zlib(settings(input)?)) } else { by_parse(input)? };
    let kind = kind & !BY_PARSE;
    let wrapping = if kind == BARE {
        Wrapping::Bare
    } else {
        let header = [byte(input)?, byte(input)?];
        let len = number(input)?;
        let bounds = if kind == ZLIB { MIN_BLOCK.min(plain)..=plain } else { 1..=MAX_CHUNK };
        if !bounds.contains(&len) {
            return Err(invalid(DecodeError::OutOfBounds));
        }
        if kind == ZLIB {
            Wrapping::Zlib { header, block: len }
        } else {
            Wrapping::Png { header, chunk: len }
        }
    };
    Ok(Part::Stream { plain, maker, wrapping })
}

fn settings(input: &mut impl Read) -> io::Result<Settings> {
    let (level, memory) = (byte(input)?, byte(input)?);
    let strategy = Strategy::ALL.get(usize::from(memory >> 4));
    let settings = Settings::new(level, memory & 0xf).zip(strategy).map(|(s, &of)| s.with_strategy(of));
    settings.ok_or_else(|| invalid(DecodeError::OutOfBounds))
}

fn by_parse(input: &mut impl Read) -> io::Result<Maker> {
    match number(input)? {
        len @ 1..=MAX_PARSE => Ok(Maker::Parse { len }),
        _ => Err(invalid(DecodeError::OutOfBounds)),
    }
}

fn byte(input: &mut impl Read) -> io::Result<u8> {
    let mut b = [0];
    input.read_exact(&mut b)?;
    Ok(b[0])
}

fn number(input: &mut impl Read) -> io::Result<u64> {
    varint::read(input)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn invalid(e: DecodeError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, e)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts, as they come one after another, which is as they are listed.
    fn decoded(input: &mut impl Read, size: u64) -> Vec<Part> {
        let mut parts = decode(input, size).unwrap();
        let listed: Vec<Part> = parts.iter().collect();
        for part in &listed {
            assert_eq!(parts.front(), Some(*part));
            parts.pop_front();
        }
        assert_eq!(parts.front(), None);
        listed
    }

    #[test]
    fn round_trip() {
        let settings = Settings::new(9, 8).unwrap();
        let header = [0x78, 0xda];
        let zlib = Maker::Encoder(Encoder::Zlib(settings.with_strategy(Strategy::RunLength)));
        let deflate = |wrapping| Part::Stream { plain: 30_000, maker: zlib, wrapping };
        let parsed = |len, wrapping| Part::Stream { plain: 30_000, maker: Maker::Parse { len }, wrapping };
        let frames = |level, sized, block, plain| {
            let maker = Maker::Encoder(Encoder::Zstd(Level::new(level).unwrap()));
            let form = Form { checksum: block % 2 == 0, sized };
            Part::Stream { plain, maker, wrapping: Wrapping::Zstd { form, block } }
        };
        for parts in [
            vec![Part::Raw { len: 77 }],
            vec![Part::Raw { len: 1 << 40 }, deflate(Wrapping::Bare), Part::Raw { len: 0 }],
            vec![
                deflate(Wrapping::Zlib { header, block: 30_000 }),
                deflate(Wrapping::Zlib { header, block: MIN_BLOCK }),
                deflate(Wrapping::Png { header, chunk: 1 }),
                deflate(Wrapping::Png { header, chunk: MAX_CHUNK }),
            ],
            vec![
                parsed(1, Wrapping::Bare),
                parsed(MAX_PARSE, Wrapping::Zlib { header, block: MIN_BLOCK }),
                parsed(300, Wrapping::Png { header, chunk: 8192 }),
            ],
            vec![
                frames(3, true, 30_000, 30_000),
                frames(22, true, MIN_BLOCK, 2 * MAX_FRAME),
                frames(9, false, MAX_FRAME, MAX_FRAME),
                frames(-128, false, 1, 1),
            ],
        ] {
            assert_eq!(decoded(&mut encode(&parts).as_slice(), 77), parts);
        }
    }

    #[test]
    fn recipes_of_older_versions() {
        let maker = Maker::Encoder(Encoder::Zlib(Settings::new(6, 8).unwrap()));
        let deflate = |wrapping| Part::Stream { plain: 33, maker, wrapping };
        let parts = decoded(&mut &[1, 2, 37 << 1, 33 << 1 | 1, 6, 8][..], 5);
        assert_eq!(parts, [Part::Raw { len: 37 }, deflate(Wrapping::Bare)]);
        let bytes = [2, 2, 7 << 2, 0x80 | (33 << 2 | 2) & 0x7f, 1, 6, 8, 0x78, 0x9c, 33];
        let parts = decoded(&mut &bytes[..], 5);
        let zlib = Wrapping::Zlib { header: [0x78, 0x9c], block: 33 };
        assert_eq!(parts, [Part::Raw { len: 7 }, deflate(zlib)]);
    }

    #[test]
    fn parts_are_bounded() {
        let recipe = |parts: u64| {
            let mut bytes = vec![PARTS];
            varint::put(&mut bytes, parts);
            bytes.resize(bytes.len() + usize::try_from(parts).unwrap(), 0);
            bytes
        };
        assert!(decode(&mut recipe(MAX_PARTS).as_slice(), 0).is_ok());
        assert!(decode(&mut recipe(MAX_PARTS + 1).as_slice(), 0).is_err());
        // Long ones, of which as many would take more.
        let mut long = vec![PARTS];
        varint::put(&mut long, MAX_PARTS);
        (0..MAX_PARTS).for_each(|_| varint::put(&mut long, u64::MAX << KIND_BITS));
        assert!(decode(&mut long.as_slice(), 0).is_err());
    }

    #[test]
    fn refusals() {
        let zlib = 5 << 2 | u8::try_from(ZLIB).unwrap();
        let png = 5 << 2 | u8::try_from(PNG).unwrap();
        let bare = 5 << 2 | u8::try_from(BARE).unwrap();
        for bad in [
            &[][..],
            // Unknown tag; ends early; level and memory out of bounds; an empty stream.
            &[4],
            &[1, 1],
            &[1, 1, 3, 0, 8],
            &[1, 1, 3, 6, 10],
            &[1, 1, 1, 6, 8],
            &[2, 1, bare & 3, 6, 8],
            &[1, 0xff, 0xff, 0xff, 0xff, 0xf],
            // Unknown strategy.
            &[2, 1, bare, 6, 0x48],
            // Blocks of nothing, of too little and of more than there is; chunks of nothing and of too much.
            &[2, 1, zlib, 6, 8, 0x78, 0x9c, 0],
            &[2, 1, zlib, 6, 8, 0x78, 0x9c, 4],
            &[2, 1, zlib, 6, 8, 0x78, 0x9c, 6],
            &[2, 1, png, 6, 8, 0x78, 0x9c, 0],
            &[2, 1, png, 6, 8, 0x78, 0x9c, 0x81, 0x80, 0x40],
            &[2, 1, zlib, 6, 8, 0x78],
            // A parse of nothing, and of too much; zlib's settings where a wrapping is to be.
            &[3, 1, 5 << 3 | 5, 0],
            &[3, 1, 5 << 3 | 5, 0x81, 0x80, 0x80, 4],
            &[3, 1, 5 << 3 | 6, 9, 6, 8],
            // Frames: none; level 0 and 23; one that takes much memory without a length; unknown flags; blocks of nothing,
            // of too little, of more than there is, and of too much.
            &[3, 1, 4, 3, 2, 0],
            &[3, 1, 5 << 3 | 4],
            &[3, 1, 5 << 3 | 4, 0, 2, 5],
            &[3, 1, 5 << 3 | 4, 23, 2, 5],
            &[3, 1, 5 << 3 | 4, 10, 0, 5],
            &[3, 1, 5 << 3 | 4, 3, 4, 5],
            &[3, 1, 5 << 3 | 4, 3, 2, 0],
            &[3, 1, 5 << 3 | 4, 3, 2, 4],
            &[3, 1, 5 << 3 | 4, 3, 2, 6],
            &[3, 1, 0x84, 0x80, 0x80, 4, 3, 2, 0x81, 0x80, 0x40],
        ] {
            assert!(decode(&mut &*bad, 1).is_err(), "{bad:x?}");
        }
        for good in [
            &[2, 1, zlib, 6, 8, 0x78, 0x9c, 5][..],
            &[2, 1, png, 6, 8, 0x78, 0x9c, 0x80, 0x80, 0x40],
            &[3, 1, 5 << 3 | 5, 0x80, 0x80, 0x80, 4],
            &[3, 1, 5 << 3 | 4, 9, 1, 5],
            &[3, 1, 0x84, 0x80, 0x80, 4, 0x80, 3, 0x80, 0x80, 0x40],
        ] {
            decode(&mut &*good, 1).unwrap();
        }
    }
}
