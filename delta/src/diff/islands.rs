//! Cutting the new bytes into islands between long matches, and islands into batches that share one text of old
//! bytes small enough to index.

use std::ops::Range;

use crate::{matching::blocks::Match, space::Space};

/// Old bytes around the places that matches lead to that always belong to an island's text.
const MARGIN: u64 = 4 << 10;

/// The inside of matches at least this long is left out of texts.
const HOLE: u64 = 16 << 10;

/// What is at most so many texts long is looked at around an island where it is too much as a whole: large programs.
/// What is longer holds many things that have nothing to do with each other.
const PROGRAM: u64 = 16;

/// Matches to either side of an island that tell where its like lies.
const NEIGHBOURS: usize = 32;

/// New bytes between long matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Island {
    /// Addresses in the new space.
    pub(crate) new: Range<u64>,
    /// Old address after the match that ends where the island starts, if what is there can be read.
    pub(crate) before: Option<u64>,
    /// Old address of the match that starts where the island ends, if what is there can be read.
    pub(crate) after: Option<u64>,
}

/// An extent of the new space and the extent of the old one that is most like it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) new: Range<u64>,
    pub(crate) old: Range<u64>,
}

/// Islands that are aligned with one text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) islands: Vec<Island>,
    /// Old addresses of the text's parts: ascending, disjoint, none across an extent.
    pub(crate) regions: Vec<Range<u64>>,
}

/// The parts of the new space that `matches` leave, cut where extents end and at `longest` bytes.
pub(crate) fn islands(new: &Space<'_>, old: &Space<'_>, matches: &[Match], longest: u64) -> Vec<Island> {
    let mut islands = Vec::new();
    let mut at = 0;
    let mut before = None;
    let ends = matches.iter().map(|m| (m.new_at, Some(m))).chain([(new.len(), None)]);
    for (end, next) in ends {
        while at < end {
            let cut = end.min(new.end(new.extent_at(at))).min(at + longest);
            let after = next.filter(|_| cut == end).map(|m| m.old_at).filter(|&at| at < old.len());
            islands.push(Island { new: at..cut, before, after });
            at = cut;
            before = None;
        }
        if let Some(m) = next {
            at = m.new_end();
            before = Some(m.old_end()).filter(|&at| at <= old.len());
        }
    }
    islands
}

/// Groups islands, in order. A batch's text has at most about `text` bytes and its islands as many.
///
/// `pair` tells what resembles the extent of the new space that holds an address, and `useless` are old bytes that
/// are not looked for just because they are part of that.
pub(crate) fn batches(
    islands: Vec<Island>,
    old: &Space<'_>,
    matches: &[Match],
    useless: &[Range<u64>],
    pair: impl Fn(u64) -> Option<Pair>,
    text: u64,
) -> Vec<Batch> {
    let matched = matches.iter().filter(|m| m.len >= HOLE).map(|m| m.old_at + MARGIN..m.old_end() - MARGIN);
    let holes = united(matched.chain(useless.iter().cloned()).collect());
    let most = text / 3 * 2;
    let mut batches = Vec::new();
    let mut batch = Batch::default();
    let (mut new_len, mut old_len) = (0, 0);
    let mut whole = Whole::default();
    for island in islands {
        let pair = pair(island.new.start);
        if let Some(p) = pair.as_ref().filter(|p| p.old != whole.of) {
            whole = Whole::new(p.old.clone(), &holes, most);
        }
        let mut regions = around(&island, old, most);
        match (&pair, &whole.open) {
            (Some(_), Some(open)) if !whole.taken => regions.extend_from_slice(open),
            (Some(pair), None) if regions.is_empty() || pair.old.end - pair.old.start <= PROGRAM * most => {
                regions.extend(without(near(&island, pair, matches, most / 2), &holes));
            }
            _ => {}
        }
        let more: u64 = regions.iter().map(|r| uncovered(&batch.regions, r)).sum();
        let len = island.new.end - island.new.start;
        if !batch.islands.is_empty() && (new_len + len > text || old_len + more > text) {
            batches.push(std::mem::take(&mut batch));
            (new_len, old_len) = (0, 0);
            if std::mem::take(&mut whole.taken) && pair.is_some() {
                regions.extend(whole.open.iter().flatten().cloned());
            }
        }
        whole.taken |= pair.is_some() && whole.open.is_some();
        for r in regions {
            old_len += insert(&mut batch.regions, r);
        }
        new_len += len;
        batch.islands.push(island);
    }
    if !batch.islands.is_empty() {
        batches.push(batch);
    }
    for b in &mut batches {
        b.regions = b.regions.iter().flat_map(|r| split_at_extents(r.clone(), old)).collect();
    }
    batches
}

