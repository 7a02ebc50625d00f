//! Who may call what.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use mist_proto::{
    Hash,
    claims::Scope,
    http::{
        BytesBySource, CONFIRMED_SECS, GameList, MadeToken, NewToken, Operation, ProblemDetails, Sources,
        SourcesRequest, TicketList, TicketsRequest, TokenLevel, TransferReport, UpdateUser, User,
        route::{self, Access},
    },
};
use mist_tracker::auth::browser::IDLE_MILLIS;
use serde_json::Value;
use tower::ServiceExt;

use crate::browsers::{Page, by_browser, cookie_of};
use crate::tracker::{NOTHING, Plan, REQUESTS, Refusal, Tracker, peer, refusal, request};

/// What a caller shows.
#[derive(Debug)]
enum Shown {
    Nothing,
    Token(String),
    Cookie(String, Page),
}

pub(crate) async fn every_route_follows_the_table(t: &Tracker) {
    let table: BTreeSet<&str> =
        route::ALL.iter().map(|e| &e.info).filter(|i| i.access != Access::Capability).map(|i| i.id).collect();
    let served = mist_tracker::http::served();
    assert_eq!(served.len(), table.len(), "no route is served twice");
    assert_eq!(
        served.into_iter().collect::<BTreeSet<_>>(),
        table,
        "the router and the table name the same routes"
    );

    t.add_seed("nas").await;
    let expired = t.token("bob");
    let off = UpdateUser { disabled: Some(true), ..UpdateUser::default() };
    let disabled = t.token("ann");
    t.pass(15 * 60 * 1000);
    for name in ["root", "bob"] {
        t.login(name).await;
    }
    t.add_seed("nas2").await;
    t.call::<User>("root", Method::PATCH, "/users/ann", Some(&off)).await.expect("disabled");
    let ended = cookie_of(t, "bob").await;
    t.pass(IDLE_MILLIS);
    for name in ["root", "bob"] {
        t.login(name).await;
    }
    t.add_seed("nas3").await;
    let (bob, root) = (cookie_of(t, "bob").await, cookie_of(t, "root").await);
    let signed_in = t.app.records.now().plus_millis(CONFIRMED_SECS * 1000);
    let mut tokens = Vec::new();
    for level in [TokenLevel::Read, TokenLevel::Publish, TokenLevel::Admin] {
        let new = NewToken { name: level.as_str().into(), level, days: None };
        let made: MadeToken = t.post("root", "/tokens", &new).await.expect("a token");
        tokens.push((level, made.secret));
    }
    let callers = [
        (Shown::Nothing, None),
        (Shown::Token(expired), None),
        (Shown::Token(disabled), None),
        (Shown::Token(t.token("bob")), Some(Scope::User)),
        (Shown::Token(t.token("root")), Some(Scope::Admin)),
        (Shown::Token(t.token("nas3")), Some(Scope::Seed)),
        (Shown::Cookie(ended, Page::Ours), None),
        (Shown::Cookie(bob.clone(), Page::Ours), Some(Scope::User)),
        (Shown::Cookie(root.clone(), Page::Ours), Some(Scope::Admin)),
        (Shown::Cookie(bob, Page::Theirs), Some(Scope::User)),
        (Shown::Cookie(root, Page::Theirs), Some(Scope::Admin)),
    ];
    let requests = route::ALL.iter().filter(|e| e.info.access != Access::Capability).flat_map(|e| {
        let head = (e.info.method == route::Method::Get).then_some("HEAD");
        std::iter::once(e.info.method.as_str()).chain(head).map(|method| (method, e.info.path, e.info.access))
    });
    for (method, path, access) in requests {
        // So many requests are a flood otherwise. The browsers confirm their passwords by being new.
        t.pass(2000);
        let info = route::find(method, path).expect("a route");
        for (level, token) in &tokens {
            if path == "/api/v1/events" || access == Access::Anyone {
                continue;
            }
            let status = status(t, method, path, &Shown::Token(token.clone())).await;
            let opens = access.allows(Scope::Admin) && info.token.is_some_and(|needed| *level >= needed);
            let who = format!("{method} {path} by a token for {level:?}: {status}");
            assert_eq!(opens, ![401, 403].contains(&status), "{who}");
        }
        for (shown, scope) in &callers {
            // Would end the session of the cookie, which other tests show.
            if path == "/api/v1/auth/browser" && matches!(shown, Shown::Cookie(..)) {
                continue;
            }
            // Waits for nothing and streams for ever: only whether it opens matters, and other tests show that.
            let opens = scope.is_some_and(|s| access.allows(s));
            if path == "/api/v1/events" && opens {
                continue;
            }
            let allowed = access == Access::Anyone || opens;
            let status = status(t, method, path, shown).await;
            let who = format!("{method} {path} as {scope:?} by {shown:?}");
            let elsewhere =
                matches!(shown, Shown::Cookie(_, Page::Theirs)) && !["GET", "HEAD"].contains(&method);
            match (allowed, scope) {
                (_, Some(_)) if elsewhere && access != Access::Anyone => assert_eq!(status, 403, "{who}"),
                (true, _) if path.starts_with("/api/v1/auth/") => {
                    assert!([400, 401, 204].contains(&status), "{who}: {status}: these look at the body");
                }
                // The route would do it, but for the password that was given too long ago.
                (true, _)
                    if info.confirmed
                        && matches!(shown, Shown::Cookie(..))
                        && t.app.records.now() > signed_in =>
                {
                    assert!(![401, 405, 500].contains(&status), "{who}: {status}");
                }
                (true, _) => assert!(![401, 403, 405, 500].contains(&status), "{who}: {status}"),
                (false, None) => assert_eq!(status, 401, "{who}"),
                (false, Some(_)) => assert_eq!(status, 403, "{who}"),
            }
        }
    }
}

