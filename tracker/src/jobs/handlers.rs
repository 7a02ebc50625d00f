//! Routes about jobs.

use axum::{Json, extract::State};
use mist_proto::http::{
    ClaimRequest, ClaimedJob, Job, JobFailed, JobList, JobProgress, JobResult, LeaseState, PageQuery, route,
};

use super::work;
use crate::{
    app::{Answer, Shared},
    auth::caller::Caller,
    http::{
        json::{Body, InPath, InQuery},
        routes::{OrNothing, Routes},
    },
};

pub(crate) fn routes() -> Routes {
    Routes::default()
        .on(route::ListJobs, list)
        .on(route::RetryJob, retry)
        .on(route::ClaimJob, claim)
        .on(route::ReportProgress, progress)
        .on(route::CompleteJob, complete)
        .on(route::FailJob, fail)
}

/// The newest jobs.
async fn list(State(app): State<Shared>, InQuery(query): InQuery<PageQuery>) -> Answer<Json<JobList>> {
    work::list(&app, &query).await.map(Json)
}

/// Run a failed job again.
async fn retry(State(app): State<Shared>, caller: Caller, InPath(id): InPath<String>) -> Answer<Json<Job>> {
    work::retry(&app, &caller, &id).await.map(Json)
}

/// Wait for the next job.
async fn claim(
    State(app): State<Shared>,
    caller: Caller,
    Body(body): Body<ClaimRequest>,
) -> Answer<OrNothing<ClaimedJob>> {
    work::claim(&app, &caller, body).await.map(OrNothing)
}

/// Report progress and keep the lease.
async fn progress(
    State(app): State<Shared>,
    caller: Caller,
    InPath(id): InPath<String>,
    Body(body): Body<JobProgress>,
) -> Answer<Json<LeaseState>> {
    work::progress(&app, &caller, &id, body).await.map(Json)
}

/// A job is done.
async fn complete(
    State(app): State<Shared>,
    caller: Caller,
    InPath(id): InPath<String>,
    Body(body): Body<JobResult>,
) -> Answer<()> {
    work::complete(&app, &caller, &id, body).await
}

/// A job failed.
async fn fail(
    State(app): State<Shared>,
    caller: Caller,
    InPath(id): InPath<String>,
    Body(body): Body<JobFailed>,
) -> Answer<()> {
    work::fail(&app, &caller, &id, body).await
}
