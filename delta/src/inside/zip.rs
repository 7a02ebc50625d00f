//! Deflate streams and zstd frames of a zip archive (and .jar, .pk3, .apk, .whl …), by its central directory.
//!
//! After PKWARE's APPNOTE 6.3.10, with zip64 records, and with whatever stands before the archive, such as the program of a
//! self-extracting one. Encrypted entries are left alone. Nothing here is trusted: every offset and length is checked
//! against the file, and a stream is only used once it was unpacked as it says.

use std::io;

use mist_tree::fs::ReadAt;

use super::{Stream, Wrapping, name_hash, u16_at, u32_at, u64_at, zstd};

const END: [u8; 4] = *b"PK\x05\x06";
const LOCATOR: [u8; 4] = *b"PK\x06\x07";
const END_64: [u8; 4] = *b"PK\x06\x06";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";

const END_LEN: usize = 22;
const LOCATOR_LEN: usize = 20;
const END_64_LEN: usize = 56;
const CENTRAL_LEN: usize = 46;
const LOCAL_LEN: usize = 30;

/// The largest central directory that is looked at, in bytes.
const MAX_DIRECTORY: u64 = 64 << 20;

/// The longest comment after the record at the end, in bytes.
const MAX_COMMENT: u64 = u16::MAX as u64;

const ENCRYPTED: u16 = 1;
const DEFLATED: u16 = 8;
const ZSTD: u16 = 93;

/// Says in a field of 4 bytes that the number is in the extra field of zip64.
const SEE_EXTRA: u64 = u32::MAX as u64;
const EXTRA_64: u16 = 1;

/// The archive's streams, not in order; none if the file is not such an archive.
pub(super) fn streams(file: &dyn ReadAt, size: u64) -> io::Result<Vec<Stream>> {
    let Some(directory) = Directory::find(file, size)? else { return Ok(Vec::new()) };
    let mut bytes = vec![0; usize::try_from(directory.len).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, directory.at)?;
    let mut rest = bytes.as_slice();
    let mut found = Vec::new();
    while let Some((entry, next)) = Entry::take(rest) {
        rest = next;
        let any = entry.packed > 0 && entry.plain > 0;
        if !any || ![DEFLATED, ZSTD].contains(&entry.method) || entry.flags & ENCRYPTED != 0 {
            continue;
        }
        let local = entry.local.saturating_add(directory.prefix);
        let at = content_at(file, size, local)?.filter(|at| entry.packed <= size - at);
        let Some(at) = at else { continue };
        let Entry { packed, plain, .. } = entry;
        let name = name_hash(entry.name);
        if entry.method == ZSTD {
            found.extend(zstd::listed(file, at..at + packed, plain, name)?);
        } else {
            found.push(Stream { at, packed, plain, wrapping: Wrapping::Bare, name: Some(name) });
        }
    }
    Ok(found)
}

/// Where the central directory lies, and what stands before the archive.
struct Directory {
    at: u64,
    len: u64,
    /// Bytes by which offsets are too small.
    prefix: u64,
}

impl Directory {
    fn find(file: &dyn ReadAt, size: u64) -> io::Result<Option<Self>> {
        // The record is the last thing but for a comment.
        let tail = size.min(END_LEN as u64 + MAX_COMMENT);
        let mut bytes = vec![0; usize::try_from(tail).map_err(io::Error::other)?];
        file.read_exact_at(&mut bytes, size - tail)?;
        let record = bytes.windows(END_LEN).rposition(|w| w.starts_with(&END));
        let Some(record) = record else { return Ok(None) };
        let fields = &bytes[record..];
        let mut end = size - tail + record as u64;
        let (mut len, mut at) = (u64::from(u32_at(fields, 12)), u64::from(u32_at(fields, 16)));
        if len == SEE_EXTRA || at == SEE_EXTRA {
            let Some(record) = read::<LOCATOR_LEN>(file, end.checked_sub(LOCATOR_LEN as u64), LOCATOR)?
            else {
                return Ok(None);
            };
            // Where it is declared to be if nothing stands before the archive, or else right before the locator.
            let declared = u64_at(&record, 8);
            let before = end.checked_sub((LOCATOR_LEN + END_64_LEN) as u64);
            let mut found = None;
            for at in [Some(declared).filter(|&at| at < end), before].into_iter().flatten() {
                if let Some(record) = read::<END_64_LEN>(file, Some(at), END_64)? {
                    found = Some((at, record));
                    break;
                }
            }
            let Some((record_at, record)) = found else { return Ok(None) };
            (len, at, end) = (u64_at(&record, 40), u64_at(&record, 48), record_at);
        }
        // The directory ends where the first of these records starts.
        let actual = end.checked_sub(len).filter(|_| len <= MAX_DIRECTORY);
        Ok(actual.and_then(|actual| Some(Self { at: actual, len, prefix: actual.checked_sub(at)? })))
    }
}

/// The record of `N` bytes at `at`, if it starts as it should.
fn read<const N: usize>(file: &dyn ReadAt, at: Option<u64>, magic: [u8; 4]) -> io::Result<Option<[u8; N]>> {
    let mut record = [0; N];
    match at.map(|at| file.read_exact_at(&mut record, at)) {
        Some(Ok(())) => Ok(record.starts_with(&magic).then_some(record)),
        Some(Err(e)) if e.kind() != io::ErrorKind::UnexpectedEof => Err(e),
        _ => Ok(None),
    }
}

/// An entry of the central directory.
struct Entry<'a> {
    name: &'a [u8],
    flags: u16,
    method: u16,
    packed: u64,
    plain: u64,
    local: u64,
}

impl<'a> Entry<'a> {
    /// The entry that `bytes` start with, and what follows it.
    fn take(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (head, tail) = bytes.split_at_checked(CENTRAL_LEN).filter(|(h, _)| h.starts_with(&CENTRAL))?;
        let (name, tail) = tail.split_at_checked(u16_at(head, 28).into())?;
        let (extra, tail) = tail.split_at_checked(u16_at(head, 30).into())?;
        let (_comment, rest) = tail.split_at_checked(u16_at(head, 32).into())?;
        let mut wide = extra_64(extra);
        // The extra field has those numbers, in this order, that did not fit.
        let mut number = |field: u32| match u64::from(field) {
            SEE_EXTRA => {
                let (number, rest) = wide.split_at_checked(8)?;
                wide = rest;
                Some(u64_at(number, 0))
            }
            fits => Some(fits),
        };
        let (plain, packed) = (number(u32_at(head, 24))?, number(u32_at(head, 20))?);
        let local = number(u32_at(head, 42))?;
        Some((Self { name, flags: u16_at(head, 8), method: u16_at(head, 10), packed, plain, local }, rest))
    }
}

/// The content of zip64's field among the extra fields; nothing if there is none.
fn extra_64(mut fields: &[u8]) -> &[u8] {
    while let Some((head, tail)) = fields.split_at_checked(4) {
        let Some((content, rest)) = tail.split_at_checked(u16_at(head, 2).into()) else { break };
        if u16_at(head, 0) == EXTRA_64 {
            return content;
        }
        fields = rest;
    }
    &[]
}

/// Where an entry's content starts, if there is a local header.
fn content_at(file: &dyn ReadAt, size: u64, local: u64) -> io::Result<Option<u64>> {
    let Some(head) = read::<LOCAL_LEN>(file, Some(local), LOCAL)? else { return Ok(None) };
    let at = local + LOCAL_LEN as u64 + u64::from(u16_at(&head, 26)) + u64::from(u16_at(&head, 28));
    Ok(Some(at).filter(|&at| at <= size))
}
