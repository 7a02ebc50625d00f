//! Builds and games that go. What the outside sees of them goes first, so that a crash leaves only what nobody
//! refers to, and doing the job again removes that too.

use mist_proto::{RelPath, Slug, Version, http::DeleteJob};
use mist_tree::fs::{Dir, remove_tree};

use super::{Execute, Failure, Made, Reporter, replay::make_whole, scratch::Scratch};
use crate::{seed::Seed, store::layout};

impl Execute for DeleteJob {
    fn execute(self, seed: &Seed, report: &Reporter) -> Result<Made, Failure> {
        match &self.version {
            Some(version) => delete_build(seed, &self.game, version, report),
            None => delete_game(seed, &self.game),
        }
    }
}

/// Deletes a build with its depot, its compressed archive, and every patch from or to it. Builds that only these patches
/// lead to get their depots back first.
pub(super) fn delete_build(
    seed: &Seed,
    game: &Slug,
    version: &Version,
    report: &Reporter,
) -> Result<Made, Failure> {
    let dir = seed.store.dir()?;
    for stranded in seed.catalogue.keeping(game).to_make_whole(version) {
        make_whole(seed, &dir, game, &stranded, report)?;
    }
    remove_build(seed, game, version)?;
    Ok(Made::kept(seed.catalogue.keeping(game).kept()))
}

fn remove_build(seed: &Seed, game: &Slug, version: &Version) -> Result<(), Failure> {
    let dir = seed.store.dir()?;
    let record = seed.catalogue.build(game, version);
    let patches = seed.catalogue.patches_of(game, version).into_iter();
    let mut made: Vec<RelPath> = patches.map(|(from, to)| layout::patch(game, &from, &to)).collect();
    let jumps = seed.catalogue.jumps().into_iter().filter(|(of, _, to, _)| of == game && to == version);
    made.extend(jumps.map(|(_, folder_signature, to, _)| layout::jump(game, &folder_signature, &to)));
    seed.catalogue.remove_build(game, version);
    seed.blobs.close_all();
    let trash = Scratch::new(dir.clone(), "delete");
    move_away(&*dir, &layout::build(game, version), &layout::inside(&trash.path, "build"))?;
    for (n, patch) in made.iter().enumerate() {
        move_away(&*dir, patch, &layout::inside(&trash.path, &format!("patch-{n}")))?;
    }
    move_away(&*dir, &layout::depot(game, version), &layout::inside(&trash.path, "depot"))?;
    if let Some(record) = record
        && !seed.catalogue.has_archive(&record.archive.hash)
    {
        seed.cache.remove(&*dir, &record.archive.hash)?;
    }
    Ok(remove_tree(&*dir, &trash.path)?)
}

/// Deletes a game with all its builds and running pushes.
fn delete_game(seed: &Seed, game: &Slug) -> Result<Made, Failure> {
    for version in seed.catalogue.versions(game) {
        remove_build(seed, game, &version)?;
    }
    let dir = seed.store.dir()?;
    seed.catalogue.remove_game(game);
    seed.uploads.remove_game(game)?;
    let trash = Scratch::new(dir.clone(), "delete");
    move_away(&*dir, &layout::game(game), &layout::inside(&trash.path, "game"))?;
    move_away(&*dir, &layout::gathers_of(game), &layout::inside(&trash.path, "gathers"))?;
    remove_tree(&*dir, &trash.path)?;
    Ok(Made::default())
}

/// Renames, which is atomic where removing a folder is not. What is missing already is no error.
pub(super) fn move_away(dir: &dyn Dir, from: &RelPath, to: &RelPath) -> std::io::Result<()> {
    match dir.rename(from, to) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    }
    match from.parent() {
        Some(folder) => dir.sync_dir(&folder),
        None => Ok(()),
    }
}
