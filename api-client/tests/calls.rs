//! Calls against a server in the same process that behaves and misbehaves.

use std::time::Duration;

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode},
    response::Redirect,
    routing::{get, post},
};
use mist_api_client::{ApiClient, CallError};
use mist_proto::http::{API_LEVEL, LEVEL_HEADER, route};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const REFUSAL: &str = r#"{"error":{"code":"too_many_requests","message":"wait"}}"#;

async fn server() -> ApiClient {
    // Another test of this process may have done it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let api = Router::new()
        .route(
            "/echo",
            post(|headers: HeaderMap, Json(body): Json<Value>| async move {
                let token = headers.get("authorization").and_then(|v| v.to_str().ok()).map(str::to_owned);
                Json(json!({ "token": token, "body": body }))
            }),
        )
        .route("/games", get(async || ([(LEVEL_HEADER, (API_LEVEL + 2).to_string())], "{}")))
        .route("/nothing", get(async || StatusCode::NO_CONTENT))
        .route("/refused", get(async || (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], REFUSAL)))
        .route("/border", get(async || (StatusCode::BAD_GATEWAY, "<html>")))
        .route("/elsewhere", get(async || Redirect::temporary("/api/v1/nothing")))
        .route("/portal", get(async || "<html>"))
        .route("/long", get(async || vec![b'x'; 1001]));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, Router::new().nest("/mist/api/v1", api)).await });
    let server = format!("http://{address}/mist").parse().expect("an address");
    ApiClient::new(server, "test/1").expect("a client")
}

async fn error_of(client: &ApiClient, path: &str) -> CallError {
    match client.call(Method::GET, path).send().await {
        Err(error) => error,
        Ok(answer) => answer.json::<Value>().await.expect_err("it is no JSON"),
    }
}

#[tokio::test]
async fn what_is_sent_and_answered() {
    let client = server().await;
    let call = client.call(Method::POST, "echo").bearer("t").json(&json!([1]));
    let answer: Value = call.send().await.expect("an answer").json().await.expect("JSON");
    assert_eq!(answer, json!({ "token": "Bearer t", "body": [1] }));
    let nothing = client.call(Method::GET, "nothing").send().await.expect("an answer");
    assert_eq!(nothing.json::<Option<u32>>().await, Ok(None));
}

#[tokio::test]
async fn an_answer_of_a_server_that_is_too_far_ahead_is_not_taken() {
    let client = server().await;
    let refused = client.to(route::ListGames, &()).send().await.expect_err("too far");
    assert_eq!(refused.code(), Some("client_too_old"), "{refused}");
}

#[tokio::test]
async fn a_refusal_keeps_its_words() {
    let error = error_of(&server().await, "refused").await;
    assert_eq!((error.status(), error.code()), (Some(429), Some("too_many_requests")));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(error.to_string(), "wait");
}

#[tokio::test]
async fn what_is_no_mist_server_is_named() {
    let client = server().await;
    for (path, status) in [("border", 502), ("elsewhere", 307), ("unknown", 404)] {
        let error = error_of(&client, path).await;
        assert!(matches!(&error, CallError::Foreign { status: s, .. } if *s == status), "{path}: {error:?}");
    }
    let error = error_of(&client, "portal").await;
    assert!(
        matches!(&error, CallError::Malformed { path, .. } if path == "/mist/api/v1/portal"),
        "{error:?}"
    );
}

#[tokio::test]
async fn no_more_is_read_than_was_asked_for() {
    let client = server().await;
    let long = async |max| client.call(Method::GET, "long").send().await?.bytes(max).await;
    assert_eq!(long(1001).await.map(|bytes| bytes.len()), Ok(1001));
    assert!(matches!(long(1000).await, Err(CallError::Malformed { .. })));
}

#[tokio::test]
async fn nobody_at_home() {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("an address");
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client =
        ApiClient::new(format!("http://{closed}").parse().expect("an address"), "test/1").expect("one");
    let error = error_of(&client, "trust").await;
    assert!(matches!(error, CallError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("refused"), "{error}");
}
