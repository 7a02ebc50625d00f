//! A [`Dir`] in memory that knows what a power loss would leave.

use std::{
    ffi::OsString,
    hash::{DefaultHasher, Hash as _, Hasher},
    io::{self, ErrorKind},
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mist_proto::LinkTarget;

use super::names::{Change, Log, Names, Node};
use crate::fs::{Bounds, Dir, DirEntry, EntryKind, Meta, ReadAt, Space, TreePath, WriteAt, path::split};

/// Unit in which a write can be torn.
const SECTOR: usize = 512;

/// A folder in memory. It records what has not been flushed, and can tell what a power loss may leave of it.
#[derive(Clone, Default)]
pub struct MemDir(Arc<Mutex<Disk>>);

#[derive(Default)]
struct Disk {
    names: Names,
    log: Log,
    files: Vec<Content>,
    /// What symbolic links say.
    links: Vec<LinkTarget>,
    without_links: bool,
    bounds: Option<Bounds>,
    /// Stands in for time: goes up with every change.
    clock: i64,
}

/// States of a disk share what they have in common.
#[derive(Default)]
struct Content {
    now: Arc<Vec<u8>>,
    /// As of the last flush.
    durable: Arc<Vec<u8>>,
    unflushed: Vec<Edit>,
    executable: bool,
    modified: i64,
}

enum Edit {
    Write { bytes: Vec<u8>, offset: usize },
    SetLen(usize),
}

/// SplitMix64: enough to choose what is lost, the same for the same seed.
struct Choices(u64);

impl Choices {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `max`.
    fn up_to(&mut self, max: usize) -> usize {
        usize::try_from(self.next() % (max as u64 + 1)).expect("at most `max`")
    }

    fn coin(&mut self) -> bool {
        self.next() & 1 == 0
    }
}

impl MemDir {
    /// An empty folder.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty folder on a file system that has no symbolic links.
    pub fn without_links() -> Self {
        Self(Arc::new(Mutex::new(Disk { without_links: true, ..Disk::default() })))
    }

    /// An empty folder on a file system that says such bounds.
    pub fn with_bounds(bounds: Bounds) -> Self {
        Self(Arc::new(Mutex::new(Disk { bounds: Some(bounds), ..Disk::default() })))
    }

    /// What may be on the disk if the power fails now; each seed is one possibility.
    ///
    /// What was flushed is there: contents by [`WriteAt::sync_data`], names by [`Dir::sync_dir`]. Of the rest, with even
    /// seeds the first so many changes of names are kept, as by a journal; with odd seeds each is kept or lost by
    /// itself. Each unflushed write is kept, lost, or torn at a sector.
    #[must_use]
    pub fn after_power_loss(&self, seed: u64) -> Self {
        let disk = self.lock();
        let mut choices = Choices(seed);
        let names = if seed.is_multiple_of(2) {
            let mut kept = choices.up_to(disk.log.len());
            disk.log.survivors(|| {
                let keep = kept > 0;
                kept = kept.saturating_sub(1);
                keep
            })
        } else {
            disk.log.survivors(|| choices.coin())
        };
        let files = disk.files.iter().map(|file| file.after_power_loss(&mut choices)).collect();
        let log = Log::starting_at(names.clone());
        let (links, without_links) = (disk.links.clone(), disk.without_links);
        let (bounds, clock) = (disk.bounds, disk.clock);
        Self(Arc::new(Mutex::new(Disk { names, log, files, links, without_links, bounds, clock })))
    }

    /// The same folder, with all of it flushed.
    #[must_use]
    pub fn flushed(&self) -> Self {
        let mut disk = self.lock();
        disk.log = Log::starting_at(disk.names.clone());
        for file in &mut disk.files {
            file.durable = file.now.clone();
            file.unflushed.clear();
        }
        drop(disk);
        self.clone()
    }

    /// The disk forgets what it was told: a file's content is another one from now on, by all its names, and its time is the same.
    ///
    /// # Errors
    /// There is no such file.
    pub fn rot(&self, path: &dyn TreePath, change: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let mut disk = self.lock();
        let file = disk.names.file(path.as_str())?;
        let content = &mut disk.files[file];
        change(Arc::make_mut(&mut content.now));
        content.durable = content.now.clone();
        content.unflushed.clear();
        Ok(())
    }

    /// A number for what is on the disk, by which states are told apart: names, contents, executable bits.
    pub(super) fn fingerprint(&self) -> u64 {
        let disk = self.lock();
        let mut hasher = DefaultHasher::new();
        for (path, node) in disk.names.all() {
            path.hash(&mut hasher);
            match node {
                Node::Folder => 0.hash(&mut hasher),
                Node::Link(link) => disk.links[link].as_str().hash(&mut hasher),
                Node::File(file) => {
                    let content = &disk.files[file];
                    (&*content.now, content.executable).hash(&mut hasher);
                }
            }
        }
        hasher.finish()
    }

    fn lock(&self) -> MutexGuard<'_, Disk> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, file: usize) -> Box<MemFile> {
        Box::new(MemFile { dir: self.clone(), file })
    }
}

