//! Rot that the seed heals without anybody's help, soon after it was found.

use std::{collections::BTreeMap, sync::Arc};

use mist_proto::{Slug, Version, http::RottenBuild};
use tokio_util::sync::CancellationToken;

use super::{Failure, Reporter, heal};
use crate::{catalogue, seed::Seed};

/// What was tried in vain: the builds, and how many pieces of each were known to be rotten. Once more are found, or the same
/// ones after they were healed, it is tried again.
#[derive(Default)]
struct Tried(BTreeMap<(Slug, Version), u64>);

impl Tried {
    /// The next build to try, of those that are rotten now.
    fn next(&mut self, rotten: Vec<RottenBuild>) -> Option<(Slug, Version, u64)> {
        let rotten: BTreeMap<_, _> =
            rotten.into_iter().map(|build| ((build.game, build.version), build.pieces)).collect();
        self.0.retain(|build, _| rotten.contains_key(build));
        let (build, pieces) = rotten.into_iter().find(|(build, pieces)| self.0.get(build) != Some(pieces))?;
        self.0.insert(build.clone(), pieces);
        Some((build.0, build.1, pieces))
    }
}

/// Heals builds as their rot is found, one after another.
pub(crate) async fn mend_rot(seed: Arc<Seed>, stop: CancellationToken) {
    let mut tried = Tried::default();
    loop {
        tokio::select! {
            () = seed.blobs.rot().found() => {}
            () = stop.cancelled() => return,
        }
        tokio::select! {
            () = seed.store.ready() => {}
            () = stop.cancelled() => return,
        }
        while let Some((game, version, pieces)) = tried.next(seed.blobs.rot().report()) {
            let (healer, report) = (seed.clone(), Arc::new(Reporter::default()));
            let (of, watched) = ((game.clone(), version.clone()), report.clone());
            let mut work = tokio::task::spawn_blocking(move || mend(&healer, &of.0, &of.1, &watched));
            let result = tokio::select! {
                result = &mut work => result,
                () = stop.cancelled() => {
                    report.cancel();
                    work.await
                }
            };
            if !matches!(result, Ok(Ok(true) | Err(Failure::Cancelled))) {
                seed.blobs.rot().give_up(&game, &version, pieces);
            }
            match result {
                Ok(Ok(true)) => tracing::info!(%game, %version, "rot was healed"),
                Ok(Ok(false)) => {
                    tracing::warn!(%game, %version, "rot can't be healed from here: it takes friends or other seeds who have the build, or a push of the same folder");
                }
                Ok(Err(Failure::Cancelled)) => return,
                Ok(Err(error)) => tracing::warn!(%game, %version, %error, "can't heal rot"),
                Err(error) => tracing::error!(%game, %version, %error, "healing rot failed"),
            }
        }
    }
}

/// Heals a build, if its compressed archive or its patches can help. Whether it is sound now.
fn mend(seed: &Seed, game: &Slug, version: &Version, report: &Reporter) -> Result<bool, Failure> {
    let Some(build) = seed.catalogue.build(game, version) else { return Ok(true) };
    let is_in_archive = || seed.blobs.rot().is_in(game, version, &build.archive.hash);
    let is_whole = seed.catalogue.is_whole(game, version);
    // Reading all of it again is of no use where nothing could be put in the place of what is rotten.
    if is_whole && is_in_archive() && seed.cache.size_of(&build.archive.hash).is_none() {
        return Ok(false);
    }
    let manifest = catalogue::read_manifest(&*seed.store.dir()?, game, version)?;
    if manifest.id() != build.manifest_id {
        return Ok(false);
    }
    if is_whole {
        return heal::by_itself(seed, &manifest, report);
    }
    // A compressed archive that goes is made anew out of patches as soon as somebody asks for it.
    heal::beside_files(seed, &manifest, report)?;
    Ok(!is_in_archive())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_tried_in_vain_is_tried_again_once_there_is_more() {
        let (game, version): (Slug, Version) = ("drift".parse().unwrap(), "1".parse().unwrap());
        let rotten = |pieces| {
            vec![RottenBuild { game: game.clone(), version: version.clone(), pieces, helpless: false }]
        };
        let mut tried = Tried::default();
        let some = |pieces| Some((game.clone(), version.clone(), pieces));
        assert_eq!(tried.next(rotten(3)), some(3));
        assert_eq!(tried.next(rotten(3)), None);
        assert_eq!(tried.next(rotten(4)), some(4));
        assert_eq!(tried.next(vec![]), None);
        assert_eq!(tried.next(rotten(4)), some(4), "it was healed, and has rotted again");
    }
}
