//! The seam between Mist and the disk: a folder's tree, reached by checked paths only.
//!
//! A [`Dir`] is an open root. Its methods take a [`TreePath`]: either a [`RelPath`](mist_proto::RelPath), which is
//! content of a build, or a [`ControlPath`], which is a file of our own under `.mist/`, or [`ROOT`]. No other type is a
//! tree path, so a string from a peer can't become one unchecked. Both kinds live in one `Dir` because installing is
//! renaming from `.mist/staging/` into the game.
//!
//! No component of a path may be a symbolic link: a planted one makes the operation fail and is never followed.
//! Only regular files are opened. Links that a build has are made, read and renamed as what they are; nothing goes by them.
//!
//! Implementations: [`RealDir`] (a folder on disk) and [`SubDir`] (a folder of another `Dir`); for tests, with the
//! feature `fault`, `fault::MemDir` (which can lose power) and `fault::FaultyDir` (which fails when told to).

mod atomic;
mod copy;
mod everything;
#[cfg(any(test, feature = "fault"))]
pub mod fault;
mod from_start;
mod path;
mod probe;
mod real;
#[cfg(test)]
#[cfg(unix)]
mod real_tests;
mod remove;
mod sub;

use std::{
    ffi::{OsStr, OsString},
    io,
};

use mist_proto::LinkTarget;

pub use atomic::write_atomically;
pub use copy::copy_range;
pub use everything::{FoundEntry, everything};
pub use from_start::FromStart;
pub use path::{ControlPath, FoundPath, ROOT, Root, TreePath};
pub use probe::{Abilities, Unfit, fits, probe, takes_name};
pub use real::RealDir;
pub use remove::{clear_folder, remove_tree};
pub use sub::SubDir;

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Dir,
    /// A symbolic link (or another reparse point on Windows), whatever it points to.
    Symlink,
    /// A device, pipe or socket.
    Special,
}

/// What a folder knows of one of its entries, the entry itself not followed if it is a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// What it is.
    pub kind: EntryKind,
    /// Length in bytes; meaningful for files only.
    pub len: u64,
    /// Whether its owner may run it. Always false on Windows.
    pub executable: bool,
    /// Last modification, in nanoseconds since the Unix epoch.
    pub modified_ns: i64,
}

/// Whether making a symbolic link failed because the file system, or the system, has none. What has other reasons, such as a
/// folder that can't be written to, fails in the same way for the copy that is made instead.
pub fn is_without_links(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput
    )
}

/// One name in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    /// The name as the system has it; it need not be a valid part of a [`RelPath`](mist_proto::RelPath).
    pub name: OsString,
    /// What it is.
    pub kind: EntryKind,
}

/// Room on the file system that a [`Dir`] lies on, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What this user may still write.
    pub free: u64,
    /// Size of the file system.
    pub total: u64,
}

/// What a disk says that it can't go beyond, as far as it says so without being tried. What nobody said is `u64::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of the longest name of a file or folder: 143 where an eCryptfs home is encrypted.
    pub name: u64,
    /// Bytes of the largest file: just under 4 GiB on FAT.
    pub file: u64,
}

impl Bounds {
    /// A disk that says nothing.
    pub const NONE: Self = Self { name: u64::MAX, file: u64::MAX };
    /// The largest file that FAT holds.
    pub const FAT_FILE: u64 = u32::MAX as u64;
}

/// A file read by position. Readers share it without a cursor between them.
pub trait ReadAt: Send + Sync {
    /// Current length in bytes.
    ///
    /// # Errors
    /// What the system reports.
    fn size(&self) -> io::Result<u64>;

    /// Reads some bytes at `offset`; 0 only at the end or for an empty `buf`.
    ///
    /// # Errors
    /// What the system reports.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Fills `buf` from `offset` on.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`] if the file ends before, or what the system reports.
    fn read_exact_at(&self, mut buf: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buf.is_empty() {
            match self.read_at(buf, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    buf = &mut buf[n..];
                    offset += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// The first range at or after `offset` that may hold something but zeros, or `None` if only zeros follow.
    /// A file system without holes answers with everything up to the end.
    ///
    /// # Errors
    /// What the system reports.
    fn next_data(&self, offset: u64) -> io::Result<Option<std::ops::Range<u64>>> {
        let end = self.size()?;
        Ok((offset < end).then_some(offset..end))
    }
}

/// A file written by position.
pub trait WriteAt: ReadAt {
    /// Writes all of `buf` at `offset`; a gap before it reads as zeros.
    ///
    /// # Errors
    /// What the system reports; any part of `buf` may have been written then.
    fn write_all_at(&self, buf: &[u8], offset: u64) -> io::Result<()>;

    /// Cuts or extends (by a hole) to `len` bytes.
    ///
    /// # Errors
    /// What the system reports.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Sets the mode to 755 or 644. Does nothing on Windows.
    ///
    /// # Errors
    /// What the system reports.
    fn set_executable(&self, executable: bool) -> io::Result<()>;

    /// Sets when it was modified, in nanoseconds since the Unix epoch, as exactly as the disk keeps that. Writing afterwards sets it anew.
    ///
    /// # Errors
    /// What the system reports.
    fn set_modified(&self, modified_ns: i64) -> io::Result<()>;

    /// Returns once content and length survive a power loss. The file's *name* needs [`Dir::sync_dir`] too.
    ///
    /// # Errors
    /// What the system reports. After an error nothing may be assumed about the content, not even by a second call.
    fn sync_data(&self) -> io::Result<()>;
}

/// An open folder and everything beneath it. See the module for what a path may be.
///
/// Errors carry the operation and the path in their text and keep their [`io::ErrorKind`] (a full disk is
/// [`io::ErrorKind::StorageFull`]).
#[expect(
    clippy::missing_errors_doc,
    reason = "every method fails with what the system reports, as said above"
)]
pub trait Dir: Send + Sync {
    /// Opens a regular file to read.
    fn open(&self, path: &dyn TreePath) -> io::Result<Box<dyn ReadAt>>;

