//! A new file while it is made: as the recipe says, out of bytes of the new space.

use std::{collections::VecDeque, io};

use mist_proto::limits;

use crate::inside::{Maker, Unmade, Wrapping, deflate::Deflating, recipe::Part};

use super::{
    ApplyError,
    output::{Finished, Output},
};

/// Takes the bytes of the new space that a file is made of.
pub(super) struct Making<'a> {
    file: Output<'a>,
    /// Whether the file is complete already and only its share of the new space has to pass.
    done: bool,
    parts: VecDeque<Part>,
    /// Bytes that the first part still takes, and that all parts do.
    part_left: u64,
    left: u64,
    /// The stream that is being made, if one is.
    deflating: Option<Deflating>,
    /// The parse of the next one, as far as it has come.
    parse: Vec<u8>,
}

impl<'a> Making<'a> {
    pub(super) fn new(file: Output<'a>, done: bool, parts: VecDeque<Part>) -> Result<Self, ApplyError> {
        let left = parts.iter().try_fold(0u64, |sum, p| sum.checked_add(p.taken_len()));
        let left = left.filter(|&n| n <= limits::MAX_BLOB);
        let left = left.ok_or_else(|| ApplyError::malformed("a recipe over its bound"))?;
        let part_left = parts.front().map_or(0, |p| p.taken_len());
        Ok(Self { file, done, parts, part_left, left, deflating: None, parse: Vec::new() })
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
                self.part_left = next.taken_len();
            }
            let n = usize::try_from(self.part_left).unwrap_or(usize::MAX).min(bytes.len());
            let (now, later) = bytes.split_at(n);
            self.part_left -= n as u64;
            bytes = later;
            match self.parts.front() {
                _ if self.done => {}
                Some(&Part::Stream { plain, maker, wrapping }) => {
                    self.deflate(now, plain, maker, wrapping)?
                }
                _ => self.file.write(now)?,
            }
        }
        Ok(())
    }

    /// Takes the next bytes of a part, of which its parse comes first.
    fn deflate(
        &mut self,
        mut bytes: &[u8],
        plain: u64,
        maker: Maker,
        wrapping: Wrapping,
    ) -> Result<(), ApplyError> {
        if self.deflating.is_none() {
            // At most `MAX_PARSE`.
            let missing = usize::try_from(maker.parse_len()).unwrap_or(usize::MAX) - self.parse.len();
            let (parse, rest) = bytes.split_at(missing.min(bytes.len()));
            self.parse.extend_from_slice(parse);
            bytes = rest;
            if parse.len() < missing {
                return Ok(());
            }
        }
        let mut deflating = match (self.deflating.take(), maker) {
            (Some(going_on), _) => going_on,
            (None, Maker::Encoder(encoder)) => Deflating::by_encoder(plain, encoder, wrapping)?,
            (None, Maker::Parse { .. }) => {
                Deflating::by_parse(plain, std::mem::take(&mut self.parse), wrapping)
            }
        };
        deflating.take(bytes, &mut |bytes: &[u8]| self.file.write(bytes))?;
        self.deflating = Some(deflating).filter(|_| self.part_left > 0);
        Ok(())
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

impl From<Unmade> for ApplyError {
    fn from(e: Unmade) -> Self {
        Self::Malformed(io::Error::other(e))
    }
}
