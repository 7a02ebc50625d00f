//! The seeds' jobs, and the server's own.

use std::collections::HashMap;

use mist_proto::{
    Slug, UnixMillis,
    http::{DeleteJob, GatherJob, Job, JobCounts, JobSpec, JobState, JumpJob},
};

use super::{DbError, Tx, count, int};
use crate::jobs::turns::{Served, Waiting};

/// A row of `jobs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// What people see.
    pub public: Job,
    /// Game that it works on, if it works on one.
    pub game: Option<Slug>,
    /// Build that it makes ready, if any.
    pub build_id: Option<String>,
    /// The seed that may claim it; [`SERVER`] for what the server does itself.
    pub seed_id: String,
    /// Proof of holding it.
    pub lease: Option<String>,
    /// When a seed began it the last time.
    pub begun: Option<UnixMillis>,
    /// Lines that this seed has said of it since.
    pub said: u64,
}

/// Whose jobs those are that the server does itself, in the place of a seed.
pub const SERVER: &str = "";

impl JobRow {
    /// What it works on, for people.
    pub fn subject(&self) -> &str {
        self.game.as_ref().map_or("the server", Slug::as_str)
    }
}

row! {
    struct Row {
        id: String,
        build_id: Option<String>,
        spec: String,
        seed_id: String,
        state: JobState as String,
        stage: String,
        done: u64 as i64,
        total: u64 as i64,
        attempts: i64,
        lease: Option<String>,
        error: Option<String>,
        created: i64,
        updated: i64,
        begun: Option<i64>,
        said: Option<i64>,
        lines: Option<i64>,
    }
}

impl TryFrom<Row> for JobRow {
    type Error = DbError;

    fn try_from(r: Row) -> Result<Self, DbError> {
        let spec = serde_json::from_str::<JobSpec>(&r.spec)
            .map_err(|source| DbError::Corrupt { what: "jobs.spec", source: Box::new(source) })?;
        Ok(Self {
            game: spec.game().cloned(),
            public: Job {
                id: r.id,
                spec,
                state: r.state,
                stage: r.stage,
                done: r.done,
                total: r.total,
                attempts: u32::try_from(r.attempts).unwrap_or(u32::MAX),
                error: r.error,
                created: UnixMillis(r.created),
                updated: UnixMillis(r.updated),
                lines: count(r.lines.unwrap_or(0)),
            },
            build_id: r.build_id,
            seed_id: r.seed_id,
            lease: r.lease,
            begun: r.begun.map(UnixMillis),
            said: count(r.said.unwrap_or(0)),
        })
    }
}

/// Reads jobs: the columns are the same for every question.
macro_rules! select {
    ($how:ident, $tx:expr, $rest:literal $(, $arg:expr)*) => {
        fetch!(
            $how,
            $tx,
            Row,
            concat!(
                "SELECT id, build_id, spec, seed_id, state, stage, done, total, attempts, lease, error, ",
                "created, updated, begun, said, lines FROM jobs ",
                $rest
            )
            $(, $arg)*
        )
    };
}

/// What a new job needs besides its spec.
pub struct NewJob<'a> {
    /// Id.
    pub id: &'a str,
    /// Build that it makes ready, if any.
    pub build_id: Option<&'a str>,
    /// What to do.
    pub spec: &'a JobSpec,
    /// The seed that may claim it, or [`SERVER`].
    pub seed_id: &'a str,
    /// Job that must be done before.
    pub after: Option<&'a str>,
    /// Jobs of a lower number are given out first.
    pub priority: i64,
    /// When it may begin.
    pub not_before: UnixMillis,
    /// Now.
    pub created: UnixMillis,
}

impl<'a> NewJob<'a> {
    /// A job that may begin at once, on which no build waits.
    pub fn at_once(id: &'a str, spec: &'a JobSpec, seed_id: &'a str, now: UnixMillis) -> Self {
        Self { id, build_id: None, spec, seed_id, after: None, priority: 0, not_before: now, created: now }
    }
}

