//! Builds and games that go. What the outside sees of them goes first, so that a crash leaves only what nobody
//! refers to, and doing the job again removes that too.

use mist_proto::{RelPath, Slug, Version};
use mist_tree::fs::{Dir, remove_tree};

use super::{JobError, Made, Reporter, Scratch, Workshop, replay::make_whole};
use crate::store::layout;

/// Deletes a build with its depot, its compressed archive, and every patch from or to it. Builds that only these patches
/// lead to get their depots back first.
pub(super) fn delete_build(
    shop: &Workshop,
    game: &Slug,
    version: &Version,
    report: &Reporter,
) -> Result<Made, JobError> {
    let dir = shop.store.dir()?;
    for stranded in shop.catalogue.keeping(game).to_make_whole(version) {
        make_whole(shop, &dir, game, &stranded, report)?;
    }
    remove_build(shop, game, version)?;
    Ok(Made { kept: shop.catalogue.keeping(game).kept(), ..Made::default() })
}

fn remove_build(shop: &Workshop, game: &Slug, version: &Version) -> Result<(), JobError> {
    let dir = shop.store.dir()?;
    let record = shop.catalogue.build(game, version);
    let patches = shop.catalogue.patches_of(game, version).into_iter();
    let mut made: Vec<RelPath> = patches.map(|(from, to)| layout::patch(game, &from, &to)).collect();
    let jumps = shop.catalogue.jumps().into_iter().filter(|(of, _, to, _)| of == game && to == version);
    made.extend(jumps.map(|(_, signature, to, _)| layout::jump(game, &signature, &to)));
    shop.catalogue.remove_build(game, version);
    shop.blobs.close_all();
    let trash = Scratch::new(dir.clone(), "delete");
    move_away(&*dir, &layout::build(game, version), &layout::inside(&trash.path, "build"))?;
    for (n, patch) in made.iter().enumerate() {
        move_away(&*dir, patch, &layout::inside(&trash.path, &format!("patch-{n}")))?;
    }
    move_away(&*dir, &layout::depot(game, version), &layout::inside(&trash.path, "depot"))?;
    if let Some(record) = record
        && !shop.catalogue.has_archive(&record.archive.hash)
    {
        shop.cache.remove(&*dir, &record.archive.hash)?;
    }
    Ok(remove_tree(&*dir, &trash.path)?)
}

/// Deletes a game with all its builds and running pushes.
pub(super) fn delete_game(shop: &Workshop, game: &Slug) -> Result<Made, JobError> {
    for version in shop.catalogue.versions(game) {
        remove_build(shop, game, &version)?;
    }
    let dir = shop.store.dir()?;
    shop.catalogue.remove_game(game);
    shop.uploads.remove_game(game)?;
    let trash = Scratch::new(dir.clone(), "delete");
    move_away(&*dir, &layout::game(game), &layout::inside(&trash.path, "game"))?;
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
