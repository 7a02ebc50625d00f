//! Which pieces of a blob somebody has.

/// A set of pieces of one blob: a bitmap of fixed length.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PieceSet {
    /// Lowest bit first; bits from `len` on are 0.
    words: Vec<u64>,
    len: u64,
    count: u64,
}

impl PieceSet {
    /// The empty set over `len` pieces.
    pub fn new(len: u64) -> Self {
        let words = usize::try_from(len.div_ceil(64)).expect("a bitmap fits the address space");
        Self { words: vec![0; words], len, count: 0 }
    }

    /// All of `len` pieces.
    pub fn full(len: u64) -> Self {
        let mut this = Self::new(len);
        this.words.fill(u64::MAX);
        if let (Some(last), 1..) = (this.words.last_mut(), len % 64) {
            *last = (1 << (len % 64)) - 1;
        }
        this.count = len;
        this
    }

    /// Pieces that the blob has, in the set or not.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether the set holds no piece.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether the set holds every piece.
    pub fn is_complete(&self) -> bool {
        self.count == self.len
    }

    /// Pieces in the set.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Adds a piece; `false` if it was there, or is none of the blob's.
    pub fn insert(&mut self, piece: u64) -> bool {
        match self.slot(piece) {
            Some((word, bit)) if self.words[word] & bit == 0 => {
                self.words[word] |= bit;
                self.count += 1;
                true
            }
            _ => false,
        }
    }

    /// Takes a piece out; `false` if it was not there.
    pub fn remove(&mut self, piece: u64) -> bool {
        match self.slot(piece) {
            Some((word, bit)) if self.words[word] & bit != 0 => {
                self.words[word] &= !bit;
                self.count -= 1;
                true
            }
            _ => false,
        }
    }

    /// Whether the piece is in the set.
    pub fn contains(&self, piece: u64) -> bool {
        self.slot(piece).is_some_and(|(word, bit)| self.words[word] & bit != 0)
    }

    /// The pieces in the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.words.iter().enumerate().flat_map(|(i, &word)| bits(i, word))
    }

    /// Adds all of `other`, which must be over as many pieces; others are ignored.
    pub fn insert_all(&mut self, other: &Self) {
        if self.len == other.len {
            self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
            self.recount();
        }
    }

    /// Takes all of `other` out, which must be over as many pieces; others are ignored.
    pub fn remove_all(&mut self, other: &Self) {
        if self.len == other.len {
            self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
            self.recount();
        }
    }

    /// Whether every piece of `other` is in this set.
    pub fn contains_all(&self, other: &Self) -> bool {
        self.len == other.len && self.words.iter().zip(&other.words).all(|(a, b)| b & !a == 0)
    }

    /// One bit a piece, lowest bit first, `len / 8` bytes rounded up.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out: Vec<u8> = self.words.iter().flat_map(|w| w.to_le_bytes()).collect();
        out.truncate(usize::try_from(self.len.div_ceil(8)).unwrap_or(usize::MAX));
        out
    }

    /// The set over `len` pieces written by [`Self::to_bytes`]; `None` if the length or a bit after the end is wrong.
    pub fn from_bytes(len: u64, bytes: &[u8]) -> Option<Self> {
        if bytes.len() as u64 != len.div_ceil(8) {
            return None;
        }
        let mut this = Self::new(len);
        this.merge_bytes(0, bytes).then_some(this)
    }

    /// Adds the pieces of a bitmap that starts at piece `first`, which must be a multiple of 64. Returns `false` and
    /// changes nothing if a bit lies behind the last piece.
    pub fn merge_bytes(&mut self, first: u64, bytes: &[u8]) -> bool {
        let last = bytes.iter().rposition(|&b| b != 0);
        let end = last.map_or(first, |i| first + i as u64 * 8 + u64::from(8 - bytes[i].leading_zeros()));
        let (true, Ok(start)) = (first.is_multiple_of(64) && end <= self.len, usize::try_from(first / 64))
        else {
            return false;
        };
        for (i, chunk) in bytes.chunks(8).enumerate() {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            if let Some(w) = self.words.get_mut(start + i) {
                *w |= u64::from_le_bytes(word);
            }
        }
        self.recount();
        true
    }

    /// Up to `limit` pieces that are in both sets, from piece `start` on and around the end.
    pub fn common<'a>(&'a self, other: &'a Self, start: u64, limit: usize) -> impl Iterator<Item = u64> + 'a {
        let words = self.words.len().min(other.words.len());
        let from = usize::try_from(start / 64).unwrap_or(0);
        (0..words)
            .map(move |i| (from + i) % words)
            .flat_map(|i| bits(i, self.words[i] & other.words[i]))
            .take(limit)
    }

    fn recount(&mut self) {
        self.count = self.words.iter().map(|w| u64::from(w.count_ones())).sum();
    }

    fn slot(&self, piece: u64) -> Option<(usize, u64)> {
        let word = usize::try_from(piece / 64).ok()?;
        (piece < self.len).then_some((word, 1 << (piece % 64)))
    }
}

/// The pieces of the word with index `i`.
fn bits(i: usize, word: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(word), |w| Some(w & w.wrapping_sub(1)))
        .take_while(|&w| w != 0)
        .map(move |w| i as u64 * 64 + u64::from(w.trailing_zeros()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edges() {
        for len in [0, 1, 7, 8, 63, 64, 65, 128, 1000] {
            let full = PieceSet::full(len);
            assert!(full.is_complete());
            assert_eq!(full.iter().count() as u64, len);
            assert_eq!(full.to_bytes().len() as u64, len.div_ceil(8));
            assert_eq!(PieceSet::from_bytes(len, &full.to_bytes()), Some(full.clone()));
            assert!(!full.contains(len) && !full.clone().insert(len));
            assert!(full.contains_all(&PieceSet::new(len)));
            assert_eq!(PieceSet::from_bytes(len, &vec![0xff; full.to_bytes().len()]).is_some(), len % 8 == 0);
        }
    }

    proptest! {
        #[test]
        fn behaves_as_a_set(len in 1u64..300, ops in proptest::collection::vec((0u64..320, any::<bool>()), 0..200)) {
            let (mut ours, mut model) = (PieceSet::new(len), BTreeSet::new());
            for (piece, add) in ops {
                let changed = if add { piece < len && model.insert(piece) } else { model.remove(&piece) };
                prop_assert_eq!(if add { ours.insert(piece) } else { ours.remove(piece) }, changed);
            }
            prop_assert_eq!(ours.count(), model.len() as u64);
            prop_assert_eq!(ours.iter().collect::<Vec<_>>(), model.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(PieceSet::from_bytes(len, &ours.to_bytes()), Some(ours));
        }
    }
}
