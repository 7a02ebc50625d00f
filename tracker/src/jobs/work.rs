//! Giving out jobs and taking back what became of them.

use std::{mem, time::Duration};

use mist_proto::{
    UnixMillis,
    http::{
        ClaimRequest, ClaimedJob, Event, Job, JobFailed, JobList, JobLog, JobProgress, JobResult, JobSpec,
        JobState, LeaseState, NoticeKind, PageQuery, SeedLines,
    },
};
use tokio::time::Instant;

use super::{
    Jobs, kinds,
    lease::{self, LEASE_MILLIS, Next},
    log::{self, Happened},
    own, queue, turns,
};
use crate::{
    audit,
    auth::caller::Caller,
    builds::{
        lifecycle, rebuild,
        upkeep::{self, Upkeep},
    },
    clock::Mint,
    db::{self, DbError, Tx, job_log::NewLine, jobs::JobRow},
    error::Problem,
    http::page::Page,
    notices,
    shared::{
        Away,
        events::{self, Audience, Pending},
        wake::{self, Mark},
    },
};

/// The longest that a claim may wait.
const MAX_WAIT: Duration = Duration::from_secs(30);
/// A waiting claim looks again this often, for back-offs and leases that end, and for jobs that another replica made.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Longest stage and error that are kept, in characters.
const MAX_STAGE: usize = 64;
const MAX_ERROR: usize = 4000;

/// The lines of a seed that were not heard before; they are noted as heard.
async fn listen(
    tx: &mut Tx,
    job: &JobRow,
    said: SeedLines,
    now: UnixMillis,
) -> Result<Vec<NewLine>, DbError> {
    let (lines, heard) = log::heard(said, job.said, job.begun, now);
    if heard != job.said {
        db::jobs::set_said(tx, &job.public.id, heard).await?;
    }
    Ok(lines)
}

/// The next job for this seed, which speaks a level of the API; none if none came in time.
///
/// # Errors
/// Only our own.
pub async fn claim(
    jobs: &Jobs,
    seed: &Caller,
    level: u32,
    asked: ClaimRequest,
) -> Result<Option<ClaimedJob>, Problem> {
    let deadline = Instant::now() + Duration::from_millis(asked.wait_ms).min(MAX_WAIT);
    loop {
        // Taken before looking, so that a job made in between wakes this claim.
        let mark = jobs.wake.mark().await;
        if let Some(job) = try_claim(jobs, seed, level, asked.run.as_deref()).await? {
            return Ok(Some(job));
        }
        if Instant::now() >= deadline || jobs.stopping.is_cancelled() {
            return Ok(None);
        }
        tokio::select! {
            () = woken(jobs, mark) => {}
            () = jobs.stopping.cancelled() => {}
            () = tokio::time::sleep_until(deadline.min(Instant::now() + LOOK_AGAIN)) => {}
        }
    }
}

/// Waits until there may be a job; for ever if nobody can tell.
async fn woken(jobs: &Jobs, mark: Result<Mark, Away>) {
    let woken = match mark {
        Ok(mark) => jobs.wake.woken_since(mark).await,
        Err(away) => Err(away),
    };
    if let Err(e) = woken {
        tracing::debug!(error = %e, "a claim looks for jobs by itself");
        std::future::pending::<()>().await;
    }
}

