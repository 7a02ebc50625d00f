//! Figures for Prometheus, and whether a tracker is ready.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use http_body_util::BodyExt;
use mist_tracker::metrics;
use tower::ServiceExt;

use crate::tracker::{Refusal, Tracker};

/// The figures as Prometheus gets them.
async fn figures(t: &Tracker) -> String {
    let ask = Request::get("/metrics").body(Body::empty()).expect("a request");
    let response = metrics::router(&t.app).oneshot(ask).await.expect("answered");
    assert_eq!(response.status(), StatusCode::OK);
    let bytes = response.into_body().collect().await.expect("read").to_bytes();
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// The value of a line that begins so.
fn value(figures: &str, line: &str) -> Option<u64> {
    let found = figures.lines().find_map(|l| l.strip_prefix(line))?;
    found.trim().parse().ok()
}

pub(crate) async fn what_happens_is_counted_and_nobody_is_named(t: &Tracker) {
    t.add_game("canary-game", false).await;
    for n in 0..20 {
        let asked: Result<serde_json::Value, Refusal> = t.get("ann", &format!("/games/no-such-{n}")).await;
        asked.expect_err("there is no such game");
    }
    let text = figures(t).await;
    let missed = r#"mist_http_requests_total{method="GET",route="/api/v1/games/{slug}",status="404"}"#;
    assert_eq!(value(&text, missed), Some(20), "{text}");
    assert_eq!(value(&text, r#"mist_events_total{kind="game"}"#), Some(1), "{text}");
    assert_eq!(value(&text, "mist_games"), Some(1));
    assert_eq!(value(&text, r#"mist_jobs{state="queued"}"#), Some(0));
    assert_eq!(value(&text, "mist_database_up"), Some(1));
    assert_eq!(value(&text, "mist_shared_up"), Some(1));
    assert_eq!(value(&text, r#"mist_troubles{kind="no_seed"}"#), Some(1));
    assert!(text.ends_with("# EOF\n"));
    for word in ["canary", "no-such", "192.0.2.1"] {
        assert!(!text.contains(word), "{word} in {text}");
    }
    let unknown = Request::get("/api/v1/stats").body(Body::empty()).expect("a request");
    let response = metrics::router(&t.app).oneshot(unknown).await.expect("answered");
    assert_eq!(response.status(), StatusCode::NOT_FOUND, "nothing else answers there");
}

pub(crate) async fn a_tracker_that_is_about_to_end_is_not_ready(t: &Tracker) {
    let ask = || async {
        let ask = Request::get("/readyz").body(Body::empty()).expect("a request");
        metrics::router(&t.app).oneshot(ask).await.expect("answered").status()
    };
    assert_eq!(ask().await, StatusCode::OK);
    // It serves on while the seed inside ends, and nobody new is to be sent to it.
    t.app.leaving.cancel();
    assert!(!t.app.stopping.is_cancelled());
    assert_eq!(ask().await, StatusCode::SERVICE_UNAVAILABLE);
}
