//! The HTTP server: the router with all its layers, and the accept loop.

pub mod accept;
pub mod budget;
pub mod json;
pub mod observed;

use std::sync::LazyLock;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, StatusCode},
    middleware,
    response::{IntoResponse, Response},
};
use mist_proto::{
    http::{ApiError, SEED_ROUTER},
    limits::MAX_JSON_BODY,
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    trace::TraceLayer,
};
use utoipa::{
    OpenApi,
    openapi::{
        RefOr, ResponseBuilder,
        security::{Http, HttpAuthScheme, SecurityScheme},
    },
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{admin, app::Shared, auth, builds, catalog, error::Problem, events, jobs, jumps, stats, swarm};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The description of the API, made from the handlers.
static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(|| api().into_openapi());

#[derive(OpenApi)]
#[openapi(
    info(title = "Mist tracker", description = "Accounts, games, builds, jobs and the swarm of a Mist server"),
    components(schemas(ApiError)),
    modifiers(&Refusals)
)]
struct Document;

/// Adds to every operation how it is refused, and how callers are known.
struct Refusals;

impl utoipa::Modify for Refusals {
    fn modify(&self, doc: &mut utoipa::openapi::OpenApi) {
        let components = doc.components.get_or_insert_with(Default::default);
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        components.add_security_scheme("access_token", bearer);
    }
}

/// Every route of the tracker itself.
fn api() -> OpenApiRouter<Shared> {
    let v1 = OpenApiRouter::new()
        .routes(routes!(openapi))
        .merge(auth::handlers::routes())
        .merge(admin::handlers::routes())
        .merge(catalog::handlers::routes())
        .merge(builds::handlers::routes())
        .merge(jobs::handlers::routes())
        .merge(jumps::handlers::routes())
        .merge(swarm::handlers::routes())
        .merge(events::routes())
        .merge(stats::handlers::routes());
    let mut api =
        OpenApiRouter::with_openapi(Document::openapi()).routes(routes!(healthz)).nest("/api/v1", v1);
    let refusal = ResponseBuilder::new().description("Refused; see the code").build();
    for item in api.get_openapi_mut().paths.paths.values_mut() {
        let all = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in all.into_iter().flatten() {
            operation.responses.responses.insert("default".into(), RefOr::T(refusal.clone()));
        }
    }
    api
}

/// The tracker's router. `seed` is the byte router of the embedded seed.
pub fn router(app: Shared, seed: Option<Router>) -> Router {
    let (api, _) = api().split_for_parts();
    let api = api
        .route_layer(middleware::from_fn_with_state(app.clone(), auth::caller::authorise))
        .layer(DefaultBodyLimit::max(MAX_JSON_BODY))
        .layer(middleware::from_fn_with_state(app.clone(), budget::limit))
        .layer(middleware::from_fn_with_state(app.clone(), observed::observe));
    let all = match seed {
        Some(seed) => api.nest_service(SEED_ROUTER, seed),
        None => api,
    };
    all.fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(wrong_method)
        .layer(CatchPanicLayer::custom(|_| {
            Problem::Internal(anyhow::anyhow!("a handler panicked")).into_response()
        }))
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(PropagateRequestIdLayer::new(REQUEST_ID.clone()))
        .layer(SetRequestIdLayer::new(REQUEST_ID.clone(), MakeRequestUuid))
        .with_state(app)
}

/// What the log says of a request. Never its query or headers: they carry tokens.
fn span<B>(request: &Request<B>) -> tracing::Span {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    tracing::info_span!("request", id, method = %request.method(), path = request.uri().path())
}

async fn wrong_method(request: Request) -> Response {
    let error = mist_proto::http::ErrorBody {
        code: "wrong_method".into(),
        message: format!("{} is not possible here", request.method()),
    };
    (StatusCode::METHOD_NOT_ALLOWED, Json(ApiError { error })).into_response()
}

/// Whether the tracker serves and reaches its database.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200)))]
async fn healthz(axum::extract::State(app): axum::extract::State<Shared>) -> Result<&'static str, Problem> {
    let unreachable = |e| {
        tracing::error!(error = %e, "the database does not answer");
        Problem::Unavailable { code: "database_away", message: "the database does not answer".into() }
    };
    let mut tx = app.db.read().await.map_err(unreachable)?;
    crate::db::users::any(&mut tx).await.map_err(unreachable)?;
    Ok("ok\n")
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "health", responses((status = 200)))]
async fn openapi() -> Json<&'static utoipa::openapi::OpenApi> {
    Json(&DOCUMENT)
}
