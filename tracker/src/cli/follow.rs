//! Waiting for jobs that a command began, and telling how they move on.

use std::{collections::HashMap, time::Duration};

use anyhow::bail;
use axum::http::Method;
use mist_proto::{
    Slug,
    http::{Job, JobList, JobState, JobsBegun},
};
use mist_readable::bytes;
use mist_tracker::{config::Config, control::Operator};

/// How often the jobs are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The tracker that serves from this data dir.
///
/// # Errors
/// None does.
pub(super) async fn serving(config: &Config) -> anyhow::Result<Operator> {
    match Operator::running(config).await {
        Some(operator) => Ok(operator),
        None => bail!(
            "no tracker serves from {}: start it first, as its seeds do the work",
            config.data_dir.display()
        ),
    }
}

/// Has the tracker begin what `/games/SLUG/WHAT` begins, for each game; returns the jobs that do it.
///
/// # Errors
/// The tracker does not answer, or refuses.
pub(super) async fn begin(operator: &Operator, games: &[Slug], what: &str) -> anyhow::Result<Vec<Job>> {
    let mut begun = Vec::new();
    for slug in games {
        let path = format!("/games/{slug}/{what}");
        begun.extend(operator.call::<JobsBegun>(Method::POST, &path, None::<&()>).await?.jobs);
    }
    Ok(begun)
}

/// Waits until every job that is `ours` is over, of those that began with the first of `begun` or later. Calls `each` with a job whenever it
/// has moved on.
///
/// # Errors
/// The tracker does not answer, or what `each` returns.
pub(super) async fn until_over(
    operator: &Operator,
    begun: &[Job],
    ours: impl Fn(&Job) -> bool,
    mut each: impl FnMut(&Job) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // Ids sort by their time.
    let Some(first) = begun.iter().map(|job| job.id.as_str()).min() else { return Ok(()) };
    let mut known: HashMap<String, Job> = HashMap::new();
    loop {
        let mut is_open = false;
        let mut jobs = since(operator, first).await?;
        jobs.retain(&ours);
        for job in jobs.into_iter().rev() {
            is_open |= job.state.is_open();
            if known.get(&job.id) != Some(&job) {
                each(&job)?;
                known.insert(job.id.clone(), job);
            }
        }
        if !is_open {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// The jobs from that id on, newest first.
async fn since(operator: &Operator, first: &str) -> anyhow::Result<Vec<Job>> {
    let mut all: Vec<Job> = Vec::new();
    let mut path = "/jobs".to_owned();
    loop {
        let page: JobList = operator.call(Method::GET, &path, None::<&()>).await?;
        let is_last = page.jobs.iter().any(|job| job.id.as_str() < first);
        all.extend(page.jobs.into_iter().filter(|job| job.id.as_str() >= first));
        match page.next.filter(|_| !is_last) {
            Some(next) => path = format!("/jobs?after={next}"),
            None => return Ok(all),
        }
    }
}

/// What a job does, and for which game.
pub(super) fn named(job: &Job) -> String {
    match job.spec.game() {
        Some(game) => format!("{game}: {}", job.spec),
        None => job.spec.to_string(),
    }
}

/// Says on standard error how far a running job is.
pub(super) fn tell_step(job: &Job) {
    if job.state == JobState::Running && !job.stage.is_empty() {
        let far = match job.total {
            0 => String::new(),
            total => format!(", {} of {}", bytes(job.done), bytes(total)),
        };
        mist_readable::tell(&format!("{}: {}{far}", named(job), job.stage));
    }
}
