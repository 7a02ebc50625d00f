//! The zlib streams and zstd frames of an Unreal Engine archive (.pak), versions 3 to 11, by its index.
//!
//! After the engine's `FPakFile`, as described by the public readers of the format (repak, u4pak, UEViewer). Numbers
//! are little-endian; a *string* is a signed 32-bit length, NUL included, and as many bytes, or UTF-16 units if the
//! length is negative.
//!
//! - **Footer**, at the end: from version 7 on a key's GUID (16); from 4 on a byte that tells whether the index is
//!   encrypted; then magic `0x5A6F12E1` (4), version (4), offset (8) and length (8) of the index, its SHA-1 (20); in
//!   version 9 a byte that tells whether the index is frozen; from 8 on the names of compression methods, 32 bytes each:
//!   four in the first engine of version 8 (4.22), five later.
//! - **Record** of an entry: offset of the entry (8), packed (8) and plain length (8), compression method, 0 for none
//!   (4, but 1 in engine 4.22), SHA-1 (20); if there is a method the number of blocks (4) and for each its start and end
//!   (8 and 8), in the file before version 5 and in the entry since; flags (1), of which the lowest tells that the
//!   entry is encrypted; plain length of each block but the last (4).
//! - **Entry**: its record again, with 0 for the offset, and the blocks one behind another, each compressed alone.
//! - **Index** up to version 9: mount point (string), number of entries (4), and for each path (string) and record.
//! - **Index** since version 10: mount point (string), number of entries (4), seed (8), and twice, for the index by
//!   hash and for the index by folder: whether there is one (4), and if so its offset (8), length (8) and SHA-1 (20);
//!   then the length (4) of the encoded records, and these. The index by hash: count (4), then hash of the path (8) and
//!   place (4) of each entry. The index by folder: count of folders (4), for each its name (string), count of files (4), for
//!   each its name (string) and place (4). A place is an offset in the encoded records, unless it is negative. An encoded
//!   record starts with flags (4): bits 0-5 the block length in units of 2 KiB, or all set and it follows (4); bit 31
//!   that the offset takes 4 bytes instead of 8. The offset comes next; what follows is in the entry's own record too.
//!
//! What packed a block shows in its first bytes, so names of methods are not looked at. Entries that are encrypted or packed by
//! something else (Oodle), frozen and encrypted indices are left alone. Nothing here is trusted: every offset is checked against
//! the file, and a stream is only used once it was unpacked as it says.

use std::{io, ops::Range};

use mist_proto::codec::{DecodeError, Reader};
use mist_tree::fs::ReadAt;

use super::{Stream, Wrapping, name_hash, push, u32_at, u64_at, zlib, zstd};

const MAGIC: u32 = 0x5a6f_12e1;

/// Length of the footer from the magic on, without names.
const FOOTER_LEN: usize = 44;
const NAME_LEN: usize = 32;

/// The largest index that is looked at, in bytes.
const MAX_INDEX: u64 = 64 << 20;

/// The longest path, in bytes.
const MAX_STRING: usize = 64 << 10;

/// Length of a record before its blocks, their number included, and after them.
const BEFORE_BLOCKS: usize = 52;
const AFTER_BLOCKS: usize = 5;

/// Blocks of an entry that are looked at.
const MAX_BLOCKS: u32 = 1 << 20;

/// The archive's streams, ascending and disjoint; none if the file is not such an archive.
pub(super) fn streams(file: &dyn ReadAt, size: u64) -> io::Result<Vec<Stream>> {
    let Some(footer) = Footer::read(file, size)? else { return Ok(Vec::new()) };
    let Some(index) = load(file, footer.index.clone(), size)? else { return Ok(Vec::new()) };
    let mut entries = if footer.version < 10 {
        footer.listed(&index).unwrap_or_default()
    } else {
        encoded(file, size, &index)?
    };
    entries.sort_unstable_by_key(|e| e.offset);
    let (mut found, mut end) = (Vec::new(), 0);
    for Entry { offset, name } in entries {
        // Entries that overlap could make the archive's list longer than the archive.
        if offset < end {
            continue;
        }
        if let Some(record) = footer.record_at(file, size, offset)? {
            end = record.end;
            record.streams(file, size, name, &mut end, &mut found)?;
        }
    }
    Ok(found)
}

/// What an index tells of an entry that is needed to find it and to know it again.
struct Entry {
    offset: u64,
    name: u64,
}

struct Footer {
    version: u32,
    index: Range<u64>,
    /// Whether compression methods take one byte.
    narrow: bool,
}

