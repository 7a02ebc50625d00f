//! One batch of islands: load its text, index it, align, and take differences.

use std::ops::Range;

use crate::{
    matching::{
        align::{self, Region},
        suffix::SuffixIndex,
    },
    space::{ReadError, Space},
};

use super::{
    changes::Changes,
    islands::{Batch, Island},
};

/// New bytes that are like as many old ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Copy {
    pub(crate) new_at: u64,
    pub(crate) old_at: u64,
    pub(crate) len: u64,
}

/// What became of an island.
#[derive(Default)]
pub(crate) struct Aligned {
    pub(crate) new: Range<u64>,
    /// Ascending, disjoint, inside `new`.
    pub(crate) copies: Vec<Copy>,
    /// What differs in the copies, in order. A run lies in one copy.
    pub(crate) changes: Changes,
    /// The bytes between copies.
    pub(crate) literals: Vec<u8>,
}

/// What an island's bytes are looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Search {
    /// Only what the matches on both sides go on with.
    Nothing,
    /// All of the batch's text.
    Everything,
}

/// Aligns every island of a batch.
pub(crate) fn align_batch(
    batch: &Batch,
    old: &Space<'_>,
    new: &Space<'_>,
    search: Search,
) -> Result<Vec<Aligned>, ReadError> {
    let mut text = Vec::new();
    let mut regions = Vec::with_capacity(batch.regions.len());
    for r in &batch.regions {
        let text_at = text.len();
        let len = usize::try_from(r.end - r.start).unwrap_or(usize::MAX);
        text.resize(text_at + len, 0);
        old.read(&mut text[text_at..], r.start)?;
        regions.push(Region { text_at, len });
    }
    let index = match search {
        Search::Nothing => SuffixIndex::unindexed(text),
        Search::Everything => SuffixIndex::new(text),
    };
    let places = Places { batch, regions: &regions };
    batch.islands.iter().map(|island| align_island(island, &index, &places, new)).collect()
}

/// Translates between addresses of the old space and of the text.
struct Places<'b> {
    batch: &'b Batch,
    regions: &'b [Region],
}

impl Places<'_> {
    /// Text position of an old address, if the byte there is in the text.
    fn text_at(&self, old_at: u64) -> Option<usize> {
        let i = self.batch.regions.partition_point(|r| r.end <= old_at);
        let r = self.batch.regions.get(i).filter(|r| r.start <= old_at)?;
        Some(self.regions[i].text_at + usize::try_from(old_at - r.start).ok()?)
    }

    /// Old address of a text position.
    fn old_at(&self, text_at: usize) -> u64 {
        let i = self.regions.partition_point(|r| r.text_at <= text_at).saturating_sub(1);
        self.batch.regions[i].start + (text_at - self.regions[i].text_at) as u64
    }
}

fn align_island(
    island: &Island,
    index: &SuffixIndex,
    places: &Places<'_>,
    new: &Space<'_>,
) -> Result<Aligned, ReadError> {
    let range = island.new.clone();
    let mut bytes = vec![0; usize::try_from(range.end - range.start).unwrap_or(usize::MAX)];
    new.read(&mut bytes, range.start)?;
    let before = island.before.and_then(|b| Some(places.text_at(b.checked_sub(1)?)? + 1));
    let after = island.after.and_then(|a| places.text_at(a));
    let copies = align::align(&bytes, index, places.regions, before, after);
    let mut aligned = Aligned { new: range.clone(), ..Aligned::default() };
    let mut at = 0;
    for c in &copies {
        aligned.literals.extend_from_slice(&bytes[at..c.new_at]);
        at = c.new_at + c.len;
        let old = &index.text()[c.text_at..c.text_at + c.len];
        aligned.changes.add(&bytes[c.new_at..at], old);
        aligned.copies.push(Copy {
            new_at: range.start + c.new_at as u64,
            old_at: places.old_at(c.text_at),
            len: c.len as u64,
        });
    }
    aligned.literals.extend_from_slice(&bytes[at..]);
    Ok(aligned)
}
