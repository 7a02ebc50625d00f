//! Applying a patch: from the old files and the patch, whole new files in a staging folder.

mod ahead;
mod base;
mod checkpoint;
mod inflated;
mod making;
mod output;
mod patched;
mod resume;
mod whole;

use std::{
    io::{self, Read},
    num::NonZeroUsize,
    ops::ControlFlow,
};

use mist_proto::{Hash, RelPath, codec::DecodeError};
use mist_tree::{
    fs::{Dir, WriteAt},
    progress::{OnProgress, Progress},
};

use crate::{
    format::{
        MAX_APPLY_MEMORY,
        header::{Fate, Header, HeaderError, NewFile, Source},
        runs::Runs,
        segment::{Stream, Streams},
    },
    inside::{recipe, zstd},
    patch::PatchReader,
    plan::{Operation, Plan},
    programs::relocated::Look,
    space::{Backing, Extent, ReadError, Space},
};

pub use checkpoint::{Checkpoint, FileCheckpoint, NoCheckpoint};
pub(crate) use patched::most;

use ahead::Limits;
use checkpoint::State;
use inflated::Inflated;
use making::Making;
use output::{Form, Places};
use resume::{Made, already_made};

/// Bytes that are handled at a time.
const STEP: usize = 64 << 10;

/// A checkpoint is saved once so many bytes were staged after the last one.
const CHECKPOINT_EVERY: u64 = 16 << 20;

/// Settings of [`apply`].
#[derive(Clone, Copy)]
pub struct ApplyOptions<'a> {
    /// Hash the old files that the patch reads or moves before anything is written. Without it a wrong base is only
    /// noticed by the result.
    pub check_base: bool,
    /// Whether a file that keeps its path is to be patched where it is, so that staging holds only what differs: its
    /// path, and its length in bytes, old or new, whichever is less. A file that can't be written to, or half of which
    /// would have to be written, is made whole in staging all the same. By default all are.
    pub in_place: &'a dyn Fn(&RelPath, u64) -> bool,
    /// Threads that make packed streams, as far as memory allows; all of it together stays within [`MAX_APPLY_MEMORY`].
    pub threads: NonZeroUsize,
}

impl Default for ApplyOptions<'_> {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { check_base: true, in_place: &|_, _| false, threads }
    }
}

/// Why a patch was not applied. What is in staging then is of no use, but for going on by a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The patch's header was refused.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The patch was made with another release of zstd than the one here, which might make other frames. Nothing was
    /// written.
    #[error("the patch needs zstd {}, and here is {}", release(*.needed), release(*.here))]
    OtherZstd {
        /// The release that the patch needs, as its `ZSTD_versionNumber`.
        needed: u32,
        /// The release that is here.
        here: u32,
    },
    /// The patch ends early or could not be read.
    #[error("cannot read the patch: {0}")]
    Patch(io::Error),
    /// The patch contradicts itself.
    #[error("malformed patch: {0}")]
    Malformed(io::Error),
    /// The old files are not those that the patch was made for. Nothing was written.
    #[error("the files here are not those that the patch was made for: {}", name_some(.differing))]
    WrongBase {
        /// The files that differ, or the first hundred of them.
        differing: Vec<RelPath>,
    },
    /// An old file could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A new file could not be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A new file did not come out as it should.
    #[error("{path} did not come out as the patch says")]
    Mismatch {
        /// The file, or what stands for all of them.
        path: String,
    },
    /// The checkpoint could not be loaded or saved.
    #[error("cannot keep the checkpoint: {0}")]
    Checkpoint(io::Error),
    /// The progress callback asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl ApplyError {
    fn malformed(what: &'static str) -> Self {
        Self::Malformed(io::Error::new(io::ErrorKind::InvalidData, DecodeError::Invalid(what)))
    }
}

/// The name of a release of zstd.
fn release(number: u32) -> String {
    format!("{}.{}.{}", number / 10_000, number / 100 % 100, number % 100)
}

fn name_some(paths: &[RelPath]) -> String {
    let some: Vec<&str> = paths.iter().take(5).map(RelPath::as_str).collect();
    match paths.len() {
        0 => "their hashes differ as a whole".into(),
        n if n > some.len() => format!("{} and more", some.join(", ")),
        _ => some.join(", "),
    }
}