impl Footer {
    fn read(file: &dyn ReadAt, size: u64) -> io::Result<Option<Self>> {
        // From the end back to the magic: names, and a byte more in version 9.
        for (names, frozen) in [(0, 0), (4, 0), (5, 0), (5, 1)] {
            let len = FOOTER_LEN + frozen + names * NAME_LEN;
            // One byte more: whether the index is encrypted.
            let mut bytes = vec![0; len + 1];
            let Some(start) = size.checked_sub(len as u64 + 1) else { break };
            file.read_exact_at(&mut bytes, start)?;
            let fields = &bytes[1..];
            let version = u32_at(fields, 4);
            let known = match version {
                3..=7 => names == 0,
                8 => names > 0 && frozen == 0,
                9 => frozen == 1,
                10 | 11 => names == 5 && frozen == 0,
                _ => false,
            };
            if u32_at(fields, 0) != MAGIC || !known {
                continue;
            }
            let encrypted = version >= 4 && bytes[0] != 0;
            let frozen = frozen == 1 && fields[FOOTER_LEN] != 0;
            let (at, len) = (u64_at(fields, 8), u64_at(fields, 16));
            let index = at..at.saturating_add(len);
            return Ok((!encrypted && !frozen).then_some(Self { version, index, narrow: names == 4 }));
        }
        Ok(None)
    }

    /// The entries of an index that lists records.
    fn listed(&self, index: &[u8]) -> Result<Vec<Entry>, DecodeError> {
        let mut r = Reader::new(index);
        string(&mut r)?;
        let count = r.u32()?;
        let mut entries = Vec::new();
        for _ in 0..count {
            let name = name_hash(string(&mut r)?);
            let (offset, _) = Record::read(&mut r, self.narrow)?;
            entries.push(Entry { offset, name });
        }
        Ok(entries)
    }

    /// The record in front of the entry at `offset`.
    fn record_at(&self, file: &dyn ReadAt, size: u64, offset: u64) -> io::Result<Option<Record>> {
        let narrow = if self.narrow { 3 } else { 0 };
        let most = (BEFORE_BLOCKS - narrow) as u64;
        let Some(head) = load(file, offset..offset.saturating_add(most), size)? else { return Ok(None) };
        let method = if self.narrow { u32::from(head[24]) } else { u32_at(&head, 24) };
        let blocks = u32_at(&head, head.len() - 4);
        if method == 0 || blocks > MAX_BLOCKS {
            return Ok(None);
        }
        let len = most + u64::from(blocks) * 16 + AFTER_BLOCKS as u64;
        let Some(bytes) = load(file, offset..offset.saturating_add(len), size)? else { return Ok(None) };
        let Ok((_, mut record)) = Record::read(&mut Reader::new(&bytes), self.narrow) else {
            return Ok(None);
        };
        record.end = offset + len;
        if self.version >= 5 {
            for b in &mut record.blocks {
                *b = b.start.saturating_add(offset)..b.end.saturating_add(offset);
            }
        }
        Ok(Some(record))
    }
}

/// An entry's record.
struct Record {
    /// Where in the file it ends, if it was read from there.
    end: u64,
    plain: u64,
    /// Where in the file its blocks are.
    blocks: Vec<Range<u64>>,
    block: u32,
    /// Encrypted, or removed.
    unreadable: bool,
}

impl Record {
    /// Reads a record and the offset that it says it lies at.
    fn read(r: &mut Reader<'_>, narrow: bool) -> Result<(u64, Self), DecodeError> {
        let (offset, _, plain) = (r.u64()?, r.u64()?, r.u64()?);
        let method = if narrow { u32::from(r.u8()?) } else { r.u32()? };
        r.raw(20)?;
        let mut blocks = Vec::new();
        if method != 0 {
            for _ in 0..r.u32()? {
                blocks.push(r.u64()?..r.u64()?);
            }
        }
        let unreadable = r.u8()? != 0;
        Ok((offset, Self { end: 0, plain, blocks, block: r.u32()?, unreadable }))
    }

    /// Appends the streams of an entry's blocks to `found`, if they are streams. They start at `end` or later, which
    /// then is where the last one ends.
    fn streams(
        &self,
        file: &dyn ReadAt,
        size: u64,
        name: u64,
        end: &mut u64,
        found: &mut Vec<Stream>,
    ) -> io::Result<()> {
        let mut left = self.plain;
        for b in &self.blocks {
            let plain = left.min(self.block.into());
            left -= plain;
            let inside = *end <= b.start && b.end <= size && b.end.saturating_sub(b.start) >= zlib::LEAST;
            if self.unreadable || plain == 0 || !inside {
                return Ok(());
            }
            let Some(stream) = block_stream(file, b.clone(), plain, name)? else { return Ok(()) };
            push(found, stream);
            *end = b.end;
        }
        Ok(())
    }
}