/// Writes a new job, queued.
pub async fn insert(tx: &mut Tx, j: &NewJob<'_>) -> Result<(), DbError> {
    let sql = "INSERT INTO jobs (id, game, build_id, kind, spec, seed_id, after_job, state, stage, done, total, \
               attempts, not_before, created, updated, priority) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', '', 0, 0, 0, $8, $9, $9, $10)";
    let spec = serde_json::to_string(j.spec)
        .map_err(|source| DbError::Corrupt { what: "jobs.spec", source: Box::new(source) })?;
    execute!(
        tx,
        sql,
        j.id,
        j.spec.game().map_or("", Slug::as_str),
        j.build_id,
        j.spec.kind(),
        spec,
        j.seed_id,
        j.after,
        j.not_before.0,
        j.created.0,
        j.priority
    )?;
    Ok(())
}

/// The job of that id.
pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<JobRow>, DbError> {
    select!(fetch_optional, tx, "WHERE id = $1", id)?.map(JobRow::try_from).transpose()
}

/// Jobs of a build, in the order in which they run.
pub async fn of_build(tx: &mut Tx, build: &str) -> Result<Vec<JobRow>, DbError> {
    let rows = select!(fetch_all, tx, "WHERE build_id = $1 ORDER BY id", build)?;
    rows.into_iter().map(JobRow::try_from).collect()
}

/// Jobs, newest first: those before the job `id`, or the newest.
pub async fn before(tx: &mut Tx, id: Option<&str>, limit: i64) -> Result<Vec<Job>, DbError> {
    // Behind every id, which are hex digits and hyphens.
    let id = id.unwrap_or("zzzz");
    let rows = select!(fetch_all, tx, "WHERE id < $1 ORDER BY id DESC LIMIT $2", id, limit)?;
    rows.into_iter().map(|r| JobRow::try_from(r).map(|j| j.public)).collect()
}

/// The seed's jobs that may begin now, the oldest of each game and priority, but for those of kinds that a seed of this level of the API does
/// not know.
pub async fn claimable(
    tx: &mut Tx,
    seed: &str,
    level: u32,
    now: UnixMillis,
) -> Result<Vec<Waiting>, DbError> {
    let sql = "SELECT MIN(j.id), j.game, j.priority FROM jobs j LEFT JOIN jobs a ON a.id = j.after_job \
               WHERE j.state = 'queued' AND j.seed_id = $1 AND j.not_before <= $2 \
               AND j.kind NOT IN ($3, $4) \
               AND (a.id IS NULL OR a.state = 'done') GROUP BY j.game, j.priority";
    let unknown = JobSpec::unknown_to(level);
    let nth = |n: usize| unknown.get(n).copied().unwrap_or_default();
    let rows = fetch!(fetch_all, tx, (String, String, i64), sql, seed, now.0, nth(0), nth(1))?;
    Ok(rows.into_iter().map(|(id, game, priority)| Waiting { id, game, priority }).collect())
}