/// What resembles an extent, as long as islands of it follow each other.
#[derive(Default)]
struct Whole {
    /// Old addresses.
    of: Range<u64>,
    /// Those that are looked at, if they are not too many.
    open: Option<Vec<Range<u64>>>,
    /// Whether the batch has them.
    taken: bool,
}

impl Whole {
    fn new(of: Range<u64>, holes: &[Range<u64>], most: u64) -> Self {
        let open = without(of.clone(), holes);
        let fits = open.iter().map(|r| r.end - r.start).sum::<u64>() <= most;
        Self { of, open: fits.then_some(open), taken: false }
    }
}

/// Old ranges around the matches on both sides of an island.
fn around(island: &Island, old: &Space<'_>, most: u64) -> Vec<Range<u64>> {
    let len = island.new.end - island.new.start;
    let around = |at: u64, back: u64, on: u64| at.saturating_sub(back)..(at + on).min(old.len());
    let reach = len.min(most / 4) + MARGIN;
    let mut found = Vec::new();
    match (island.before, island.after) {
        (Some(b), Some(a)) if a >= b && a - b <= (2 * reach).max(most / 4) => {
            found.push(around(b, MARGIN, a - b + MARGIN));
        }
        (b, a) => {
            found.extend(b.map(|b| around(b, MARGIN, reach)));
            found.extend(a.map(|a| around(a, reach, MARGIN)));
        }
    }
    found
}

/// The part of what resembles an island's extent that lies around the place that most of the matches near the island
/// lead to or, without any, where the island does in proportion: `len` bytes, or all. A single match may lead anywhere:
/// much of a long text stands in it many times.
fn near(island: &Island, Pair { new, old }: &Pair, matches: &[Match], len: u64) -> Range<u64> {
    let at = island.new.start;
    let next = matches.partition_point(|m| m.new_at < at);
    let neighbours = &matches[next.saturating_sub(NEIGHBOURS)..matches.len().min(next + NEIGHBOURS)];
    let mut shifts: Vec<i64> = (neighbours.iter())
        .filter(|m| new.contains(&m.new_at) && old.contains(&m.old_at))
        .map(|m| m.old_at.cast_signed() - m.new_at.cast_signed())
        .collect();
    let middle = shifts.len() / 2;
    let place = if shifts.is_empty() {
        let within = u128::from(at - new.start) * u128::from(old.end - old.start);
        old.start + u64::try_from(within / u128::from(new.end - new.start)).unwrap_or(0)
    } else {
        at.saturating_add_signed(*shifts.select_nth_unstable(middle).1)
    };
    let last_start = old.end.saturating_sub(len).max(old.start);
    let start = place.saturating_sub(len / 2).clamp(old.start, last_start);
    start..(start + len).min(old.end)
}

/// The same addresses as ascending, disjoint ranges.
fn united(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_unstable_by_key(|r| r.start);
    ranges.dedup_by(|next, last| {
        let meets = next.start <= last.end;
        if meets {
            last.end = last.end.max(next.end);
        }
        meets
    });
    ranges
}

