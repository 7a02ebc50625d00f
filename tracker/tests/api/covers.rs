//! Covers of games.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use http_body_util::BodyExt;
use mist_proto::{
    Hash,
    http::{Catalogue, Cover, Game, GameField},
};
use tower::ServiceExt;

use crate::tracker::{NOTHING, Refusal, Tracker, answer, refusal, request};

/// A picture of one colour.
pub(crate) fn png(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let picture = image::RgbImage::from_pixel(width, height, image::Rgb(colour));
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

async fn put(t: &Tracker, game: &str, bytes: Vec<u8>) -> Result<Game, Refusal> {
    let path = format!("/games/{game}/cover");
    let mut request = request(Method::PUT, &path, Some(&t.token("root")), NOTHING, "192.0.2.1");
    *request.body_mut() = Body::from(bytes);
    answer(t.send(request).await)
}

/// Status, whether a cache may keep it for ever, and the bytes.
async fn get(
    t: &Tracker,
    who: &str,
    method: Method,
    path: &str,
    known: Option<&str>,
) -> (StatusCode, bool, Vec<u8>) {
    let mut request = request(method, path, Some(&t.token(who)), NOTHING, "192.0.2.1");
    if let Some(known) = known {
        request.headers_mut().insert("if-none-match", known.parse().expect("a value"));
    }
    let response = t.router.clone().oneshot(request).await.expect("an answer");
    let status = response.status();
    let kept = response.headers().get("cache-control").and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kept = kept.contains("immutable") && kept.contains("private");
    (status, kept, response.into_body().collect().await.expect("a body").to_bytes().to_vec())
}

pub(crate) async fn a_cover_is_for_whoever_may_see_the_game(t: &Tracker) {
    t.add_game("secret", true).await;
    t.call::<()>("root", Method::PUT, "/users/bob/grants/secret", NOTHING).await.expect("granted");
    let game = put(t, "secret", png(1800, 900, [20, 90, 200])).await.expect("taken");
    let Some(Cover { id, hue, width, height }) = game.cover.clone() else { panic!("no cover: {game:?}") };
    assert_eq!((width, height, game.by_hand), (1200, 600, vec![GameField::Cover]));
    assert!(hue.is_some_and(|hue| hue.abs_diff(258) < 12), "{hue:?}");

    let path = format!("/games/secret/cover/{id}");
    let (status, kept, bytes) = get(t, "bob", Method::GET, &path, None).await;
    assert_eq!((status.as_u16(), kept, Hash::of(&bytes)), (200, true, id));
    let (status, _, none) = get(t, "bob", Method::HEAD, &path, None).await;
    assert_eq!((status.as_u16(), none.len()), (200, 0));
    assert_eq!(get(t, "bob", Method::GET, &path, Some(&format!("\"{id}\""))).await.0, 304);
    let small = format!("{path}?size=small");
    let (status, _, thumb) = get(t, "bob", Method::GET, &small, Some(&format!("\"{id}\""))).await;
    assert_eq!(status, 200, "the small one is another");
    assert!(thumb.len() < bytes.len());
    assert_eq!(get(t, "ann", Method::GET, &path, None).await.0, 404, "not for whom the game does not exist");
    let other = format!("/games/secret/cover/{}", Hash::of(b""));
    assert_eq!(get(t, "bob", Method::GET, &other, None).await.0, 404);

    let catalogue: Catalogue = t.get("bob", "/catalogue").await.expect("a catalogue");
    assert_eq!(catalogue.games[0].game.cover, game.cover, "friends' programs are told");
    let path = "/games/secret/cover";
    let gone: Game = t.call("root", Method::DELETE, path, NOTHING).await.expect("removed");
    assert_eq!(gone.cover, None);
}

pub(crate) async fn what_is_no_picture_changes_nothing(t: &Tracker) {
    t.add_game("quake", false).await;
    let before = put(t, "quake", png(10, 10, [0, 120, 60])).await.expect("taken");
    let cut = png(400, 400, [1, 2, 3]);
    for bad in [&b""[..], b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", &cut[..cut.len() / 2]] {
        assert_eq!(put(t, "quake", bad.to_vec()).await, Err(refusal(400, "bad_picture")));
    }
    assert_eq!(put(t, "quake", vec![0; 11 << 20]).await, Err(refusal(413, "too_large")));
    assert_eq!(put(t, "doom", png(1, 1, [0; 3])).await, Err(refusal(404, "not_found")));
    let after: Game = t.get("root", "/games/quake").await.expect("a game");
    assert_eq!(after.cover, before.cover);
}
