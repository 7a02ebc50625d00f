//! What a disk can keep, found out by trying: an operating system says nothing of the disks that are plugged into it.

use std::io;

use super::{ControlPath, Dir, remove_tree};

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
    let place = ControlPath::root().join(&mist_proto::RelPath::new("probe").map_err(io::Error::other)?);
    drop(dir.create(&place)?);
    let stays = |bit| {
        dir.set_executable(&place, bit).is_ok()
            && dir.metadata(&place).is_ok_and(|meta| meta.executable == bit)
    };
    let abilities = Abilities { executable_bit: stays(true) && stays(false) };
    remove_tree(dir, &place)?;
    Ok(abilities)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::RealDir;

    #[test]
    #[cfg(unix)]
    fn an_ordinary_disk_keeps_the_bit_and_nothing_is_left_of_the_probe() {
        let place = tempfile::tempdir().expect("dir");
        let dir = RealDir::open(place.path()).expect("open");
        assert_eq!(probe(&dir).expect("probed"), Abilities { executable_bit: true });
        assert_eq!(std::fs::read_dir(place.path().join(".mist")).expect("dir").count(), 0);
    }
}
