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
    /// The file server has forgotten what is open: this operation fails with [`io::ErrorKind::StaleNetworkFileHandle`], and so does
    /// everything that is done with files that were opened before it. Opened anew, they are there.
    Stale,
    /// The disk is full, and says so late, as file servers and quotas do: from this operation on writes seem to succeed; flushing
    /// fails with [`io::ErrorKind::StorageFull`], and what was written in vain is lost then. Until [`FaultyDir::relieve`].
    FullAtSync,
}

impl Fault {
    /// Those after which the same process goes on.
    pub const SURVIVED: [Self; 4] = [Self::Full, Self::FullAtSync, Self::Broken, Self::Stale];
}

/// Does something once for each of its changing operations, each time on a new disk and with a fault at that one, until it is over before
/// the fault comes. `act` is told which fault it meets, and where in words. Returns how often it was done.
pub fn at_each_operation<D>(
    disk: impl Fn() -> D,
    fault_at: impl Fn(u64) -> Fault,
    mut act: impl FnMut(&Arc<FaultyDir<D>>, Fault, &str),
) -> u64 {
    let mut at = 0;
    loop {
        let (dir, fault) = (Arc::new(FaultyDir::new(disk())), fault_at(at));
        dir.fail_at(at, fault);
        act(&dir, fault, &format!("{fault:?} at {at}"));
        at += 1;
        if at > dir.operations() {
            return at;
        }
    }
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
    /// It makes room, or only now finds out that there is none.
    Flushing,
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
        lock(&self.plan).change(needs, None)?;
        act(&self.inner)
    }

    fn look<T>(&self, act: impl FnOnce(&D) -> io::Result<T>) -> io::Result<T> {
        lock(&self.plan).look(None)?;
        act(&self.inner)
    }

    fn file<F: ?Sized>(&self, inner: Box<F>) -> Box<FaultyFile<F>> {
        let opened = lock(&self.plan).operations;
        Box::new(FaultyFile { inner, opened, plan: self.plan.clone(), unsure: Mutex::default() })
    }
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn power_is_off() -> io::Error {
    io::Error::other("the power is off (injected)")
}

fn is_stale() -> io::Error {
    io::ErrorKind::StaleNetworkFileHandle.into()
}

impl Plan {
    /// `opened` is how many operations there had been when the file was opened that is changed.
    fn change(&mut self, needs: Needs, opened: Option<u64>) -> io::Result<()> {
        let now = self.operations;
        self.operations += 1;
        match self.fault {
            Some((at, Fault::Full)) if now >= at && needs == Needs::Room => {
                Err(io::ErrorKind::StorageFull.into())
            }
            Some((at, Fault::FullAtSync)) if now >= at && needs == Needs::Flushing => {
                Err(io::ErrorKind::StorageFull.into())
            }
            Some((at, Fault::Broken)) if now == at => Err(io::Error::other("input/output error (injected)")),
            Some((at, Fault::PowerCut)) if now >= at => Err(power_is_off()),
            Some((at, Fault::Stale))
                if now == at || opened.is_some_and(|opened| opened <= at && at < now) =>
            {
                Err(is_stale())
            }
            _ => Ok(()),
        }
    }

    fn look(&self, opened: Option<u64>) -> io::Result<()> {
        match self.fault {
            Some((at, Fault::PowerCut)) if self.operations > at => Err(power_is_off()),
            Some((at, Fault::Stale)) if opened.is_some_and(|opened| opened <= at && at < self.operations) => {
                Err(is_stale())
            }
            _ => Ok(()),
        }
    }

    /// Whether what is written now is not sure to stay.
    fn writes_in_vain(&self) -> bool {
        self.fault.is_some_and(|(at, fault)| fault == Fault::FullAtSync && self.operations > at)
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault.is_some_and(|(_, now)| now == fault)
    }

    /// Whether the operation that has just failed is the one where the fault began.
    fn just_began(&self) -> bool {
        self.fault.is_some_and(|(at, _)| at + 1 == self.operations)
    }
}

