//! Making a patch.

mod align_batch;
mod assemble;
mod changes;
mod compare;
mod islands;
mod spaces;
mod spool;

use std::{
    io::{self, Write},
    num::NonZeroUsize,
    ops::ControlFlow,
};

use mist_proto::{Hash, Manifest, ManifestId};
use mist_tree::{
    fs::Dir,
    progress::{OnProgress, Progress},
};

use crate::{
    format::{
        MAX_APPLY_MEMORY, Version,
        codec::Effort,
        header::{Fate, Header, NewFile, OldFile, Source},
        relocations::Relocations,
    },
    inside::{Kind, scratch::Scratch, zstd},
    matching::{
        blocks::{BlockIndex, Match, Matcher},
        suffix,
    },
    parallel::in_order,
    programs::relocated,
    signature::{AtHand, Signature, matches::fill_gaps},
    space::ReadError,
};

use align_batch::{Aligned, Copy, Search, align_batch};
use assemble::{Assembler, Body, new_range};
use compare::Comparison;
use spaces::{Inside, Spaces};
use spool::Spool;

/// A build's list of files, and the folder that holds them.
#[derive(Clone, Copy)]
pub struct Tree<'a> {
    /// What the files are.
    pub manifest: &'a Manifest,
    /// Where they are.
    pub dir: &'a dyn Dir,
}

/// How hard to look for what is alike, and how hard to pack the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Level {
    /// Long exact matches and what goes on beside them, packed lightly: keeps up with a disk.
    Fast,
    /// The smallest patch for time and memory that an admin has.
    #[default]
    Default,
    /// As small as it gets, whatever the time.
    Max,
}

/// Settings of [`diff`].
#[derive(Debug, Clone, Copy)]
pub struct DiffOptions {
    /// Memory to use, in bytes; about, and at least 64 MiB.
    pub memory: u64,
    /// Effort.
    pub level: Level,
    /// Threads to use.
    pub threads: NonZeroUsize,
}

impl Default for DiffOptions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { memory: 1 << 30, level: Level::Default, threads }
    }
}

/// What a patch came out as. Lengths are in bytes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct DiffReport {
    /// Length of the patch.
    pub patch_len: u64,
    /// Files that applying writes.
    pub staged_files: u64,
    /// Their length.
    pub staged_len: u64,
    /// Files that only get another path.
    pub moved_files: u64,
    /// Files that are removed.
    pub deleted_files: u64,
    /// Bytes that are copied from old files, equal or nearly so.
    pub copied_len: u64,
    /// Bytes of those that differ.
    pub differing_len: u64,
    /// Bytes that the patch brings.
    pub literal_len: u64,
    /// Memory that applying takes.
    pub apply_memory: u64,
    /// Disk that applying takes besides the staged files.
    pub scratch_len: u64,
}

