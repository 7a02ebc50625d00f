//! Counting requests, and answering with the figures.

use std::{sync::Arc, time::Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};

use mist_proto::http::SEED_ROUTER;

use super::{
    Metrics,
    snapshot::{self, Found},
};
use crate::{
    app::App,
    http::health,
    stats::{Overview, count},
};

/// The media type of the figures.
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Counts each request by the template of its route.
pub(crate) async fn observe(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    // The embedded seed's routes are behind a router of its own.
    let of_seed = request.uri().path().starts_with(SEED_ROUTER).then_some(SEED_ROUTER);
    let response = next.run(request).await;
    let route = route.as_ref().map(MatchedPath::as_str).or(of_seed);
    metrics.answered(&method, route, response.status(), began.elapsed());
    response
}

/// What answers at the address for those who watch the tracker.
pub fn router(app: &Arc<App>) -> Router {
    Router::new().route("/metrics", get(figures)).route("/readyz", get(ready)).with_state(Arc::clone(app))
}

/// Whether everything that requests need is in reach, and the tracker goes on serving.
async fn ready(state: State<Arc<App>>) -> Result<&'static str, (StatusCode, &'static str)> {
    let unready = |why| (StatusCode::SERVICE_UNAVAILABLE, why);
    if state.stopping.is_cancelled() {
        return Err(unready("the tracker is about to end\n"));
    }
    let app = Arc::clone(&state);
    health(state).await.map_err(|_| unready("the database does not answer\n"))?;
    match app.seams.presence.online(app.records.now()).await {
        Ok(_) => Ok("ready\n"),
        Err(_) => Err(unready("what replicas share is out of reach\n")),
    }
}

async fn figures(State(app): State<Arc<App>>) -> Response {
    let overview = Overview::from(&*app);
    let shared = app.seams.presence.online(app.records.now()).await.is_ok();
    let stats = count::overview(&overview).await.ok();
    match app.metrics.text(&snapshot::registry(&Found { stats: stats.as_ref(), shared })) {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
