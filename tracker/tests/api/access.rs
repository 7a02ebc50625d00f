//! Who may call what.

use std::collections::BTreeSet;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use mist_proto::{
    Hash,
    claims::Scope,
    http::{
        BytesBySource, GameList, Operation, Sources, SourcesRequest, TicketList, TicketsRequest,
        TransferReport, UpdateUser, User,
    },
};
use mist_tracker::auth::table::{Access, TABLE};
use serde_json::Value;
use tower::ServiceExt;

use crate::tracker::{NOTHING, Plan, REQUESTS, Refusal, Tracker, peer, refusal, request};

/// Every route of the router, from its own description.
async fn routes(t: &Tracker) -> BTreeSet<(String, String)> {
    let doc: Value = t.get("", "/openapi.json").await.expect("the description");
    let mut routes = BTreeSet::new();
    for (path, item) in doc["paths"].as_object().expect("paths") {
        for method in item.as_object().expect("operations").keys() {
            if ["get", "put", "post", "patch", "delete"].contains(&method.as_str()) {
                routes.insert((method.to_uppercase(), path.clone()));
            }
        }
    }
    routes
}

pub(crate) async fn every_route_follows_the_table(t: &Tracker) {
    let table: BTreeSet<(String, String)> =
        TABLE.iter().map(|(m, p, _)| ((*m).to_owned(), (*p).to_owned())).collect();
    assert_eq!(routes(t).await, table, "the router and the table name the same routes");
    assert_eq!(table.len(), TABLE.len(), "no route stands in the table twice");

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
    let callers = [
        (None, None),
        (Some(expired), None),
        (Some(disabled), None),
        (Some(t.token("bob")), Some(Scope::User)),
        (Some(t.token("root")), Some(Scope::Admin)),
        (Some(t.token("nas2")), Some(Scope::Seed)),
    ];
    for (method, path, access) in TABLE {
        for (token, scope) in &callers {
            // Waits for nothing and streams for ever: only whether it opens matters, and other tests show that.
            let opens = scope.is_some_and(|s| access.allows(s));
            if *path == "/api/v1/events" && opens {
                continue;
            }
            let allowed = *access == Access::Anyone || opens;
            let status = status(t, method, path, token.as_deref()).await;
            let who = format!("{method} {path} as {scope:?}");
            match (allowed, scope) {
                (true, _) if path.starts_with("/api/v1/auth/") => {
                    assert!([400, 401, 204].contains(&status), "{who}: {status}: these look at the body");
                }
                (true, _) => assert!(![401, 403, 405, 500].contains(&status), "{who}: {status}"),
                (false, None) => assert_eq!(status, 401, "{who}"),
                (false, Some(_)) => assert_eq!(status, 403, "{who}"),
            }
        }
    }
}

/// Calls a route with names that don't exist and an empty body, so that nothing is changed.
async fn status(t: &Tracker, method: &str, path: &str, token: Option<&str>) -> u16 {
    let hash = Hash::of(b"x").to_string();
    let peer = peer(25);
    let uri = path
        .replace("{slug}", "no-game")
        .replace("{version}", "9.9")
        .replace("{name}", "no-user")
        .replace("{hash}", &hash)
        .replace("{peer}", peer.as_str())
        .replace("{id}", "no-id");
    let mut request = Request::builder().method(method).uri(uri).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    t.send(request.body(Body::empty()).expect("a request")).await.0.as_u16()
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
        let (hidden, body) = t.send(request).await;
        let unknown =
            path.replace("secret", "nothing").replace(&envelope.to_string(), &Hash::of(b"").to_string());
        let other =
            crate::tracker::request(Method::GET, &unknown, Some(&t.token("ann")), NOTHING, "192.0.2.1");
        assert_eq!((hidden, body), t.send(other).await, "{path}: hidden and unknown look alike");
        assert_eq!(hidden, 404, "{path}");
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
        finished: false,
    };
    assert_eq!(t.post::<()>("ann", "/swarm/reports", &report).await.err(), missing);

    // A blob of another game is not found under a game that one may see.
    t.add_game("open", false).await;
    let ask = SourcesRequest { game: "open".parse().expect("slug"), blob: plan.archive(), peer: None };
    assert_eq!(t.post::<Sources>("ann", "/swarm/sources", &ask).await.err(), missing);
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
