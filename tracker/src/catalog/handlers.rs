//! Routes about games.

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
    Hash, Slug,
    http::{
        CoverQuery, CoverSize, Game, GameField, GameList, NewGame, PageQuery, SteamApp, UpdateGame, route,
    },
};

use super::{Catalog, covers, games, steam, visibility};
use crate::{
    auth::caller::Caller,
    error::{Answer, Problem},
    http::{
        json::{Body, Encoded, InPath, InQuery, RawBody},
        routes::{Prepared, Routes},
    },
};

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Catalog: FromRef<S>,
{
    Routes::default()
        .on(route::ListGames, list)
        .on(route::AddGame, create)
        .on(route::GetGame, get)
        .on(route::EditGame, edit)
        .on(route::RemoveGame, remove)
        .on(route::ResyncSteam, resync_steam)
        .on(route::ResetField, reset)
        .on(route::GetCover, cover)
        .on(route::PutCover, put_cover)
        .on(route::RemoveCover, remove_cover)
        .on(route::PreviewSteam, preview)
        .on(route::PreviewSteamCover, preview_cover)
}

/// Games that the caller may see.
async fn list(
    State(catalog): State<Catalog>,
    caller: Caller,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Encoded<GameList>> {
    games::list(&catalog, &caller, &query).await
}

/// Make a game.
async fn create(
    State(catalog): State<Catalog>,
    caller: Caller,
    Body(body): Body<NewGame>,
) -> Answer<Json<Game>> {
    games::create(&catalog, &caller, body).await.map(Json)
}

/// One game.
async fn get(
    State(catalog): State<Catalog>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
) -> Answer<Json<Game>> {
    let game = visibility::visible(&mut catalog.records.read().await?, &caller, &slug).await?;
    Ok(Json(game.public))
}

/// Change what the catalogue says about a game.
async fn edit(
    State(catalog): State<Catalog>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    Body(body): Body<UpdateGame>,
) -> Answer<Json<Game>> {
    games::edit(&catalog, &caller, &slug, body).await.map(Json)
}

/// Remove a game with all its builds.
async fn remove(State(catalog): State<Catalog>, caller: Caller, InPath(slug): InPath<Slug>) -> Answer<()> {
    games::remove(&catalog, &caller, &slug).await
}

/// Pull title, description and cover from Steam, but for what was edited by hand.
async fn resync_steam(
    State(catalog): State<Catalog>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
) -> Answer<Json<Game>> {
    steam::resync(&catalog, &caller, &slug).await.map(Json)
}

/// Let Steam's word stand again where a person wrote.
async fn reset(
    State(catalog): State<Catalog>,
    caller: Caller,
    InPath((slug, field)): InPath<(Slug, GameField)>,
) -> Answer<Json<Game>> {
    steam::reset(&catalog, &caller, &slug, field).await.map(Json)
}

/// The cover of a game.
async fn cover(
    State(catalog): State<Catalog>,
    caller: Caller,
    headers: HeaderMap,
    InPath((slug, id)): InPath<(Slug, Hash)>,
    InQuery(query): InQuery<CoverQuery>,
) -> Answer<Prepared> {
    let bytes = covers::bytes(&catalog, &caller, &slug, &id, query.size).await?;
    let size = if query.size == CoverSize::Small { "-small" } else { "" };
    let etag = format!("\"{id}{size}\"");
    let known = headers.get(IF_NONE_MATCH).is_some_and(|v| v.as_bytes() == etag.as_bytes());
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { bytes.into_response() };
    let etag = HeaderValue::try_from(etag).map_err(|e| Problem::Internal(e.into()))?;
    response.headers_mut().insert(ETAG, etag);
    // Bytes of one id never change, but nobody except the caller may keep them: the next one may not see the game.
    let forever = HeaderValue::from_static("private, max-age=31536000, immutable");
    response.headers_mut().insert(CACHE_CONTROL, forever);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    Ok(Prepared(response))
}

/// Take a picture as the cover.
async fn put_cover(
    State(catalog): State<Catalog>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    RawBody(bytes): RawBody,
) -> Answer<Json<Game>> {
    covers::upload(&catalog, &caller, &slug, bytes).await.map(Json)
}

/// Take the cover away.
async fn remove_cover(
    State(catalog): State<Catalog>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
) -> Answer<Json<Game>> {
    covers::remove(&catalog, &caller, &slug).await.map(Json)
}

/// What Steam says about an application.
async fn preview(State(catalog): State<Catalog>, InPath(app): InPath<u32>) -> Answer<Json<SteamApp>> {
    steam::preview(&catalog, app).await.map(Json)
}

/// The picture that Steam has for an application.
async fn preview_cover(State(catalog): State<Catalog>, InPath(app): InPath<u32>) -> Answer<Prepared> {
    let mut response = steam::preview_picture(&catalog, app).await?.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=600"));
    Ok(Prepared(response))
}
