//! Builds whose depots were dropped, rebuilt: patches are applied one after another, from the nearest build whose files
//! are there. What comes out is the signed build, or it is refused.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    io::{self, BufReader},
    sync::Arc,
};

use mist_delta::{ApplyError, ApplyOptions, HeaderError, NoCheckpoint, Operation, PatchReader, Plan};
use mist_peer::{Outboard, outboard};
use mist_proto::{Hash, RelPath, Slug, VerifiedManifest, Version};
use mist_tree::{
    archive::{ArchiveReader, Layout},
    fs::{ControlPath, Dir, FromStart, ReadAt, SubDir, copy_range, remove_tree},
};

use super::{
    Failure, Reporter, assemble,
    delete::move_away,
    failure::{Full, NoBuild},
    scratch::Scratch,
};
use crate::{catalogue, seed::Seed, store::layout};

/// A build can't be rebuilt by patches.
#[derive(Debug, thiserror::Error)]
#[error("build {version} can't be rebuilt: {why}")]
pub(super) struct Damaged {
    /// The last build of the way, or the one that a patch should have made.
    version: String,
    /// What is wrong.
    why: String,
}

/// Nothing leads to a build any more.
#[derive(Debug, thiserror::Error)]
#[error(
    "the files of build {version} of {game} are gone, and no patches lead to it: remove it, and push it again"
)]
struct Lost {
    game: Slug,
    version: Version,
}

/// Why a way did not lead to the signed build.
#[derive(Debug)]
pub(super) enum ReplayError {
    /// A patch on the way, or a file that it starts from, is damaged. Another way may do.
    Damaged(Damaged),
    /// Something else is wrong.
    Other(Failure),
}

impl From<Failure> for ReplayError {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

/// The files of a build: its depot, or a rebuilt copy in `tmp/` that goes with this value.
pub(super) struct BuildFiles {
    pub(super) manifest: VerifiedManifest,
    pub(super) dir: Arc<SubDir>,
    rebuilt: Option<Rebuilt>,
}

/// A copy that is the signed build, byte for byte.
struct Rebuilt {
    path: RelPath,
    /// Of its archive; its root is the signed one.
    outboard: Outboard,
    scratch: Scratch,
}

impl BuildFiles {
    /// The files of a build, rebuilt if it has no depot.
    ///
    /// # Errors
    /// Lasting if there is no such build, nothing leads to it, or every way turned out to be damaged.
    pub(super) fn open(
        seed: &Seed,
        dir: &Arc<dyn Dir>,
        game: &Slug,
        version: &Version,
        report: &Reporter,
    ) -> Result<Self, Failure> {
        let keeping = seed.catalogue.keeping(game);
        let (mut avoided, mut failed) = (BTreeSet::new(), None);
        if seed.catalogue.build(game, version).is_none() {
            return Err(NoBuild::of(game, version).into());
        }
        while let Some(way) = keeping.way_to(version, &avoided) {
            match Self::along(seed, dir, game, &way, report) {
                Ok(files) => return Ok(files),
                Err(ReplayError::Damaged(error)) => {
                    report.error(format!("another way is tried to rebuild {game} {version}: {error}"));
                    avoided.extend(way.into_iter().next());
                    failed = Some(error);
                }
                Err(ReplayError::Other(failure)) => return Err(failure),
            }
        }
        Err(match failed {
            Some(damaged) => Failure::lasting(damaged),
            None => Failure::lasting(Lost { game: game.clone(), version: version.clone() }),
        })
    }

    /// The files of the build that `way` leads to. A way of one build is its depot.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub(super) fn along(
        seed: &Seed,
        dir: &Arc<dyn Dir>,
        game: &Slug,
        way: &[Version],
        report: &Reporter,
    ) -> Result<Self, ReplayError> {
        Self::walk(seed, dir, game, way, report).map_err(|stop| match stop {
            Stop::Store(e) if is_rot(&e) => {
                let version = way.last().map(ToString::to_string).unwrap_or_default();
                ReplayError::Damaged(Damaged { version, why: e.to_string() })
            }
            Stop::Store(e) => ReplayError::Other(e.into()),
            Stop::Replay(error) => error,
        })
    }

