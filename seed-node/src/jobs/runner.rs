//! Claims jobs, does them, and keeps the tracker told.

use std::{sync::Arc, time::Duration};

use mist_api_client::CallError;
use mist_proto::http::{ClaimedJob, JobFailed, JobProgress, JobResult, SeedLines};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Failure, Made, Reporter, gather, reporter::Step};
use crate::{retry::RetryPauses, seed::Seed};

/// Progress is reported at most this often.
const REPORT_EVERY: Duration = Duration::from_millis(500);
/// How long a result is offered to a tracker that does not answer. The job is idempotent: when the tracker gives it
/// out again, it is found done.
const OFFER_RESULT_FOR: Duration = Duration::from_secs(120);

/// One worker.
pub(crate) struct Runner {
    seed: Arc<Seed>,
    stop: CancellationToken,
}

/// How a job ended for this seed.
enum End {
    /// With this result, to be told, and with what was said and not heard yet.
    Told(Result<Made, Failure>, SeedLines),
    /// The lease went to another.
    Lost,
}

/// What the tracker is to be told in the end.
enum Outcome {
    Complete(JobResult),
    Fail(JobFailed),
}

impl Runner {
    pub(crate) fn new(seed: Arc<Seed>, stop: CancellationToken) -> Self {
        Self { seed, stop }
    }

    /// Works until the seed stops.
    pub(crate) async fn run(self) {
        let mut pauses = RetryPauses::new();
        while !self.stop.is_cancelled() {
            tokio::select! {
                () = self.seed.store.ready() => {}
                () = self.stop.cancelled() => return,
            }
            let claimed = tokio::select! {
                claimed = self.seed.tracker.claim() => claimed,
                () = self.stop.cancelled() => return,
            };
            match claimed {
                Ok(None) => pauses.reset(),
                Ok(Some(job)) => {
                    pauses.reset();
                    self.work(job).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "can't ask for jobs");
                    self.seed.tracker.was_cut_off();
                    self.pause(pauses.next_pause()).await;
                }
            }
        }
    }

    async fn work(&self, job: ClaimedJob) {
        let (id, kind) = (job.id.clone(), job.spec.kind());
        tracing::info!(job = id, kind, "begun");
        match self.attend(&job).await {
            End::Lost => tracing::warn!(job = id, kind, "the lease was lost"),
            End::Told(Ok(made), said) => {
                tracing::info!(job = id, kind, "done");
                let Made { blob, stored, kept, story, sampled } = made;
                let result = JobResult { lease: job.lease, blob, stored, kept, story, sampled, said };
                self.offer(&id, Outcome::Complete(result)).await;
            }
            End::Told(Err(error), said) => {
                tracing::error!(job = id, kind, %error, "failed");
                let (retry, error) = (error.retry(), error.to_string().into());
                let kept = if retry { Vec::new() } else { gather::standing(&self.seed, &job.spec) };
                let failed = JobFailed { lease: job.lease, error, retry, kept, said };
                self.offer(&id, Outcome::Fail(failed)).await;
            }
        }
    }

    /// Does the job and reports meanwhile.
    async fn attend(&self, job: &ClaimedJob) -> End {
        let report = Arc::new(Reporter::default());
        let work = tokio::spawn(self.seed.clone().execute(job.spec.clone(), report.clone()));
        tokio::pin!(work);
        let mut told = Told { step: Step::default(), at: Instant::now(), renew: renewal(job.lease_ms) };
        let mut lost = false;
        let mut ticks = tokio::time::interval(REPORT_EVERY);
        let result = loop {
            tokio::select! {
                result = &mut work => break result,
                () = self.stop.cancelled(), if !report.is_cancelled() => report.cancel(),
                _ = ticks.tick(), if !lost => {
                    // The store went, or another seed may have it by now.
                    if !self.seed.store.may_change() {
                        report.cancel();
                    }
                    lost = self.tell(job, &report, &mut told).await;
                    if lost {
                        report.cancel();
                    }
                }
            }
        };
        if lost {
            return End::Lost;
        }
        End::Told(result.unwrap_or_else(|e| Err(Failure::passing(e))), report.to_tell())
    }

    /// Reports progress if there is any, something was said, or the lease needs it; returns whether the lease was lost.
    async fn tell(&self, job: &ClaimedJob, report: &Reporter, told: &mut Told) -> bool {
        let (step, said) = (report.step(), report.to_tell());
        if step == told.step && said.is_empty() && told.at.elapsed() < told.renew {
            return false;
        }
        let body = JobProgress {
            lease: job.lease.clone(),
            stage: step.stage.into(),
            done: step.done,
            total: step.total,
            said,
        };
        match self.seed.tracker.progress(&job.id, &body).await {
            Ok(lease) => {
                report.told(&body.said);
                *told = Told { step, at: Instant::now(), renew: renewal(lease.lease_ms) };
                false
            }
            Err(error) if is_lost_lease(&error) => true,
            Err(error) => {
                // The work goes on: the tracker may be back before it is over.
                tracing::warn!(job = job.id, %error, "can't report progress");
                false
            }
        }
    }

    /// Tells the outcome, again and again while the tracker is away.
    async fn offer(&self, id: &str, outcome: Outcome) {
        let deadline = Instant::now() + OFFER_RESULT_FOR;
        let mut pauses = RetryPauses::new();
        loop {
            let sent = match &outcome {
                Outcome::Complete(body) => self.seed.tracker.complete(id, body).await,
                Outcome::Fail(body) => self.seed.tracker.fail(id, body).await,
            };
            match sent {
                Ok(()) => return,
                Err(error)
                    if error.is_transient() && Instant::now() < deadline && !self.stop.is_cancelled() =>
                {
                    tracing::warn!(job = id, %error, "can't report the outcome");
                    self.pause(pauses.next_pause()).await;
                }
                Err(error) => return tracing::warn!(job = id, %error, "the outcome was not taken"),
            }
        }
    }

    async fn pause(&self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.stop.cancelled() => {}
        }
    }
}

/// Whether the job is another's by now, or nobody's.
fn is_lost_lease(error: &CallError) -> bool {
    matches!(error, CallError::Refused { status: 409 | 404, .. })
}

/// What the tracker was told last.
struct Told {
    step: Step,
    at: Instant,
    renew: Duration,
}

/// A lease is renewed when a third of it has passed.
fn renewal(lease_ms: u64) -> Duration {
    Duration::from_millis(lease_ms / 3)
}
