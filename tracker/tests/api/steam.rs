//! What Steam says about a game, from a stand-in for its store.

use std::collections::HashMap;

use axum::{
    Json, Router,
    extract::Query,
    http::{Method, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use mist_proto::http::{Game, NewGame, UpdateGame};
use serde_json::json;
use tokio::net::TcpListener;

use crate::tracker::{NOTHING, Refusal, Tracker, refusal};

/// An application that Steam knows.
const PORTAL: u32 = 400;
/// Ids at which the stand-in misbehaves: an error, an answer without an end, a redirect, something else altogether.
const BROKEN: [u32; 4] = [1, 2, 3, 4];
const UNKNOWN: u32 = 5;

/// Steam's store, as far as the tracker asks it, and where it answers.
pub(crate) async fn store() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/api/appdetails", get(details));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn details(Query(asked): Query<HashMap<String, String>>) -> Response {
    let id = asked.get("appids").and_then(|id| id.parse().ok()).expect("an id");
    match id {
        PORTAL => Json(json!({ "400": { "success": true, "data": {
            "name": "Portal", "short_description": "Think &amp; <b>jump</b>", "type": "game",
            "header_image": "https://cdn.example/portal.jpg",
        }}}))
        .into_response(),
        1 => StatusCode::BAD_GATEWAY.into_response(),
        2 => vec![b' '; 4 << 20].into_response(),
        3 => Redirect::temporary("/api/appdetails?appids=400").into_response(),
        4 => "<html>".into_response(),
        id => Json(json!({ id.to_string(): { "success": false } })).into_response(),
    }
}

async fn game_of(t: &Tracker, slug: &str, app_id: Option<u32>) {
    let new = NewGame { slug: slug.parse().expect("slug"), title: None, app_id, is_private: false };
    let made: Result<Game, Refusal> = t.post("root", "/games", &new).await;
    made.expect("a game");
}

async fn resync(t: &Tracker, slug: &str) -> Result<Game, Refusal> {
    t.call("root", Method::POST, &format!("/games/{slug}/resync-steam"), NOTHING).await
}

pub(crate) async fn what_steam_says_is_taken_over_but_not_what_people_wrote(t: &Tracker) {
    game_of(t, "portal", Some(PORTAL)).await;
    let pulled = resync(t, "portal").await.expect("an answer");
    assert_eq!((pulled.title.as_str(), pulled.description.as_str()), ("Portal", "Think & jump"));
    assert_eq!(pulled.cover_url.as_deref(), Some("https://cdn.example/portal.jpg"));

    let by_hand = UpdateGame { title: Some("Our Portal".parse().expect("a title")), ..UpdateGame::default() };
    let edited: Result<Game, Refusal> = t.call("root", Method::PATCH, "/games/portal", Some(&by_hand)).await;
    edited.expect("edited");
    assert_eq!(resync(t, "portal").await.expect("an answer").title, "Our Portal");
}

pub(crate) async fn a_store_that_misbehaves_changes_nothing(t: &Tracker) {
    for id in BROKEN {
        let slug = format!("game-{id}");
        game_of(t, &slug, Some(id)).await;
        assert_eq!(resync(t, &slug).await, Err(refusal(503, "steam_away")), "{id}");
        let kept: Game = t.get("root", &format!("/games/{slug}")).await.expect("a game");
        assert_eq!((kept.title, kept.cover_url), (slug, None));
    }
    game_of(t, "unknown", Some(UNKNOWN)).await;
    assert_eq!(resync(t, "unknown").await, Err(refusal(409, "unknown_app")));
    game_of(t, "homebrew", None).await;
    assert_eq!(resync(t, "homebrew").await, Err(refusal(400, "no_app_id")));
}
