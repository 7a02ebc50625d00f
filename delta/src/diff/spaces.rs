//! The bytes of both trees that a patch is about, laid out as two spaces.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    num::NonZeroUsize,
    ops::Range,
    sync::Arc,
};

use mist_proto::{FileEntry, Hash, Manifest, RelPath};

use crate::{
    format::header::Source,
    inside::{
        Maker,
        recipe::{self, Part},
        scratch::Scratch,
        unpack::{Files, Found, Kept, Piece, Unpacked, unpack},
    },
    likes::{Like, Likes},
    programs::{self, Relocation, relocated::Look},
    signature::Signature,
    space::{Backing, Extent, ReadError, Space},
};

use super::{DiffError, Stage, Tree, compare::Comparison, islands::Pair};

/// Both spaces and what belongs to them.
pub(super) struct Spaces<'a> {
    /// Old files that are worth reading from, and what is inside their streams.
    pub(super) old: Space<'a>,
    /// Staged files, with what is inside their streams instead of those.
    pub(super) new: Space<'a>,
    /// For each extent of the old space, what a patch calls it; rows are indices of the old manifest.
    pub(super) sources: Vec<Source>,
    /// Old addresses of streams whose plain text has addresses too. As they are, they are like nothing else.
    pub(super) packed: Vec<Range<u64>>,
    /// For each extent of the new space, what is most like it by name.
    pub(super) pairs: Vec<Option<Pair>>,
    /// For each staged file, its address in the new space and its recipe.
    pub(super) files: Vec<(u64, Vec<u8>)>,
    /// Staged files in the order of the space, by their index in the new manifest.
    pub(super) order: Vec<usize>,
    /// Memory for the part of a recipe that takes the most to make, in bytes.
    pub(super) making: u64,
    /// Whether a recipe has zstd frames.
    pub(super) frames: bool,
    /// Old address of each file that the signature has block hashes of.
    pub(super) hashed: Vec<u64>,
    /// How old programs are moved, by their index in the old manifest.
    pub(super) relocations: BTreeMap<usize, Arc<Relocation>>,
}

/// What it takes to look into files.
#[derive(Clone, Copy)]
pub(super) struct Inside<'s, 'd> {
    /// Where plain text goes.
    pub(super) scratch: &'s Scratch<'d>,
    /// Threads to use.
    pub(super) threads: NonZeroUsize,
    /// Memory to use, in bytes; about.
    pub(super) memory: u64,
}

