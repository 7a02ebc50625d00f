//! Routes about games.

use axum::{Json, extract::State, http::StatusCode};
use mist_proto::{
    Slug,
    http::{Game, GameList, NewGame, UpdateGame},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{games, steam, visibility};
use crate::{
    app::{Answer, Shared},
    auth::caller::Caller,
    http::json::{Body, InPath},
};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, edit, remove))
        .routes(routes!(resync_steam))
}

/// Games that the caller may see.
#[utoipa::path(get, path = "/games", tag = "catalogue", responses((status = 200, body = GameList)))]
async fn list(State(app): State<Shared>, caller: Caller) -> Answer<Json<GameList>> {
    games::list(&app, &caller).await.map(Json)
}

/// Make a game.
#[utoipa::path(post, path = "/games", tag = "catalogue", request_body = NewGame, responses((status = 201, body = Game)))]
async fn create(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<NewGame>,
) -> Answer<(StatusCode, Json<Game>)> {
    Ok((StatusCode::CREATED, Json(games::create(&app, &caller, body).await?)))
}

/// One game.
#[utoipa::path(get, path = "/games/{slug}", tag = "catalogue", params(("slug" = Slug, Path)), responses((status = 200, body = Game)))]
async fn get(State(app): State<Shared>, caller: Caller, InPath(slug): InPath<Slug>) -> Answer<Json<Game>> {
    let game = visibility::visible(&mut app.db.read().await?, &caller, &slug).await?;
    Ok(Json(game.public))
}

/// Change what the catalogue says about a game.
#[utoipa::path(patch, path = "/games/{slug}", tag = "catalogue", params(("slug" = Slug, Path)), request_body = UpdateGame, responses((status = 200, body = Game)))]
async fn edit(
    State(app): State<Shared>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
    Body(body): Body<UpdateGame>,
) -> Answer<Json<Game>> {
    games::edit(&app, &caller, &slug, body).await.map(Json)
}

/// Remove a game with all its builds.
#[utoipa::path(delete, path = "/games/{slug}", tag = "catalogue", params(("slug" = Slug, Path)), responses((status = 204)))]
async fn remove(State(app): State<Shared>, caller: Caller, InPath(slug): InPath<Slug>) -> Answer<StatusCode> {
    games::remove(&app, &caller, &slug).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pull title, description and cover from Steam, but for what was edited by hand.
#[utoipa::path(post, path = "/games/{slug}/resync-steam", tag = "catalogue", params(("slug" = Slug, Path)), responses((status = 200, body = Game)))]
async fn resync_steam(
    State(app): State<Shared>,
    caller: Caller,
    InPath(slug): InPath<Slug>,
) -> Answer<Json<Game>> {
    steam::resync(&app, &caller, &slug).await.map(Json)
}