impl Content {
    fn after_power_loss(&self, choices: &mut Choices) -> Self {
        let mut kept = self.durable.clone();
        for edit in &self.unflushed {
            match edit {
                Edit::SetLen(len) if choices.coin() => Arc::make_mut(&mut kept).resize(*len, 0),
                Edit::SetLen(_) => {}
                Edit::Write { bytes, offset } => {
                    let written = match choices.up_to(2) {
                        0 => 0,
                        1 => choices.up_to(bytes.len() / SECTOR) * SECTOR,
                        _ => bytes.len(),
                    };
                    if written > 0 {
                        write(Arc::make_mut(&mut kept), &bytes[..written], *offset);
                    }
                }
            }
        }
        Self {
            now: kept.clone(),
            durable: kept,
            unflushed: vec![],
            executable: self.executable,
            modified: self.modified,
        }
    }
}

fn write(content: &mut Vec<u8>, bytes: &[u8], offset: usize) {
    if bytes.is_empty() {
        return;
    }
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}

fn refuse<T>(kind: ErrorKind, path: &str, why: &str) -> io::Result<T> {
    Err(io::Error::new(kind, format!("{path}: {why}")))
}

impl Disk {
    fn change(&mut self, change: Change) {
        self.names.apply(&change);
        self.log.push(change);
        self.clock += 1;
    }

    fn make_folders(&mut self, path: &str) -> io::Result<()> {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for folder in ends.map(|end| &path[..end]) {
            match self.names.get(folder) {
                Some(Node::Folder) => {}
                Some(Node::File(_) | Node::Link(_)) => {
                    return refuse(ErrorKind::NotADirectory, folder, "not a folder");
                }
                None => self.change(Change::Add { path: folder.to_owned(), node: Node::Folder }),
            }
        }
        Ok(())
    }

    fn add_file(&mut self, path: &str) -> usize {
        let file = self.files.len();
        self.files.push(Content { modified: self.clock, ..Content::default() });
        self.change(Change::Add { path: path.to_owned(), node: Node::File(file) });
        file
    }
}

impl Dir for MemDir {
    fn open(&self, path: &dyn TreePath) -> io::Result<Box<dyn ReadAt>> {
        let file = self.lock().names.file(path.as_str())?;
        Ok(self.file(file))
    }

    fn create(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        let path = path.as_str();
        let mut disk = self.lock();
        if disk.names.get(path) == Some(Node::Folder) {
            return refuse(ErrorKind::IsADirectory, path, "a folder");
        }
        disk.make_folders(split(path).0)?;
        if disk.names.get(path).is_some() {
            disk.change(Change::Remove { path: path.to_owned() });
        }
        let file = disk.add_file(path);
        Ok(self.file(file))
    }

