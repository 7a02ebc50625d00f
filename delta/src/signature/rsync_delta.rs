//! The delta that `fast_rsync` writes, as far as it tells where bytes come from.
//!
//! Format: librsync's (`rdiff`), of which `fast_rsync` writes literals of any length, copies and the end; numbers are
//! big-endian.

use mist_proto::codec::DecodeError;

/// A step of a delta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Bytes that the delta brings.
    Literal(u64),
    /// Bytes of the signed content.
    Copy { from: u64, len: u64 },
}

/// Magic of a delta.
const DELTA_MAGIC: [u8; 4] = 0x7273_0236_u32.to_be_bytes();
const END: u8 = 0;
/// Up to here a command is itself the length of a literal.
const LITERAL_LAST: u8 = 0x40;
/// Literals with a length of 1, 2, 4 or 8 bytes; then copies with every pair of widths.
const LITERAL_WIDE: u8 = 0x41;
const COPY: u8 = 0x45;
const COPY_LAST: u8 = 0x54;

/// Hands every step of `delta` to `take`, in order.
pub(super) fn read(mut delta: &[u8], mut take: impl FnMut(Step)) -> Result<(), DecodeError> {
    if bytes(&mut delta, DELTA_MAGIC.len())? != DELTA_MAGIC {
        return Err(DecodeError::UnknownTag);
    }
    loop {
        let command = bytes(&mut delta, 1)?[0];
        let literal = match command {
            END if delta.is_empty() => return Ok(()),
            END => return Err(DecodeError::Trailing),
            1..=LITERAL_LAST => u64::from(command),
            LITERAL_WIDE..COPY => number(&mut delta, command - LITERAL_WIDE)?,
            COPY..=COPY_LAST => {
                let widths = command - COPY;
                let from = number(&mut delta, widths / 4)?;
                take(Step::Copy { from, len: number(&mut delta, widths % 4)? });
                continue;
            }
            _ => return Err(DecodeError::UnknownTag),
        };
        bytes(&mut delta, usize::try_from(literal).map_err(|_| DecodeError::Truncated)?)?;
        take(Step::Literal(literal));
    }
}

fn bytes<'d>(delta: &mut &'d [u8], n: usize) -> Result<&'d [u8], DecodeError> {
    let (head, tail) = delta.split_at_checked(n).ok_or(DecodeError::Truncated)?;
    *delta = tail;
    Ok(head)
}

/// A number of 2 to the power of `width` bytes.
fn number(delta: &mut &[u8], width: u8) -> Result<u64, DecodeError> {
    Ok(bytes(delta, 1 << width)?.iter().fold(0, |n, &b| n << 8 | u64::from(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(delta: &[u8]) -> Result<Vec<Step>, DecodeError> {
        let mut steps = Vec::new();
        read(delta, |s| steps.push(s)).map(|()| steps)
    }

    #[test]
    fn reads_what_fast_rsync_writes() {
        let old: Vec<u8> = (0..40_000u32).flat_map(|n| n.to_le_bytes()).collect();
        let options = fast_rsync::SignatureOptions { block_size: 1024, crypto_hash_size: 6 };
        let signature = fast_rsync::Signature::calculate(&old, options);
        for literal in [1, 64, 65, 255, 256, 70_000] {
            let new = [&old[2048..8192], &vec![7; literal], &old[100_352..101_376]].concat();
            let mut delta = Vec::new();
            fast_rsync::diff(&signature.index(), &new, &mut delta).unwrap();
            let expected = [
                Step::Copy { from: 2048, len: 6144 },
                Step::Literal(literal as u64),
                Step::Copy { from: 100_352, len: 1024 },
            ];
            assert_eq!(steps(&delta), Ok(expected.to_vec()), "{literal}");
        }
    }

    #[test]
    fn refusals() {
        for bad in [
            &b""[..],
            b"rs\x02\x35\0",
            b"rs\x02\x36",
            b"rs\x02\x36\x03ab",
            b"rs\x02\x36\x41\x03ab",
            b"rs\x02\x36\x45\x01",
            b"rs\x02\x36\x55\0",
            b"rs\x02\x36\0\0",
        ] {
            assert!(steps(bad).is_err(), "{bad:x?}");
        }
    }
}
