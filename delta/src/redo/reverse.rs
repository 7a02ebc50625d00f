//! The way back: a journal of what another one is about to write over.

use std::io;

use mist_proto::Hash;
use mist_tree::fs::{Dir, ReadAt, TreePath};

use super::{Redo, Writer};

/// Bytes that are read at a time.
const PORTION: u64 = 256 << 10;

/// Writes at `into` a sealed journal that gives the file at `path` the content back that it has now, with this `hash`, after the sealed
/// journal at `journal` was replayed on it. What is written is flushed, its name is not. Returns its length in bytes.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] if the journal is not sealed, or what the system reports.
pub fn reverse(
    dir: &dyn Dir,
    journal: &dyn TreePath,
    path: &dyn TreePath,
    into: &dyn TreePath,
    hash: Hash,
) -> io::Result<u64> {
    let redo = Redo::open(dir.open(journal)?)?;
    let file = dir.open(path)?;
    let now = file.size()?;
    let mut back = Writer::new(dir.create(into)?);
    redo.each(|at, bytes| keep(&*file, at, now.min(at.saturating_add(bytes.len() as u64)), &mut back))?;
    keep(&*file, redo.size(), now, &mut back)?;
    let file = back.seal(now, hash)?;
    file.sync_data()?;
    file.size()
}

/// Notes what a file has from `at` to `end`, if that is something.
fn keep(file: &dyn ReadAt, mut at: u64, end: u64, back: &mut Writer) -> io::Result<()> {
    let mut buf = vec![0; usize::try_from(PORTION.min(end.saturating_sub(at))).unwrap_or_default()];
    while at < end {
        let n = usize::try_from(end - at).unwrap_or(buf.len()).min(buf.len());
        file.read_exact_at(&mut buf[..n], at)?;
        back.append(at, &buf[..n])?;
        at += n as u64;
    }
    Ok(())
}

/// Whether the journal at `journal` makes content with this hash of the file at `path`. Reads both in full.
///
/// # Errors
/// What the system reports. A journal that is not sealed makes nothing.
pub fn leads_to(dir: &dyn Dir, journal: &dyn TreePath, path: &dyn TreePath, hash: Hash) -> io::Result<bool> {
    let redo = match Redo::open(dir.open(journal)?) {
        Err(e) if e.kind() == io::ErrorKind::InvalidData => return Ok(false),
        redo => redo?,
    };
    Ok(redo.hash() == hash && redo.hash_over(&*dir.open(path)?)? == hash)
}

#[cfg(test)]
mod tests {
    use mist_proto::RelPath;
    use mist_tree::fs::fault::MemDir;
    use proptest::prelude::*;

    use super::*;
    use crate::redo::{differing, replay};

    fn at(name: &str) -> RelPath {
        RelPath::new(name).unwrap()
    }

    fn put(dir: &MemDir, name: &str, bytes: &[u8]) {
        dir.create(&at(name)).unwrap().write_all_at(bytes, 0).unwrap();
    }

    fn read(dir: &MemDir, name: &str) -> Vec<u8> {
        let file = dir.open(&at(name)).unwrap();
        let mut bytes = vec![0; usize::try_from(file.size().unwrap()).unwrap()];
        file.read_exact_at(&mut bytes, 0).unwrap();
        bytes
    }

    /// A journal that makes `new` of `old`, as the application of a patch writes it.
    fn journal(dir: &MemDir, old: &[u8], new: &[u8]) {
        let mut base = old.to_vec();
        base.resize(new.len(), 0);
        let mut writer = Writer::new(dir.create(&at("journal")).unwrap());
        for range in differing(&base, new) {
            writer.append(range.start as u64, &new[range]).unwrap();
        }
        writer.seal(new.len() as u64, Hash::of(new)).unwrap();
    }

    proptest! {
        #[test]
        fn there_and_back_again_is_where_it_began(
            old in prop::collection::vec(0u8..3, 0..4000),
            new in prop::collection::vec(0u8..3, 0..4000),
        ) {
            let dir = MemDir::new();
            put(&dir, "file", &old);
            journal(&dir, &old, &new);
            let len = reverse(&dir, &at("journal"), &at("file"), &at("back"), Hash::of(&old)).unwrap();
            prop_assert_eq!(len, read(&dir, "back").len() as u64);
            prop_assert!(leads_to(&dir, &at("journal"), &at("file"), Hash::of(&new)).unwrap());
            replay(&dir, &at("journal"), &at("file")).unwrap();
            prop_assert!(read(&dir, "file") == new);
            prop_assert!(leads_to(&dir, &at("back"), &at("file"), Hash::of(&old)).unwrap());
            replay(&dir, &at("back"), &at("file")).unwrap();
            prop_assert!(read(&dir, "file") == old);
        }
    }

    #[test]
    fn what_changed_meanwhile_is_found_out() {
        let dir = MemDir::new();
        let (old, new) = (vec![1; 5000], vec![2; 3000]);
        put(&dir, "file", &old);
        journal(&dir, &old, &new);
        reverse(&dir, &at("journal"), &at("file"), &at("back"), Hash::of(&old)).unwrap();
        replay(&dir, &at("journal"), &at("file")).unwrap();
        let leads = |dir: &MemDir| leads_to(dir, &at("back"), &at("file"), Hash::of(&old)).unwrap();
        assert!(leads(&dir));
        put(&dir, "file", &[&new[..], b"a mod"].concat());
        assert!(leads(&dir), "what is written over anyway does not matter");
        put(&dir, "back", b"nonsense");
        assert!(!leads(&dir));
        let kind =
            |name: &str| reverse(&dir, &at(name), &at("file"), &at("x"), Hash::of(&old)).unwrap_err().kind();
        assert_eq!((kind("back"), kind("gone")), (io::ErrorKind::InvalidData, io::ErrorKind::NotFound));
    }
}
