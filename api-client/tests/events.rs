//! Streams of events from a server in the same process.

use std::convert::Infallible;

use axum::{
    Router,
    body::{Body, Bytes},
    http::HeaderMap,
    response::{IntoResponse, Response},
    routing::get,
};
use mist_api_client::{AccessToken, ApiClient, CallError, Renewal, SignedIn};
use mist_proto::{UnixMillis, http::Event, limits::MAX_EVENT_LINE};
use tokio::net::TcpListener;

struct Token;

impl Renewal for Token {
    type Error = CallError;

    async fn renew(&self, _: &ApiClient, _: Option<&str>) -> Result<AccessToken, CallError> {
        Ok(AccessToken { token: "t".into(), until: UnixMillis(i64::MAX) })
    }
}

/// Calls to a server whose stream of events says this.
async fn telling(content_type: &'static str, pieces: Vec<String>) -> SignedIn<Token> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let tell = move |headers: HeaderMap| async move {
        let last = headers.get("last-event-id").and_then(|v| v.to_str().ok()).unwrap_or("none");
        let first = format!("data:{{\"event\":\"game\",\"game\":\"after-{last}\"}}\n\n");
        let pieces = std::iter::once(first).chain(pieces).map(|p| Ok::<_, Infallible>(Bytes::from(p)));
        let body = Body::from_stream(futures::stream::iter(pieces.collect::<Vec<_>>()));
        ([("content-type", content_type)], body).into_response() as Response
    };
    let app = Router::new().route("/api/v1/events", get(tell));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    SignedIn::new(ApiClient::new(address.parse().expect("an address"), "test/1").expect("a client"), Token)
}

fn game(slug: &str) -> Option<Event> {
    Some(Event::Game { game: slug.parse().expect("a slug") })
}

#[tokio::test]
async fn events_come_in_order_and_the_next_stream_goes_on_after_the_last() {
    let pieces = [
        ": alive\n\nid: 41\ndata: {\"event\":\"game\",\"ga",
        "me\":\"a\"}\n\nid: 42\ndata: {\"event\":\"of a later version\"}\n\n",
        "data: {\"event\":\"missed\",\"new\":1}\n\n",
    ];
    let calls = telling("text/event-stream; charset=utf-8", pieces.map(String::from).to_vec()).await;
    let mut stream = calls.events(None).await.expect("a stream");
    assert_eq!(stream.next().await, Ok(game("after-none")));
    assert_eq!(stream.last_id(), None);
    assert_eq!(stream.next().await, Ok(game("a")));
    assert_eq!(stream.last_id(), Some("41"));
    assert_eq!(stream.next().await, Ok(Some(Event::Missed)));
    assert_eq!(stream.next().await, Ok(None));
    assert_eq!(stream.last_id(), Some("42"));

    let mut again = calls.events(stream.last_id()).await.expect("a stream");
    assert_eq!(again.next().await, Ok(game("after-42")));
}

#[tokio::test]
async fn what_is_no_stream_of_events_is_refused() {
    let foreign = telling("text/html", vec![]).await;
    let refused = foreign.events(None).await.expect_err("a page");
    assert!(matches!(refused, CallError::Malformed { .. }), "{refused:?}");

    let endless = telling("text/event-stream", vec!["data:".into(), "x".repeat(MAX_EVENT_LINE)]).await;
    let mut stream = endless.events(None).await.expect("a stream");
    assert_eq!(stream.next().await, Ok(game("after-none")));
    let refused = stream.next().await.expect_err("a line without an end");
    assert!(matches!(refused, CallError::Malformed { .. }), "{refused:?}");
}
