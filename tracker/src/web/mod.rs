//! What browsers get: the admin portal at `/admin`, the friends' page at `/`, the page of an invite at `/join/CODE`, and
//! the client at `/client/NAME`. None is
//! part of the API or knows more than anybody may know: what the portal shows it asks of the API.

mod downloads;
mod friends;
mod portal;

use axum::{
    Router,
    extract::FromRef,
    http::{HeaderValue, Response, StatusCode, header},
    routing::get,
};

use crate::{auth::Auth, clients::Clients};

/// The pages.
pub(crate) fn routes<S>() -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    Auth: FromRef<S>,
    Clients: FromRef<S>,
{
    Router::new()
        .route("/", get(friends::page))
        .route("/friends.css", get(friends::style))
        .route("/friends.js", get(friends::script))
        .route("/join/{code}", get(friends::join))
        .route("/client/{name}", get(downloads::package))
        .route("/admin", get(portal::page))
        .route("/admin/", get(portal::page))
        .route("/admin/{*path}", get(portal::page))
}

/// An answer to a browser, with what keeps it from doing more than its page asks for.
fn answer(
    status: StatusCode,
    kind: &'static str,
    policy: &HeaderValue,
    body: impl Into<axum::body::Body>,
) -> axum::response::Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}