    /// Opens an empty file to write, in place of what has this name; makes the folders above it.
    /// A file that has other names too (hard links) keeps its content under those.
    fn create(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>>;

    /// Opens a file to read and write, with the content that it has; makes it, and the folders above it, if it is
    /// missing. Refuses a file that has other names too, because they would change with it.
    fn open_rw(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>>;

    /// Gives a file or folder a new name, atomically, in place of the file that has it; makes the folders above it.
    fn rename(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()>;

    /// Gives a file a second name, which must be free; makes the folders above it.
    fn hard_link(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()>;

    /// Makes a symbolic link, whose name must be free; makes the folders above it. Where links can't be made, the error is
    /// one of those that [`is_without_links`] knows.
    fn symlink(&self, target: &LinkTarget, path: &dyn TreePath) -> io::Result<()>;

    /// The same for what another link was found to say, which may be anything: a player's own links go along with their folder. A
    /// tree that can have no such links makes those alone that a build could have.
    fn symlink_again(&self, says: &OsStr, path: &dyn TreePath) -> io::Result<()> {
        match says.to_str().map(LinkTarget::new) {
            Some(Ok(target)) => self.symlink(&target, path),
            _ => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// What a symbolic link says. It may be anything.
    fn read_link(&self, path: &dyn TreePath) -> io::Result<OsString>;

    /// Whether the file system may have symbolic links, as far as that is known without trying.
    fn may_have_links(&self) -> bool;

    /// How long names and how large files it can hold, as far as that is known without trying.
    fn bounds(&self) -> Bounds;

    /// Removes a file, or a symbolic link itself.
    fn remove_file(&self, path: &dyn TreePath) -> io::Result<()>;

    /// Removes an empty folder.
    fn remove_dir(&self, path: &dyn TreePath) -> io::Result<()>;

    /// Makes a folder and those above it, unless they are there.
    fn create_dir_all(&self, path: &dyn TreePath) -> io::Result<()>;

    /// What is there, a symbolic link at the end of the path not followed.
    fn metadata(&self, path: &dyn TreePath) -> io::Result<Meta>;

    /// Whether there is a symbolic link that leads to a folder, wherever that is. Nothing is ever opened through it.
    fn is_link_to_folder(&self, _path: &dyn TreePath) -> bool {
        false
    }

    /// The entries of a folder, in ascending order of their names' bytes.
    fn read_dir(&self, path: &dyn TreePath) -> io::Result<Vec<DirEntry>>;

    /// Sets a file's mode to 755 or 644. Does nothing on Windows, and on a disk that keeps no modes: see [`probe`].
    fn set_executable(&self, path: &dyn TreePath, executable: bool) -> io::Result<()>;

    /// Returns once the names in this folder survive a power loss. Does nothing on Windows, where renames are
    /// journalled.
    fn sync_dir(&self, path: &dyn TreePath) -> io::Result<()>;

    /// Room on the file system.
    fn space(&self) -> io::Result<Space>;
}

impl<D: Dir + ?Sized> Dir for std::sync::Arc<D> {
    fn open(&self, path: &dyn TreePath) -> io::Result<Box<dyn ReadAt>> {
        (**self).open(path)
    }
    fn create(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        (**self).create(path)
    }
    fn open_rw(&self, path: &dyn TreePath) -> io::Result<Box<dyn WriteAt>> {
        (**self).open_rw(path)
    }
    fn rename(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        (**self).rename(from, to)
    }
    fn hard_link(&self, from: &dyn TreePath, to: &dyn TreePath) -> io::Result<()> {
        (**self).hard_link(from, to)
    }
    fn symlink(&self, target: &LinkTarget, path: &dyn TreePath) -> io::Result<()> {
        (**self).symlink(target, path)
    }
    fn symlink_again(&self, says: &OsStr, path: &dyn TreePath) -> io::Result<()> {
        (**self).symlink_again(says, path)
    }
    fn read_link(&self, path: &dyn TreePath) -> io::Result<OsString> {
        (**self).read_link(path)
    }
    fn may_have_links(&self) -> bool {
        (**self).may_have_links()
    }
    fn bounds(&self) -> Bounds {
        (**self).bounds()
    }
    fn remove_file(&self, path: &dyn TreePath) -> io::Result<()> {
        (**self).remove_file(path)
    }
    fn remove_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        (**self).remove_dir(path)
    }
    fn create_dir_all(&self, path: &dyn TreePath) -> io::Result<()> {
        (**self).create_dir_all(path)
    }
    fn metadata(&self, path: &dyn TreePath) -> io::Result<Meta> {
        (**self).metadata(path)
    }
    fn is_link_to_folder(&self, path: &dyn TreePath) -> bool {
        (**self).is_link_to_folder(path)
    }
    fn read_dir(&self, path: &dyn TreePath) -> io::Result<Vec<DirEntry>> {
        (**self).read_dir(path)
    }
    fn set_executable(&self, path: &dyn TreePath, executable: bool) -> io::Result<()> {
        (**self).set_executable(path, executable)
    }
    fn sync_dir(&self, path: &dyn TreePath) -> io::Result<()> {
        (**self).sync_dir(path)
    }
    fn space(&self) -> io::Result<Space> {
        (**self).space()
    }
}
