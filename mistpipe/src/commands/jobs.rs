//! Jobs of the seeds, and the server's own.

use anyhow::Result;
use mist_proto::http::{Job, JobState, route};
use mist_readable::{Align, Table};
use serde_json::json;

use crate::{
    api::Api,
    failure::name_missing,
    show::{Screen, span},
};

fn state(job: &Job) -> String {
    match job.state {
        JobState::Queued if job.attempts > 0 => "waiting to retry".into(),
        JobState::Queued => "waiting".into(),
        JobState::Running => match (u128::from(job.done) * 100).checked_div(u128::from(job.total)) {
            Some(percent) => format!("{} {}%", job.stage, percent.min(100)),
            None => job.stage.clone(),
        },
        JobState::Done => "done".into(),
        JobState::Failed => "failed".into(),
    }
}

/// Jobs as a table.
pub(super) fn table_of(jobs: &[Job]) -> Table {
    let mut table = Table::new(&[
        ("JOB", Align::Left),
        ("GAME", Align::Left),
        ("WHAT", Align::Left),
        ("STATE", Align::Left),
        ("TRIES", Align::Right),
        ("ERROR", Align::Left),
    ]);
    for job in jobs {
        let error = job.error.clone().filter(|_| job.state != JobState::Done).unwrap_or_default();
        table.row([
            job.id.clone(),
            job.spec.game().map(ToString::to_string).unwrap_or_default(),
            job.spec.to_string(),
            state(job),
            job.attempts.to_string(),
            error,
        ]);
    }
    table
}

/// `jobs`.
pub(super) async fn list(api: &Api, screen: Screen, open: bool) -> Result<()> {
    let list = api.ask(route::ListJobs, &()).await?;
    let jobs: Vec<Job> = list.jobs.into_iter().filter(|j| !open || j.state != JobState::Done).collect();
    if jobs.is_empty() {
        screen.note("there are no jobs");
    } else {
        screen.table(&table_of(&jobs))?;
        let failed = jobs.iter().filter(|j| j.state == JobState::Failed).count() as u64;
        if failed > 0 {
            screen.note(&format!(
                "{} failed: `mistpipe jobs log JOB` tells why, `mistpipe retry JOB` runs it again",
                mist_readable::count(failed, "job", "jobs")
            ));
        }
    }
    jobs.iter().try_for_each(|job| screen.record(job))
}

/// The id becomes part of a path: whatever is not one can't be a job's.
fn check_id(job: &str) -> Result<()> {
    anyhow::ensure!(
        !job.is_empty() && job.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
        "{job:?} is no job's id: see `mistpipe jobs`"
    );
    Ok(())
}

/// `jobs log JOB`.
pub(super) async fn log(api: &Api, screen: Screen, job: &str) -> Result<()> {
    check_id(job)?;
    let answer = api.ask(route::GetJobLog, &job.to_owned()).await;
    let lines = answer.map_err(|e| name_missing(e, format_args!("job {job}: see `mistpipe jobs`")))?.lines;
    let Some(first) = lines.first() else {
        screen.note("it has no log: the job is of a release before logs were kept");
        return Ok(());
    };
    let columns =
        [("AFTER", Align::Right), ("WHO", Align::Left), ("LEVEL", Align::Left), ("WHAT", Align::Left)];
    let mut table = Table::new(&columns);
    for line in &lines {
        let after = span(line.at.since(first.at));
        table.row([after.as_str(), line.source.as_str(), line.level.as_str(), &line.text]);
    }
    screen.table(&table)?;
    lines.iter().try_for_each(|line| screen.record(line))
}

/// `cancel JOB`.
pub(super) async fn cancel(api: &Api, screen: Screen, job: &str) -> Result<()> {
    check_id(job)?;
    let answer = api.ask(route::CancelJob, &job.to_owned()).await;
    answer.map_err(|e| name_missing(e, format_args!("job {job}: see `mistpipe jobs`")))?;
    screen.line(&format!("job {job} is cancelled; `mistpipe retry {job}` runs it again"))?;
    screen.record(&json!({ "event": "cancelled", "job": job }))
}

/// `retry JOB`.
pub(super) async fn retry(api: &Api, screen: Screen, job: &str) -> Result<()> {
    check_id(job)?;
    let answer = api.ask(route::RetryJob, &job.to_owned()).await;
    answer.map_err(|e| name_missing(e, format_args!("job {job}: see `mistpipe jobs`")))?;
    screen.line(&format!("job {job} waits for a seed"))?;
    screen.record(&json!({ "event": "retried", "job": job }))
}
