//! Files that programs are told to write.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use tempfile::{Builder, NamedTempFile};

/// A file that takes its name only when it is whole: it is written beside, and what has the name stays as it is until
/// then. Dropped before that, it leaves nothing. Where the disk can hold a file without a name, nothing is left of it either
/// when the program is interrupted or killed.
///
/// What is no file, as a pipe or `/dev/null`, is written where it is.
#[derive(Debug)]
pub struct WholeFile {
    out: Out,
}

#[derive(Debug)]
enum Out {
    Beside {
        part: NamedTempFile,
        place: PathBuf,
        is_new: bool,
    },
    /// A file without a name.
    Unnamed {
        file: File,
        place: PathBuf,
        is_new: bool,
    },
    There(File),
}

impl Out {
    fn begin(place: PathBuf, mode: u32, is_new: bool) -> io::Result<Self> {
        if let Some(file) = unnamed::create(folder_of(&place), mode) {
            return Ok(Self::Unnamed { file, place, is_new });
        }
        let part = named_beside(&place, |builder| {
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
            builder.tempfile_in(folder_of(&place))
        })?;
        Ok(Self::Beside { part, place, is_new })
    }
}

impl WholeFile {
    /// A file that takes the place of whatever file is at `place`, with the permissions of that one.
    ///
    /// # Errors
    /// The folder is not there or can't be written, or `place` is a folder.
    pub fn replace(place: &Path) -> io::Result<Self> {
        Self::begin(place, 0o666, false)
    }

    /// A file that is new at `place`, and that only this user may read (on Unix).
    ///
    /// # Errors
    /// The folder is not there or can't be written, or `place` is taken.
    pub fn new_private(place: &Path) -> io::Result<Self> {
        if place.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Self::begin(place, 0o600, true)
    }

    fn begin(place: &Path, mode: u32, is_new: bool) -> io::Result<Self> {
        // A link stays one: what it leads to is replaced.
        let place =
            if is_new { place.to_owned() } else { fs::canonicalize(place).unwrap_or(place.to_owned()) };
        let found = if is_new { None } else { place.metadata().ok() };
        if found.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if found.as_ref().is_some_and(|found| !found.is_file()) {
            return Ok(Self { out: Out::There(File::options().write(true).open(&place)?) });
        }
        let this = Self { out: Out::begin(place, mode, is_new)? };
        if let Some((found, unfinished)) = found.zip(this.unfinished()) {
            // Not every file system has permissions to set.
            let _ = unfinished.set_permissions(found.permissions());
        }
        Ok(this)
    }

    /// The file that has no name yet, or another one.
    fn unfinished(&self) -> Option<&File> {
        match &self.out {
            Out::Beside { part, .. } => Some(part.as_file()),
            Out::Unnamed { file, .. } => Some(file),
            Out::There(_) => None,
        }
    }

    /// Gives the file its name, once all of it is on the disk.
    ///
    /// # Errors
    /// It can't be written, or the name was taken meanwhile by something else; what has the name is as it was.
    pub fn finish(self) -> io::Result<()> {
        match self.out {
            Out::There(mut file) => file.flush(),
            Out::Beside { part, place, is_new } => {
                part.as_file().sync_all()?;
                take_place(part, &place, is_new)
            }
            Out::Unnamed { file, place, is_new } => {
                file.sync_all()?;
                // What has a name already is replaced by one rename, which takes another name to rename from.
                let named = named_beside(&place, |builder| {
                    builder.make_in(folder_of(&place), |path| unnamed::link(&file, path))
                })?;
                take_place(named, &place, is_new)
            }
        }
    }

    /// Writes all of a file that replaces the one at `place`.
    ///
    /// # Errors
    /// As [`replace`](Self::replace) and [`finish`](Self::finish).
    pub fn write(place: &Path, content: &[u8]) -> io::Result<()> {
        let mut file = Self::replace(place)?;
        file.write_all(content)?;
        file.finish()
    }

    /// The same with these permissions (on Unix), whatever those of the present file are.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_with_mode(place: &Path, content: &[u8], mode: u32) -> io::Result<()> {
        let mut file = Self::begin(place, mode, false)?;
        #[cfg(unix)]
        if let Some(unfinished) = file.unfinished() {
            unfinished.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))?;
        }
        file.write_all(content)?;
        file.finish()
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.out {
            Out::Beside { part, .. } => part.as_file_mut().write(bytes),
            Out::There(file) | Out::Unnamed { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.out {
            Out::Beside { part, .. } => part.as_file_mut().flush(),
            Out::There(file) | Out::Unnamed { file, .. } => file.flush(),
        }
    }
}

