//! Routes about jobs.

use axum::{
    Json,
    extract::{FromRef, State},
    http::HeaderMap,
};
use mist_proto::http::{
    ClaimRequest, ClaimedJob, Job, JobFailed, JobList, JobLog, JobProgress, JobResult, LeaseState, PageQuery,
    route,
};

use super::{Jobs, work};
use crate::{
    auth::caller::Caller,
    error::Answer,
    http::{
        json::{Body, InPath, InQuery},
        level::level_said,
        routes::{OrNothing, Routes},
    },
};

pub(crate) fn routes<S>() -> Routes<S>
where
    S: Clone + Send + Sync + 'static,
    Jobs: FromRef<S>,
{
    Routes::default()
        .on(route::ListJobs, list)
        .on(route::GetJobLog, log)
        .on(route::RetryJob, retry)
        .on(route::CancelJob, cancel)
        .on(route::ClaimJob, claim)
        .on(route::ReportProgress, progress)
        .on(route::CompleteJob, complete)
        .on(route::FailJob, fail)
}

/// The newest jobs.
async fn list(State(jobs): State<Jobs>, InQuery(query): InQuery<PageQuery>) -> Answer<Json<JobList>> {
    work::list(&jobs, &query).await.map(Json)
}

/// What happened to a job, line by line.
async fn log(State(jobs): State<Jobs>, InPath(id): InPath<String>) -> Answer<Json<JobLog>> {
    work::log(&jobs, &id).await.map(Json)
}

/// Run a failed job again.
async fn retry(State(jobs): State<Jobs>, caller: Caller, InPath(id): InPath<String>) -> Answer<Json<Job>> {
    work::retry(&jobs, &caller, &id).await.map(Json)
}

/// End a job that waits or runs.
async fn cancel(State(jobs): State<Jobs>, caller: Caller, InPath(id): InPath<String>) -> Answer<Json<Job>> {
    work::cancel(&jobs, &caller, &id).await.map(Json)
}

/// Wait for the next job.
async fn claim(
    State(jobs): State<Jobs>,
    caller: Caller,
    headers: HeaderMap,
    Body(body): Body<ClaimRequest>,
) -> Answer<OrNothing<ClaimedJob>> {
    work::claim(&jobs, &caller, level_said(&headers), body).await.map(OrNothing)
}

/// Report progress and keep the lease.
async fn progress(
    State(jobs): State<Jobs>,
    caller: Caller,
    InPath(id): InPath<String>,
    Body(body): Body<JobProgress>,
) -> Answer<Json<LeaseState>> {
    work::progress(&jobs, &caller, &id, body).await.map(Json)
}

/// A job is done.
async fn complete(
    State(jobs): State<Jobs>,
    caller: Caller,
    InPath(id): InPath<String>,
    Body(body): Body<JobResult>,
) -> Answer<()> {
    work::complete(&jobs, &caller, &id, body).await
}

/// A job failed.
async fn fail(
    State(jobs): State<Jobs>,
    caller: Caller,
    InPath(id): InPath<String>,
    Body(body): Body<JobFailed>,
) -> Answer<()> {
    work::fail(&jobs, &caller, &id, body).await
}
