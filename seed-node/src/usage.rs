//! How much the store holds.

use std::{collections::HashSet, io};

use mist_tree::fs::Dir;

use crate::{
    cache::ArchiveCache,
    catalogue::{self, Catalogue},
};

/// Bytes of all depots, patches and compressed archives. A file that several builds of a game share is counted once,
/// as it is stored once where the file system has hard links. Running pushes are not counted.
///
/// # Errors
/// If a manifest can't be read.
pub(crate) fn used_bytes(dir: &dyn Dir, catalogue: &Catalogue, cache: &ArchiveCache) -> io::Result<u64> {
    let mut used = catalogue.patch_bytes().saturating_add(cache.used());
    for game in catalogue.games() {
        let mut seen = HashSet::new();
        for version in catalogue.whole_versions(&game) {
            for file in &catalogue::read_manifest(dir, &game, &version)?.files {
                if seen.insert((file.hash, file.executable)) {
                    used = used.saturating_add(file.size);
                }
            }
        }
    }
    Ok(used)
}