/// Gives a file the name that it is meant to have.
fn take_place<F>(part: NamedTempFile<F>, place: &Path, is_new: bool) -> io::Result<()> {
    let path = part.into_temp_path();
    if is_new {
        path.persist_noclobber(place)?;
    } else {
        path.persist(place)?;
    }
    sync_folder(folder_of(place))
}

/// Makes a file that has a name of its own beside `place` as long as it is not whole.
fn named_beside<F>(
    place: &Path,
    make: impl FnOnce(&mut Builder<'_, '_>) -> io::Result<NamedTempFile<F>>,
) -> io::Result<NamedTempFile<F>> {
    let name = place.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy();
    let prefix = format!(".{name}.");
    make(Builder::new().prefix(&prefix).suffix(".part"))
}

/// Files without a name, which Linux has on most disks.
#[cfg(target_os = "linux")]
mod unnamed {
    use std::{fs::File, io, os::fd::AsRawFd, path::Path};

    use rustix::fs::{AtFlags, CWD, Mode, OFlags};

    /// By it a name is given later.
    const OPEN_FILES: &str = "/proc/self/fd";

    pub(super) fn create(folder: &Path, mode: u32) -> Option<File> {
        if !Path::new(OPEN_FILES).exists() {
            return None;
        }
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        rustix::fs::open(folder, flags, Mode::from_raw_mode(mode)).ok().map(File::from)
    }

    pub(super) fn link(file: &File, path: &Path) -> io::Result<()> {
        let open = format!("{OPEN_FILES}/{}", file.as_raw_fd());
        Ok(rustix::fs::linkat(CWD, open, CWD, path, AtFlags::SYMLINK_FOLLOW)?)
    }
}

#[cfg(not(target_os = "linux"))]
mod unnamed {
    use std::{fs::File, io, path::Path};

    pub(super) fn create(_: &Path, _: u32) -> Option<File> {
        None
    }

    pub(super) fn link(_: &File, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// The folder that a file is in.
fn folder_of(place: &Path) -> &Path {
    place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
        let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn what_has_the_name_stays_until_the_new_one_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("patch");
        fs::write(&place, "good").unwrap();
        let mut failed = WholeFile::replace(&place).unwrap();
        failed.write_all(b"half").unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"good");
        drop(failed);
        assert_eq!((fs::read(&place).unwrap(), names(dir.path())), (b"good".to_vec(), vec!["patch".into()]));
        WholeFile::write(&place, b"better").unwrap();
        assert_eq!(
            (fs::read(&place).unwrap(), names(dir.path())),
            (b"better".to_vec(), vec!["patch".into()])
        );
        assert!(WholeFile::replace(dir.path()).is_err(), "a folder");
        assert!(WholeFile::replace(&dir.path().join("no/such")).is_err());
    }

    #[test]
    fn a_private_file_takes_no_place_that_is_taken() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("key");
        let mut late = WholeFile::new_private(&place).unwrap();
        late.write_all(b"late").unwrap();
        let mut first = WholeFile::new_private(&place).unwrap();
        first.write_all(b"first").unwrap();
        first.finish().unwrap();
        assert!(late.finish().is_err());
        assert!(WholeFile::new_private(&place).is_err());
        assert_eq!((fs::read(&place).unwrap(), names(dir.path())), (b"first".to_vec(), vec!["key".into()]));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_unfinished_file_has_no_name_that_a_killed_program_could_leave() {
        let dir = tempfile::tempdir().unwrap();
        let mut unfinished = WholeFile::replace(&dir.path().join("patch")).unwrap();
        unfinished.write_all(b"half").unwrap();
        assert!(matches!(unfinished.out, Out::Beside { .. }) || names(dir.path()).is_empty());
        std::mem::forget(unfinished);
        assert!(unnamed::create(dir.path(), 0o600).is_none() || names(dir.path()).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn permissions_links_and_devices_are_as_programs_expect() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let mode = |name: &str| fs::metadata(at(name)).unwrap().permissions().mode() & 0o777;
        fs::write(at("usual"), "").unwrap();
        WholeFile::write(&at("new"), b"x").unwrap();
        assert_eq!(mode("new"), mode("usual"));
        fs::set_permissions(at("usual"), fs::Permissions::from_mode(0o640)).unwrap();
        symlink("usual", at("link")).unwrap();
        WholeFile::write(&at("link"), b"through").unwrap();
        assert!(at("link").symlink_metadata().unwrap().is_symlink());
        assert_eq!((fs::read(at("usual")).unwrap(), mode("usual")), (b"through".to_vec(), 0o640));
        WholeFile::write_with_mode(&at("usual"), b"x", 0o600).unwrap();
        assert_eq!(mode("usual"), 0o600);
        WholeFile::new_private(&at("private")).unwrap().finish().unwrap();
        assert_eq!(mode("private"), 0o600);
        WholeFile::write(Path::new("/dev/null"), b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
