//! The bytes of both trees that a patch is about, laid out as two spaces.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
};

use mist_proto::{FileEntry, Hash, Manifest, RelPath};

use crate::{
    format::header::Source,
    inside::{
        recipe::{self, Part},
        scratch::Scratch,
        unpack::{Files, Piece, Unpacked, unpack},
    },
    space::{Backing, Extent, ReadError, Space},
};

use super::{DiffError, Tree, compare::Comparison, islands::Pair};

/// Both spaces and what belongs to them.
pub(super) struct Spaces<'a> {
    /// Old files that are worth reading from, and what is inside their streams.
    pub(super) old: Space<'a>,
    /// Staged files, with what is inside their streams instead of those.
    pub(super) new: Space<'a>,
    /// For each extent of the old space, what a patch calls it; rows are indices of the old manifest.
    pub(super) sources: Vec<Source>,
    /// For each extent of the new space, what is most like it by name.
    pub(super) pairs: Vec<Option<Pair>>,
    /// For each staged file, its address in the new space and its recipe.
    pub(super) files: Vec<(u64, Vec<u8>)>,
    /// Staged files in the order of the space, by their index in the new manifest.
    pub(super) order: Vec<usize>,
}

/// Lays out both trees; with `inside`, streams are taken apart into the scratch file on so many threads.
pub(super) fn open<'a>(
    old: Tree<'a>,
    new: Tree<'a>,
    comparison: &Comparison,
    inside: Option<(&Scratch<'_>, NonZeroUsize)>,
    on_progress: impl FnMut(u64, u64) -> Result<(), DiffError>,
) -> Result<Spaces<'a>, DiffError> {
    let order = target_order(new.manifest, comparison);
    let rows = source_rows(old.manifest, new.manifest, comparison);
    let old_files = files(old, &rows)?;
    let new_files = files(new, &order)?;
    let unpacked = match inside {
        Some((scratch, threads)) => {
            let of = |dir, list| Files { dir, list };
            unpack(of(old.dir, &old_files), of(new.dir, &new_files), scratch, threads, on_progress)?
        }
        None => Unpacked::default(),
    };
    let scratch = inside.map(|(scratch, _)| scratch.file());

    let mut old_space = Space::new(old.dir, paths(&old_files), scratch.clone());
    let mut sources = Vec::new();
    let mut likes = Likes::default();
    for (i, (f, &row)) in old_files.iter().zip(&rows).enumerate().filter(|(_, (f, _))| f.size > 0) {
        let extent = old_space.push(Extent { backing: Backing::File(i), at: 0, len: f.size });
        sources.push(Source::File { row });
        likes.add(&f.path, None, extent, f.size);
        for plain in unpacked.old.get(i).into_iter().flatten() {
            let s = plain.stream;
            let extent =
                old_space.push(Extent { backing: Backing::Scratch, at: plain.scratch_at, len: s.plain });
            sources.push(Source::Inflated { row, at: s.at, packed: s.packed, plain: s.plain });
            likes.add(&f.path, Some(s.name), extent, s.plain);
        }
    }
    let mut new_space = Space::new(new.dir, paths(&new_files), scratch);
    let mut pairs = Vec::new();
    let mut starts = Vec::new();
    for (i, f) in new_files.iter().enumerate() {
        let whole = [Piece::Raw { at: 0, len: f.size }];
        let pieces = unpacked.new.get(i).map_or(&whole[..], Vec::as_slice);
        let start = new_space.len();
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let (part, extent, name) = match *piece {
                Piece::Raw { at, len } => {
                    (Part::Raw { len }, Extent { backing: Backing::File(i), at, len }, None)
                }
                Piece::Plain { scratch_at, part, name } => {
                    let len = part.plain_len();
                    (part, Extent { backing: Backing::Scratch, at: scratch_at, len }, Some(name))
                }
            };
            parts.push(part);
            if extent.len > 0 {
                let number = new_space.push(extent);
                let like = likes.most_like(&f.path, name, extent.len);
                pairs.push(like.map(|like| Pair {
                    new: new_space.start(number)..new_space.end(number),
                    old: old_space.start(like)..old_space.end(like),
                }));
            }
        }
        starts.push((start, recipe::encode(&parts)));
    }
    Ok(Spaces { old: old_space, new: new_space, sources, pairs, files: starts, order })
}

/// The order in which new files are written: like beside like, by extension and then by path.
fn target_order(new: &Manifest, comparison: &Comparison) -> Vec<usize> {
    let mut order = comparison.staged.clone();
    order.sort_by_key(|&i| (extension(&new.files[i]), i));
    order
}

fn extension(f: &FileEntry) -> &str {
    f.path.name().rsplit_once('.').map_or("", |(_, e)| e)
}

/// Old files worth reading from: those that do not stay as they are, and those that staged files are copies of.
fn source_rows(old: &Manifest, new: &Manifest, comparison: &Comparison) -> Vec<usize> {
    let wanted: HashSet<Hash> = comparison.staged.iter().map(|&i| new.files[i].hash).collect();
    let mut rows: Vec<usize> = (0..old.files.len())
        .filter(|&i| comparison.kept.binary_search(&i).is_err() || wanted.contains(&old.files[i].hash))
        .collect();
    rows.sort_by_key(|&i| (extension(&old.files[i]), i));
    rows
}

fn paths(files: &[&FileEntry]) -> Vec<RelPath> {
    files.iter().map(|f| f.path.clone()).collect()
}

/// The entries of these files, once they are known to have the right length.
fn files<'a>(tree: Tree<'a>, rows: &[usize]) -> Result<Vec<&'a FileEntry>, DiffError> {
    let entries = rows.iter().map(|&i| &tree.manifest.files[i]);
    entries
        .map(|f| {
            let meta = tree.dir.metadata(&f.path);
            let found = meta.map_err(|source| ReadError { path: f.path.to_string(), source })?.len;
            if found == f.size {
                Ok(f)
            } else {
                Err(DiffError::Changed { path: f.path.to_string(), expected: f.size, found })
            }
        })
        .collect()
}

/// Old extents by the names that they have: of their file, and in a container.
#[derive(Default)]
struct Likes<'m> {
    exactly: HashMap<(&'m str, Option<u64>), usize>,
    by_stream: HashMap<u64, Vec<(usize, u64)>>,
    by_name: HashMap<&'m str, Vec<(usize, u64)>>,
}

impl<'m> Likes<'m> {
    fn add(&mut self, path: &'m RelPath, stream: Option<u64>, extent: usize, len: u64) {
        self.exactly.entry((path.as_str(), stream)).or_insert(extent);
        match stream {
            Some(name) => self.by_stream.entry(name).or_default().push((extent, len)),
            None => self.by_name.entry(path.name()).or_default().push((extent, len)),
        }
    }

    /// The extent of the same name, or of a like one and the nearest length.
    fn most_like(&self, path: &RelPath, stream: Option<u64>, len: u64) -> Option<usize> {
        let exactly = self.exactly.get(&(path.as_str(), stream)).copied();
        exactly.or_else(|| {
            let others = match stream {
                Some(name) => self.by_stream.get(&name),
                None => self.by_name.get(path.name()),
            };
            others?.iter().min_by_key(|(_, other)| other.abs_diff(len)).map(|&(extent, _)| extent)
        })
    }
}
