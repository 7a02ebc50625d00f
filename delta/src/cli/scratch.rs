//! The folder for what is on its way into a patch.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::{Mutex, PoisonError},
};

use anyhow::Context;
use tempfile::TempDir;

/// What a shell says of a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// The one that is open.
static OPEN: Mutex<Option<PathBuf>> = Mutex::new(None);

/// A folder that is removed with all that is in it when it is dropped, and when the program is interrupted or told to end.
pub(super) struct Scratch(TempDir);

impl Scratch {
    /// Makes one beside a file: the system's own place for such files may be memory. A program has one.
    pub(super) fn beside(file: &Path) -> anyhow::Result<Self> {
        let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        ctrlc::set_handler(interrupted).context("signals can't be heard")?;
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let made = tempfile::Builder::new().prefix(".delta-").tempdir_in(folder);
        let made = made.with_context(|| format!("cannot write to {}", folder.display()))?;
        *open = Some(made.path().to_owned());
        Ok(Self(made))
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Who still writes there may make a file while it goes.
fn interrupted() {
    // Kept: no other folder is made from here on.
    let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(path) = open.as_ref() {
        for _ in 0..100 {
            if fs::remove_dir_all(path).is_ok() || !path.exists() {
                break;
            }
        }
    }
    process::exit(INTERRUPTED);
}
