//! Jobs that the server does itself: whichever tracker finds one first, under a lease like a seed's, so that another one takes over if it dies.
//!
//! They are in no seed's queue, and keep no push waiting. Whoever does one names it with everything that is written, and writes nothing
//! once its lease is lost: somebody has cancelled the job then, or another tracker has it.

use std::{fmt, time::Duration};

use mist_proto::{
    UnixMillis,
    http::{Event, JobSpec, LogLevel, LogSource, NoticeKind, TellJob},
    time::DAY_MILLIS,
};

use super::{
    lease::{self, LEASE_MILLIS, Next},
    log::{self, Happened},
    queue,
};
use crate::{
    clock::Mint,
    db::{
        self, DbError, Tx,
        job_log::NewLine,
        jobs::{JobRow, NewJob, SERVER},
    },
    error::Problem,
    notices,
    records::Records,
    shared::events::{self, Audience, Events, Pending},
};

/// How often a lease is renewed while its job is done.
const RENEW: Duration = Duration::from_secs(20);

/// A job that this tracker does now.
#[derive(Debug)]
pub struct Held {
    /// The job.
    pub job: JobRow,
    lease: String,
}

/// Why an attempt came to nothing.
#[derive(Debug)]
pub struct Failed {
    /// For the admin.
    pub why: String,
    /// Whether trying again can help.
    pub retry: bool,
}

impl From<&Problem> for Failed {
    fn from(problem: &Problem) -> Self {
        let retry = matches!(problem, Problem::Unavailable { .. } | Problem::Internal(_));
        // Our own faults are told in our own log alone.
        Self { why: problem.public().1.message, retry }
    }
}

/// A line for the log of such a job.
pub fn says(level: LogLevel, text: impl fmt::Display, at: UnixMillis) -> NewLine {
    NewLine { at, level, source: LogSource::Tracker, text: text.to_string() }
}

/// Queues such a job.
///
/// # Errors
/// [`DbError`].
pub async fn add(tx: &mut Tx, mint: Mint<'_>, spec: &JobSpec) -> Result<String, DbError> {
    let id = mint.id();
    queue::add(tx, &NewJob::at_once(&id, spec, SERVER, mint.now)).await?;
    Ok(id)
}

/// Queues such a job in the place of those alike that are over; none if one is under way. Its id.
///
/// # Errors
/// [`DbError`].
pub async fn add_once(tx: &mut Tx, mint: Mint<'_>, spec: &JobSpec) -> Result<String, DbError> {
    for known in db::jobs::own_of_kind(tx, spec.kind()).await? {
        if known.public.spec != *spec {
            continue;
        }
        if known.public.state.is_open() {
            return Ok(known.public.id);
        }
        db::jobs::forget(tx, &known.public.id).await?;
    }
    add(tx, mint, spec).await
}

/// Takes a job that waits, whatever pause it is in; none if somebody else has it.
///
/// # Errors
/// [`DbError`].
pub async fn take(tx: &mut Tx, mint: Mint<'_>, id: &str) -> Result<Option<Held>, DbError> {
    let lease = mint.secret("");
    let until = mint.now.plus_millis(LEASE_MILLIS);
    let Some(mut job) = db::jobs::claim(tx, id, &lease, until, None, mint.now).await? else {
        return Ok(None);
    };
    let begun = log::line(Happened::Begun { attempt: job.public.attempts }, mint.now);
    job.public.lines = log::write(tx, id, &[begun]).await?.unwrap_or_default();
    Ok(Some(Held { job, lease }))
}

/// Writes down a job that is done in this transaction. Where one alike is at work it is left alone, and nothing is written.
///
/// # Errors
/// [`DbError`].
pub async fn done_at_once(
    tx: &mut Tx,
    mint: Mint<'_>,
    spec: &JobSpec,
    lines: Vec<NewLine>,
) -> Result<(), DbError> {
    let id = add_once(tx, mint, spec).await?;
    if let Some(held) = take(tx, mint, &id).await? {
        complete(tx, &held, lines, mint.now).await?;
    }
    Ok(())
}

