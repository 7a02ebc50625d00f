//! A segment: the streams that make a stretch of the new files' bytes, packed on their own.

use std::io::{self, Read};

use mist_proto::codec::DecodeError;

use super::{
    MAX_SEGMENT, MAX_STREAM,
    codec::{self, Codec, Content, Effort, Unpacker},
    varint,
};

/// The streams of a segment, in their order in the patch.
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
    /// The differing bytes: new minus old, modulo 256.
    Difference,
    /// New bytes that no copy covers.
    Literal,
}

impl Stream {
    /// Every stream, in order.
    pub(crate) const ALL: [Self; 7] = [
        Self::Recipe,
        Self::LiteralLen,
        Self::CopyLen,
        Self::Seek,
        Self::Runs,
        Self::Difference,
        Self::Literal,
    ];

    fn content(self) -> Content {
        match self {
            Self::Literal | Self::Recipe => Content::Literal,
            _ => Content::Numeric,
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
        &mut self.streams[stream as usize]
    }

    /// Bytes in all streams.
    pub(crate) fn len(&self) -> usize {
        self.streams.iter().map(Vec::len).sum()
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
            memory += memory_of(packed.codec, packed.plain_len);
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

/// Memory for decoding a stream, in bytes: its window, and what the decoder keeps beside it.
fn memory_of(codec: Codec, plain_len: u64) -> u64 {
    match codec {
        Codec::Stored => 0,
        Codec::Lzma | Codec::Zstd => codec::window(plain_len) + (256 << 10),
    }
}

/// The streams of a segment that is being read.
pub(crate) struct Streams<'a> {
    streams: Vec<Unpacker<'a>>,
}

impl<'a> Streams<'a> {
    /// Opens a segment's bytes. Decoders that would take more than `memory` bytes together are refused.
    pub(crate) fn open(bytes: &'a [u8], memory: u64) -> io::Result<Self> {
        let invalid = |e: DecodeError| io::Error::new(io::ErrorKind::InvalidData, e);
        let mut rest = bytes;
        let mut entries = Vec::with_capacity(Stream::ALL.len());
        let mut needed = bytes.len() as u64;
        for _ in Stream::ALL {
            let (&id, after) = rest.split_first().ok_or(DecodeError::Truncated).map_err(invalid)?;
            rest = after;
            let codec = Codec::from_id(id).ok_or(DecodeError::UnknownTag).map_err(invalid)?;
            let plain = varint::take(&mut rest).map_err(invalid)?;
            let packed = varint::take(&mut rest).map_err(invalid)?;
            if plain > MAX_STREAM {
                return Err(invalid(DecodeError::OutOfBounds));
            }
            needed += memory_of(codec, plain);
            entries.push((codec, plain, packed));
        }
        if needed > memory {
            return Err(invalid(DecodeError::Invalid("a segment needs more memory than the patch declares")));
        }
        let mut streams = Vec::with_capacity(entries.len());
        for (codec, plain, packed) in entries {
            let packed = usize::try_from(packed).map_err(|_| invalid(DecodeError::OutOfBounds))?;
            let (head, tail) =
                rest.split_at_checked(packed).ok_or(DecodeError::Truncated).map_err(invalid)?;
            rest = tail;
            streams.push(Unpacker::new(codec, head, plain)?);
        }
        if rest.is_empty() { Ok(Self { streams }) } else { Err(invalid(DecodeError::Trailing)) }
    }

    /// One stream, to read from.
    pub(crate) fn stream(&mut self, stream: Stream) -> &mut Unpacker<'a> {
        &mut self.streams[stream as usize]
    }

    /// The next number of a stream, or `None` at its end.
    pub(crate) fn number(&mut self, stream: Stream) -> io::Result<Option<u64>> {
        varint::read(self.stream(stream))
    }

    /// The next signed number of a stream.
    pub(crate) fn signed(&mut self, stream: Stream) -> io::Result<i64> {
        varint::read_signed(self.stream(stream))
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
