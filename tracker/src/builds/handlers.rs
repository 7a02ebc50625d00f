//! Routes about builds and pushes.

use axum::{
    Json,
    extract::{DefaultBodyLimit, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH},
    },
    response::{IntoResponse, Response},
};
use mist_proto::{
    Hash, Slug, Version,
    http::{BuildList, Push, SetLive},
    limits::MAX_ENVELOPE,
};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{lifecycle, list, push};
use crate::{
    app::{Answer, Shared},
    auth::caller::Caller,
    error::Problem,
    http::json::{Body, InPath, InQuery, RawBody},
};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    let begin = OpenApiRouter::new().routes(routes!(begin)).layer(DefaultBodyLimit::max(MAX_ENVELOPE));
    OpenApiRouter::new()
        .routes(routes!(builds))
        .routes(routes!(remove))
        .routes(routes!(manifest_of))
        .routes(routes!(manifest))
        .routes(routes!(set_live))
        .routes(routes!(finish))
        .routes(routes!(get))
        .merge(begin)
}

/// Builds of a game.
#[utoipa::path(get, path = "/games/{slug}/builds", tag = "builds", params(("slug" = Slug, Path)), responses((status = 200, body = BuildList)))]
async fn builds(
    State(app): State<Shared>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
) -> Answer<Json<BuildList>> {
    list::list(&app, &caller, &slug).await.map(Json)
}

/// Remove a build that is not live.
#[utoipa::path(delete, path = "/games/{slug}/builds/{version}", tag = "builds", params(("slug" = Slug, Path), ("version" = Version, Path)), responses((status = 204)))]
async fn remove(
    State(app): State<Shared>,
    caller: Caller,
    InPath((slug, version)): InPath<(Slug, Version)>,
) -> Answer<StatusCode> {
    lifecycle::remove(&app, &caller, &slug, &version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The signed envelope of a build.
#[utoipa::path(get, path = "/games/{slug}/builds/{version}/manifest", tag = "builds", params(("slug" = Slug, Path), ("version" = Version, Path)), responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 304)))]
async fn manifest_of(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    InPath((slug, version)): InPath<(Slug, Version)>,
) -> Answer<Response> {
    let _turn = app.manifests.acquire().await.map_err(|e| Problem::Internal(e.into()))?;
    let (hash, bytes) = list::envelope_of(&app, &caller, &slug, &version).await?;
    bytes_answer(&headers, &hash, bytes)
}

/// The signed envelope of that hash.
#[utoipa::path(get, path = "/manifests/{hash}", tag = "builds", params(("hash" = Hash, Path)), responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 304)))]
async fn manifest(
    State(app): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
    InPath(hash): InPath<Hash>,
) -> Answer<Response> {
    let _turn = app.manifests.acquire().await.map_err(|e| Problem::Internal(e.into()))?;
    let bytes = list::envelope_by_hash(&app, &caller, &hash).await?;
    bytes_answer(&headers, &hash, bytes)
}

fn bytes_answer(asked: &HeaderMap, hash: &Hash, bytes: Vec<u8>) -> Answer<Response> {
    let etag = format!("\"{hash}\"");
    let known = asked.get(IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes());
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let etag = HeaderValue::try_from(etag).map_err(|e| Problem::Internal(e.into()))?;
    response.headers_mut().insert(ETAG, etag);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    // Nobody but the caller may keep it: the next one may not see the game.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// Make a ready build live.
#[utoipa::path(put, path = "/games/{slug}/live", tag = "builds", params(("slug" = Slug, Path)), request_body = SetLive, responses((status = 204)))]
async fn set_live(
    State(app): State<Shared>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    Body(body): Body<SetLive>,
) -> Answer<StatusCode> {
    lifecycle::set_live(&app, &caller, &slug, &body.version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Parameters of a push.
#[derive(Deserialize, utoipa::IntoParams)]
struct PushQuery {
    /// Whether the build goes live once it is ready.
    #[serde(default = "yes")]
    live: bool,
}

fn yes() -> bool {
    true
}

/// Begin or resume a push with the signed envelope.
#[utoipa::path(post, path = "/games/{slug}/pushes", tag = "builds", params(("slug" = Slug, Path), PushQuery), request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, body = Push)))]
async fn begin(
    State(app): State<Shared>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    InQuery(query): InQuery<PushQuery>,
    RawBody(envelope): RawBody,
) -> Answer<Json<Push>> {
    let _turn = app.manifests.acquire().await.map_err(|e| Problem::Internal(e.into()))?;
    push::begin(&app, &caller, &slug, query.live, envelope.into()).await.map(Json)
}

/// How far a push is.
#[utoipa::path(get, path = "/pushes/{id}", tag = "builds", params(("id" = String, Path)), responses((status = 200, body = Push)))]
async fn get(State(app): State<Shared>, caller: Caller, InPath(id): InPath<String>) -> Answer<Json<Push>> {
    push::get(&app, &caller, &id).await.map(Json)
}

/// End the upload; the seed's jobs begin.
#[utoipa::path(post, path = "/pushes/{id}/finish", tag = "builds", params(("id" = String, Path)), responses((status = 200, body = Push)))]
async fn finish(State(app): State<Shared>, caller: Caller, InPath(id): InPath<String>) -> Answer<Json<Push>> {
    push::finish(&app, &caller, &id).await.map(Json)
}
