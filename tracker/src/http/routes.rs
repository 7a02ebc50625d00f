//! Handlers at their routes. What stands in the table of [`mist_proto::http::route`] (method, path, status, bound on the
//! body) is done here, and a handler whose path, query, body or answer is of another type than the table says does not
//! compile.

use std::future::Future;

use axum::{
    Extension, Json, Router,
    extract::{DefaultBodyLimit, State},
    handler::Handler,
    http::{HeaderMap, HeaderValue, StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Response, sse::Sse},
    routing::{MethodFilter, on},
};
use mist_proto::http::route::{
    AnyJson, AsJson, Events, JsonOrNothing, Method, Nothing, Octets, Picture, Route, Text,
};

use super::json::{Body, Encoded, InPath, InQuery, RawBody};
use crate::{auth::caller::Caller, error::Answer};

/// Routes with their handlers, which take what they use of a state `S`.
pub(crate) struct Routes<S> {
    router: Router<S>,
    /// Names of the routes that are here.
    served: Vec<&'static str>,
}

impl<S: Clone + Send + Sync + 'static> Default for Routes<S> {
    fn default() -> Self {
        Self { router: Router::new(), served: Vec::new() }
    }
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// Answers the route by `handler`.
    pub(crate) fn on<R: Route, M: 'static>(mut self, _: R, handler: impl Serves<R, M, S>) -> Self {
        let info = R::INFO;
        let status = StatusCode::from_u16(info.status).unwrap_or_default();
        // Whoever answers well answers with the status of the table.
        let said = move |mut response: Response| async move {
            if response.status() == StatusCode::OK {
                *response.status_mut() = status;
            }
            response
        };
        let answering = on(filter(info.method), handler)
            .layer(DefaultBodyLimit::max(info.max_body))
            .layer(axum::middleware::map_response(said));
        self.router = self.router.route(info.path, answering);
        self.served.push(info.id);
        self
    }

    /// With all of `more`.
    pub(crate) fn and(mut self, more: Self) -> Self {
        self.router = self.router.merge(more.router);
        self.served.extend(more.served);
        self
    }

    /// The router, and the names of the routes that it answers.
    pub(crate) fn finish(self) -> (Router<S>, Vec<&'static str>) {
        (self.router, self.served)
    }
}

/// Whoever may get something may ask for its head: axum answers both by one handler.
fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}

/// A handler that takes and gives what the table says of `R`.
pub(crate) trait Serves<R, M, S>: Handler<M, S> {}

macro_rules! serves {
    ($($part:ident),*) => {
        impl<R, M, S, F, Fut, A, $($part),*> Serves<R, (M, $($part,)*), S> for F
        where
            R: Route,
            F: Handler<(M, $($part,)*), S> + FnOnce($($part),*) -> Fut,
            Fut: Future<Output = Answer<A>>,
            A: Gives<R>,
            $($part: Takes<R>,)*
        {
        }
    };
}

serves!();
serves!(A1);
serves!(A1, A2);
serves!(A1, A2, A3);
serves!(A1, A2, A3, A4);
serves!(A1, A2, A3, A4, A5);

/// What a handler of `R` may take.
pub(crate) trait Takes<R> {}

impl<R, S> Takes<R> for State<S> {}
impl<R, T> Takes<R> for Extension<T> {}
impl<R> Takes<R> for HeaderMap {}
impl<R> Takes<R> for Caller {}
impl<T, R: Route<Place = T>> Takes<R> for InPath<T> {}
impl<T, R: Route<Query = T>> Takes<R> for InQuery<T> {}
impl<T, R: Route<Body = AsJson<T>>> Takes<R> for Body<T> {}
impl<R: Route<Body = Octets>> Takes<R> for RawBody {}

/// What a handler of `R` may give.
pub(crate) trait Gives<R>: IntoResponse {}

impl<R: Route<Answer = Nothing>> Gives<R> for () {}
impl<R: Route<Answer = Text>> Gives<R> for &'static str {}
impl<T, R: Route<Answer = AsJson<T>>> Gives<R> for Json<T> where Self: IntoResponse {}
impl<T, R: Route<Answer = AsJson<T>>> Gives<R> for Encoded<T> {}
impl<T, R: Route<Answer = JsonOrNothing<T>>> Gives<R> for OrNothing<T> where Self: IntoResponse {}
impl<R: Route> Gives<R> for Prepared where R::Answer: HasHeadersOfItsOwn {}
impl<S, R: Route<Answer = Events>> Gives<R> for Sse<S> where Self: IntoResponse {}

/// An answer with which a browser keeps a cookie, or drops it.
pub(crate) struct KeepsCookie<T>(pub(crate) Option<HeaderValue>, pub(crate) T);

impl<T: IntoResponse> IntoResponse for KeepsCookie<T> {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        if let Some(cookie) = self.0 {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }
}

impl<R, T: Gives<R>> Gives<R> for KeepsCookie<T> {}

/// JSON, or status 204.
pub(crate) struct OrNothing<T>(pub(crate) Option<T>);

impl<T> IntoResponse for OrNothing<T>
where
    Json<T>: IntoResponse,
{
    fn into_response(self) -> Response {
        match self.0 {
            Some(value) => Json(value).into_response(),
            None => StatusCode::NO_CONTENT.into_response(),
        }
    }
}

/// Answers that are more than a body.
pub(crate) trait HasHeadersOfItsOwn {}

impl HasHeadersOfItsOwn for AnyJson {}
impl HasHeadersOfItsOwn for Octets {}
impl HasHeadersOfItsOwn for Picture {}

/// An answer that its handler has put together, with headers of its own.
pub(crate) struct Prepared(pub(crate) Response);

impl IntoResponse for Prepared {
    fn into_response(self) -> Response {
        self.0
    }
}
