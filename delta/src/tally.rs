//! What a patch makes each new file of, told without the old files.

use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use mist_proto::RelPath;

use crate::{
    format::{
        header::Header,
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
        }
        walk.finish()
    }
}

struct Walk<'h> {
    header: &'h Header,
    /// Address after each source.
    ends: Vec<u64>,
    done: Vec<Tally>,
    /// The file that is walked through, what is left of it, and how much each row of old files gave.
    current: Option<(Tally, u64, BTreeMap<usize, u64>)>,
    /// Files that still start in this segment.
    waiting: u64,
}

/// Bytes of a file.
#[derive(Clone, Copy)]
enum Bytes {
    Literal,
    /// From this row of the old files, so many of them changed.
    Copied {
        row: usize,
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
        Self { header, ends: ends.collect(), done: Vec::new(), current: None, waiting: 0 }
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
            let source = self.header.sources.get(self.ends.partition_point(|&end| end <= at));
            let row = source.ok_or_else(|| malformed("a copy from behind the old files"))?.row();
            self.put_copy(streams, len, row, &mut runs)?;
        }
        Ok(())
    }

    fn put_copy(
        &mut self,
        streams: &mut Streams<'_>,
        len: u64,
        row: usize,
        runs: &mut Runs,
    ) -> io::Result<()> {
        let mut left = len;
        while left > 0 {
            let (equal, differing) = runs.next(self.room(left)?, streams)?;
            let n = equal + differing;
            self.put(streams, n, Bytes::Copied { row, differing })?;
            left -= n;
        }
        Ok(())
    }

    /// How many of `most` bytes the current file takes.
    fn room(&self, most: u64) -> io::Result<u64> {
        let (_, left, _) = self.current.as_ref().ok_or_else(|| malformed("bytes after the last file"))?;
        Ok(most.min(*left))
    }

    /// Adds `len` bytes to the current file, and to those after it.
    fn put(&mut self, streams: &mut Streams<'_>, mut len: u64, what: Bytes) -> io::Result<()> {
        while len > 0 {
            let n = self.room(len)?;
            let Some((tally, left, rows)) = &mut self.current else { break };
            match what {
                Bytes::Literal => tally.literal += n,
                Bytes::Copied { row, differing } => {
                    tally.copied += n;
                    tally.differing += differing;
                    *rows.entry(row).or_default() += n;
                }
            }
            *left -= n;
            len -= n;
            self.begin(streams)?;
        }
        Ok(())
    }

    /// Ends the current file if it is complete, and starts the next ones of this segment.
    fn begin(&mut self, streams: &mut Streams<'_>) -> io::Result<()> {
        loop {
            if let Some((mut tally, _, rows)) = self.current.take_if(|(_, left, _)| *left == 0) {
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
            let made = |parsed| {
                let by_parse = |maker: &Maker| matches!(maker, Maker::Parse { .. });
                let of = |p: &&Part| matches!(p, Part::Deflate { maker, .. } if by_parse(maker) == parsed);
                parts.iter().filter(of).count() as u64
            };
            let (by_zlib, parsed) = (made(false), made(true));
            let len = parts.iter().try_fold(0u64, |sum, p| sum.checked_add(p.taken_len()));
            let len = len.ok_or_else(|| malformed("a recipe over its bound"))?;
            self.current =
                Some((Tally { streams: by_zlib + parsed, parsed, ..Tally::default() }, len, BTreeMap::new()));
        }
    }

    fn finish(self) -> io::Result<Vec<Tally>> {
        if self.current.is_some() || self.done.len() != self.header.new.len() {
            return Err(malformed("the patch ends inside a file"));
        }
        Ok(self.done)
    }
}
