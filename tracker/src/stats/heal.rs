//! Rot that a seed can't heal by what is in its store: others who have the build give it back, without anybody asking for it.

use mist_proto::http::RottenBuild;

use super::Overview;
use crate::{
    builds::rebuild,
    db::{self, Tx},
    error::Problem,
};

/// Has the seed fetch back what it says that it can't heal, unless that was tried just before. Whether there is a new job.
///
/// # Errors
/// Only our own.
pub(super) async fn begin(
    overview: &Overview,
    tx: &mut Tx,
    seed: &str,
    rotten: &[RottenBuild],
) -> Result<bool, Problem> {
    let mint = overview.records.mint();
    let mut is_begun = false;
    for rot in rotten.iter().filter(|rot| rot.helpless) {
        let Some(game) = db::games::by_slug(tx, &rot.game).await? else { continue };
        let Some(build) = db::builds::by_version(tx, &game.id, &rot.version).await? else { continue };
        is_begun |= rebuild::begin_by_itself(tx, mint, &game, &build, seed).await?;
    }
    Ok(is_begun)
}
