//! What a patch makes each new file of, told without the old files.

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use mist_proto::RelPath;

use crate::{
    format::{
        header::{Header, Source},
        runs::Runs,
        segment::{Stream, Streams},
    },
    inside::{
        Maker,
        recipe::{self, Part},
    },
    patch::PatchReader,
};

/// What one new file is made of. Lengths are in bytes, of what is inside packed streams where those are made again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Streams that are packed anew.
    pub streams: u64,
    /// Those of them that are made by their parse, as zlib does not make them.
    pub parsed: u64,
    /// Bytes that the patch brings.
    pub literal: u64,
    /// Bytes that come from old files.
    pub copied: u64,
    /// Bytes of those that differ.
    pub differing: u64,
    /// Bytes of those that do not differ and are where they were, in the file of the same path. After a stream that is
    /// packed anew, whose length can't be told here, whatever comes from that file counts as such.
    pub in_place: u64,
    /// Its share of the patch's packed segments: a segment is packed as a whole, and each file in it counts by what is new
    /// or different in it. All shares together are the segments.
    pub packed: u64,
    /// The old file that most of those come from.
    pub from: Option<RelPath>,
}

impl<R: Read> PatchReader<R> {
    /// Tells what each new file is made of, in the order of the header.
    ///
    /// # Errors
    /// If the patch can't be read or contradicts itself.
    pub fn tally(self) -> io::Result<Vec<Tally>> {
        let (header, _, mut input) = self.into_parts();
        let mut walk = Walk::new(&header);
        for entry in &header.segments {
            let mut bytes = Vec::new();
            (&mut input).take(entry.len).read_to_end(&mut bytes)?;
            walk.segment(&mut Streams::open(&bytes, header.version, header.memory)?, entry.files)?;
            walk.share(entry.len);
        }
        walk.finish()
    }
}

struct Walk<'h> {
    header: &'h Header,
    /// Address after each source.
    ends: Vec<u64>,
    done: Vec<Tally>,
    /// The file that is walked through.
    current: Option<Current>,
    /// Files that still start in this segment.
    waiting: u64,
    /// What is new or different in this segment, by the number of the file.
    fresh: BTreeMap<usize, u64>,
}

/// A file that is walked through.
#[derive(Default)]
struct Current {
    tally: Tally,
    /// Bytes that came, and that are still to come.
    done: u64,
    left: u64,
    /// How many of the first bytes lie in the file as they come here.
    straight: u64,
    /// The row of the old file that has its path.
    row: Option<usize>,
    /// How much each row of old files gave.
    rows: BTreeMap<usize, u64>,
}

impl Current {
    fn put(&mut self, n: u64, what: Bytes) {
        match what {
            Bytes::Literal => self.tally.literal += n,
            Bytes::Copied { row, at, differing } => {
                self.tally.copied += n;
                self.tally.differing += differing;
                *self.rows.entry(row).or_default() += n;
                let in_place = at.is_some_and(|at| at == self.done || self.done >= self.straight);
                if in_place && self.row == Some(row) {
                    // Copies of a broken patch may say anything.
                    self.tally.in_place += n.saturating_sub(differing);
                }
            }
        }
        self.done += n;
        self.left -= n;
    }
}

