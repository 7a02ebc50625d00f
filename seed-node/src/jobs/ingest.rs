//! From an upload to a build: assemble the depot, verify it, make its outboard, and put both in place.

use std::{io, sync::Arc};

use mist_peer::outboard;
use mist_proto::{Hash, RelPath, Slug, VerifiedManifest, Version};
use mist_tree::{
    archive::{ArchiveReader, Layout},
    fs::{Dir, ROOT, SubDir, write_atomically},
    recipe::Recipe,
    verify::{Problem, VerifyOptions, verify},
};

use super::{
    JobError, Made, Reporter, Scratch, Workshop,
    assemble::Assembly,
    delete::{self, move_away},
};
use crate::{
    catalogue::BuildRecord,
    store::{PushId, layout},
};

/// Makes the build that `manifest` describes out of the chunks of `push` and of the game's other builds.
pub(super) fn ingest(
    shop: &Workshop,
    manifest: VerifiedManifest,
    push: &PushId,
    report: &Reporter,
) -> Result<Made, JobError> {
    let (game, version) = (manifest.game.clone(), manifest.version.clone());
    let record = BuildRecord::of(&manifest);
    match shop.catalogue.build(&game, &version) {
        Some(there) if there == record => {
            shop.uploads.remove(&game, push)?;
            return Ok(Made::default());
        }
        // The tracker has given the version to another push; what was there can't be served under its name any more.
        Some(_) => delete::delete_build(shop, &game, &version, report).map(drop)?,
        None => {}
    }
    report.stage("planning", 0)?;
    let dir = shop.store.dir()?;
    let recipe = shop.uploads.recipe(&game, push)?;
    recipe.check(&manifest)?;
    let shape = Arc::new(Layout::new(&manifest)?);

    let scratch = Scratch::new(dir.clone(), "ingest");
    let depot_path = layout::inside(&scratch.path, "depot");
    let assembly = Assembly::plan(shop, &dir, &manifest, &recipe, push, depot_path.clone())?;
    assembly.need_room(shop.limits.keep_free)?;
    report.stage("assembling", manifest.content_size())?;
    assembly.run(shop.limits.threads, report)?;

    let depot: Arc<dyn Dir> = Arc::new(SubDir::new(dir.clone(), &depot_path));
    report.stage("verifying", shape.size())?;
    let archive = ArchiveReader::new(shape.clone(), depot.clone());
    let tree = outboard::compute(shape.size(), &|at, buf| {
        archive.read_exact(buf, at)?;
        report.add_io(buf.len() as u64)
    });
    let tree = tree.map_err(|e| report.check().err().unwrap_or(JobError::Store(e)))?;
    if tree.blob() != manifest.archive {
        return Err(blame(shop, &manifest, &recipe, push, &*depot, report)?);
    }

    report.stage("finishing", 0)?;
    let build_path = layout::inside(&scratch.path, "build");
    write_atomically(&*dir, &layout::inside(&build_path, "manifest"), manifest.envelope())?;
    write_atomically(&*dir, &layout::inside(&build_path, "outboard"), &tree.to_bytes()?)?;
    write_atomically(&*dir, &layout::inside(&build_path, "recipe"), &recipe.encode()?)?;
    report.check()?;
    put_in_place(&*dir, &game, &version, &scratch.path, (&depot_path, &build_path))?;
    shop.catalogue.add_build(&game, &version, record);
    shop.uploads.remove(&game, push)?;
    Ok(Made::default())
}

/// Gives the depot and then the build their names. A crash in between leaves a depot without a build, which the next
/// start or ingest removes; a build without its depot can't be, because the depot's name is durable before.
fn put_in_place(
    dir: &dyn Dir,
    game: &Slug,
    version: &Version,
    scratch: &RelPath,
    (depot, build): (&RelPath, &RelPath),
) -> io::Result<()> {
    // An attempt that failed at its very end may have left its results, the build's name before the depot's.
    move_away(dir, &layout::build(game, version), &layout::inside(scratch, "old-build"))?;
    move_away(dir, &layout::depot(game, version), &layout::inside(scratch, "old-depot"))?;
    dir.rename(depot, &layout::depot(game, version))?;
    dir.sync_dir(&layout::depots(game))?;
    dir.sync_dir(&layout::game(game))?;
    dir.sync_dir(&layout::games())?;
    dir.sync_dir(ROOT)?;
    dir.rename(build, &layout::build(game, version))?;
    dir.sync_dir(&layout::builds(game))?;
    dir.sync_dir(&layout::game(game))
}

/// Why the files do not make the archive: a file that came damaged out of another depot is found, and its chunks are
/// asked for again when the push is repeated.
fn blame(
    shop: &Workshop,
    manifest: &VerifiedManifest,
    recipe: &Recipe,
    push: &PushId,
    depot: &dyn Dir,
    report: &Reporter,
) -> Result<JobError, JobError> {
    report.stage("finding the damage", manifest.content_size())?;
    let found = verify(depot, manifest, &VerifyOptions::default(), &mut |p| report.follow(p));
    let found = found.map_err(|_| JobError::Cancelled)?;
    let damaged: Vec<_> = found
        .findings
        .into_iter()
        .filter(|finding| finding.problem != Problem::WrongMode)
        .map(|finding| finding.path)
        .collect();
    let chunks: Vec<Hash> = damaged
        .iter()
        .filter_map(|path| manifest.files.binary_search_by(|f| f.path.cmp(path)).ok())
        .flat_map(|index| recipe.files[index].iter().map(|chunk| chunk.hash))
        .collect();
    if !chunks.is_empty() {
        shop.uploads.distrust(&manifest.game, push, &chunks)?;
    }
    Ok(damaged.into_iter().next().map_or(JobError::WrongArchive, |path| JobError::WrongFile { path }))
}