async fn try_claim(
    jobs: &Jobs,
    seed: &Caller,
    level: u32,
    run: Option<&str>,
) -> Result<Option<ClaimedJob>, Problem> {
    let now = jobs.records.now();
    let mut tx = jobs.records.read().await?;
    let idle = db::jobs::claimable(&mut tx, &seed.id, level, now).await?.is_empty()
        && db::jobs::expired(&mut tx, now).await?.is_empty()
        && left_over(&mut tx, seed, run).await?.is_empty();
    drop(tx);
    if idle {
        return Ok(None);
    }
    let mint = jobs.records.mint();
    let mut events = Pending::default();
    let mut tx = jobs.records.write().await?;
    for job in left_over(&mut tx, seed, run).await? {
        if db::jobs::give_back(&mut tx, &job, mint.now).await? {
            log::note(&mut tx, &job.public.id, Happened::GivenBack, mint.now).await?;
        }
    }
    for job in db::jobs::expired(&mut tx, mint.now).await? {
        end_attempt(&mut tx, jobs, &job, Why::Silence, &mut events).await?;
    }
    let mut claimed = None;
    let waiting = db::jobs::claimable(&mut tx, &seed.id, level, mint.now).await?;
    let served = db::jobs::served(&mut tx, &seed.id).await?;
    for id in turns::in_turn(waiting, &served) {
        let proof = mint.secret("");
        let until = mint.now.plus_millis(LEASE_MILLIS);
        if let Some(mut job) = db::jobs::claim(&mut tx, &id, &proof, until, run, mint.now).await? {
            let given = Happened::Given { seed: &seed.name, attempt: job.public.attempts };
            let lines = log::write(&mut tx, &id, &[log::line(given, mint.now)]).await?;
            job.public.lines = lines.unwrap_or_default();
            note(&mut events, &job);
            claimed = Some(ClaimedJob { id, spec: job.public.spec, lease: proof, lease_ms: lease_ms() });
            break;
        }
    }
    tx.commit().await?;
    events::post(&*jobs.events, events).await;
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
pub async fn progress(jobs: &Jobs, seed: &Caller, id: &str, p: JobProgress) -> Result<LeaseState, Problem> {
    let now = jobs.records.now();
    let stage: String = p.stage.as_str().chars().take(MAX_STAGE).collect();
    let mut tx = jobs.records.write().await?;
    let job = held(&mut tx, seed, id, &p.lease).await?;
    let until = now.plus_millis(LEASE_MILLIS);
    if !db::jobs::progress(&mut tx, id, &p.lease, (&stage, p.done, p.total), until, now).await? {
        return Err(lease_lost());
    }
    let mut lines = listen(&mut tx, &job, p.said, now).await?;
    if stage != job.public.stage && !stage.is_empty() {
        lines.push(log::line(Happened::Stage(&stage), now));
    }
    let last = if lines.is_empty() { None } else { log::write(&mut tx, id, &lines).await? };
    tx.commit().await?;
    let lines = last.unwrap_or(job.public.lines);
    let public = Job { stage, done: p.done, total: p.total, updated: now, lines, ..job.public };
    events::post_one(&*jobs.events, Audience::Admins, Event::Job { game: job.game, job: Box::new(public) })
        .await;
    Ok(LeaseState { lease_ms: lease_ms() })
}

/// A job is done.
///
/// # Errors
/// 409 `lease_lost`; 400 `no_blob` for a patch or jump without its address.
pub async fn complete(jobs: &Jobs, seed: &Caller, id: &str, mut result: JobResult) -> Result<(), Problem> {
    let mint = jobs.records.mint();
    let mut events = Pending::default();
    let mut tx = jobs.records.write().await?;
    let job = held(&mut tx, seed, id, &result.lease).await?;
    if !db::jobs::complete(&mut tx, id, &result.lease, mint.now).await? {
        return Err(lease_lost());
    }
    let mut lines = listen(&mut tx, &job, mem::take(&mut result.said), mint.now).await?;
    let millis = job.begun.map(|begun| mint.now.since(begun));
    lines.push(log::line(Happened::Done { millis }, mint.now));
    log::write(&mut tx, id, &lines).await?;
    kinds::keep_result(&mut tx, &job, &result, mint.now).await?;
    settle(&mut tx, jobs.upkeep, mint, &job, &mut events).await?;
    if let Some(done) = db::jobs::by_id(&mut tx, id).await? {
        note(&mut events, &done);
    }
    tx.commit().await?;
    // What waited for this one may begin.
    wake::wake(&*jobs.wake).await;
    events::post(&*jobs.events, events).await;
    Ok(())
}

/// Draws the conclusion from a job that has ended, well or not.
async fn settle(
    tx: &mut Tx,
    upkeep: Upkeep,
    mint: Mint<'_>,
    job: &JobRow,
    events: &mut Pending,
) -> Result<(), Problem> {
    if let Some(build) = &job.build_id {
        if kinds::restores(&job.public.spec) {
            rebuild::go_on(tx, mint, job, build).await?;
        }
        return lifecycle::advance(tx, upkeep, mint, build, events).await;
    }
    if kinds::tidies(&job.public.spec)
        && let Some(slug) = &job.game
        && let Some(game) = db::games::by_slug(tx, slug).await?
    {
        upkeep::tidy(tx, upkeep, mint, &game).await?;
    }
    Ok(())
}

/// A job failed.
///
/// # Errors
/// 409 `lease_lost`.
pub async fn fail(jobs: &Jobs, seed: &Caller, id: &str, failure: JobFailed) -> Result<(), Problem> {
    let mut events = Pending::default();
    let mut tx = jobs.records.write().await?;
    let job = held(&mut tx, seed, id, &failure.lease).await?;
    if !end_attempt(&mut tx, jobs, &job, Why::Told(failure), &mut events).await? {
        return Err(lease_lost());
    }
    tx.commit().await?;
    events::post(&*jobs.events, events).await;
    Ok(())
}

/// Why an attempt ends without a result.
enum Why {
    /// The seed says that it failed.
    Told(JobFailed),
    /// The lease has passed.
    Silence,
}

/// Ends an attempt, if the lease that `job` was read with still holds, or for a silent seed has passed; whether it did.
async fn end_attempt(
    tx: &mut Tx,
    jobs: &Jobs,
    job: &JobRow,
    why: Why,
    events: &mut Pending,
) -> Result<bool, Problem> {
    let mint = jobs.records.mint();
    let (error, said, retry, kept, passed) = match why {
        Why::Told(failure) => (failure.error.into(), Some(failure.said), failure.retry, failure.kept, None),
        Why::Silence => ("the seed stopped reporting".to_owned(), None, true, Vec::new(), Some(mint.now)),
    };
    let attempt = job.public.attempts;
    let next = lease::after_failure(attempt, retry);
    let not_before: Option<UnixMillis> = match next {
        Next::Again(millis) => Some(mint.now.plus_millis(millis)),
        Next::GiveUp => None,
    };
    let error: String = error.chars().take(MAX_ERROR).collect();
    if !db::jobs::end_attempt(tx, job, passed, &error, not_before, mint.now).await? {
        return Ok(false);
    }
    kinds::keep_standing(tx, job, &kept).await?;
    let mut lines = Vec::new();
    match said {
        Some(said) => {
            lines.extend(listen(tx, job, said, mint.now).await?);
            lines.push(log::line(Happened::Failed(&error), mint.now));
        }
        None => lines.push(log::line(Happened::Silent, mint.now)),
    }
    let follows = match next {
        Next::Again(millis) => Happened::Again { attempt, millis },
        Next::GiveUp => Happened::GivenUp { attempt, is_last: retry },
    };
    lines.push(log::line(follows, mint.now));
    log::write(tx, &job.public.id, &lines).await?;
    tracing::warn!(
        job = job.public.id,
        kind = job.public.spec.kind(),
        error,
        again = not_before.is_some(),
        "job failed"
    );
    // A jump that failed is nobody's trouble: its friend took another way.
    if not_before.is_none() && !matches!(job.public.spec, JobSpec::Jump(_)) {
        let text = format!("{}: {} failed: {error}", job.subject(), job.public.spec);
        let subject = format!("{} {}", job.public.id, mint.now.0);
        notices::queue(tx, mint, NoticeKind::Job, &subject, &text).await?;
    }
    settle(tx, jobs.upkeep, mint, job, events).await?;
    if let Some(ended) = db::jobs::by_id(tx, &job.public.id).await? {
        note(events, &ended);
    }
    Ok(true)
}

/// The jobs, newest first.
///
/// # Errors
/// 400 `bad_cursor`, `bad_limit`.
pub async fn list(jobs: &Jobs, query: &PageQuery) -> Result<JobList, Problem> {
    let page = Page::<String>::asked(query)?;
    let listed =
        db::jobs::before(&mut jobs.records.read().await?, page.after.as_deref(), page.to_read()).await?;
    let (jobs, next) = page.cut(listed, |job| job.id.clone());
    Ok(JobList { jobs, next })
}

/// What happened to a job.
///
/// # Errors
/// 404.
pub async fn log(jobs: &Jobs, id: &str) -> Result<JobLog, Problem> {
    let mut tx = jobs.records.read().await?;
    db::jobs::by_id(&mut tx, id).await?.ok_or(Problem::NotFound)?;
    Ok(log::read(&mut tx, id).await?)
}

/// Ends a job that waits or runs. What there was before it is as it was, and it can be run again.
///
/// # Errors
/// 404; 409 `not_open`, `must_run`.
pub async fn cancel(jobs: &Jobs, caller: &Caller, id: &str) -> Result<Job, Problem> {
    let mint = jobs.records.mint();
    let mut events = Pending::default();
    let mut tx = jobs.records.write().await?;
    let job = db::jobs::by_id(&mut tx, id).await?.ok_or(Problem::NotFound)?;
    if matches!(job.public.spec, JobSpec::Delete(_)) {
        let message = "what is being deleted is gone from the catalogue: this job can't be taken back";
        return Err(Problem::conflict("must_run", message));
    }
    if !db::jobs::cancel(&mut tx, id, &format!("cancelled by {}", caller.name), mint.now).await? {
        let message = format!("the job is {} already", job.public.state.as_str());
        return Err(Problem::conflict("not_open", message));
    }
    log::note(&mut tx, id, Happened::Cancelled { by: &caller.name }, mint.now).await?;
    own::heed(&mut tx, &job, own::Word::Cancel { by: &caller.name }, mint.now).await?;
    settle(&mut tx, jobs.upkeep, mint, &job, &mut events).await?;
    let subject = format!("{} {}", job.public.spec.kind(), job.subject());
    audit::note(&mut tx, mint, caller, "job.cancel", &subject).await?;
    let job = db::jobs::by_id(&mut tx, id).await?.ok_or(Problem::NotFound)?;
    note(&mut events, &job);
    tx.commit().await?;
    wake::wake(&*jobs.wake).await;
    events::post(&*jobs.events, events).await;
    Ok(job.public)
}

/// Runs a job that was given up again.
///
/// # Errors
/// 404; 409 `not_failed`.
pub async fn retry(jobs: &Jobs, caller: &Caller, id: &str) -> Result<Job, Problem> {
    let mint = jobs.records.mint();
    let mut events = Pending::default();
    let mut tx = jobs.records.write().await?;
    let job = db::jobs::by_id(&mut tx, id).await?.ok_or(Problem::NotFound)?;
    if !queue::again(&mut tx, id, caller, mint.now).await? {
        let message = format!("the job is {}, not failed", job.public.state.as_str());
        return Err(Problem::conflict("not_failed", message));
    }
    if let Some(build) = &job.build_id {
        lifecycle::advance(&mut tx, jobs.upkeep, mint, build, &mut events).await?;
    }
    own::heed(&mut tx, &job, own::Word::Retry, mint.now).await?;
    let subject = format!("{} {}", job.public.spec.kind(), job.subject());
    audit::note(&mut tx, mint, caller, "job.retry", &subject).await?;
    let job = db::jobs::by_id(&mut tx, id).await?.ok_or(Problem::NotFound)?;
    tx.commit().await?;
    wake::wake(&*jobs.wake).await;
    events::post(&*jobs.events, events).await;
    Ok(job.public)
}
