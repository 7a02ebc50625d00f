//! A disk that is soon full.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{eventually, lab::run_root};

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

/// A kind of file system that games are kept on and that Linux's own are not like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignKind {
    /// Cards and sticks.
    ExFat,
    /// Windows.
    Ntfs,
}

/// A disk with such a file system, in a file, mounted by FUSE. Needs root, and Debian's packages exfat-fuse, exfatprogs and ntfs-3g.
pub struct ForeignDisk {
    path: PathBuf,
    /// The file or device that it is in.
    image: String,
}

impl ForeignDisk {
    /// All kinds.
    pub const KINDS: [ForeignKind; 2] = [ForeignKind::ExFat, ForeignKind::Ntfs];

    /// Makes one of 64 MiB in the file `image` and mounts it at the folder `path`.
    ///
    /// # Errors
    /// Not root, or a package is missing.
    pub fn mount(kind: ForeignKind, image: &Path, path: PathBuf) -> Result<Self> {
        fs::File::create(image)?.set_len(64 << 20)?;
        let (mut image, at) = (text(image)?, text(&path)?);
        match kind {
            ForeignKind::ExFat => {
                run_root(&["mkfs.exfat", &image])?;
                // It takes block devices only.
                let device = Command::new("losetup").args(["--find", "--show", &image]).output()?;
                image = String::from_utf8(device.stdout)?.trim().to_owned();
                ensure!(device.status.success(), "losetup: {}", String::from_utf8_lossy(&device.stderr));
                let mounted = run_root(&["mount.exfat-fuse", &image, &at]);
                if mounted.is_err() {
                    let _ = Command::new("losetup").args(["-d", &image]).status();
                }
                mounted?;
            }
            ForeignKind::Ntfs => {
                run_root(&["mkfs.ntfs", "--force", "--fast", "--quiet", &image])?;
                run_root(&["ntfs-3g", &image, &at])?;
            }
        }
        Ok(Self { path, image })
    }

    /// Kills the program that serves it, so that everything in it answers with an error from now on.
    ///
    /// # Errors
    /// It does not run.
    pub fn break_it(&self) -> Result<()> {
        let serves = |process: &Path| {
            let line = fs::read(process.join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).split('\0').any(|arg| arg == self.image)
        };
        let process = fs::read_dir("/proc")?.flatten().map(|p| p.path()).find(|p| serves(p));
        let process = process.context("the program that serves the disk does not run")?;
        let id = process.file_name().and_then(|id| id.to_str()).context("a process without an id")?;
        run_root(&["kill", "-9", id])?;
        eventually("the disk is broken", Duration::from_secs(10), || {
            Ok(fs::read_dir(&self.path).is_err().then_some(()))
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ForeignDisk {
    fn drop(&mut self) {
        // Lazily, so that a process that is on its way out does not keep it.
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
        if self.image.starts_with("/dev/") {
            let _ = Command::new("losetup").args(["-d", &self.image]).status();
        }
    }
}

fn text(path: &Path) -> Result<String> {
    Ok(path.to_str().context("a path that is not UTF-8")?.to_owned())
}
