//! Which streams that zlib does not make are made by their parse: those that an old one is like, if that is shorter in
//! a patch than the packed bytes.

use std::io;

use mist_tree::fs::ReadAt;

use crate::{
    likes::{Like, Likes},
    space::ReadError,
};

use super::{
    Stream,
    estimate::{Stretch, packed_len},
    parse::{MAX_PARSE, parse},
    rebuild::{Text, parse_makes},
    scratch::Scratch,
    unpack::{Files, Inflated, Kept, Located},
};

/// A new stream that zlib does not make, and the old one that is most like it, by their places in the lists.
pub(super) struct Candidate {
    pub(super) new: usize,
    pub(super) old: usize,
}

/// New streams that could be made by their parse.
pub(super) fn candidates(
    old: Files<'_>,
    old_streams: &[Located],
    new: Files<'_>,
    rebuilt: &[Inflated],
) -> Vec<Candidate> {
    let mut likes = Likes::default();
    for (i, s) in old_streams.iter().enumerate().filter(|(_, s)| s.stream.is_deflate()) {
        likes.add(old.path(s.file), Like::stream(s.stream.name), i, s.stream.plain);
    }
    let foreign = |s: &Inflated| s.located.stream.is_deflate() && s.scratch_at.is_some() && s.by.is_none();
    let pair = |(i, s): (usize, &Inflated)| {
        let Located { file, stream, .. } = s.located;
        let old = likes.most_like(new.path(file), Like::stream(stream.name), stream.plain)?;
        Some(Candidate { new: i, old })
    };
    rebuilt.iter().enumerate().filter(|(_, s)| foreign(s)).filter_map(pair).collect()
}

/// A stream of either tree, whose plain text is in the scratch file.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) files: Files<'a>,
    pub(super) located: Located,
    pub(super) plain_at: u64,
}

/// The parses of an old and of a new stream.
#[derive(Clone, Copy)]
pub(super) struct Parses {
    pub(super) old: Kept,
    pub(super) new: Kept,
}

/// Writes the parses of both streams into the scratch file. None if the new one is not made by its own, bit for bit, or
/// if that does not pay.
pub(super) fn compare(
    old: Side<'_>,
    new: Side<'_>,
    scratch: &Scratch<'_>,
) -> Result<Option<Parses>, ReadError> {
    let (was, is) = (old.files.open(old.located.file)?, new.files.open(new.located.file)?);
    let Some(parse) = load(&*is, &new.located).map_err(|e| new.unreadable(e))? else { return Ok(None) };
    let Some(old_parse) = load(&*was, &old.located).map_err(|e| old.unreadable(e))? else { return Ok(None) };
    let judge = || {
        let parses = Parses { old: keep(&old_parse, scratch)?, new: keep(&parse, scratch)? };
        let text = scratch.file();
        if pays(parses, (old, &*was), (new, &*is), &*text)?
            && parse_makes(parse, &*is, &new.located.stream, Text { file: &*text, at: new.plain_at })?
        {
            Ok(Some(parses))
        } else {
            Ok(None)
        }
    };
    judge().map_err(|e| new.unreadable(e))
}

impl Side<'_> {
    fn unreadable(&self, source: io::Error) -> ReadError {
        ReadError { path: self.files.path(self.located.file).to_string(), source }
    }
}

/// The whole parse of a stream, if it is one and not too long.
fn load(file: &dyn ReadAt, s: &Located) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let (range, kind) = (s.stream.at..s.stream.end(), s.stream.wrapping.kind());
    let parsed = parse(file, range, kind, MAX_PARSE, |part| {
        bytes.extend_from_slice(part);
        Ok::<_, io::Error>(())
    })?;
    Ok(parsed.filter(|p| p.end == s.stream.end()).map(|_| bytes))
}

fn keep(bytes: &[u8], scratch: &Scratch<'_>) -> io::Result<Kept> {
    let len = bytes.len() as u64;
    let scratch_at = scratch.reserve(len);
    scratch.write(bytes, scratch_at)?;
    Ok(Kept { scratch_at, len })
}

/// Whether parse and plain text take less than the packed bytes, each beside the old ones. `text` is the scratch file.
fn pays(
    parses: Parses,
    (old, was): (Side<'_>, &dyn ReadAt),
    (new, is): (Side<'_>, &dyn ReadAt),
    text: &dyn ReadAt,
) -> io::Result<bool> {
    let stretch = |at, len| Stretch { file: text, at, len };
    let parse = |k: Kept| stretch(k.scratch_at, k.len);
    let plain = |s: Side<'_>| stretch(s.plain_at, s.located.stream.plain);
    let Stream { at, packed, .. } = new.located.stream;
    let raw = Stretch { file: is, at, len: packed };
    let Stream { at, packed, .. } = old.located.stream;
    let raw = packed_len(raw, Stretch { file: was, at, len: packed })?;
    let apart = packed_len(parse(parses.new), parse(parses.old))? + packed_len(plain(new), plain(old))?;
    Ok(apart < raw)
}
