//! Routes about jobs.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use mist_proto::http::{
    ClaimRequest, ClaimedJob, Job, JobFailed, JobList, JobProgress, JobResult, LeaseState,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::work;
use crate::{
    app::{Answer, Shared},
    auth::caller::Caller,
    http::json::{Body, InPath},
};

pub(crate) fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(retry))
        .routes(routes!(claim))
        .routes(routes!(progress))
        .routes(routes!(complete))
        .routes(routes!(fail))
}

/// The newest jobs.
#[utoipa::path(get, path = "/jobs", tag = "jobs", responses((status = 200, body = JobList)))]
async fn list(State(app): State<Shared>) -> Answer<Json<JobList>> {
    work::list(&app).await.map(Json)
}

/// Run a failed job again.
#[utoipa::path(post, path = "/jobs/{id}/retry", tag = "jobs", params(("id" = String, Path)), responses((status = 200, body = Job)))]
async fn retry(State(app): State<Shared>, caller: Caller, InPath(id): InPath<String>) -> Answer<Json<Job>> {
    work::retry(&app, &caller, &id).await.map(Json)
}

/// Wait for the next job.
#[utoipa::path(post, path = "/seed/jobs/claim", tag = "seed", request_body = ClaimRequest, responses((status = 200, body = ClaimedJob), (status = 204)))]
async fn claim(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<ClaimRequest>,
) -> Answer<Response> {
    Ok(match work::claim(&app, &caller, body).await? {
        Some(job) => Json(job).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// Report progress and keep the lease.
#[utoipa::path(post, path = "/seed/jobs/{id}/progress", tag = "seed", params(("id" = String, Path)), request_body = JobProgress, responses((status = 200, body = LeaseState)))]
async fn progress(
    State(app): State<Shared>,
    caller: Caller,
    InPath(id): InPath<String>,
    Body(body): Body<JobProgress>,
) -> Answer<Json<LeaseState>> {
    work::progress(&app, &caller, &id, body).await.map(Json)
}

/// A job is done.
#[utoipa::path(post, path = "/seed/jobs/{id}/complete", tag = "seed", params(("id" = String, Path)), request_body = JobResult, responses((status = 204)))]
async fn complete(
    State(app): State<Shared>,
    caller: Caller,
    InPath(id): InPath<String>,
    Body(body): Body<JobResult>,
) -> Answer<StatusCode> {
    work::complete(&app, &caller, &id, body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A job failed.
#[utoipa::path(post, path = "/seed/jobs/{id}/fail", tag = "seed", params(("id" = String, Path)), request_body = JobFailed, responses((status = 204)))]
async fn fail(
    State(app): State<Shared>,
    caller: Caller,
    InPath(id): InPath<String>,
    Body(body): Body<JobFailed>,
) -> Answer<StatusCode> {
    work::fail(&app, &caller, &id, body).await?;
    Ok(StatusCode::NO_CONTENT)
}
