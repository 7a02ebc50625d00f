//! Counting requests, and answering with the figures.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};

use mist_proto::http::SEED_ROUTER;
use tokio::time::timeout;

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

/// What does not answer in this time is away. Whoever asks waits for little longer: Prometheus gives up after 10 s.
const ANSWER: Duration = Duration::from_secs(3);
/// How long counting may take, after that.
const COUNTING: Duration = Duration::from_secs(5);

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
async fn ready(State(app): State<Arc<App>>) -> Result<&'static str, (StatusCode, &'static str)> {
    let unready = |why| Err((StatusCode::SERVICE_UNAVAILABLE, why));
    if app.leaving.is_cancelled() {
        return unready("the tracker is about to end\n");
    }
    match reached(&app).await {
        Reached { database: false, .. } => unready("the database does not answer\n"),
        Reached { shared: false, .. } => unready("what replicas share is out of reach\n"),
        Reached { .. } => Ok("ready\n"),
    }
}

async fn figures(State(app): State<Arc<App>>) -> Response {
    let Reached { database, shared } = reached(&app).await;
    let overview = Overview::from(&*app);
    let stats = match database {
        true => timeout(COUNTING, count::overview(&overview)).await.ok().and_then(Result::ok),
        false => None,
    };
    match app.metrics.text(&snapshot::registry(&Found { stats: stats.as_ref(), database, shared })) {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Which of those that requests need answer.
struct Reached {
    database: bool,
    shared: bool,
}

/// Asks them, at the same time. A statement would wait for a connection for longer than who asks here.
async fn reached(app: &Arc<App>) -> Reached {
    let (database, shared) = tokio::join!(
        timeout(ANSWER, health(State(Arc::clone(app)))),
        timeout(ANSWER, app.seams.presence.online(app.records.now()))
    );
    Reached { database: matches!(database, Ok(Ok(_))), shared: matches!(shared, Ok(Ok(_))) }
}
