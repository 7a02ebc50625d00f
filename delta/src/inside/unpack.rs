//! Listing the streams of both trees, and choosing which to take apart.

use std::{
    collections::{HashMap, HashSet},
    io,
    num::NonZeroUsize,
};

use mist_proto::{FileEntry, Hash, RelPath};
use mist_tree::fs::{Dir, ReadAt};

use crate::{parallel::in_order, space::ReadError};

use super::{
    Encoder, Stream, Wrapping,
    by_parse::{self, Candidate, Parses, Side},
    inflate::inflate,
    rebuild::{Guesses, Text},
    scan,
    scratch::Scratch,
};

/// The longest plain text that is looked at, in bytes, and that of all of a tree together: a bomb is copied as it is.
const MAX_PLAIN: u64 = 8 << 30;
const MAX_PLAIN_SUM: u64 = 64 << 30;

/// Streams of a file that are tried with all settings before those that were right go first.
const LOOKED_AT: usize = 12;

/// Results that may wait for one before them.
const AHEAD: usize = 256;

/// Bytes in the scratch file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    /// Where they lie.
    pub(crate) scratch_at: u64,
    /// How many they are.
    pub(crate) len: u64,
}

/// A stream whose plain text is in the scratch file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain {
    pub(crate) stream: Stream,
    /// Where the plain text lies.
    pub(crate) scratch_at: u64,
    /// Its parse, if a new one is compared with it.
    pub(crate) parse: Option<Kept>,
}

/// What makes a stream again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found {
    /// An encoder.
    Encoder(Encoder),
    /// Its parse.
    Parse(Kept),
}

/// A piece of a new file, and where its bytes of the new space are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece {
    /// In the file.
    Raw { at: u64, len: u64 },
    /// In the scratch file, and in another place of it what a parse is.
    Stream { plain_at: u64, plain: u64, by: Found, wrapping: Wrapping, name: Option<u64> },
}

/// Everything that was taken apart. The plain texts are in the scratch file.
#[derive(Default)]
pub(crate) struct Unpacked {
    /// For each old file, in the order given, its streams' plain texts. Empty if nothing was looked at.
    pub(crate) old: Vec<Vec<Plain>>,
    /// For each new file, in the order given, its pieces. Empty if nothing was looked at.
    pub(crate) new: Vec<Vec<Piece>>,
}

/// Files of a tree.
#[derive(Clone, Copy)]
pub(crate) struct Files<'a> {
    pub(crate) dir: &'a dyn Dir,
    pub(crate) list: &'a [&'a FileEntry],
}

/// A stream of one of the files.
#[derive(Clone, Copy)]
pub(super) struct Located {
    /// The file's place in the list.
    pub(super) file: usize,
    pub(super) stream: Stream,
    /// Hash of its bytes as they are.
    hash: Hash,
}

impl<'a> Files<'a> {
    /// The path of a file of the list.
    pub(crate) fn path(&self, file: usize) -> &'a RelPath {
        &self.list[file].path
    }

    /// Opens a file of the list.
    pub(crate) fn open(&self, file: usize) -> Result<Box<dyn ReadAt>, ReadError> {
        let path = self.path(file);
        self.dir.open(path).map_err(|source| ReadError { path: path.to_string(), source })
    }

    /// Runs `read` on an open file of the list.
    pub(crate) fn read<T>(
        &self,
        file: usize,
        read: impl FnOnce(&dyn ReadAt) -> io::Result<T>,
    ) -> Result<T, ReadError> {
        let open = self.open(file)?;
        read(&*open).map_err(|source| ReadError { path: self.path(file).to_string(), source })
    }

    /// All streams that are not too long, file by file.
    fn streams(&self, threads: NonZeroUsize) -> Result<Vec<Located>, ReadError> {
        let files: Vec<usize> = (0..self.list.len()).collect();
        let (mut found, mut sum) = (Vec::new(), 0u64);
        let list = |&file: &usize| self.read(file, |open| streams(open, self.list[file].size, file));
        in_order(&files, threads, AHEAD, list, |of_file| {
            for located in of_file {
                sum += located.stream.plain;
                if sum <= MAX_PLAIN_SUM {
                    found.push(located);
                }
            }
            Ok::<_, ReadError>(())
        })?;
        Ok(found)
    }
}

