//! A segment: the streams that make a stretch of the new files' bytes, packed on their own.

use std::io::{self, Read};

use mist_proto::codec::DecodeError;

use super::{
    MAX_SEGMENT, MAX_STREAM, Version,
    codec::{self, Codec, Content, Effort, Unpacker},
    varint,
};

/// The streams of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// How the new files are made of raw bytes and rebuilt deflate streams.
    Recipe,
    /// Bytes of [`Stream::Literal`] before each copy.
    LiteralLen,
    /// Length of each copy.
    CopyLen,
    /// Distance from the end of the last copy's source to the start of each copy's.
    Seek,
    /// Lengths of runs of equal and of differing bytes inside the copies, by turns.
    Runs,
    /// What numbers of a fixed width have beyond it.
    Overflow,
    /// New bytes that no copy covers.
    Literal,
    /// What runs of differing bytes are made of. Those of one length are together, so that their low bytes stand
    /// beside each other and their high ones too: see [`Stream::differences`].
    Differences(u8),
}

/// Streams of differences: one for each length below, one for all from there on.
const LENGTHS: u8 = 8;

impl Stream {
    /// Every stream, in the order in which they lie in a segment.
    pub(crate) const ALL: [Self; 7 + LENGTHS as usize] = [
        Self::Recipe,
        Self::LiteralLen,
        Self::CopyLen,
        Self::Seek,
        Self::Runs,
        Self::Overflow,
        Self::Literal,
        Self::Differences(1),
        Self::Differences(2),
        Self::Differences(3),
        Self::Differences(4),
        Self::Differences(5),
        Self::Differences(6),
        Self::Differences(7),
        Self::Differences(8),
    ];

    /// The same before version 3.
    const ALL_BEFORE_3: [Self; 7] = [
        Self::Recipe,
        Self::LiteralLen,
        Self::CopyLen,
        Self::Seek,
        Self::Runs,
        Self::Differences(1),
        Self::Literal,
    ];

    fn all(version: Version) -> &'static [Self] {
        if version < Version::Three { &Self::ALL_BEFORE_3 } else { &Self::ALL }
    }

    /// The stream for runs of `len` differing bytes.
    pub(crate) fn differences(len: u64, version: Version) -> Self {
        let column = if version < Version::Three { 1 } else { len.clamp(1, LENGTHS.into()) };
        Self::Differences(u8::try_from(column).unwrap_or(LENGTHS))
    }

    /// Bytes that a number takes: what is alike then stands beside each other. 0 for as many as it needs.
    fn width(self, version: Version) -> usize {
        match self {
            _ if version < Version::Three => 0,
            Self::Seek => 4,
            Self::Runs => 1,
            _ => 0,
        }
    }

    fn content(self) -> Content {
        match self {
            Self::Literal | Self::Recipe => Content::Literal,
            Self::LiteralLen | Self::CopyLen | Self::Overflow => Content::Numbers,
            Self::Seek => Content::Records(4),
            Self::Runs => Content::Records(2),
            Self::Differences(len) => Content::Records(len),
        }
    }

    fn slot(self) -> usize {
        match self {
            Self::Recipe => 0,
            Self::LiteralLen => 1,
            Self::CopyLen => 2,
            Self::Seek => 3,
            Self::Runs => 4,
            Self::Overflow => 5,
            Self::Literal => 6,
            Self::Differences(column) => 6 + usize::from(column),
        }
    }
}

/// The plain streams of a segment that is being made.
#[derive(Default)]
pub(crate) struct Plain {
    streams: [Vec<u8>; Stream::ALL.len()],
}

impl Plain {
    pub(crate) fn stream(&mut self, stream: Stream) -> &mut Vec<u8> {
        &mut self.streams[stream.slot()]
    }

