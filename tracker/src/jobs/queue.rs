//! Jobs that are new, and those that somebody wants done after all: each with a line in its log.

use mist_proto::UnixMillis;

use super::log::{self, Happened};
use crate::{
    auth::caller::Caller,
    db::{self, DbError, Tx, jobs::NewJob},
};

/// Writes a new job.
///
/// # Errors
/// [`DbError`].
pub async fn add(tx: &mut Tx, job: &NewJob<'_>) -> Result<(), DbError> {
    db::jobs::insert(tx, job).await?;
    log::note(tx, job.id, Happened::Queued { after: job.after }, job.created).await
}

/// Notes that a job which waited for one seed is given to another, by their names.
///
/// # Errors
/// [`DbError`].
pub async fn note_taken_over(
    tx: &mut Tx,
    id: &str,
    (from, to): (&str, &str),
    now: UnixMillis,
) -> Result<(), DbError> {
    log::note(tx, id, Happened::TakenOver { from, to }, now).await
}

/// Queues a job that was given up again, by the word of somebody; whether it had been given up.
///
/// # Errors
/// [`DbError`].
pub async fn again(tx: &mut Tx, id: &str, by: &Caller, now: UnixMillis) -> Result<bool, DbError> {
    let queued = db::jobs::retry(tx, id, now).await?;
    if queued {
        log::note(tx, id, Happened::Retried { by: &by.name }, now).await?;
    }
    Ok(queued)
}