/// Writes every file that `patch` makes whole and checked into `staging`, or what changes in it, and tells what to do then.
///
/// `old` is not changed. With the same `checkpoint`, `staging` and patch, a later call goes on where an interrupted one
/// was; whatever else is in `staging` is overwritten.
///
/// # Errors
/// [`ApplyError`]; [`ApplyError::OtherZstd`] and [`ApplyError::WrongBase`] before anything is written.
pub fn apply<R: Read>(
    patch: PatchReader<R>,
    old: &dyn Dir,
    staging: &dyn Dir,
    checkpoint: &mut dyn Checkpoint,
    options: &ApplyOptions<'_>,
    on_progress: &mut OnProgress<'_>,
) -> Result<Plan, ApplyError> {
    let (header, id, input) = patch.into_parts();
    let here = zstd::version();
    if let Some(needed) = header.zstd.filter(|&needed| needed != here) {
        return Err(ApplyError::OtherZstd { needed, here });
    }
    // Lengths of files that only move are bounded one by one: whether there are such files is not known yet.
    let base = header.old.iter().filter_map(|f| f.content).map(|(size, _)| size);
    let made = header.new.iter().map(|f| f.size);
    let total = base.filter(|_| options.check_base).chain(made).fold(0, u64::saturating_add);
    let mut done = 0u64;
    let mut advance = |n: u64| {
        done = done.saturating_add(n).min(total);
        match on_progress(Progress { done, total }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ApplyError::Cancelled),
        }
    };
    if options.check_base {
        base::check_base(&header, old, &mut advance)?;
    }
    let places = Places { header: &header, old, staging, in_place: options.in_place };
    let made = already_made(&places, id, checkpoint)?;
    for entry in &header.new[..made.len()] {
        advance(entry.size)?;
    }
    let inflated = Inflated::new(&header, staging)?;
    Rebuild {
        header: &header,
        id,
        places,
        checkpoint,
        old: old_space(&header, old, &inflated),
        inflated,
        ahead: Limits { memory: (MAX_APPLY_MEMORY - header.memory) / 3, threads: options.threads },
        done: made.len(),
        made,
        started: 0,
        current: None,
        unsynced: Vec::new(),
        unsynced_len: 0,
        advance: &mut advance,
    }
    .run(input)
    .map(|made| plan(&header, made))
}

/// The address space that copies read from.
fn old_space<'a>(header: &Header, old: &'a dyn Dir, inflated: &Inflated<'_>) -> Space<'a> {
    let paths = header.old.iter().map(|f| f.path.clone()).collect();
    let looks = header.relocations.iter().map(|(&row, relocation)| (row, Look::Moved(relocation.clone())));
    let mut space = Space::new(old, paths, inflated.file()).with_programs(looks.collect());
    for (i, &source) in header.sources.iter().enumerate() {
        let (backing, at) = match source {
            Source::File { row } => (Backing::File(row), 0),
            Source::Inflated { .. } | Source::Parsed { .. } => (Backing::Scratch, inflated.place(i)),
        };
        space.push(Extent { backing, at, len: header.source_len(source) });
    }
    space
}

struct Rebuild<'a, 'c> {
    header: &'a Header,
    id: Hash,
    places: Places<'a>,
    checkpoint: &'c mut dyn Checkpoint,
    old: Space<'a>,
    inflated: Inflated<'a>,
    ahead: Limits,
    /// Files that were complete before this call.
    done: usize,
    /// The complete files.
    made: Vec<Made>,
    /// Files that were started, the current one included.
    started: usize,
    current: Option<Making<'a>>,
    unsynced: Vec<(&'a NewFile, Box<dyn WriteAt>)>,
    unsynced_len: u64,
    advance: &'c mut dyn FnMut(u64) -> Result<(), ApplyError>,
}

impl Rebuild<'_, '_> {
    fn run(mut self, mut input: impl Read) -> Result<Vec<Made>, ApplyError> {
        let mut before = 0u64;
        let mut first = true;
        for entry in &self.header.segments {
            let after = before + entry.files;
            if after <= self.done as u64 && after < self.header.new.len() as u64 {
                // Everything that starts here is staged, and so is what was carried into it.
                io::copy(&mut (&mut input).take(entry.len), &mut io::sink()).map_err(ApplyError::Patch)?;
                before = after;
                continue;
            }
            let mut bytes = Vec::new();
            (&mut input).take(entry.len).read_to_end(&mut bytes).map_err(ApplyError::Patch)?;
            if bytes.len() as u64 != entry.len {
                return Err(ApplyError::Patch(io::ErrorKind::UnexpectedEof.into()));
            }
            let skip = if first { entry.carried } else { 0 };
            if first {
                self.started = usize::try_from(before).unwrap_or(usize::MAX);
                first = false;
            }
            let mut streams = Streams::open(&bytes, self.header.version, self.header.memory)
                .map_err(ApplyError::Malformed)?;
            self.segment(&mut streams, after, skip)?;
            before = after;
        }
        if self.current.is_some() || self.made.len() != self.header.new.len() {
            return Err(ApplyError::malformed("the patch ends inside a file"));
        }
        let mut digest = blake3::Hasher::new();
        for made in &self.made {
            digest.update(made.hash.as_bytes());
        }
        if !self.made.is_empty() && self.header.new_digest != digest.finalize().into() {
            return Err(ApplyError::Mismatch { path: "the new files as a whole".into() });
        }
        self.save()?;
        self.inflated.remove()?;
        Ok(self.made)
    }

