//! What one peer takes of another, and of a server.

use mist_peer::{
    Outboard, bao,
    frames::{self, Frames},
    outboard,
    range::ContentRange,
};
use mist_proto::limits::{GROUP_SIZE, MAX_SEEK_TABLE};
use mist_tree::seekable::SeekTable;

use crate::input::Input;

/// An answer to a request for a run of groups counts only if it is what was asked for, whatever was done to it; and so does an outboard.
///
/// # Panics
/// If something else is taken.
pub fn piece(data: &[u8]) {
    let mut input = Input(data);
    let size = 1 + input.u64() % (5 * GROUP_SIZE);
    let content: Vec<u8> = (0..size).map(|at| (at * 31 % 251) as u8).collect();
    let honest = outboard::compute_stream(&content[..]).expect("memory can be read");
    let blob = honest.blob();
    let groups = bao::groups(size);
    let first = u64::from(input.u8()) % groups;
    let count = 1 + u64::from(input.u8()) % (groups - first);
    let start = usize::try_from(first * GROUP_SIZE).expect("it is small");
    let end = content.len().min(usize::try_from((first + count) * GROUP_SIZE).expect("it is small"));
    let mut bytes = content[start..end].to_vec();
    let mut proof = honest.proof(first, count).expect("it is in memory");
    for _ in 0..input.u8() % 8 {
        let (what, at) = (input.u8(), usize::try_from(input.u64() % (1 << 24)).expect("it is small"));
        let value = input.u8();
        match what % 6 {
            0 if !bytes.is_empty() => {
                let at = at % bytes.len();
                bytes[at] ^= value;
            }
            1 => bytes.truncate(at % (bytes.len() + 1)),
            2 => bytes.push(value),
            3 if !proof.is_empty() => {
                let n = at % proof.len();
                proof[n][at % 64] ^= value;
            }
            4 => drop(proof.pop()),
            _ => proof.push([value; 64]),
        }
    }
    if let Ok(pairs) = bao::verify(&blob, first, &bytes, &proof) {
        assert!(content[start..].starts_with(&bytes) && !bytes.is_empty(), "other bytes were taken");
        for (index, pair) in pairs {
            assert_eq!(honest.pair(index).expect("it is in memory"), pair, "another pair was taken");
        }
    }
    if let Ok(taken) = Outboard::from_bytes(blob, input.0.to_vec()) {
        let both = (taken.to_bytes().expect("it is in memory"), honest.to_bytes().expect("it is in memory"));
        assert_eq!(both.0, both.1, "another hash tree was taken");
    }
}

/// A seek table tells where each frame of a blob is, without a gap and in no other way than whoever wrote it, or it is refused; the range
/// that a server says it sends lies within the whole. The blob's size comes first, where its frames end, and the table; or all is a
/// header's value.
///
/// # Panics
/// If something else is taken.
pub fn https(data: &[u8]) {
    let mut input = Input(data);
    let (size, end, table) = (input.u64(), input.u64(), input.0);
    let footer = usize::try_from(frames::FOOTER).expect("it is small");
    if let Ok(len) = frames::table_len(&table[table.len().saturating_sub(footer)..], size) {
        assert!(len <= MAX_SEEK_TABLE as u64, "a table without a bound");
    }
    if let Ok(taken) = Frames::parse(table, size, end) {
        let (mut at, mut held, mut count) = (0, 0, 0);
        while let Some((range, len)) = taken.get(count) {
            assert!(range.start == at && !range.is_empty(), "a gap, or a frame of nothing");
            (at, held, count) = (range.end, held + len as u64, count + 1);
        }
        assert_eq!((at, held), (end, size), "the frames are not the blob's");
        if let Ok(theirs) = SeekTable::parse(table, size) {
            for index in 0..count {
                assert_eq!(theirs.frame(index), taken.get(index).map(|(range, _)| range));
            }
        }
    }
    if let Ok(value) = std::str::from_utf8(data)
        && let Some(said) = ContentRange::parse(value)
    {
        let ContentRange { first, last, total } = said;
        assert!(first <= last && last < total, "{said:?}");
        assert_eq!(ContentRange::parse(&format!("bytes {first}-{last}/{total}")), Some(said));
    }
}
