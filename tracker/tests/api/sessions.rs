//! Signing in, staying signed in, being signed out.

use axum::http::Method;
use mist_proto::{
    UnixMillis,
    claims::{AccessClaims, Scope, TicketClaims, TrackerSecret},
    http::{Me, RefreshRequest, Session, UpdateUser, User},
};
use mist_tracker::auth::refresh::{LOST_ANSWER_MILLIS, SESSION_MILLIS};

use crate::tracker::{NOTHING, PASSWORD, Refusal, Tracker, peer, refusal};

async fn refresh(t: &Tracker, token: &str) -> Result<Session, Refusal> {
    t.post("", "/auth/refresh", &RefreshRequest { refresh_token: token.into() }).await
}

async fn change(t: &Tracker, user: &str, change: UpdateUser) -> Result<User, Refusal> {
    t.call("root", Method::PATCH, &format!("/users/{user}"), Some(&change)).await
}

pub(crate) async fn wrong_passwords_and_unknown_users_look_alike(t: &Tracker) {
    let wrong = t.try_login("ann", "wrong horse", "192.0.2.7").await.err();
    assert_eq!(wrong, Some(refusal(401, "not_signed_in")));
    assert_eq!(t.try_login("nobody", PASSWORD, "192.0.2.7").await.err(), wrong);
    let me: Me = t.get("ann", "/me").await.expect("signed in");
    assert_eq!((me.name.as_str(), me.scope), ("ann", Scope::User));
}

pub(crate) async fn guessing_is_slowed_down(t: &Tracker) {
    for _ in 0..5 {
        let wrong = t.try_login("bob", "guess", "198.51.100.1").await.err();
        assert_eq!(wrong, Some(refusal(401, "not_signed_in")));
    }
    let late = t.try_login("bob", PASSWORD, "198.51.100.1").await.err();
    assert_eq!(late, Some(refusal(429, "too_many_attempts")), "even with the right one");
    t.try_login("bob", PASSWORD, "192.0.2.1").await.expect("bob's own network is not slowed down");
    t.pass(1000);
    t.try_login("bob", PASSWORD, "198.51.100.1").await.expect("after the wait");
}

pub(crate) async fn refresh_tokens_rotate_and_a_replay_ends_the_session(t: &Tracker) {
    let first = t.login("ann").await;
    let second = refresh(t, &first.refresh_token).await.expect("fresh");
    let third = refresh(t, &second.refresh_token).await.expect("fresh");
    t.keep_token("ann", &third.access_token);
    t.get::<Me>("ann", "/me").await.expect("signed in");
    let over = Some(refusal(401, "not_signed_in"));
    assert_eq!(refresh(t, &first.refresh_token).await.err(), over, "shown twice");
    assert_eq!(refresh(t, &third.refresh_token).await.err(), over, "the whole session is over");
    assert_eq!(t.get::<Me>("ann", "/me").await.err(), Some(refusal(401, "sign_in")), "at once");
    assert_eq!(refresh(t, "junk").await.err(), over);
}

pub(crate) async fn a_lost_answer_is_forgiven_once(t: &Tracker) {
    let first = t.login("ann").await;
    let lost = refresh(t, &first.refresh_token).await.expect("fresh");
    let again = refresh(t, &first.refresh_token).await.expect("the answer got lost");
    let over = Some(refusal(401, "not_signed_in"));
    assert_eq!(refresh(t, &lost.refresh_token).await.err(), over, "the dropped token is a replay");
    assert_eq!(refresh(t, &again.refresh_token).await.err(), over);

    let first = t.login("ann").await;
    refresh(t, &first.refresh_token).await.expect("fresh");
    t.pass(LOST_ANSWER_MILLIS + 1);
    assert_eq!(refresh(t, &first.refresh_token).await.err(), over, "nobody waits that long for an answer");
}

pub(crate) async fn sessions_end_when_nobody_refreshes(t: &Tracker) {
    let session = t.login("ann").await;
    t.pass(15 * 60 * 1000);
    assert_eq!(t.get::<Me>("ann", "/me").await.err(), Some(refusal(401, "token_expired")));
    let session = refresh(t, &session.refresh_token).await.expect("still within the session");
    t.pass(SESSION_MILLIS);
    assert_eq!(refresh(t, &session.refresh_token).await.err(), Some(refusal(401, "not_signed_in")));

    let session = t.login("ann").await;
    t.post::<()>("", "/auth/logout", &RefreshRequest { refresh_token: session.refresh_token.clone() })
        .await
        .expect("signs out");
    assert_eq!(t.get::<Me>("ann", "/me").await.err(), Some(refusal(401, "sign_in")));
    assert_eq!(refresh(t, &session.refresh_token).await.err(), Some(refusal(401, "not_signed_in")));
}