    /// Appends a number to a stream.
    pub(crate) fn number(&mut self, stream: Stream, n: u64) {
        let width = stream.width(Version::LATEST);
        let most = most(width);
        if width == 0 {
            varint::put(self.stream(stream), n);
        } else {
            self.stream(stream).extend_from_slice(&n.min(most).to_le_bytes()[..width]);
            if n >= most {
                varint::put(self.stream(Stream::Overflow), n - most);
            }
        }
    }

    /// Appends a signed number to a stream.
    pub(crate) fn signed(&mut self, stream: Stream, n: i64) {
        self.number(stream, varint::zigzag(n));
    }

    /// Bytes in all streams.
    pub(crate) fn len(&self) -> usize {
        self.streams.iter().map(Vec::len).sum()
    }

    /// The most decoder memory that it takes to read the streams, whatever they are packed by.
    pub(crate) fn memory(&self) -> u64 {
        let of = |(stream, plain): (Stream, &Vec<u8>)| {
            let text = if stream.content() == Content::Literal { Codec::Ppmd } else { Codec::Lzma };
            Codec::Lzma.memory(plain.len() as u64).max(text.memory(plain.len() as u64))
        };
        Stream::ALL.into_iter().zip(&self.streams).map(of).sum()
    }

    /// The segment's bytes, and the decoder memory that it takes to read them.
    pub(crate) fn pack(self, effort: Effort) -> io::Result<(Vec<u8>, u64)> {
        let mut table = Vec::new();
        let mut body = Vec::new();
        let mut memory = 0;
        for (stream, plain) in Stream::ALL.into_iter().zip(self.streams) {
            let packed = codec::pack(plain, effort, stream.content())?;
            table.push(packed.codec.id());
            varint::put(&mut table, packed.plain_len);
            varint::put(&mut table, packed.bytes.len() as u64);
            memory += packed.codec.memory(packed.plain_len);
            body.extend_from_slice(&packed.bytes);
        }
        table.extend_from_slice(&body);
        memory += table.len() as u64;
        if table.len() as u64 > MAX_SEGMENT {
            return Err(io::Error::other("a segment outgrew its bound"));
        }
        Ok((table, memory))
    }
}

/// The number of `width` bytes that says that there is more to it.
fn most(width: usize) -> u64 {
    (1u64 << (8 * width).min(63)) - 1
}

/// The streams of a segment that is being read.
pub(crate) struct Streams<'a> {
    version: Version,
    /// By slot; those that the version does not know are empty.
    streams: [Unpacker<'a>; Stream::ALL.len()],
}

impl<'a> Streams<'a> {
    /// Opens a segment's bytes. Decoders that would take more than `memory` bytes together are refused.
    pub(crate) fn open(bytes: &'a [u8], version: Version, memory: u64) -> io::Result<Self> {
        let invalid = |e: DecodeError| io::Error::new(io::ErrorKind::InvalidData, e);
        let mut rest = bytes;
        let mut entries = Vec::with_capacity(Stream::ALL.len());
        let mut needed = bytes.len() as u64;
        for &stream in Stream::all(version) {
            let (&id, after) = rest.split_first().ok_or(DecodeError::Truncated).map_err(invalid)?;
            rest = after;
            let codec = Codec::from_id(id).ok_or(DecodeError::UnknownTag).map_err(invalid)?;
            let plain = varint::take(&mut rest).map_err(invalid)?;
            let packed = varint::take(&mut rest).map_err(invalid)?;
            if plain > MAX_STREAM {
                return Err(invalid(DecodeError::OutOfBounds));
            }
            needed += codec.memory(plain);
            entries.push((stream, codec, plain, packed));
        }
        if needed > memory {
            return Err(invalid(DecodeError::Invalid("a segment needs more memory than the patch declares")));
        }
        let mut streams = std::array::from_fn(|_| Unpacker::empty());
        for (stream, codec, plain, packed) in entries {
            let packed = usize::try_from(packed).map_err(|_| invalid(DecodeError::OutOfBounds))?;
            let (head, tail) =
                rest.split_at_checked(packed).ok_or(DecodeError::Truncated).map_err(invalid)?;
            rest = tail;
            streams[stream.slot()] = Unpacker::new(codec, head, plain)?;
        }
        if rest.is_empty() { Ok(Self { version, streams }) } else { Err(invalid(DecodeError::Trailing)) }
    }

