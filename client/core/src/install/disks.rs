//! The disks that an operation writes to: the game's own, and that of the client's home, where patches are kept for friends.

use std::path::{Path, PathBuf};

use mist_tree::fs::{Dir, RealDir};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{folder::GameFolder, home::Home, patch_cache::PatchCache};

/// Bytes that are left free on the home's disk: settings, the queue and caches need some.
const RESERVE: u64 = 64 << 20;

/// Where the patches of an operation go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatchPlace {
    /// Into the home, which lies on the game's disk.
    Home,
    /// Into the home, which lies on a disk of its own with so many bytes to spare.
    OtherDisk(u64),
    /// Into the game's folder: the home's disk has no room for them. They are gone once the operation ends.
    GameFolder,
}

impl PatchPlace {
    /// Decides. No chain of patches is worth more bytes than `most`, which another route moves.
    fn choose(same_disk: bool, home_free: u64, most: u64) -> Self {
        let spare = home_free.saturating_sub(RESERVE);
        match same_disk {
            true => Self::Home,
            false if spare >= most => Self::OtherDisk(spare),
            false => Self::GameFolder,
        }
    }

    /// Decides by the disks of a home and of a game's folder, which need not be there.
    pub(crate) fn for_disks(home: &Home, game: &Path, most: u64) -> Self {
        let same = same_disk(home.root(), game);
        Self::choose(same, free_at(home.root()).unwrap_or(u64::MAX), most)
    }

    /// Bytes that patches may take elsewhere than on the game's disk; none if they go there.
    pub(crate) fn elsewhere(self) -> Option<u64> {
        if let Self::OtherDisk(spare) = self { Some(spare) } else { None }
    }

    /// The cache in that place.
    pub(super) fn cache(self, usual: &PatchCache, folder: &GameFolder) -> PatchCache {
        match self {
            Self::Home | Self::OtherDisk(_) => usual.clone(),
            Self::GameFolder => PatchCache::new(folder.control_path("patches"), u64::MAX),
        }
    }
}

/// What an operation takes of a disk that is not the game's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DiskForecast {
    /// The folder on it.
    pub folder: PathBuf,
    /// Bytes needed there.
    pub needed: u64,
    /// Bytes free there.
    pub free: u64,
}

/// Bytes that are free where a folder is or would be made.
pub(crate) fn free_at(folder: &Path) -> Option<u64> {
    let existing = folder.ancestors().find(|d| d.is_dir())?;
    Some(RealDir::open(existing).and_then(|d| d.space()).ok()?.free)
}

/// Whether two folders, which need not be there, are on one disk.
#[cfg(unix)]
pub(crate) fn same_disk(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let disk = |path: &Path| {
        let existing = path.ancestors().find(|d| d.is_dir())?;
        std::fs::metadata(existing).ok().map(|meta| meta.dev())
    };
    disk(a) == disk(b)
}

/// By their drive letters.
#[cfg(not(unix))]
pub(crate) fn same_disk(a: &Path, b: &Path) -> bool {
    a.components().next() == b.components().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_go_where_there_is_room() {
        let choose = PatchPlace::choose;
        assert_eq!(choose(true, 0, u64::MAX), PatchPlace::Home, "the game's disk is looked at anyway");
        assert_eq!(choose(false, RESERVE + 10, 10), PatchPlace::OtherDisk(10));
        assert_eq!(choose(false, RESERVE + 10, 11), PatchPlace::GameFolder);
        assert_eq!(choose(false, 0, 1), PatchPlace::GameFolder);
        assert_eq!(PatchPlace::OtherDisk(10).elsewhere(), Some(10));
        assert_eq!(PatchPlace::GameFolder.elsewhere(), None);
    }
}
