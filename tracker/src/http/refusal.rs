//! What a refused request is answered: problem details, which name the request as the server's log does.

use axum::{
    Json,
    body::Body,
    extract::Request,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use mist_proto::http::{ErrorBody, ProblemDetails};
use tower_http::request_id::RequestId;

use super::REQUEST_ID;

/// The answer to a request that is refused by `body`.
pub(crate) fn answer(status: StatusCode, body: ErrorBody) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let details = ProblemDetails::new(status.as_u16(), title, body);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    write(&mut response, &details);
    // For whoever knows which request it was.
    response.extensions_mut().insert(details);
    response
}

/// The longest id of a request that is taken from whoever sent it: a proxy's or a tracing system's, as all of them are
/// shorter.
const MAX_ID: usize = 64;

/// Takes an id off a request that is none: it would be in every log and answer. The request gets one of ours instead.
pub(crate) async fn forget_odd_id(mut request: Request) -> Request {
    let is_odd = |id: &HeaderValue| {
        let is_word = |b: &u8| b.is_ascii_alphanumeric() || b"._-:+/=".contains(b);
        !(1..=MAX_ID).contains(&id.len()) || !id.as_bytes().iter().all(is_word)
    };
    let ids = request.headers().get_all(&REQUEST_ID);
    if ids.iter().count() > 1 || ids.iter().any(is_odd) {
        request.headers_mut().remove(&REQUEST_ID);
    }
    request
}

/// Writes into every refusal, also those of the embedded seed, under what the log has the request.
pub(crate) async fn name_request(request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    let id = id.map(str::to_owned);
    let mut response = next.run(request).await;
    if let Some(mut details) = response.extensions_mut().remove::<ProblemDetails>() {
        details.request_id = id;
        write(&mut response, &details);
    }
    response
}

fn write(response: &mut Response, details: &ProblemDetails) {
    let (parts, body) = Json(details).into_response().into_parts();
    *response.body_mut() = body;
    response.headers_mut().extend(parts.headers);
    // Whoever answered first may have told the length of another body.
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(ProblemDetails::MEDIA_TYPE));
}
