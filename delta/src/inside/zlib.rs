//! A zlib stream (RFC 1950) anywhere in a file.

use std::{io, ops::Range};

use mist_tree::fs::ReadAt;
use mist_zlib::adler32;

use super::{
    Kind, Stream, Wrapping,
    inflate::{Decoder, Trailer},
    packed::Packed,
    scan::Work,
};

/// The first byte of a stream with the window of 32 KiB that nearly all have.
pub(super) const FIRST: u8 = 0x78;

/// Length of the shortest stream: header, an empty block, checksum.
pub(super) const LEAST: u64 = 8;

/// Shorter plain texts are not worth a stream of their own.
const MIN_PLAIN: u64 = 128;

const TRAILER: Trailer<4> = Trailer { empty: 1, add: adler32, bytes: |t| t.checksum.to_be_bytes() };

/// Whether these bytes can start a stream: deflate, no preset dictionary, and the check bits right.
pub(super) fn is_header([cmf, flg]: [u8; 2]) -> bool {
    cmf & 0xf == 8
        && cmf >> 4 <= 7
        && flg & 0x20 == 0
        && (u16::from(cmf) << 8 | u16::from(flg)).is_multiple_of(31)
}

/// The stream that `range` of the file starts with.
pub(super) fn stream_at(
    file: &dyn ReadAt,
    range: Range<u64>,
    decoder: &mut Decoder,
    work: &mut Work,
) -> io::Result<Option<Stream>> {
    let at = range.start;
    let mut packed = Packed::new(file, range, Kind::Zlib);
    let Some(header) = packed.take::<2>()?.filter(|&h| is_header(h)) else { return Ok(None) };
    let text = decoder.measure(&mut packed, &TRAILER, work)?;
    Ok(text.filter(|t| t.len >= MIN_PLAIN).map(|t| {
        let wrapping = Wrapping::Zlib { header, block: t.len };
        Stream { at, packed: packed.position() - at, plain: t.len, wrapping, name: None }
    }))
}
