//! Depots that are not needed any more: each goes once its build was rebuilt without it.

use std::collections::BTreeSet;

use mist_proto::{Slug, Version};

use super::{
    JobError, Made, Reporter, Workshop,
    replay::{BuildFiles, drop_depot, make_whole},
};
use crate::keeping::Retention;

/// Drops the depots of a game that may go, and gives the live build its own. Builds that can't be rebuilt keep theirs.
pub(super) fn thin(
    shop: &Workshop,
    game: &Slug,
    live: Option<&Version>,
    report: &Reporter,
) -> Result<Made, JobError> {
    let dir = shop.store.dir()?;
    if let Some(live) = live {
        // An old build that was made live again: most friends will want it.
        make_whole(shop, &dir, game, live, report)?;
    }
    let retention = Retention { newest: shop.limits.whole_builds, live: live.cloned() };
    let mut spared = BTreeSet::new();
    // A running push counts on the chunks of every depot that there is. The next build brings the next chance.
    while shop.uploads.is_idle(game)? {
        let next = shop.catalogue.keeping(game).next_to_drop(&retention, &spared);
        let Some((version, way)) = next else { break };
        match BuildFiles::along(shop, &dir, game, &way, report) {
            Ok(rebuilt) => {
                tracing::info!(%game, %version, "dropping a depot: patches lead to it");
                drop_depot(shop, &dir, game, &rebuilt.manifest)?;
            }
            Err(error @ JobError::Rebuild { .. }) => {
                tracing::error!(%game, %version, %error, "a build keeps its depot");
                spared.insert(version);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Made { kept: shop.catalogue.keeping(game).kept(), ..Made::default() })
}