/// What a seed does and did for each game, as far back as jobs are remembered.
pub async fn served(tx: &mut Tx, seed: &str) -> Result<HashMap<String, Served>, DbError> {
    let sql = "SELECT game, COUNT(CASE WHEN state = 'running' THEN 1 END), MAX(begun) FROM jobs \
               WHERE seed_id = $1 AND begun IS NOT NULL GROUP BY game";
    let rows = fetch!(fetch_all, tx, (String, i64, Option<i64>), sql, seed)?;
    let read = |(game, running, begun): (String, i64, Option<i64>)| {
        (game, Served { running: count(running), begun: begun.map(UnixMillis) })
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Takes a queued job; none if another worker was faster.
pub async fn claim(
    tx: &mut Tx,
    id: &str,
    lease: &str,
    until: UnixMillis,
    run: Option<&str>,
    now: UnixMillis,
) -> Result<Option<JobRow>, DbError> {
    let sql = "UPDATE jobs SET state = 'running', stage = '', done = 0, total = 0, attempts = attempts + 1, \
               lease = $2, lease_until = $3, run = $4, updated = $5, begun = $5, said = 0 \
               WHERE id = $1 AND state = 'queued'";
    if execute!(tx, sql, id, lease, until.0, run, now.0)? == 0 {
        return Ok(None);
    }
    by_id(tx, id).await
}

/// Notes progress and prolongs the lease; whether the lease still held.
pub async fn progress(
    tx: &mut Tx,
    id: &str,
    lease: &str,
    (stage, done, total): (&str, u64, u64),
    until: UnixMillis,
    now: UnixMillis,
) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET stage = $3, done = $4, total = $5, lease_until = $6, updated = $7 \
               WHERE id = $1 AND lease = $2 AND state = 'running'";
    Ok(execute!(tx, sql, id, lease, stage, int(done), int(total), until.0, now.0)? > 0)
}

/// Notes how many lines the seed that holds a job has said of it.
pub async fn set_said(tx: &mut Tx, id: &str, said: u64) -> Result<(), DbError> {
    execute!(tx, "UPDATE jobs SET said = $2 WHERE id = $1", id, int(said))?;
    Ok(())
}

/// Ends a job well; whether the lease still held. Otherwise nothing was changed.
pub async fn complete(tx: &mut Tx, id: &str, lease: &str, now: UnixMillis) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET state = 'done', stage = '', lease = NULL, lease_until = NULL, error = NULL, \
               updated = $3 WHERE id = $1 AND lease = $2 AND state = 'running'";
    Ok(execute!(tx, sql, id, lease, now.0)? > 0)
}

/// Ends an attempt: queued again from `not_before` on, or given up if there is none. Whether the lease that `job` was
/// read with still held and, if `passed` is given, ended by then; otherwise nothing was changed.
pub async fn end_attempt(
    tx: &mut Tx,
    job: &JobRow,
    passed: Option<UnixMillis>,
    error: &str,
    not_before: Option<UnixMillis>,
    now: UnixMillis,
) -> Result<bool, DbError> {
    let state = if not_before.is_some() { JobState::Queued } else { JobState::Failed };
    let sql = "UPDATE jobs SET state = $4, stage = '', lease = NULL, lease_until = NULL, error = $5, \
               not_before = $6, updated = $7 \
               WHERE id = $1 AND lease = $2 AND state = 'running' AND lease_until <= $3";
    let (id, lease) = (&job.public.id, job.lease.as_deref());
    let passed = passed.map_or(i64::MAX, |passed| passed.0);
    let not_before = not_before.unwrap_or(now).0;
    Ok(execute!(tx, sql, id, lease, passed, state.as_str(), error, not_before, now.0)? > 0)
}

/// Queues a running job again at once; the attempt that was cut short is not counted. Whether the lease that it was read
/// with still held.
pub async fn give_back(tx: &mut Tx, job: &JobRow, now: UnixMillis) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET state = 'queued', stage = '', lease = NULL, lease_until = NULL, not_before = $3, \
               updated = $3, attempts = CASE WHEN attempts < 1 THEN 0 ELSE attempts - 1 END \
               WHERE id = $1 AND lease = $2 AND state = 'running'";
    Ok(execute!(tx, sql, &job.public.id, job.lease.as_deref(), now.0)? > 0)
}

/// Queues a job that was given up again at once, and forgets its attempts; whether it had been given up.
pub async fn retry(tx: &mut Tx, id: &str, now: UnixMillis) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET state = 'queued', not_before = $2, updated = $2, attempts = 0 \
               WHERE id = $1 AND state = 'failed'";
    Ok(execute!(tx, sql, id, now.0)? > 0)
}

/// Ends a job that waits or runs, by an admin's word; whether it was one. Whoever holds it has lost it.
pub async fn cancel(tx: &mut Tx, id: &str, error: &str, now: UnixMillis) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET state = 'failed', stage = '', lease = NULL, lease_until = NULL, error = $2, updated = $3 \
               WHERE id = $1 AND state IN ('queued', 'running')";
    Ok(execute!(tx, sql, id, error, now.0)? > 0)
}

/// Running jobs of seeds whose lease has passed.
pub async fn expired(tx: &mut Tx, now: UnixMillis) -> Result<Vec<JobRow>, DbError> {
    let rows = select!(
        fetch_all,
        tx,
        "WHERE state = 'running' AND lease_until <= $1 AND seed_id <> $2",
        now.0,
        SERVER
    )?;
    rows.into_iter().map(JobRow::try_from).collect()
}

