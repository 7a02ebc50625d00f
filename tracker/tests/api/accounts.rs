//! What accounts do about themselves, and what admins do about lost laptops.

use axum::http::Method;
use mist_proto::{
    claims::Scope,
    http::{
        ApiToken, ChangePassword, Confirm, DenyList, DeviceList, MadeToken, Me, NewGame, NewToken,
        SessionList, TokenLevel, TokenList, UpdateUser, User, UserList,
    },
};

use crate::{
    browsers::{Page, by_browser, cookie_of},
    tracker::{NOTHING, PASSWORD, Refusal, Tracker, answer, peer, refusal, request},
};

const MINUTE: i64 = 60 * 1000;

pub(crate) async fn by_cookie<T: serde::de::DeserializeOwned>(
    t: &Tracker,
    cookie: &str,
    method: Method,
    path: &str,
    body: Option<&impl serde::Serialize>,
) -> Result<T, Refusal> {
    answer(t.send(by_browser(request(method, path, None, body, "192.0.2.1"), cookie, Page::Ours)).await)
}

pub(crate) async fn an_own_password_is_changed_by_who_knows_it(t: &Tracker) {
    let elsewhere = t.login("ann").await.access_token;
    t.keep_token("elsewhere", &elsewhere);
    t.login("ann").await;
    let change = |current: &str| ChangePassword { current: current.into(), new: "another horse".into() };
    let put = async |body: &ChangePassword| -> Result<(), Refusal> {
        t.call("ann", Method::PUT, "/me/password", Some(body)).await
    };
    assert_eq!(put(&change("wrong horse")).await.err(), Some(refusal(403, "wrong_password")));
    let short = ChangePassword { current: PASSWORD.into(), new: "short".into() };
    assert_eq!(put(&short).await.err(), Some(refusal(400, "bad_password")));
    put(&change(PASSWORD)).await.expect("changed");
    t.get::<Me>("ann", "/me").await.expect("the session that asked goes on");
    assert_eq!(t.get::<Me>("elsewhere", "/me").await.err(), Some(refusal(401, "sign_in")));
    assert!(t.try_login("ann", PASSWORD, "192.0.2.1").await.is_err());
    t.try_login("ann", "another horse", "192.0.2.1").await.expect("the new one");
    // Guesses count as they do at a sign-in.
    for _ in 0..5 {
        assert_eq!(put(&change("wrong horse")).await.err(), Some(refusal(403, "wrong_password")));
    }
    assert_eq!(put(&change("another horse")).await.err(), Some(refusal(429, "too_many_attempts")));
}

pub(crate) async fn a_browser_gives_its_password_again_before_what_destroys(t: &Tracker) {
    t.add_game("quake", false).await;
    let cookie = cookie_of(t, "root").await;
    let destroy = async || by_cookie::<()>(t, &cookie, Method::DELETE, "/games/quake", NOTHING).await;
    t.pass(5 * MINUTE + 1);
    assert_eq!(destroy().await.err(), Some(refusal(403, "confirm_password")));
    by_cookie::<serde_json::Value>(t, &cookie, Method::GET, "/games/quake", NOTHING)
        .await
        .expect("reading is free");
    let confirm = async |password: &str| {
        let body = Confirm { password: password.into() };
        by_cookie::<()>(t, &cookie, Method::POST, "/me/confirmation", Some(&body)).await
    };
    assert_eq!(confirm("wrong horse").await.err(), Some(refusal(403, "wrong_password")));
    assert_eq!(destroy().await.err(), Some(refusal(403, "confirm_password")));
    confirm(PASSWORD).await.expect("confirmed");
    destroy().await.expect("within five minutes");
    // Another browser of the same admin has not confirmed anything.
    t.pass(5 * MINUTE + 1);
    let other = cookie_of(t, "root").await;
    confirm(PASSWORD).await.expect("confirmed");
    t.pass(5 * MINUTE + 1);
    let gone = by_cookie::<()>(t, &other, Method::DELETE, "/users/bob", NOTHING).await;
    assert_eq!(gone.err(), Some(refusal(403, "confirm_password")));
}

