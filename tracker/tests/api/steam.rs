//! What Steam says about a game, from a stand-in for its store.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::Query,
    http::{Method, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use mist_proto::http::{Game, GameField, GameList, NewGame, SteamApp, UpdateGame};
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    covers::png,
    tracker::{NOTHING, Refusal, Tracker, refusal, request},
};

/// An application that Steam knows.
const PORTAL: u32 = 400;
/// Ids at which the stand-in misbehaves: an error, an answer without an end, a redirect, something else altogether.
const BROKEN: [u32; 4] = [1, 2, 3, 4];
const UNKNOWN: u32 = 5;
/// Has its picture where the stand-in answers.
const WITH_COVER: u32 = 401;

/// Are known, and answered after a while.
const SLOW: [u32; 2] = [402, 403];
/// That while.
const WHILE: Duration = Duration::from_millis(100);

/// Steam's store, as far as the tracker asks it.
#[derive(Clone, Default)]
pub(crate) struct StandIn {
    /// Where it answers.
    pub(crate) url: String,
    asked: Arc<Asked>,
}

/// What it was asked.
#[derive(Default)]
struct Asked {
    details: AtomicUsize,
    pictures: AtomicUsize,
    /// Questions that wait for their answer, and the most at once.
    now: AtomicUsize,
    most: AtomicUsize,
}

impl StandIn {
    /// How often it was asked for details and for pictures.
    fn counts(&self) -> (usize, usize) {
        (self.asked.details.load(Ordering::SeqCst), self.asked.pictures.load(Ordering::SeqCst))
    }

    /// The most questions that waited at once.
    fn most_at_once(&self) -> usize {
        self.asked.most.load(Ordering::SeqCst)
    }
}

impl Asked {
    /// Answers a question, which is one of those that wait meanwhile.
    async fn one<T>(&self, count: &AtomicUsize, answer: impl Future<Output = T>) -> T {
        count.fetch_add(1, Ordering::SeqCst);
        let waiting = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(waiting, Ordering::SeqCst);
        let answered = answer.await;
        self.now.fetch_sub(1, Ordering::SeqCst);
        answered
    }
}

pub(crate) async fn stand_in() -> StandIn {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let covered = Json(json!({ "401": { "success": true, "data": {
        "name": "Covered", "header_image": format!("http://{address}/header.png"),
    }}}));
    let this = StandIn { url: format!("http://{address}"), ..StandIn::default() };
    let (of_details, of_pictures) = (this.asked.clone(), this.asked.clone());
    let answer = async move |query: Query<HashMap<String, String>>| {
        let is_covered = query.get("appids").is_some_and(|id| *id == WITH_COVER.to_string());
        let answered = async { if is_covered { covered.into_response() } else { details(query).await } };
        of_details.one(&of_details.details, answered).await
    };
    let picture = async move || {
        let answered = async { png(64, 32, [200, 40, 40]) };
        of_pictures.one(&of_pictures.pictures, answered).await
    };
    let router = Router::new().route("/api/appdetails", get(answer)).route("/header.png", get(picture));
    tokio::spawn(async move { axum::serve(listener, router).await });
    this
}