/// Calls a route with names that don't exist and an empty body, so that nothing is changed.
async fn status(t: &Tracker, method: &str, path: &str, shown: &Shown) -> u16 {
    let hash = Hash::of(b"x").to_string();
    let peer = peer(25);
    let uri = path
        .replace("{slug}", "no-game")
        .replace("{version}", "9.9")
        .replace("{name}", "no-user")
        .replace("{hash}", &hash)
        .replace("{peer}", peer.as_str())
        .replace("{app}", "5")
        .replace("{field}", "title")
        .replace("{id}", "no-id");
    let mut request = Request::builder().method(method).uri(uri).header("content-type", "application/json");
    if let Shown::Token(token) = shown {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).expect("a request");
    let request = match shown {
        Shown::Cookie(cookie, page) => by_browser(request, cookie, *page),
        _ => request,
    };
    t.send(request).await.0.as_u16()
}

/// What a refusal tells but for which request it was.
fn told((status, bytes): (StatusCode, Vec<u8>)) -> ProblemDetails {
    let details: ProblemDetails = serde_json::from_slice(&bytes).expect("problem details");
    assert_eq!(details.status, status.as_u16());
    ProblemDetails { request_id: None, ..details }
}

pub(crate) async fn private_games_do_not_exist_for_others(t: &Tracker) {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("secret", true).await;
    let plan = Plan::first("secret");
    let id = t.publish(&plan).await;
    let second = plan.next("2.0", id);
    t.publish(&second).await;
    t.call::<()>("root", Method::PUT, "/users/bob/grants/secret", NOTHING).await.expect("granted");
    for (who, n) in [("ann", 1), ("bob", 2)] {
        t.add_device(who, &peer(n)).await;
    }

    let envelope = Hash::of(&t.envelope(&plan).1);
    let patch = mist_proto::BlobId::of(b"1.0..2.0");
    let gets = [
        "/games/secret".to_owned(),
        "/games/secret/builds".to_owned(),
        "/games/secret/builds/1.0/manifest".to_owned(),
        format!("/manifests/{envelope}"),
    ];
    let missing = Some(refusal(404, "not_found"));
    for path in &gets {
        let request = request(Method::GET, path, Some(&t.token("ann")), NOTHING, "192.0.2.1");
        let hidden = told(t.send(request).await);
        let unknown =
            path.replace("secret", "nothing").replace(&envelope.to_string(), &Hash::of(b"").to_string());
        let other =
            crate::tracker::request(Method::GET, &unknown, Some(&t.token("ann")), NOTHING, "192.0.2.1");
        assert_eq!(hidden, told(t.send(other).await), "{path}: hidden and unknown look alike");
        assert_eq!(hidden.status, 404, "{path}");
        let granted = crate::tracker::request(Method::GET, path, Some(&t.token("bob")), NOTHING, "192.0.2.1");
        assert_eq!(t.send(granted).await.0, 200, "{path} with a grant");
    }
    for blob in [plan.archive(), second.archive(), patch] {
        let ask = SourcesRequest { game: "secret".parse().expect("slug"), blob, peer: None };
        assert_eq!(t.post::<Sources>("ann", "/swarm/sources", &ask).await.err(), missing);
        t.post::<Sources>("bob", "/swarm/sources", &ask).await.expect("with a grant");
    }
    let games: GameList = t.get("ann", "/games").await.expect("a list");
    assert!(games.games.is_empty());
    let tickets = |n| TicketsRequest { peer: peer(n) };
    let none: TicketList = t.post("ann", "/swarm/tickets", &tickets(1)).await.expect("a list");
    assert!(none.tickets.is_empty());
    let one: TicketList = t.post("bob", "/swarm/tickets", &tickets(2)).await.expect("a list");
    assert_eq!(one.tickets.len(), 1);
    let report = TransferReport {
        id: "r".into(),
        game: "secret".parse().expect("slug"),
        operation: Operation::Install,
        from: None,
        to: "1.0".parse().expect("version"),
        bytes: BytesBySource::default(),
        wire: None,
        finished: false,
    };
    assert_eq!(t.post::<()>("ann", "/swarm/reports", &report).await.err(), missing);

    // A blob of another game is not found under a game that one may see.
    t.add_game("open", false).await;
    let ask = SourcesRequest { game: "open".parse().expect("slug"), blob: plan.archive(), peer: None };
    assert_eq!(t.post::<Sources>("ann", "/swarm/sources", &ask).await.err(), missing);
}

