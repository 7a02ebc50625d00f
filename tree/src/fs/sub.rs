//! A folder of a [`Dir`] as a [`Dir`] of its own.

use std::{
    ffi::{OsStr, OsString},
    io,
    sync::Arc,
};

use mist_proto::LinkTarget;

use super::{Bounds, Dir, DirEntry, Meta, ReadAt, Space, TreePath, WriteAt, path::Joined};

/// The folder `base` of another [`Dir`], e.g. the staging folder as the place that a patch is applied to.
///
/// It need not exist yet. Faults and crashes injected into the outer `Dir` reach it.
pub struct SubDir {
    outer: Arc<dyn Dir>,
    base: Box<str>,
}

impl SubDir {
    /// The folder `base` of `outer`.
    pub fn new(outer: Arc<dyn Dir>, base: &dyn TreePath) -> Self {
        Self { outer, base: base.as_str().into() }
    }

    fn at(&self, path: &dyn TreePath) -> Joined {
        Joined::new(&self.base, path.as_str())
    }
}

impl Dir for SubDir {
    fn open(&self, path: &dyn TreePath) -> io::Result<Box<dyn ReadAt>> {
        self.outer.open(&self.at(path))
    }
    fn create(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        self.outer.create(&self.at(path))
    }
    fn open_rw(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        self.outer.open_rw(&self.at(path))
    }
    fn rename(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        self.outer.rename(&self.at(from), &self.at(to))
    }
    fn hard_link(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        self.outer.hard_link(&self.at(from), &self.at(to))
    }
    fn symlink(&self, target: &LinkTarget, path: &dyn TreePath) -> io::Result<()> {
        self.outer.symlink(target, &self.at(path))
    }
    fn symlink_again(&self, says: &OsStr, path: &dyn TreePath) -> io::Result<()> {
        self.outer.symlink_again(says, &self.at(path))
    }
    fn read_link(&self, path: &dyn TreePath) -> io::Result<OsString> {
        self.outer.read_link(&self.at(path))
    }
    fn may_have_links(&self) -> bool {
        self.outer.may_have_links()
    }
    fn bounds(&self) -> Bounds {
        self.outer.bounds()
    }
    fn remove_file(&self, path: &dyn TreePath) -> io::Result<()> {
        self.outer.remove_file(&self.at(path))
    }
    fn remove_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        self.outer.remove_dir(&self.at(path))
    }
    fn create_dir_all(&self, path: &dyn TreePath) -> io::Result<()> {
        self.outer.create_dir_all(&self.at(path))
    }
    fn metadata(&self, path: &dyn TreePath) -> io::Result<Meta> {
        self.outer.metadata(&self.at(path))
    }
    fn is_link_to_folder(&self, path: &dyn TreePath) -> bool {
        self.outer.is_link_to_folder(&self.at(path))
    }
    fn read_dir(&self, path: &dyn TreePath) -> io::Result<Vec<DirEntry>> {
        self.outer.read_dir(&self.at(path))
    }
    fn set_executable(&self, path: &dyn TreePath, executable: bool) -> io::Result<()> {
        self.outer.set_executable(&self.at(path), executable)
    }
    fn sync_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        self.outer.sync_dir(&self.at(path))
    }
    fn space(&self) -> io::Result<Space> {
        self.outer.space()
    }
}
