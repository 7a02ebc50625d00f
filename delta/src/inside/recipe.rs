//! How a new file is made of bytes as they are and of deflate streams that are made again.

use std::{
    collections::VecDeque,
    io::{self, Read},
};

use mist_proto::codec::DecodeError;
use mist_zlib::Settings;

use crate::format::{MAX_STREAM, varint};

/// A part of a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Bytes as they are.
    Raw {
        /// How many.
        len: u64,
    },
    /// Bytes to deflate.
    Deflate {
        /// How many there are before.
        plain: u64,
        /// The encoder's settings.
        settings: Settings,
    },
}

impl Part {
    /// Bytes that the part takes from the new space.
    pub(crate) fn plain_len(self) -> u64 {
        match self {
            Self::Raw { len } => len,
            Self::Deflate { plain, .. } => plain,
        }
    }
}

const WHOLE: u8 = 0;
const PARTS: u8 = 1;

/// Writes the recipe of a file.
pub(crate) fn encode(parts: &[Part]) -> Vec<u8> {
    if matches!(parts, [] | [Part::Raw { .. }]) {
        return vec![WHOLE];
    }
    let mut out = vec![PARTS];
    varint::put(&mut out, parts.len() as u64);
    for part in parts {
        match *part {
            Part::Raw { len } => varint::put(&mut out, len << 1),
            Part::Deflate { plain, settings } => {
                varint::put(&mut out, plain << 1 | 1);
                out.extend([settings.level(), settings.memory()]);
            }
        }
    }
    out
}

/// Reads the recipe of a file of `size` bytes.
pub(crate) fn decode(input: &mut impl Read, size: u64) -> io::Result<VecDeque<Part>> {
    let invalid = |e: DecodeError| io::Error::new(io::ErrorKind::InvalidData, e);
    let mut byte = || -> io::Result<u8> {
        let mut b = [0];
        input.read_exact(&mut b)?;
        Ok(b[0])
    };
    match byte()? {
        WHOLE => return Ok(VecDeque::from([Part::Raw { len: size }])),
        PARTS => {}
        _ => return Err(invalid(DecodeError::UnknownTag)),
    }
    let mut number = || varint::read(input)?.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof));
    let count = number()?;
    if count > MAX_STREAM {
        return Err(invalid(DecodeError::OutOfBounds));
    }
    // Each part takes a byte at least of a stream that is bounded, so the list is too.
    let mut parts = VecDeque::new();
    for _ in 0..count {
        let tagged = number()?;
        if tagged == 1 {
            return Err(invalid(DecodeError::Invalid("an empty deflate stream")));
        }
        parts.push_back(if tagged & 1 == 0 {
            Part::Raw { len: tagged >> 1 }
        } else {
            let level = u8::try_from(number()?).ok();
            let memory = u8::try_from(number()?).ok();
            let settings = level.zip(memory).and_then(|(l, m)| Settings::new(l, m));
            let settings = settings.ok_or_else(|| invalid(DecodeError::OutOfBounds))?;
            Part::Deflate { plain: tagged >> 1, settings }
        });
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        let settings = Settings::new(9, 8).unwrap();
        for parts in [
            vec![Part::Raw { len: 77 }],
            vec![Part::Raw { len: 1 << 40 }, Part::Deflate { plain: 300, settings }, Part::Raw { len: 0 }],
        ] {
            assert_eq!(decode(&mut encode(&parts).as_slice(), 77).unwrap(), parts);
        }
    }

    #[test]
    fn refusals() {
        for bad in [
            &[][..],
            &[2],
            &[1, 1],
            &[1, 1, 3, 0, 8],
            &[1, 1, 1, 6, 8],
            &[1, 1, 3, 6, 10],
            &[1, 0xff, 0xff, 0xff, 0xff, 0xf],
        ] {
            assert!(decode(&mut &*bad, 1).is_err(), "{bad:x?}");
        }
    }
}
