//! An archive's bytes out of a folder.

use std::{io, sync::Arc};

use super::{ArchiveError, Layout, Part, handles::Handles};
use crate::fs::{Dir, ReadAt};

/// The archive of a build, read out of the folder that the build lies in.
///
/// What it returns is not checked against any hash: the folder may have changed.
pub struct ArchiveReader {
    layout: Arc<Layout>,
    dir: Arc<dyn Dir>,
    open: Handles<dyn ReadAt>,
}

impl ArchiveReader {
    /// The archive with this layout, out of `dir`.
    pub fn new(layout: Arc<Layout>, dir: Arc<dyn Dir>) -> Self {
        Self { layout, dir, open: Handles::new() }
    }

    /// The layout.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// Closes the files that are kept open, so that others can replace or remove them (on Windows they can't
    /// before) and later reads see the new ones.
    pub fn close_files(&self) {
        self.open.clear();
    }

    /// Fills `buf` with the archive's bytes from `offset` on.
    ///
    /// # Errors
    /// Naming the file that is missing, short or unreadable; or [`ArchiveError::OutOfBounds`].
    pub fn read_exact(&self, buf: &mut [u8], offset: u64) -> Result<(), ArchiveError> {
        let (len, size) = (buf.len() as u64, self.layout.size());
        let end = offset.checked_add(len).filter(|end| *end <= size);
        let end = end.ok_or(ArchiveError::OutOfBounds { offset, len, size })?;
        let mut rest = buf;
        for segment in self.layout.segments(offset..end) {
            let n = usize::try_from(segment.at.end - segment.at.start).expect("a part of a buffer's length");
            let (now, later) = rest.split_at_mut(n);
            match segment.part {
                Part::Header(bytes) => now.copy_from_slice(&bytes),
                Part::Zeros => now.fill(0),
                Part::Content { file, offset } => self.read_content(file, now, offset)?,
            }
            rest = later;
        }
        Ok(())
    }

    fn read_content(&self, file: usize, buf: &mut [u8], offset: u64) -> Result<(), ArchiveError> {
        let member = &self.layout.members()[file];
        let read = self
            .open
            .get(file, || self.dir.open(&member.path))
            .and_then(|handle| handle.read_exact_at(buf, offset));
        read.map_err(|source| match source.kind() {
            io::ErrorKind::UnexpectedEof => {
                ArchiveError::Short { path: member.path.clone(), expected: member.size }
            }
            _ => ArchiveError::File { path: member.path.clone(), source },
        })
    }
}

impl ReadAt for ArchiveReader {
    fn size(&self) -> io::Result<u64> {
        Ok(self.layout.size())
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = self.layout.size().saturating_sub(offset);
        let n = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        self.read_exact(&mut buf[..n], offset.min(self.layout.size()))?;
        Ok(n)
    }
}
