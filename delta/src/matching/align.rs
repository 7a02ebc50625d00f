//! Approximate alignment of new bytes with a text of old ones, after Colin Percival's bsdiff: exact matches are
//! seeds, and each is extended over what differs here and there, so that the differences become a sparse stream.

use super::suffix::{Found, SuffixIndex, common_prefix};

/// A seed must beat the alignment that holds already by more than this many bytes, or it is not worth its
/// description. Code and data as literals pack badly.
const BINARY_GAIN: usize = 8;

/// The same for text, which packs to a sixth: a short copy costs more than it saves.
const TEXT_GAIN: usize = 32;

/// Bytes that are looked at to tell text from everything else.
const SAMPLE: usize = 4096;

/// What a seed in `new` must gain.
fn min_gain(new: &[u8]) -> usize {
    let sample = &new[..new.len().min(SAMPLE)];
    let odd = sample.iter().filter(|b| b.is_ascii_control() && !b.is_ascii_whitespace()).count();
    if odd * 64 <= sample.len() { TEXT_GAIN } else { BINARY_GAIN }
}

/// Extending gives up after so many more different than equal bytes; an alignment that goes on after them needs a seed.
const GIVE_UP: usize = 4096;

/// So many equal bytes under the alignment that holds are taken without looking for anything better.
const GOOD_ENOUGH: usize = 32;

/// The same for so many bytes if at most [`SPARSE`] of them differ: an exact match would have to be longer than all
/// of them to be worth a seed.
const WINDOW: usize = 32;
const SPARSE: usize = BINARY_GAIN;

/// How far beside the alignment that holds it is looked for anew where it ends, as after a word that became longer:
/// so many bytes to either side, for so many bytes on.
const NEAR: usize = 8;
const NEAR_FOR: usize = 32;

/// What a match that near must gain, as it is described in fewer bytes. One elsewhere is taken instead if it is more
/// than [`NEAR_WORTH`] times as long, unless the near one is [`GOOD_ENOUGH`].
const NEAR_GAIN: usize = 9;
const NEAR_WORTH: usize = 2;

/// Bytes that are passed at a time when nothing is searched.
const STEP: usize = 8;

/// New bytes that resemble as many bytes of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Copy {
    /// Where they start among the new bytes.
    pub(crate) new_at: usize,
    /// Where their like starts in the text.
    pub(crate) text_at: usize,
    /// How many they are.
    pub(crate) len: usize,
}

/// A contiguous part of the old bytes inside a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    /// Where it starts in the text.
    pub(crate) text_at: usize,
    /// Its length.
    pub(crate) len: usize,
}

/// Aligns `new` with the text of `index`, which consists of `regions`, in order and without gaps. No copy crosses
/// from one region into another. `before` and `after` are the places in the text that exact matches on both sides
/// of `new` lead to: the text before `before` matches what precedes `new`, that from `after` on what follows.
///
/// The copies are in ascending order, do not overlap, and are not empty.
pub(crate) fn align(
    new: &[u8],
    index: &SuffixIndex,
    regions: &[Region],
    before: Option<usize>,
    after: Option<usize>,
) -> Vec<Copy> {
    let seeds = seeds(new, index, regions, before, after);
    extend(new, index.text(), regions, &seeds)
}

fn region_of(regions: &[Region], text_at: usize) -> Region {
    let next = regions.partition_point(|r| r.text_at <= text_at);
    next.checked_sub(1).map_or(Region { text_at, len: 0 }, |i| regions[i])
}

