//! The builds of a game, as the server tells them.

use anyhow::Result;
use mist_proto::{
    Slug,
    http::{Build, route},
};

use crate::{api::Api, failure::name_missing};

/// The builds of a game, oldest first.
pub(crate) async fn fetch(api: &Api, game: &Slug) -> Result<Vec<Build>> {
    let builds = api.list(route::ListBuilds, game).await;
    builds.map_err(|e| name_missing(e, format_args!("game {game}: see `mistpipe ls`")))
}