async fn details(Query(asked): Query<HashMap<String, String>>) -> Response {
    let id = asked.get("appids").and_then(|id| id.parse().ok()).expect("an id");
    match id {
        PORTAL => Json(json!({ "400": { "success": true, "data": {
            "name": "Portal", "short_description": "Think &amp; <b>jump</b>", "type": "game",
            "header_image": "https://cdn.example/portal.jpg",
        }}}))
        .into_response(),
        slow if SLOW.contains(&slow) => {
            tokio::time::sleep(WHILE).await;
            let data = json!({ "name": format!("Slow {slow}") });
            Json(json!({ slow.to_string(): { "success": true, "data": data } })).into_response()
        }
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

pub(crate) async fn what_a_person_wrote_is_told_and_reset_one_by_one(t: &Tracker) {
    game_of(t, "portal", Some(PORTAL)).await;
    resync(t, "portal").await.expect("an answer");
    let edit = UpdateGame {
        title: Some("Ours".parse().expect("a title")),
        description: Some("Mine".parse().expect("a text")),
        ..UpdateGame::default()
    };
    let edited: Game = t.call("root", Method::PATCH, "/games/portal", Some(&edit)).await.expect("edited");
    assert_eq!(edited.by_hand, [GameField::Title, GameField::Description]);
    let friends: Game = t.get("ann", "/games/portal").await.expect("a game");
    assert_eq!((friends.title.as_str(), &friends.by_hand[..]), ("Ours", &[][..]), "friends are told no more");

    let reset = async |field| t.call::<Game>("root", Method::DELETE, field, NOTHING).await;
    let game = reset("/games/portal/by-hand/title").await.expect("reset");
    assert_eq!((game.title.as_str(), game.description.as_str()), ("Portal", "Mine"));
    assert_eq!(game.by_hand, [GameField::Description]);

    // Without its application there is nobody to ask.
    let off = UpdateGame { app_id: Some(0), ..UpdateGame::default() };
    let game: Game = t.call("root", Method::PATCH, "/games/portal", Some(&off)).await.expect("edited");
    assert_eq!((game.app_id, game.title.as_str()), (None, "Portal"));
    let game = reset("/games/portal/by-hand/description").await.expect("reset");
    assert_eq!((game.description.as_str(), &game.by_hand[..]), ("", &[][..]));
    assert_eq!(reset("/games/portal/by-hand/app_id").await, Err(refusal(404, "not_found")));
}

pub(crate) async fn a_cover_comes_from_steam_with_the_text_and_can_be_seen_before(t: &Tracker) {
    let seen: SteamApp = t.get("root", &format!("/steam/{WITH_COVER}")).await.expect("a preview");
    assert_eq!((seen.title.as_str(), seen.has_cover), ("Covered", true));
    let request = request(
        Method::GET,
        &format!("/steam/{WITH_COVER}/cover"),
        Some(&t.token("root")),
        NOTHING,
        "192.0.2.1",
    );
    let (status, small) = t.send(request).await;
    assert_eq!((status.as_u16(), &small[..3]), (200, &[0xff, 0xd8, 0xff][..]), "a JPEG");
    let games: GameList = t.get("root", "/games").await.expect("a list");
    assert!(games.games.is_empty(), "a preview makes nothing");
    assert_eq!(
        t.get::<SteamApp>("root", &format!("/steam/{UNKNOWN}")).await,
        Err(refusal(409, "unknown_app"))
    );

    game_of(t, "covered", Some(WITH_COVER)).await;
    let cover = resync(t, "covered").await.expect("an answer").cover.expect("a cover");
    assert_eq!((cover.width, cover.height), (64, 32));
    // One that is not where Steam has its pictures is not fetched.
    game_of(t, "portal", Some(PORTAL)).await;
    assert_eq!(resync(t, "portal").await.expect("an answer").cover, None);
}

pub(crate) async fn steam_is_asked_once_for_what_is_known_and_never_twice_at_once(t: &Tracker) {
    // Looked at, its picture too, and then made a game of: one question for each.
    let (preview, cover) = (format!("/steam/{WITH_COVER}"), format!("/steam/{WITH_COVER}/cover"));
    t.get::<SteamApp>("root", &preview).await.expect("a preview");
    assert_eq!(t.steam.counts(), (1, 0), "a preview needs no picture");
    let picture = async || {
        let token = t.token("root");
        t.send(request(Method::GET, &cover, Some(&token), NOTHING, "192.0.2.1")).await.0
    };
    assert_eq!((picture().await, picture().await), (StatusCode::OK, StatusCode::OK));
    game_of(t, "covered", Some(WITH_COVER)).await;
    assert_eq!(resync(t, "covered").await.expect("an answer").title, "Covered");
    t.get::<SteamApp>("root", &preview).await.expect("a preview");
    assert_eq!(t.steam.counts(), (1, 1));

    // Two people look at once, at two applications and at one.
    let look = async |app: u32| t.get::<SteamApp>("root", &format!("/steam/{app}")).await.expect("a preview");
    let [one, other] = SLOW;
    let (first, second, again) = tokio::join!(look(one), look(other), look(one));
    assert_eq!((first.title.as_str(), second.title.as_str()), ("Slow 402", "Slow 403"));
    assert_eq!(first, again);
    assert_eq!((t.steam.counts(), t.steam.most_at_once()), ((3, 1), 1));
}