pub(crate) async fn a_lost_laptop_is_signed_out_and_unbound(t: &Tracker) {
    t.add_device("ann", &peer(1)).await;
    t.add_device("bob", &peer(2)).await;
    let browser = cookie_of(t, "ann").await;
    let list: SessionList = t.get("root", "/users/ann/sessions").await.expect("a list");
    assert_eq!(list.sessions.len(), 2, "{list:?}");
    assert_eq!(list.sessions.iter().filter(|s| s.browser).count(), 1);
    assert!(list.sessions.iter().all(|s| !s.current && s.device.is_some()));
    let own: SessionList = t.get("ann", "/me/sessions").await.expect("a list");
    assert_eq!(own.sessions.iter().filter(|s| s.current).count(), 1);
    let users: UserList = t.get("root", "/users").await.expect("a list");
    assert!(users.users.iter().all(|u| u.last_sign_in.is_some()));

    // Whose session it is counts, whoever names it.
    let of_ann = own.sessions.iter().find(|s| s.browser).expect("the browser").id.clone();
    let missing = Some(refusal(404, "not_found"));
    for (who, path) in [
        ("bob", format!("/me/sessions/{of_ann}")),
        ("root", format!("/users/bob/sessions/{of_ann}")),
        ("root", format!("/users/bob/devices/{}", peer(1))),
        ("root", "/users/nobody/sessions".to_owned()),
    ] {
        assert_eq!(t.call::<()>(who, Method::DELETE, &path, NOTHING).await.err(), missing, "{path}");
    }
    for path in ["/users/ann/sessions".to_owned(), format!("/users/ann/devices/{}", peer(1))] {
        let by_friend = t.call::<()>("bob", Method::DELETE, &path, NOTHING).await;
        assert_eq!(by_friend.err(), Some(refusal(403, "forbidden")), "{path}");
    }

    let path = format!("/users/ann/sessions/{of_ann}");
    t.call::<()>("root", Method::DELETE, &path, NOTHING).await.expect("ended");
    let over = by_cookie::<Me>(t, &browser, Method::GET, "/me", NOTHING).await;
    assert_eq!(over.err(), Some(refusal(401, "sign_in")));
    t.get::<Me>("ann", "/me").await.expect("the other session goes on");
    t.call::<()>("root", Method::DELETE, "/users/ann/sessions", NOTHING).await.expect("ended");
    assert_eq!(t.get::<Me>("ann", "/me").await.err(), Some(refusal(401, "sign_in")));

    let devices: DeviceList = t.get("root", "/users/ann/devices").await.expect("a list");
    assert_eq!(devices.devices.len(), 1);
    let path = format!("/users/ann/devices/{}", peer(1));
    t.call::<()>("root", Method::DELETE, &path, NOTHING).await.expect("unbound");
    let denied: DenyList = t.get("bob", "/swarm/deny").await.expect("a list");
    assert!(denied.peers.contains(&peer(1)) && !denied.peers.contains(&peer(2)), "{denied:?}");
}

pub(crate) async fn who_is_no_admin_any_more_may_nothing_more(t: &Tracker) {
    t.add_game("secret", true).await;
    let scope = async |name: &str, scope: Scope| -> Result<User, Refusal> {
        let change = UpdateUser { scope: Some(scope), ..UpdateUser::default() };
        t.call("root", Method::PATCH, &format!("/users/{name}"), Some(&change)).await
    };
    assert_eq!(scope("root", Scope::User).await.err(), Some(refusal(409, "last_admin")));
    assert_eq!(scope("ann", Scope::Seed).await.err(), Some(refusal(400, "bad_request")));
    assert_eq!(scope("ann", Scope::Admin).await.expect("an admin").scope, Scope::Admin);
    t.get::<UserList>("ann", "/users").await.expect("at once, with the session that she has");
    t.get::<serde_json::Value>("ann", "/games/secret").await.expect("sees every game");
    let token = token(t, "ann", TokenLevel::Admin).await;
    t.keep_token("script", &token.secret);
    t.get::<UserList>("script", "/users").await.expect("by token");

    scope("ann", Scope::User).await.expect("a friend again");
    assert_eq!(t.get::<Me>("ann", "/me").await.err(), Some(refusal(401, "sign_in")));
    assert_eq!(t.get::<UserList>("script", "/users").await.err(), Some(refusal(401, "sign_in")));
    t.login("ann").await;
    assert_eq!(t.get::<UserList>("ann", "/users").await.err(), Some(refusal(403, "forbidden")));
    let denied: DenyList = t.get("root", "/swarm/deny").await.expect("a list");
    let me: Me = t.get("ann", "/me").await.expect("signed in");
    assert!(
        serde_json::to_string(&denied).expect("JSON").contains(&me.id),
        "her tickets are over: {denied:?}"
    );
}