    fn open_rw(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        let path = path.as_str();
        let mut disk = self.lock();
        let file = if disk.names.get(path).is_some() {
            disk.names.file(path)?
        } else {
            disk.make_folders(split(path).0)?;
            disk.add_file(path)
        };
        if disk.names.links(file) > 1 {
            return refuse(ErrorKind::InvalidInput, path, "has other names (hard links) too");
        }
        Ok(self.file(file))
    }

    fn rename(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        let (from, to) = (from.as_str(), to.as_str());
        let mut disk = self.lock();
        let node = disk.names.find(from)?;
        disk.make_folders(split(to).0)?;
        match (node, disk.names.get(to)) {
            (_, None) | (Node::File(_) | Node::Link(_), Some(Node::File(_) | Node::Link(_))) => {}
            (Node::Folder, Some(Node::Folder)) if disk.names.in_folder(to).next().is_none() => {}
            _ => return refuse(ErrorKind::AlreadyExists, to, "in the way"),
        }
        if from != to {
            disk.change(Change::Rename { from: from.to_owned(), to: to.to_owned(), node });
        }
        Ok(())
    }

    fn hard_link(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        let mut disk = self.lock();
        let file = disk.names.file(from.as_str())?;
        disk.make_folders(split(to.as_str()).0)?;
        if disk.names.get(to.as_str()).is_some() {
            return refuse(ErrorKind::AlreadyExists, to.as_str(), "in the way");
        }
        disk.change(Change::Add { path: to.as_str().to_owned(), node: Node::File(file) });
        Ok(())
    }

    fn symlink(&self, target: &LinkTarget, path: &dyn TreePath) -> io::Result<()> {
        let path = path.as_str();
        let mut disk = self.lock();
        if disk.without_links {
            return refuse(ErrorKind::PermissionDenied, path, "no links here");
        }
        disk.make_folders(split(path).0)?;
        if disk.names.get(path).is_some() {
            return refuse(ErrorKind::AlreadyExists, path, "in the way");
        }
        let link = disk.links.len();
        disk.links.push(target.clone());
        disk.change(Change::Add { path: path.to_owned(), node: Node::Link(link) });
        Ok(())
    }

    fn read_link(&self, path: &dyn TreePath) -> io::Result<OsString> {
        let disk = self.lock();
        match disk.names.find(path.as_str())? {
            Node::Link(link) => Ok(disk.links[link].as_str().into()),
            Node::File(_) | Node::Folder => refuse(ErrorKind::InvalidInput, path.as_str(), "not a link"),
        }
    }

    /// As of FUSE: whether it has links is found out by trying.
    fn may_have_links(&self) -> bool {
        true
    }

    fn bounds(&self) -> Bounds {
        self.lock().bounds.unwrap_or(Bounds::NONE)
    }

    fn remove_file(&self, path: &dyn TreePath) -> io::Result<()> {
        let mut disk = self.lock();
        if disk.names.find(path.as_str())? == Node::Folder {
            return refuse(ErrorKind::IsADirectory, path.as_str(), "a folder");
        }
        disk.change(Change::Remove { path: path.as_str().to_owned() });
        Ok(())
    }

