//! What of new bytes differs from the old ones in the same place. Pure.

use std::ops::Range;

/// Equal bytes between differing ones are taken along if they are fewer than this: an entry costs room and a write.
const JOIN: usize = 256;

/// Bytes that are compared at a time while they are equal.
const STEP: usize = 64;

/// The ranges of `new` that have to be written over `old`, in ascending order. Both are equally long.
pub(crate) fn differing<'a>(old: &'a [u8], new: &'a [u8]) -> impl Iterator<Item = Range<usize>> + 'a {
    debug_assert_eq!(old.len(), new.len(), "compared byte by byte");
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + equal(&old[at..], &new[at..])?;
        let mut end = after_differing(old, new, start);
        loop {
            let near = (end + JOIN).min(new.len());
            let Some(gap) = equal(&old[end..near], &new[end..near]) else { break };
            end = after_differing(old, new, end + gap);
        }
        at = end;
        Some(start..end)
    })
}

/// How many bytes are equal before the first that is not; none if all are equal.
fn equal(old: &[u8], new: &[u8]) -> Option<usize> {
    let steps = old.chunks(STEP).zip(new.chunks(STEP)).position(|(a, b)| a != b)? * STEP;
    let bytes = old[steps..].iter().zip(&new[steps..]).position(|(a, b)| a != b)?;
    Some(steps + bytes)
}

/// Where the differing bytes from `at` on end.
fn after_differing(old: &[u8], new: &[u8], at: usize) -> usize {
    let same = old[at..].iter().zip(&new[at..]).position(|(a, b)| a == b);
    same.map_or(new.len(), |n| at + n)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranges(old: &[u8], new: &[u8]) -> Vec<Range<usize>> {
        differing(old, new).collect()
    }

    #[test]
    fn near_differences_are_one_range_and_far_ones_are_not() {
        let old = vec![0; 2000];
        let mut new = old.clone();
        assert_eq!(ranges(&old, &new), []);
        for at in [0, 1, JOIN + 1, 1999] {
            new[at] = 1;
        }
        assert_eq!(ranges(&old, &new), [0..JOIN + 2, 1999..2000]);
        new[2 * JOIN + 2] = 1;
        assert_eq!(ranges(&old, &new), [0..JOIN + 2, 2 * JOIN + 2..2 * JOIN + 3, 1999..2000], "just too far");
        assert_eq!(ranges(&[], &[]), []);
    }

    proptest! {
        #[test]
        fn writing_the_ranges_over_the_old_bytes_makes_the_new_ones(
            old in prop::collection::vec(0u8..2, 0..3000),
            changes in prop::collection::vec((any::<prop::sample::Index>(), 1usize..90), 0..12),
        ) {
            let mut new = old.clone();
            for (at, len) in changes.iter().filter(|_| !old.is_empty()) {
                let at = at.index(new.len());
                let end = (at + len).min(new.len());
                new[at..end].fill(7);
            }
            let found = ranges(&old, &new);
            let mut made = old.clone();
            for range in &found {
                prop_assert!(old[range.start] != new[range.start] && old[range.end - 1] != new[range.end - 1]);
                made[range.clone()].copy_from_slice(&new[range.clone()]);
            }
            prop_assert!(made == new);
            prop_assert!(found.windows(2).all(|w| w[0].end + JOIN <= w[1].start));
        }
    }
}