/// A token of somebody's own.
async fn token(t: &Tracker, who: &str, level: TokenLevel) -> MadeToken {
    let new = NewToken { name: format!("{who}'s {}", level.as_str()).into(), level, days: Some(1) };
    t.post(who, "/tokens", &new).await.expect("a token")
}

pub(crate) async fn a_token_opens_what_it_was_made_for(t: &Tracker) {
    let all = [TokenLevel::Read, TokenLevel::Publish, TokenLevel::Admin];
    for level in all {
        let made = token(t, "root", level).await;
        assert!(made.secret.starts_with("mist_t_") && made.secret.len() > 40);
        t.keep_token(level.as_str(), &made.secret);
    }
    let refused = || refusal(403, "token_level");
    for (n, held) in all.into_iter().enumerate() {
        let who = held.as_str();
        t.get::<UserList>(who, "/users").await.expect("every one reads");
        let slug = format!("game-{n}").parse().expect("slug");
        let game = NewGame { slug, title: None, app_id: None, is_private: false };
        let publishes = t.post::<serde_json::Value>(who, "/games", &game).await;
        assert_eq!(publishes.err(), (held < TokenLevel::Publish).then(refused), "{who}");
        let admins = t.call::<()>(who, Method::DELETE, &format!("/games/game-{n}"), NOTHING).await;
        assert_eq!(admins.err(), (held < TokenLevel::Admin).then(refused), "{who}");
        // None makes another one, nor anything that would outlive it.
        let new = NewToken { name: "x".into(), level: TokenLevel::Read, days: None };
        assert_eq!(t.post::<MadeToken>(who, "/tokens", &new).await.err(), Some(refused()), "{who}");
        let change = ChangePassword { current: PASSWORD.into(), new: "another horse".into() };
        assert_eq!(
            t.call::<()>(who, Method::PUT, "/me/password", Some(&change)).await.err(),
            Some(refused()),
            "{who}"
        );
        let reset = serde_json::json!({});
        assert_eq!(
            t.post::<serde_json::Value>(who, "/users/ann/reset", &reset).await.err(),
            Some(refused()),
            "{who}"
        );
    }
}

pub(crate) async fn a_token_ends_and_is_shown_once(t: &Tracker) {
    let made = token(t, "root", TokenLevel::Admin).await;
    t.keep_token("script", &made.secret);
    let list: TokenList = t.get("root", "/tokens").await.expect("a list");
    assert_eq!(list.tokens, [ApiToken { used: None, ..made.token.clone() }]);
    assert!(!serde_json::to_string(&list).expect("JSON").contains(&made.secret));
    t.get::<Me>("script", "/me").await.expect("good");
    let list: TokenList = t.get("root", "/tokens").await.expect("a list");
    assert_eq!(list.tokens[0].used, Some(t.app.records.now()), "its last use shows");
    t.pass(24 * 60 * MINUTE);
    t.login("root").await;
    t.login("ann").await;
    assert_eq!(t.get::<Me>("script", "/me").await.err(), Some(refusal(401, "token_expired")));

    let made = token(t, "root", TokenLevel::Read).await;
    t.keep_token("script", &made.secret);
    let path = format!("/tokens/{}", made.token.id);
    assert_eq!(
        t.call::<()>("ann", Method::DELETE, &path, NOTHING).await.err(),
        Some(refusal(403, "forbidden"))
    );
    t.call::<()>("root", Method::DELETE, &path, NOTHING).await.expect("removed");
    assert_eq!(t.get::<Me>("script", "/me").await.err(), Some(refusal(401, "sign_in")));
    let by_friend = NewToken { name: "x".into(), level: TokenLevel::Read, days: None };
    assert_eq!(
        t.post::<MadeToken>("ann", "/tokens", &by_friend).await.err(),
        Some(refusal(403, "forbidden"))
    );
    for days in [0, 3651] {
        let new = NewToken { name: "x".into(), level: TokenLevel::Read, days: Some(days) };
        assert_eq!(
            t.post::<MadeToken>("root", "/tokens", &new).await.err(),
            Some(refusal(400, "bad_request"))
        );
    }
}