impl<D: Dir> Dir for FaultyDir<D> {
    fn open(&self, path: &dyn TreePath) -> io::Result<Box<dyn ReadAt>> {
        let inner = self.look(|d| d.open(path))?;
        Ok(self.file(inner))
    }
    fn create(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        let inner = self.change(Needs::Room, |d| d.create(path))?;
        Ok(self.file(inner))
    }
    fn open_rw(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        let inner = self.change(Needs::Room, |d| d.open_rw(path))?;
        Ok(self.file(inner))
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
    /// Operations that there had been when it was opened.
    opened: u64,
    /// What was there before what was written in vain, in the order of writing.
    unsure: Mutex<Vec<Before>>,
    inner: Box<F>,
}

/// Of a file that was written to.
struct Before {
    len: u64,
    at: u64,
    bytes: Vec<u8>,
}

impl<F: ?Sized> FaultyFile<F> {
    fn look(&self) -> io::Result<()> {
        lock(&self.plan).look(Some(self.opened))
    }

    fn change(&self, needs: Needs) -> io::Result<()> {
        lock(&self.plan).change(needs, Some(self.opened))
    }
}

impl<F: ReadAt + ?Sized> ReadAt for FaultyFile<F> {
    fn size(&self) -> io::Result<u64> {
        self.look()?;
        self.inner.size()
    }
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.look()?;
        self.inner.read_at(buf, offset)
    }
    fn next_data(&self, offset: u64) -> io::Result<Option<Range<u64>>> {
        self.look()?;
        self.inner.next_data(offset)
    }
}

impl<F: WriteAt + ?Sized> FaultyFile<F> {
    /// Takes down what is in the place of a write that may be lost.
    fn remember(&self, at: u64, wanted: u64) -> io::Result<()> {
        if lock(&self.plan).writes_in_vain() {
            let len = self.inner.size()?;
            let there = len.saturating_sub(at).min(wanted);
            let mut bytes = vec![0; usize::try_from(there).map_err(io::Error::other)?];
            self.inner.read_exact_at(&mut bytes, at)?;
            lock(&self.unsure).push(Before { len, at, bytes });
        }
        Ok(())
    }

    /// What was written in vain is lost.
    fn forget(&self) -> io::Result<()> {
        for before in std::mem::take(&mut *lock(&self.unsure)).into_iter().rev() {
            self.inner.set_len(before.len)?;
            if !before.bytes.is_empty() {
                self.inner.write_all_at(&before.bytes, before.at)?;
            }
        }
        Ok(())
    }
}

impl<F: WriteAt + ?Sized> WriteAt for FaultyFile<F> {
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        let (allowed, torn) = {
            let mut plan = lock(&self.plan);
            let allowed = plan.change(Needs::Room, Some(self.opened));
            // A server that has forgotten the file writes nothing.
            let torn = allowed.is_err() && plan.just_began() && !plan.is(Fault::Stale);
            (allowed, torn)
        };
        if torn {
            self.inner.write_all_at(&buf[..buf.len() / 2], offset)?;
        }
        allowed?;
        self.remember(offset, buf.len() as u64)?;
        self.inner.write_all_at(buf, offset)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Needs::Room)?;
        self.remember(len, u64::MAX)?;
        self.inner.set_len(len)
    }
    fn set_executable(&self, executable: bool) -> io::Result<()> {
        self.change(Needs::Nothing)?;
        self.inner.set_executable(executable)
    }
    fn set_modified(&self, modified_ns: i64) -> io::Result<()> {
        self.change(Needs::Nothing)?;
        self.inner.set_modified(modified_ns)
    }
    fn sync_data(&self) -> io::Result<()> {
        let flushed = self.change(Needs::Flushing);
        match &flushed {
            Err(e) if e.kind() == io::ErrorKind::StorageFull => self.forget()?,
            Err(_) => {}
            Ok(()) => lock(&self.unsure).clear(),
        }
        flushed?;
        self.inner.sync_data()
    }
}