/// Lays out both trees; with `inside`, streams are taken apart and programs moved. With a signature, the old files are
/// those of its listing, and `old.dir` need not have them all.
pub(super) fn open<'a>(
    old: Tree<'a>,
    signature: Option<&Signature>,
    new: Tree<'a>,
    comparison: &Comparison,
    inside: Option<Inside<'_, '_>>,
    mut on_progress: impl FnMut(Stage, u64, u64) -> Result<(), DiffError>,
) -> Result<Spaces<'a>, DiffError> {
    let order = target_order(new.manifest, comparison);
    let mut rows = source_rows(old.manifest, new.manifest, comparison);
    if signature.is_some() {
        rows.retain(|&row| old.dir.metadata(&old.manifest.files[row].path).is_ok());
    }
    let old_files = files(old, &rows)?;
    let new_files = files(new, &order)?;
    let elsewhere = elsewhere(signature, old.manifest, &rows);
    let unpacked = match inside {
        Some(Inside { scratch, threads, .. }) => {
            // Hashes of packed bytes match packed bytes only.
            let apart: Vec<&FileEntry> =
                new_files.iter().filter(|f| !elsewhere.contains(&f.path)).copied().collect();
            let of = |dir, list| Files { dir, list };
            unpack(of(old.dir, &old_files), of(new.dir, &apart), scratch, threads, |done, of| {
                on_progress(Stage::Unpack, done, of)
            })?
        }
        None => Unpacked::default(),
    };
    let scratch = inside.map(|inside| inside.scratch.file());

    let relocations = match inside {
        // A signature knows the old bytes as they are.
        Some(Inside { threads, memory, .. }) if signature.is_none() => {
            let of = |dir, list| Files { dir, list };
            programs::find(of(old.dir, &old_files), of(new.dir, &new_files), threads, memory, |done, of| {
                on_progress(Stage::Move, done, of)
            })?
        }
        _ => HashMap::new(),
    };
    let looks = relocations.iter().map(|(&file, relocation)| (file, Look::Moved(relocation.clone())));
    let mut old_space =
        Space::new(old.dir, paths(&old_files), scratch.clone()).with_programs(looks.collect());
    let mut sources = Vec::new();
    let mut packed = Vec::new();
    // Parses are like parses only.
    let (mut likes, mut like_parses) = (Likes::default(), Likes::default());
    for (i, (f, &row)) in old_files.iter().zip(&rows).enumerate().filter(|(_, (f, _))| f.size > 0) {
        let extent = old_space.push(Extent { backing: Backing::File(i), at: 0, len: f.size });
        let file_at = old_space.start(extent);
        sources.push(Source::File { row });
        likes.add(&f.path, Like::File, extent, f.size);
        for plain in unpacked.old.get(i).into_iter().flatten() {
            let s = plain.stream;
            packed.push(file_at + s.at..file_at + s.end());
            let extent =
                old_space.push(Extent { backing: Backing::Scratch, at: plain.scratch_at, len: s.plain });
            sources.push(Source::Inflated { row, at: s.at, plain: s.plain, kind: s.wrapping.kind() });
            likes.add(&f.path, Like::stream(s.name), extent, s.plain);
            if let Some(parse) = plain.parse {
                let extent = old_space.push(Extent {
                    backing: Backing::Scratch,
                    at: parse.scratch_at,
                    len: parse.len,
                });
                sources.push(Source::Parsed { row, at: s.at, len: parse.len, kind: s.wrapping.kind() });
                like_parses.add(&f.path, Like::stream(s.name), extent, parse.len);
            }
        }
    }
    let hashed = signature.map(|s| place_hashed(s, &mut old_space, &mut sources)).unwrap_or_default();
    let mut new_space = Space::new(new.dir, paths(&new_files), scratch);
    let mut pairs = Vec::new();
    let (mut starts, mut making, mut frames) = (Vec::new(), 0, false);
    let mut taken_apart = unpacked.new.into_iter();
    for (i, f) in new_files.iter().enumerate() {
        let pieces = if elsewhere.contains(&f.path) { None } else { taken_apart.next() };
        let pieces = pieces.unwrap_or_else(|| vec![Piece::Raw { at: 0, len: f.size }]);
        let start = new_space.len();
        let mut parts = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let mut place = |backing, at, len, of: &Likes<'_>, like| {
                if len > 0 {
                    let number = new_space.push(Extent { backing, at, len });
                    let like = of.most_like(&f.path, like, len);
                    pairs.push(like.map(|like| Pair {
                        new: new_space.start(number)..new_space.end(number),
                        old: old_space.start(like)..old_space.end(like),
                    }));
                }
            };
            match piece {
                Piece::Raw { at, len } => {
                    place(Backing::File(i), at, len, &likes, Like::File);
                    parts.push(Part::Raw { len });
                }
                Piece::Stream { name, plain, plain_at, by, wrapping } => {
                    let like = Like::stream(name);
                    let maker = match by {
                        Found::Encoder(encoder) => Maker::Encoder(encoder),
                        Found::Parse(Kept { scratch_at, len }) => {
                            place(Backing::Scratch, scratch_at, len, &like_parses, like);
                            Maker::Parse { len }
                        }
                    };
                    place(Backing::Scratch, plain_at, plain, &likes, like);
                    making = making.max(maker.memory(wrapping));
                    parts.push(Part::Stream { plain, maker, wrapping });
                }
            }
        }
        frames |= parts.iter().any(|p| p.is_of_frames());
        starts.push((start, recipe::encode(&parts)));
    }
    Ok(Spaces {
        old: old_space,
        new: new_space,
        sources,
        packed,
        pairs,
        files: starts,
        order,
        making,
        frames,
        hashed,
        relocations: relocations.into_iter().map(|(file, r)| (rows[file], r)).collect(),
    })
}

/// Paths of old files that are known by their block hashes only.
fn elsewhere<'m>(signature: Option<&Signature>, old: &'m Manifest, rows: &[usize]) -> HashSet<&'m RelPath> {
    let here: HashSet<usize> = rows.iter().copied().collect();
    let hashed = signature.into_iter().flat_map(Signature::hashed);
    hashed.filter(|(row, _)| !here.contains(row)).map(|(row, _)| &old.files[row].path).collect()
}

/// Gives every file with block hashes an address: where it can be read if it can, otherwise one behind all those.
fn place_hashed(signature: &Signature, old: &mut Space<'_>, sources: &mut Vec<Source>) -> Vec<u64> {
    let here: HashMap<usize, u64> = (sources.iter().enumerate())
        .filter_map(|(extent, source)| match source {
            Source::File { row } => Some((*row, old.start(extent))),
            Source::Inflated { .. } | Source::Parsed { .. } => None,
        })
        .collect();
    let place = |(row, _): (usize, u64)| {
        here.get(&row).copied().unwrap_or_else(|| {
            sources.push(Source::File { row });
            old.push_elsewhere(signature.listing().files[row].size)
        })
    };
    signature.hashed().map(place).collect()
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
