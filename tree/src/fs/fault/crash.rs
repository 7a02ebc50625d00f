//! Crash states: what a power loss may leave at every moment of an operation, out of one run of it.

use std::{
    collections::HashSet,
    ffi::OsString,
    io,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mist_proto::LinkTarget;

use super::MemDir;
use crate::fs::{Dir, DirEntry, Meta, ReadAt, Space, TreePath, WriteAt};

/// A [`MemDir`] that takes down, before each of its changes, what a power loss could leave just then. It looks at several
/// possibilities each time, and keeps those that differ from all that it has.
pub struct CrashDir {
    inner: MemDir,
    record: Arc<Mutex<Record>>,
}

/// What a power loss may have left.
pub struct CrashState {
    /// Changes that were made before.
    pub at: u64,
    /// What had been acknowledged by then; 0 if nothing.
    pub acked: u32,
    /// The disk.
    pub disk: MemDir,
}

struct Record {
    seed: u64,
    lucks: u64,
    changes: u64,
    acked: u32,
    looked_at: u64,
    seen: HashSet<(u64, u32)>,
    states: Vec<CrashState>,
}

impl CrashDir {
    /// `inner`, all of which is durable. At each change, `lucks` possibilities are drawn by `seed`: half of them lose the end of
    /// what was not flushed of names, half of them any of it.
    pub fn new(inner: MemDir, seed: u64, lucks: u64) -> Self {
        let (seen, states) = (HashSet::new(), Vec::new());
        let record = Record { seed, lucks, changes: 0, acked: 0, looked_at: 0, seen, states };
        Self { inner, record: Arc::new(Mutex::new(record)) }
    }

    /// From now on this has been promised to somebody outside.
    pub fn acknowledge(&self, what: u32) {
        lock(&self.record).acked = what;
    }

    /// The states at every change and at the end, none twice, and how many were looked at for them.
    pub fn states(&self) -> (Vec<CrashState>, u64) {
        let mut record = lock(&self.record);
        record.take_down(&self.inner);
        (std::mem::take(&mut record.states), record.looked_at)
    }

    fn change<T>(&self, act: impl FnOnce(&MemDir) -> io::Result<T>) -> io::Result<T> {
        lock(&self.record).before_change(&self.inner);
        act(&self.inner)
    }

    fn file<F: ?Sized>(&self, inner: Box<F>) -> Box<CrashFile<F>> {
        Box::new(CrashFile { dir: self.inner.clone(), record: self.record.clone(), inner })
    }
}

fn lock(record: &Mutex<Record>) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Record {
    fn before_change(&mut self, disk: &MemDir) {
        self.take_down(disk);
        self.changes += 1;
    }

    fn take_down(&mut self, disk: &MemDir) {
        for luck in 0..self.lucks {
            // Even numbers lose names from the end on, odd ones each by itself.
            let drawn = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(self.changes << 20);
            let left = disk.after_power_loss(drawn.wrapping_mul(2).wrapping_add(luck));
            self.looked_at += 1;
            if self.seen.insert((left.fingerprint(), self.acked)) {
                self.states.push(CrashState { at: self.changes, acked: self.acked, disk: left });
            }
        }
    }
}

impl Dir for CrashDir {
    fn open(&self, path: &dyn TreePath) -> io::Result<Box<dyn ReadAt>> {
        self.inner.open(path)
    }
    fn create(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        Ok(self.file(self.change(|d| d.create(path))?))
    }
    fn open_rw(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        Ok(self.file(self.change(|d| d.open_rw(path))?))
    }
    fn rename(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        self.change(|d| d.rename(from, to))
    }
    fn hard_link(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        self.change(|d| d.hard_link(from, to))
    }
    fn symlink(&self, target: &LinkTarget, path: &dyn TreePath) -> io::Result<()> {
        self.change(|d| d.symlink(target, path))
    }
    fn read_link(&self, path: &dyn TreePath) -> io::Result<OsString> {
        self.inner.read_link(path)
    }
    fn may_have_links(&self) -> bool {
        self.inner.may_have_links()
    }

    fn bounds(&self) -> crate::fs::Bounds {
        self.inner.bounds()
    }
    fn remove_file(&self, path: &dyn TreePath) -> io::Result<()> {
        self.change(|d| d.remove_file(path))
    }
    fn remove_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        self.change(|d| d.remove_dir(path))
    }
    fn create_dir_all(&self, path: &dyn TreePath) -> io::Result<()> {
        self.change(|d| d.create_dir_all(path))
    }
    fn metadata(&self, path: &dyn TreePath) -> io::Result<Meta> {
        self.inner.metadata(path)
    }
    fn is_link_to_folder(&self, path: &dyn TreePath) -> bool {
        self.inner.is_link_to_folder(path)
    }
    fn read_dir(&self, path: &dyn TreePath) -> io::Result<Vec<DirEntry>> {
        self.inner.read_dir(path)
    }
    fn set_executable(&self, path: &dyn TreePath, executable: bool) -> io::Result<()> {
        self.change(|d| d.set_executable(path, executable))
    }
    fn sync_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        self.change(|d| d.sync_dir(path))
    }
    fn space(&self) -> io::Result<Space> {
        self.inner.space()
    }
}

