//! Looking inside packed streams: they change wholly when a byte of their content does, so the content is compared
//! instead, and the stream is made again from it, bit for bit.
//!
//! [`scan`] finds the streams of a file, by what its container says ([`zip`], [`unreal`]) and by what starts a stream
//! anywhere ([`png`], [`gzip`], [`zlib`], [`zstd`]). [`inflate`] and [`deflate`] turn them into plain text and back, alike
//! when a patch is made and when it is applied. Deflate that zlib does not make again is made by its [`parse`].

use mist_zlib::Settings;

use parse::BadParse;

mod by_parse;
pub(crate) mod deflate;
mod estimate;
mod gzip;
pub(crate) mod inflate;
mod packed;
pub(crate) mod parse;
mod png;
pub(crate) mod rebuild;
pub(crate) mod recipe;
mod scan;
pub(crate) mod scratch;
pub(crate) mod unpack;
mod unreal;
mod zip;
mod zlib;
pub(crate) mod zstd;

/// Packed bytes inside a file, with what they are wrapped in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stream {
    /// Where they start.
    pub(crate) at: u64,
    /// Their length.
    pub(crate) packed: u64,
    /// Length of their plain text.
    pub(crate) plain: u64,
    /// What they are wrapped in.
    pub(crate) wrapping: Wrapping,
    /// Hash of the name that they have in the container, if any, to tell which streams belong together.
    pub(crate) name: Option<u64>,
}

/// What packed bytes are wrapped in, as far as it does not follow from the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// Nothing: one raw deflate stream.
    Bare,
    /// zlib's format, RFC 1950: `header`, a raw deflate stream, and the Adler-32 of its plain text. One stream behind
    /// another, each but the last of `block` plain bytes.
    Zlib {
        /// The first two bytes of each stream.
        header: [u8; 2],
        /// Plain bytes of a stream. At least [`MIN_BLOCK`], or all.
        block: u64,
    },
    /// One stream of zlib's format, cut into IDAT chunks of a PNG image.
    Png {
        /// The first two bytes of the stream.
        header: [u8; 2],
        /// Content of each chunk but the last, in bytes: 1 to [`MAX_CHUNK`].
        chunk: u64,
    },
    /// zstd frames, one behind another, each but the last of `block` plain bytes.
    Zstd {
        /// What each frame's header says.
        form: zstd::Form,
        /// Plain bytes of a frame. At least [`MIN_BLOCK`], or all, and at most [`zstd::MAX_FRAME`].
        block: u64,
    },
}

/// The least plain text of a zlib stream or zstd frame that another one follows, in bytes: making one takes its time.
pub(crate) const MIN_BLOCK: u64 = 4 << 10;

/// The largest chunk of a PNG image that consists of several, in bytes: one is held in memory.
pub(crate) const MAX_CHUNK: u64 = 1 << 20;

/// The most plain text of zlib streams or zstd frames that are taken as one, in bytes, so that large assets are worked on in parallel.
const MAX_RUN: u64 = 16 << 20;

/// Streams of a file that are known at a time; a file of more is not worth it.
const MAX_STREAMS: usize = 1 << 20;

/// An encoder with its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoder {
    /// zlib, for all wrappings but zstd frames.
    Zlib(Settings),
    /// zstd, for those, at this level.
    Zstd(zstd::Level),
}

/// What makes a stream again of its plain text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Maker {
    /// An encoder.
    Encoder(Encoder),
    /// A parse of `len` bytes, at most [`parse::MAX_PARSE`], which stands before the plain text.
    Parse {
        /// Its length in bytes.
        len: u64,
    },
}

impl Maker {
    /// Bytes that stand before the plain text.
    pub(crate) fn parse_len(self) -> u64 {
        match self {
            Self::Encoder(_) => 0,
            Self::Parse { len } => len,
        }
    }

    /// Memory that making a stream takes besides buffers, in bytes.
    pub(crate) fn memory(self, wrapping: Wrapping) -> u64 {
        match wrapping {
            Wrapping::Zstd { form, block } => zstd::memory(form, block),
            Wrapping::Bare | Wrapping::Zlib { .. } | Wrapping::Png { .. } => self.parse_len(),
        }
    }
}

/// Why a stream could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unmade {
    #[error(transparent)]
    Zlib(#[from] mist_zlib::Failed),
    #[error(transparent)]
    Zstd(#[from] zstd::Failed),
    #[error(transparent)]
    Parse(#[from] BadParse),
}

/// What has to be known of a wrapping to get at what is inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// [`Wrapping::Bare`].
    Bare,
    /// [`Wrapping::Zlib`].
    Zlib,
    /// [`Wrapping::Png`].
    Png,
    /// [`Wrapping::Zstd`].
    Zstd,
}

impl Stream {
    /// Where the stream ends.
    pub(crate) fn end(&self) -> u64 {
        self.at + self.packed
    }

    /// Whether it is of deflate, which has a parse.
    fn is_deflate(&self) -> bool {
        self.wrapping.kind() != Kind::Zstd
    }

    /// Makes this and `next` one, if they are blocks of one run.
    fn join(&mut self, next: &Self) -> bool {
        let block = match (self.wrapping, next.wrapping) {
            (Wrapping::Zlib { header, block }, Wrapping::Zlib { header: other, .. }) if header == other => {
                block
            }
            (Wrapping::Zstd { form, block }, Wrapping::Zstd { form: other, .. }) if form == other => block,
            _ => return false,
        };
        let plain = self.plain + next.plain;
        let joined = self.end() == next.at
            && self.name == next.name
            && block >= MIN_BLOCK
            && self.plain.is_multiple_of(block)
            && next.plain <= block
            && plain <= MAX_RUN;
        if joined {
            self.packed += next.packed;
            self.plain = plain;
        }
        joined
    }
}

/// Appends a stream, or makes it one with the last; leaves it out if there are too many.
fn push(found: &mut Vec<Stream>, stream: Stream) {
    if !found.last_mut().is_some_and(|last| last.join(&stream)) && found.len() < MAX_STREAMS {
        found.push(stream);
    }
}

impl Wrapping {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Bare => Kind::Bare,
            Self::Zlib { .. } => Kind::Zlib,
            Self::Png { .. } => Kind::Png,
            Self::Zstd { .. } => Kind::Zstd,
        }
    }
}

/// The little-endian number at `at`; 0 beyond the end.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u16::from_le_bytes(*b))
}

/// The little-endian number at `at`; 0 beyond the end.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b))
}

/// The little-endian number at `at`; 0 beyond the end.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u64::from_le_bytes(*b))
}

/// Hash of a name in a container.
fn name_hash(name: &[u8]) -> u64 {
    u64_at(blake3::hash(name).as_bytes(), 0)
}
