//! What a disk can keep, found out by trying: an operating system says nothing of the disks that are plugged into it.

use std::io;

use mist_proto::{Manifest, RelPath};

use super::{Bounds, ControlPath, Dir, remove_tree};

/// What a disk can keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// Whether a file's executable bit stays as it is set. It does not on exFAT, FAT32 and NTFS as Linux mounts them, or on
    /// Windows.
    pub executable_bit: bool,
}

/// Tries what the disk of `dir` can keep, with a file in its control folder that is gone afterwards.
///
/// # Errors
/// What the system reports if not even a file can be made.
pub fn probe(dir: &dyn Dir) -> io::Result<Abilities> {
    let place = ControlPath::root().join(&RelPath::new("probe").map_err(io::Error::other)?);
    drop(dir.create(&place)?);
    let stays = |bit| {
        dir.set_executable(&place, bit).is_ok()
            && dir.metadata(&place).is_ok_and(|meta| meta.executable == bit)
    };
    let abilities = Abilities { executable_bit: stays(true) && stays(false) };
    remove_tree(dir, &place)?;
    Ok(abilities)
}

/// Something of a build that a disk can't hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A file is too large.
    #[error("{path} has {size} bytes, and this disk holds at most {most} in one file")]
    Large {
        /// The file.
        path: RelPath,
        /// Its length in bytes.
        size: u64,
        /// The longest one.
        most: u64,
    },
    /// A name is too long.
    #[error("a name in {path} has {len} bytes, and this disk does not take it")]
    LongName {
        /// Where the name is part of.
        path: RelPath,
        /// Its length in bytes.
        len: u64,
    },
}

/// The first thing of a build that a disk with these bounds can't hold.
pub fn fits(build: &Manifest, bounds: Bounds) -> Option<Unfit> {
    let large = build.files.iter().find(|file| file.size > bounds.file);
    let large =
        large.map(|file| Unfit::Large { path: file.path.clone(), size: file.size, most: bounds.file });
    large.or_else(|| {
        let (len, path) = longest_name(build)?;
        (len > bounds.name).then(|| Unfit::LongName { path: path.clone(), len })
    })
}

/// Bytes of a build's longest name, and the path that it is part of.
fn longest_name(build: &Manifest) -> Option<(u64, &RelPath)> {
    let files = build.files.iter().map(|file| &file.path);
    let paths = files.chain(&build.empty_dirs).chain(build.links.iter().map(|link| &link.path));
    let longest = |path: &RelPath| path.as_str().split('/').map(str::len).max().unwrap_or(0) as u64;
    paths.map(|path| (longest(path), path)).max_by_key(|(len, _)| *len)
}

/// Tries a build's longest name, where some disk could refuse it: encrypted homes take 143 bytes and less, and do not always
/// say so.
pub fn takes_name(dir: &dyn Dir, build: &Manifest) -> Option<Unfit> {
    const EVERYWHERE: u64 = 100;
    let (len, path) = longest_name(build).filter(|(len, _)| *len > EVERYWHERE)?;
    let name = path.as_str().split('/').max_by_key(|name| name.len())?;
    let place = ControlPath::root().join(&RelPath::new(name).ok()?);
    match dir.create(&place) {
        Ok(file) => {
            drop(file);
            // It stays behind at worst, in a folder that is Mist's own.
            let _ = dir.remove_file(&place);
            None
        }
        // Whatever else is wrong is told by what fails then.
        Err(e) if e.kind() == io::ErrorKind::InvalidFilename => {
            Some(Unfit::LongName { path: path.clone(), len })
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::{BlobId, FileEntry, Hash};

    use super::*;
    use crate::fs::RealDir;

    fn build(files: &[(&str, u64)]) -> Manifest {
        let file = |&(path, size): &(&str, u64)| FileEntry {
            path: RelPath::new(path).expect(path),
            size,
            executable: false,
            hash: Hash::of(path.as_bytes()),
        };
        Manifest {
            game: "g".parse().expect("slug"),
            version: "1".parse().expect("version"),
            sequence: 1,
            parent: None,
            floor: 1,
            archive: BlobId::of(b""),
            files: files.iter().map(file).collect(),
            empty_dirs: vec![],
            links: vec![],
            launch: vec![],
        }
    }

    #[test]
    fn what_a_disk_can_not_hold_is_named() {
        let name = "n".repeat(144);
        let long = format!("d/{name}/x");
        let tried = build(&[("a", Bounds::FAT_FILE), (&long, 1), ("z", Bounds::FAT_FILE + 1)]);
        assert_eq!(fits(&tried, Bounds::NONE), None);
        let fat = Bounds { file: Bounds::FAT_FILE, ..Bounds::NONE };
        assert!(matches!(fits(&tried, fat), Some(Unfit::Large { path, .. }) if path.as_str() == "z"));
        let at = |name| fits(&tried, Bounds { name, ..Bounds::NONE });
        assert!(matches!(at(143), Some(Unfit::LongName { len: 144, .. })));
        assert_eq!(at(144), None);
    }

    #[test]
    fn a_long_name_is_tried_and_leaves_nothing() {
        let place = tempfile::tempdir().expect("dir");
        let dir = RealDir::open(place.path()).expect("open");
        assert_eq!(takes_name(&dir, &build(&[(&"n".repeat(200), 1)])), None);
        assert_eq!(std::fs::read_dir(place.path().join(".mist")).expect("dir").count(), 0);
    }

    #[test]
    #[cfg(unix)]
    fn an_ordinary_disk_keeps_the_bit_and_nothing_is_left_of_the_probe() {
        let place = tempfile::tempdir().expect("dir");
        let dir = RealDir::open(place.path()).expect("open");
        assert_eq!(probe(&dir).expect("probed"), Abilities { executable_bit: true });
        assert_eq!(std::fs::read_dir(place.path().join(".mist")).expect("dir").count(), 0);
    }
}
