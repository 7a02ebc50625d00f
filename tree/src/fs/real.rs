//! A folder on disk.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use cap_fs_ext::{DirExt, FollowSymlinks, MetadataExt, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::{
    ambient_authority,
    fs::{Dir as CapDir, File as CapFile, FileType, Metadata, OpenOptions},
};

use mist_proto::{
    LinkTarget,
    path::{CONTROL_DIR, may_mean_control_dir},
};

use super::{Bounds, Dir, DirEntry, EntryKind, Meta, ReadAt, Space, TreePath, WriteAt, path::split};

/// A folder on disk, held open: renaming or replacing it from outside does not redirect what is done through it.
///
/// Every component is opened beneath the one before, by its name and without following links, so that no path can
/// lead out, whoever changes the tree meanwhile.
pub struct RealDir {
    dir: CapDir,
    place: PathBuf,
}

/// An error of the system with what was tried and where.
#[derive(Debug, thiserror::Error)]
#[error("can't {operation} {path}: {source}")]
struct At {
    operation: &'static str,
    path: String,
    source: io::Error,
}

impl RealDir {
    /// Opens a folder that exists.
    ///
    /// # Errors
    /// What the system reports.
    pub fn open(place: impl Into<PathBuf>) -> io::Result<Self> {
        let place = place.into();
        let dir = CapDir::open_ambient_dir(&place, ambient_authority())
            .map_err(|e| located("open folder", &place.display(), e))?;
        Ok(Self { dir, place })
    }

    /// Opens a folder, making it and those above it if they are missing.
    ///
    /// # Errors
    /// What the system reports.
    pub fn create(place: impl Into<PathBuf>) -> io::Result<Self> {
        let place = place.into();
        CapDir::create_ambient_dir_all(&place, ambient_authority())
            .map_err(|e| located("make folder", &place.display(), e))?;
        Self::open(place)
    }

    /// Where it was opened; for messages and for starting programs in it.
    pub fn place(&self) -> &Path {
        &self.place
    }

    fn in_context<T>(
        &self,
        operation: &'static str,
        path: &dyn TreePath,
        result: io::Result<T>,
    ) -> io::Result<T> {
        result.map_err(|e| located(operation, &self.place.join(path.as_str()).display(), e))
    }

    /// Refuses a path of a build that this disk takes for our own folder: file systems that give long names short ones
    /// (VFAT, NTFS) know `.mist` as `MIST~1` too. Elsewhere, or before that folder is made, the name means what it says.
    fn refuse_short_name(&self, path: &str) -> io::Result<()> {
        let first = path.split('/').next().unwrap_or_default();
        if !may_mean_control_dir(first) {
            return Ok(());
        }
        let entry = |name: &str| self.dir.symlink_metadata(name).map(|meta| (meta.dev(), meta.ino()));
        match (entry(first), entry(CONTROL_DIR)) {
            (Ok(named), Ok(ours)) if named == ours => {
                let why = "on this disk it is another name of `.mist`, Mist's own folder";
                Err(io::Error::new(ErrorKind::InvalidInput, why))
            }
            _ => Ok(()),
        }
    }

    /// Opens the folder `path`, in one step where the system can refuse links on the way, or else component by component.
    fn folder(&self, path: &str, make: bool) -> io::Result<CapDir> {
        self.refuse_short_name(path)?;
        if let Some(dir) = system::open_folder(&self.dir, path) {
            return Ok(dir);
        }
        let mut dir = self.dir.try_clone()?;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            dir = match dir.open_dir_nofollow(name) {
                Err(e) if make && e.kind() == ErrorKind::NotFound => match dir.create_dir(name) {
                    Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e),
                    _ => dir.open_dir_nofollow(name)?,
                },
                other => other?,
            };
        }
        Ok(dir)
    }

    /// Opens the folder that `path` lies in; with it the path's last name.
    fn parent<'p>(&self, path: &'p dyn TreePath, make: bool) -> io::Result<(CapDir, &'p str)> {
        let (parent, name) = split(path.as_str());
        if name.is_empty() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "the root of a tree is not an entry of it"));
        }
        self.refuse_short_name(path.as_str())?;
        Ok((self.folder(parent, make)?, name))
    }

    fn open_for_writing(&self, path: &dyn TreePath) -> io::Result<RealFile> {
        let (dir, name) = self.parent(path, true)?;
        let file = open_regular(&dir, name, OpenOptions::new().read(true).write(true).create(true))?;
        if file.links > 1 {
            return Err(io::Error::new(ErrorKind::InvalidInput, "the file has other names (hard links) too"));
        }
        Ok(file)
    }

    fn replace(&self, path: &dyn TreePath) -> io::Result<RealFile> {
        let (dir, name) = self.parent(path, true)?;
        let fresh = |options: &mut OpenOptions| {
            open_regular(&dir, name, options.read(true).write(true).create_new(true))
        };
        match fresh(&mut OpenOptions::new()) {
            Err(e) if e.kind() == ErrorKind::AlreadyExists => {
                // Unlinked, not truncated: the old content may be in use, or known by other names.
                dir.remove_file_or_symlink(name)?;
                fresh(&mut OpenOptions::new())
            }
            other => other,
        }
    }
}

