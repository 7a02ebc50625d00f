//! What is in a build, and what changed between two: read from the signed manifests, which may be large.

use mist_proto::{
    Manifest, RelPath, Slug, UnverifiedManifest, Version,
    claims::Allow,
    http::{
        Besides, BuildFile, BuildFiles, ChangeKind, Changes, ChangesQuery, FilePlace, FilesQuery, Keeping,
        PageQuery, PatchStory,
    },
    key::ReleaseKey,
    manifest::ManifestError,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    Builds,
    changes::{self, Place},
    lifecycle, list,
};
use crate::{
    auth::{caller::Caller, capability},
    catalog::visibility,
    db::{self, builds::BuildRow, games::GameRow},
    error::Problem,
    http::page::Page,
    shared::wake,
};

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

/// Where one file of a build can be had by itself: at a seed that has the build's files, or its archive.
///
/// # Errors
/// 404; 503 `preparing` while the archive is made out of patches, `no_copy` if no seed that has the build answers.
pub async fn file(
    server: &Builds,
    caller: &Caller,
    slug: &Slug,
    version: &Version,
    path: &RelPath,
) -> Result<FilePlace, Problem> {
    let (size, hash) = {
        let _turn = server.manifests.acquire().await.map_err(|e| Problem::Internal(e.into()))?;
        let (_, envelope) = list::envelope_of(server, caller, slug, version).await?;
        let path = path.clone();
        let found = off_the_async_threads(move || {
            let file = read(envelope)?.1.files.into_iter().find(|file| file.path == path);
            Ok(file.map(|file| (file.size, file.hash)))
        });
        found.await?.ok_or(Problem::NotFound)?
    };
    let now = server.records.now();
    let words = server.stores.words().await?;
    let mut tx = server.records.read().await?;
    let game = visibility::visible(&mut tx, caller, slug).await?;
    let build = db::builds::by_version(&mut tx, &game.id, version).await?.ok_or(Problem::NotFound)?;
    let copies = db::copies::of_build(&mut tx, &build.id).await?;
    let well: Vec<_> = copies.into_iter().filter(|copy| words.is_usable(&copy.seed_id, now)).collect();
    let at_hand = well.iter().find(|c| c.kept == Keeping::Whole || c.archive_stored.is_some());
    let Some(copy) = at_hand else {
        drop(tx);
        return Err(if well.is_empty() { no_copy() } else { prepare(server, &game, &build).await? });
    };
    let router = capability::router_of(&mut tx, &copy.seed_id).await?;
    let allow = Allow::Blob { game: slug.clone(), hash: build.archive.hash };
    let cap = capability::sign(&server.signing, now, &caller.id, allow);
    let asked = utf8_percent_encode(path.as_str(), NON_ALPHANUMERIC);
    let url = format!("{router}/blobs/{slug}/{}/file?path={asked}&cap={cap}", build.archive.hash);
    Ok(FilePlace { url, size, hash })
}

fn no_copy() -> Problem {
    let message = "no seed that has this build answers just now; try again in some minutes".into();
    Problem::Unavailable { code: "no_copy", message }
}

/// Has the archive made of a build whose files were dropped, and says so.
async fn prepare(server: &Builds, game: &GameRow, build: &BuildRow) -> Result<Problem, Problem> {
    let mut tx = server.records.write().await?;
    let is_made = lifecycle::want_archive(&mut tx, server.records.mint(), game, build).await?;
    tx.commit().await?;
    wake::wake(&*server.wake).await;
    let message =
        "the files of this old build are put together out of patches just now; ask again in a minute";
    Ok(if is_made { Problem::Unavailable { code: "preparing", message: message.into() } } else { no_copy() })
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