/// The stream that a block is, with so many plain bytes, if it starts like one.
fn block_stream(file: &dyn ReadAt, block: Range<u64>, plain: u64, name: u64) -> io::Result<Option<Stream>> {
    let mut header = [0; 2];
    file.read_exact_at(&mut header, block.start)?;
    if !zlib::is_header(header) {
        return zstd::listed(file, block, plain, name);
    }
    let wrapping = Wrapping::Zlib { header, block: plain };
    Ok(Some(Stream { at: block.start, packed: block.end - block.start, plain, wrapping, name: Some(name) }))
}

/// The entries of an index of encoded records.
fn encoded(file: &dyn ReadAt, size: u64, index: &[u8]) -> io::Result<Vec<Entry>> {
    let Ok(index) = EncodedIndex::read(index) else { return Ok(Vec::new()) };
    let entries = match (index.by_folder, index.by_hash) {
        (Some(range), _) => load(file, range, size)?.map(|bytes| by_folder(&bytes, index.records)),
        (None, Some(range)) => load(file, range, size)?.map(|bytes| by_hash(&bytes, index.records)),
        (None, None) => None,
    };
    Ok(entries.and_then(Result::ok).unwrap_or_default())
}

struct EncodedIndex<'a> {
    by_hash: Option<Range<u64>>,
    by_folder: Option<Range<u64>>,
    records: &'a [u8],
}

impl<'a> EncodedIndex<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(bytes);
        string(&mut r)?;
        let (_count, _seed) = (r.u32()?, r.u64()?);
        let mut further = || {
            if r.u32()? == 0 {
                return Ok(None);
            }
            let (at, len) = (r.u64()?, r.u64()?);
            r.raw(20)?;
            Ok(Some(at..at.saturating_add(len)))
        };
        let (by_hash, by_folder) = (further()?, further()?);
        Ok(Self { by_hash, by_folder, records: r.bytes(bytes.len())? })
    }
}

fn by_hash(bytes: &[u8], records: &[u8]) -> Result<Vec<Entry>, DecodeError> {
    let mut r = Reader::new(bytes);
    let mut entries = Vec::new();
    for _ in 0..r.u32()? {
        let (name, place) = (r.u64()?, r.u32()?);
        entries.extend(encoded_offset(records, place).map(|offset| Entry { offset, name }));
    }
    Ok(entries)
}

fn by_folder(bytes: &[u8], records: &[u8]) -> Result<Vec<Entry>, DecodeError> {
    let mut r = Reader::new(bytes);
    let mut entries = Vec::new();
    for _ in 0..r.u32()? {
        let folder = string(&mut r)?;
        for _ in 0..r.u32()? {
            let name = name_hash(&[folder, string(&mut r)?].concat());
            entries.extend(encoded_offset(records, r.u32()?).map(|offset| Entry { offset, name }));
        }
    }
    Ok(entries)
}

/// The offset of the entry whose encoded record is at `place`.
fn encoded_offset(records: &[u8], place: u32) -> Option<u64> {
    let record = records.get(usize::try_from(place).ok()?..)?;
    let flags = u32_at(record, 0);
    let at = if flags & 0x3f == 0x3f { 8 } else { 4 };
    let narrow = flags >> 31 == 1;
    record.get(at..)?;
    Some(if narrow { u32_at(record, at).into() } else { u64_at(record, at) })
}

/// The bytes of a string.
fn string<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    let len = r.u32()?.cast_signed();
    let units = usize::try_from(len.unsigned_abs()).map_err(|_| DecodeError::OutOfBounds)?;
    let bytes = if len < 0 { units.saturating_mul(2) } else { units };
    if bytes > MAX_STRING { Err(DecodeError::OutOfBounds) } else { r.raw(bytes) }
}

/// Bytes of the file. None if it does not have them, or they are too many.
fn load(file: &dyn ReadAt, range: Range<u64>, size: u64) -> io::Result<Option<Vec<u8>>> {
    if range.end > size || range.end - range.start > MAX_INDEX {
        return Ok(None);
    }
    let mut bytes = vec![0; usize::try_from(range.end - range.start).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(Some(bytes))
}
