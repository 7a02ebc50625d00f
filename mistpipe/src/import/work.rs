//! The temporary folder in which versions are rebuilt.

use std::{
    fs::{self, File},
    io,
    path::Path,
    sync::Arc,
};

use mist_tree::fs::{ControlPath, Dir, RealDir, SubDir, remove_tree};
use tempfile::TempDir;

/// How such folders are called.
const PREFIX: &str = "mistpipe-import-";
/// The file in each that is locked as long as it is in use.
const LOCK: &str = "lock";

/// A folder of ours, which goes when this value does. One that a killed process left goes when the next one is made beside it.
pub(super) struct WorkFolder {
    dir: Arc<RealDir>,
    // Unlocked before the folder goes: Windows removes no file that is open.
    _lock: File,
    _folder: TempDir,
}

impl WorkFolder {
    /// A new one in the folder `place`.
    ///
    /// # Errors
    /// What the system reports.
    pub(super) fn new(place: &Path) -> io::Result<Self> {
        remove_left(place)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir_in(place)?;
        let lock = File::create_new(folder.path().join(LOCK))?;
        lock.lock()?;
        Ok(Self { dir: Arc::new(RealDir::open(folder.path())?), _lock: lock, _folder: folder })
    }

    /// The folder, in which versions lie as [`WorkFolder::of`] says.
    pub(super) fn dir(&self) -> &RealDir {
        &self.dir
    }

    /// Where the version at this place of the list lies.
    pub(super) fn of(&self, version: usize) -> io::Result<ControlPath> {
        ControlPath::new(&version.to_string()).map_err(io::Error::other)
    }

    /// That folder as one of its own.
    pub(super) fn open(&self, version: usize) -> io::Result<Arc<dyn Dir>> {
        Ok(Arc::new(SubDir::new(self.dir.clone(), &self.of(version)?)))
    }

    /// Removes it.
    pub(super) fn remove(&self, version: usize) -> io::Result<()> {
        remove_tree(&*self.dir, &self.of(version)?)
    }
}

/// Removes folders that nobody uses any more. Other users' are not ours to look into.
fn remove_left(place: &Path) -> io::Result<()> {
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
        if !is_ours || !entry.file_type()?.is_dir() {
            continue;
        }
        let Ok(lock) = File::open(entry.path().join(LOCK)) else { continue };
        if lock.try_lock().is_ok() {
            drop(lock);
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_goes_and_what_is_in_use_stays() {
        let place = tempfile::tempdir().unwrap();
        let left = place.path().join(format!("{PREFIX}dead"));
        fs::create_dir_all(left.join(".mist/0")).unwrap();
        fs::write(left.join(LOCK), "").unwrap();
        fs::write(place.path().join("other"), "").unwrap();
        let first = WorkFolder::new(place.path()).unwrap();
        assert!(!left.exists());
        drop(first.dir().create(&first.of(3).unwrap()).unwrap());
        let second = WorkFolder::new(place.path()).unwrap();
        assert!(first.dir().place().exists() && second.dir().place().exists());
        first.remove(3).unwrap();
        drop((first, second));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing is left but what was there");
    }
}
