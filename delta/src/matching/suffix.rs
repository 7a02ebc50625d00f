//! Longest matches of any string in a text, by suffix array.

use libsais::SuffixArrayConstruction;

/// Length of the strings in the filter, and so of the shortest match that can be asked for, in bytes.
pub(crate) const MIN_MATCH: usize = 8;

/// The largest text that an index may hold, in bytes: positions are 31 bits wide.
pub(crate) const MAX_TEXT: usize = (1 << 31) - 64;

/// Bytes of memory that an index takes for each byte of its text, the text included: 4 for the suffix array, up to
/// 2 for the filter.
pub(crate) const BYTES_PER_TEXT_BYTE: u64 = 7;

/// A suffix array with two shortcuts: the ranges of all two-byte prefixes, and a filter over [`MIN_MATCH`]-byte
/// strings that answers most searches for what the text does not hold with one memory access.
pub(crate) struct SuffixIndex {
    text: Vec<u8>,
    suffixes: Vec<i32>,
    prefixes: Vec<u32>,
    filter: Vec<u64>,
    filter_shift: u32,
}

/// Where a match lies in the text, and how long it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) at: usize,
    pub(crate) len: usize,
}

impl SuffixIndex {
    /// Indexes `text`, which must be at most [`MAX_TEXT`] bytes.
    pub(crate) fn new(text: Vec<u8>) -> Self {
        debug_assert!(text.len() <= MAX_TEXT, "the caller splits larger texts");
        let suffixes = SuffixArrayConstruction::for_text(&text)
            .in_owned_buffer32()
            .single_threaded()
            .run()
            .map_or_else(|_| Vec::new(), libsais::suffix_array::SuffixArrayWithText::into_vec);
        let mut prefixes = vec![0u32; (1 << 16) + 1];
        for pair in text.windows(2) {
            prefixes[prefix(pair) + 1] += 1;
        }
        // The suffix of one byte has no two-byte prefix; it sorts first among those that start with its byte, so
        // the ranges of that byte and of all above it are shifted by one.
        if let Some(&last) = text.last() {
            prefixes[usize::from(last) << 8] += 1;
        }
        for i in 1..prefixes.len() {
            prefixes[i] += prefixes[i - 1];
        }
        let words = (text.len() / 8).next_power_of_two().max(2);
        let filter_shift = 64 - words.trailing_zeros();
        let mut filter = vec![0u64; words];
        for w in text.windows(MIN_MATCH) {
            let (word, mask) = place(hash(w), filter_shift);
            filter[word] |= mask;
        }
        Self { text, suffixes, prefixes, filter, filter_shift }
    }

    /// A text in which nothing is found.
    pub(crate) fn unindexed(text: Vec<u8>) -> Self {
        let prefixes = vec![0; (1 << 16) + 1];
        Self { text, suffixes: Vec::new(), prefixes, filter: vec![0; 2], filter_shift: 63 }
    }

    /// Whether nothing is ever found.
    pub(crate) fn is_empty(&self) -> bool {
        self.suffixes.is_empty()
    }

    /// The indexed text.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The longest prefix of `needle` that occurs in the text, if it is at least `least` long: [`MIN_MATCH`] or more.
    pub(crate) fn longest(&self, needle: &[u8], least: usize) -> Option<Found> {
        debug_assert!(least >= MIN_MATCH, "the filter knows of no shorter strings");
        let head = needle.get(..least)?;
        let tail = &head[least.checked_sub(MIN_MATCH)?..];
        if self.is_empty() || !head.chunks_exact(MIN_MATCH).chain([tail]).all(|s| self.may_hold(s)) {
            return None;
        }
        let p = prefix(needle);
        let (mut low, mut high) = (self.prefixes[p] as usize, self.prefixes[p + 1] as usize);
        // The shift for the suffix of one byte begins with the first pair of that byte, so it counts in the end of
        // the range right below, where that suffix does not belong.
        if self.text.last().is_some_and(|&last| p + 1 == usize::from(last) << 8) {
            high -= 1;
        }
        if low >= high {
            return None;
        }
        // The needle sorts between the suffixes below `low` and those from `high` on, which share `low_len` and
        // `high_len` bytes with it.
        let (mut low_len, mut high_len) = (2, 2);
        let mut best = Found { at: 0, len: 0 };
        while low < high {
            let middle = low + (high - low) / 2;
            let at = self.suffixes[middle].unsigned_abs() as usize;
            let skip = low_len.min(high_len);
            let suffix = &self.text[at..];
            let len = skip + common_prefix(&suffix[skip.min(suffix.len())..], &needle[skip..]);
            if len > best.len {
                best = Found { at, len };
            }
            if len == needle.len() {
                break;
            }
            if len == suffix.len() || suffix[len] < needle[len] {
                low = middle + 1;
                low_len = len;
            } else {
                high = middle;
                high_len = len;
            }
        }
        (best.len >= least).then_some(best)
    }