    /// Makes the new bytes of a segment, of which the first `skip` belong to a file that is done.
    fn segment(&mut self, streams: &mut Streams<'_>, files: u64, mut skip: u64) -> Result<(), ApplyError> {
        let malformed = ApplyError::Malformed;
        let mut buf = vec![0; STEP];
        let mut cursor = 0u64;
        let mut runs = Runs::default();
        if skip == 0 {
            self.begin_files(streams, files)?;
        }
        while let Some(literal) = streams.number(Stream::LiteralLen).map_err(malformed)? {
            let mut left = literal;
            while left > 0 {
                let part = &mut buf[..usize::try_from(left).unwrap_or(STEP).min(STEP)];
                streams.fill(Stream::Literal, part).map_err(malformed)?;
                left -= part.len() as u64;
                self.put(part, streams, files, &mut skip)?;
            }
            let truncated = || ApplyError::malformed("a copy without a length");
            let len = streams.number(Stream::CopyLen).map_err(malformed)?.ok_or_else(truncated)?;
            if len == 0 {
                continue;
            }
            let seek = streams.signed(Stream::Seek).map_err(malformed)?;
            let from = cursor.checked_add_signed(seek);
            let end = from.and_then(|at| at.checked_add(len)).filter(|&end| end <= self.old.len());
            let (Some(mut at), Some(end)) = (from, end) else {
                return Err(ApplyError::malformed("a copy reaches over the old files"));
            };
            cursor = end;
            self.inflated.ensure(at..end, &self.old, self.header)?;
            while at < end {
                let part = &mut buf[..usize::try_from(end - at).unwrap_or(STEP).min(STEP)];
                self.old.read(part, at)?;
                at += part.len() as u64;
                runs.apply(part, streams).map_err(malformed)?;
                self.put(part, streams, files, &mut skip)?;
            }
        }
        if self.started as u64 != files {
            return Err(ApplyError::malformed("a segment starts fewer files than the index says"));
        }
        streams.end().map_err(malformed)
    }

    /// Starts new files while the last one is complete and this segment starts any.
    fn begin_files(&mut self, streams: &mut Streams<'_>, files: u64) -> Result<(), ApplyError> {
        while self.current.is_none() && (self.started as u64) < files {
            let entry = &self.header.new[self.started];
            let parts =
                recipe::decode(streams.stream(Stream::Recipe), entry.size).map_err(ApplyError::Malformed)?;
            if self.header.zstd.is_none() && parts.iter().any(|p| p.is_of_frames()) {
                return Err(ApplyError::malformed("zstd frames of an unnamed release"));
            }
            let done = self.started < self.done;
            self.current = Some(Making::new(self.places.start(entry, done)?, done, parts, self.ahead)?);
            self.started += 1;
            self.finish_if_complete()?;
        }
        Ok(())
    }

    /// Takes the next new bytes.
    fn put(
        &mut self,
        mut bytes: &[u8],
        streams: &mut Streams<'_>,
        files: u64,
        skip: &mut u64,
    ) -> Result<(), ApplyError> {
        if *skip > 0 {
            let n = usize::try_from(*skip).unwrap_or(usize::MAX).min(bytes.len());
            *skip -= n as u64;
            bytes = &bytes[n..];
            if *skip == 0 {
                self.begin_files(streams, files)?;
            }
        }
        while !bytes.is_empty() {
            let Some(file) = &mut self.current else {
                return Err(ApplyError::malformed("bytes after the last file"));
            };
            let n = usize::try_from(file.left()).unwrap_or(usize::MAX).min(bytes.len());
            file.take(&bytes[..n])?;
            bytes = &bytes[n..];
            (self.advance)(n as u64)?;
            self.finish_if_complete()?;
            self.begin_files(streams, files)?;
        }
        Ok(())
    }