pub(crate) async fn the_description_is_that_of_the_table(t: &Tracker) {
    let described: Value = t.get("", "/openapi.json").await.expect("the description");
    let document = serde_json::to_value(route::openapi::document()).expect("JSON");
    assert_eq!(described, document);
}

pub(crate) async fn whoever_may_get_something_may_ask_for_its_head(t: &Tracker) {
    let head = |path: &str| {
        let request = Request::builder().method("HEAD").uri(path.to_owned()).body(Body::empty());
        t.router.clone().oneshot(request.expect("a request"))
    };
    for path in ["/healthz", "/api/v1/trust", "/api/v1/openapi.json"] {
        assert_eq!(head(path).await.expect("an answer").status(), StatusCode::OK, "{path}");
    }
    assert_eq!(head("/api/v1/games").await.expect("an answer").status(), StatusCode::UNAUTHORIZED);
    assert_eq!(head("/api/v1/auth/login").await.expect("an answer").status(), StatusCode::METHOD_NOT_ALLOWED);
}

pub(crate) async fn a_refusal_names_the_request(t: &Tracker) {
    for path in ["/nothing", "/games/nothing", "/me"] {
        let request = request(Method::GET, path, None, NOTHING, "192.0.2.1");
        let response = t.router.clone().oneshot(request).await.expect("an answer");
        let id = response.headers()["x-request-id"].to_str().expect("text").to_owned();
        assert_eq!(response.headers()["content-type"], ProblemDetails::MEDIA_TYPE);
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        let details: ProblemDetails = serde_json::from_slice(&bytes).expect("problem details");
        assert_eq!(details.request_id, Some(id), "{path}");
        assert_eq!(details.status, status.as_u16());
        let before = details.error.clone().expect("for clients of before");
        assert_eq!(details.into_body(), Some(before));
    }
}

