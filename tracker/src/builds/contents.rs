//! What is in a build, and what changed between two: read from the signed manifests, which may be large.

use mist_proto::{
    Manifest, Slug, UnverifiedManifest, Version,
    http::{
        Besides, BuildFile, BuildFiles, ChangeKind, Changes, ChangesQuery, FilesQuery, PageQuery, PatchStory,
    },
    key::ReleaseKey,
    manifest::ManifestError,
};

use super::{
    Builds,
    changes::{self, Place},
    list,
};
use crate::{auth::caller::Caller, catalog::visibility, db, error::Problem, http::page::Page};

/// Bytes of a search that count.
const MAX_SEARCH: usize = 200;

/// Files of a build, by path.
///
/// # Errors
/// 404; 400 `bad_cursor`, `bad_limit`.
pub async fn files(
    server: &Builds,
    caller: &Caller,
    slug: &Slug,
    version: &Version,
    query: FilesQuery,
) -> Result<BuildFiles, Problem> {
    let page = Page::<String>::asked(&PageQuery { after: query.after, limit: query.limit })?;
    let _turn = server.manifests.acquire().await.map_err(|e| Problem::Internal(e.into()))?;
    let (_, envelope) = list::envelope_of(server, caller, slug, version).await?;
    let mut search = query.search.unwrap_or_default();
    search.truncate(search.floor_char_boundary(MAX_SEARCH));
    off_the_async_threads(move || {
        let (signed_by, manifest) = read(envelope)?;
        let wanted = search.to_lowercase();
        let fits = |path: &str| wanted.is_empty() || path.to_lowercase().contains(&wanted);
        let files: Vec<BuildFile> = manifest
            .files
            .into_iter()
            .filter(|file| fits(file.path.as_str()))
            .map(|f| BuildFile { path: f.path, size: f.size, hash: f.hash, executable: f.executable })
            .collect();
        let total = files.len() as u64;
        let (files, next) = page.cut_whole(files, |file| file.path.to_string());
        Ok(BuildFiles { files, next, total, signed_by })
    })
    .await
}

/// What changed from one build to another, and what each file costs in the direct patch between them.
///
/// # Errors
/// 404; 400 `bad_cursor`, `bad_limit`.
pub async fn changes(
    server: &Builds,
    caller: &Caller,
    slug: &Slug,
    version: &Version,
    query: ChangesQuery,
) -> Result<Changes, Problem> {
    let page = Page::<Place>::asked(&PageQuery { after: query.after, limit: query.limit })?;
    let _turn = server.manifests.acquire().await.map_err(|e| Problem::Internal(e.into()))?;
    let (_, old) = list::envelope_of(server, caller, slug, &query.from).await?;
    let (_, new) = list::envelope_of(server, caller, slug, version).await?;
    let mut tx = server.records.read().await?;
    let game = visibility::visible(&mut tx, caller, slug).await?;
    let patches = db::patches::of_game(&mut tx, &game.id).await?;
    let from = db::builds::by_version(&mut tx, &game.id, &query.from).await?.ok_or(Problem::NotFound)?;
    let to = db::builds::by_version(&mut tx, &game.id, version).await?.ok_or(Problem::NotFound)?;
    let patch = patches.iter().find(|(build, patch)| *build == to.id && patch.from == from.version);
    let patch = patch.map(|(_, patch)| patch.blob.size);
    let story = match patch {
        Some(_) => db::patches::story(&mut tx, &from.id, &to.id).await?,
        None => None,
    };
    drop(tx);
    off_the_async_threads(move || {
        let besides =
            story.as_ref().map(|s| Besides { names: s.names, files: s.other_files, packed: s.other_packed });
        let PatchStory { files: costs, .. } = story.unwrap_or_default();
        let difference = changes::between(&read(old)?.1, &read(new)?.1, costs);
        let of = |kind| difference.of(kind);
        let (added, changed) = (of(ChangeKind::Added), of(ChangeKind::Changed));
        let (moved, removed) = (of(ChangeKind::Moved), of(ChangeKind::Removed));
        let same = difference.same;
        let (changes, next) = page.cut_whole(difference.changes, changes::place);
        Ok(Changes { added, changed, moved, removed, same, patch, besides, changes, next })
    })
    .await
}

async fn off_the_async_threads<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ManifestError> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|e| Problem::Internal(e.into()))?;
    done.map_err(|e| Problem::Internal(anyhow::Error::new(e).context("a manifest that was accepted")))
}

/// The manifest of an envelope that was verified when it was pushed, and the key that signed it.
fn read(envelope: Vec<u8>) -> Result<(ReleaseKey, Manifest), ManifestError> {
    let unverified = UnverifiedManifest::parse(envelope)?;
    let key = unverified.claimed_key();
    Ok((key, unverified.verify(&key)?.into_manifest()))
}
