//! A new file while it is made: as the recipe says, out of bytes of the new space.

use std::collections::VecDeque;

use mist_proto::limits;
use mist_tree::fs::Dir;
use mist_zlib::Deflater;

use crate::{format::header::NewFile, inside::recipe::Part};

use super::{
    ApplyError,
    output::{Finished, StagedFile},
};

/// Deflated bytes that are handled at a time.
const BUFFER: usize = 64 << 10;

/// Takes the bytes of the new space that a file is made of.
pub(super) struct Making<'a> {
    file: StagedFile<'a>,
    /// Whether the file is complete already and only its share of the new space has to pass.
    done: bool,
    parts: VecDeque<Part>,
    /// Bytes that the first part still takes, and that all parts do.
    part_left: u64,
    left: u64,
    deflater: Option<Deflater>,
}

impl<'a> Making<'a> {
    pub(super) fn new(
        staging: &'a dyn Dir,
        entry: &'a NewFile,
        done: bool,
        parts: VecDeque<Part>,
    ) -> Result<Self, ApplyError> {
        let left = parts.iter().try_fold(0u64, |sum, p| sum.checked_add(p.plain_len()));
        let left = left.filter(|&n| n <= limits::MAX_BLOB);
        let left = left.ok_or_else(|| ApplyError::malformed("a recipe over its bound"))?;
        let file = StagedFile::create(staging, entry, done)?;
        let part_left = parts.front().map_or(0, |p| p.plain_len());
        Ok(Self { file, done, parts, part_left, left, deflater: None })
    }

    /// Bytes of the new space that it still takes.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// Takes the next bytes, at most [`Making::left`].
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> Result<(), ApplyError> {
        self.left -= bytes.len() as u64;
        while !bytes.is_empty() {
            while self.part_left == 0 {
                self.parts.pop_front();
                let Some(next) = self.parts.front() else {
                    return Err(ApplyError::malformed("bytes after a file's last part"));
                };
                self.part_left = next.plain_len();
            }
            let n = usize::try_from(self.part_left).unwrap_or(usize::MAX).min(bytes.len());
            let (now, later) = bytes.split_at(n);
            self.part_left -= n as u64;
            bytes = later;
            match self.parts.front() {
                _ if self.done => {}
                Some(Part::Deflate { settings, .. }) => {
                    let deflater = match self.deflater.take() {
                        Some(going_on) => going_on,
                        None => Deflater::new(*settings)
                            .map_err(|e| ApplyError::Malformed(std::io::Error::other(e)))?,
                    };
                    self.deflate(deflater, now)?;
                }
                _ => self.file.write(now)?,
            }
        }
        Ok(())
    }

    fn deflate(&mut self, mut deflater: Deflater, mut plain: &[u8]) -> Result<(), ApplyError> {
        let last = self.part_left == 0;
        let mut buf = vec![0; BUFFER];
        loop {
            let step = deflater
                .run(plain, &mut buf, last)
                .map_err(|e| ApplyError::Malformed(std::io::Error::other(e)))?;
            plain = &plain[step.taken..];
            self.file.write(&buf[..step.made])?;
            if step.ended {
                return Ok(());
            }
            if !last && plain.is_empty() && step.made < buf.len() {
                self.deflater = Some(deflater);
                return Ok(());
            }
        }
    }

    /// Completes the file once nothing is left. None if it was done before.
    pub(super) fn finish(self) -> Result<Option<Finished>, ApplyError> {
        if self.done {
            return Ok(None);
        }
        if self.file.left() > 0 {
            return Err(ApplyError::malformed("a file stays under its size"));
        }
        self.file.finish().map(Some)
    }
}
