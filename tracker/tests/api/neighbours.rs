//! Programs of the release before, and of ones that are too far away.

use axum::http::Method;
use mist_proto::http::{API_LEVEL, LEVEL_HEADER, OLDEST_LEVEL};
use serde_json::Value;
use tower::ServiceExt;

use crate::tracker::{NOTHING, Plan, Refusal, Tracker, answer, request};

/// Bodies as programs of the level before send them.
const REQUESTS: &str = include_str!("../../../proto/testdata/api-1/requests.json");

/// Where each goes, and who sends it.
const ROUTES: &[(&str, &str, Method, &str)] = &[
    ("Login", "", Method::POST, "/auth/login"),
    ("RefreshRequest", "", Method::POST, "/auth/refresh"),
    ("SeedLogin", "", Method::POST, "/auth/seed"),
    ("RegisterReleaseKey", "root", Method::POST, "/release-key"),
    ("NewUser", "root", Method::POST, "/users"),
    ("UpdateUser", "root", Method::PATCH, "/users/ada"),
    ("NewSeed", "root", Method::POST, "/seeds"),
    ("NewGame", "root", Method::POST, "/games"),
    ("UpdateGame", "root", Method::PATCH, "/games/quake"),
    ("SetLive", "root", Method::PUT, "/games/quake/live"),
    ("JumpRequest", "ann", Method::POST, "/games/quake/jumps"),
    ("PatchRequest", "ann", Method::POST, "/games/quake/patches"),
    ("ClaimRequest", "seed", Method::POST, "/seed/jobs/claim"),
    ("JobProgress", "seed", Method::POST, "/seed/jobs/j/progress"),
    ("JobResult", "seed", Method::POST, "/seed/jobs/j/complete"),
    ("JobFailed", "seed", Method::POST, "/seed/jobs/j/fail"),
    ("StoreStats", "seed", Method::POST, "/seed/status"),
    ("NewDevice", "ann", Method::PUT, "/devices/12D3KooWbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"),
    ("Announce", "ann", Method::POST, "/swarm/announce"),
    ("SourcesRequest", "ann", Method::POST, "/swarm/sources"),
    ("TicketsRequest", "ann", Method::POST, "/swarm/tickets"),
    ("TransferReport", "ann", Method::POST, "/swarm/reports"),
];

pub(crate) async fn requests_of_the_release_before_are_understood(t: &Tracker) {
    t.add_seed("seed").await;
    let mut requests: serde_json::Map<String, Value> = serde_json::from_str(REQUESTS).expect("bodies");
    for (name, who, method, path) in ROUTES {
        let bodies = requests.remove(*name).unwrap_or_else(|| panic!("there is no body of {name}"));
        for body in bodies.as_array().expect("a list") {
            let token = Some(*who).filter(|who| !who.is_empty()).map(|who| t.token(who));
            let mut asked = request(method.clone(), path, token.as_deref(), Some(body), "192.0.2.1");
            asked.headers_mut().insert(LEVEL_HEADER, OLDEST_LEVEL.into());
            let answer: Result<Value, Refusal> = answer(t.send(asked).await);
            let refused = answer.err().map(|refusal| refusal.code);
            assert_ne!(refused.as_deref(), Some("bad_request"), "{name} {body}");
        }
    }
    assert!(requests.is_empty(), "nobody sends {:?}", requests.keys());
}

pub(crate) async fn who_is_too_far_away_is_told_what_to_do(t: &Tracker) {
    for (level, expected) in [
        (None, None),
        (Some(API_LEVEL), None),
        (Some(OLDEST_LEVEL), None),
        (Some(API_LEVEL + 1), None),
        (Some(OLDEST_LEVEL - 1), Some("client_too_old")),
        (Some(API_LEVEL + 2), Some("server_too_old")),
    ] {
        let mut asked = request(Method::GET, "/games", Some(&t.token("ann")), NOTHING, "192.0.2.1");
        if let Some(level) = level {
            asked.headers_mut().insert(LEVEL_HEADER, level.into());
        }
        let response = t.router.clone().oneshot(asked).await.expect("the router answers");
        assert_eq!(response.headers()[LEVEL_HEADER], API_LEVEL.to_string().as_str());
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        let refused = answer::<Value>((status, body.to_vec())).err();
        assert_eq!(refused.as_ref().map(|r| r.code.as_str()), expected, "{level:?}");
        assert_eq!(status.as_u16(), if expected.is_some() { 426 } else { 200 });
    }
}

pub(crate) async fn programs_that_know_no_links_are_told_before_they_fetch_a_build_with_them(t: &Tracker) {
    t.add_seed("seed").await;
    t.register_key().await;
    t.add_game("quake", false).await;
    for (plan, old_program) in [
        (Plan::first("quake"), None),
        (
            Plan { linked: true, ..Plan::first("quake").next("2.0", t.envelope(&Plan::first("quake")).0) },
            Some("client_too_old"),
        ),
    ] {
        t.publish(&plan).await;
        let hash = mist_proto::Hash::of(&t.envelope(&plan).1);
        let paths = [format!("/games/quake/builds/{}/manifest", plan.version), format!("/manifests/{hash}")];
        for (path, level) in
            paths.iter().flat_map(|path| [(path, None), (path, Some(1)), (path, Some(API_LEVEL))])
        {
            let mut asked = request(Method::GET, path, Some(&t.token("ann")), NOTHING, "192.0.2.1");
            if let Some(level) = level {
                asked.headers_mut().insert(LEVEL_HEADER, level.into());
            }
            let (status, body) = t.send(asked).await;
            let expected = old_program.filter(|_| level != Some(API_LEVEL));
            if expected.is_none() {
                assert_eq!((status.as_u16(), body), (200, t.envelope(&plan).1), "{path} {level:?}");
                continue;
            }
            let refused = answer::<Value>((status, body)).expect_err("too old");
            assert_eq!((status.as_u16(), Some(refused.code.as_str())), (426, expected), "{path} {level:?}");
        }
    }
}
