//! Browsers: sessions by cookie, and the pages.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header::SET_COOKIE},
};
use http_body_util::BodyExt;
use mist_proto::http::{Login, Me, NewGame, UpdateUser, User};
use mist_tracker::auth::browser::IDLE_MILLIS;
use tower::ServiceExt;

use crate::tracker::{Refusal, Tracker, answer, refusal, request};

/// From where a browser says that a request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    /// A page of this server.
    Ours,
    /// A page of another one, which can send no header of its own without being asked.
    Theirs,
}

/// Makes a request one of a browser that has this cookie.
pub(crate) fn by_browser(mut request: Request<Body>, cookie: &str, page: Page) -> Request<Body> {
    let headers = request.headers_mut();
    headers.insert("cookie", cookie.parse().expect("a header"));
    let site = match page {
        Page::Ours => {
            headers.insert("mist-portal", "1".parse().expect("a header"));
            "same-origin"
        }
        Page::Theirs => "cross-site",
    };
    headers.insert("sec-fetch-site", site.parse().expect("a header"));
    request
}

fn login(name: &str, password: &str) -> Login {
    Login {
        user: name.parse().expect("name"),
        password: password.into(),
        device: Some("Firefox".into()),
        code: None,
    }
}

/// Signs a browser in on a page of this address; what it keeps, as the header says it.
async fn sign_in(t: &Tracker, name: &str, origin: &str) -> Result<String, Refusal> {
    let asked = login(name, crate::tracker::PASSWORD);
    let request = request(Method::POST, "/auth/browser", None, Some(&asked), "192.0.2.1");
    let mut request = by_browser(request, "other=1", Page::Ours);
    request.headers_mut().insert("origin", origin.parse().expect("a header"));
    let response = t.router.clone().oneshot(request).await.expect("an answer");
    let cookie = response.headers().get(SET_COOKIE).map(|c| c.to_str().expect("text").to_owned());
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body").to_bytes().to_vec();
    answer::<Me>((status, body)).map(|_| cookie.expect("a cookie"))
}

/// A signed-in browser's cookie, as it shows it.
pub(crate) async fn cookie_of(t: &Tracker, name: &str) -> String {
    let kept = sign_in(t, name, "http://127.0.0.1:7400").await.expect("signs in");
    kept.split_once(';').expect("attributes").0.to_owned()
}

async fn call(
    t: &Tracker,
    method: Method,
    path: &str,
    cookie: &str,
    page: Page,
) -> Result<serde_json::Value, Refusal> {
    let game = NewGame { slug: "quake".parse().expect("slug"), title: None, app_id: None, is_private: false };
    let body = (method == Method::POST).then_some(&game);
    answer(t.send(by_browser(request(method, path, None, body, "192.0.2.1"), cookie, page)).await)
}

pub(crate) async fn a_browser_keeps_a_cookie_that_no_script_reads(t: &Tracker) {
    let plain = sign_in(t, "root", "http://127.0.0.1:7400").await.expect("signs in");
    assert!(
        plain.starts_with("mist=mist_p_") && plain.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{plain}"
    );
    let secure = sign_in(t, "root", "https://mist.example").await.expect("signs in");
    assert!(secure.starts_with("__Host-mist=mist_b_"), "{secure}");
    assert!(secure.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{secure}");
    for cookie in [plain, secure] {
        let shown = cookie.split_once(';').expect("attributes").0;
        call(t, Method::GET, "/me", shown, Page::Theirs).await.expect("reading needs the cookie only");
        // Signing out ends that session at once, and no other.
        call(t, Method::DELETE, "/auth/browser", shown, Page::Ours).await.expect("signed out");
        let over = call(t, Method::GET, "/me", shown, Page::Ours).await.err();
        assert_eq!(over, Some(refusal(401, "sign_in")));
    }
    let asked = login("root", "wrong horse");
    let wrong = request(Method::POST, "/auth/browser", None, Some(&asked), "192.0.2.1");
    let wrong: Result<Me, _> = answer(t.send(by_browser(wrong, "a=b", Page::Ours)).await);
    assert_eq!(wrong.err(), Some(refusal(401, "not_signed_in")));
}

pub(crate) async fn another_site_changes_nothing_with_our_cookie(t: &Tracker) {
    let cookie = cookie_of(t, "root").await;
    let elsewhere = Some(refusal(403, "cross_site"));
    assert_eq!(call(t, Method::POST, "/games", &cookie, Page::Theirs).await.err(), elsewhere);
    assert_eq!(call(t, Method::DELETE, "/auth/browser", &cookie, Page::Theirs).await.err(), elsewhere);
    assert_eq!(
        call(t, Method::GET, "/games/quake", &cookie, Page::Ours).await.err(),
        Some(refusal(404, "not_found"))
    );
    call(t, Method::POST, "/games", &cookie, Page::Ours).await.expect("made by our own page");
    // Nobody is signed in as another one unawares.
    let asked = login("bob", crate::tracker::PASSWORD);
    let forced = request(Method::POST, "/auth/browser", None, Some(&asked), "192.0.2.1");
    let forced: Result<Me, _> = answer(t.send(by_browser(forced, "a=b", Page::Theirs)).await);
    assert_eq!(forced.err(), elsewhere);
}

pub(crate) async fn a_browser_session_ends_when_it_is_not_used(t: &Tracker) {
    let over = Some(refusal(401, "sign_in"));
    let (used, left) = (cookie_of(t, "bob").await, cookie_of(t, "bob").await);
    for _ in 0..3 {
        t.pass(IDLE_MILLIS - 1);
        call(t, Method::GET, "/me", &used, Page::Ours).await.expect("each use begins the time anew");
    }
    assert_eq!(call(t, Method::GET, "/me", &left, Page::Ours).await.err(), over);
    t.pass(IDLE_MILLIS);
    assert_eq!(call(t, Method::GET, "/me", &used, Page::Ours).await.err(), over);

    t.login("root").await;
    let cookie = cookie_of(t, "bob").await;
    let off = UpdateUser { disabled: Some(true), ..UpdateUser::default() };
    t.call::<User>("root", Method::PATCH, "/users/bob", Some(&off)).await.expect("disabled");
    assert_eq!(call(t, Method::GET, "/me", &cookie, Page::Ours).await.err(), over, "at once");
}

pub(crate) async fn browsers_get_pages_under_a_policy(t: &Tracker) {
    for (path, holds) in
        [("/", "mist login"), ("/friends.css", "--accent"), ("/admin", "<html"), ("/admin/games", "<html")]
    {
        let asked = Request::builder().uri(path).header("host", "mist.example").body(Body::empty());
        let response = t.router.clone().oneshot(asked.expect("a request")).await.expect("an answer");
        let status = response.status();
        // Without the portal, the page says how to make it.
        let absent = path.starts_with("/admin") && status == StatusCode::SERVICE_UNAVAILABLE;
        assert!(absent || status == StatusCode::OK, "{path}: {status}");
        let policy = response.headers()["content-security-policy"].to_str().expect("text").to_owned();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe-inline"),
            "{path}: {policy}"
        );
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        assert!(String::from_utf8_lossy(&body).contains(holds), "{path}");
    }
}
