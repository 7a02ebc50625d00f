//! Giving out jobs and taking back what became of them.

use std::time::Duration;

use mist_proto::{
    UnixMillis,
    http::{
        ClaimRequest, ClaimedJob, Event, Job, JobFailed, JobList, JobProgress, JobResult, JobState,
        LeaseState, PageQuery,
    },
};
use tokio::time::Instant;

use super::{
    kinds,
    lease::{self, LEASE_MILLIS, Next},
};
use crate::{
    admin::audit,
    app::App,
    auth::caller::Caller,
    builds::{lifecycle, upkeep},
    clock::Mint,
    db::{self, Tx, jobs::JobRow},
    error::Problem,
    events::{Audience, Pending},
    http::page::Page,
};

/// The longest that a claim may wait.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// A waiting claim looks again this often, for back-offs and leases that end, and for jobs that another replica made.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Longest stage and error that are kept, in characters.
const MAX_STAGE: usize = 64;
const MAX_ERROR: usize = 4000;

/// The next job for this seed; none if none came in time.
///
/// # Errors
/// Only our own.
pub async fn claim(app: &App, seed: &Caller, asked: ClaimRequest) -> Result<Option<ClaimedJob>, Problem> {
    let deadline = Instant::now() + Duration::from_millis(asked.wait_ms).min(MAX_WAIT);
    loop {
        let woken = app.jobs_wake.notified();
        tokio::pin!(woken);
        // Registered before looking, so that a job made in between wakes this claim.
        woken.as_mut().enable();
        if let Some(job) = try_claim(app, seed, asked.run.as_deref()).await? {
            return Ok(Some(job));
        }
        if Instant::now() >= deadline || app.stopping.is_cancelled() {
            return Ok(None);
        }
        tokio::select! {
            () = woken => {}
            () = app.stopping.cancelled() => {}
            () = tokio::time::sleep_until(deadline.min(Instant::now() + LOOK_AGAIN)) => {}
        }
    }
}

async fn try_claim(app: &App, seed: &Caller, run: Option<&str>) -> Result<Option<ClaimedJob>, Problem> {
    let now = app.now();
    let mut tx = app.db.read().await?;
    let idle = db::jobs::claimable(&mut tx, &seed.id, now).await?.is_empty()
        && db::jobs::expired(&mut tx, now).await?.is_empty()
        && left_over(&mut tx, seed, run).await?.is_empty();
    drop(tx);
    if idle {
        return Ok(None);
    }
    let mint = app.mint();
    let mut events = Pending::default();
    let mut tx = app.db.write().await?;
    for job in left_over(&mut tx, seed, run).await? {
        db::jobs::give_back(&mut tx, &job, mint.now).await?;
    }
    for job in db::jobs::expired(&mut tx, mint.now).await? {
        end_attempt(&mut tx, app, &job, Why::Silence, &mut events).await?;
    }
    let mut claimed = None;
    for id in db::jobs::claimable(&mut tx, &seed.id, mint.now).await? {
        let proof = mint.secret("");
        let until = mint.now.plus_millis(LEASE_MILLIS);
        if let Some(job) = db::jobs::claim(&mut tx, &id, &proof, until, run, mint.now).await? {
            note(&mut events, &job);
            claimed = Some(ClaimedJob { id, spec: job.public.spec, lease: proof, lease_ms: lease_ms() });
            break;
        }
    }
    tx.commit().await?;
    app.events.post_all(events);
    Ok(claimed)
}

async fn left_over(tx: &mut Tx, seed: &Caller, run: Option<&str>) -> Result<Vec<JobRow>, Problem> {
    match run {
        Some(run) => Ok(db::jobs::left_by_earlier_run(tx, &seed.id, run).await?),
        None => Ok(Vec::new()),
    }
}

fn lease_ms() -> u64 {
    LEASE_MILLIS.unsigned_abs()
}

fn note(events: &mut Pending, job: &JobRow) {
    events.add(Audience::Admins, Event::Job { game: job.game.clone(), job: Box::new(job.public.clone()) });
}

fn lease_lost() -> Problem {
    Problem::conflict("lease_lost", "this job's lease is lost; stop working on it")
}

/// The job, if this seed still holds it.
async fn held(tx: &mut Tx, seed: &Caller, id: &str, lease: &str) -> Result<JobRow, Problem> {
    let job = db::jobs::by_id(tx, id).await?;
    let job = job.filter(|j| j.seed_id == seed.id && j.public.state == JobState::Running);
    job.filter(|j| j.lease.as_deref() == Some(lease)).ok_or_else(lease_lost)
}

/// Notes progress and prolongs the lease.
///
/// # Errors
/// 409 `lease_lost`.
pub async fn progress(app: &App, seed: &Caller, id: &str, p: JobProgress) -> Result<LeaseState, Problem> {
    let now = app.now();
    let stage: String = p.stage.chars().take(MAX_STAGE).collect();
    let mut tx = app.db.write().await?;
    let job = held(&mut tx, seed, id, &p.lease).await?;
    let until = now.plus_millis(LEASE_MILLIS);
    if !db::jobs::progress(&mut tx, id, &p.lease, (&stage, p.done, p.total), until, now).await? {
        return Err(lease_lost());
    }
    tx.commit().await?;
    let public = Job { stage, done: p.done, total: p.total, updated: now, ..job.public };
    app.events.post(Audience::Admins, Event::Job { game: job.game, job: Box::new(public) });
    Ok(LeaseState { lease_ms: lease_ms() })
}

