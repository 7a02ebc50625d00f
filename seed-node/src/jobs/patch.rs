//! The direct patch between two builds, made and then tried.

use std::{
    collections::BTreeMap,
    io::{self, BufReader},
    num::NonZeroUsize,
};

use mist_delta::{ApplyError, DiffOptions, Level, Operation, Plan, Tree};
use mist_peer::outboard;
use mist_proto::{BlobId, Hash, LinkEntry, Manifest, RelPath, Slug, Version, http::PatchJob, limits};
use mist_tree::fs::{Dir, FromStart, SubDir, write_atomically};

use super::{
    Execute, Failure, Made, Reporter,
    failure::{Full, NoBuild},
    replay::{self, BuildFiles},
    scratch::{Scratch, Sequential},
    story,
};
use crate::{seed::Seed, store::layout};

impl Execute for PatchJob {
    fn execute(self, seed: &Seed, report: &Reporter) -> Result<Made, Failure> {
        patch(seed, &self.game, &self.from, &self.to, report)
    }
}

/// Makes the patch that turns `from` into `to`, unless the store has it.
pub(super) fn patch(
    seed: &Seed,
    game: &Slug,
    from: &Version,
    to: &Version,
    report: &Reporter,
) -> Result<Made, Failure> {
    let dir = seed.store.dir()?;
    if let Some(blob) = seed.catalogue.patch(game, from, to) {
        return Ok(made(&*dir, game, from, to, blob));
    }
    let old = BuildFiles::open(seed, &dir, game, from, report)?;
    let new = BuildFiles::open(seed, &dir, game, to, report)?;
    let scratch = Scratch::new(dir.clone(), "patch");
    let folder = layout::inside(&scratch.path, "made");
    let path = layout::inside(&folder, "patch");
    dir.create_dir_all(&folder)?;

    report.stage("comparing", 0)?;
    let free = dir.space()?.free.saturating_sub(seed.limits.keep_free);
    let mut out = Sequential::create(&*dir, &path, limits::MAX_BLOB.min(free))?;
    let plain = SubDir::new(dir.clone(), &layout::inside(&scratch.path, "plain"));
    let options = options(seed);
    mist_delta::diff(tree(&old), tree(&new), &mut out, &plain, &options, &mut |p| report.follow(p))?;
    let size = mist_readable::bytes(out.finish()?);
    report.info(format!("made: {size}, for {} of files", mist_readable::bytes(new.manifest.content_size())));

    let staged: u64 = new.manifest.content_size();
    if dir.space()?.free.saturating_sub(seed.limits.keep_free) < staged {
        return Err(Full { needed: staged, free }.into());
    }
    report.stage("trying", 0)?;
    let staging = SubDir::new(dir.clone(), &layout::inside(&scratch.path, "tried"));
    try_out(&*dir, &path, &old, &new.manifest, &staging, report)?;

    for version in [from, to] {
        // It may have been deleted meanwhile.
        if seed.catalogue.build(game, version).is_none() {
            return Err(NoBuild::of(game, version).into());
        }
    }
    let blob = put_in_place(&*dir, &folder, &layout::patch(game, from, to), report)?;
    seed.catalogue.add_patch(game, from, to, blob);
    Ok(made(&*dir, game, from, to, blob))
}

/// A patch that is in place, with its story.
fn made(dir: &dyn Dir, game: &Slug, from: &Version, to: &Version, blob: BlobId) -> Made {
    let file = dir.open(&layout::inside(&layout::patch(game, from, to), "patch"));
    let story = file.ok().and_then(|file| story::of(BufReader::new(FromStart::new(&*file)), blob.size));
    Made { story, ..Made::blob(blob) }
}

/// How patches are made here.
pub(super) fn options(seed: &Seed) -> DiffOptions {
    DiffOptions {
        memory: seed.limits.patch_memory,
        level: Level::Default,
        threads: NonZeroUsize::new(seed.limits.threads).unwrap_or(NonZeroUsize::MIN),
    }
}