    fn walk(
        seed: &Seed,
        dir: &Arc<dyn Dir>,
        game: &Slug,
        way: &[Version],
        report: &Reporter,
    ) -> Result<Self, Stop> {
        let Some((start, onwards)) = way.split_first() else {
            return Err(io::Error::new(io::ErrorKind::NotFound, "no way leads there").into());
        };
        let mut manifest = catalogue::read_manifest(&**dir, game, start)?;
        let mut path = layout::depot(game, start);
        let Some(last) = onwards.last() else {
            return Ok(Self { manifest, dir: Arc::new(SubDir::new(dir.clone(), &path)), rebuilt: None });
        };
        report.stage("rebuilding", 0)?;
        let patches = mist_readable::count(onwards.len() as u64, "patch", "patches");
        report.info(format!("{last} is rebuilt from {start} by {patches}"));
        let scratch = Scratch::new(dir.clone(), "replay");
        for (n, version) in onwards.iter().enumerate() {
            let next = catalogue::read_manifest(&**dir, game, version)?;
            let target = layout::inside(&scratch.path, &n.to_string());
            let step = Step { seed, dir, old: (&manifest, &path), new: (&next, &target) };
            step.take(report)?;
            if n > 0 {
                remove_tree(&**dir, &path)?;
            }
            (manifest, path) = (next, target);
        }
        let files = Arc::new(SubDir::new(dir.clone(), &path));
        let outboard = prove(&manifest, &files, report)?;
        if outboard.blob() != manifest.archive {
            let why = format!("starting from {start} makes other files than the signed ones");
            return Err(Damaged { version: last.to_string(), why }.into());
        }
        let rebuilt = Rebuilt { path, outboard, scratch };
        Ok(Self { manifest, dir: files, rebuilt: Some(rebuilt) })
    }

    /// The archive and its outboard, if the build was rebuilt.
    pub(super) fn into_archive(self) -> Result<Option<(RebuiltArchive, Outboard)>, Failure> {
        let Some(rebuilt) = self.rebuilt else { return Ok(None) };
        let reader = ArchiveReader::new(Arc::new(Layout::new(&self.manifest)?), self.dir);
        Ok(Some((RebuiltArchive { reader, _scratch: rebuilt.scratch }, rebuilt.outboard)))
    }
}

/// The archive of a rebuilt build, as long as its files stay in `tmp/`.
pub(super) struct RebuiltArchive {
    reader: ArchiveReader,
    _scratch: Scratch,
}

impl ReadAt for RebuiltArchive {
    fn size(&self) -> io::Result<u64> {
        self.reader.size()
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.reader.read_at(buf, offset)
    }
}

/// Gives a build its depot back, durably.
pub(super) fn make_whole(
    seed: &Seed,
    dir: &Arc<dyn Dir>,
    game: &Slug,
    version: &Version,
    report: &Reporter,
) -> Result<(), Failure> {
    let built = BuildFiles::open(seed, dir, game, version, report)?;
    let Some(rebuilt) = &built.rebuilt else { return Ok(()) };
    assemble::make_folders(&built.manifest, &built.dir)?;
    let depot = layout::depot(game, version);
    // An attempt that failed at its very end may have left its result.
    move_away(&**dir, &depot, &layout::inside(&rebuilt.scratch.path, "old"))?;
    dir.rename(&rebuilt.path, &depot)?;
    dir.sync_dir(&layout::depots(game))?;
    dir.sync_dir(&layout::game(game))?;
    seed.catalogue.set_whole(game, version, true);
    seed.blobs.changed(game, &built.manifest.archive.hash);
    Ok(())
}

/// Drops a depot. Its build must have been rebuilt without it before.
pub(super) fn drop_depot(
    seed: &Seed,
    dir: &Arc<dyn Dir>,
    game: &Slug,
    manifest: &VerifiedManifest,
) -> Result<(), Failure> {
    let version = &manifest.version;
    // Nobody begins to read it any more; then the name goes, at once; then the files.
    seed.catalogue.set_whole(game, version, false);
    seed.blobs.changed(game, &manifest.archive.hash);
    let trash = Scratch::new(dir.clone(), "drop");
    if let Err(e) = move_away(&**dir, &layout::depot(game, version), &layout::inside(&trash.path, "depot")) {
        // It may be there still; if it is not, reading it fails, and a start finds out.
        let there = dir.metadata(&layout::depot(game, version)).is_ok();
        seed.catalogue.set_whole(game, version, there);
        return Err(e.into());
    }
    Ok(remove_tree(&**dir, &trash.path)?)
}

/// Hashes the archive that the files make.
fn prove(manifest: &VerifiedManifest, files: &Arc<SubDir>, report: &Reporter) -> Result<Outboard, Stop> {
    let shape = Arc::new(Layout::new(manifest).map_err(Failure::from)?);
    report.stage("verifying", shape.size())?;
    let archive = ArchiveReader::new(shape.clone(), files.clone());
    let outboard = outboard::compute(shape.size(), &|at, buf| {
        archive.read_exact(buf, at)?;
        report.add_io(buf.len() as u64)
    });
    outboard.map_err(|e| report.check().err().map_or(Stop::Store(e), Stop::from))
}

/// What stops a walk along a way.
enum Stop {
    /// The store fails, or holds what is rotten or gone.
    Store(io::Error),
    Replay(ReplayError),
}

