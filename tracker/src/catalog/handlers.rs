//! Routes about games.

use axum::{Json, extract::State};
use mist_proto::{
    Slug,
    http::{Game, GameList, NewGame, PageQuery, UpdateGame, route},
};

use super::{games, steam, visibility};
use crate::{
    app::{Answer, Shared},
    auth::caller::Caller,
    http::{
        json::{Body, InPath, InQuery},
        routes::Routes,
    },
};

pub(crate) fn routes() -> Routes {
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
    State(app): State<Shared>,
    caller: Caller,
    InQuery(query): InQuery<PageQuery>,
) -> Answer<Json<GameList>> {
    games::list(&app, &caller, &query).await.map(Json)
}

/// Make a game.
async fn create(State(app): State<Shared>, caller: Caller, Body(body): Body<NewGame>) -> Answer<Json<Game>> {
    games::create(&app, &caller, body).await.map(Json)
}

/// One game.
async fn get(State(app): State<Shared>, caller: Caller, InPath(slug): InPath<Slug>) -> Answer<Json<Game>> {
    let game = visibility::visible(&mut app.db.read().await?, &caller, &slug).await?;
    Ok(Json(game.public))
}

/// Change what the catalogue says about a game.
async fn edit(
    State(app): State<Shared>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    Body(body): Body<UpdateGame>,
) -> Answer<Json<Game>> {
    games::edit(&app, &caller, &slug, body).await.map(Json)
}

/// Remove a game with all its builds.
async fn remove(State(app): State<Shared>, caller: Caller, InPath(slug): InPath<Slug>) -> Answer<()> {
    games::remove(&app, &caller, &slug).await
}

/// Pull title, description and cover from Steam, but for what was edited by hand.
async fn resync_steam(
    State(app): State<Shared>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
) -> Answer<Json<Game>> {
    steam::resync(&app, &caller, &slug).await.map(Json)
}
