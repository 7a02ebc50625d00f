//! Listing the streams of both trees, and choosing which to take apart.

use std::{collections::HashSet, io, sync::Arc};

use mist_proto::{FileEntry, Hash};
use mist_tree::fs::{Dir, ReadAt};

use crate::space::ReadError;

use super::{
    Stream,
    rebuild::{Guesser, MAX_PLAIN, inflate},
    recipe::Part,
    scratch::Scratch,
    zip,
};

/// A stream whose plain text is in the scratch file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plain {
    pub(crate) stream: Stream,
    /// Where the plain text lies.
    pub(crate) scratch_at: u64,
}

/// A piece of a new file, and where its bytes of the new space are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece {
    /// In the file.
    Raw { at: u64, len: u64 },
    /// In the scratch file.
    Plain { scratch_at: u64, part: Part, name: u64 },
}

/// Everything that was taken apart.
#[derive(Default)]
pub(crate) struct Unpacked {
    /// The plain texts, if there are any.
    pub(crate) scratch: Option<Arc<dyn ReadAt>>,
    /// For each old file, in the order given, its streams' plain texts. Empty if nothing was looked at.
    pub(crate) old: Vec<Vec<Plain>>,
    /// For each new file, in the order given, its pieces. Empty if nothing was looked at.
    pub(crate) new: Vec<Vec<Piece>>,
}

/// A stream with the hash of its packed bytes.
struct Known {
    stream: Stream,
    hash: Hash,
}

/// Takes the containers among `new` apart as far as that is exact and of use, and those among `old` if any was.
pub(crate) fn unpack(
    old: (&dyn Dir, &[&FileEntry]),
    new: (&dyn Dir, &[&FileEntry]),
) -> Result<Unpacked, ReadError> {
    let scratch = Scratch::new().map_err(|source| ReadError { path: "a temporary file".into(), source })?;
    let old_known = list_all(old)?;
    let stale: HashSet<Hash> = old_known.iter().flatten().map(|k| k.hash).collect();
    let mut guesser = Guesser::default();
    let mut taken_apart = false;
    let mut pieces = Vec::with_capacity(new.1.len());
    for (f, known) in new.1.iter().zip(list_all(new)?) {
        let mut list = Vec::new();
        let mut at = 0;
        // A stream that an old file has as it is is copied as it is.
        for Known { stream, hash } in known.into_iter().filter(|_| !stale.is_empty()) {
            if stale.contains(&hash) {
                continue;
            }
            let rebuilt = named(f, rebuild(new.0, f, stream, &mut guesser, &scratch))?;
            if let Some(piece) = rebuilt {
                push_raw(&mut list, at, stream.at);
                list.push(piece);
                at = stream.at + stream.packed;
                taken_apart = true;
            }
        }
        push_raw(&mut list, at, f.size);
        pieces.push(list);
    }
    let mut plains = vec![Vec::new(); old.1.len()];
    if taken_apart {
        for ((f, known), plains) in old.1.iter().zip(&old_known).zip(&mut plains) {
            for k in known {
                if let Some(plain) = named(f, load_and_inflate(old.0, f, k.stream))?.map(|(_, plain)| plain) {
                    let scratch_at = named(f, scratch.append(&plain))?;
                    plains.push(Plain { stream: k.stream, scratch_at });
                }
            }
        }
    }
    Ok(Unpacked { scratch: Some(Arc::new(scratch)), old: plains, new: pieces })
}

fn push_raw(pieces: &mut Vec<Piece>, at: u64, end: u64) {
    if at < end {
        pieces.push(Piece::Raw { at, len: end - at });
    }
}

fn named<T>(f: &FileEntry, result: io::Result<T>) -> Result<T, ReadError> {
    result.map_err(|source| ReadError { path: f.path.to_string(), source })
}

fn list_all((dir, files): (&dyn Dir, &[&FileEntry])) -> Result<Vec<Vec<Known>>, ReadError> {
    files.iter().map(|f| named(f, list(dir, f))).collect()
}

fn list(dir: &dyn Dir, f: &FileEntry) -> io::Result<Vec<Known>> {
    let file = dir.open(&f.path)?;
    let mut known = Vec::new();
    for stream in zip::streams(&*file, f.size)? {
        if stream.plain.max(stream.packed) <= MAX_PLAIN {
            let packed = load(&*file, stream)?;
            known.push(Known { stream, hash: Hash::of(&packed) });
        }
    }
    Ok(known)
}

fn load(file: &dyn ReadAt, stream: Stream) -> io::Result<Vec<u8>> {
    let mut packed = vec![0; usize::try_from(stream.packed).map_err(io::Error::other)?];
    file.read_exact_at(&mut packed, stream.at)?;
    Ok(packed)
}

/// The packed and the plain bytes of a stream, if it is one.
fn load_and_inflate(dir: &dyn Dir, f: &FileEntry, stream: Stream) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let packed = load(&*dir.open(&f.path)?, stream)?;
    Ok(inflate(&packed, stream.plain).map(|plain| (packed, plain)))
}

fn rebuild(
    dir: &dyn Dir,
    f: &FileEntry,
    stream: Stream,
    guesser: &mut Guesser,
    scratch: &Scratch,
) -> io::Result<Option<Piece>> {
    let Some((packed, plain)) = load_and_inflate(dir, f, stream)? else { return Ok(None) };
    let Some(settings) = guesser.settings(&plain, &packed) else { return Ok(None) };
    let scratch_at = scratch.append(&plain)?;
    Ok(Some(Piece::Plain {
        scratch_at,
        part: Part::Deflate { plain: plain.len() as u64, settings },
        name: stream.name,
    }))
}