impl From<io::Error> for Stop {
    fn from(e: io::Error) -> Self {
        Self::Store(e)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Replay(failure.into())
    }
}

impl From<Damaged> for Stop {
    fn from(damaged: Damaged) -> Self {
        Self::Replay(ReplayError::Damaged(damaged))
    }
}

/// One patch on the way.
struct Step<'a> {
    seed: &'a Seed,
    dir: &'a Arc<dyn Dir>,
    old: (&'a VerifiedManifest, &'a RelPath),
    new: (&'a VerifiedManifest, &'a RelPath),
}

impl Step<'_> {
    /// Makes the new build's files: those of the patch, and second names for those of the old build that stay.
    fn take(&self, report: &Reporter) -> Result<(), Stop> {
        let ((old, old_path), (new, new_path)) = (self.old, self.new);
        self.need_room()?;
        let patch = layout::inside(&layout::patch(&old.game, &old.version, &new.version), "patch");
        let base = SubDir::new(self.dir.clone(), old_path);
        let target = SubDir::new(self.dir.clone(), new_path);
        self.dir.create_dir_all(new_path)?;
        let plan = apply(&*self.dir.open(&patch)?, &base, &target, report).map_err(|e| match e {
            ApplyError::Cancelled => Failure::Cancelled.into(),
            ApplyError::Write { source, .. }
            | ApplyError::Patch(source)
            | ApplyError::Header(HeaderError::Io(source)) => Stop::Store(source),
            ApplyError::Read(e) => Stop::Store(e.source),
            other => self.damaged(other.to_string()).into(),
        })?;
        // Where inflated files of the base were kept.
        remove_tree(&target, &ControlPath::root())?;
        self.add_unchanged(&plan, &base, &target, report)
    }

    fn add_unchanged(
        &self,
        plan: &Plan,
        base: &SubDir,
        target: &SubDir,
        report: &Reporter,
    ) -> Result<(), Stop> {
        let staged: HashSet<&RelPath> = plan.operations.iter().filter_map(staged_path).collect();
        let mut by_content: HashMap<(&Hash, bool), &RelPath> = HashMap::new();
        for file in &self.old.0.files {
            by_content.insert((&file.hash, file.executable), &file.path);
        }
        for file in &self.new.0.files {
            report.check()?;
            if staged.contains(&file.path) {
                target.set_executable(&file.path, file.executable)?;
                continue;
            }
            let same = by_content.get(&(&file.hash, file.executable));
            let other_mode = by_content.get(&(&file.hash, !file.executable));
            let within = |folder: &RelPath, path: &RelPath| RelPath::new(&format!("{folder}/{path}"));
            let linked = same.is_some_and(|from| {
                // The longest paths do not fit below another folder's; those files are copied.
                match (within(self.old.1, from), within(self.new.1, &file.path)) {
                    (Ok(from), Ok(to)) => self.dir.hard_link(&from, &to).is_ok(),
                    _ => false,
                }
            });
            if linked {
                continue;
            }
            let Some(from) = same.or(other_mode) else {
                return Err(self.damaged(format!("the patch leaves {} out", file.path)).into());
            };
            let copy = target.create(&file.path)?;
            copy_range(&*base.open(*from)?, 0..file.size, &*copy, 0)?;
            copy.sync_data()?;
            target.set_executable(&file.path, file.executable)?;
        }
        Ok(())
    }

    /// Checks that the files that the patch makes fit on the disk.
    fn need_room(&self) -> Result<(), Failure> {
        let old: HashSet<&Hash> = self.old.0.files.iter().map(|f| &f.hash).collect();
        let needed = self.new.0.files.iter().filter(|f| !old.contains(&f.hash)).map(|f| f.size).sum();
        let free = self.dir.space()?.free.saturating_sub(self.seed.limits.keep_free);
        if free < needed { Err(Full { needed, free }.into()) } else { Ok(()) }
    }

    fn damaged(&self, why: String) -> Damaged {
        let why = format!("the patch from {} is of no use: {why}", self.old.0.version);
        Damaged { version: self.new.0.version.to_string(), why }
    }
}

/// Whether it is the content that is wrong, or gone, rather than the disk that fails just now.
fn is_rot(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::NotFound)
}

fn staged_path(operation: &Operation) -> Option<&RelPath> {
    match operation {
        Operation::Staged { path, .. } => Some(path),
        _ => None,
    }
}

/// Applies a patch of the store.
pub(super) fn apply(
    patch: &dyn ReadAt,
    base: &dyn Dir,
    staging: &dyn Dir,
    report: &Reporter,
) -> Result<Plan, ApplyError> {
    let reader = PatchReader::open(BufReader::new(FromStart::new(patch)))?;
    let options = ApplyOptions::default();
    mist_delta::apply(reader, base, staging, &mut NoCheckpoint, &options, &mut |p| report.follow(p))
}
