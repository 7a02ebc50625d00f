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

/// A build with nothing in it.
#[cfg(test)]
pub(crate) fn empty(version: &str, sequence: u64, state: mist_proto::http::BuildState) -> Build {
    use mist_proto::{BlobId, Hash, ManifestId, UnixMillis, http::Keeping};
    Build {
        version: version.parse().expect("a version"),
        sequence,
        state,
        live: false,
        manifest_id: ManifestId(Hash::of(version.as_bytes())),
        manifest: BlobId::of(b""),
        archive: BlobId::of(b""),
        content_size: 0,
        files: 0,
        created: UnixMillis(0),
        patches: vec![],
        archive_stored: None,
        kept: Keeping::Whole,
        notes: String::new(),
        pinned: false,
        live_at: None,
        pushed_by: None,
        forecast: None,
    }
}