fn streams(open: &dyn ReadAt, size: u64, file: usize) -> io::Result<Vec<Located>> {
    let mut found = Vec::new();
    let mut buf = vec![0; 64 << 10];
    for stream in scan::streams(open, size)? {
        if stream.plain.max(stream.packed) > MAX_PLAIN {
            continue;
        }
        let mut hasher = blake3::Hasher::new();
        let mut read = 0;
        while read < stream.packed {
            let n = usize::try_from(stream.packed - read).map_or(buf.len(), |n| n.min(buf.len()));
            open.read_exact_at(&mut buf[..n], stream.at + read)?;
            hasher.update(&buf[..n]);
            read += n as u64;
        }
        found.push(Located { file, stream, hash: hasher.finalize().into() });
    }
    Ok(found)
}

/// What became of a stream.
#[derive(Clone, Copy)]
pub(super) struct Inflated {
    pub(super) located: Located,
    /// Where its plain text is, if it could be inflated.
    pub(super) scratch_at: Option<u64>,
    /// What makes it again, if anything does.
    pub(super) by: Option<Found>,
}

impl Inflated {
    /// The encoder that makes it again, if one does.
    fn encoder(&self) -> Option<Encoder> {
        match self.by {
            Some(Found::Encoder(encoder)) => Some(encoder),
            _ => None,
        }
    }
}

/// Takes the containers among `new` apart as far as that is exact and of use, and those among `old` if any was.
///
/// `on_progress` gets the plain bytes that are done and those that there are, and may end it by an error.
pub(crate) fn unpack<E: From<ReadError>>(
    old: Files<'_>,
    new: Files<'_>,
    scratch: &Scratch<'_>,
    threads: NonZeroUsize,
    mut on_progress: impl FnMut(u64, u64) -> Result<(), E>,
) -> Result<Unpacked, E> {
    let mut unpacked = Unpacked { old: vec![Vec::new(); old.list.len()], new: Vec::new() };
    let mut old_streams = old.streams(threads)?;
    let mut changed = if old_streams.is_empty() { Vec::new() } else { new.streams(threads)? };
    let hashes = |streams: &[Located]| streams.iter().map(|s| s.hash).collect::<HashSet<Hash>>();
    let (stale, fresh) = (hashes(&old_streams), hashes(&changed));
    // A stream that an old file has as it is is copied as it is.
    changed.retain(|s| !stale.contains(&s.hash));
    // What has no name and is still there is hardly what something else was made of.
    old_streams.retain(|s| s.stream.name.is_some() || !fresh.contains(&s.hash));

    let plain = |streams: &[Located]| streams.iter().map(|s| s.stream.plain).sum::<u64>();
    let total = plain(&changed) + plain(&old_streams);
    let mut done = 0;
    let mut advance = |s: &Located| {
        done += s.stream.plain;
        on_progress(done, total)
    };

    // First a few streams of each file with all settings, then the others by what was learnt.
    let (first, rest) = sample(&changed);
    let mut learnt: HashMap<usize, Vec<Option<Encoder>>> = HashMap::new();
    let mut rebuilt = Vec::new();
    let usual = Guesses::default();
    let by_usual = |s: &Located| rebuild(new, *s, scratch, &usual);
    in_order(&first, threads, AHEAD, by_usual, |s: Inflated| {
        learnt.entry(s.located.file).or_default().push(s.encoder());
        rebuilt.push(s);
        advance(&s.located)
    })?;
    let guesses: HashMap<usize, Guesses> =
        learnt.into_iter().map(|(file, looked_at)| (file, Guesses::learn(&looked_at))).collect();
    let by_file = |s: &Located| rebuild(new, *s, scratch, guesses.get(&s.file).unwrap_or(&usual));
    in_order(&rest, threads, AHEAD, by_file, |s: Inflated| {
        rebuilt.push(s);
        advance(&s.located)
    })?;

    let candidates = by_parse::candidates(old, &old_streams, new, &rebuilt);
    let mut stale = Vec::with_capacity(old_streams.len());
    if !candidates.is_empty() || rebuilt.iter().any(|s| s.by.is_some()) {
        let inflate = |s: &Located| keep_plain(old, s, scratch);
        let mut waiting = old_streams.iter();
        in_order(&old_streams, threads, AHEAD, inflate, |scratch_at: Option<u64>| {
            stale.push((scratch_at, None));
            waiting.next().map_or(Ok(()), &mut advance)
        })?;
    }
    let compare = |c: &Candidate| {
        let side = |files, located, plain_at| Side { files, located, plain_at };
        let (is, was) = (&rebuilt[c.new], stale[c.old].0);
        match was.zip(is.scratch_at) {
            Some((was_at, is_at)) => {
                let old = side(old, old_streams[c.old], was_at);
                by_parse::compare(old, side(new, is.located, is_at), scratch)
            }
            None => Ok(None),
        }
    };
    let mut parsed = Vec::new();
    in_order(&candidates, threads, AHEAD, compare, |parses: Option<Parses>| {
        parsed.push(parses);
        Ok::<_, E>(())
    })?;
    for (c, parses) in candidates.iter().zip(parsed) {
        if let Some(Parses { old, new }) = parses {
            stale[c.old].1.get_or_insert(old);
            rebuilt[c.new].by = Some(Found::Parse(new));
        }
    }
    if rebuilt.iter().any(|s| s.by.is_some()) {
        for (s, (scratch_at, parse)) in old_streams.iter().zip(stale) {
            let plain = scratch_at.map(|scratch_at| Plain { stream: s.stream, scratch_at, parse });
            unpacked.old[s.file].extend(plain);
        }
    }
    rebuilt.sort_unstable_by_key(|s| (s.located.file, s.located.stream.at));
    unpacked.new = pieces(new, &rebuilt);
    Ok(unpacked)
}