    /// Whether the text may have a string of [`MIN_MATCH`] bytes in it.
    fn may_hold(&self, string: &[u8]) -> bool {
        let (word, mask) = place(hash(string), self.filter_shift);
        self.filter[word] & mask == mask
    }
}

fn prefix(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

fn hash(bytes: &[u8]) -> u64 {
    let word = bytes.first_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b));
    let mixed = word.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // The low bits of a product depend on few bytes.
    mixed ^ (mixed >> 32)
}

/// The word of the filter that a hash leads to, and the two bits that stand for it there: one access to memory, and
/// one string in twenty passes in vain.
fn place(hash: u64, shift: u32) -> (usize, u64) {
    let word = usize::try_from(hash >> shift).unwrap_or(0);
    (word, 1 << (hash & 63) | 1 << (hash >> 6 & 63))
}

/// How many leading bytes `a` and `b` share.
pub(crate) fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let mut n = 0;
    for (x, y) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        let differ = word(x) ^ word(y);
        if differ != 0 {
            return n + (differ.trailing_zeros() / 8) as usize;
        }
        n += 8;
    }
    n + a[n..].iter().zip(&b[n..]).take_while(|(x, y)| x == y).count()
}

/// How many trailing bytes `a` and `b` share.
pub(crate) fn common_suffix(a: &[u8], b: &[u8]) -> usize {
    let mut n = 0;
    for (x, y) in a.rchunks_exact(8).zip(b.rchunks_exact(8)) {
        let differ = word(x) ^ word(y);
        if differ != 0 {
            return n + (differ.leading_zeros() / 8) as usize;
        }
        n += 8;
    }
    let (a, b) = (&a[..a.len() - n], &b[..b.len() - n]);
    n + a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count()
}

fn word(bytes: &[u8]) -> u64 {
    bytes.first_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn slow_longest(text: &[u8], needle: &[u8]) -> usize {
        (0..text.len())
            .map(|at| text[at..].iter().zip(needle).take_while(|(a, b)| a == b).count())
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn the_one_byte_suffix_is_in_no_range_of_pairs() {
        let mut text = [1, 255].repeat(8);
        text.push(2);
        let index = SuffixIndex::new(text);
        let needle = [[1, 255].repeat(4), vec![9; 8]].concat();
        assert_eq!(index.longest(&needle, MIN_MATCH).map(|f| f.len), Some(8));
        let above = [[1, 255].repeat(8), vec![3; 8]].concat();
        assert_eq!(index.longest(&above, MIN_MATCH).map(|f| f.len), Some(16));
    }

    proptest! {
        /// A small alphabet makes long and repeated matches likely.
        #[test]
        fn agrees_with_trying_every_position(
            text in prop::collection::vec(0u8..3, 0..400),
            needle in prop::collection::vec(0u8..3, 0..60),
            least in MIN_MATCH..40,
        ) {
            let slow = slow_longest(&text, &needle);
            let index = SuffixIndex::new(text.clone());
            match index.longest(&needle, least) {
                None => prop_assert!(slow < least),
                Some(f) => {
                    prop_assert!(f.len == slow && slow >= least);
                    prop_assert_eq!(&text[f.at..f.at + f.len], &needle[..f.len]);
                }
            }
        }

        #[test]
        fn common_ends(a in prop::collection::vec(0u8..2, 0..40), b in prop::collection::vec(0u8..2, 0..40)) {
            prop_assert_eq!(common_prefix(&a, &b), a.iter().zip(&b).take_while(|(x, y)| x == y).count());
            prop_assert_eq!(
                common_suffix(&a, &b),
                a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count()
            );
        }
    }

    #[test]
    fn the_last_byte_alone_does_not_shift_the_ranges() {
        // 0xff last, and prefixes above every other.
        let text = [b"\xff\xff\xff\xff\xff\xff\xff\xff\xffabcdefghijklmnop".as_slice(), &[0xff]].concat();
        let index = SuffixIndex::new(text);
        assert_eq!(index.longest(b"abcdefghijkl", MIN_MATCH), Some(Found { at: 9, len: 12 }));
        assert_eq!(index.longest(&[0xff; 9], 9), Some(Found { at: 0, len: 9 }));
    }
}