impl fmt::Debug for RealDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RealDir").field(&self.place).finish()
    }
}

fn located(operation: &'static str, path: &dyn fmt::Display, source: io::Error) -> io::Error {
    io::Error::new(source.kind(), At { operation, path: path.to_string(), source })
}

/// Opens `name`, refusing links, folders, devices and pipes. Opening never blocks on a pipe.
fn open_regular(dir: &CapDir, name: &str, options: &mut OpenOptions) -> io::Result<RealFile> {
    regular(dir.open_with(name, options.follow(FollowSymlinks::No).nonblock(true))?)
}

fn regular(file: CapFile) -> io::Result<RealFile> {
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "not a regular file"));
    }
    Ok(RealFile { file: file.into_std(), links: meta.nlink(), holes: system::has_holes(&meta) })
}

fn kind_of(t: FileType) -> EntryKind {
    if t.is_file() {
        EntryKind::File
    } else if t.is_dir() {
        EntryKind::Dir
    } else if t.is_symlink() {
        EntryKind::Symlink
    } else {
        EntryKind::Special
    }
}

fn meta_of(meta: &Metadata) -> io::Result<Meta> {
    let modified = meta.modified()?.into_std();
    let nanoseconds = match modified.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    };
    Ok(Meta {
        kind: kind_of(meta.file_type()),
        len: meta.len(),
        executable: executable(meta),
        modified_ns: nanoseconds,
    })
}

#[cfg(unix)]
fn executable(meta: &Metadata) -> bool {
    use cap_std::fs::PermissionsExt;
    meta.is_file() && meta.permissions().mode() & 0o100 != 0
}

#[cfg(not(unix))]
fn executable(_: &Metadata) -> bool {
    false
}

impl Dir for RealDir {
    fn open(&self, path: &dyn TreePath) -> io::Result<Box<dyn ReadAt>> {
        let opened = match self
            .refuse_short_name(path.as_str())
            .map(|()| system::open_to_read(&self.dir, path.as_str()))
        {
            Err(e) => Err(e),
            Ok(Some(file)) => regular(file),
            Ok(None) => self
                .parent(path, false)
                .and_then(|(dir, name)| open_regular(&dir, name, OpenOptions::new().read(true))),
        };
        Ok(Box::new(self.in_context("open", path, opened)?))
    }

    fn create(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        Ok(Box::new(self.in_context("create", path, self.replace(path))?))
    }

    fn open_rw(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        Ok(Box::new(self.in_context("open for writing", path, self.open_for_writing(path))?))
    }

    fn rename(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        let done = self.parent(from, false).and_then(|(from_dir, from_name)| {
            let (to_dir, to_name) = self.parent(to, true)?;
            from_dir.rename(from_name, &to_dir, to_name)
        });
        self.in_context("rename", from, done)
    }

    fn hard_link(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        let done = self.parent(from, false).and_then(|(from_dir, from_name)| {
            // A link to a link would make later opens fail in a place far from the cause.
            if !from_dir.symlink_metadata(from_name)?.is_file() {
                return Err(io::Error::new(ErrorKind::InvalidInput, "not a regular file"));
            }
            let (to_dir, to_name) = self.parent(to, true)?;
            from_dir.hard_link(from_name, &to_dir, to_name)
        });
        self.in_context("link", from, done)
    }

    fn symlink(&self, target: &LinkTarget, path: &dyn TreePath) -> io::Result<()> {
        let done = self
            .parent(path, true)
            .and_then(|(dir, name)| system::symlink(&dir, target.as_str().as_ref(), name));
        self.in_context("make link", path, done)
    }

