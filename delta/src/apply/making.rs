//! A new file while it is made: as the recipe says, out of bytes of the new space.

use std::io;

use mist_proto::limits;

use crate::inside::{
    Maker, Unmade, Wrapping,
    deflate::Deflating,
    recipe::{Part, Parts},
};

use super::{
    ApplyError,
    ahead::{Ahead, Limits},
    output::{Finished, Output},
};

/// A stream's encoder besides what it counts itself, and what is packed longer than it is plain: a bound, in bytes.
const ENCODER: u64 = 512 << 10;

/// Making so few plain bytes takes no longer than to have them made, in bytes.
const SMALL: u64 = 8 << 10;

/// Takes the bytes of the new space that a file is made of.
pub(super) struct Making<'a> {
    file: Output<'a>,
    /// Whether the file is complete already and only its share of the new space has to pass.
    done: bool,
    parts: Parts,
    /// Bytes that the first part still takes, and that all parts do.
    part_left: u64,
    left: u64,
    /// What comes before the next bytes and is not written yet.
    ahead: Ahead,
    /// The stream that is being made as it comes, if one is.
    deflating: Option<Deflating>,
    /// What has come of the next stream: all of it if it is made ahead, or else its parse.
    waiting: Vec<u8>,
}

impl<'a> Making<'a> {
    pub(super) fn new(
        file: Output<'a>,
        done: bool,
        parts: Parts,
        limits: Limits,
    ) -> Result<Self, ApplyError> {
        let left = parts.iter().try_fold(0u64, |sum, p| sum.checked_add(p.taken_len()));
        let left = left.filter(|&n| n <= limits::MAX_BLOB);
        let left = left.ok_or_else(|| ApplyError::malformed("a recipe over its bound"))?;
        let part_left = parts.front().map_or(0, |p| p.taken_len());
        let ahead = Ahead::new(limits);
        Ok(Self { file, done, parts, part_left, left, ahead, deflating: None, waiting: Vec::new() })
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
                Some(Part::Stream { plain, maker, wrapping }) => {
                    let cost = 2 * plain + maker.parse_len() + maker.memory(wrapping) + ENCODER;
                    if self.ahead.may_take(cost) {
                        self.make_ahead(now, cost, plain, maker, wrapping)?;
                    } else {
                        self.deflate(now, plain, maker, wrapping)?;
                    }
                }
                _ => self.ahead.write(now, &mut self.file)?,
            }
        }
        Ok(())
    }

    /// Takes the next bytes of a part, and has its stream made once they are all here.
    fn make_ahead(
        &mut self,
        bytes: &[u8],
        cost: u64,
        plain: u64,
        maker: Maker,
        wrapping: Wrapping,
    ) -> Result<(), ApplyError> {
        self.waiting.extend_from_slice(bytes);
        if self.part_left > 0 {
            return Ok(());
        }
        let mut parse = std::mem::take(&mut self.waiting);
        let make = move || {
            let text = parse.split_off(usize::try_from(maker.parse_len()).unwrap_or(usize::MAX));
            let mut made = Vec::with_capacity(text.len() / 2);
            let mut deflating = start(plain, maker, wrapping, parse)?;
            deflating.take(&text, &mut |bytes: &[u8]| {
                made.extend_from_slice(bytes);
                Ok::<_, Unmade>(())
            })?;
            Ok(made)
        };
        if plain <= SMALL {
            self.ahead.write(&make()?, &mut self.file)
        } else {
            self.ahead.stream(cost, make, &mut self.file)
        }
    }

    /// Takes the next bytes of a part, of which its parse comes first, and makes of them what can be made.
    fn deflate(
        &mut self,
        mut bytes: &[u8],
        plain: u64,
        maker: Maker,
        wrapping: Wrapping,
    ) -> Result<(), ApplyError> {
        if self.deflating.is_none() {
            // At most `MAX_PARSE`.
            let missing = usize::try_from(maker.parse_len()).unwrap_or(usize::MAX) - self.waiting.len();
            let (parse, rest) = bytes.split_at(missing.min(bytes.len()));
            self.waiting.extend_from_slice(parse);
            bytes = rest;
            if parse.len() < missing {
                return Ok(());
            }
        }
        self.ahead.finish(&mut self.file)?;
        let mut deflating = match self.deflating.take() {
            Some(going_on) => going_on,
            None => start(plain, maker, wrapping, std::mem::take(&mut self.waiting))?,
        };
        deflating.take(bytes, &mut |bytes: &[u8]| self.file.write(bytes))?;
        self.deflating = Some(deflating).filter(|_| self.part_left > 0);
        Ok(())
    }

    /// Completes the file once nothing is left. None if it was done before.
    pub(super) fn finish(mut self) -> Result<Option<Finished>, ApplyError> {
        if self.done {
            return Ok(None);
        }
        self.ahead.finish(&mut self.file)?;
        if self.file.left() > 0 {
            return Err(ApplyError::malformed("a file stays under its size"));
        }
        self.file.finish().map(Some)
    }
}

/// Starts a stream of `plain` bytes, whose parse is empty if it is not made by one.
fn start(plain: u64, maker: Maker, wrapping: Wrapping, parse: Vec<u8>) -> Result<Deflating, Unmade> {
    match maker {
        Maker::Encoder(encoder) => Deflating::by_encoder(plain, encoder, wrapping),
        Maker::Parse { .. } => Ok(Deflating::by_parse(plain, parse, wrapping)),
    }
}

impl From<Unmade> for ApplyError {
    fn from(e: Unmade) -> Self {
        Self::Malformed(io::Error::other(e))
    }
}
