//! The stream of a PNG image, by its chunks.
//!
//! After the PNG specification, third edition (W3C, 2025). An image is a signature and chunks: a length (4 bytes,
//! big-endian), a type (4), content, and the CRC-32 of type and content (4). Its pixels are one stream of zlib's format,
//! which the contents of consecutive IDAT chunks make together. Most encoders write chunks of one length but for the
//! last, or a single one; other images are left alone, and so are the further frames of animations.

use std::{io, ops::Range};

use mist_tree::fs::ReadAt;

use super::{MAX_CHUNK, Stream, Wrapping, scan::Work, zlib};

pub(super) const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// The type of a chunk of pixels.
pub(super) const DATA: [u8; 4] = *b"IDAT";
const HEADER: [u8; 4] = *b"IHDR";

/// Length of what is before a chunk's content, and of what is after it.
const BEFORE: usize = 8;
pub(super) const CHECKSUM: u64 = 4;

/// Length of an IHDR chunk's content.
const HEADER_LEN: usize = 13;

/// What looking at a chunk costs.
const CHUNK_WORK: u64 = 64;

/// Deflate makes at most so much of a byte.
const MAX_EXPANSION: u64 = 1032;

pub(super) struct Chunk {
    kind: [u8; 4],
    /// Where in the file its content is.
    pub(super) content: Range<u64>,
}

impl Chunk {
    pub(super) fn is_data(&self) -> bool {
        self.kind == DATA
    }

    fn end(&self) -> u64 {
        self.content.end + CHECKSUM
    }
}

/// The chunk that `range` of the file starts with, if all of it is in there.
pub(super) fn chunk_at(file: &dyn ReadAt, range: Range<u64>) -> io::Result<Option<Chunk>> {
    let mut before = [0; BEFORE];
    if range.end.saturating_sub(range.start) < BEFORE as u64 {
        return Ok(None);
    }
    file.read_exact_at(&mut before, range.start)?;
    let [l0, l1, l2, l3, kind @ ..] = before;
    let start = range.start + BEFORE as u64;
    let chunk = Chunk { kind, content: start..start + u64::from(u32::from_be_bytes([l0, l1, l2, l3])) };
    Ok((chunk.end() <= range.end).then_some(chunk))
}

/// The pixels of the image that `range` of the file starts with.
pub(super) fn stream_at(file: &dyn ReadAt, range: Range<u64>, work: &mut Work) -> io::Result<Option<Stream>> {
    let mut signature = [0; SIGNATURE.len()];
    let start = range.start + SIGNATURE.len() as u64;
    if start > range.end {
        return Ok(None);
    }
    file.read_exact_at(&mut signature, range.start)?;
    if signature != SIGNATURE {
        return Ok(None);
    }
    let Some(header) = chunk_at(file, start..range.end)? else { return Ok(None) };
    let mut fields = [0; HEADER_LEN];
    if header.kind != HEADER || header.content.end - header.content.start != HEADER_LEN as u64 {
        return Ok(None);
    }
    file.read_exact_at(&mut fields, header.content.start)?;
    let Some(plain) = plain_len(&fields) else { return Ok(None) };
    let Some(first) = first_data(file, header.end()..range.end, work)? else { return Ok(None) };
    let len = first.content.end - first.content.start;
    let mut header = [0; 2];
    if len < zlib::LEAST {
        return Ok(None);
    }
    file.read_exact_at(&mut header, first.content.start)?;
    let Some(end) = data_end(file, &first, range.end, work)? else { return Ok(None) };
    let (at, packed, wrapping) = if end == first.end() {
        (first.content.start, len, Wrapping::Zlib { header, block: plain })
    } else {
        let at = first.content.start - BEFORE as u64;
        (at, end - at, Wrapping::Png { header, chunk: len })
    };
    let fits = zlib::is_header(header) && plain / MAX_EXPANSION <= packed;
    Ok(fits.then_some(Stream { at, packed, plain, wrapping, name: None }))
}

fn first_data(file: &dyn ReadAt, range: Range<u64>, work: &mut Work) -> io::Result<Option<Chunk>> {
    let mut at = range.start;
    while work.left() > 0 {
        work.spend(CHUNK_WORK);
        match chunk_at(file, at..range.end)? {
            Some(chunk) if chunk.is_data() => return Ok(Some(chunk)),
            Some(chunk) => at = chunk.end(),
            None => break,
        }
    }
    Ok(None)
}

/// Where the last of the chunks of pixels that begin with `first` ends, if all before it are as long as `first`.
fn data_end(file: &dyn ReadAt, first: &Chunk, end: u64, work: &mut Work) -> io::Result<Option<u64>> {
    let most = first.content.end - first.content.start;
    let mut last = first.end();
    let mut len = most;
    while let Some(chunk) = chunk_at(file, last..end)?.filter(Chunk::is_data) {
        let equal = len == most && most <= MAX_CHUNK;
        len = chunk.content.end - chunk.content.start;
        if !equal || !(1..=most).contains(&len) || work.left() == 0 {
            return Ok(None);
        }
        work.spend(CHUNK_WORK);
        last = chunk.end();
    }
    Ok(Some(last))
}

/// Length of the pixels' rows, each with the byte that tells its filter.
fn plain_len(header: &[u8; HEADER_LEN]) -> Option<u64> {
    let [w0, w1, w2, w3, h0, h1, h2, h3, depth, colour, _, _, interlace] = *header;
    let width = u64::from(u32::from_be_bytes([w0, w1, w2, w3]));
    let height = u64::from(u32::from_be_bytes([h0, h1, h2, h3]));
    let samples = match colour {
        0 | 3 => 1,
        2 => 3,
        4 => 2,
        6 => 4,
        _ => return None,
    };
    let bits = samples * u64::from(depth);
    let rows = |width: u64, height: u64| {
        if width == 0 { Some(0) } else { (width * bits).div_ceil(8).checked_add(1)?.checked_mul(height) }
    };
    let len = match interlace {
        0 => rows(width, height)?,
        // Adam7: seven images of every so many-th column and row, from some offset on.
        1 => {
            const PASSES: [[u64; 4]; 7] = [
                [0, 8, 0, 8],
                [4, 8, 0, 8],
                [0, 4, 4, 8],
                [2, 4, 0, 4],
                [0, 2, 2, 4],
                [1, 2, 0, 2],
                [0, 1, 1, 2],
            ];
            let mut sum = 0u64;
            for [x, dx, y, dy] in PASSES {
                let columns = width.saturating_sub(x).div_ceil(dx);
                sum = sum.checked_add(rows(columns, height.saturating_sub(y).div_ceil(dy))?)?;
            }
            sum
        }
        _ => return None,
    };
    (len > 0).then_some(len)
}