/// The oldest job of a kind that the server may begin now.
pub async fn own_claimable(tx: &mut Tx, kind: &str, now: UnixMillis) -> Result<Option<String>, DbError> {
    let sql = "SELECT id FROM jobs WHERE state = 'queued' AND seed_id = $1 AND kind = $2 AND not_before <= $3 \
               ORDER BY id LIMIT 1";
    let row = fetch!(fetch_optional, tx, (String,), sql, SERVER, kind, now.0)?;
    Ok(row.map(|(id,)| id))
}

/// Running jobs of a kind whose lease a tracker let pass.
pub async fn own_expired(tx: &mut Tx, kind: &str, now: UnixMillis) -> Result<Vec<JobRow>, DbError> {
    let rows = select!(
        fetch_all,
        tx,
        "WHERE state = 'running' AND seed_id = $1 AND kind = $2 AND lease_until <= $3",
        SERVER,
        kind,
        now.0
    )?;
    rows.into_iter().map(JobRow::try_from).collect()
}

/// Jobs of a seed that wait.
pub async fn queued_at(tx: &mut Tx, seed: &str) -> Result<Vec<JobRow>, DbError> {
    let rows = select!(fetch_all, tx, "WHERE seed_id = $1 AND state = 'queued' ORDER BY id", seed)?;
    rows.into_iter().map(JobRow::try_from).collect()
}

/// Number of jobs of a kind that wait for a seed, or that it works on.
pub async fn open_at(tx: &mut Tx, seed: &str, kind: &str) -> Result<usize, DbError> {
    let sql = "SELECT COUNT(*) FROM jobs WHERE seed_id = $1 AND kind = $2 AND state IN ('queued', 'running')";
    let (open,) = fetch!(fetch_one, tx, (i64,), sql, seed, kind)?;
    Ok(usize::try_from(open).unwrap_or(usize::MAX))
}

/// Gives a job that waits for a seed to another one, which may begin at once; whether it did wait for that one.
pub async fn hand_over(
    tx: &mut Tx,
    id: &str,
    from: &str,
    to: &str,
    now: UnixMillis,
) -> Result<bool, DbError> {
    let sql = "UPDATE jobs SET seed_id = $3, not_before = $4, updated = $4, attempts = 0 \
               WHERE id = $1 AND seed_id = $2 AND state = 'queued'";
    Ok(execute!(tx, sql, id, from, to, now.0)? > 0)
}

/// The server's own jobs of a kind, newest first.
pub async fn own_of_kind(tx: &mut Tx, kind: &str) -> Result<Vec<JobRow>, DbError> {
    let rows = select!(fetch_all, tx, "WHERE seed_id = $1 AND kind = $2 ORDER BY id DESC", SERVER, kind)?;
    rows.into_iter().map(JobRow::try_from).collect()
}

/// Queues a job that is over again at once, as if it had not begun yet.
pub async fn reopen(tx: &mut Tx, id: &str, now: UnixMillis) -> Result<(), DbError> {
    let sql = "UPDATE jobs SET state = 'queued', not_before = $2, updated = $2, attempts = 0, error = NULL \
               WHERE id = $1 AND state IN ('done', 'failed')";
    execute!(tx, sql, id, now.0)?;
    Ok(())
}

/// Jobs that another run of the same seed left running.
pub async fn left_by_earlier_run(tx: &mut Tx, seed: &str, run: &str) -> Result<Vec<JobRow>, DbError> {
    let rows = select!(
        fetch_all,
        tx,
        "WHERE state = 'running' AND seed_id = $1 AND run IS NOT NULL AND run <> $2",
        seed,
        run
    )?;
    rows.into_iter().map(JobRow::try_from).collect()
}