/// Some streams of each file, spread over it, and the others.
fn sample(streams: &[Located]) -> (Vec<Located>, Vec<Located>) {
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for of_file in streams.chunk_by(|a, b| a.file == b.file) {
        let step = of_file.len().div_ceil(LOOKED_AT);
        for (i, s) in of_file.iter().enumerate() {
            if i % step == 0 { first.push(*s) } else { rest.push(*s) }
        }
    }
    (first, rest)
}

/// Inflates a stream and finds what makes it again.
fn rebuild(
    files: Files<'_>,
    located: Located,
    scratch: &Scratch<'_>,
    guesses: &Guesses,
) -> Result<Inflated, ReadError> {
    let scratch_at = keep_plain(files, &located, scratch)?;
    let encoder = match scratch_at {
        Some(at) => files.read(located.file, |open| {
            guesses.encoder(open, &located.stream, Text { file: &*scratch.file(), at })
        })?,
        None => None,
    };
    Ok(Inflated { located, scratch_at, by: encoder.map(Found::Encoder) })
}

/// Writes the plain text of a stream into the scratch file and tells where, if it is a stream.
fn keep_plain(files: Files<'_>, s: &Located, scratch: &Scratch<'_>) -> Result<Option<u64>, ReadError> {
    let scratch_at = scratch.reserve(s.stream.plain);
    let mut at = scratch_at;
    let Stream { at: packed_at, plain, wrapping, .. } = s.stream;
    let end = files.read(s.file, |open| {
        let keep = |text: &[u8]| {
            scratch.write(text, at)?;
            at += text.len() as u64;
            Ok::<_, io::Error>(())
        };
        Ok(inflate(open, packed_at..s.stream.end(), wrapping.kind(), plain, keep)?)
    })?;
    Ok((end == Some(s.stream.end())).then_some(scratch_at))
}

/// The pieces of all files; `rebuilt` is in their order.
fn pieces(files: Files<'_>, rebuilt: &[Inflated]) -> Vec<Vec<Piece>> {
    let mut all = Vec::with_capacity(files.list.len());
    let mut streams = rebuilt.iter().peekable();
    for (file, entry) in files.list.iter().enumerate() {
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(s) = streams.next_if(|s| s.located.file == file) {
            let stream = s.located.stream;
            if let (Some(plain_at), Some(by)) = (s.scratch_at, s.by) {
                push_raw(&mut pieces, at, stream.at);
                let Stream { plain, wrapping, name, .. } = stream;
                pieces.push(Piece::Stream { plain_at, plain, by, wrapping, name });
                at = stream.end();
            }
        }
        push_raw(&mut pieces, at, entry.size);
        all.push(pieces);
    }
    all
}

fn push_raw(pieces: &mut Vec<Piece>, at: u64, end: u64) {
    if at < end {
        pieces.push(Piece::Raw { at, len: end - at });
    }
}
