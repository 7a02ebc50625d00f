//! From copies and literals to packed segments.

use std::{
    io::{self, Seek, Write},
    ops::Range,
};

use crate::{
    format::{
        Version,
        codec::Effort,
        header::{SegmentEntry, Source},
        segment::{Plain, Stream},
        varint,
    },
    space::Space,
};

use super::{
    align_batch::{Aligned, Copy},
    changes::Run,
    spool::Spool,
};

/// A segment is closed once about so many packed bytes are in it.
const PACKED: u64 = 6 << 20;
/// Or so many plain ones.
const PLAIN: usize = 32 << 20;
/// Or once reading it may take so much memory, the making of streams included; what comes until the next look adds at most a window to it.
const MEMORY: u64 = 44 << 20;
/// Bytes taken between two looks at those limits. A segment may come to have twice as many over them, or a run of
/// differing bytes more, and its bound leaves room for that.
const STEP: usize = 512 << 10;

/// Where the addresses of the old space end up: sources get theirs when they are first read from.
struct Addresses {
    /// Source for each extent of the old space.
    sources: Vec<Source>,
    /// Start of each extent in the patch's address space, once used.
    starts: Vec<Option<u64>>,
    used: Vec<Source>,
    end: u64,
}

impl Addresses {
    fn of(&mut self, old_at: u64, old: &Space<'_>) -> u64 {
        let extent = old.extent_at(old_at);
        let start = match self.starts[extent] {
            Some(start) => start,
            None => {
                let start = self.end;
                self.starts[extent] = Some(start);
                self.used.push(self.sources[extent]);
                self.end += old.end(extent) - old.start(extent);
                start
            }
        };
        start + (old_at - old.start(extent))
    }
}

/// Everything that a header needs to know of the body.
pub(crate) struct Body {
    pub(crate) spool: Spool,
    pub(crate) sources: Vec<Source>,
    pub(crate) segments: Vec<SegmentEntry>,
    /// Memory for the decoders of the neediest segment and for the making of streams, in bytes.
    pub(crate) memory: u64,
    pub(crate) totals: Totals,
}

/// What the body consists of.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) copies: u64,
    pub(crate) copied: u64,
    pub(crate) differing: u64,
    pub(crate) literal: u64,
}

/// Takes the parts of the new space in ascending order.
pub(crate) struct Assembler<'s, 'a> {
    old: &'s Space<'a>,
    effort: Effort,
    making: u64,
    addresses: Addresses,
    /// Where each new file starts, and its recipe.
    files: std::vec::IntoIter<(u64, Vec<u8>)>,
    next_file: Option<(u64, Vec<u8>)>,
    plain: Plain,
    /// New bytes of this segment before the first file that starts in it.
    carried: u64,
    started: u64,
    /// Address up to which the new space is described.
    at: u64,
    /// Literal bytes since the last copy.
    literal_len: u64,
    /// New and old end of the copy that may still grow, and its length.
    copy: Option<Copy>,
    cursor: u64,
    equal_run: u64,
    /// Payload and numbers that `packed` does not count yet.
    unweighed: Vec<u8>,
    packed: u64,
    body: Body,
}

impl<'s, 'a> Assembler<'s, 'a> {
    /// `sources` has one entry for each extent of `old`; `files` the start address and recipe of each new file, whose
    /// streams take so much memory to make, in bytes.
    pub(crate) fn new(
        old: &'s Space<'a>,
        sources: Vec<Source>,
        files: Vec<(u64, Vec<u8>)>,
        making: u64,
        effort: Effort,
        spool: Spool,
    ) -> Self {
        let mut files = files.into_iter();
        let next_file = files.next();
        Self {
            old,
            effort,
            making,
            addresses: Addresses { starts: vec![None; sources.len()], sources, used: Vec::new(), end: 0 },
            files,
            next_file,
            plain: Plain::default(),
            carried: 0,
            started: 0,
            at: 0,
            literal_len: 0,
            copy: None,
            cursor: 0,
            equal_run: 0,
            unweighed: Vec::new(),
            packed: 0,
            body: Body {
                spool,
                sources: Vec::new(),
                segments: Vec::new(),
                memory: making,
                totals: Totals::default(),
            },
        }
    }

    /// New bytes that equal old ones.
    pub(crate) fn exact(&mut self, copy: Copy) -> io::Result<()> {
        self.begin_files(copy.new_at + copy.len);
        self.copy(copy);
        self.equal_run += copy.len;
        self.close_if_full()
    }

    /// An aligned island.
    pub(crate) fn island(&mut self, island: &Aligned) -> io::Result<()> {
        let mut runs = island.changes.runs.iter();
        let mut differences = island.changes.differences.as_slice();
        let mut literals = island.literals.as_slice();
        let mut at = island.new.start;
        for c in &island.copies {
            let gap = usize::try_from(c.new_at - at).unwrap_or(usize::MAX);
            let (now, later) = literals.split_at(gap);
            literals = later;
            self.literal(at, now)?;
            at = c.new_at + c.len;
            let mut part = Copy { len: 0, ..*c };
            while part.new_at < at {
                let Some(run) = runs.next() else { break };
                let (now, later) = differences.split_at(run.differing);
                differences = later;
                part.len = run.equal + run.differing as u64;
                self.begin_files(part.new_at + part.len);
                self.copy(part);
                self.run(*run, now);
                self.close_if_full()?;
                part.new_at += part.len;
                part.old_at += part.len;
            }
        }
        self.literal(at, literals)
    }

