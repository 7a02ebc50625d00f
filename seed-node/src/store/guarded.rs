//! The store's folder as the parts of a seed get it: it can always be read, and changed only while the store is this seed's.

use std::{
    ffi::{OsStr, OsString},
    io,
    sync::{Arc, PoisonError, RwLock},
    time::Instant,
};

use mist_proto::LinkTarget;
use mist_tree::fs::{Bounds, Dir, DirEntry, Meta, ReadAt, Space, TreePath, WriteAt};

use super::hold::Hold;

/// When what is done through a handle may change the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Once the store was made ready.
    All,
    /// While it is made ready.
    Tidying,
}

/// A folder that asks before each change.
pub(super) struct Guarded {
    pub(super) inner: Arc<dyn Dir>,
    pub(super) hold: Arc<RwLock<Hold>>,
    pub(super) meant_for: Use,
}

impl Guarded {
    /// The folder, to be changed.
    fn changed(&self) -> io::Result<&dyn Dir> {
        let (hold, now) = (self.hold.read().unwrap_or_else(PoisonError::into_inner), Instant::now());
        let may = match self.meant_for {
            Use::All => hold.may_change(now),
            Use::Tidying => hold.counts(now),
        };
        if may {
            return Ok(&*self.inner);
        }
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "nothing in the store is changed until the tracker says that it is this seed's",
        ))
    }
}

impl Dir for Guarded {
    fn open(&self, path: &dyn TreePath) -> io::Result<Box<dyn ReadAt>> {
        self.inner.open(path)
    }
    fn create(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        self.changed()?.create(path)
    }
    fn open_rw(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        self.changed()?.open_rw(path)
    }
    fn rename(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        self.changed()?.rename(from, to)
    }
    fn hard_link(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        self.changed()?.hard_link(from, to)
    }
    fn symlink(&self, target: &LinkTarget, path: &dyn TreePath) -> io::Result<()> {
        self.changed()?.symlink(target, path)
    }
    fn symlink_again(&self, says: &OsStr, path: &dyn TreePath) -> io::Result<()> {
        self.changed()?.symlink_again(says, path)
    }
    fn read_link(&self, path: &dyn TreePath) -> io::Result<OsString> {
        self.inner.read_link(path)
    }
    fn may_have_links(&self) -> bool {
        self.inner.may_have_links()
    }
    fn bounds(&self) -> Bounds {
        self.inner.bounds()
    }
    fn remove_file(&self, path: &dyn TreePath) -> io::Result<()> {
        self.changed()?.remove_file(path)
    }
    fn remove_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        self.changed()?.remove_dir(path)
    }
    fn create_dir_all(&self, path: &dyn TreePath) -> io::Result<()> {
        self.changed()?.create_dir_all(path)
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
        self.changed()?.set_executable(path, executable)
    }
    fn sync_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        self.inner.sync_dir(path)
    }
    fn space(&self) -> io::Result<Space> {
        self.inner.space()
    }
}
