//! A member of a gzip file (RFC 1952) anywhere in a file. Members that follow each other are streams of their own.

use std::{io, ops::Range};

use mist_tree::fs::ReadAt;
use mist_zlib::crc32;

use super::{
    Kind, Stream, Wrapping,
    inflate::{Decoder, Trailer},
    packed::Packed,
    scan::Work,
    u16_at,
};

/// The first bytes of a member whose method is deflate.
pub(super) const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

const HEADER_LEN: usize = 10;

/// The longest header, with name and comment, in bytes.
const MAX_HEADER: u64 = 4 << 10;

const HEADER_CHECKSUM: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0xe0;

/// Checksum, and length modulo 2^32.
const TRAILER: Trailer<8> =
    Trailer { empty: 0, add: crc32, bytes: |t| (t.len << 32 | u64::from(t.checksum)).to_le_bytes() };

/// The deflate stream of the member that `range` of the file starts with.
pub(super) fn stream_at(
    file: &dyn ReadAt,
    range: Range<u64>,
    decoder: &mut Decoder,
    work: &mut Work,
) -> io::Result<Option<Stream>> {
    let len = (range.end - range.start).min(MAX_HEADER);
    let mut header = vec![0; usize::try_from(len).map_err(io::Error::other)?];
    file.read_exact_at(&mut header, range.start)?;
    work.spend(len);
    let Some(header_len) = header_len(&header) else { return Ok(None) };
    let at = range.start + header_len;
    let mut packed = Packed::new(file, at..range.end, Kind::Bare);
    let text = decoder.measure(&mut packed, &TRAILER, work)?;
    Ok(text.filter(|t| t.len > 0).map(|t| Stream {
        at,
        packed: t.end - at,
        plain: t.len,
        wrapping: Wrapping::Bare,
        name: None,
    }))
}

/// Length of the header, if `bytes` start with one.
fn header_len(bytes: &[u8]) -> Option<u64> {
    let flags = *bytes.get(3)?;
    if !bytes.starts_with(&MAGIC) || flags & RESERVED != 0 {
        return None;
    }
    let mut at = HEADER_LEN;
    if flags & EXTRA != 0 {
        at += 2 + usize::from(u16_at(bytes, at));
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            at += bytes.get(at..)?.iter().position(|&b| b == 0)? + 1;
        }
    }
    if flags & HEADER_CHECKSUM != 0 {
        at += 2;
    }
    (at <= bytes.len()).then_some(at as u64)
}