/// `range` without `holes`, which are ascending and disjoint.
fn without(range: Range<u64>, holes: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut parts = Vec::new();
    let mut at = range.start;
    let first = holes.partition_point(|h| h.end <= range.start);
    for h in holes[first..].iter().take_while(|h| h.start < range.end) {
        if h.start > at {
            parts.push(at..h.start);
        }
        at = h.end;
    }
    if at < range.end {
        parts.push(at..range.end);
    }
    parts
}

/// How many bytes of `range` the ascending, disjoint `set` lacks.
fn uncovered(set: &[Range<u64>], range: &Range<u64>) -> u64 {
    let first = set.partition_point(|r| r.end <= range.start);
    let covered: u64 = set[first..]
        .iter()
        .take_while(|r| r.start < range.end)
        .map(|r| r.end.min(range.end) - r.start.max(range.start))
        .sum();
    range.end - range.start - covered
}

/// Adds `range` to the ascending, disjoint `set`; tells how many bytes are new in it.
fn insert(set: &mut Vec<Range<u64>>, range: Range<u64>) -> u64 {
    let more = uncovered(set, &range);
    let first = set.partition_point(|r| r.end < range.start);
    let last = set.partition_point(|r| r.start <= range.end);
    let merged = if first < last {
        set[first].start.min(range.start)..set[last - 1].end.max(range.end)
    } else {
        range
    };
    set.splice(first..last, [merged]);
    more
}

fn split_at_extents(range: Range<u64>, old: &Space<'_>) -> Vec<Range<u64>> {
    let mut parts = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let end = old.end(old.extent_at(at)).min(range.end);
        parts.push(at..end);
        at = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(ranges: &[Range<u64>]) -> Vec<(u64, u64)> {
        ranges.iter().map(|r| (r.start, r.end)).collect()
    }

    #[test]
    fn range_sets() {
        let mut set = Vec::new();
        assert_eq!(insert(&mut set, 10..20), 10);
        assert_eq!(insert(&mut set, 30..40), 10);
        assert_eq!(insert(&mut set, 15..32), 10);
        assert_eq!(ends(&set), [(10, 40)]);
        assert_eq!(insert(&mut set, 5..10), 5);
        assert_eq!(insert(&mut set, 0..2), 2);
        assert_eq!(ends(&set), [(0, 2), (5, 40)]);
        assert_eq!(uncovered(&set, &(0..50)), 13);
    }

    /// Text that stands in many places makes some matches lead far away.
    #[test]
    fn what_most_matches_near_an_island_lead_to_is_near_it() {
        let pair = Pair { new: 1_000..101_000, old: 0..200_000 };
        let matches: Vec<Match> = (0..10)
            .map(|i| {
                let shift = if i % 3 == 0 { 90_000 } else { 2_000 };
                Match { new_at: 1_000 + i * 10_000, old_at: 1_000 + i * 10_000 + shift, len: 1_024 }
            })
            .collect();
        let island = |at| Island { new: at..at + 100, before: None, after: None };
        assert_eq!(near(&island(31_000), &pair, &matches, 20_000), 23_000..43_000);
        assert_eq!(near(&island(2_100), &pair, &matches, 20_000), 0..20_000, "no further than it goes");
        assert_eq!(near(&island(51_000), &pair, &[], 20_000), 90_000..110_000, "in proportion");
    }

    #[test]
    fn holes_are_cut_out() {
        let holes = united(vec![90..200, 30..50, 0..20, 35..40, 95..99, 1..2]);
        assert_eq!(ends(&holes), [(0, 20), (30, 50), (90, 200)]);
        assert_eq!(ends(&without(10..100, &holes)), [(20, 30), (50, 90)]);
        assert!(without(40..50, &holes).is_empty());
        assert_eq!(ends(&without(10..20, &[])), [(10, 20)]);
        assert!(without(10..20, &[5..25, 30..40]).is_empty());
    }
}
