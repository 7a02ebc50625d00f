//! Builds as callers may see them, and their signed envelopes.

use std::collections::HashMap;

use mist_proto::{
    Hash, Slug, Version,
    claims::Scope,
    http::{Build, BuildList, BuildState, Catalogue, CatalogueEntry, PageQuery, PatchInfo},
};

use super::{Builds, revision};
use crate::{
    auth::caller::Caller,
    catalog::visibility,
    db::{self, Tx, builds::BuildRow, games::GameRow},
    error::Problem,
    http::page::Page,
};

/// Whether this caller may know of a build in this state: friends only of ready ones.
fn may_know(caller: &Caller, state: BuildState) -> bool {
    caller.scope != Scope::User || state == BuildState::Ready
}

/// Builds of a game, oldest first.
///
/// # Errors
/// 404; 400 `bad_cursor`, `bad_limit`.
pub async fn list(
    server: &Builds,
    caller: &Caller,
    slug: &Slug,
    query: &PageQuery,
) -> Result<BuildList, Problem> {
    let page = Page::asked(query)?;
    let mut tx = server.records.read().await?;
    let game = visibility::visible(&mut tx, caller, slug).await?;
    let only_ready = !may_know(caller, BuildState::Processing);
    let builds = db::builds::page(&mut tx, &game.id, only_ready, page.after, page.to_read()).await?;
    let (builds, next) = page.cut(builds, |b| b.sequence);
    let (Some(first), Some(last)) = (builds.first(), builds.last()) else {
        return Ok(BuildList { builds: vec![], next });
    };
    let sequences = first.sequence..=last.sequence;
    let mut patches = by_target(db::patches::within(&mut tx, &game.id, sequences).await?);
    Ok(BuildList { builds: shown(caller, &game, builds, &mut patches), next })
}

/// The catalogue with all builds, or what of it is other than at the revision `since`.
///
/// # Errors
/// Only our own.
pub async fn catalogue(server: &Builds, caller: &Caller, since: Option<&str>) -> Result<Catalogue, Problem> {
    let mut tx = server.records.read().await?;
    let games = visibility::all_visible(&mut tx, caller).await?;
    let mut patches = by_target(db::patches::all(&mut tx).await?);
    let mut builds: HashMap<String, Vec<BuildRow>> = HashMap::new();
    for build in db::builds::all(&mut tx).await? {
        builds.entry(build.game_id.clone()).or_default().push(build);
    }
    drop(tx);
    let entry = |game: GameRow| {
        let builds = shown(caller, &game, builds.remove(&game.id).unwrap_or_default(), &mut patches);
        CatalogueEntry { game: game.public, builds }
    };
    Ok(revision::changes(games.into_iter().map(entry).collect(), since, server.records.now()))
}

/// One build, as the caller may see it.
///
/// # Errors
/// Only our own.
pub(super) async fn shown_one(
    tx: &mut Tx,
    caller: &Caller,
    game: &GameRow,
    build: BuildRow,
) -> Result<Build, Problem> {
    let mut patches = by_target(db::patches::of_game(tx, &game.id).await?);
    Ok(public(caller, game, build, &mut patches))
}

type Patches = HashMap<String, Vec<PatchInfo>>;

/// Patches by the id of the build that they end at.
fn by_target(all: Vec<(String, PatchInfo)>) -> Patches {
    let mut patches = Patches::new();
    for (to, patch) in all {
        patches.entry(to).or_default().push(patch);
    }
    patches
}

/// The builds of a game that the caller may know of.
fn shown(caller: &Caller, game: &GameRow, builds: Vec<BuildRow>, patches: &mut Patches) -> Vec<Build> {
    let known = builds.into_iter().filter(|b| may_know(caller, b.state));
    known.map(|b| public(caller, game, b, patches)).collect()
}

fn public(caller: &Caller, game: &GameRow, b: BuildRow, patches: &mut Patches) -> Build {
    let next = game.next_live.as_ref().filter(|(build, _)| *build == b.id);
    Build {
        live_at: next.map(|(_, at)| *at),
        notes: b.notes,
        pinned: b.pinned,
        pushed_by: b.pushed_by.filter(|_| caller.scope == Scope::Admin),
        forecast: b.forecast.filter(|_| caller.scope == Scope::Admin),
        live: game.live_build.as_ref() == Some(&b.id),
        patches: patches.remove(&b.id).unwrap_or_default(),
        version: b.version,
        sequence: b.sequence,
        state: b.state,
        manifest_id: b.manifest_id,
        manifest: b.manifest,
        archive: b.archive,
        content_size: b.content_size,
        files: b.files,
        created: b.created,
        archive_stored: b.archive_stored,
        kept: b.kept,
    }
}

/// A build's signed envelope and its hash.
///
/// # Errors
/// 404.
pub async fn envelope_of(
    server: &Builds,
    caller: &Caller,
    slug: &Slug,
    version: &Version,
) -> Result<(Hash, Vec<u8>), Problem> {
    let mut tx = server.records.read().await?;
    let game = visibility::visible(&mut tx, caller, slug).await?;
    let build = db::builds::by_version(&mut tx, &game.id, version).await?;
    let build = build.filter(|b| may_know(caller, b.state)).ok_or(Problem::NotFound)?;
    let bytes = db::builds::envelope(&mut tx, &build.id).await?.ok_or(Problem::NotFound)?;
    Ok((build.manifest.hash, bytes))
}

/// The signed envelope of that hash.
///
/// # Errors
/// 404, also if no game that has it may be seen by the caller.
pub async fn envelope_by_hash(server: &Builds, caller: &Caller, hash: &Hash) -> Result<Vec<u8>, Problem> {
    let mut tx = server.records.read().await?;
    for (slug, id) in db::builds::by_envelope(&mut tx, hash).await? {
        match visibility::visible(&mut tx, caller, &slug).await {
            Err(Problem::NotFound) => continue,
            Err(other) => return Err(other),
            Ok(_) => {}
        }
        let build = db::builds::by_id(&mut tx, &id).await?;
        if build.is_some_and(|b| may_know(caller, b.state))
            && let Some(bytes) = db::builds::envelope(&mut tx, &id).await?
        {
            return Ok(bytes);
        }
    }
    Err(Problem::NotFound)
}
