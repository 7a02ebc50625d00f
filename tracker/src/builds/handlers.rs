//! Routes about builds and pushes.

use axum::{
    Json,
    extract::{FromRef, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    },
    response::IntoResponse,
};
use mist_proto::{
    Hash, Slug, Version,
    http::{
        Build, BuildFiles, BuildList, Catalogue, CatalogueQuery, Changes, ChangesQuery, DefaultPolicy,
        EditBuild, FilePlace, FileQuery, FilesQuery, GamePolicy, Insurance, JobsBegun, PageQuery,
        PolicyPreview, PruneRequest, Pruned, Push, PushQuery, SetGamePolicy, SetLive, route,
        too_old_for_second_version,
    },
    manifest::is_second_version,
};

use super::{Builds, contents, insurance, lifecycle, list, policy, push, rebuild, removal};
use crate::{
    auth::caller::Caller,
    error::{Answer, Problem},
    http::{
        json::{Body, InPath, InQuery, RawBody},
        level::level_said,
        routes::{Prepared, Routes},
    },
};

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Builds: FromRef<S>,
{
    Routes::default()
        .on(route::GetCatalogue, catalogue)
        .on(route::ListBuilds, builds)
        .on(route::ListFiles, files)
        .on(route::FindFile, file)
        .on(route::ListChanges, changes)
        .on(route::ChangeBuild, change)
        .on(route::RemoveBuild, remove)
        .on(route::GetBuildManifest, manifest_of)
        .on(route::GetManifest, manifest)
        .on(route::MakeLive, set_live)
        .on(route::CancelNextLive, cancel_next)
        .on(route::PruneBuilds, prune)
        .on(route::GetPolicy, default_policy)
        .on(route::ChangePolicy, set_default_policy)
        .on(route::PreviewPolicy, preview_policy)
        .on(route::GetGamePolicy, game_policy)
        .on(route::ChangeGamePolicy, set_game_policy)
        .on(route::GetInsurance, insured)
        .on(route::SampleGame, sample)
        .on(route::RebuildGame, bring_back)
        .on(route::BeginPush, begin)
        .on(route::GetPush, get)
        .on(route::FinishPush, finish)
}

/// All games that the caller may see with their builds, or what changed of them.
async fn catalogue(
    State(server): State<Builds>,
    caller: Caller,
    InQuery(query): InQuery<CatalogueQuery>,
) -> Answer<Json<Catalogue>> {
    list::catalogue(&server, &caller, query.since.as_deref()).await.map(Json)
}

