//! Routes about games.

use axum::{
    Json,
    extract::{FromRef, State},
};
use mist_proto::{
    Slug,
    http::{Game, GameList, NewGame, PageQuery, UpdateGame, route},
};

use super::{Catalog, games, steam, visibility};
use crate::{
    auth::caller::Caller,
    error::Answer,
    http::{
        json::{Body, InPath, InQuery},
        routes::Routes,
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
}

/// Games that the caller may see.
async fn list(
    State(catalog): State<Catalog>,
    caller: Caller,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Json<GameList>> {
    games::list(&catalog, &caller, &query).await.map(Json)
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