struct CrashFile<F: ?Sized> {
    dir: MemDir,
    record: Arc<Mutex<Record>>,
    inner: Box<F>,
}

impl<F: ReadAt + ?Sized> ReadAt for CrashFile<F> {
    fn size(&self) -> io::Result<u64> {
        self.inner.size()
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.inner.read_at(buf, offset)
    }
    fn next_data(&self, offset: u64) -> io::Result<Option<Range<u64>>> {
        self.inner.next_data(offset)
    }
}

impl<F: WriteAt + ?Sized> CrashFile<F> {
    fn change(&self, act: impl FnOnce(&F) -> io::Result<()>) -> io::Result<()> {
        lock(&self.record).before_change(&self.dir);
        act(&self.inner)
    }
}

impl<F: WriteAt + ?Sized> WriteAt for CrashFile<F> {
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        self.change(|f| f.write_all_at(buf, offset))
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(|f| f.set_len(len))
    }
    fn set_executable(&self, executable: bool) -> io::Result<()> {
        self.change(|f| f.set_executable(executable))
    }
    fn set_modified(&self, modified_ns: i64) -> io::Result<()> {
        self.change(|f| f.set_modified(modified_ns))
    }
    fn sync_data(&self) -> io::Result<()> {
        self.change(WriteAt::sync_data)
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::RelPath;

    use super::*;
    use crate::fs::ROOT;

    fn path(name: &str) -> RelPath {
        RelPath::new(name).unwrap()
    }

    fn there(state: &CrashState, name: &str) -> Option<Vec<u8>> {
        let file = state.disk.open(&path(name)).ok()?;
        let mut bytes = vec![0; usize::try_from(file.size().unwrap()).unwrap()];
        file.read_exact_at(&mut bytes, 0).unwrap();
        Some(bytes)
    }

    #[test]
    fn one_run_shows_every_state_that_a_loss_may_leave() {
        let dir = CrashDir::new(MemDir::new(), 1, 32);
        for name in ["a", "b"] {
            let file = dir.create(&path(name)).unwrap();
            file.write_all_at(&[7; 512], 0).unwrap();
            file.write_all_at(&[8; 512], 512).unwrap();
            file.sync_data().unwrap();
        }
        dir.sync_dir(ROOT).unwrap();
        dir.acknowledge(1);
        let (states, looked_at) = dir.states();
        assert_eq!(looked_at, 32 * 10);
        let has =
            |wanted: [Option<Vec<u8>>; 2]| states.iter().any(|s| [there(s, "a"), there(s, "b")] == wanted);
        let whole = [[7; 512], [8; 512]].concat();
        let reordered = [[0; 512], [8; 512]].concat();
        assert!(has([None, None]) && has([Some(vec![]), None]));
        assert!(has([Some(vec![7; 512]), None]), "the second write is lost");
        assert!(has([Some(reordered), None]), "the first write is lost");
        assert!(has([Some(whole.clone()), None]));
        assert!(has([None, Some(whole.clone())]), "names were not flushed, and come in any order");
        assert!(!has([Some(vec![7; 512]), Some(whole.clone())]), "the first file was flushed");
        let acked: Vec<_> = states.iter().filter(|s| s.acked == 1).collect();
        assert_eq!(acked.len(), 1, "all is flushed");
        assert_eq!([there(acked[0], "a"), there(acked[0], "b")], [Some(whole.clone()), Some(whole)]);
    }

    #[test]
    fn the_same_seed_gives_the_same_states() {
        let states = |seed| {
            let dir = CrashDir::new(MemDir::new(), seed, 4);
            for name in ["a", "b/c", "b/d"] {
                dir.create(&path(name)).unwrap().write_all_at(&[1; 3000], 0).unwrap();
            }
            dir.states().0.iter().map(|s| s.disk.fingerprint()).collect::<Vec<_>>()
        };
        assert_eq!(states(1), states(1));
        assert_ne!(states(1), states(2));
    }
}