    fn symlink_again(&self, says: &OsStr, path: &dyn TreePath) -> io::Result<()> {
        let done = self.parent(path, true).and_then(|(dir, name)| system::symlink(&dir, says, name));
        self.in_context("make link", path, done)
    }

    fn read_link(&self, path: &dyn TreePath) -> io::Result<OsString> {
        let read = self.parent(path, false).and_then(|(dir, name)| dir.read_link_contents(name));
        Ok(self.in_context("read link", path, read)?.into_os_string())
    }

    fn may_have_links(&self) -> bool {
        system::may_have_links(&self.dir)
    }

    fn bounds(&self) -> Bounds {
        system::bounds(&self.dir)
    }

    fn remove_file(&self, path: &dyn TreePath) -> io::Result<()> {
        let done = self.parent(path, false).and_then(|(dir, name)| dir.remove_file_or_symlink(name));
        self.in_context("remove", path, done)
    }

    fn remove_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        let done = self.parent(path, false).and_then(|(dir, name)| dir.remove_dir(name));
        self.in_context("remove folder", path, done)
    }

    fn create_dir_all(&self, path: &dyn TreePath) -> io::Result<()> {
        self.in_context("make folder", path, self.folder(path.as_str(), true).map(drop))
    }

    fn metadata(&self, path: &dyn TreePath) -> io::Result<Meta> {
        let meta = if path.as_str().is_empty() {
            self.dir.dir_metadata()
        } else {
            self.parent(path, false).and_then(|(dir, name)| dir.symlink_metadata(name))
        };
        self.in_context("look at", path, meta.and_then(|m| meta_of(&m)))
    }

    fn is_link_to_folder(&self, path: &dyn TreePath) -> bool {
        let is_link = self.metadata(path).is_ok_and(|meta| meta.kind == EntryKind::Symlink);
        is_link && std::fs::metadata(self.place.join(path.as_str())).is_ok_and(|meta| meta.is_dir())
    }

    fn read_dir(&self, path: &dyn TreePath) -> io::Result<Vec<DirEntry>> {
        let listed = self.folder(path.as_str(), false).and_then(|dir| {
            let mut entries = dir
                .entries()?
                .map(|entry| {
                    let entry = entry?;
                    Ok(DirEntry { name: entry.file_name(), kind: kind_of(entry.file_type()?) })
                })
                .collect::<io::Result<Vec<_>>>()?;
            entries.sort_by(|a, b| a.name.as_encoded_bytes().cmp(b.name.as_encoded_bytes()));
            Ok(entries)
        });
        self.in_context("list folder", path, listed)
    }

    fn set_executable(&self, path: &dyn TreePath, executable: bool) -> io::Result<()> {
        let done = self.parent(path, false).and_then(|(dir, name)| {
            let file = open_regular(&dir, name, OpenOptions::new().read(true))?;
            system::set_executable(&file.file, executable)
        });
        self.in_context("set the mode of", path, done)
    }

    fn sync_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        let done = self.folder(path.as_str(), false).and_then(|dir| system::sync_folder(&dir));
        self.in_context("flush folder", path, done)
    }

    fn space(&self) -> io::Result<Space> {
        system::space(&self.dir).map_err(|e| located("ask for room at", &self.place.display(), e))
    }
}

/// A regular file on disk.
struct RealFile {
    file: std::fs::File,
    /// Names that it has.
    links: u64,
    /// Whether it took less room than its length when it was opened.
    holes: bool,
}

/// Reads at least this long first look whether there is anything to read.
const WORTH_LOOKING: usize = 64 << 10;

impl RealFile {
    /// How many bytes of a hole there are at `offset`, if any.
    fn hole_at(&self, offset: u64) -> io::Result<u64> {
        let end = match self.next_data(offset)? {
            Some(data) => data.start,
            None => self.size()?,
        };
        Ok(end.saturating_sub(offset))
    }
}

impl ReadAt for RealFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        if self.holes && buf.len() >= WORTH_LOOKING {
            // Read from the disk, a hole would push out of memory what others have use for.
            let n = usize::try_from(self.hole_at(offset)?).unwrap_or(usize::MAX).min(buf.len());
            if n > 0 {
                buf[..n].fill(0);
                return Ok(n);
            }
        }
        system::read_at(&self.file, buf, offset)
    }

    fn next_data(&self, offset: u64) -> io::Result<Option<std::ops::Range<u64>>> {
        system::next_data(&self.file, offset)
    }
}

