//! Long exact matches between two spaces of any size: the old one is indexed by the hashes of its blocks, the new
//! one is read once with a rolling hash. Memory is a few bytes a block; the blocks grow with the old space.

#![expect(
    clippy::cast_possible_truncation,
    reason = "what is cast lies inside a window or page, or is a part of a hash"
)]

use crate::space::{ReadError, Space};

use super::suffix::{common_prefix, common_suffix};

/// The smallest block, in bytes.
const MIN_BLOCK: usize = 32;
/// Bits of the filter for each block, at least: one string in a hundred passes in vain.
const FILTER_BITS: usize = 16;
/// Index memory for each block: its slot (twice over, for a load of one half) and its bits in the filter.
const BYTES_PER_BLOCK: u64 = 18;
/// New bytes held at a time.
const WINDOW: usize = 4 << 20;
/// Old bytes compared at a time.
const PAGE: usize = 64 << 10;
/// Pages of the old space that are kept.
const PAGES: usize = 512;

/// So many bytes beside a match are alike if at most [`SPARSE`] of them differ: code whose addresses moved is.
const BESIDE: usize = 32;
const SPARSE: usize = 12;

/// Equal bytes of both spaces. Never crosses an extent of the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) new_at: u64,
    pub(crate) old_at: u64,
    pub(crate) len: u64,
}

impl Match {
    pub(crate) fn new_end(&self) -> u64 {
        self.new_at + self.len
    }

    pub(crate) fn old_end(&self) -> u64 {
        self.old_at + self.len
    }
}

/// A hash of the last `block` bytes that moves on by a byte at a time.
struct Rolling {
    value: u64,
    /// `FACTOR` to the power of the block's length: what a byte weighs when it leaves.
    leaving: u64,
}

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

impl Rolling {
    fn new(block: usize) -> Self {
        Self { value: 0, leaving: (0..block).fold(1, |p: u64, _| p.wrapping_mul(FACTOR)) }
    }

    fn fill(&mut self, bytes: &[u8]) {
        let (eights, rest) = bytes.as_chunks();
        let value = eights.iter().fold(0, enter_eight);
        self.value = rest.iter().fold(value, |v, &b| enter(v, b));
    }

    fn roll(&mut self, out: u8, into: u8) {
        self.value = enter(self.value, into).wrapping_sub(weight(out).wrapping_mul(self.leaving));
    }

    fn key(&self) -> u64 {
        mix(self.value)
    }
}

fn weight(b: u8) -> u64 {
    u64::from(b) + 1
}

fn enter(value: u64, b: u8) -> u64 {
    value.wrapping_mul(FACTOR).wrapping_add(weight(b))
}

/// [`FACTOR`] to the power of 7 down to 0.
const POWERS: [u64; 8] = {
    let mut powers = [1u64; 8];
    let mut i = 7;
    while i > 0 {
        powers[i - 1] = powers[i].wrapping_mul(FACTOR);
        i -= 1;
    }
    powers
};

/// The same as [`enter`] for each, without a chain of multiplications.
fn enter_eight(value: u64, eight: &[u8; 8]) -> u64 {
    let terms = eight.iter().zip(POWERS).map(|(&b, power)| weight(b).wrapping_mul(power));
    terms.fold(value.wrapping_mul(POWERS[0].wrapping_mul(FACTOR)), u64::wrapping_add)
}

