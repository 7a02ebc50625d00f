//! An archive's bytes straight into the files that they belong to.

use std::{
    collections::BTreeSet,
    io,
    panic::resume_unwind,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use mist_proto::RelPath;

use super::{ArchiveError, Layout, Part, handles::Handles};
use crate::fs::{Dir, ROOT, WriteAt};

/// Files are flushed by so many threads: file systems put flushes that come together into one commit.
const FLUSHERS: usize = 8;
/// Files that are not worth a thread more.
const SHARE_MIN: usize = 16;

/// Takes an archive's bytes, in any order and from several threads, and puts them into the files of a folder.
///
/// A file is made with its final length and mode when its first byte arrives; what another run has left of it is
/// kept, so a resumed transfer writes only what it lacks. The bytes are not checked against any hash: the caller has
/// verified them. Header and padding bytes must be those that the layout says.
pub struct ArchiveWriter {
    layout: Arc<Layout>,
    dir: Arc<dyn Dir>,
    open: Handles<dyn WriteAt>,
    state: Mutex<State>,
}

struct State {
    /// Files that this writer has given their length and mode.
    ready: Vec<bool>,
    unsynced: Unsynced,
}

/// What has changed since the last flush.
#[derive(Default)]
struct Unsynced {
    files: BTreeSet<usize>,
    /// Folders with new names in them, below the root.
    folders: BTreeSet<RelPath>,
    root: bool,
}

impl Unsynced {
    fn merge(&mut self, other: Self) {
        self.files.extend(other.files);
        self.folders.extend(other.folders);
        self.root |= other.root;
    }

    /// A file was made, and perhaps the folders above it.
    fn new_name(&mut self, path: &RelPath) {
        self.root = true;
        let mut folder = path.parent();
        while let Some(f) = folder {
            folder = f.parent();
            self.folders.insert(f);
        }
    }
}

impl ArchiveWriter {
    /// Writes the archive with this layout into `dir`.
    pub fn new(layout: Arc<Layout>, dir: Arc<dyn Dir>) -> Self {
        let state = State { ready: vec![false; layout.members().len()], unsynced: Unsynced::default() };
        Self { layout, dir, open: Handles::new(), state: Mutex::new(state) }
    }

    /// Writes `bytes`, which lie at `offset` in the archive.
    ///
    /// # Errors
    /// Naming the file that can't be written; or that the bytes do not fit the layout, in which case the parts
    /// before the place named may have been written.
    pub fn write(&self, bytes: &[u8], offset: u64) -> Result<(), ArchiveError> {
        let (len, size) = (bytes.len() as u64, self.layout.size());
        let end = offset.checked_add(len).filter(|end| *end <= size);
        let end = end.ok_or(ArchiveError::OutOfBounds { offset, len, size })?;
        let mut rest = bytes;
        for segment in self.layout.segments(offset..end) {
            let n = usize::try_from(segment.at.end - segment.at.start).expect("a part of a buffer's length");
            let (now, later) = rest.split_at(n);
            let fits = match segment.part {
                Part::Header(header) => now == header,
                Part::Zeros => now.iter().all(|&b| b == 0),
                Part::Content { file, offset } => {
                    self.write_content(file, now, offset).map_err(|source| self.failed(file, source))?;
                    true
                }
            };
            if !fits {
                return Err(ArchiveError::NotTheHeader { at: segment.at.start });
            }
            rest = later;
        }
        Ok(())
    }

    /// Returns once everything written so far survives a power loss: contents, lengths and names.
    ///
    /// # Errors
    /// What can't be flushed. It must be taken for lost then: write it again, or verify it.
    pub fn sync(&self) -> Result<(), ArchiveError> {
        let pending = std::mem::take(&mut self.lock().unsynced);
        let flushed = self.flush(&pending);
        if flushed.is_err() {
            self.lock().unsynced.merge(pending);
        }
        flushed
    }

    fn flush(&self, pending: &Unsynced) -> Result<(), ArchiveError> {
        let files: Vec<usize> = pending.files.iter().copied().collect();
        let share = files.len().div_ceil(FLUSHERS).max(SHARE_MIN);
        thread::scope(|scope| {
            let threads: Vec<_> =
                files.chunks(share).map(|some| scope.spawn(|| self.flush_files(some))).collect();
            threads.into_iter().try_for_each(|t| t.join().unwrap_or_else(|p| resume_unwind(p)))
        })?;
        for folder in pending.folders.iter().rev() {
            self.dir.sync_dir(folder).map_err(ArchiveError::Folder)?;
        }
        if pending.root {
            self.dir.sync_dir(ROOT).map_err(ArchiveError::Folder)?;
        }
        Ok(())
    }

    fn flush_files(&self, files: &[usize]) -> Result<(), ArchiveError> {
        for &file in files {
            let flushed = self.handle(file).and_then(|handle| handle.sync_data());
            flushed.map_err(|source| self.failed(file, source))?;
        }
        Ok(())
    }

    /// Makes the files that have no bytes, then [`ArchiveWriter::sync`]s. Call it when every byte has been written.
    ///
    /// # Errors
    /// As there.
    pub fn finish(&self) -> Result<(), ArchiveError> {
        for (file, member) in self.layout.members().iter().enumerate() {
            if member.size == 0 {
                self.handle(file).map_err(|source| self.failed(file, source))?;
            }
        }
        self.sync()?;
        self.open.clear();
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, file: usize, source: io::Error) -> ArchiveError {
        ArchiveError::File { path: self.layout.members()[file].path.clone(), source }
    }

    fn write_content(&self, file: usize, bytes: &[u8], offset: u64) -> io::Result<()> {
        let handle = self.handle(file)?;
        handle.write_all_at(bytes, offset)?;
        // After the write: a flush that runs meanwhile must not count it as done.
        self.lock().unsynced.files.insert(file);
        Ok(())
    }

    fn handle(&self, file: usize) -> io::Result<Arc<dyn WriteAt>> {
        let member = &self.layout.members()[file];
        let handle = self.open.get(file, || self.dir.open_rw(&member.path))?;
        if !self.lock().ready[file] {
            // Two threads may both come here; both do the same.
            if handle.size()? != member.size {
                handle.set_len(member.size)?;
            }
            handle.set_executable(member.executable)?;
            let mut state = self.lock();
            state.ready[file] = true;
            state.unsynced.files.insert(file);
            state.unsynced.new_name(&member.path);
        }
        Ok(handle)
    }
}