/// A job is done.
///
/// # Errors
/// 409 `lease_lost`; 400 `no_blob` for a patch or jump without its address.
pub async fn complete(app: &App, seed: &Caller, id: &str, result: JobResult) -> Result<(), Problem> {
    let mint = app.mint();
    let mut events = Pending::default();
    let mut tx = app.db.write().await?;
    let job = held(&mut tx, seed, id, &result.lease).await?;
    if !db::jobs::complete(&mut tx, id, &result.lease, mint.now).await? {
        return Err(lease_lost());
    }
    kinds::keep_result(&mut tx, &job, &result, mint.now).await?;
    settle(&mut tx, app, mint, &job, &mut events).await?;
    if let Some(done) = db::jobs::by_id(&mut tx, id).await? {
        note(&mut events, &done);
    }
    tx.commit().await?;
    // What waited for this one may begin.
    app.jobs_wake.notify_waiters();
    app.events.post_all(events);
    Ok(())
}

/// Draws the conclusion from a job that has ended, well or not.
async fn settle(
    tx: &mut Tx,
    app: &App,
    mint: Mint<'_>,
    job: &JobRow,
    events: &mut Pending,
) -> Result<(), Problem> {
    if let Some(build) = &job.build_id {
        return lifecycle::advance(tx, app, mint, build, events).await;
    }
    if kinds::tidies(&job.public.spec)
        && let Some(game) = db::games::by_slug(tx, &job.game).await?
    {
        upkeep::tidy(tx, app, mint, &game).await?;
    }
    Ok(())
}

/// A job failed.
///
/// # Errors
/// 409 `lease_lost`.
pub async fn fail(app: &App, seed: &Caller, id: &str, failure: JobFailed) -> Result<(), Problem> {
    let mut events = Pending::default();
    let mut tx = app.db.write().await?;
    let job = held(&mut tx, seed, id, &failure.lease).await?;
    if !end_attempt(&mut tx, app, &job, Why::Told(&failure), &mut events).await? {
        return Err(lease_lost());
    }
    tx.commit().await?;
    app.events.post_all(events);
    Ok(())
}

/// Why an attempt ends without a result.
#[derive(Clone, Copy)]
enum Why<'a> {
    /// The seed says that it failed.
    Told(&'a JobFailed),
    /// The lease has passed.
    Silence,
}

/// Ends an attempt, if the lease that `job` was read with still holds, or for a silent seed has passed; whether it did.
async fn end_attempt(
    tx: &mut Tx,
    app: &App,
    job: &JobRow,
    why: Why<'_>,
    events: &mut Pending,
) -> Result<bool, Problem> {
    let mint = app.mint();
    let (error, retry, passed) = match why {
        Why::Told(failure) => (failure.error.as_str(), failure.retry, None),
        Why::Silence => ("the seed stopped reporting", true, Some(mint.now)),
    };
    let not_before: Option<UnixMillis> = match lease::after_failure(job.public.attempts, retry) {
        Next::Again(millis) => Some(mint.now.plus_millis(millis)),
        Next::GiveUp => None,
    };
    let error: String = error.chars().take(MAX_ERROR).collect();
    if !db::jobs::end_attempt(tx, job, passed, &error, not_before, mint.now).await? {
        return Ok(false);
    }
    tracing::warn!(
        job = job.public.id,
        kind = job.public.spec.kind(),
        error,
        again = not_before.is_some(),
        "job failed"
    );
    settle(tx, app, mint, job, events).await?;
    if let Some(ended) = db::jobs::by_id(tx, &job.public.id).await? {
        note(events, &ended);
    }
    Ok(true)
}

/// The jobs, newest first.
///
/// # Errors
/// 400 `bad_cursor`, `bad_limit`.
pub async fn list(app: &App, query: &PageQuery) -> Result<JobList, Problem> {
    let page = Page::<String>::asked(query)?;
    let jobs = db::jobs::before(&mut app.db.read().await?, page.after.as_deref(), page.to_read()).await?;
    let (jobs, next) = page.cut(jobs, |job| job.id.clone());
    Ok(JobList { jobs, next })
}

/// Runs a job that was given up again.
///
/// # Errors
/// 404; 409 `not_failed`.
pub async fn retry(app: &App, caller: &Caller, id: &str) -> Result<Job, Problem> {
    let mint = app.mint();
    let mut events = Pending::default();
    let mut tx = app.db.write().await?;
    let job = db::jobs::by_id(&mut tx, id).await?.ok_or(Problem::NotFound)?;
    if !db::jobs::retry(&mut tx, id, mint.now).await? {
        let message = format!("the job is {}, not failed", job.public.state.as_str());
        return Err(Problem::conflict("not_failed", message));
    }
    if let Some(build) = &job.build_id {
        lifecycle::advance(&mut tx, app, mint, build, &mut events).await?;
    }
    let subject = format!("{} {}", job.public.spec.kind(), job.game);
    audit::note(&mut tx, mint, caller, "job.retry", &subject).await?;
    let job = db::jobs::by_id(&mut tx, id).await?.ok_or(Problem::NotFound)?;
    tx.commit().await?;
    app.jobs_wake.notify_waiters();
    app.events.post_all(events);
    Ok(job.public)
}
