//! Which bytes of a segment's copies differ, and by what.
//!
//! A run of differing bytes is a number, the lowest byte first, and what it is made of is how much the new number is
//! more than the old one, modulo the power of 256 that it has bytes. So an address that grew by as much as others makes
//! the same bytes, whether a byte of it overflowed or not. Before version 3, every byte was a number of its own.

use std::io;

use super::{
    Version,
    segment::{Stream, Streams},
};

/// Bytes of differences that are held at a time.
const STEP: usize = 4096;

/// How much the number `new` is more than the number `old`, which has as many bytes.
pub(crate) fn difference<'n>(new: &'n [u8], old: &'n [u8]) -> impl Iterator<Item = u8> + 'n {
    new.iter().zip(old).scan(false, |borrow, (&n, &o)| {
        let (d, below) = n.overflowing_sub(o);
        let (d, still_below) = d.overflowing_sub(u8::from(*borrow));
        *borrow = below || still_below;
        Some(d)
    })
}

/// Adds `difference` to the number `bytes`, whose lower bytes carried over as `carry` says.
fn add(bytes: &mut [u8], difference: &[u8], carry: &mut bool) {
    for (b, &d) in bytes.iter_mut().zip(difference) {
        let (sum, over) = b.overflowing_add(d);
        let (sum, still_over) = sum.overflowing_add(u8::from(*carry));
        *b = sum;
        *carry = over || still_over;
    }
}

/// Where in the runs of equal and differing bytes the copies of a segment are. After the last run all bytes are equal.
pub(crate) struct Runs {
    equal: u64,
    differing: u64,
    /// What the differing bytes come from.
    stream: Stream,
    carry: bool,
    ended: bool,
}

impl Default for Runs {
    fn default() -> Self {
        Self { equal: 0, differing: 0, stream: Stream::Differences(1), carry: false, ended: false }
    }
}

impl Runs {
    /// How many of the next `most` bytes are equal, and how many after them differ. Together they may be fewer than
    /// `most`; then another run follows.
    pub(crate) fn next(&mut self, most: u64, streams: &mut Streams<'_>) -> io::Result<(u64, u64)> {
        if self.equal == 0 && self.differing == 0 && !self.ended {
            match streams.number(Stream::Runs)? {
                None => self.ended = true,
                Some(equal) => {
                    let differing = streams.number(Stream::Runs)?;
                    self.differing = differing.ok_or(io::ErrorKind::UnexpectedEof)?;
                    self.equal = equal;
                    self.stream = Stream::differences(self.differing, streams.version());
                    self.carry = false;
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

    /// Turns the next old bytes of the copies into new ones.
    pub(crate) fn apply(&mut self, mut bytes: &mut [u8], streams: &mut Streams<'_>) -> io::Result<()> {
        let mut difference = [0; STEP];
        while !bytes.is_empty() {
            let (equal, differing) = self.next(bytes.len() as u64, streams)?;
            // Both are at most as long as the bytes.
            let (equal, differing) = (
                usize::try_from(equal).unwrap_or(usize::MAX),
                usize::try_from(differing).unwrap_or(usize::MAX),
            );
            let (now, later) = bytes[equal..].split_at_mut(differing);
            for part in now.chunks_mut(STEP) {
                let difference = &mut difference[..part.len()];
                streams.fill(self.stream, difference)?;
                if streams.version() < Version::Three {
                    part.iter_mut().zip(difference).for_each(|(b, d)| *b = b.wrapping_add(*d));
                } else {
                    add(part, difference, &mut self.carry);
                }
            }
            bytes = later;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn old_and_difference_make_new(
            pairs in prop::collection::vec(any::<(u8, u8)>(), 0..20),
            cut in 0usize..20,
        ) {
            let (old, new): (Vec<u8>, Vec<u8>) = pairs.into_iter().unzip();
            let difference: Vec<u8> = difference(&new, &old).collect();
            let mut made = old;
            let (low, high) = made.split_at_mut(cut.min(new.len()));
            let mut carry = false;
            add(low, &difference[..low.len()], &mut carry);
            add(high, &difference[low.len()..], &mut carry);
            prop_assert_eq!(made, new);
        }
    }

    #[test]
    fn equal_steps_make_equal_differences() {
        let step =
            |from: u32| difference(&(from + 0x1234).to_le_bytes(), &from.to_le_bytes()).collect::<Vec<u8>>();
        assert_eq!(step(0x10_0000), [0x34, 0x12, 0, 0]);
        assert_eq!(step(0x10_00ff), [0x34, 0x12, 0, 0]);
        assert_eq!(step(0x00ff_feff), [0x34, 0x12, 0, 0]);
    }
}