pub(crate) async fn only_a_plain_id_of_a_request_is_taken_over(t: &Tracker) {
    let answered = async |ids: &[&str]| {
        let mut request = request(Method::GET, "/trust", None, NOTHING, "192.0.2.1");
        for id in ids {
            request.headers_mut().append("x-request-id", id.parse().expect("a value"));
        }
        let response = t.router.clone().oneshot(request).await.expect("an answer");
        response.headers()["x-request-id"].to_str().expect("text").to_owned()
    };
    for usual in ["0191f3c2-7a", "Root=1-67891233-abcdef012345678912345678", &"a".repeat(64)] {
        assert_eq!(answered(&[usual]).await, usual);
    }
    for odd in [&["a".repeat(5000).as_str()][..], &[&"a".repeat(65)], &[""], &["a b"], &["a\tb"], &["a", "b"]]
    {
        let made = answered(odd).await;
        assert!(made.len() == 36 && !odd.contains(&made.as_str()), "{odd:?}: {made}");
    }
}

pub(crate) async fn texts_are_refused_that_move_a_terminal_or_turn_around(t: &Tracker) {
    let new = |title: &str| serde_json::json!({ "slug": "odd", "title": title });
    for odd in ["a\u{1b}[2Jb", "a\u{7}", "a\nb", "a\u{202e}b", "a\u{9b}2J", "", " ", &"x".repeat(70_000)] {
        let refused: Result<Value, Refusal> = t.post("root", "/games", &new(odd)).await;
        assert_eq!(refused.err(), Some(refusal(400, "bad_request")), "{odd:?}");
    }
    t.add_game("plain", false).await;
    for (field, odd) in [("title", "\u{202e}"), ("description", "\u{1b}c"), ("cover_url", "javascript:x")] {
        let edit = serde_json::json!({ field: odd });
        let refused: Result<Value, Refusal> =
            t.call("root", Method::PATCH, "/games/plain", Some(&edit)).await;
        assert_eq!(refused.err(), Some(refusal(400, "bad_request")), "{field}");
    }
    let edit = serde_json::json!({ "title": "❤️ می‌خواهم", "description": "one\n\ntwo", "cover_url": "" });
    let edited: Value = t.call("root", Method::PATCH, "/games/plain", Some(&edit)).await.expect("edited");
    assert_eq!((&edited["title"], &edited["description"]), (&edit["title"], &edit["description"]));
    // Names that programs give are cleaned instead.
    let peer = peer(7);
    let bound: Value = t
        .call(
            "ann",
            Method::PUT,
            &format!("/devices/{peer}"),
            Some(&serde_json::json!({ "name": "\u{1b}[31mpc\n" })),
        )
        .await
        .expect("bound");
    assert_eq!(bound["name"], "[31mpc");
    // What is no object is none, although our types could read it.
    let listed: Result<Value, Refusal> = t.post("root", "/games", &("odd", "Odd", 1u8, false)).await;
    assert_eq!(listed.err(), Some(refusal(400, "bad_request")));
}

