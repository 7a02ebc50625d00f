//! Integers of 1 to 10 bytes, seven bits each, lowest first (LEB128); signed ones zigzag.

use std::io::{self, Read};

use mist_proto::codec::DecodeError;

/// Appends `n`.
pub(crate) fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push((n & 0x7f) as u8);
}

/// A signed number as one without a sign: 0, -1, 1, -2 and so on.
pub(crate) fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)).cast_unsigned()
}

/// The signed number of [`zigzag`].
pub(crate) fn unzigzag(n: u64) -> i64 {
    (n >> 1).cast_signed() ^ -(n & 1).cast_signed()
}

/// Collects the bytes of one number.
#[derive(Default)]
struct Partial {
    value: u64,
    shift: u32,
}

impl Partial {
    /// Takes the next byte; the number once it is complete. Refuses over-long forms, so that a number has one.
    fn push(&mut self, byte: u8) -> Result<Option<u64>, DecodeError> {
        let bits = u64::from(byte & 0x7f);
        if self.shift > 63 || (self.shift == 63 && bits > 1) || (byte == 0 && self.shift > 0) {
            return Err(DecodeError::OutOfBounds);
        }
        self.value |= bits << self.shift;
        self.shift += 7;
        Ok((byte & 0x80 == 0).then_some(self.value))
    }
}

/// Takes a number off the front of `bytes`.
pub(crate) fn take(bytes: &mut &[u8]) -> Result<u64, DecodeError> {
    let mut partial = Partial::default();
    loop {
        let (&byte, rest) = bytes.split_first().ok_or(DecodeError::Truncated)?;
        *bytes = rest;
        if let Some(n) = partial.push(byte)? {
            return Ok(n);
        }
    }
}

/// Reads a number, or `None` if `input` is at its end.
pub(crate) fn read(input: &mut impl Read) -> io::Result<Option<u64>> {
    let mut partial = Partial::default();
    loop {
        let mut byte = [0];
        if input.read(&mut byte)? == 0 {
            return if partial.shift == 0 { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        if let Some(n) = partial.push(byte[0]).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))? {
            return Ok(Some(n));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn round_trip(n: u64, s: i64) {
            let mut bytes = Vec::new();
            put(&mut bytes, n);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(take(&mut rest), Ok(n));
            prop_assert!(rest.is_empty());
            prop_assert_eq!(read(&mut bytes.as_slice()).ok(), Some(Some(n)));
            prop_assert_eq!(unzigzag(zigzag(s)), s);
        }

        #[test]
        fn one_form_only(bytes in prop::collection::vec(any::<u8>(), 0..12)) {
            let mut rest = bytes.as_slice();
            if let Ok(n) = take(&mut rest) {
                let mut again = Vec::new();
                put(&mut again, n);
                prop_assert_eq!(&again[..], &bytes[..bytes.len() - rest.len()]);
            }
        }
    }

    #[test]
    fn refusals() {
        for bad in [
            &[][..],
            &[0x80],
            &[0x80, 0],
            &[0xff; 10],
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2],
        ] {
            assert!(take(&mut &*bad).is_err(), "{bad:x?}");
        }
    }
}
