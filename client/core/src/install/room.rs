//! What an update by patches takes of the disk where large files are patched where they are. Pure.

use std::collections::BTreeSet;

use mist_proto::{Hash, Manifest};

use super::reuse::Origin;

/// Where the disk is short, files are patched where they are from this size on: below, the others count more.
pub(crate) const SHORT_OF_DISK: u64 = 1 << 20;

/// New bytes that a byte of a patch stands for. A guess: before the patch is here, nothing tells.
const UNPACKED: u64 = 4;

/// Bytes that are staged by a patch of `patch` bytes between two builds, and by which files grow that are patched where
/// they are: those of at least `patch_from` bytes.
pub(crate) fn staged(old: &Manifest, new: &Manifest, patch: u64, patch_from: u64) -> u64 {
    let unchanged: BTreeSet<Hash> = old.files.iter().map(|f| f.hash).collect();
    let (mut beside, mut patched, mut growth) = (0, 0, 0);
    for file in new.files.iter().filter(|f| !unchanged.contains(&f.hash)) {
        match old.file(&file.path).filter(|old| old.size.min(file.size) >= patch_from) {
            Some(old) => {
                patched += file.size;
                growth += file.size.saturating_sub(old.size);
            }
            None => beside += file.size,
        }
    }
    beside + patched.min(patch.saturating_mul(UNPACKED) + growth)
}

/// Bytes by which files grow that are patched where they are.
pub(crate) fn growth(old: Option<&Manifest>, new: &Manifest, origins: &[Origin]) -> u64 {
    let patched = new
        .files
        .iter()
        .zip(origins)
        .filter(|(_, origin)| matches!(origin, Origin::Patch | Origin::Unpatch(_)));
    let grown = patched.map(|(f, _)| {
        let before = old.and_then(|old| old.file(&f.path)).map_or(0, |old| old.size);
        f.size.saturating_sub(before)
    });
    grown.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::samples::{file, manifest};

    #[test]
    fn a_file_that_is_patched_where_it_is_takes_what_the_patch_brings() {
        let content = |len: usize, seed: u8| vec![seed; len];
        let build = |seed: u8, len: usize| {
            manifest(vec![
                file("big", &content(len, seed)),
                file("kept", &content(9000, 9)),
                file("small", &content(100, seed)),
            ])
        };
        let (old, new) = (build(1, 5000), build(2, 5600));
        assert_eq!(staged(&old, &new, 50, u64::MAX), 5700, "all of it beside");
        assert_eq!(staged(&old, &new, 50, 5000), 100 + 200 + 600);
        assert_eq!(staged(&old, &new, 50, 5001), 5700, "the old one is too small");
        assert_eq!(staged(&old, &new, 5000, 5000), 5700, "never more than beside");
        assert_eq!(growth(Some(&old), &new, &[Origin::Patch, Origin::Keep, Origin::Fetch]), 600);
        assert_eq!(growth(Some(&new), &old, &[Origin::Patch, Origin::Keep, Origin::Patch]), 0);
    }
}
