//! The builds of a game, as the server tells them.

use anyhow::Result;
use mist_proto::{
    Slug,
    http::{Build, BuildList},
};

use crate::{api::Api, failure::name_missing};

/// The builds of a game, oldest first.
pub(crate) async fn fetch(api: &Api, game: &Slug) -> Result<Vec<Build>> {
    let list: Result<BuildList> = api.get(&format!("games/{game}/builds")).await;
    Ok(list.map_err(|e| name_missing(e, format_args!("game {game}: see `mistpipe ls`")))?.builds)
}
