//! The HTTP server: the router with all its layers.

pub mod budget;
pub mod json;
pub mod level;
pub mod page;
pub mod refusal;
pub(crate) mod routes;

use std::sync::{Arc, LazyLock};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderName, StatusCode},
    middleware,
    response::{IntoResponse, Response},
};
use mist_listener::observed;
use mist_proto::http::{ErrorBody, SEED_ROUTER, route};
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    trace::TraceLayer,
};

use self::{
    budget::Meter,
    routes::{Prepared, Routes},
};
use crate::{
    admin,
    app::App,
    auth::{self, caller::Gate},
    builds, catalog, clients,
    error::{Answer, Problem},
    events, history, jobs, jumps, live, metrics, notices, stats, swarm, web,
};

pub(crate) static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The description of the API, made from the table of routes.
static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(route::openapi::document);

/// Every route of the tracker itself.
fn api() -> Routes<Arc<App>> {
    Routes::default()
        .on(route::Health, health)
        .on(route::Describe, describe)
        .and(auth::handlers::routes())
        .and(admin::handlers::routes())
        .and(catalog::handlers::routes())
        .and(clients::handlers::routes())
        .and(builds::handlers::routes())
        .and(jobs::handlers::routes())
        .and(jumps::handlers::routes())
        .and(swarm::handlers::routes())
        .and(events::routes())
        .and(stats::handlers::routes())
        .and(live::handlers::routes())
        .and(history::handlers::routes())
        .and(notices::handlers::routes())
}

/// Names of the routes that the tracker answers.
pub fn served() -> Vec<&'static str> {
    api().finish().1
}

/// The tracker's router. `seed` is the byte router of the embedded seed.
pub fn router(app: &Arc<App>, seed: Option<Router>) -> Router {
    let (api, _) = api().finish();
    let api = api
        .route_layer(middleware::from_fn_with_state(app.seams.events.clone(), events::tell))
        .route_layer(middleware::from_fn_with_state(Gate::from(&**app), auth::caller::authorise))
        .merge(web::routes())
        .layer(middleware::from_fn_with_state(Meter::from(&**app), budget::limit))
        .layer(middleware::from_fn_with_state(app.proxies.clone(), observed::observe))
        .layer(middleware::from_fn(level::check));
    let all = match seed {
        Some(seed) => {
            let observe = middleware::from_fn_with_state(app.proxies.clone(), observed::observe);
            api.nest_service(SEED_ROUTER, seed.layer(observe))
        }
        None => api,
    };
    all.fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(wrong_method)
        .layer(CatchPanicLayer::custom(|_| {
            Problem::Internal(anyhow::anyhow!("a handler panicked")).into_response()
        }))
        .layer(middleware::from_fn(refusal::name_request))
        .layer(middleware::from_fn_with_state(app.metrics.clone(), metrics::observe))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID.clone()))
        .layer(SetRequestIdLayer::new(REQUEST_ID.clone(), MakeRequestUuid))
        .layer(middleware::map_request(refusal::forget_odd_id))
        .with_state(Arc::clone(app))
}

/// What the log says of a request. Never its query or headers: they carry tokens.
fn span<B>(request: &Request<B>) -> tracing::Span {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    let path = request.uri().path();
    // What follows is the code of an invite, with which whoever reads the log could join.
    let path = if path.contains("/join/") { "/join/…" } else { path };
    tracing::info_span!("request", id, method = %request.method(), path)
}

async fn wrong_method(request: Request) -> Response {
    let error = ErrorBody {
        code: "wrong_method".into(),
        message: format!("{} is not possible here", request.method()),
    };
    refusal::answer(StatusCode::METHOD_NOT_ALLOWED, error)
}

/// Whether the tracker serves and reaches its database.
pub(crate) async fn health(State(app): State<Arc<App>>) -> Answer<&'static str> {
    let unreachable = |e| {
        tracing::error!(error = %e, "the database does not answer");
        Problem::Unavailable { code: "database_away", message: "the database does not answer".into() }
    };
    let mut tx = app.records.read().await.map_err(unreachable)?;
    crate::db::users::any(&mut tx).await.map_err(unreachable)?;
    Ok("ok\n")
}

/// The description of the API.
async fn describe() -> Answer<Prepared> {
    Ok(Prepared(Json(&*DOCUMENT).into_response()))
}
