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

use super::{JobError, Reporter, Scratch, Workshop, assemble, delete::move_away};
use crate::{catalogue, store::layout};

/// The files of a build: its depot, or a rebuilt copy in `tmp/` that goes with this value.
pub(super) struct BuildFiles {
    pub(super) manifest: VerifiedManifest,
    pub(super) dir: Arc<SubDir>,
    rebuilt: Option<Rebuilt>,
}

/// A copy that is the signed build, byte for byte.
struct Rebuilt {
    path: RelPath,
    /// Hash tree of its archive, whose root is the signed one.
    tree: Outboard,
    scratch: Scratch,
}

impl BuildFiles {
    /// The files of a build, rebuilt if it has no depot.
    ///
    /// # Errors
    /// [`JobError::NoBuild`]; [`JobError::Lost`] if nothing leads to it; [`JobError::Rebuild`] if every way turned out
    /// to be damaged.
    pub(super) fn open(
        shop: &Workshop,
        dir: &Arc<dyn Dir>,
        game: &Slug,
        version: &Version,
        report: &Reporter,
    ) -> Result<Self, JobError> {
        let keeping = shop.catalogue.keeping(game);
        let (mut avoided, mut failed) = (BTreeSet::new(), None);
        if shop.catalogue.build(game, version).is_none() {
            return Err(JobError::NoBuild { game: game.clone(), version: version.clone() });
        }
        while let Some(way) = keeping.way_to(version, &avoided) {
            match Self::along(shop, dir, game, &way, report) {
                Err(error @ JobError::Rebuild { .. }) => {
                    tracing::error!(%game, %version, %error, "trying another way to rebuild a build");
                    avoided.extend(way.into_iter().next());
                    failed = Some(error);
                }
                outcome => return outcome,
            }
        }
        Err(failed.unwrap_or_else(|| JobError::Lost { game: game.clone(), version: version.clone() }))
    }

    /// The files of the build that `way` leads to. A way of one build is its depot.
    ///
    /// # Errors
    /// [`JobError::Rebuild`] if a patch on the way, or a file that it starts from, is damaged.
    pub(super) fn along(
        shop: &Workshop,
        dir: &Arc<dyn Dir>,
        game: &Slug,
        way: &[Version],
        report: &Reporter,
    ) -> Result<Self, JobError> {
        Self::walk(shop, dir, game, way, report).map_err(|error| match error {
            JobError::Store(e) if is_rot(&e) => {
                let version = way.last().map(ToString::to_string).unwrap_or_default();
                JobError::Rebuild { version, why: e.to_string() }
            }
            other => other,
        })
    }

    fn walk(
        shop: &Workshop,
        dir: &Arc<dyn Dir>,
        game: &Slug,
        way: &[Version],
        report: &Reporter,
    ) -> Result<Self, JobError> {
        let Some((start, onwards)) = way.split_first() else {
            return Err(io::Error::new(io::ErrorKind::NotFound, "no way leads there").into());
        };
        let mut manifest = catalogue::read_manifest(&**dir, game, start)?;
        let mut path = layout::depot(game, start);
        let Some(last) = onwards.last() else {
            return Ok(Self { manifest, dir: Arc::new(SubDir::new(dir.clone(), &path)), rebuilt: None });
        };
        report.stage("rebuilding", 0)?;
        let scratch = Scratch::new(dir.clone(), "replay");
        for (n, version) in onwards.iter().enumerate() {
            let next = catalogue::read_manifest(&**dir, game, version)?;
            let target = layout::inside(&scratch.path, &n.to_string());
            let step = Step { shop, dir, old: (&manifest, &path), new: (&next, &target) };
            step.take(report)?;
            if n > 0 {
                remove_tree(&**dir, &path)?;
            }
            (manifest, path) = (next, target);
        }
        let files = Arc::new(SubDir::new(dir.clone(), &path));
        let tree = prove(&manifest, &files, report)?;
        if tree.blob() != manifest.archive {
            let why = format!("starting from {start} makes other files than the signed ones");
            return Err(JobError::Rebuild { version: last.to_string(), why });
        }
        let rebuilt = Rebuilt { path, tree, scratch };
        Ok(Self { manifest, dir: files, rebuilt: Some(rebuilt) })
    }