/// Completes the folder `made`, in which a patch lies, and renames it to `place`.
pub(super) fn put_in_place(
    dir: &dyn Dir,
    made: &RelPath,
    place: &RelPath,
    report: &Reporter,
) -> Result<BlobId, Failure> {
    let file = dir.open(&layout::inside(made, "patch"))?;
    let size = file.size()?;
    report.stage("finishing", size)?;
    let outboard = outboard::compute(size, &|at, buf| {
        file.read_exact_at(buf, at)?;
        report.add_io(buf.len() as u64)
    });
    let outboard = outboard.map_err(|e| report.check().err().unwrap_or(e.into()))?;
    drop(file);
    let blob = outboard.blob();
    write_atomically(dir, &layout::inside(made, "outboard"), &outboard.to_bytes()?)?;
    let id = serde_json::to_vec(&blob).map_err(io::Error::from)?;
    write_atomically(dir, &layout::inside(made, "blob.json"), &id)?;
    // A damaged one of an earlier time may be in the way.
    mist_tree::fs::remove_tree(dir, place)?;
    dir.rename(made, place)?;
    let mut above = place.parent();
    for _ in 0..2 {
        let Some(folder) = above else { break };
        dir.sync_dir(&folder)?;
        above = folder.parent();
    }
    Ok(blob)
}

pub(super) fn tree(build: &BuildFiles) -> Tree<'_> {
    Tree { manifest: &build.manifest, dir: &*build.dir }
}

/// Applies the patch as a friend would, and compares what comes out with the signed manifest: a patch that was made
/// from rotten files, or wrongly, is never given out.
fn try_out(
    dir: &dyn Dir,
    path: &RelPath,
    old: &BuildFiles,
    new: &Manifest,
    staging: &dyn Dir,
    report: &Reporter,
) -> Result<(), Failure> {
    let plan = replay::apply(&*dir.open(path)?, &*old.dir, staging, report).map_err(|e| match e {
        ApplyError::Cancelled => Failure::Cancelled,
        ApplyError::Write { source, .. } => source.into(),
        other => Failure::lasting(format!("patch: {other}")),
    })?;
    let result = outcome(&old.manifest, &plan);
    match new.files.iter().find(|f| result.get(&f.path) != Some(&(f.size, f.hash, f.executable))) {
        Some(wrong) => Err(Failure::lasting(format!("patch: {} does not come out right", wrong.path))),
        None if result.len() != new.files.len() => {
            Err(Failure::lasting("patch: files are left that the new build does not have"))
        }
        None if !links_of(&plan).eq(&new.links) => {
            Err(Failure::lasting("patch: it makes other links than the new build has"))
        }
        None => Ok(()),
    }
}

/// The links that the plan makes.
fn links_of(plan: &Plan) -> impl Iterator<Item = &LinkEntry> {
    plan.operations.iter().filter_map(|operation| match operation {
        Operation::Link { link } => Some(link),
        _ => None,
    })
}

/// The files that the plan makes of the old build's: size, hash, and whether it may be run.
fn outcome<'a>(old: &'a Manifest, plan: &'a Plan) -> BTreeMap<&'a RelPath, (u64, Hash, bool)> {
    let mut files: BTreeMap<_, _> =
        old.files.iter().map(|f| (&f.path, (f.size, f.hash, f.executable))).collect();
    for operation in &plan.operations {
        match operation {
            Operation::Delete { path } => {
                files.remove(path);
            }
            Operation::Move { from, to, executable } => {
                if let Some((size, hash, _)) = files.remove(from) {
                    files.insert(to, (size, hash, *executable));
                }
            }
            Operation::Staged { path, size, hash, executable }
            | Operation::Patched { path, size, hash, executable, .. } => {
                files.insert(path, (*size, *hash, *executable));
            }
            Operation::SetMode { path, executable } => {
                if let Some(file) = files.get_mut(path) {
                    file.2 = *executable;
                }
            }
            Operation::RemoveDir { .. }
            | Operation::CreateDir { .. }
            | Operation::RemoveLink { .. }
            | Operation::Link { .. } => {}
        }
    }
    files
}