/// Bytes of a file.
#[derive(Clone, Copy)]
enum Bytes {
    Literal,
    /// From this row of the old files, so many of them changed; and from where in it, unless it is from inside a stream.
    Copied {
        row: usize,
        at: Option<u64>,
        differing: u64,
    },
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<'h> Walk<'h> {
    fn new(header: &'h Header) -> Self {
        let ends = header.sources.iter().scan(0u64, |end, &s| {
            *end = end.saturating_add(header.source_len(s));
            Some(*end)
        });
        Self {
            header,
            ends: ends.collect(),
            done: Vec::new(),
            current: None,
            waiting: 0,
            fresh: BTreeMap::new(),
        }
    }

    fn segment(&mut self, streams: &mut Streams<'_>, files: u64) -> io::Result<()> {
        self.waiting = files;
        self.begin(streams)?;
        let mut runs = Runs::default();
        let mut cursor = 0u64;
        while let Some(literal) = streams.number(Stream::LiteralLen)? {
            self.put(streams, literal, Bytes::Literal)?;
            let len = streams.number(Stream::CopyLen)?.ok_or_else(|| malformed("a copy without a length"))?;
            if len == 0 {
                continue;
            }
            let at = cursor.checked_add_signed(streams.signed(Stream::Seek)?);
            let at = at.ok_or_else(|| malformed("a copy from before the old files"))?;
            cursor = at.checked_add(len).ok_or_else(|| malformed("a copy without an end"))?;
            let extent = self.ends.partition_point(|&end| end <= at);
            let start = extent.checked_sub(1).map_or(0, |before| self.ends[before]);
            let source = self.header.sources.get(extent);
            let source = source.ok_or_else(|| malformed("a copy from behind the old files"))?;
            let within = matches!(source, Source::File { .. }).then_some(at - start);
            self.put_copy(streams, len, (source.row(), within), &mut runs)?;
        }
        Ok(())
    }

    fn put_copy(
        &mut self,
        streams: &mut Streams<'_>,
        len: u64,
        (row, at): (usize, Option<u64>),
        runs: &mut Runs,
    ) -> io::Result<()> {
        let mut done = 0;
        while done < len {
            let (equal, differing) = runs.next(self.room(len - done)?, streams)?;
            let at = at.map(|at| at + done);
            self.put(streams, equal + differing, Bytes::Copied { row, at, differing })?;
            done += equal + differing;
        }
        Ok(())
    }

    /// How many of `most` bytes the current file takes.
    fn room(&self, most: u64) -> io::Result<u64> {
        let current = self.current.as_ref().ok_or_else(|| malformed("bytes after the last file"))?;
        Ok(most.min(current.left))
    }

    /// Adds `len` bytes to the current file, and to those after it.
    fn put(&mut self, streams: &mut Streams<'_>, mut len: u64, what: Bytes) -> io::Result<()> {
        while len > 0 {
            let n = self.room(len)?;
            let Some(current) = &mut self.current else { break };
            let new = match what {
                Bytes::Literal => n,
                Bytes::Copied { differing, .. } => differing,
            };
            // Saying where bytes come from costs some, too.
            *self.fresh.entry(self.done.len()).or_default() += new.saturating_add(2);
            current.put(n, what);
            len -= n;
            self.begin(streams)?;
        }
        Ok(())
    }

    /// Shares the packed length of the segment that was walked through among its files.
    fn share(&mut self, packed: u64) {
        let fresh = std::mem::take(&mut self.fresh);
        let mut weight: u64 = fresh.values().sum();
        let mut left = packed;
        for (file, new) in fresh {
            // What is left is shared among those that are left, so that nothing is lost to rounding.
            let part = u128::from(left) * u128::from(new) / u128::from(weight.max(1));
            let part = u64::try_from(part).unwrap_or(left);
            weight -= new;
            left -= part;
            let tally = match self.done.get_mut(file) {
                Some(done) => Some(done),
                None => self.current.as_mut().map(|current| &mut current.tally),
            };
            if let Some(tally) = tally {
                tally.packed += part;
            }
        }
    }

    /// Ends the current file if it is complete, and starts the next ones of this segment.
    fn begin(&mut self, streams: &mut Streams<'_>) -> io::Result<()> {
        loop {
            if let Some(Current { mut tally, rows, .. }) = self.current.take_if(|c| c.left == 0) {
                let most = rows.into_iter().max_by_key(|&(_, n)| n);
                tally.from = most.and_then(|(row, _)| self.header.old.get(row)).map(|f| f.path.clone());
                self.done.push(tally);
            }
            if self.current.is_some() || self.waiting == 0 {
                return Ok(());
            }
            self.waiting -= 1;
            let entry = self.header.new.get(self.done.len());
            let entry = entry.ok_or_else(|| malformed("more files than the header names"))?;
            let parts = recipe::decode(streams.stream(Stream::Recipe), entry.size)?;
            let makers = parts.iter().filter_map(|p| match p {
                Part::Stream { maker, .. } => Some(maker),
                Part::Raw { .. } => None,
            });
            let parsed = makers.clone().filter(|m| matches!(m, Maker::Parse { .. })).count() as u64;
            let streams = makers.count() as u64;
            let len = parts.iter().try_fold(0u64, |sum, p| sum.checked_add(p.taken_len()));
            let left = len.ok_or_else(|| malformed("a recipe over its bound"))?;
            let raw = parts.iter().take_while(|p| matches!(p, Part::Raw { .. }));
            let straight = raw.map(|p| p.taken_len()).sum();
            let row = self.header.predecessor(entry).map(|(row, _)| row);
            let tally = Tally { streams, parsed, ..Tally::default() };
            self.current = Some(Current { tally, left, straight, row, ..Current::default() });
        }
    }

    fn finish(self) -> io::Result<Vec<Tally>> {
        if self.current.is_some() || self.done.len() != self.header.new.len() {
            return Err(malformed("the patch ends inside a file"));
        }
        Ok(self.done)
    }
}
