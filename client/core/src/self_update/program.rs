//! Where a program is that may replace itself: in a folder that was unpacked from a package, which says so.

use std::path::{Path, PathBuf};

use mist_proto::client_package::{ClientVersion, Platform};

use super::SelfUpdateError;

/// What says so, below the folder: version and platform.
pub(super) const RELEASE: &str = "share/mist/release";
/// The longest text of it that is looked at.
const MAX_RELEASE: u64 = 256;

/// A program in a folder of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The folder.
    pub root: PathBuf,
    /// The program's own file.
    pub exe: PathBuf,
    /// Its version, as the folder has it.
    pub version: ClientVersion,
    /// What it runs on.
    pub platform: Platform,
}

/// What a folder says that it is.
pub(super) struct Release {
    pub(super) version: ClientVersion,
    pub(super) platform: Platform,
}

impl Program {
    /// The program at `exe`, the path of a file that runs.
    ///
    /// # Errors
    /// [`SelfUpdateError::NotItsOwn`] if it is in no such folder, as where a package manager has put it.
    pub fn of(exe: &Path) -> Result<Self, SelfUpdateError> {
        let not = || SelfUpdateError::NotItsOwn { program: exe.to_owned() };
        let bin = exe.parent().filter(|bin| bin.ends_with("bin")).ok_or_else(not)?;
        let root = bin.parent().ok_or_else(not)?;
        let Release { version, platform } = Self::at(root).ok_or_else(not)?;
        Ok(Self { root: root.to_owned(), exe: exe.to_owned(), version, platform })
    }

    /// What the folder `root` says that it is.
    pub(super) fn at(root: &Path) -> Option<Release> {
        let file = root.join(RELEASE);
        if file.metadata().ok()?.len() > MAX_RELEASE {
            return None;
        }
        let text = std::fs::read_to_string(file).ok()?;
        let (version, platform) = text.trim().split_once(' ')?;
        Some(Release { version: version.parse().ok()?, platform: platform.parse().ok()? })
    }

    /// Its name within the folder.
    pub(super) fn name(&self) -> String {
        self.exe.strip_prefix(&self.root).unwrap_or(&self.exe).display().to_string()
    }

    /// Whether another folder has this program too.
    pub(super) fn is_in(&self, root: &Path) -> bool {
        self.exe.strip_prefix(&self.root).is_ok_and(|name| root.join(name).is_file())
    }

    /// Where the next version comes together: on the same disk, so that it can be renamed into its place.
    pub(super) fn staging(&self) -> PathBuf {
        self.root.join(".mist-update")
    }
}
