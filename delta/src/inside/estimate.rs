//! About how long bytes are in a patch: some of them are aligned with what they are like, and packed lightly.

use std::io;

use mist_tree::fs::ReadAt;

use crate::{
    format::varint,
    matching::{
        align::{Region, align},
        suffix::SuffixIndex,
    },
};

/// Bytes that are looked at at a time.
const PIECE: u64 = 512 << 10;

/// Pieces that are looked at, spread over the whole.
const PIECES: u64 = 4;

/// Old bytes that a piece is aligned with.
const BESIDE: u64 = 2 << 20;

/// How hard zstd tries.
const LEVEL: i32 = 6;

/// Bytes of a file.
#[derive(Clone, Copy)]
pub(crate) struct Stretch<'f> {
    pub(crate) file: &'f dyn ReadAt,
    /// Where they start.
    pub(crate) at: u64,
    /// How many they are.
    pub(crate) len: u64,
}

impl Stretch<'_> {
    fn read(&self, at: u64, len: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(len).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut bytes, self.at + at)?;
        Ok(bytes)
    }

    /// Up to `most` bytes about the place that lies in here as `at` does in `of` bytes.
    fn around(&self, at: u64, of: u64, most: u64) -> io::Result<Vec<u8>> {
        let len = most.min(self.len);
        let middle = u128::from(at) * u128::from(self.len) / u128::from(of.max(1));
        let middle = u64::try_from(middle).unwrap_or(self.len);
        self.read(middle.saturating_sub(len / 2).min(self.len - len), len)
    }
}

/// About how many bytes `new` takes in a patch if `old` is there.
pub(crate) fn packed_len(new: Stretch<'_>, old: Stretch<'_>) -> io::Result<u64> {
    let pieces = new.len.div_ceil(PIECE);
    let (mut taken, mut packed) = (0, 0);
    for i in 0..pieces.min(PIECES) {
        let at = i * pieces / pieces.min(PIECES) * PIECE;
        let len = PIECE.min(new.len - at);
        let beside = old.around(at + len / 2, new.len, BESIDE)?;
        packed += packed_beside(&new.read(at, len)?, beside)?;
        taken += len;
    }
    let whole = u128::from(packed) * u128::from(new.len) / u128::from(taken.max(1));
    Ok(u64::try_from(whole).unwrap_or(u64::MAX))
}

fn packed_beside(new: &[u8], old: Vec<u8>) -> io::Result<u64> {
    let region = Region { text_at: 0, len: old.len() };
    let index = SuffixIndex::new(old);
    let (mut numbers, mut differences, mut literals) = (Vec::new(), Vec::new(), Vec::new());
    let (mut at, mut cursor) = (0, 0);
    for copy in align(new, &index, &[region], None, None) {
        literals.extend_from_slice(&new[at..copy.new_at]);
        varint::put(&mut numbers, (copy.new_at - at) as u64);
        varint::put(&mut numbers, copy.len as u64);
        varint::put(&mut numbers, varint::zigzag(copy.text_at as i64 - cursor));
        at = copy.new_at + copy.len;
        let old = &index.text()[copy.text_at..copy.text_at + copy.len];
        differences.extend(new[copy.new_at..at].iter().zip(old).map(|(n, o)| n.wrapping_sub(*o)));
        cursor = (copy.text_at + copy.len) as i64;
    }
    literals.extend_from_slice(&new[at..]);
    [numbers, differences, literals].iter().try_fold(0, |sum, bytes| {
        let packed = zstd::bulk::compress(bytes, LEVEL)?.len().min(bytes.len());
        Ok(sum + packed as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Bytes, noise};

    fn estimate(new: &[u8], old: &[u8]) -> u64 {
        let (new_file, old_file) = (Bytes(new.to_vec()), Bytes(old.to_vec()));
        let of = |file, len: usize| Stretch { file, at: 0, len: len as u64 };
        packed_len(of(&new_file, new.len()), of(&old_file, old.len())).unwrap()
    }

    #[test]
    fn what_is_known_costs_nothing_and_noise_costs_itself() {
        for len in [1, 1000, 600_000, 5_000_000] {
            let (new, other) = (noise(1, len), noise(2, len));
            assert!(estimate(&new, &new) < 200 + len as u64 / 10_000, "{len}");
            let cost = estimate(&new, &other);
            assert!((len as u64..=len as u64 + len as u64 / 1000 + 2).contains(&cost), "{len}: {cost}");
        }
        assert_eq!(estimate(&[], &noise(3, 100)), 0);
        assert_eq!(estimate(&noise(3, 100), &[]), 100);
    }

    #[test]
    fn differences_here_and_there_cost_little() {
        let old = noise(4, 1_500_000);
        let mut new = old.clone();
        for at in (0..new.len()).step_by(50) {
            new[at] ^= 0x55;
        }
        let cost = estimate(&new, &old);
        assert!((new.len() as u64 / 200..new.len() as u64 / 10).contains(&cost), "{cost}");
    }
}
