//! Bits of a deflate stream, lowest first.

#![expect(clippy::cast_possible_truncation, reason = "the lowest bits are wanted")]

use std::io;

use crate::inside::packed::Packed;

use super::codes::{Decoding, Found};

/// Why bits could not be read.
#[derive(Debug)]
pub(super) enum NoBits {
    /// They end, or mean nothing.
    Malformed,
    /// The bytes could not be read.
    Read(io::Error),
}

/// Reads bits and consumes just the bytes that they are in.
pub(super) struct BitReader<'p, 'f> {
    packed: &'p mut Packed<'f>,
    /// A copy of what `packed` shows, of which nothing is consumed yet.
    bytes: Vec<u8>,
    at: usize,
    /// Bits that are waiting, and how many. Whole bytes among them are always of `bytes`.
    bits: u64,
    have: u32,
}

impl<'p, 'f> BitReader<'p, 'f> {
    pub(super) fn new(packed: &'p mut Packed<'f>) -> Self {
        Self { packed, bytes: Vec::new(), at: 0, bits: 0, have: 0 }
    }

    /// Takes as many bytes as there are at hand, for at least 56 bits.
    fn refill(&mut self) {
        if let Some(next) = self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            let more = (63 - self.have) >> 3;
            let word = u64::from_le_bytes(*next) & ((1 << (8 * more)) - 1);
            self.bits |= word << self.have;
            self.have += 8 * more;
            self.at += more as usize;
        }
    }

    /// Takes one more byte.
    fn pull(&mut self) -> Result<(), NoBits> {
        if self.at == self.bytes.len() {
            self.packed.consume(self.bytes.len());
            self.bytes.clear();
            self.bytes.extend_from_slice(self.packed.fill().map_err(NoBits::Read)?);
            self.at = 0;
        }
        let byte = *self.bytes.get(self.at).ok_or(NoBits::Malformed)?;
        self.at += 1;
        self.bits |= u64::from(byte) << self.have;
        self.have += 8;
        Ok(())
    }

    /// The next `n` bits, at most 16.
    pub(super) fn take(&mut self, n: u32) -> Result<u16, NoBits> {
        if self.have < n {
            self.refill();
            while self.have < n {
                self.pull()?;
            }
        }
        let taken = self.bits & ((1 << n) - 1);
        self.drop(n);
        Ok(taken as u16)
    }

    /// The symbol of the next code.
    pub(super) fn symbol(&mut self, decoding: &Decoding) -> Result<u16, NoBits> {
        if self.have < 15 {
            self.refill();
        }
        loop {
            match decoding.find(self.bits, self.have) {
                Found::Symbol(symbol, len) => {
                    self.drop(len);
                    return Ok(symbol);
                }
                Found::More => self.pull()?,
                Found::Nothing => return Err(NoBits::Malformed),
            }
        }
    }

    /// The bits up to the next whole byte.
    pub(super) fn padding(&mut self) -> Result<u8, NoBits> {
        Ok(self.take(self.have % 8)?.to_le_bytes()[0])
    }

    /// Passes over so many whole bytes; the bits before them were taken.
    pub(super) fn skip(&mut self, mut bytes: u64) -> Result<(), NoBits> {
        while bytes > 0 {
            if self.have == 0 && self.at < self.bytes.len() {
                let n = (self.bytes.len() - self.at).min(usize::try_from(bytes).unwrap_or(usize::MAX));
                self.at += n;
                bytes -= n as u64;
            } else {
                self.take(8)?;
                bytes -= 1;
            }
        }
        Ok(())
    }

    fn drop(&mut self, n: u32) {
        self.bits >>= n;
        self.have -= n;
    }

    /// Gives back the whole bytes that no bit was taken of.
    pub(super) fn finish(self) {
        let unused = self.have as usize / 8;
        self.packed.consume(self.at - unused);
    }
}

/// Collects bits into bytes.
#[derive(Default)]
pub(super) struct BitWriter {
    pub(super) bytes: Vec<u8>,
    bits: u64,
    have: u32,
}

impl BitWriter {
    /// Appends `n` bits, at most 16.
    pub(super) fn put(&mut self, bits: u16, n: u32) {
        self.bits |= u64::from(bits) << self.have;
        self.have += n;
        while self.have >= 8 {
            self.bytes.push(self.bits as u8);
            self.bits >>= 8;
            self.have -= 8;
        }
    }

    /// How many bits are missing to a whole byte.
    pub(super) fn missing(&self) -> u32 {
        (8 - self.have) % 8
    }
}