    /// The version of the patch.
    pub(crate) fn version(&self) -> Version {
        self.version
    }

    /// One stream, to read from.
    pub(crate) fn stream(&mut self, stream: Stream) -> &mut Unpacker<'a> {
        &mut self.streams[stream.slot()]
    }

    /// The next number of a stream, or `None` at its end.
    pub(crate) fn number(&mut self, stream: Stream) -> io::Result<Option<u64>> {
        let width = stream.width(self.version);
        if width == 0 {
            return varint::read(self.stream(stream));
        }
        if self.stream(stream).left() == 0 {
            return Ok(None);
        }
        let mut bytes = [0; 8];
        self.fill(stream, &mut bytes[..width])?;
        let n = u64::from_le_bytes(bytes);
        if n < most(width) {
            return Ok(Some(n));
        }
        let more = varint::read(self.stream(Stream::Overflow))?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let n = n.checked_add(more).ok_or(DecodeError::OutOfBounds);
        n.map(Some).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
    }

    /// The next signed number of a stream.
    pub(crate) fn signed(&mut self, stream: Stream) -> io::Result<i64> {
        self.number(stream)?.map(varint::unzigzag).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Fills `buf` from a stream.
    pub(crate) fn fill(&mut self, stream: Stream, buf: &mut [u8]) -> io::Result<()> {
        self.stream(stream).read_exact(buf)
    }

    /// Checks that every stream was read to its end.
    pub(crate) fn end(&self) -> io::Result<()> {
        if self.streams.iter().all(|s| s.left() == 0) {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, DecodeError::Trailing))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_size_come_back() {
        let numbers = [0, 1, 254, 255, 256, 65_535, u64::from(u32::MAX) - 1, u64::from(u32::MAX), u64::MAX];
        let signed = [0, 1, -1, i64::from(i32::MAX), i64::from(i32::MIN) - 1, i64::MAX, i64::MIN];
        for stream in [Stream::CopyLen, Stream::Seek, Stream::Runs] {
            let mut plain = Plain::default();
            for n in numbers {
                plain.number(stream, n);
            }
            for n in signed {
                plain.signed(stream, n);
            }
            let (bytes, memory) = plain.pack(Effort::Small).unwrap();
            let mut streams = Streams::open(&bytes, Version::LATEST, memory).unwrap();
            for n in numbers {
                assert_eq!(streams.number(stream).unwrap(), Some(n));
            }
            for n in signed {
                assert_eq!(streams.signed(stream).unwrap(), n);
            }
            assert_eq!(streams.number(stream).unwrap(), None);
            streams.end().unwrap();
        }
    }

    #[test]
    fn a_number_that_is_cut_short_or_too_large() {
        let mut cut = Plain::default();
        cut.stream(Stream::Seek).extend([1, 2, 3]);
        let mut without_rest = Plain::default();
        without_rest.stream(Stream::Runs).push(255);
        let mut large = Plain::default();
        large.stream(Stream::Runs).push(255);
        varint::put(large.stream(Stream::Overflow), u64::MAX);
        for (plain, stream) in [(cut, Stream::Seek), (without_rest, Stream::Runs), (large, Stream::Runs)] {
            let (bytes, memory) = plain.pack(Effort::Small).unwrap();
            assert!(Streams::open(&bytes, Version::LATEST, memory).unwrap().number(stream).is_err());
        }
    }

    #[test]
    fn every_stream_has_its_own_slot() {
        let slots: Vec<usize> = Stream::ALL.into_iter().map(Stream::slot).collect();
        assert_eq!(slots, (0..Stream::ALL.len()).collect::<Vec<_>>());
    }
}