pub(crate) async fn disabling_ends_everything_at_once(t: &Tracker) {
    let session = t.login("ann").await;
    let user = change(t, "ann", UpdateUser { disabled: Some(true), ..UpdateUser::default() }).await;
    assert!(user.expect("changed").disabled);
    assert_eq!(t.get::<Me>("ann", "/me").await.err(), Some(refusal(401, "sign_in")));
    assert!(refresh(t, &session.refresh_token).await.is_err());
    assert!(t.try_login("ann", PASSWORD, "192.0.2.1").await.is_err());
    change(t, "ann", UpdateUser { disabled: Some(false), ..UpdateUser::default() }).await.expect("changed");
    t.login("ann").await;
    t.call::<()>("root", Method::DELETE, "/users/ann", NOTHING).await.expect("removed");
    assert_eq!(t.get::<Me>("ann", "/me").await.err(), Some(refusal(401, "sign_in")), "a removed account");
}

pub(crate) async fn a_new_password_ends_sessions(t: &Tracker) {
    let password = Some("another horse".to_owned());
    change(t, "ann", UpdateUser { password, ..UpdateUser::default() }).await.expect("changed");
    assert_eq!(t.get::<Me>("ann", "/me").await.err(), Some(refusal(401, "sign_in")));
    assert!(t.try_login("ann", PASSWORD, "192.0.2.1").await.is_err());
    t.try_login("ann", "another horse", "192.0.2.1").await.expect("the new one");
    let short = UpdateUser { password: Some("short".into()), ..UpdateUser::default() };
    assert_eq!(change(t, "ann", short).await.err(), Some(refusal(400, "bad_password")));
}

pub(crate) async fn the_last_admin_stays(t: &Tracker) {
    let off = UpdateUser { disabled: Some(true), ..UpdateUser::default() };
    assert_eq!(change(t, "root", off).await.err(), Some(refusal(409, "last_admin")));
    let gone = t.call::<()>("root", Method::DELETE, "/users/root", NOTHING).await;
    assert_eq!(gone.err(), Some(refusal(409, "last_admin")));
    t.get::<Me>("root", "/me").await.expect("nothing was changed");
}

/// What `proto` can't know: which account and session stand behind a token.
pub(crate) async fn tokens_of_other_kinds_and_keys_are_refused(t: &Tracker) {
    let session = t.login("ann").await;
    let now = t.app.records.now();
    let good: AccessClaims = t.app.signing.key.verify(&session.access_token, now).expect("good");
    let sign = |claims: &AccessClaims| t.app.signing.secret.sign(claims);
    let ticket = TicketClaims {
        aud: "mist-peer".into(),
        sub: good.sub.clone(),
        peer: peer(1),
        game: "g".parse().expect("slug"),
        iat: now.secs(),
        exp: now.secs() + 60,
        jti: "j".into(),
    };
    let bob: Me = t.get("bob", "/me").await.expect("bob");
    for (what, token) in [
        ("a refresh token", session.refresh_token.clone()),
        ("a ticket", t.app.signing.secret.sign(&ticket)),
        ("another key", TrackerSecret::from_seed(&[6; 32]).sign(&good)),
        ("another's session", sign(&AccessClaims { sub: bob.id, ..good.clone() })),
        ("no session", sign(&AccessClaims { family: "x".into(), ..good.clone() })),
        ("a user as a seed", sign(&AccessClaims { scope: Scope::Seed, ..good.clone() })),
        ("empty", String::new()),
    ] {
        t.keep_token("x", &token);
        assert_eq!(t.get::<Me>("x", "/me").await.err(), Some(refusal(401, "sign_in")), "{what}");
    }
    // Even a token that says so makes no admin of a user: the database decides.
    t.keep_token("x", &sign(&AccessClaims { scope: Scope::Admin, ..good }));
    let users = t.get::<serde_json::Value>("x", "/users").await;
    assert_eq!(users.err(), Some(refusal(403, "forbidden")));
    assert_eq!(UnixMillis(now.0), t.app.records.now(), "the clock is the test's");
}