/// Why no patch was made.
#[derive(Debug, thiserror::Error)]
pub enum DiffError {
    /// A file of a tree could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The patch could not be written, or a temporary file.
    #[error("cannot write the patch: {0}")]
    Write(#[from] io::Error),
    /// A folder does not hold what its manifest says.
    #[error("{path} is not what the manifest says ({expected} bytes, found {found})")]
    Changed {
        /// The file.
        path: String,
        /// Length in the manifest.
        expected: u64,
        /// Length on disk.
        found: u64,
    },
    /// The progress callback asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// Writes the patch from `old` to `new`. What is too much for memory waits in a file in `scratch`, which is removed
/// in the end: the plain text of packed streams, which may take several times their length.
///
/// # Errors
/// [`DiffError`]; what was written to `out` is of no use then.
pub fn diff(
    old: Tree<'_>,
    new: Tree<'_>,
    out: &mut dyn Write,
    scratch: &dyn Dir,
    options: &DiffOptions,
    on_progress: &mut OnProgress<'_>,
) -> Result<DiffReport, DiffError> {
    make(old, None, new, out, scratch, options, on_progress)
}

/// Writes the patch from the folder that `signature` was taken of, of which only `at_hand` can be read, to `new`.
///
/// # Errors
/// [`DiffError`]; what was written to `out` is of no use then.
pub fn diff_from_signature(
    signature: &Signature,
    at_hand: &AtHand<'_>,
    new: Tree<'_>,
    out: &mut dyn Write,
    scratch: &dyn Dir,
    options: &DiffOptions,
    on_progress: &mut OnProgress<'_>,
) -> Result<DiffReport, DiffError> {
    let old = Tree { manifest: signature.listing(), dir: at_hand };
    make(old, Some(signature), new, out, scratch, options, on_progress)
}

fn make(
    old: Tree<'_>,
    signature: Option<&Signature>,
    new: Tree<'_>,
    out: &mut dyn Write,
    scratch: &dyn Dir,
    options: &DiffOptions,
    on_progress: &mut OnProgress<'_>,
) -> Result<DiffReport, DiffError> {
    let comparison = compare::compare(old.manifest, new.manifest);
    let effort = match options.level {
        Level::Fast => Effort::Fast,
        Level::Default => Effort::Small,
        Level::Max => Effort::Smallest,
    };
    let first = if options.level == Level::Fast { Stage::Match } else { Stage::Unpack };
    let staged = comparison.staged.iter().map(|&i| new.manifest.files[i].size).sum();
    let mut watch = Watch::new(staged, first, on_progress);
    let scratch = Scratch::new(scratch)?;
    let inside = Inside { scratch: &scratch, threads: options.threads, memory: options.memory / 4 };
    let inside = (options.level != Level::Fast).then_some(inside);
    let both = spaces::open(old, signature, new, &comparison, inside, |stage, done, of| {
        watch.reach(stage, done, of)
    })?;
    let elsewhere = match signature {
        Some(signature) => signature.matches(&both.hashed, &both.new, || watch.reach(Stage::Match, 0, 1))?,
        None => Vec::new(),
    };
    let assembler = Assembler::new(
        &both.old,
        both.sources.clone(),
        both.files.clone(),
        both.making,
        effort,
        Spool::new(),
    );
    let mut body = match_and_assemble(&both, elsewhere, assembler, options, &mut watch)?;
    let header = header(old.manifest, new.manifest, &comparison, &both, &mut body);
    write(&header, &comparison, body, effort, out)
}

/// What a diff does one after the other. Each counts for as much of the way.
#[derive(Clone, Copy)]
enum Stage {
    /// Streams are taken apart.
    Unpack,
    /// It is found out how programs are moved.
    Move,
    /// Long matches are looked for.
    Match,
    /// What lies between them is aligned and packed.
    Align,
}

/// Tells how far the whole is, and asks whether to go on.
struct Watch<'w, 'p> {
    /// Bytes to make, which each stage passes once.
    bytes: u64,
    first: Stage,
    done: u64,
    on_progress: &'w mut OnProgress<'p>,
}

impl<'w, 'p> Watch<'w, 'p> {
    fn new(bytes: u64, first: Stage, on_progress: &'w mut OnProgress<'p>) -> Self {
        Self { bytes, first, done: 0, on_progress }
    }

    /// `done` of `of` of a stage are done, whatever it counts in.
    fn reach(&mut self, stage: Stage, done: u64, of: u64) -> Result<(), DiffError> {
        let passed = |stage: Stage| self.bytes * (stage as u64 - self.first as u64);
        let total = passed(Stage::Align) + self.bytes;
        let part = u128::from(self.bytes) * u128::from(done.min(of)) / u128::from(of.max(1));
        let reached = passed(stage) + u64::try_from(part).unwrap_or(self.bytes);
        self.done = reached.clamp(self.done, total);
        match (self.on_progress)(Progress { done: self.done, total }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(DiffError::Cancelled),
        }
    }
}

/// Matches at least this long are taken as they are; the rest is aligned.
const LONG: u64 = 1024;

/// The same where nothing else is searched.
const SHORT: u64 = 256;

fn match_and_assemble(
    Spaces { old, new, pairs, packed, .. }: &Spaces<'_>,
    elsewhere: Vec<Match>,
    mut assembler: Assembler<'_, '_>,
    options: &DiffOptions,
    watch: &mut Watch<'_, '_>,
) -> Result<Body, DiffError> {
    let memory = options.memory.max(64 << 20);
    let text = text_len(memory, options.threads);
    let fast = options.level == Level::Fast;
    let matches = if old.len() == 0 {
        Vec::new()
    } else {
        let min = if fast { SHORT } else { LONG };
        let index = BlockIndex::build(old, min, memory / 4)?;
        let matcher = Matcher::new(&index, old, new, min);
        let matcher = if fast { matcher.in_haste() } else { matcher };
        matcher.run(|at| watch.reach(Stage::Match, at, new.len()))?
    };
    let matches = fill_gaps(matches, elsewhere);
    watch.reach(Stage::Align, 0, 1)?;
    let islands = islands::islands(new, old, &matches, text / 2);
    // What is not searched need not be there: only what lies around the matches.
    let pair = |at| if fast { None } else { pairs.get(new.extent_at(at)).cloned().flatten() };
    let batches = islands::batches(islands, old, &matches, packed, pair, text);
    let mut exact =
        matches.iter().map(|m| Copy { new_at: m.new_at, old_at: m.old_at, len: m.len }).peekable();
    in_order(
        &batches,
        options.threads,
        1,
        |b| align_batch(b, old, new, if fast { Search::Nothing } else { Search::Everything }),
        |islands: Vec<Aligned>| {
            for island in islands {
                while let Some(c) = exact.next_if(|c| c.new_at < island.new.start) {
                    assembler.exact(c)?;
                }
                assembler.island(&island)?;
                watch.reach(Stage::Align, island.new.end, new.len())?;
            }
            Ok::<_, DiffError>(())
        },
    )?;
    for c in exact {
        debug_assert!(new_range(&c).end <= new.len(), "matches lie inside the new space");
        assembler.exact(c)?;
    }
    watch.reach(Stage::Align, 1, 1)?;
    Ok(assembler.finish()?)
}

/// Old bytes that are indexed at a time by each thread.
fn text_len(memory: u64, threads: NonZeroUsize) -> u64 {
    // Beside the index, the islands' new bytes and what comes out of them.
    let each = suffix::BYTES_PER_TEXT_BYTE + 3;
    (memory / 5 * 2 / (each * threads.get() as u64)).min(suffix::MAX_TEXT as u64 / 2)
}

/// Writes the header and the body.
fn write(
    header: &Header,
    comparison: &Comparison,
    mut body: Body,
    effort: Effort,
    out: &mut dyn Write,
) -> Result<DiffReport, DiffError> {
    let bytes = header.encode(effort)?;
    out.write_all(&bytes)?;
    let body_len = io::copy(&mut body.spool, out)?;
    Ok(DiffReport {
        patch_len: bytes.len() as u64 + body_len,
        staged_files: header.new.len() as u64,
        staged_len: header.new.iter().map(|f| f.size).sum(),
        moved_files: comparison.moved.len() as u64,
        deleted_files: comparison.deleted.len() as u64,
        copied_len: body.totals.copied,
        differing_len: body.totals.differing,
        literal_len: body.totals.literal,
        apply_memory: header.memory,
        scratch_len: header.scratch,
    })
}

/// Memory that applying takes besides decoders and the segment itself: buffers and open files.
const APPLY_BUFFERS: u64 = 4 << 20;

fn header(
    old: &Manifest,
    new: &Manifest,
    comparison: &Comparison,
    both: &Spaces<'_>,
    body: &mut Body,
) -> Header {
    let mut rows: std::collections::BTreeMap<usize, (bool, Fate)> = std::collections::BTreeMap::new();
    for &i in &comparison.deleted {
        rows.insert(i, (false, Fate::Delete));
    }
    for &(o, n) in &comparison.moved {
        let f = &new.files[n];
        rows.insert(o, (true, Fate::Move { to: f.path.clone(), executable: f.executable }));
    }
    for &(o, n) in &comparison.modes {
        rows.insert(o, (false, Fate::SetMode { executable: new.files[n].executable }));
    }
    for s in &body.sources {
        rows.entry(s.row()).or_insert((true, Fate::Stay)).0 = true;
    }
    // From indices of the manifest to rows of the header.
    let row_of: std::collections::HashMap<usize, usize> =
        rows.keys().enumerate().map(|(row, &i)| (i, row)).collect();
    let mut relocations = Relocations::new();
    for s in &mut body.sources {
        let relocation = both.relocations.get(&s.row()).filter(|_| matches!(s, Source::File { .. }));
        *s = s.with_row(row_of[&s.row()]);
        relocations.extend(relocation.map(|r| (s.row(), r.clone())));
    }
    let moving: u64 = relocations.values().map(|r| r.memory()).sum();
    let moving = if relocations.is_empty() { 0 } else { moving + relocated::MEMORY };
    let mut old_digest = blake3::Hasher::new();
    let old_files = rows
        .into_iter()
        .map(|(i, (content, fate))| {
            let f = &old.files[i];
            if content {
                old_digest.update(f.hash.as_bytes());
            }
            OldFile { path: f.path.clone(), content: content.then(|| (f.size, tag(f.hash))), fate }
        })
        .collect();
    let mut new_digest = blake3::Hasher::new();
    let new_files = (both.order)
        .iter()
        .map(|&i| {
            let f = &new.files[i];
            new_digest.update(f.hash.as_bytes());
            NewFile { path: f.path.clone(), size: f.size, executable: f.executable, tag: tag(f.hash) }
        })
        .collect();
    let from_frames = body.sources.iter().any(|s| matches!(s, Source::Inflated { kind: Kind::Zstd, .. }));
    let unpacking = if from_frames { zstd::decode::MEMORY } else { 0 };
    Header {
        from: ManifestId(Hash::of(&old.encode())),
        to: ManifestId(Hash::of(&new.encode())),
        memory: (body.memory + unpacking + moving + APPLY_BUFFERS).min(MAX_APPLY_MEMORY),
        scratch: body.sources.iter().map(|s| s.scratch_len()).sum(),
        old: old_files,
        old_digest: old_digest.finalize().into(),
        new: new_files,
        new_digest: new_digest.finalize().into(),
        made_dirs: comparison.made_dirs.clone(),
        removed_dirs: comparison.removed_dirs.clone(),
        links: new.links.clone(),
        removed_links: comparison.removed_links.clone(),
        zstd: both.frames.then(zstd::version),
        version: Version::of(
            both.frames || from_frames,
            !relocations.is_empty(),
            !new.links.is_empty() || !comparison.removed_links.is_empty(),
        ),
        relocations,
        sources: std::mem::take(&mut body.sources),
        segments: std::mem::take(&mut body.segments),
    }
}

/// The part of a file's hash that a patch carries.
pub(crate) fn tag<const N: usize>(hash: Hash) -> [u8; N] {
    hash.as_bytes().first_chunk().copied().unwrap_or([0; N])
}