/// The next job of a kind that may begin, the oldest first.
///
/// # Errors
/// [`DbError`].
pub async fn next(records: &Records, events: &dyn Events, kind: &str) -> Result<Option<Held>, DbError> {
    let now = records.now();
    let mut tx = records.read().await?;
    let is_idle = db::jobs::own_claimable(&mut tx, kind, now).await?.is_none()
        && db::jobs::own_expired(&mut tx, kind, now).await?.is_empty();
    drop(tx);
    if is_idle {
        return Ok(None);
    }
    let mint = records.mint();
    let mut tx = records.write().await?;
    for job in db::jobs::own_expired(&mut tx, kind, mint.now).await? {
        orphaned(&mut tx, mint, &job).await?;
    }
    let held = match db::jobs::own_claimable(&mut tx, kind, mint.now).await? {
        Some(id) => take(&mut tx, mint, &id).await?,
        None => None,
    };
    tx.commit().await?;
    if let Some(held) = &held {
        post(events, &held.job).await;
    }
    Ok(held)
}

/// Ends an attempt whose tracker let the lease pass.
async fn orphaned(tx: &mut Tx, mint: Mint<'_>, job: &JobRow) -> Result<(), DbError> {
    // Each message counts its own tries.
    let attempt = if matches!(job.public.spec, JobSpec::Tell(_)) { 1 } else { job.public.attempts };
    let (next, follows) = after_failure(mint.now, attempt, true);
    let why = Happened::Orphaned.to_string();
    if db::jobs::end_attempt(tx, job, Some(mint.now), &why, next, mint.now).await? {
        let lines = [log::line(Happened::Orphaned, mint.now), log::line(follows, mint.now)];
        log::write(tx, &job.public.id, &lines).await?;
        if next.is_none() {
            queue_notice(tx, mint, job, &why).await?;
        }
    }
    Ok(())
}

/// When it is tried again, if it is, and what is said of that.
fn after_failure(now: UnixMillis, attempt: u32, retry: bool) -> (Option<UnixMillis>, Happened<'static>) {
    match lease::after_failure(attempt, retry) {
        Next::Again(millis) => (Some(now.plus_millis(millis)), Happened::Again { attempt, millis }),
        Next::GiveUp => (None, Happened::GivenUp { attempt, is_last: retry }),
    }
}

/// Does `work` while the lease of its job is renewed. None once that is lost: then the work was dropped where it was.
///
/// # Errors
/// [`DbError`] of renewing it.
pub async fn hold<T>(
    records: &Records,
    held: &Held,
    work: impl Future<Output = T>,
) -> Result<Option<T>, DbError> {
    let renewing = async {
        loop {
            tokio::time::sleep(RENEW).await;
            if !note(records, held, &[]).await? {
                return Ok::<(), DbError>(());
            }
        }
    };
    // Both go on at once: the work may be in a transaction that renewing waits for.
    tokio::select! {
        done = work => Ok(Some(done)),
        lost = renewing => lost.map(|()| None),
    }
}

/// Writes lines into the log of a job and renews its lease; whether that still held. Otherwise nothing was written.
///
/// # Errors
/// [`DbError`].
pub async fn note(records: &Records, held: &Held, lines: &[NewLine]) -> Result<bool, DbError> {
    let now = records.now();
    let mut tx = records.write().await?;
    let (id, until) = (held.job.public.id.as_str(), now.plus_millis(LEASE_MILLIS));
    let holds = db::jobs::progress(&mut tx, id, &held.lease, ("", 0, 0), until, now).await?;
    if holds {
        log::write(&mut tx, id, lines).await?;
        tx.commit().await?;
    }
    Ok(holds)
}

/// Ends a job well in a transaction, with what is to stand in its log; whether its lease still held. If it did not, nothing of the
/// transaction may be committed.
///
/// # Errors
/// [`DbError`].
pub async fn complete(
    tx: &mut Tx,
    held: &Held,
    mut lines: Vec<NewLine>,
    now: UnixMillis,
) -> Result<bool, DbError> {
    let id = held.job.public.id.as_str();
    if !db::jobs::complete(tx, id, &held.lease, now).await? {
        return Ok(false);
    }
    let millis = held.job.begun.map(|begun| now.since(begun));
    lines.push(log::line(Happened::Done { millis }, now));
    log::write(tx, id, &lines).await?;
    Ok(true)
}

