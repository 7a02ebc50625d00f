//! Compressed archives: made once, kept while there is room, the least recently used go first.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use mist_proto::Hash;
use mist_tree::fs::{Dir, ReadAt};

use crate::store::{Store, layout};

/// The cache of `.tar.zst` archives in the store.
pub(crate) struct ArchiveCache {
    store: Arc<Store>,
    limit: u64,
    kept: Mutex<Kept>,
}

/// Which archives are kept, and when each was last used, by a counter.
#[derive(Debug, Default)]
struct Kept {
    entries: HashMap<Hash, Entry>,
    uses: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    size: u64,
    last_use: u64,
}

impl Kept {
    fn used(&self) -> u64 {
        self.entries.values().map(|e| e.size).sum()
    }

    fn touch(&mut self, archive: &Hash) -> Option<u64> {
        self.uses += 1;
        let entry = self.entries.get_mut(archive)?;
        entry.last_use = self.uses;
        Some(entry.size)
    }

    fn insert(&mut self, archive: Hash, size: u64) {
        self.uses += 1;
        self.entries.insert(archive, Entry { size, last_use: self.uses });
    }

    /// The archives that must go for `size` more bytes to fit, the one used longest ago first.
    fn to_evict(&self, size: u64, limit: u64) -> Vec<Hash> {
        let mut by_age: Vec<_> = self.entries.iter().collect();
        by_age.sort_by_key(|(_, entry)| entry.last_use);
        let mut used = self.used().saturating_add(size);
        let too_much = by_age.into_iter().take_while(|(_, entry)| {
            let over = used > limit;
            used -= entry.size;
            over
        });
        too_much.map(|(hash, _)| *hash).collect()
    }
}

impl ArchiveCache {
    pub(crate) fn new(store: Arc<Store>, limit: u64) -> Self {
        Self { store, limit, kept: Mutex::default() }
    }

    /// The most bytes that are kept.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// Bytes that are kept.
    pub(crate) fn used(&self) -> u64 {
        self.lock().used()
    }

    /// Reads what the store's folder holds; those written last count as used last.
    ///
    /// # Errors
    /// What the system reports.
    pub(crate) fn load(&self, dir: &dyn Dir) -> io::Result<()> {
        let entries = match dir.read_dir(&layout::cache()) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            other => other?,
        };
        let mut found = Vec::new();
        for archive in entries.iter().filter_map(|e| layout::archive_of_name(e.name.to_str()?)) {
            let meta = dir.metadata(&layout::cached_archive(&archive))?;
            found.push((meta.modified_ns, archive, meta.len));
        }
        found.sort_unstable();
        let mut kept = Kept::default();
        for (_, archive, size) in found {
            kept.insert(archive, size);
        }
        *self.lock() = kept;
        Ok(())
    }

    /// Removes what is kept over the bound. Blocks.
    ///
    /// # Errors
    /// What the system reports.
    pub(crate) fn tidy(&self, dir: &dyn Dir) -> io::Result<()> {
        self.make_room(dir, 0)
    }

    /// The compressed form of an archive and its size, if it is at hand. Blocks.
    ///
    /// # Errors
    /// If it should be there but can't be opened.
    pub(crate) fn open(&self, archive: &Hash) -> io::Result<Option<(Box<dyn ReadAt>, u64)>> {
        let Some(size) = self.lock().touch(archive) else { return Ok(None) };
        let dir = self.store.dir().map_err(io::Error::other)?;
        match dir.open(&layout::cached_archive(archive)) {
            Ok(file) => Ok(Some((file, size))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                self.lock().entries.remove(archive);
                Ok(None)
            }
            Err(e) => Err(e),
        }
    }

    /// The size of an archive's compressed form, if it is at hand.
    pub(crate) fn size_of(&self, archive: &Hash) -> Option<u64> {
        self.lock().entries.get(archive).map(|e| e.size)
    }

    /// Moves the finished file `from` in, and makes room for it. Blocks.
    ///
    /// # Errors
    /// What the system reports.
    pub(crate) fn put(
        &self,
        dir: &dyn Dir,
        archive: Hash,
        from: &mist_proto::RelPath,
        size: u64,
    ) -> io::Result<()> {
        self.make_room(dir, size)?;
        dir.rename(from, &layout::cached_archive(&archive))?;
        dir.sync_dir(&layout::cache())?;
        self.lock().insert(archive, size);
        Ok(())
    }

    /// Removes an archive's compressed form, if there is one. Blocks.
    ///
    /// # Errors
    /// What the system reports.
    pub(crate) fn remove(&self, dir: &dyn Dir, archive: &Hash) -> io::Result<()> {
        self.lock().entries.remove(archive);
        match dir.remove_file(&layout::cached_archive(archive)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    fn make_room(&self, dir: &dyn Dir, size: u64) -> io::Result<()> {
        let evicted = self.lock().to_evict(size, self.limit);
        for archive in evicted {
            tracing::info!(%archive, "a compressed archive makes room for another");
            self.remove(dir, &archive)?;
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_go_first_and_no_more_than_needed() {
        let name = |n: u8| Hash([n; 32]);
        let mut kept = Kept::default();
        for n in 1..=4 {
            kept.insert(name(n), 10);
        }
        assert_eq!(kept.to_evict(0, 40), []);
        assert_eq!(kept.to_evict(10, 40), [name(1)]);
        kept.touch(&name(1));
        assert_eq!(kept.to_evict(10, 40), [name(2)]);
        assert_eq!(kept.to_evict(15, 40), [name(2), name(3)]);
        assert_eq!(kept.to_evict(100, 40).len(), 4);
    }
}
