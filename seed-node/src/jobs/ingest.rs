//! From an upload to a build: assemble the depot, verify it, make its outboard, and put both in place. A build that is there
//! already is healed.

use std::{io, sync::Arc};

use mist_peer::{Outboard, outboard};
use mist_proto::{Hash, RelPath, Slug, UnverifiedManifest, VerifiedManifest, Version, http::IngestJob};
use mist_tree::{
    archive::{ArchiveReader, Layout},
    fs::{Dir, ROOT, SubDir, write_atomically},
    recipe::Recipe,
    verify::{Problem, VerifyOptions, verify},
};
use tokio::runtime::Handle;

use super::{
    Execute, Failure, Made, Reporter,
    assemble::{Assembly, WrongFile},
    delete::{self, move_away},
    heal,
    scratch::Scratch,
};
use crate::{
    catalogue::BuildRecord,
    seed::Seed,
    store::{PushId, layout, recipes},
    uploads::UploadError,
};

/// The job names a manifest of another game or version.
#[derive(Debug, thiserror::Error)]
#[error("the manifest is of {game} {version}, the job of another build")]
struct OtherBuild {
    /// Game of the manifest.
    game: Slug,
    /// Version of the manifest.
    version: Version,
}

impl Execute for IngestJob {
    fn execute(self, seed: &Seed, report: &Reporter) -> Result<Made, Failure> {
        let manifest = Handle::current().block_on(trusted_manifest(seed, &self))?;
        let push = self.push.parse().map_err(|_| UploadError::NoRecipe)?;
        ingest(seed, manifest, &push, report)
    }
}

/// The manifest of a push, signed by the release key as it is now, or by a publisher whom that names. That of a build which is here was held to the key of its time.
async fn trusted_manifest(seed: &Seed, job: &IngestJob) -> Result<VerifiedManifest, Failure> {
    let shown = seed.tracker.trust().await?;
    seed.keys.meet(&shown)?;
    let key = seed
        .keys
        .release()
        .ok_or_else(|| Failure::lasting("the tracker has no release key yet, so no build can be trusted"))?;
    let unverified = UnverifiedManifest::parse(seed.tracker.envelope(&job.manifest).await?)?;
    let here = seed.catalogue.build(&job.game, &job.version);
    let is_here = here.is_some_and(|build| build.envelope == job.manifest);
    let claimed = unverified.claimed_key();
    let key = if is_here || seed.keys.lets_publish(&claimed) { claimed } else { key };
    let verified = unverified.verify(&key)?;
    if verified.game == job.game && verified.version == job.version {
        Ok(verified)
    } else {
        let (game, version) = (verified.game.clone(), verified.version.clone());
        Err(Failure::lasting(OtherBuild { game, version }))
    }
}

/// Makes the build that `manifest` describes out of the chunks of `push` and of the game's other builds.
pub(super) fn ingest(
    seed: &Seed,
    manifest: VerifiedManifest,
    push: &PushId,
    report: &Reporter,
) -> Result<Made, Failure> {
    let (game, version) = (manifest.game.clone(), manifest.version.clone());
    let record = BuildRecord::of(&manifest);
    let mut is_known = false;
    match seed.catalogue.build(&game, &version) {
        Some(there) if there == record => match seed.uploads.recipe(&game, push) {
            Err(UploadError::NoRecipe) => return Ok(Made::kept(seed.catalogue.keeping(&game).kept())),
            recipe if seed.catalogue.is_whole(&game, &version) => {
                return heal::by_push(seed, &manifest, recipe?, push, report);
            }
            // Its files are gone: they are assembled as the first time.
            _ => is_known = true,
        },
        // The tracker has given the version to another push; what was there can't be served under its name any more.
        Some(_) => delete::delete_build(seed, &game, &version, report).map(drop)?,
        None => {}
    }
    report.stage("planning", 0)?;
    let dir = seed.store.dir()?;
    let recipe = seed.uploads.recipe(&game, push)?;
    recipe.check(&manifest)?;
    let shape = Arc::new(Layout::new(&manifest)?);

    let scratch = Scratch::new(dir.clone(), "ingest");
    let depot_path = layout::inside(&scratch.path, "depot");
    let assembly = Assembly::plan(seed, &dir, &manifest, &recipe, push, depot_path.clone(), report)?;
    assembly.need_room(seed.limits.keep_free)?;
    report.stage("assembling", manifest.content_size())?;
    assembly.run(seed.limits.threads, report)?;

    let depot: Arc<dyn Dir> = Arc::new(SubDir::new(dir.clone(), &depot_path));
    report.stage("verifying", shape.size())?;
    let archive = ArchiveReader::new(shape.clone(), depot.clone());
    let outboard = outboard::compute(shape.size(), &|at, buf| {
        archive.read_exact(buf, at)?;
        report.add_io(buf.len() as u64)
    });
    let outboard = outboard.map_err(|e| report.check().err().unwrap_or(e.into()))?;
    if outboard.blob() != manifest.archive {
        return Err(blame(seed, &manifest, &recipe, push, &*depot, report)?);
    }

    finish(seed, &dir, &manifest, &scratch.path, (&outboard, &recipe), report)?;
    if is_known {
        heal::beside_files(seed, &manifest, report)?;
    }
    seed.uploads.remove(&game, push)?;
    Ok(Made::kept(seed.catalogue.keeping(&game).kept()))
}

/// Writes what is known of a build beside its depot, which lies in `scratch` and is what the manifest says, and puts both in place.
pub(super) fn finish(
    seed: &Seed,
    dir: &Arc<dyn Dir>,
    manifest: &VerifiedManifest,
    scratch: &RelPath,
    (outboard, recipe): (&Outboard, &Recipe),
    report: &Reporter,
) -> Result<(), Failure> {
    let (game, version) = (&manifest.game, &manifest.version);
    report.stage("finishing", 0)?;
    let (depot_path, build_path) = (layout::inside(scratch, "depot"), layout::inside(scratch, "build"));
    write_atomically(&**dir, &layout::inside(&build_path, "manifest"), manifest.envelope())?;
    write_atomically(&**dir, &layout::inside(&build_path, "outboard"), &outboard.to_bytes()?)?;
    recipes::write(&**dir, &build_path, &recipe.encode()?)?;
    report.check()?;
    put_in_place(&**dir, game, version, scratch, (&depot_path, &build_path))?;
    seed.catalogue.add_build(game, version, BuildRecord::of(manifest));
    seed.blobs.changed(game, &manifest.archive.hash);
    Ok(())
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
    seed: &Seed,
    manifest: &VerifiedManifest,
    recipe: &Recipe,
    push: &PushId,
    depot: &dyn Dir,
    report: &Reporter,
) -> Result<Failure, Failure> {
    report.stage("finding the damage", manifest.content_size())?;
    // A depot has no links: they are in the manifest and the archive alone.
    let options = VerifyOptions { links: false, ..VerifyOptions::default() };
    let found = verify(depot, manifest, &options, &mut |p| report.follow(p));
    let found = found.map_err(|_| Failure::Cancelled)?;
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
        seed.uploads.distrust(&manifest.game, push, &chunks)?;
    }
    Ok(match damaged.into_iter().next() {
        Some(path) => WrongFile { path }.into(),
        None => Failure::lasting(
            "the files do not make the archive that the manifest says: push again with a current mistpipe",
        ),
    })
}
