//! A [`Dir`] that fails when told to.

use std::{
    ffi::OsString,
    io,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use mist_proto::LinkTarget;

use crate::fs::{Bounds, Dir, DirEntry, Meta, ReadAt, Space, TreePath, WriteAt};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full: this operation and all later ones that need room fail with
    /// [`io::ErrorKind::StorageFull`], until [`FaultyDir::relieve`].
    Full,
    /// This one operation fails, as on a bad sector.
    Broken,
    /// The power is cut: this operation and all later ones fail, reading too, until [`FaultyDir::relieve`].
    PowerCut,
}

/// Another [`Dir`], some operations of which fail. Changing operations are counted from 0: making, writing, cutting,
/// flushing, renaming, linking and removing. A write that fails has written its first half.
pub struct FaultyDir<D> {
    inner: D,
    plan: Arc<Mutex<Plan>>,
}

#[derive(Default)]
struct Plan {
    operations: u64,
    fault: Option<(u64, Fault)>,
}

/// Whether an operation may need room on the disk.
#[derive(Clone, Copy, PartialEq)]
enum Needs {
    Room,
    Nothing,
}

impl<D> FaultyDir<D> {
    /// `inner`, without a fault yet.
    pub fn new(inner: D) -> Self {
        Self { inner, plan: Arc::default() }
    }

    /// Makes the changing operation number `operation` fail in this way; one fault at a time.
    pub fn fail_at(&self, operation: u64, fault: Fault) {
        lock(&self.plan).fault = Some((operation, fault));
    }

    /// Ends the fault: there is room again, or the power is back.
    pub fn relieve(&self) {
        lock(&self.plan).fault = None;
    }

    /// Changing operations so far, failed ones included.
    pub fn operations(&self) -> u64 {
        lock(&self.plan).operations
    }

    /// What lies beneath.
    pub fn inner(&self) -> &D {
        &self.inner
    }

    fn change<T>(&self, needs: Needs, act: impl FnOnce(&D) -> io::Result<T>) -> io::Result<T> {
        lock(&self.plan).change(needs)?;
        act(&self.inner)
    }

    fn look<T>(&self, act: impl FnOnce(&D) -> io::Result<T>) -> io::Result<T> {
        lock(&self.plan).look()?;
        act(&self.inner)
    }
}

fn lock(plan: &Mutex<Plan>) -> std::sync::MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

fn power_is_off() -> io::Error {
    io::Error::other("the power is off (injected)")
}

impl Plan {
    fn change(&mut self, needs: Needs) -> io::Result<()> {
        let now = self.operations;
        self.operations += 1;
        match self.fault {
            Some((at, Fault::Full)) if now >= at && needs == Needs::Room => {
                Err(io::ErrorKind::StorageFull.into())
            }
            Some((at, Fault::Broken)) if now == at => Err(io::Error::other("input/output error (injected)")),
            Some((at, Fault::PowerCut)) if now >= at => Err(power_is_off()),
            _ => Ok(()),
        }
    }

    fn look(&self) -> io::Result<()> {
        match self.fault {
            Some((at, Fault::PowerCut)) if self.operations > at => Err(power_is_off()),
            _ => Ok(()),
        }
    }

    /// Whether the operation that has just failed is the one where the fault began.
    fn just_began(&self) -> bool {
        self.fault.is_some_and(|(at, _)| at + 1 == self.operations)
    }
}

impl<D: Dir> Dir for FaultyDir<D> {
    fn open(&self, path: &dyn TreePath) -> io::Result<Box<dyn ReadAt>> {
        let inner = self.look(|d| d.open(path))?;
        Ok(Box::new(FaultyFile { inner, plan: self.plan.clone() }))
    }
    fn create(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        let inner = self.change(Needs::Room, |d| d.create(path))?;
        Ok(Box::new(FaultyFile { inner, plan: self.plan.clone() }))
    }
    fn open_rw(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        let inner = self.change(Needs::Room, |d| d.open_rw(path))?;
        Ok(Box::new(FaultyFile { inner, plan: self.plan.clone() }))
    }
    fn rename(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        self.change(Needs::Room, |d| d.rename(from, to))
    }
    fn hard_link(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        self.change(Needs::Room, |d| d.hard_link(from, to))
    }
    fn symlink(&self, target: &LinkTarget, path: &dyn TreePath) -> io::Result<()> {
        self.change(Needs::Room, |d| d.symlink(target, path))
    }
    fn read_link(&self, path: &dyn TreePath) -> io::Result<OsString> {
        self.look(|d| d.read_link(path))
    }
    fn may_have_links(&self) -> bool {
        self.inner.may_have_links()
    }
    fn bounds(&self) -> Bounds {
        self.inner.bounds()
    }
    fn remove_file(&self, path: &dyn TreePath) -> io::Result<()> {
        self.change(Needs::Nothing, |d| d.remove_file(path))
    }
    fn remove_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        self.change(Needs::Nothing, |d| d.remove_dir(path))
    }
    fn create_dir_all(&self, path: &dyn TreePath) -> io::Result<()> {
        self.change(Needs::Room, |d| d.create_dir_all(path))
    }
    fn metadata(&self, path: &dyn TreePath) -> io::Result<Meta> {
        self.look(|d| d.metadata(path))
    }
    fn is_link_to_folder(&self, path: &dyn TreePath) -> bool {
        self.inner().is_link_to_folder(path)
    }
    fn read_dir(&self, path: &dyn TreePath) -> io::Result<Vec<DirEntry>> {
        self.look(|d| d.read_dir(path))
    }
    fn set_executable(&self, path: &dyn TreePath, executable: bool) -> io::Result<()> {
        self.change(Needs::Nothing, |d| d.set_executable(path, executable))
    }
    fn sync_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        self.change(Needs::Nothing, |d| d.sync_dir(path))
    }
    fn space(&self) -> io::Result<Space> {
        self.look(Dir::space)
    }
}

struct FaultyFile<F: ?Sized> {
    plan: Arc<Mutex<Plan>>,
    inner: Box<F>,
}

impl<F: ReadAt + ?Sized> ReadAt for FaultyFile<F> {
    fn size(&self) -> io::Result<u64> {
        lock(&self.plan).look()?;
        self.inner.size()
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        lock(&self.plan).look()?;
        self.inner.read_at(buf, offset)
    }
    fn next_data(&self, offset: u64) -> io::Result<Option<Range<u64>>> {
        lock(&self.plan).look()?;
        self.inner.next_data(offset)
    }
}

impl<F: WriteAt + ?Sized> WriteAt for FaultyFile<F> {
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        let (allowed, torn) = {
            let mut plan = lock(&self.plan);
            let allowed = plan.change(Needs::Room);
            let torn = allowed.is_err() && plan.just_began();
            (allowed, torn)
        };
        if torn {
            self.inner.write_all_at(&buf[..buf.len() / 2], offset)?;
        }
        allowed?;
        self.inner.write_all_at(buf, offset)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        lock(&self.plan).change(Needs::Room)?;
        self.inner.set_len(len)
    }
    fn set_executable(&self, executable: bool) -> io::Result<()> {
        lock(&self.plan).change(Needs::Nothing)?;
        self.inner.set_executable(executable)
    }
    fn sync_data(&self) -> io::Result<()> {
        lock(&self.plan).change(Needs::Nothing)?;
        self.inner.sync_data()
    }
}