/// The rolling value's low bits depend on few bytes.
fn mix(v: u64) -> u64 {
    (v ^ (v >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// A place in the index.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// Block number + 1; 0 if the place is free.
    number: u32,
    /// Another part of the hash than the one that leads here, so that hardly any block is compared in vain.
    check: u32,
}

/// Where each block of the old space starts, by its hash.
pub(crate) struct BlockIndex {
    block: usize,
    /// Open addressing. A block's address is its number times the block's length.
    slots: Vec<Slot>,
    filter: Vec<u64>,
    slot_shift: u32,
    filter_shift: u32,
}

impl BlockIndex {
    /// Indexes all of `old` within `memory` bytes, to find matches of at least `min`: any that long holds a whole
    /// block, unless memory made the blocks larger.
    pub(crate) fn build(old: &Space<'_>, min: u64, memory: u64) -> Result<Self, ReadError> {
        let mut block =
            usize::try_from(min / 2).unwrap_or(WINDOW).next_power_of_two().clamp(MIN_BLOCK, WINDOW);
        while (old.len() / block as u64) * BYTES_PER_BLOCK * 2 > memory
            || old.len() / block as u64 >= u64::from(u32::MAX)
        {
            block *= 2;
        }
        let blocks = usize::try_from(old.len() / block as u64).unwrap_or(usize::MAX) + 1;
        let slots = (blocks * 2).next_power_of_two().max(16);
        let words = (blocks * FILTER_BITS / 64).next_power_of_two().max(2);
        let mut this = Self {
            block,
            slots: vec![Slot::default(); slots],
            filter: vec![0; words],
            slot_shift: 64 - slots.trailing_zeros(),
            filter_shift: 64 - words.trailing_zeros(),
        };
        let mut hash = Rolling::new(block);
        let mut buf = vec![0; WINDOW / block * block];
        let mut at = 0;
        while at < old.len() {
            let n = usize::try_from(old.len() - at).unwrap_or(usize::MAX).min(buf.len());
            old.read(&mut buf[..n], at)?;
            for (i, b) in buf[..n].chunks_exact(block).enumerate() {
                hash.fill(b);
                this.insert(hash.key(), at / block as u64 + i as u64);
            }
            at += n as u64;
        }
        Ok(this)
    }

    fn insert(&mut self, key: u64, number: u64) {
        let Ok(number) = u32::try_from(number + 1) else { return };
        let (word, mask) = self.filter_place(key);
        let mut slot = (key >> self.slot_shift) as usize;
        // A run of equal blocks would fill the table with itself: of neighbours with one home, keep a few.
        for _ in 0..4 {
            if self.slots[slot].number == 0 {
                self.slots[slot] = Slot { number, check: key as u32 };
                self.filter[word] |= mask;
                return;
            }
            slot = (slot + 1) % self.slots.len();
        }
    }

    /// The word of the filter that a key leads to, and the two bits that stand for it there.
    fn filter_place(&self, key: u64) -> (usize, u64) {
        // The lowest bits are the check, the highest lead to the word.
        let bits = key >> 20;
        ((key >> self.filter_shift) as usize, 1 << (bits & 63) | 1 << (bits >> 6 & 63))
    }

    /// Whether an old block may have this key: fast, and nearly always right where none has.
    fn may_have(&self, key: u64) -> bool {
        let (word, mask) = self.filter_place(key);
        self.filter[word] & mask == mask
    }

    /// Rolls `hash`, which is that of the first block of `bytes`, on to the first block that an old one may equal, and
    /// tells where it starts, if there is one.
    fn skip(&self, hash: &mut Rolling, bytes: &[u8]) -> Option<usize> {
        for (i, (&out, &into)) in bytes.iter().zip(&bytes[self.block..]).enumerate() {
            if self.may_have(hash.key()) {
                return Some(i);
            }
            hash.roll(out, into);
        }
        self.may_have(hash.key()).then_some(bytes.len() - self.block)
    }

    /// Addresses of old blocks that may equal the block with this key.
    fn candidates(&self, key: u64) -> impl Iterator<Item = u64> + '_ {
        let may = self.may_have(key);
        let home = (key >> self.slot_shift) as usize;
        (0..if may { 4 } else { 0 })
            .map(move |i| self.slots[(home + i) % self.slots.len()])
            .take_while(|s| s.number != 0)
            .filter(move |s| s.check == key as u32)
            .map(|s| u64::from(s.number - 1) * self.block as u64)
    }
}

/// Pages of the old space, direct-mapped.
struct Pages<'s, 'a> {
    old: &'s Space<'a>,
    pages: Vec<Option<(u64, Vec<u8>)>>,
}

impl<'s, 'a> Pages<'s, 'a> {
    fn new(old: &'s Space<'a>) -> Self {
        Self { old, pages: (0..PAGES).map(|_| None).collect() }
    }

    /// The rest of the page from `address` on.
    fn from(&mut self, address: u64) -> Result<&[u8], ReadError> {
        let number = address / PAGE as u64;
        let slot = &mut self.pages[(number % PAGES as u64) as usize];
        if slot.as_ref().is_none_or(|(n, _)| *n != number) {
            let start = number * PAGE as u64;
            let mut page = slot.take().map(|(_, page)| page).unwrap_or_default();
            page.resize(usize::try_from(self.old.len() - start).unwrap_or(PAGE).min(PAGE), 0);
            self.old.read(&mut page, start)?;
            *slot = Some((number, page));
        }
        let within = (address % PAGE as u64) as usize;
        Ok(slot.as_ref().map_or(&[][..], |(_, p)| &p[within.min(p.len())..]))
    }

    /// The page's bytes before `address`, if any.
    fn before(&mut self, address: u64) -> Result<&[u8], ReadError> {
        let Some(last) = address.checked_sub(1) else { return Ok(&[]) };
        let within = (last % PAGE as u64) as usize + 1;
        let whole = self.from(last / PAGE as u64 * PAGE as u64)?;
        Ok(&whole[..within.min(whole.len())])
    }
}

/// Reads the new space once and reports matches of at least `min` bytes, in ascending order and disjoint.
pub(crate) struct Matcher<'s, 'a> {
    index: &'s BlockIndex,
    old: Pages<'s, 'a>,
    new: &'s Space<'a>,
    min: u64,
    hasty: bool,
    found: Vec<Match>,
    /// The window, and the address of its first byte.
    window: Vec<u8>,
    base: u64,
}

impl<'s, 'a> Matcher<'s, 'a> {
    pub(crate) fn new(index: &'s BlockIndex, old: &'s Space<'a>, new: &'s Space<'a>, min: u64) -> Self {
        let (found, window) = (Vec::new(), Vec::new());
        Self { index, old: Pages::new(old), new, min, hasty: false, found, window, base: 0 }
    }

    /// Has what is alike beside a match passed over, without a look for something better.
    pub(crate) fn in_haste(self) -> Self {
        Self { hasty: true, ..self }
    }

    /// All matches. `on_progress` gets the number of new bytes read so far and may end the search by an error.
    pub(crate) fn run<E: From<ReadError>>(
        mut self,
        mut on_progress: impl FnMut(u64) -> Result<(), E>,
    ) -> Result<Vec<Match>, E> {
        let block = self.index.block;
        let mut hash = Rolling::new(block);
        // Address of the first byte of the block that is looked at.
        let mut at = 0u64;
        let mut valid = false;
        while at + block as u64 <= self.new.len() {
            if at + block as u64 > self.base + self.window.len() as u64 {
                self.slide(at)?;
                on_progress(at)?;
            }
            let ahead = &self.window[(at - self.base) as usize..];
            if !valid {
                hash.fill(&ahead[..block]);
            }
            let Some(skipped) = self.index.skip(&mut hash, ahead) else {
                at += (ahead.len() - block) as u64 + 1;
                valid = false;
                continue;
            };
            let next = ahead.get(skipped + block).map(|&into| (ahead[skipped], into));
            at += skipped as u64;
            if let Some(m) = self.look_up(hash.key(), at)? {
                // One that is too short is skipped too, or each of its bytes would find it again.
                at = m.new_end();
                if m.len >= self.min {
                    self.found.push(m);
                }
                if self.hasty {
                    at = self.pass_alike(at)?;
                }
                valid = false;
            } else {
                at += 1;
                valid = next.is_some();
                next.into_iter().for_each(|(out, into)| hash.roll(out, into));
            }
        }
        on_progress(self.new.len())?;
        Ok(self.found)
    }

    /// Where what goes on from `at` as the last match did is no longer alike.
    fn pass_alike(&mut self, mut at: u64) -> Result<u64, ReadError> {
        while let Some(old_at) = self.held(at) {
            let new = usize::try_from(at - self.base).ok().and_then(|place| self.window.get(place..));
            let (Some(new), Some(old)) =
                (new.and_then(|w| w.first_chunk::<BESIDE>()), self.old.from(old_at)?.first_chunk::<BESIDE>())
            else {
                break;
            };
            let differing = new.iter().zip(old).filter(|(n, o)| n != o).count();
            if differing > SPARSE {
                break;
            }
            let passed = at + BESIDE as u64;
            at = if differing > 0 {
                passed
            } else {
                let m = self.grow(at, old_at)?;
                if m.len >= self.min {
                    self.found.push(m);
                }
                m.new_end().max(passed)
            };
        }
        Ok(at)
    }

    /// The old address beside `at`, if the last match went on.
    fn held(&self, at: u64) -> Option<u64> {
        let last = self.found.last()?;
        Some(last.old_end().wrapping_add(at - last.new_end())).filter(|&old_at| old_at < self.old.old.len())
    }

    /// Moves the window so that it starts a little before `at`, for matches that reach back.
    fn slide(&mut self, at: u64) -> Result<(), ReadError> {
        let start = at.saturating_sub(PAGE as u64);
        let n = usize::try_from(self.new.len() - start).unwrap_or(usize::MAX).min(WINDOW);
        self.window.resize(n, 0);
        self.base = start;
        self.new.read(&mut self.window, start)
    }

    /// The longest match through the block at `at`.
    fn look_up(&mut self, key: u64, at: u64) -> Result<Option<Match>, ReadError> {
        let mut best: Option<Match> = None;
        // The alignment of the last match is tried first: content that repeats stays in step with it.
        let held = self.held(at);
        let index = self.index;
        let mut candidates = index.candidates(key).peekable();
        if candidates.peek().is_none() {
            return Ok(None);
        }
        for old_at in held.into_iter().chain(candidates) {
            let m = self.grow(at, old_at)?;
            if m.new_end() >= at + index.block as u64 && best.is_none_or(|b| m.len > b.len) {
                best = Some(m);
                if Some(old_at) == held && m.len >= self.min {
                    break;
                }
            }
        }
        Ok(best)
    }

    /// What is equal around a pair of addresses.
    fn grow(&mut self, new_at: u64, old_at: u64) -> Result<Match, ReadError> {
        let extent = self.old.old.extent_at(old_at);
        let (first, last) = (self.old.old.start(extent), self.old.old.end(extent));
        let mut forward = 0u64;
        let mut far = Vec::new();
        while old_at + forward < last {
            let left = usize::try_from(last - old_at - forward).unwrap_or(usize::MAX);
            let place = new_at + forward - self.base;
            let old = self.old.from(old_at + forward)?;
            let old = &old[..old.len().min(left)];
            let n = match usize::try_from(place)
                .ok()
                .and_then(|p| self.window.get(p..))
                .filter(|w| !w.is_empty())
            {
                Some(window) => {
                    let n = common_prefix(old, window);
                    if n < old.len() && n == window.len() {
                        forward += n as u64;
                        continue;
                    }
                    n
                }
                None => {
                    // Past the window: the match is long, so reading it separately is cheap for what it brings.
                    let want = old
                        .len()
                        .min(usize::try_from(self.new.len() - new_at - forward).unwrap_or(usize::MAX));
                    far.resize(want, 0);
                    self.new.read(&mut far, new_at + forward)?;
                    common_prefix(old, &far)
                }
            };
            forward += n as u64;
            if n < old.len() {
                break;
            }
        }
        let floor = self.found.last().map_or(0, Match::new_end).max(self.base);
        let mut back = 0u64;
        while old_at - back > first && new_at - back > floor {
            let (from, to) = ((floor - self.base) as usize, (new_at - back - self.base) as usize);
            let old = self.old.before(old_at - back)?;
            let room = usize::try_from(old_at - back - first).unwrap_or(usize::MAX);
            let old = &old[old.len() - old.len().min(room)..];
            let n = common_suffix(old, &self.window[from..to]);
            back += n as u64;
            if n < old.len() {
                break;
            }
        }
        Ok(Match { new_at: new_at - back, old_at: old_at - back, len: back + forward })
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::RelPath;
    use mist_tree::fs::RealDir;

    use super::*;
    use crate::space::{Backing, Extent};

    fn noise(seed: u64, len: usize) -> Vec<u8> {
        let mut state = seed;
        let step = |_| {
            state = state.wrapping_mul(FACTOR).wrapping_add(seed | 1);
            (state >> 56) as u8
        };
        (0..len).map(step).collect()
    }

    #[test]
    fn in_haste_what_is_alike_is_passed_over_and_matches_go_on_behind_it() {
        let old = noise(1, 40_000);
        let mut new = old.clone();
        (10_000..20_000).step_by(16).for_each(|at| new[at] ^= 1);
        let place = tempfile::tempdir().unwrap();
        let dir = RealDir::open(place.path()).unwrap();
        let space = |name: &str, content: &[u8]| {
            std::fs::write(place.path().join(name), content).unwrap();
            let mut space = Space::new(&dir, vec![RelPath::new(name).unwrap()], None);
            space.push(Extent { backing: Backing::File(0), at: 0, len: content.len() as u64 });
            space
        };
        let (old, new) = (space("old", &old), space("new", &new));
        let index = BlockIndex::build(&old, 256, 1 << 20).unwrap();
        let matcher = || Matcher::new(&index, &old, &new, 256);
        let hasty = matcher().in_haste().run(|_| Ok::<_, ReadError>(())).unwrap();
        assert_eq!(hasty, matcher().run(|_| Ok::<_, ReadError>(())).unwrap());
        assert_eq!(
            hasty.iter().map(|m| (m.new_at, m.old_at, m.len)).collect::<Vec<_>>(),
            [(0, 0, 10_000), (19_985, 19_985, 20_015)]
        );
    }

    /// The matches between files with these contents.
    fn matches(old: &[&[u8]], new: &[&[u8]], min: u64, memory: u64) -> Vec<Match> {
        let place = tempfile::tempdir().unwrap();
        let dir = RealDir::open(place.path()).unwrap();
        let space = |side: &str, contents: &[&[u8]]| {
            let names: Vec<String> = (0..contents.len()).map(|i| format!("{side}{i}")).collect();
            let paths = names.iter().map(|n| RelPath::new(n).unwrap()).collect();
            let mut space = Space::new(&dir, paths, None);
            for (i, content) in contents.iter().enumerate() {
                std::fs::write(place.path().join(&names[i]), content).unwrap();
                space.push(Extent { backing: Backing::File(i), at: 0, len: content.len() as u64 });
            }
            space
        };
        let (old, new) = (space("old", old), space("new", new));
        let index = BlockIndex::build(&old, min, memory).unwrap();
        Matcher::new(&index, &old, &new, min).run(|_| Ok::<_, ReadError>(())).unwrap()
    }

    #[test]
    fn a_hash_that_rolled_is_that_of_its_block() {
        let bytes = noise(9, 300);
        for block in [32, 33, 64] {
            let (mut rolled, mut filled) = (Rolling::new(block), Rolling::new(block));
            rolled.fill(&bytes[..block]);
            for i in 0..bytes.len() - block {
                filled.fill(&bytes[i..i + block]);
                assert_eq!(rolled.key(), filled.key(), "{block} {i}");
                rolled.roll(bytes[i], bytes[i + block]);
            }
        }
    }

    #[test]
    fn moved_content_is_found_whole() {
        let (a, b, c) = (noise(1, 200_000), noise(2, 150_001), noise(3, 777));
        let new = [&c[..], &b, &c, &a].concat();
        let expected = [
            Match { new_at: 777, old_at: 200_000, len: 150_001 },
            Match { new_at: 777 + 150_001 + 777, old_at: 0, len: 200_000 },
        ];
        assert_eq!(matches(&[&a, &b], &[&new], 1024, 1 << 20), expected);
        // With little memory the blocks are larger, and long matches are found all the same.
        assert_eq!(matches(&[&a, &b], &[&new], 64, 4 << 10), expected);
    }

    #[test]
    fn no_match_crosses_old_files_or_is_short() {
        let a = noise(4, 5000);
        let found = matches(&[&a[..2500], &a[2500..]], &[&a], 64, 1 << 20);
        assert_eq!(found.iter().map(|m| (m.new_at, m.len)).collect::<Vec<_>>(), [(0, 2500), (2500, 2500)]);
        assert!(matches(&[&a[..60]], &[&a], 64, 1 << 20).is_empty());
        assert!(matches(&[], &[&a], 64, 1 << 20).is_empty());
    }

    #[test]
    fn content_that_repeats_takes_no_time_and_stays_in_step() {
        let found = matches(&[&[0; 300_000]], &[&[0; 300_000]], 1024, 1 << 20);
        assert!(found.len() < 4, "{found:?}");
        assert_eq!(found.iter().map(|m| m.len).sum::<u64>(), 300_000);
    }
}
