//! Says the level of the API in every answer, and refuses callers who are too far from it.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    response::{IntoResponse, Response},
};
use mist_proto::http::{API_LEVEL, LEVEL_HEADER, level_of, too_far_apart};

use crate::error::Problem;

static LEVEL: HeaderName = HeaderName::from_static(LEVEL_HEADER);

/// The level that a request says.
pub(crate) fn level_said(headers: &HeaderMap) -> u32 {
    level_of(headers.get(&LEVEL).and_then(|level| level.to_str().ok()))
}

/// Holds the caller's level against ours.
pub(crate) async fn check(request: Request, next: Next) -> Response {
    let mut response = match too_far_apart(level_said(request.headers()), API_LEVEL) {
        None => next.run(request).await,
        Some(why) => Problem::TooFarApart(why).into_response(),
    };
    response.headers_mut().insert(LEVEL.clone(), HeaderValue::from(API_LEVEL));
    response
}