/// When the latest lease on a job of this game, or of one of its builds, ends.
pub async fn last_lease(
    tx: &mut Tx,
    game: &Slug,
    build: Option<&str>,
) -> Result<Option<UnixMillis>, DbError> {
    let sql = "SELECT MAX(lease_until) FROM jobs WHERE state = 'running' AND game = $1 \
               AND ($2 IS NULL OR build_id = $2)";
    let sql_pg = "SELECT MAX(lease_until) FROM jobs WHERE state = 'running' AND game = $1 \
                  AND ($2::TEXT IS NULL OR build_id = $2)";
    let sql = if matches!(tx, Tx::Pg(..)) { sql_pg } else { sql };
    let (until,) = fetch!(fetch_one, tx, (Option<i64>,), sql, game.as_str(), build)?;
    Ok(until.map(UnixMillis))
}

/// The newest unfinished delete job of a game at a seed.
pub async fn pending_delete(tx: &mut Tx, game: &Slug, seed: &str) -> Result<Option<String>, DbError> {
    let sql = "SELECT id FROM jobs WHERE game = $1 AND seed_id = $2 AND kind = $3 AND state <> 'done' \
               ORDER BY id DESC LIMIT 1";
    let row = fetch!(fetch_optional, tx, (String,), sql, game.as_str(), seed, DeleteJob::KIND)?;
    Ok(row.map(|(id,)| id))
}

/// The job of a kind for a build that is under way, or else the newest. Two of one millisecond have no order among
/// themselves.
pub async fn under_way_or_newest(tx: &mut Tx, build: &str, kind: &str) -> Result<Option<JobRow>, DbError> {
    let row = select!(
        fetch_optional,
        tx,
        "WHERE build_id = $1 AND kind = $2 \
         ORDER BY CASE WHEN state IN ('queued', 'running') THEN 0 ELSE 1 END, id DESC LIMIT 1",
        build,
        kind
    )?;
    row.map(JobRow::try_from).transpose()
}

/// Jobs of a kind for a game, newest first.
pub async fn of_kind(tx: &mut Tx, game: &Slug, kind: &str) -> Result<Vec<JobRow>, DbError> {
    let rows = select!(fetch_all, tx, "WHERE game = $1 AND kind = $2 ORDER BY id DESC", game.as_str(), kind)?;
    rows.into_iter().map(JobRow::try_from).collect()
}

/// Forgets a job, whoever works on it.
pub async fn forget(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM jobs WHERE id = $1", id)?;
    Ok(())
}

/// Forgets jobs of a build, whoever works on them.
pub async fn forget_build(tx: &mut Tx, build: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM jobs WHERE build_id = $1", build)?;
    Ok(())
}

/// Forgets all jobs of a seed.
pub async fn forget_at(tx: &mut Tx, seed: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM jobs WHERE seed_id = $1", seed)?;
    Ok(())
}

/// Forgets jobs of a game but for the deletes.
pub async fn forget_game(tx: &mut Tx, game: &Slug) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM jobs WHERE game = $1 AND kind <> $2", game.as_str(), DeleteJob::KIND)?;
    Ok(())
}

/// Forgets finished jobs that nobody looks at any more. That a seed fetched a build from others is known as long as the build is there: the
/// patches to later ones follow from it.
pub async fn purge(tx: &mut Tx, before: UnixMillis) -> Result<(), DbError> {
    let sql = "DELETE FROM jobs WHERE state = 'done' AND updated < $1 AND kind <> $2";
    execute!(tx, sql, before.0, GatherJob::KIND)?;
    Ok(())
}

/// Jobs by state. A jump that failed is not counted: its friend took another way, and nobody has to mend it.
pub async fn counts(tx: &mut Tx) -> Result<JobCounts, DbError> {
    let mut counts = JobCounts::default();
    let sql = "SELECT state, COUNT(*) FROM jobs WHERE kind <> $1 OR state <> 'failed' GROUP BY state";
    for (state, n) in fetch!(fetch_all, tx, (String, i64), sql, JumpJob::KIND)? {
        let field = match super::parse_state("jobs.state", state)? {
            JobState::Queued => &mut counts.queued,
            JobState::Running => &mut counts.running,
            JobState::Failed => &mut counts.failed,
            JobState::Done => &mut counts.done,
        };
        *field = count(n);
    }
    Ok(counts)
}