pub(crate) async fn a_password_is_the_same_from_every_keyboard(t: &Tracker) {
    let set = |password: &str| UpdateUser { password: Some(password.into()), ..UpdateUser::default() };
    let path = "/users/ann";
    let typed_on_a_mac = set("Schlu\u{308}ssel fu\u{308}r Ann");
    t.call::<Value>("root", Method::PATCH, path, Some(&typed_on_a_mac)).await.expect("set");
    t.try_login("ann", "Schlüssel für Ann", "192.0.2.1").await.expect("typed on Windows");
    let other = t.try_login("ann", "Schlussel fur Ann", "192.0.2.9").await;
    assert!(other.is_err(), "another password");
    let refused: Result<Value, Refusal> =
        t.call("root", Method::PATCH, path, Some(&set("line one\nline two"))).await;
    assert_eq!(refused.err(), Some(refusal(400, "bad_password")));

    // A hash of before is of the bytes as they were typed; it is made anew with the first sign-in.
    let ann = "ann".parse().expect("name");
    let stored = async || {
        let mut tx = t.app.records.read().await.expect("a database");
        mist_tracker::db::users::by_name(&mut tx, &ann).await.expect("an answer").expect("an account")
    };
    let old = hash_of_bytes("Zoe\u{308} und Ann".as_bytes());
    let mut tx = t.app.records.write().await.expect("a database");
    mist_tracker::db::users::set_password(&mut tx, &stored().await.id, &old).await.expect("written");
    tx.commit().await.expect("written");
    t.try_login("ann", "Zoë und Ann", "192.0.2.1").await.expect("by the old hash");
    let renewed = stored().await.password;
    assert_ne!(renewed, old);
    t.try_login("ann", "Zoë und Ann", "192.0.2.1").await.expect("by the new one");
    assert_eq!(stored().await.password, renewed, "once");
}

fn hash_of_bytes(password: &[u8]) -> String {
    use argon2::{Algorithm, Argon2, Params, Version, password_hash::PasswordHasher};
    let cheap = Params::new(8, 1, 1, None).expect("parameters");
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
    argon.hash_password_with_salt(password, &[1; 16]).expect("hash").to_string()
}

pub(crate) async fn errors_have_one_shape(t: &Tracker) {
    let too_large = "x".repeat(mist_proto::limits::MAX_JSON_BODY + 1);
    for (method, path, body, status, code) in [
        (Method::GET, "/nothing", "", 404, "not_found"),
        (Method::GET, "/games/..%2f", "", 404, "not_found"),
        (Method::GET, "/games/UPPER", "", 404, "not_found"),
        (Method::DELETE, "/games", "", 405, "wrong_method"),
        (Method::POST, "/games", "{", 400, "bad_request"),
        (Method::POST, "/games", r#"{"slug": "../x"}"#, 400, "bad_request"),
        (Method::POST, "/games", too_large.as_str(), 413, "too_large"),
    ] {
        let mut request = request(method.clone(), path, Some(&t.token("root")), NOTHING, "192.0.2.1");
        *request.body_mut() = Body::from(body.to_owned());
        let refused: Result<Value, Refusal> = crate::tracker::answer(t.send(request).await);
        assert_eq!(refused.err(), Some(refusal(status, code)), "{method} {path}");
    }
}

pub(crate) async fn a_flood_is_refused_for_whom_it_comes_from(t: &Tracker) {
    // One account, from many networks.
    let mut answers = Vec::new();
    for n in 0..=REQUESTS {
        let from = format!("198.51.100.{}", n % 4);
        answers.push(t.call_from::<GameList>(&from, "ann", Method::GET, "/games", NOTHING).await);
    }
    assert!(answers[..answers.len() / 2].iter().all(Result::is_ok));
    assert_eq!(answers.pop(), Some(Err(refusal(429, "too_many_requests"))));
    let other: Result<GameList, _> = t.call_from("198.51.100.1", "bob", Method::GET, "/games", NOTHING).await;
    other.expect("another account, from one of the same networks");
    t.pass(60_000);
    t.get::<GameList>("ann", "/games").await.expect("after a while");

    // One network, with no account.
    let ask = |from| t.router.clone().oneshot(request(Method::GET, "/trust", None, NOTHING, from));
    for _ in 0..REQUESTS {
        assert_eq!(ask("203.0.113.9").await.expect("an answer").status(), StatusCode::OK);
    }
    let refused = ask("203.0.113.9").await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait = refused.headers().get("retry-after").and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    assert_eq!(wait, Some(1));
    assert_eq!(ask("203.0.113.10").await.expect("an answer").status(), StatusCode::OK);
}