/// Exact matches worth taking, with an empty one for each side of `new` that is known to match.
fn seeds(
    new: &[u8],
    index: &SuffixIndex,
    regions: &[Region],
    before: Option<usize>,
    after: Option<usize>,
) -> Vec<Copy> {
    let text = index.text();
    let mut seeds = Vec::new();
    // The alignment that holds: new byte `i` lies beside text byte `i + shift`, inside `region`.
    let mut held: Option<(isize, Region)> = None;
    if let Some(text_at) = before {
        // A region that ends here gives nothing to extend into.
        let region = region_of(regions, text_at.saturating_sub(1));
        seeds.push(Copy { new_at: 0, text_at, len: 0 });
        held = Some((text_at.cast_signed(), region));
    }
    let beside = |held: Option<(isize, Region)>, i: usize| -> Option<usize> {
        let (shift, region) = held?;
        let at = i.checked_add_signed(shift)?;
        (at >= region.text_at && at < region.text_at + region.len).then_some(at)
    };
    let equal_beside = |held, i: usize| beside(held, i).is_some_and(|at| text[at] == new[i]);

    let min_gain = min_gain(new);
    // A shorter match gains less even where nothing is right yet.
    let least = min_gain + 1;
    // Without anything to search, only where the alignment goes on is looked for: extending finds the exact place.
    let step = if index.is_empty() { STEP } else { 1 };
    let mut scan = 0;
    // Where the last match ended, and by how much different bytes outweigh equal ones since the last seed.
    let (mut settled, mut debt) = (0, 0usize);
    while scan < new.len() {
        // `score` counts the bytes of new[scan..scored] that the held alignment gets right.
        let (mut scored, mut score) = (scan, 0usize);
        let mut found = Found { at: 0, len: 0 };
        while scan < new.len() {
            if let Some(at) = beside(held, scan)
                && let Some((_, region)) = held
            {
                let ahead = &text[at..region.text_at + region.len];
                let run = common_prefix(ahead, &new[scan..]);
                if run >= GOOD_ENOUGH {
                    found = Found { at, len: run };
                    score = run;
                    break;
                }
                if differing(ahead, &new[scan..]).is_some_and(|n| n <= SPARSE) {
                    found = Found { at, len: WINDOW };
                    score = WINDOW;
                    break;
                }
            }
            found = index.longest(&new[scan..], least).map_or(Found { at: 0, len: 0 }, |f| {
                let region = region_of(regions, f.at);
                Found { at: f.at, len: f.len.min(region.text_at + region.len - f.at) }
            });
            if scan < settled + NEAR_FOR
                && let Some(at) = beside(held, scan)
                && let Some((_, region)) = held
                && let near = nearby(&new[scan..], text, at, region)
                && (near.len >= GOOD_ENOUGH || near.len * NEAR_WORTH >= found.len)
                && let right = (scan..scan + near.len).filter(|&i| equal_beside(held, i)).count()
                && near.len > right + NEAR_GAIN
            {
                (found, score) = (near, right);
                break;
            }
            while scored < scan + found.len {
                score += usize::from(equal_beside(held, scored));
                scored += 1;
            }
            if (found.len == score && found.len != 0) || found.len > score + min_gain {
                break;
            }
            if scored > scan {
                score -= usize::from(equal_beside(held, scan));
            } else {
                scored = scan + step;
            }
            scan += step;
        }
        scan = scan.min(new.len());
        let unequal = (settled..scan).filter(|&i| !equal_beside(held, i)).count();
        debt = (debt + unequal).saturating_sub(scan - settled - unequal);
        if scan < new.len() && found.len == score && debt >= GIVE_UP {
            // The alignment holds, but what differs would keep its extension from coming this far.
            if let Some(at) = beside(held, scan) {
                seeds.push(Copy { new_at: scan, text_at: at, len: 0 });
            }
            debt = 0;
        } else if scan < new.len() && found.len != score {
            seeds.push(Copy { new_at: scan, text_at: found.at, len: found.len });
            held = Some((found.at.cast_signed() - scan.cast_signed(), region_of(regions, found.at)));
            debt = 0;
        }
        debt = debt.saturating_sub(found.len);
        scan += found.len.max(1);
        settled = scan;
    }
    if let Some(text_at) = after {
        seeds.push(Copy { new_at: new.len(), text_at, len: 0 });
    }
    seeds
}

/// The longest match of `new` at most [`NEAR`] bytes beside a place in the text, which lies in `region`.
fn nearby(new: &[u8], text: &[u8], at: usize, region: Region) -> Found {
    let end = region.text_at + region.len;
    let starts = at.saturating_sub(NEAR).max(region.text_at)..(at + NEAR + 1).min(end);
    let matches = starts.map(|at| Found { at, len: common_prefix(&text[at..end], new) });
    matches.max_by_key(|m| m.len).unwrap_or(Found { at, len: 0 })
}

/// How many of the first [`WINDOW`] bytes differ, if there are as many.
fn differing(a: &[u8], b: &[u8]) -> Option<usize> {
    let (a, b) = (a.first_chunk::<WINDOW>()?, b.first_chunk::<WINDOW>()?);
    Some(a.iter().zip(b).map(|(x, y)| usize::from(x != y)).sum())
}

/// Extends seeds towards each other as long as more than half of the bytes agree.
fn extend(new: &[u8], text: &[u8], regions: &[Region], seeds: &[Copy]) -> Vec<Copy> {
    let mut copies: Vec<Copy> = Vec::with_capacity(seeds.len());
    let mut previous: Option<Copy> = None;
    for (i, seed) in seeds.iter().enumerate() {
        let region = if seed.len == 0 && seed.new_at == 0 && i == 0 {
            region_of(regions, seed.text_at.saturating_sub(1))
        } else {
            region_of(regions, seed.text_at)
        };
        let floor = previous.map_or(0, |p| p.new_at + p.len);
        let mut seed = *seed;
        let back = backward(&new[floor..seed.new_at], &text[region.text_at.min(seed.text_at)..seed.text_at]);
        seed.new_at -= back;
        seed.text_at -= back;
        seed.len += back;
        // `previous` was extended forward up to the start of this seed's exact part: where both claim bytes,
        // cut where the sum of equal bytes is largest. That was settled when it was extended, see below.
        let limit = seeds.get(i + 1).map_or(new.len(), |next| next.new_at);
        let from = seed.new_at + seed.len;
        let text_from = seed.text_at + seed.len;
        let text_end = (region.text_at + region.len).max(text_from);
        let forward_len =
            if from < limit { forward(&new[from..limit], &text[text_from..text_end]) } else { 0 };
        let forward_len = match seeds.get(i + 1) {
            Some(next)
                if goes_on(
                    &new[from.min(limit)..limit],
                    &text[text_from..next.text_at.clamp(text_from, text_end)],
                ) =>
            {
                limit - from
            }
            Some(next) => {
                let next_region = region_of(regions, next.text_at);
                let start = next_region.text_at.min(next.text_at);
                let back = backward(&new[from.min(limit)..limit], &text[start..next.text_at]);
                split(new, text, (from, text_from, forward_len), (*next, back))
            }
            None => forward_len,
        };
        seed.len += forward_len;
        if seed.len > 0 {
            copies.push(seed);
        }
        previous = Some(seed);
    }
    copies
}

