//! Journals of files that are patched where they are.

use mist_delta::replay;
use mist_proto::{Hash, RelPath};
use mist_tree::fs::{Dir, fault::MemDir};

use crate::folder::{read, write};

/// Files of any length can be made by a journal; here only those that are shorter.
const MOST: u64 = 1 << 20;

/// A journal that lacks its seal changes nothing. With it, it does what it says, or changes nothing.
pub fn journal(data: &[u8]) {
    if size(data).is_some_and(|size| size > MOST) {
        return;
    }
    let old = old();
    let sealed = [data, Hash::of(data).as_bytes()].concat();
    assert!(run(data).1.is_err() || size(data).is_none(), "without its seal");
    match run(&sealed) {
        (made, Ok(())) => assert!(Some(made) == expected(data, old), "not what the journal says"),
        (left, Err(_)) => assert!(left == old, "a refused journal was written"),
    }
}

fn old() -> Vec<u8> {
    (0..1000u32).flat_map(|n| n.to_le_bytes()).collect()
}

/// Replays a journal, and what the file holds then.
fn run(journal: &[u8]) -> (Vec<u8>, std::io::Result<()>) {
    let dir = MemDir::new();
    let path = |name| RelPath::new(name).expect("a path");
    write(&dir, &path("journal"), journal);
    write(&dir, &path("file"), &old());
    let result = replay(&dir, &path("journal"), &path("file"));
    assert_eq!(result.is_ok(), dir.open(&path("journal")).is_err(), "the journal goes once it is done");
    (read(&dir, &path("file")), result)
}

/// The length of the file that it makes, by what stands before the seal.
fn size(unsealed: &[u8]) -> Option<u64> {
    let at = unsealed.len().checked_sub(8 + 32)?;
    unsealed[at..].first_chunk().map(|size| u64::from_le_bytes(*size))
}

/// What a journal makes, read in the simplest way.
fn expected(unsealed: &[u8], mut content: Vec<u8>) -> Option<Vec<u8>> {
    content.resize(usize::try_from(size(unsealed)?).ok()?, 0);
    let mut entries = unsealed.strip_prefix(b"MISTRDO1")?;
    while entries.len() > 8 + 32 {
        let (at, rest) = entries.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        let (at, len) = (usize::try_from(u64::from_le_bytes(*at)).ok()?, u32::from_le_bytes(*len) as usize);
        let (bytes, rest) = rest.split_at_checked(len)?;
        content.get_mut(at..at.checked_add(len)?)?.copy_from_slice(bytes);
        entries = rest;
    }
    Some(content)
}
