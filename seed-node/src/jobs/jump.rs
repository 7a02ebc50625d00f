//! The patch from one friend's folder to a build. It can't be tried out here, as the folder is elsewhere; the friend
//! compares what comes out with the signed manifest.

use std::{io, ops::ControlFlow, sync::Arc, time::Instant};

use mist_delta::{AtHand, DiffError, Signature};
use mist_proto::{BlobId, Hash, RelPath, Slug, Version, http::JumpJob, limits};
use mist_tree::fs::{Dir, SubDir};

use super::{
    Execute, Failure, Made, Reporter,
    delete::move_away,
    failure::CacheTooSmall,
    patch::{options, put_in_place, tree},
    replay::BuildFiles,
    scratch::{Scratch, Sequential},
};
use crate::{
    catalogue::{self, Catalogue, JumpRecord},
    seed::Seed,
    store::layout,
};

/// Makes the patch from the folder that has this folder signature, unless the store has it.
impl Execute for JumpJob {
    fn execute(self, seed: &Seed, report: &Reporter) -> Result<Made, Failure> {
        let Self { game, to, folder_signature } = self;
        if let Some(patch) = seed.catalogue.jump(&game, &folder_signature.hash, &to) {
            return Ok(Made::blob(patch));
        }
        let made = make(seed, &game, &to, &folder_signature.hash, report);
        if !made.as_ref().is_err_and(Failure::retry) {
            seed.uploads.remove_folder_signature(&game, &folder_signature.hash)?;
        }
        made.map(Made::blob)
    }
}

fn make(seed: &Seed, game: &Slug, to: &Version, hash: &Hash, report: &Reporter) -> Result<BlobId, Failure> {
    let bytes = seed
        .uploads
        .folder_signature(game, hash)?
        .ok_or_else(|| Failure::lasting("the folder's signature is not here; it has to be sent first"))?;
    let folder_signature = Signature::decode(&bytes)?;
    drop(bytes);
    let dir = seed.store.dir()?;
    let new = BuildFiles::open(seed, &dir, game, to, report)?;
    let mut at_hand = AtHand::of(folder_signature.listing());
    let files: Arc<dyn Dir> = new.dir.clone();
    at_hand.look_in(&new.manifest, &files);
    for version in seed.catalogue.whole_versions(game).iter().rev() {
        if at_hand.is_complete() {
            break;
        }
        let depot: Arc<dyn Dir> = Arc::new(SubDir::new(dir.clone(), &layout::depot(game, version)));
        at_hand.look_in(&*catalogue::read_manifest(&*dir, game, version)?, &depot);
    }
    let scratch = Scratch::new(dir.clone(), "jump");
    let folder = layout::inside(&scratch.path, "made");
    dir.create_dir_all(&folder)?;

    report.stage("comparing", 0)?;
    let limit = seed.limits.jump_cache;
    let free = dir.space()?.free.saturating_sub(seed.limits.keep_free);
    let path = layout::inside(&folder, "patch");
    let mut out = Sequential::create(&*dir, &path, limits::MAX_BLOB.min(free).min(limit))?;
    let plain = SubDir::new(dir.clone(), &layout::inside(&scratch.path, "plain"));
    let begun = Instant::now();
    let too_slow = || begun.elapsed() > seed.limits.jump_time;
    let mut watch = |p| if too_slow() { ControlFlow::Break(()) } else { report.follow(p) };
    let written = mist_delta::diff_from_signature(
        &folder_signature,
        &at_hand,
        tree(&new),
        &mut out,
        &plain,
        &options(seed),
        &mut watch,
    );
    match written {
        Ok(_) => {}
        Err(DiffError::Cancelled) if !report.is_cancelled() => {
            let limit = seed.limits.jump_time;
            return Err(Failure::lasting(format!("the patch was not made within {limit:?}")));
        }
        Err(DiffError::Write(e)) if e.kind() == io::ErrorKind::FileTooLarge && limit <= free => {
            return Err(CacheTooSmall { what: "patch", limit }.into());
        }
        Err(other) => return Err(other.into()),
    }
    let size = out.finish()?;
    report.info(format!("made: {}", mist_readable::bytes(size)));
    make_room(&*dir, seed, size)?;
    let place = layout::jump(game, hash, to);
    let patch = put_in_place(&*dir, &folder, &place, report)?;
    seed.catalogue.add_jump(game, hash, to, catalogue::read_jump(&*dir, &place)?);
    Ok(patch)
}

/// Removes the oldest jump patches until `size` more bytes fit.
fn make_room(dir: &dyn Dir, seed: &Seed, size: u64) -> io::Result<()> {
    let going = to_evict(seed.catalogue.jumps(), size, seed.limits.jump_cache);
    if going.is_empty() {
        return Ok(());
    }
    for (game, folder_signature, to) in &going {
        tracing::info!(%game, %to, "a jump patch makes room for another");
        remove(dir, &seed.catalogue, game, folder_signature, to)?;
    }
    seed.blobs.close_all();
    Ok(())
}

fn remove(
    dir: &dyn Dir,
    catalogue: &Catalogue,
    game: &Slug,
    folder_signature: &Hash,
    to: &Version,
) -> io::Result<()> {
    catalogue.remove_jump(game, folder_signature, to);
    let trash: RelPath = layout::inside(&layout::tmp(), &format!("jump-{folder_signature}"));
    move_away(dir, &layout::jump(game, folder_signature, to), &trash)?;
    mist_tree::fs::remove_tree(dir, &trash)
}

/// The jump patches that must go for `size` more bytes to fit.
fn to_evict(
    mut kept: Vec<(Slug, Hash, Version, JumpRecord)>,
    size: u64,
    limit: u64,
) -> Vec<(Slug, Hash, Version)> {
    kept.sort_by_key(|(.., record)| record.made_ns);
    let mut used = kept.iter().fold(size, |sum, (.., record)| sum.saturating_add(record.patch.size));
    let mut going = Vec::new();
    for (game, folder_signature, to, record) in kept {
        if used <= limit {
            break;
        }
        used -= record.patch.size;
        going.push((game, folder_signature, to));
    }
    going
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_first_and_no_more_than_needed() {
        let jump = |n: u8, size, made_ns| {
            let patch = BlobId { hash: Hash([n; 32]), size };
            ("g".parse().unwrap(), Hash([n; 32]), "1".parse().unwrap(), JumpRecord { patch, made_ns })
        };
        let kept = vec![jump(1, 10, 300), jump(2, 20, 100), jump(3, 30, 200)];
        let gone = |size, limit| -> Vec<u8> {
            to_evict(kept.clone(), size, limit)
                .iter()
                .map(|(_, folder_signature, _)| folder_signature.0[0])
                .collect()
        };
        assert!(gone(0, 60).is_empty());
        assert_eq!(gone(1, 60), [2]);
        assert_eq!(gone(21, 60), [2, 3]);
        assert_eq!(gone(60, 60), [2, 3, 1]);
    }
}
