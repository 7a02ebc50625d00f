//! A friend's folder as far as its content is in builds that are here.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsString,
    io,
    sync::Arc,
};

use mist_proto::{Hash, LinkTarget, Manifest, RelPath};
use mist_tree::fs::{Bounds, Dir, DirEntry, Meta, ReadAt, Space, TreePath, WriteAt};

/// Files of a listing whose content was found in other trees, under the paths that they have in the listing. Others
/// are [`io::ErrorKind::NotFound`], and nothing can be changed.
pub struct AtHand<'l> {
    listing: &'l Manifest,
    missing: HashSet<Hash>,
    found: HashMap<Hash, (Arc<dyn Dir>, RelPath)>,
}

impl<'l> AtHand<'l> {
    /// The files of `listing`, none of them found yet.
    pub fn of(listing: &'l Manifest) -> Self {
        let missing = listing.files.iter().map(|f| f.hash).collect();
        Self { listing, missing, found: HashMap::new() }
    }

    /// Takes what is missing from a tree that has it.
    pub fn look_in(&mut self, manifest: &Manifest, dir: &Arc<dyn Dir>) {
        for f in &manifest.files {
            if self.missing.remove(&f.hash) {
                self.found.insert(f.hash, (dir.clone(), f.path.clone()));
            }
        }
    }

    /// Whether every file was found.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// Whether the content of a file with this hash was found.
    pub fn has(&self, hash: &Hash) -> bool {
        self.found.contains_key(hash)
    }

    fn place(&self, path: &dyn TreePath) -> io::Result<&(Arc<dyn Dir>, RelPath)> {
        let files = &self.listing.files;
        let row = files.binary_search_by(|f| f.path.as_str().cmp(path.as_str())).ok();
        row.and_then(|row| self.found.get(&files[row].hash)).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

fn refused<T>() -> io::Result<T> {
    Err(io::ErrorKind::ReadOnlyFilesystem.into())
}

impl Dir for AtHand<'_> {
    fn open(&self, path: &dyn TreePath) -> io::Result<Box<dyn ReadAt>> {
        let (dir, path) = self.place(path)?;
        dir.open(path)
    }
    fn metadata(&self, path: &dyn TreePath) -> io::Result<Meta> {
        let (dir, path) = self.place(path)?;
        dir.metadata(path)
    }
    fn create(&self, _: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        refused()
    }
    fn open_rw(&self, _: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        refused()
    }
    fn rename(&self, _: &dyn TreePath, _: &dyn TreePath) -> io::Result<()> {
        refused()
    }
    fn hard_link(&self, _: &dyn TreePath, _: &dyn TreePath) -> io::Result<()> {
        refused()
    }
    fn symlink(&self, _: &LinkTarget, _: &dyn TreePath) -> io::Result<()> {
        refused()
    }
    fn read_link(&self, _: &dyn TreePath) -> io::Result<OsString> {
        refused()
    }
    fn may_have_links(&self) -> bool {
        false
    }
    fn bounds(&self) -> Bounds {
        Bounds::NONE
    }
    fn remove_file(&self, _: &dyn TreePath) -> io::Result<()> {
        refused()
    }
    fn remove_dir(&self, _: &dyn TreePath) -> io::Result<()> {
        refused()
    }
    fn create_dir_all(&self, _: &dyn TreePath) -> io::Result<()> {
        refused()
    }
    fn read_dir(&self, _: &dyn TreePath) -> io::Result<Vec<DirEntry>> {
        refused()
    }
    fn set_executable(&self, _: &dyn TreePath, _: bool) -> io::Result<()> {
        refused()
    }
    fn sync_dir(&self, _: &dyn TreePath) -> io::Result<()> {
        refused()
    }
    fn space(&self) -> io::Result<Space> {
        refused()
    }
}