/// Ends an attempt that came to nothing: the job is tried again after a pause, or given up, of which admins are told.
///
/// # Errors
/// [`DbError`].
pub async fn fail(
    records: &Records,
    events: &dyn Events,
    held: &Held,
    failed: Failed,
) -> Result<(), DbError> {
    let mint = records.mint();
    let (next, follows) = after_failure(mint.now, held.job.public.attempts, failed.retry);
    let mut tx = records.write().await?;
    let lines = [says(LogLevel::Error, &failed.why, mint.now), log::line(follows, mint.now)];
    if end(&mut tx, held, &failed.why, next, &lines, mint.now).await? {
        if next.is_none() {
            queue_notice(&mut tx, mint, &held.job, &failed.why).await?;
        }
        tx.commit().await?;
        told(records, events, held).await?;
    }
    Ok(())
}

/// Lets a job wait until a time, or gives it up if there is none; whether its lease still held.
///
/// # Errors
/// [`DbError`].
pub async fn end(
    tx: &mut Tx,
    held: &Held,
    why: &str,
    again: Option<UnixMillis>,
    lines: &[NewLine],
    now: UnixMillis,
) -> Result<bool, DbError> {
    let ended = db::jobs::end_attempt(tx, &held.job, None, why, again, now).await?;
    if ended {
        log::write(tx, &held.job.public.id, lines).await?;
    }
    Ok(ended)
}

/// Tells listeners how a job is now.
///
/// # Errors
/// [`DbError`].
pub async fn told(records: &Records, events: &dyn Events, held: &Held) -> Result<(), DbError> {
    if let Some(job) = db::jobs::by_id(&mut records.read().await?, &held.job.public.id).await? {
        post(events, &job).await;
    }
    Ok(())
}

async fn post(events: &dyn Events, job: &JobRow) {
    let mut pending = Pending::default();
    pending.add(Audience::Admins, Event::Job { game: job.game.clone(), job: Box::new(job.public.clone()) });
    events::post(events, pending).await;
}

async fn queue_notice(tx: &mut Tx, mint: Mint<'_>, job: &JobRow, why: &str) -> Result<(), DbError> {
    // Of a message that can't be sent no message is sent.
    if !matches!(job.public.spec, JobSpec::Tell(_)) {
        let text = format!("{}: {} failed: {why}", job.subject(), job.public.spec);
        let subject = format!("{} {}", job.public.id, mint.now.0);
        notices::queue(tx, mint, NoticeKind::Job, &subject, &text).await?;
    }
    Ok(())
}

/// Sees to it that a job tells what waits in the outbox: the one of the day, which begins anew, or a new one.
///
/// # Errors
/// [`DbError`].
pub async fn want_telling(tx: &mut Tx, mint: Mint<'_>) -> Result<(), DbError> {
    let spec = JobSpec::from(TellJob {});
    match db::jobs::own_of_kind(tx, spec.kind()).await?.into_iter().next() {
        Some(newest) if newest.public.state.is_open() => Ok(()),
        Some(newest) if mint.now.since(newest.public.created) < DAY_MILLIS => {
            db::jobs::reopen(tx, &newest.public.id, mint.now).await
        }
        _ => add(tx, mint, &spec).await.map(drop),
    }
}

/// What an admin's word for a job of the server's own changes besides.
///
/// # Errors
/// [`DbError`].
pub async fn heed(tx: &mut Tx, job: &JobRow, word: Word<'_>, now: UnixMillis) -> Result<(), DbError> {
    match (&job.public.spec, word) {
        (JobSpec::Tell(_), Word::Cancel { by }) => {
            db::notices::give_up(tx, &format!("cancelled by {by}"), now).await
        }
        (JobSpec::Tell(_), Word::Retry) => db::notices::try_again(tx, job.public.created, now).await,
        _ => Ok(()),
    }
}

/// What an admin does to a job.
#[derive(Debug, Clone, Copy)]
pub enum Word<'a> {
    /// Ends it.
    Cancel {
        /// Who.
        by: &'a str,
    },
    /// Wants it done after all.
    Retry,
}
