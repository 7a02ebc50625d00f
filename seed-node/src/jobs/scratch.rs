//! What a job writes before its result is put in place.

use std::{io, sync::Arc};

use mist_proto::RelPath;
use mist_tree::fs::{Dir, WriteAt};

use crate::store::layout;

/// A folder or file of one job in `tmp/`, removed with what is left in it when the job ends.
pub(super) struct Scratch {
    dir: Arc<dyn Dir>,
    pub(super) path: RelPath,
}

impl Scratch {
    pub(super) fn new(dir: Arc<dyn Dir>, kind: &str) -> Self {
        let path = layout::inside(&layout::tmp(), &format!("{kind}-{:016x}", rand::random::<u64>()));
        Self { dir, path }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = mist_tree::fs::remove_tree(&*self.dir, &self.path) {
            tracing::warn!(%error, path = %self.path, "left in tmp until the next start");
        }
    }
}

/// Writes a file from its start to its end.
pub(super) struct Sequential {
    file: Box<dyn WriteAt>,
    at: u64,
    /// More than this is refused.
    limit: u64,
}

impl Sequential {
    pub(super) fn create(dir: &dyn Dir, path: &RelPath, limit: u64) -> io::Result<Self> {
        Ok(Self { file: dir.create(path)?, at: 0, limit })
    }

    /// Bytes written.
    pub(super) fn len(&self) -> u64 {
        self.at
    }

    /// Returns once everything survives a power loss.
    pub(super) fn finish(self) -> io::Result<u64> {
        self.file.sync_data()?;
        Ok(self.at)
    }
}

impl io::Write for Sequential {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.at.saturating_add(buf.len() as u64) > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.file.write_all_at(buf, self.at)?;
        self.at += buf.len() as u64;
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