    fn finish_if_complete(&mut self) -> Result<(), ApplyError> {
        let Some(file) = self.current.take_if(|f| f.left() == 0) else { return Ok(()) };
        let Some(finished) = file.finish()? else { return Ok(()) };
        let entry = &self.header.new[self.started - 1];
        self.made.push(Made { hash: finished.hash, form: finished.form });
        self.unsynced.push((entry, finished.file));
        self.unsynced_len += entry.size;
        if self.unsynced_len >= CHECKPOINT_EVERY || self.unsynced.len() >= 64 {
            self.save()?;
        }
        Ok(())
    }

    /// Makes the complete files durable, and remembers that they are.
    fn save(&mut self) -> Result<(), ApplyError> {
        for (entry, file) in self.unsynced.drain(..) {
            file.sync_data().map_err(output::write_error(entry))?;
        }
        self.unsynced_len = 0;
        let state = State { patch: self.id, files: self.made.len() as u64 };
        self.checkpoint.save(&state.encode()).map_err(ApplyError::Checkpoint)
    }
}

/// The steps that the header tells, with what was made for the new files.
fn plan(header: &Header, made: Vec<Made>) -> Plan {
    let mut operations = Vec::new();
    let rows = || header.old.iter();
    operations.extend(
        rows().filter(|f| f.fate == Fate::Delete).map(|f| Operation::Delete { path: f.path.clone() }),
    );
    operations.extend(header.removed_links.iter().map(|link| Operation::RemoveLink { link: link.clone() }));
    operations.extend(header.removed_dirs.iter().map(|path| Operation::RemoveDir { path: path.clone() }));
    operations.extend(rows().filter_map(|f| match &f.fate {
        Fate::Move { to, executable } => {
            Some(Operation::Move { from: f.path.clone(), to: to.clone(), executable: *executable })
        }
        _ => None,
    }));
    operations.extend(header.new.iter().zip(made).map(|(f, Made { hash, form })| {
        let (path, size, executable) = (f.path.clone(), f.size, f.executable);
        match form {
            Form::Whole => Operation::Staged { path, size, hash, executable },
            Form::Journal(journal) => Operation::Patched { path, size, hash, executable, journal },
        }
    }));
    operations.extend(rows().filter_map(|f| match f.fate {
        Fate::SetMode { executable } => Some(Operation::SetMode { path: f.path.clone(), executable }),
        _ => None,
    }));
    operations.extend(header.made_dirs.iter().map(|path| Operation::CreateDir { path: path.clone() }));
    operations.extend(header.links.iter().map(|link| Operation::Link { link: link.clone() }));
    Plan { operations }
}

#[cfg(test)]
mod tests {
    use mist_proto::ManifestId;
    use mist_tree::{fs::RealDir, progress::unwatched};

    use super::*;
    use crate::format::{Version, codec::Effort};

    #[test]
    fn a_patch_for_another_release_of_zstd_is_refused() {
        let apply_for = |zstd| {
            let none = Hash([0; 32]);
            let header = Header {
                from: ManifestId(none),
                to: ManifestId(none),
                memory: 0,
                scratch: 0,
                old: Vec::new(),
                old_digest: none,
                new: Vec::new(),
                new_digest: none,
                made_dirs: Vec::new(),
                removed_dirs: Vec::new(),
                links: Vec::new(),
                removed_links: Vec::new(),
                zstd: Some(zstd),
                version: Version::Five,
                relocations: [].into(),
                sources: Vec::new(),
                segments: Vec::new(),
            };
            let bytes = header.encode(Effort::Small).unwrap();
            let patch = PatchReader::open(bytes.as_slice()).unwrap();
            assert_eq!(*patch.header(), header);
            let place = tempfile::tempdir().unwrap();
            let dir = RealDir::open(place.path()).unwrap();
            apply(patch, &dir, &dir, &mut NoCheckpoint, &ApplyOptions::default(), &mut unwatched)
        };
        let here = zstd::version();
        assert_eq!(apply_for(here).unwrap().operations, []);
        let refused = apply_for(10_506).unwrap_err();
        assert!(matches!(refused, ApplyError::OtherZstd { needed: 10_506, here: h } if h == here));
        assert!(refused.to_string().starts_with("the patch needs zstd 1.5.6, and here is "), "{refused}");
    }
}
