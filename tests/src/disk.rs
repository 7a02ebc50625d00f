//! A disk that is soon full.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::lab::run_root;

/// A file system in memory with a bound. Needs root.
pub struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    /// Mounts one at the folder `path`.
    ///
    /// # Errors
    /// Not root, or the kernel refuses.
    pub fn mount(path: PathBuf, mebibytes: u64) -> Result<Self> {
        run_root(&["mount", "-t", "tmpfs", "-o", &format!("size={mebibytes}m"), "mist-test", &text(&path)?])?;
        Ok(Self { path })
    }

    /// Gives it another size.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn resize(&self, mebibytes: u64) -> Result<()> {
        run_root(&["mount", "-o", &format!("remount,size={mebibytes}m"), &text(&self.path)?])
    }

    /// Fills what is free with a file outside of any game, and gives its path.
    ///
    /// # Errors
    /// It can't be written for another reason than the disk being full.
    pub fn fill(&self) -> Result<PathBuf> {
        let ballast = self.path.join("ballast");
        let mut file = fs::File::create(&ballast)?;
        let block = [7u8; 64 * 1024];
        loop {
            match std::io::Write::write(&mut file, &block) {
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::StorageFull => return Ok(ballast),
                Err(e) => bail!("filling {}: {e}", ballast.display()),
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, so that a process that is on its way out does not keep it.
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

fn text(path: &Path) -> Result<String> {
    Ok(path.to_str().context("a path that is not UTF-8")?.to_owned())
}
