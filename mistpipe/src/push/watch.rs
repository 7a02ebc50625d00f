//! Following the seed's jobs of a push until the build stands.

use std::{collections::HashMap, time::Duration};

use anyhow::Result;
use mist_api_client::CallError;
use mist_command_line::told;
use mist_proto::http::{BuildState, Job, JobState, Push, route};
use serde_json::json;

use crate::{
    api::Api,
    failure::{Exit, refuse},
    show::{Meter, Meters, Screen},
};

/// How often the server is asked.
const EVERY: Duration = Duration::from_millis(300);
/// How many times in a row it may fail to answer; each of them is a while of its own.
const MAX_SILENCES: u32 = 20;

/// What a job shows: its meter for the stage that it is in.
struct Shown {
    stage: (u32, String),
    meter: Meter,
}

/// The jobs on the screen.
struct Display {
    screen: Screen,
    meters: Meters,
    shown: HashMap<String, Shown>,
    told: HashMap<String, JobState>,
}

impl Display {
    fn update(&mut self, jobs: &[Job]) -> Result<()> {
        for job in jobs {
            let what = job.spec.to_string();
            match job.state {
                JobState::Running => self.show_stage(job, &what),
                JobState::Queued | JobState::Done | JobState::Failed => {
                    if let Some(shown) = self.shown.remove(&job.id) {
                        shown.meter.clear();
                    }
                }
            }
            if self.told.insert(job.id.clone(), job.state) != Some(job.state) {
                self.screen.event(&json!({ "event": "job", "job": job }));
                match (job.state, &job.error) {
                    (JobState::Done, _) => self.note(&format!("{what}: done")),
                    (JobState::Failed, Some(e)) => self.note(&format!("{what}: failed: {e}")),
                    (JobState::Queued, Some(e)) => self.note(&format!("{what}: will be tried again: {e}")),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Each attempt and stage has a meter of its own, because each counts from 0.
    fn show_stage(&mut self, job: &Job, what: &str) {
        let stage = (job.attempts, job.stage.clone());
        if self.shown.get(&job.id).is_none_or(|s| s.stage != stage) {
            if let Some(old) = self.shown.remove(&job.id) {
                old.meter.clear();
            }
            let meter = self.meters.add(&format!("{what}: {}", job.stage));
            self.shown.insert(job.id.clone(), Shown { stage, meter });
        }
        if let Some(shown) = self.shown.get(&job.id) {
            shown.meter.set(job.done, job.total);
        }
    }

    fn note(&self, text: &str) {
        self.meters.print(|| self.screen.note(text));
    }
}

/// Waits until the push is ready.
///
/// # Errors
/// The jobs that failed, or a server that stays silent.
pub(super) async fn until_ready(api: &Api, screen: Screen, push: Push) -> Result<Push> {
    let push =
        until(api, screen, push, |push| matches!(push.state, BuildState::Ready | BuildState::Failed)).await?;
    match push.state {
        BuildState::Failed => Err(refuse(Exit::Failed, failure_of(&push))),
        _ => Ok(push),
    }
}

/// Waits until a ready build was checked and healed by the job that `healing` finds. Why it could not be, if so.
///
/// # Errors
/// A server that stays silent.
pub(super) async fn until_checked(
    api: &Api,
    screen: Screen,
    push: Push,
    healing: impl Fn(&Push) -> Option<(JobState, String)>,
) -> Result<Option<String>> {
    let is_over = |push: &Push| !matches!(healing(push), Some((JobState::Queued | JobState::Running, _)));
    let push = until(api, screen, push, is_over).await?;
    Ok(healing(&push).filter(|(state, _)| *state == JobState::Failed).map(|(_, error)| error))
}

/// Shows the jobs until `is_over`.
async fn until(api: &Api, screen: Screen, mut push: Push, is_over: impl Fn(&Push) -> bool) -> Result<Push> {
    let mut display =
        Display { screen, meters: screen.meters(), shown: HashMap::new(), told: HashMap::new() };
    let mut silences = 0;
    loop {
        display.update(&push.jobs)?;
        if is_over(&push) {
            return Ok(push);
        }
        tokio::time::sleep(EVERY).await;
        match api.ask(route::GetPush, &push.id).await {
            Ok(answer) => {
                push = answer;
                silences = 0;
            }
            Err(e) if e.downcast_ref().is_some_and(CallError::is_transient) && silences < MAX_SILENCES => {
                silences += 1;
                display.note(&format!("{}; the seed goes on by itself, asking again", told(e.chain())));
            }
            Err(e) => return Err(e),
        }
    }
}

/// What went wrong, and what to do.
fn failure_of(push: &Push) -> String {
    let failed = push.jobs.iter().filter(|j| j.state == JobState::Failed);
    let each = failed.map(|j| {
        let why = j.error.as_deref().unwrap_or("no reason given");
        format!("{} (job {}): {why}", j.spec, j.id)
    });
    let (game, version) = (&push.game, &push.version);
    format!(
        "the seed could not finish {game}@{version}: {}. Try again with `mistpipe retry JOB`, or take the build back with \
         `mistpipe rm {game}@{version}`",
        each.collect::<Vec<_>>().join("; ")
    )
}

#[cfg(test)]
mod tests {
    use mist_proto::{
        BlobId, UnixMillis,
        http::{IngestJob, JobSpec},
    };

    use super::*;

    #[test]
    fn failures_name_the_job_and_the_way_out() {
        let job = Job {
            id: "j1".into(),
            spec: JobSpec::Ingest(IngestJob {
                game: "g".parse().unwrap(),
                version: "1".parse().unwrap(),
                push: "p".into(),
                manifest: BlobId::of(b""),
            }),
            state: JobState::Failed,
            stage: "hashing".into(),
            done: 0,
            total: 0,
            attempts: 5,
            error: Some("disk full".into()),
            created: UnixMillis(0),
            updated: UnixMillis(0),
            lines: 0,
        };
        let push = Push {
            id: "p".into(),
            game: "g".parse().unwrap(),
            version: "1".parse().unwrap(),
            state: BuildState::Failed,
            live: false,
            resumed: false,
            upload: None,
            jobs: vec![job],
        };
        let text = failure_of(&push);
        for part in ["g@1", "finalizing 1", "j1", "disk full", "mistpipe rm g@1"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
