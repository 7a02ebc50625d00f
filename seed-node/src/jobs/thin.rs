//! Depots that are not needed any more: each goes once its build was rebuilt without it.

use std::collections::BTreeSet;

use mist_proto::{Slug, Version, http::ThinJob};

use super::{
    Execute, Failure, Made, Reporter,
    replay::{BuildFiles, ReplayError, drop_depot, make_whole},
};
use crate::{keeping::Retention, seed::Seed};

impl Execute for ThinJob {
    fn execute(self, seed: &Seed, report: &Reporter) -> Result<Made, Failure> {
        thin(seed, &self.game, self.live.as_ref(), report)
    }
}

/// Drops the depots of a game that may go, and gives the live build its own. Builds that can't be rebuilt keep theirs.
pub(super) fn thin(
    seed: &Seed,
    game: &Slug,
    live: Option<&Version>,
    report: &Reporter,
) -> Result<Made, Failure> {
    let dir = seed.store.dir()?;
    if let Some(live) = live {
        // An old build that was made live again: most friends will want it.
        make_whole(seed, &dir, game, live, report)?;
    }
    let retention = Retention { newest: seed.limits.whole_builds, live: live.cloned() };
    let mut spared = BTreeSet::new();
    // A running push counts on the chunks of every depot that there is. The next build brings the next chance.
    while seed.uploads.is_idle(game)? {
        let next = seed.catalogue.keeping(game).next_to_drop(&retention, &spared);
        let Some((version, way)) = next else { break };
        match BuildFiles::along(seed, &dir, game, &way, report) {
            Ok(rebuilt) => {
                report.info(format!("the plain files of {game} {version} are dropped: patches lead to it"));
                drop_depot(seed, &dir, game, &rebuilt.manifest)?;
            }
            Err(ReplayError::Damaged(error)) => {
                report.error(format!("{game} {version} keeps its plain files: {error}"));
                spared.insert(version);
            }
            Err(ReplayError::Other(failure)) => return Err(failure),
        }
    }
    Ok(Made::kept(seed.catalogue.keeping(game).kept()))
}
