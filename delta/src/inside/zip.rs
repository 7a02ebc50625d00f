//! Deflate streams of a zip archive (and .jar, .pk3, .apk, .whl …), by its central directory.
//!
//! After PKWARE's APPNOTE 6.3.10. Archives with zip64 records are left alone for now, as are encrypted entries.
//! Nothing here is trusted: every offset and length is checked against the file, and a stream is only used
//! once it was inflated as it says.

use std::io;

use mist_tree::fs::ReadAt;

use super::Stream;

const END: [u8; 4] = *b"PK\x05\x06";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";

const END_LEN: usize = 22;
const CENTRAL_LEN: usize = 46;
const LOCAL_LEN: usize = 30;

/// The largest central directory that is looked at, in bytes.
const MAX_DIRECTORY: u64 = 64 << 20;

const ENCRYPTED: u16 = 1;
const DEFLATED: u16 = 8;

/// The archive's deflate streams, ascending and disjoint; empty if the file is not such an archive.
pub(crate) fn streams(file: &dyn ReadAt, size: u64) -> io::Result<Vec<Stream>> {
    let Some((at, len)) = directory(file, size)? else { return Ok(Vec::new()) };
    let mut bytes = vec![0; usize::try_from(len).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, at)?;
    let mut rest = bytes.as_slice();
    let mut found = Vec::new();
    while let Some((head, tail)) = rest.split_at_checked(CENTRAL_LEN).filter(|(h, _)| h.starts_with(&CENTRAL))
    {
        let names =
            usize::from(u16_at(head, 28)) + usize::from(u16_at(head, 30)) + usize::from(u16_at(head, 32));
        let Some((names, next)) = tail.split_at_checked(names) else { break };
        rest = next;
        let name = &names[..usize::from(u16_at(head, 28))];
        let (flags, method) = (u16_at(head, 8), u16_at(head, 10));
        let (packed, plain, local) = (u32_at(head, 20), u32_at(head, 24), u32_at(head, 42));
        if method == DEFLATED
            && flags & ENCRYPTED == 0
            && ![packed, plain, local].contains(&u32::MAX)
            && plain > 0
        {
            let at = content_at(file, size, local.into())?.filter(|at| at + u64::from(packed) <= size);
            let name = blake3::hash(name).as_bytes().first_chunk().map_or(0, |b| u64::from_le_bytes(*b));
            found.extend(at.map(|at| Stream { at, packed: packed.into(), plain: plain.into(), name }));
        }
    }
    found.sort_unstable_by_key(|s: &Stream| s.at);
    let mut end = 0;
    found.retain(|s| {
        let disjoint = s.at >= end;
        if disjoint {
            end = s.at + s.packed;
        }
        disjoint
    });
    Ok(found)
}

/// Where the central directory lies.
fn directory(file: &dyn ReadAt, size: u64) -> io::Result<Option<(u64, u64)>> {
    let mut magic = [0; 4];
    if size < END_LEN as u64 || file.read_exact_at(&mut magic, 0).is_err() || (magic != LOCAL && magic != END)
    {
        return Ok(None);
    }
    // The record is the last thing but for a comment of at most 65,535 bytes.
    let tail = size.min(END_LEN as u64 + 65_535);
    let mut bytes = vec![0; usize::try_from(tail).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, size - tail)?;
    let record = bytes.windows(4).rposition(|w| w == END).and_then(|i| bytes.get(i..i + END_LEN));
    let Some(record) = record else { return Ok(None) };
    let (len, at) = (u64::from(u32_at(record, 12)), u64::from(u32_at(record, 16)));
    Ok((len <= MAX_DIRECTORY && at + len <= size).then_some((at, len)))
}

/// Where an entry's content starts, if there is a local header.
fn content_at(file: &dyn ReadAt, size: u64, local: u64) -> io::Result<Option<u64>> {
    if local + LOCAL_LEN as u64 > size {
        return Ok(None);
    }
    let mut head = [0; LOCAL_LEN];
    file.read_exact_at(&mut head, local)?;
    let at = local + LOCAL_LEN as u64 + u64::from(u16_at(&head, 26)) + u64::from(u16_at(&head, 28));
    Ok(head.starts_with(&LOCAL).then_some(at))
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|b| b.first_chunk()).map_or(0, |b| u16::from_le_bytes(*b))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b))
}