/// Builds of a game.
async fn builds(
    State(server): State<Builds>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Json<BuildList>> {
    list::list(&server, &caller, &slug, &query).await.map(Json)
}

/// Files of a build.
async fn files(
    State(server): State<Builds>,
    caller: Caller,
    InPath((slug, version)): InPath<(Slug, Version)>,
    InQuery(query): InQuery<FilesQuery>,
) -> Answer<Json<BuildFiles>> {
    contents::files(&server, &caller, &slug, &version, query).await.map(Json)
}

/// Where one file of a build can be had.
async fn file(
    State(server): State<Builds>,
    caller: Caller,
    InPath((slug, version)): InPath<(Slug, Version)>,
    InQuery(query): InQuery<FileQuery>,
) -> Answer<Json<FilePlace>> {
    contents::file(&server, &caller, &slug, &version, &query.path).await.map(Json)
}

/// What changed between two builds.
async fn changes(
    State(server): State<Builds>,
    caller: Caller,
    InPath((slug, version)): InPath<(Slug, Version)>,
    InQuery(query): InQuery<ChangesQuery>,
) -> Answer<Json<Changes>> {
    contents::changes(&server, &caller, &slug, &version, query).await.map(Json)
}

/// Change what is said of a build, and whether pruning leaves it alone.
async fn change(
    State(server): State<Builds>,
    caller: Caller,
    InPath((slug, version)): InPath<(Slug, Version)>,
    Body(body): Body<EditBuild>,
) -> Answer<Json<Build>> {
    lifecycle::change(&server, &caller, &slug, &version, body).await.map(Json)
}

/// Remove a build that is not live.
async fn remove(
    State(server): State<Builds>,
    caller: Caller,
    InPath((slug, version)): InPath<(Slug, Version)>,
) -> Answer<()> {
    removal::remove(&server, &caller, &slug, &version).await
}

/// The signed envelope of a build.
async fn manifest_of(
    State(server): State<Builds>,
    caller: Caller,
    headers: HeaderMap,
    InPath((slug, version)): InPath<(Slug, Version)>,
) -> Answer<Prepared> {
    let _turn = server.manifests.acquire().await.map_err(|e| Problem::Internal(e.into()))?;
    let (hash, bytes) = list::envelope_of(&server, &caller, &slug, &version).await?;
    check_level(&headers, &bytes)?;
    bytes_answer(&headers, &hash, bytes)
}

/// The signed envelope of that hash.
async fn manifest(
    State(server): State<Builds>,
    caller: Caller,
    headers: HeaderMap,
    InPath(hash): InPath<Hash>,
) -> Answer<Prepared> {
    let _turn = server.manifests.acquire().await.map_err(|e| Problem::Internal(e.into()))?;
    let bytes = list::envelope_by_hash(&server, &caller, &hash).await?;
    check_level(&headers, &bytes)?;
    bytes_answer(&headers, &hash, bytes)
}

/// Programs that can't read a manifest are told so before they fetch anything by it.
fn check_level(headers: &HeaderMap, envelope: &[u8]) -> Answer<()> {
    let refused =
        is_second_version(envelope).then(|| too_old_for_second_version(level_said(headers))).flatten();
    refused.map_or(Ok(()), |why| Err(Problem::TooFarApart(why)))
}

fn bytes_answer(asked: &HeaderMap, hash: &Hash, bytes: Vec<u8>) -> Answer<Prepared> {
    let etag = format!("\"{hash}\"");
    let known = asked.get(IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes());
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let etag = HeaderValue::try_from(etag).map_err(|e| Problem::Internal(e.into()))?;
    response.headers_mut().insert(ETAG, etag);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    // Nobody but the caller may keep it: the next one may not see the game.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(Prepared(response))
}

/// Make a ready build live.
async fn set_live(
    State(server): State<Builds>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    Body(body): Body<SetLive>,
) -> Answer<()> {
    lifecycle::set_live(&server, &caller, &slug, &body).await
}

/// Let no build go live by itself.
async fn cancel_next(State(server): State<Builds>, caller: Caller, InPath(slug): InPath<Slug>) -> Answer<()> {
    lifecycle::cancel_next(&server, &caller, &slug).await
}

/// Remove old builds by a policy, or say which would go.
async fn prune(
    State(server): State<Builds>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    Body(body): Body<PruneRequest>,
) -> Answer<Json<Pruned>> {
    removal::prune(&server, &caller, &slug, &body).await.map(Json)
}

/// The policy for all games.
async fn default_policy(State(server): State<Builds>) -> Answer<Json<DefaultPolicy>> {
    policy::default(&server).await.map(Json)
}

/// Change the policy for all games.
async fn set_default_policy(
    State(server): State<Builds>,
    caller: Caller,
    Body(body): Body<DefaultPolicy>,
) -> Answer<Json<DefaultPolicy>> {
    policy::set_default(&server, &caller, body).await.map(Json)
}

/// What would go by another policy for all games.
async fn preview_policy(
    State(server): State<Builds>,
    Body(body): Body<DefaultPolicy>,
) -> Answer<Json<PolicyPreview>> {
    policy::preview(&server, body).await.map(Json)
}

/// What a game goes by.
async fn game_policy(
    State(server): State<Builds>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
) -> Answer<Json<GamePolicy>> {
    policy::of_game(&server, &caller, &slug).await.map(Json)
}

/// Change what a game goes by.
async fn set_game_policy(
    State(server): State<Builds>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    Body(body): Body<SetGamePolicy>,
) -> Answer<Json<GamePolicy>> {
    policy::set_of_game(&server, &caller, &slug, &body).await.map(Json)
}

/// What friends could give back of a game's builds.
async fn insured(
    State(server): State<Builds>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
) -> Answer<Json<Insurance>> {
    insurance::insurance(&server, &caller, &slug).await.map(Json)
}

/// Have random pieces of a game's builds fetched from friends.
async fn sample(
    State(server): State<Builds>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
) -> Answer<Json<JobsBegun>> {
    insurance::sample(&server, &caller, &slug).await.map(Json)
}

/// Have what stores lack of a game made anew.
async fn bring_back(
    State(server): State<Builds>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
) -> Answer<Json<JobsBegun>> {
    rebuild::begin(&server, &caller, &slug).await.map(Json)
}

/// Begin or resume a push with the signed envelope.
async fn begin(
    State(server): State<Builds>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    InQuery(query): InQuery<PushQuery>,
    RawBody(envelope): RawBody,
) -> Answer<Json<Push>> {
    let _turn = server.manifests.acquire().await.map_err(|e| Problem::Internal(e.into()))?;
    push::begin(&server, &caller, &slug, query, envelope.into()).await.map(Json)
}

/// How far a push is.
async fn get(State(server): State<Builds>, caller: Caller, InPath(id): InPath<String>) -> Answer<Json<Push>> {
    push::get(&server, &caller, &id).await.map(Json)
}

/// End the upload; the seed's jobs begin.
async fn finish(
    State(server): State<Builds>,
    caller: Caller,
    InPath(id): InPath<String>,
) -> Answer<Json<Push>> {
    push::finish(&server, &caller, &id).await.map(Json)
}