    /// The archive and its hash tree, if the build was rebuilt.
    pub(super) fn into_archive(self) -> Result<Option<(RebuiltArchive, Outboard)>, JobError> {
        let Some(rebuilt) = self.rebuilt else { return Ok(None) };
        let reader = ArchiveReader::new(Arc::new(Layout::new(&self.manifest)?), self.dir);
        Ok(Some((RebuiltArchive { reader, _scratch: rebuilt.scratch }, rebuilt.tree)))
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
    shop: &Workshop,
    dir: &Arc<dyn Dir>,
    game: &Slug,
    version: &Version,
    report: &Reporter,
) -> Result<(), JobError> {
    let built = BuildFiles::open(shop, dir, game, version, report)?;
    let Some(rebuilt) = &built.rebuilt else { return Ok(()) };
    assemble::make_folders(&built.manifest, &built.dir)?;
    let depot = layout::depot(game, version);
    // An attempt that failed at its very end may have left its result.
    move_away(&**dir, &depot, &layout::inside(&rebuilt.scratch.path, "old"))?;
    dir.rename(&rebuilt.path, &depot)?;
    dir.sync_dir(&layout::depots(game))?;
    dir.sync_dir(&layout::game(game))?;
    shop.catalogue.set_whole(game, version, true);
    shop.blobs.changed(game, &built.manifest.archive.hash);
    Ok(())
}

/// Drops a depot. Its build must have been rebuilt without it before.
pub(super) fn drop_depot(
    shop: &Workshop,
    dir: &Arc<dyn Dir>,
    game: &Slug,
    manifest: &VerifiedManifest,
) -> Result<(), JobError> {
    let version = &manifest.version;
    // Nobody begins to read it any more; then the name goes, at once; then the files.
    shop.catalogue.set_whole(game, version, false);
    shop.blobs.changed(game, &manifest.archive.hash);
    let trash = Scratch::new(dir.clone(), "drop");
    if let Err(e) = move_away(&**dir, &layout::depot(game, version), &layout::inside(&trash.path, "depot")) {
        // It may be there still; if it is not, reading it fails, and a start finds out.
        let there = dir.metadata(&layout::depot(game, version)).is_ok();
        shop.catalogue.set_whole(game, version, there);
        return Err(e.into());
    }
    Ok(remove_tree(&**dir, &trash.path)?)
}

/// Hashes the archive that the files make.
fn prove(manifest: &VerifiedManifest, files: &Arc<SubDir>, report: &Reporter) -> Result<Outboard, JobError> {
    let shape = Arc::new(Layout::new(manifest)?);
    report.stage("verifying", shape.size())?;
    let archive = ArchiveReader::new(shape.clone(), files.clone());
    let tree = outboard::compute(shape.size(), &|at, buf| {
        archive.read_exact(buf, at)?;
        report.add_io(buf.len() as u64)
    });
    tree.map_err(|e| report.check().err().unwrap_or(JobError::Store(e)))
}

/// One patch on the way.
struct Step<'a> {
    shop: &'a Workshop,
    dir: &'a Arc<dyn Dir>,
    old: (&'a VerifiedManifest, &'a RelPath),
    new: (&'a VerifiedManifest, &'a RelPath),
}

impl Step<'_> {
    /// Makes the new build's files: those of the patch, and second names for those of the old build that stay.
    fn take(&self, report: &Reporter) -> Result<(), JobError> {
        let ((old, old_path), (new, new_path)) = (self.old, self.new);
        self.need_room()?;
        let patch = layout::inside(&layout::patch(&old.game, &old.version, &new.version), "patch");
        let base = SubDir::new(self.dir.clone(), old_path);
        let target = SubDir::new(self.dir.clone(), new_path);
        self.dir.create_dir_all(new_path)?;
        let plan = apply(&*self.dir.open(&patch)?, &base, &target, report).map_err(|e| match e {
            ApplyError::Cancelled => JobError::Cancelled,
            ApplyError::Write { source, .. }
            | ApplyError::Patch(source)
            | ApplyError::Header(HeaderError::Io(source)) => JobError::Store(source),
            ApplyError::Read(e) => JobError::Store(e.source),
            other => self.broken(other.to_string()),
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
    ) -> Result<(), JobError> {
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
                return Err(self.broken(format!("the patch leaves {} out", file.path)));
            };
            let copy = target.create(&file.path)?;
            copy_range(&*base.open(*from)?, 0..file.size, &*copy, 0)?;
            copy.sync_data()?;
            target.set_executable(&file.path, file.executable)?;
        }
        Ok(())
    }

    /// Checks that the files that the patch makes fit on the disk.
    fn need_room(&self) -> Result<(), JobError> {
        let old: HashSet<&Hash> = self.old.0.files.iter().map(|f| &f.hash).collect();
        let needed = self.new.0.files.iter().filter(|f| !old.contains(&f.hash)).map(|f| f.size).sum();
        let free = self.dir.space()?.free.saturating_sub(self.shop.limits.keep_free);
        if free < needed { Err(JobError::Full { needed, free }) } else { Ok(()) }
    }

    fn broken(&self, why: String) -> JobError {
        let why = format!("the patch from {} is of no use: {why}", self.old.0.version);
        JobError::Rebuild { version: self.new.0.version.to_string(), why }
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