    fn literal(&mut self, mut at: u64, bytes: &[u8]) -> io::Result<()> {
        for part in bytes.chunks(STEP) {
            self.begin_files(at + part.len() as u64);
            self.end_copy();
            self.literal_len += part.len() as u64;
            self.plain.stream(Stream::Literal).extend_from_slice(part);
            self.unweighed.extend_from_slice(part);
            self.body.totals.literal += part.len() as u64;
            at += part.len() as u64;
            self.close_if_full()?;
        }
        Ok(())
    }

    /// Starts all files whose first byte lies before `end`, the address up to which is described next.
    fn begin_files(&mut self, end: u64) {
        if self.started == 0 {
            let first = self.next_file.as_ref().map_or(end, |(start, _)| end.min(*start));
            self.carried += first - self.at;
        }
        self.at = end;
        while let Some(file) = self.next_file.take_if(|(start, _)| *start < end) {
            self.begin_file(&file.1);
        }
    }

    fn begin_file(&mut self, recipe: &[u8]) {
        self.plain.stream(Stream::Recipe).extend_from_slice(recipe);
        self.started += 1;
        self.next_file = self.files.next();
    }

    fn copy(&mut self, c: Copy) {
        self.body.totals.copied += c.len;
        if let Some(open) = &mut self.copy
            && open.new_at + open.len == c.new_at
            && open.old_at + open.len == c.old_at
            && self.old.extent_at(open.old_at) == self.old.extent_at(c.old_at)
        {
            open.len += c.len;
            return;
        }
        self.end_copy();
        self.copy = Some(c);
    }

    /// Writes the copy that can't grow any more.
    fn end_copy(&mut self) {
        let Some(c) = self.copy.take() else { return };
        let at = self.addresses.of(c.old_at, self.old);
        let literal_len = std::mem::take(&mut self.literal_len);
        self.number(Stream::LiteralLen, literal_len);
        self.number(Stream::CopyLen, c.len);
        let seek = at.cast_signed() - self.cursor.cast_signed();
        self.plain.signed(Stream::Seek, seek);
        varint::put(&mut self.unweighed, varint::zigzag(seek));
        self.cursor = at + c.len;
        self.body.totals.copies += 1;
    }

    /// Puts a number into a stream.
    fn number(&mut self, stream: Stream, n: u64) {
        self.plain.number(stream, n);
        varint::put(&mut self.unweighed, n);
    }

    /// A run inside the copy that may still grow, and by how much it differs.
    fn run(&mut self, run: Run, differences: &[u8]) {
        self.equal_run += run.equal;
        if run.differing > 0 {
            let stream = Stream::differences(run.differing as u64, Version::LATEST);
            let equal = std::mem::take(&mut self.equal_run);
            self.number(Stream::Runs, equal);
            self.number(Stream::Runs, run.differing as u64);
            self.plain.stream(stream).extend_from_slice(differences);
            self.unweighed.extend_from_slice(differences);
            self.body.totals.differing += run.differing as u64;
        }
    }

    fn close_if_full(&mut self) -> io::Result<()> {
        if self.unweighed.len() >= STEP {
            self.packed += zstd::bulk::compress(&self.unweighed, 1)?.len() as u64;
            self.unweighed.clear();
        }
        if self.packed >= PACKED || self.plain.len() >= PLAIN || self.plain.memory() + self.making >= MEMORY {
            self.close()?;
        }
        Ok(())
    }

    /// Packs what there is into a segment.
    fn close(&mut self) -> io::Result<()> {
        self.end_copy();
        if self.literal_len > 0 {
            self.plain.number(Stream::LiteralLen, std::mem::take(&mut self.literal_len));
            self.plain.number(Stream::CopyLen, 0);
        }
        self.equal_run = 0;
        self.cursor = 0;
        self.unweighed.clear();
        self.packed = 0;
        let (bytes, memory) = std::mem::take(&mut self.plain).pack(self.effort)?;
        self.body.spool.write_all(&bytes)?;
        let (files, carried) = (std::mem::take(&mut self.started), std::mem::take(&mut self.carried));
        self.body.segments.push(SegmentEntry { len: bytes.len() as u64, files, carried });
        self.body.memory = self.body.memory.max(self.making + memory);
        Ok(())
    }

    /// Ends the body.
    pub(crate) fn finish(mut self) -> io::Result<Body> {
        // Empty files at the very end.
        while let Some(file) = self.next_file.take() {
            self.begin_file(&file.1);
        }
        if self.plain.len() > 0 || self.copy.is_some() || self.started > 0 {
            self.close()?;
        }
        self.body.sources = self.addresses.used;
        self.body.spool.rewind()?;
        Ok(self.body)
    }
}

/// The address range of a copy among the new bytes.
pub(crate) fn new_range(c: &Copy) -> Range<u64> {
    c.new_at..c.new_at + c.len
}
