//! Which bytes of a segment's copies differ.

use std::io;

use super::segment::{Stream, Streams};

/// Where in the runs of equal and differing bytes the copies of a segment are. After the last run all bytes are equal.
#[derive(Default)]
pub(crate) struct Runs {
    equal: u64,
    differing: u64,
    ended: bool,
}

impl Runs {
    /// How many of the next `most` bytes are equal, and how many after them differ. Together they may be fewer than
    /// `most`; then another run follows.
    pub(crate) fn next(&mut self, most: u64, streams: &mut Streams<'_>) -> io::Result<(u64, u64)> {
        if self.equal == 0 && self.differing == 0 && !self.ended {
            match streams.number(Stream::Runs)? {
                None => self.ended = true,
                Some(equal) => {
                    self.equal = equal;
                    let differing = streams.number(Stream::Runs)?;
                    self.differing = differing.ok_or(io::ErrorKind::UnexpectedEof)?;
                }
            }
        }
        if self.ended {
            return Ok((most, 0));
        }
        let equal = self.equal.min(most);
        self.equal -= equal;
        let differing = self.differing.min(most - equal);
        self.differing -= differing;
        Ok((equal, differing))
    }
}