/// Whether `new` and `text`, which lie between two seeds, belong to one alignment that holds for both: another copy
/// would cost more than what differs.
fn goes_on(new: &[u8], text: &[u8]) -> bool {
    let equal = new.iter().zip(text).filter(|(a, b)| a == b).count();
    new.len() == text.len() && new.len() <= 2 * equal + BINARY_GAIN
}

/// How far `new` and `text` go on resembling each other from their starts.
fn forward(new: &[u8], text: &[u8]) -> usize {
    best_extension(new.iter().zip(text).map(|(a, b)| a == b))
}

/// The same from their ends backwards.
fn backward(new: &[u8], text: &[u8]) -> usize {
    best_extension(new.iter().rev().zip(text.iter().rev()).map(|(a, b)| a == b))
}

/// The length at which (equal bytes - different bytes) is largest.
fn best_extension(equal: impl Iterator<Item = bool>) -> usize {
    let (mut score, mut best, mut len) = (0i64, 0i64, 0);
    for (i, equal) in equal.enumerate() {
        score += if equal { 1 } else { -1 };
        if score > best {
            best = score;
            len = i + 1;
        } else if score < best - GIVE_UP as i64 {
            // Nothing near: looking on to the end of a long region would make this quadratic.
            break;
        }
    }
    len
}

/// How much of a forward extension to keep beside the backward extension of the next seed.
fn split(
    new: &[u8],
    text: &[u8],
    (from, text_from, forward): (usize, usize, usize),
    (next, back): (Copy, usize),
) -> usize {
    let back_from = next.new_at - back;
    if from + forward <= back_from {
        return forward;
    }
    let overlap = from + forward - back_from;
    let (mut score, mut best, mut keep) = (0i64, 0i64, 0);
    for i in 0..overlap {
        let at = back_from + i;
        score += i64::from(new[at] == text[text_from + (at - from)]);
        score -= i64::from(new[at] == text[next.text_at - back + i]);
        if score > best {
            best = score;
            keep = i + 1;
        }
    }
    forward - overlap + keep
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::noise;

    #[test]
    fn an_alignment_goes_on_after_a_long_replaced_part() {
        let old = noise(1, 400_000);
        for replaced in [100, 5_000, 50_000] {
            let mut new = old.clone();
            new[100_000..100_000 + replaced].copy_from_slice(&noise(2, replaced));
            let regions = [Region { text_at: 0, len: old.len() }];
            let copies = align(&new, &SuffixIndex::new(old.clone()), &regions, None, None);
            let copied: usize = copies.iter().map(|c| c.len).sum();
            assert!(copies.iter().all(|c| c.new_at == c.text_at), "{copies:?}");
            assert!(copied >= old.len() - replaced, "{replaced}: {copied}");
        }
    }

    /// As of a text whose lines come to end in another way, which no long match is left in.
    #[test]
    fn an_alignment_is_found_anew_a_byte_further() {
        let line = |i: usize| format!("{i} of {} ", i.wrapping_mul(0x9e37_79b9) % 100_000);
        let lines: Vec<String> = (0..2000).map(line).collect();
        let (old, new) = (lines.join("\r\n"), lines.join("\n"));
        let regions = [Region { text_at: 0, len: old.len() }];
        let copies = align(new.as_bytes(), &SuffixIndex::new(old.clone().into()), &regions, Some(0), None);
        let copied: usize = copies.iter().map(|c| c.len).sum();
        assert!(copied >= new.len() * 9 / 10, "{copied} of {}", new.len());
        assert!(copies.is_sorted_by_key(|c| c.text_at), "{copies:?}");
    }

    #[test]
    fn small_replaced_parts_near_each_other_do_not_end_an_alignment() {
        let old = noise(3, 300_000);
        let mut new = old.clone();
        for at in (50_000..90_000).step_by(3_100) {
            new[at..at + 3_000].copy_from_slice(&noise(at as u64, 3_000));
        }
        let regions = [Region { text_at: 0, len: old.len() }];
        let copies = align(&new, &SuffixIndex::new(old.clone()), &regions, None, None);
        let copied: usize = copies.iter().map(|c| c.len).sum();
        assert!(copied >= old.len() - 42_000, "{copied}");
    }
}