impl WriteAt for RealFile {
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()> {
        system::write_all_at(&self.file, buf, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn set_executable(&self, executable: bool) -> io::Result<()> {
        system::set_executable(&self.file, executable)
    }

    fn set_modified(&self, modified_ns: i64) -> io::Result<()> {
        let distance = Duration::from_nanos(modified_ns.unsigned_abs());
        let time =
            if modified_ns < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
        self.file.set_modified(time.unwrap_or(SystemTime::UNIX_EPOCH))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// What each system does its own way.
#[cfg(unix)]
mod system {
    use std::{
        fs::{File, Permissions},
        io,
        os::unix::fs::{FileExt, PermissionsExt},
    };

    use cap_std::fs::{Dir as CapDir, File as CapFile, Metadata, MetadataExt};
    use rustix::fs::{Mode, OFlags, SeekFrom};

    use super::{Bounds, Space};

    pub(super) fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        file.read_at(buf, offset)
    }

    pub(super) fn write_all_at(file: &File, buf: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(buf, offset)
    }

    /// What the kernel opens by itself without following any link; for whatever else, the caller walks and finds out.
    #[cfg(target_os = "linux")]
    fn open_inside(root: &CapDir, path: &str, flags: OFlags) -> Option<File> {
        use rustix::fs::ResolveFlags;
        let inside = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let fd = rustix::fs::openat2(root, path, flags | OFlags::CLOEXEC, Mode::empty(), inside).ok()?;
        Some(File::from(fd))
    }

    #[cfg(not(target_os = "linux"))]
    fn open_inside(_: &CapDir, _: &str, _: OFlags) -> Option<File> {
        None
    }

    pub(super) fn open_folder(root: &CapDir, path: &str) -> Option<CapDir> {
        let path = if path.is_empty() { "." } else { path };
        open_inside(root, path, OFlags::PATH | OFlags::DIRECTORY).map(CapDir::from_std_file)
    }

    pub(super) fn open_to_read(root: &CapDir, path: &str) -> Option<CapFile> {
        open_inside(root, path, OFlags::RDONLY | OFlags::NONBLOCK).map(CapFile::from_std)
    }

    /// Whether a file takes less room than its length.
    pub(super) fn has_holes(meta: &Metadata) -> bool {
        meta.blocks().saturating_mul(512) < meta.len()
    }

    /// Seeks, which moves the cursor; that is safe because nothing here reads by the cursor.
    pub(super) fn next_data(file: &File, offset: u64) -> io::Result<Option<std::ops::Range<u64>>> {
        match rustix::fs::seek(file, SeekFrom::Data(offset)) {
            Ok(start) => {
                let end = rustix::fs::seek(file, SeekFrom::Hole(start))?;
                Ok((start < end).then_some(start..end))
            }
            Err(rustix::io::Errno::NXIO) => Ok(None),
            Err(rustix::io::Errno::INVAL) => {
                let end = file.metadata()?.len();
                Ok((offset < end).then_some(offset..end))
            }
            Err(e) => Err(e.into()),
        }
    }

    pub(super) fn set_executable(file: &File, executable: bool) -> io::Result<()> {
        match file.set_permissions(Permissions::from_mode(if executable { 0o755 } else { 0o644 })) {
            // Disks without modes refuse, or say nothing. What matters is found by those who look at the mode afterwards.
            Err(e) if matches!(e.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported) => {
                Ok(())
            }
            done => done,
        }
    }

    /// Only names the target; whether it leads anywhere does not matter.
    pub(super) fn symlink(dir: &CapDir, target: &std::ffi::OsStr, name: &str) -> io::Result<()> {
        Ok(rustix::fs::symlinkat(target, dir, name)?)
    }

    /// FAT and exFAT have none. What lies behind FUSE is found out by trying.
    #[cfg(target_os = "linux")]
    pub(super) fn may_have_links(dir: &CapDir) -> bool {
        !matches!(kind(dir), Some(FAT | EXFAT))
    }

    #[cfg(target_os = "linux")]
    const FAT: u64 = 0x4d44;
    #[cfg(target_os = "linux")]
    const EXFAT: u64 = 0x2011_bab0;
    #[cfg(target_os = "linux")]
    const FUSE: u64 = 0x6573_5546;

    #[cfg(target_os = "linux")]
    fn kind(dir: &CapDir) -> Option<u64> {
        rustix::fs::fstatfs(dir).ok().and_then(|stat| u64::try_from(stat.f_type).ok())
    }

    pub(super) fn bounds(dir: &CapDir) -> Bounds {
        let name = rustix::fs::fstatvfs(dir).map_or(0, |stat| stat.f_namemax);
        // Some file systems behind FUSE say 0. What all others hold is no news.
        let name = if (1..255).contains(&name) { name } else { u64::MAX };
        Bounds { name, file: if is_fat(dir) { Bounds::FAT_FILE } else { u64::MAX } }
    }

    #[cfg(target_os = "linux")]
    fn is_fat(dir: &CapDir) -> bool {
        match kind(dir) {
            Some(FAT) => true,
            // Programs that serve a disk behind FUSE say in the list of mounts what it is.
            Some(FUSE) => {
                let Ok(stat) = rustix::fs::fstat(dir) else { return false };
                let device = (rustix::fs::major(stat.st_dev), rustix::fs::minor(stat.st_dev));
                let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
                fuse_kind(&mounts, device).is_some_and(|kind| kind.contains("fat") && !kind.contains("exfat"))
            }
            _ => false,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn is_fat(_: &CapDir) -> bool {
        false
    }

    /// What serves the file system of a device, by the lines of `/proc/self/mountinfo`: `fuse.fusefat`.
    #[cfg(target_os = "linux")]
    fn fuse_kind(mounts: &str, (major, minor): (u32, u32)) -> Option<&str> {
        let device = format!("{major}:{minor}");
        let line = mounts.lines().find(|line| line.split(' ').nth(2) == Some(&device))?;
        line.split_once(" - ")?.1.split(' ').next()
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn may_have_links(_: &CapDir) -> bool {
        true
    }

    pub(super) fn sync_folder(dir: &CapDir) -> io::Result<()> {
        // The handle at hand may be a mere path (O_PATH), which can't be flushed.
        let handle = rustix::fs::openat(dir, ".", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty())?;
        Ok(rustix::fs::fsync(handle)?)
    }

    pub(super) fn space(dir: &CapDir) -> io::Result<Space> {
        let stat = rustix::fs::fstatvfs(dir)?;
        Ok(Space {
            free: stat.f_bavail.saturating_mul(stat.f_frsize),
            total: stat.f_blocks.saturating_mul(stat.f_frsize),
        })
    }
}

/// What each system does its own way.
#[cfg(windows)]
mod system {
    use std::{fs::File, io, os::windows::fs::FileExt};

    use cap_std::fs::{Dir as CapDir, File as CapFile, Metadata};

    use super::{Bounds, Space};

    pub(super) fn has_holes(_: &Metadata) -> bool {
        false
    }

    pub(super) fn read_at(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        file.seek_read(buf, offset)
    }

    pub(super) fn write_all_at(file: &File, mut buf: &[u8], mut offset: u64) -> io::Result<()> {
        while !buf.is_empty() {
            match file.seek_write(buf, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(n) => {
                    buf = &buf[n..];
                    offset += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    pub(super) fn next_data(file: &File, offset: u64) -> io::Result<Option<std::ops::Range<u64>>> {
        let end = file.metadata()?.len();
        Ok((offset < end).then_some(offset..end))
    }

    pub(super) fn open_folder(_: &CapDir, _: &str) -> Option<CapDir> {
        None
    }

    pub(super) fn open_to_read(_: &CapDir, _: &str) -> Option<CapFile> {
        None
    }

    pub(super) fn set_executable(_: &File, _: bool) -> io::Result<()> {
        Ok(())
    }

    /// Needs a privilege that players don't have, and a link would have to say whether it leads to a folder.
    pub(super) fn symlink(_: &CapDir, _: &std::ffi::OsStr, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn may_have_links(_: &CapDir) -> bool {
        false
    }

    pub(super) fn bounds(_: &CapDir) -> Bounds {
        Bounds::NONE
    }

    pub(super) fn sync_folder(_: &CapDir) -> io::Result<()> {
        Ok(())
    }

    /// The standard library can't ask, so the answer is that nothing is known to be short.
    pub(super) fn space(_: &CapDir) -> io::Result<Space> {
        Ok(Space { free: u64::MAX, total: u64::MAX })
    }
}