    fn remove_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        let path = path.as_str();
        let mut disk = self.lock();
        if disk.names.find(path)? != Node::Folder || path.is_empty() {
            return refuse(ErrorKind::NotADirectory, path, "not a folder that can be removed");
        }
        if disk.names.in_folder(path).next().is_some() {
            return refuse(ErrorKind::DirectoryNotEmpty, path, "not empty");
        }
        disk.change(Change::Remove { path: path.to_owned() });
        Ok(())
    }

    fn create_dir_all(&self, path: &dyn TreePath) -> io::Result<()> {
        self.lock().make_folders(path.as_str())
    }

    fn metadata(&self, path: &dyn TreePath) -> io::Result<Meta> {
        let disk = self.lock();
        Ok(match disk.names.find(path.as_str())? {
            Node::Folder => Meta { kind: EntryKind::Dir, len: 0, executable: false, modified_ns: 0 },
            Node::Link(_) => Meta { kind: EntryKind::Symlink, len: 0, executable: false, modified_ns: 0 },
            Node::File(file) => {
                let content = &disk.files[file];
                Meta {
                    kind: EntryKind::File,
                    len: content.now.len() as u64,
                    executable: content.executable,
                    modified_ns: content.modified,
                }
            }
        })
    }

    fn read_dir(&self, path: &dyn TreePath) -> io::Result<Vec<DirEntry>> {
        let disk = self.lock();
        if disk.names.find(path.as_str())? != Node::Folder {
            return refuse(ErrorKind::NotADirectory, path.as_str(), "not a folder");
        }
        let entry = |(name, node): (&str, Node)| DirEntry {
            name: name.into(),
            kind: match node {
                Node::Folder => EntryKind::Dir,
                Node::File(_) => EntryKind::File,
                Node::Link(_) => EntryKind::Symlink,
            },
        };
        // Names of one folder come in byte order, because their common prefix does not change it.
        Ok(disk.names.in_folder(path.as_str()).map(entry).collect())
    }

    fn set_executable(&self, path: &dyn TreePath, executable: bool) -> io::Result<()> {
        let mut disk = self.lock();
        let file = disk.names.file(path.as_str())?;
        disk.files[file].executable = executable;
        Ok(())
    }

    fn sync_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        let mut disk = self.lock();
        if disk.names.find(path.as_str())? != Node::Folder {
            return refuse(ErrorKind::NotADirectory, path.as_str(), "not a folder");
        }
        disk.log.flush(path.as_str());
        Ok(())
    }

    fn space(&self) -> io::Result<Space> {
        Ok(Space { free: 1 << 40, total: 1 << 40 })
    }
}

struct MemFile {
    dir: MemDir,
    file: usize,
}

impl MemFile {
    fn edit(&self, edit: Edit) {
        let mut disk = self.dir.lock();
        disk.clock += 1;
        let clock = disk.clock;
        let content = &mut disk.files[self.file];
        content.modified = clock;
        match &edit {
            Edit::Write { bytes, offset } => write(Arc::make_mut(&mut content.now), bytes, *offset),
            Edit::SetLen(len) => Arc::make_mut(&mut content.now).resize(*len, 0),
        }
        content.unflushed.push(edit);
    }
}

fn small(n: u64) -> io::Result<usize> {
    // What no test means to hold in memory is a full disk.
    usize::try_from(n).ok().filter(|n| *n <= 1 << 32).ok_or_else(|| ErrorKind::StorageFull.into())
}

impl ReadAt for MemFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.dir.lock().files[self.file].now.len() as u64)
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let disk = self.dir.lock();
        let content = &disk.files[self.file].now;
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
        let len = buf.len().min(content.len() - start);
        buf[..len].copy_from_slice(&content[start..start + len]);
        Ok(len)
    }

    fn next_data(&self, offset: u64) -> io::Result<Option<Range<u64>>> {
        let end = self.size()?;
        Ok((offset < end).then_some(offset..end))
    }
}

impl WriteAt for MemFile {
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        let offset = small(offset.saturating_add(buf.len() as u64))? - buf.len();
        self.edit(Edit::Write { bytes: buf.to_vec(), offset });
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.edit(Edit::SetLen(small(len)?));
        Ok(())
    }

    fn set_executable(&self, executable: bool) -> io::Result<()> {
        self.dir.lock().files[self.file].executable = executable;
        Ok(())
    }

    fn set_modified(&self, modified_ns: i64) -> io::Result<()> {
        self.dir.lock().files[self.file].modified = modified_ns;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut disk = self.dir.lock();
        let content = &mut disk.files[self.file];
        content.durable = content.now.clone();
        content.unflushed.clear();
        Ok(())
    }
}
