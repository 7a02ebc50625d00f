//! The tracker's HTTP API as a seed uses it.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use mist_proto::{
    BlobId,
    http::{
        Announce, Announced, ApiError, ClaimRequest, ClaimedJob, DenyList, JobFailed, JobProgress, JobResult,
        LeaseState, NewDevice, SeedLogin, SeedSession, StoreStats, TicketList, TicketsRequest, Trust,
    },
    ids::PeerName,
    limits,
};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::{Serialize, de::DeserializeOwned};

use crate::{Credentials, catalogue::MAX_ENVELOPE};

/// How long any request but a long poll may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long an envelope may take: it can have 128 MiB.
const ENVELOPE_TIMEOUT: Duration = Duration::from_secs(600);
/// How long a claim waits at the tracker for a job.
const CLAIM_WAIT: Duration = Duration::from_secs(25);
/// A session is renewed so long before it ends.
const RENEW_BEFORE: Duration = Duration::from_secs(60);

/// Why a call to the tracker failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TrackerError {
    /// No answer, or not a whole one.
    #[error("the tracker can't be reached: {0}")]
    Unreachable(#[source] reqwest::Error),
    /// The tracker said no.
    #[error("the tracker refuses {what}: {message} ({code}, HTTP {status})")]
    Refused {
        /// The call.
        what: &'static str,
        /// HTTP status.
        status: u16,
        /// Stable code of the error.
        code: String,
        /// Sentence for people.
        message: String,
    },
    /// The answer is not what the protocol says.
    #[error("the tracker's answer to {what} makes no sense: {why}")]
    Nonsense {
        /// The call.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The base address can't be joined with a path.
    #[error("{0} can't be a tracker's address")]
    Address(Url),
}

impl TrackerError {
    /// Whether the lease of a job was lost.
    pub(crate) fn is_lost_lease(&self) -> bool {
        matches!(self, Self::Refused { status: 409 | 404, .. })
    }
}

/// A session at the tracker.
struct Session {
    seed: String,
    token: String,
    renew_at: Instant,
}

/// The tracker.
pub(crate) struct TrackerClient {
    base: Url,
    credentials: Credentials,
    http: reqwest::Client,
    session: Mutex<Option<Session>>,
    /// Random id of this run.
    run: String,
}

impl TrackerClient {
    pub(crate) fn new(tracker: Url, credentials: Credentials, run: String) -> Result<Self, TrackerError> {
        if tracker.cannot_be_a_base() {
            return Err(TrackerError::Address(tracker));
        }
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .build()
            .map_err(TrackerError::Unreachable)?;
        Ok(Self { base: tracker, credentials, http, session: Mutex::new(None), run })
    }

    /// Random id of this run of the seed.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// Id of the seed at the tracker, once it has signed in.
    pub(crate) fn seed_id(&self) -> Option<String> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|s| s.seed.clone())
    }

    /// The keys that the tracker shows to everybody.
    pub(crate) async fn trust(&self) -> Result<Trust, TrackerError> {
        let request = self.http.get(self.url(&["trust"])?).timeout(TIMEOUT);
        json(send(request, "its keys").await?, "its keys").await
    }

    /// Binds the peer id to the seed.
    pub(crate) async fn register_peer(&self, peer: &PeerName, name: &str) -> Result<(), TrackerError> {
        let url = self.url(&["devices", peer.as_str()])?;
        self.call(Method::PUT, url, &NewDevice { name: name.to_owned() }, TIMEOUT, "a device").await.map(drop)
    }

    /// The next job, if one comes while the tracker waits.
    pub(crate) async fn claim(&self) -> Result<Option<ClaimedJob>, TrackerError> {
        let wait_ms = u64::try_from(CLAIM_WAIT.as_millis()).unwrap_or(u64::MAX);
        let body = ClaimRequest { wait_ms, run: Some(self.run.clone()) };
        let url = self.url(&["seed", "jobs", "claim"])?;
        let answer = self.call(Method::POST, url, &body, CLAIM_WAIT + TIMEOUT, "a claim").await?;
        if answer.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        json(answer, "a claim").await.map(Some)
    }

    /// Reports progress and renews the lease.
    pub(crate) async fn progress(&self, job: &str, body: &JobProgress) -> Result<LeaseState, TrackerError> {
        let answer = self.call(Method::POST, self.job(job, "progress")?, body, TIMEOUT, "progress").await?;
        json(answer, "progress").await
    }

    /// Reports a job as done.
    pub(crate) async fn complete(&self, job: &str, body: &JobResult) -> Result<(), TrackerError> {
        self.call(Method::POST, self.job(job, "complete")?, body, TIMEOUT, "a result").await.map(drop)
    }

    /// Reports a job as failed.
    pub(crate) async fn fail(&self, job: &str, body: &JobFailed) -> Result<(), TrackerError> {
        self.call(Method::POST, self.job(job, "fail")?, body, TIMEOUT, "a failure").await.map(drop)
    }

    /// The bytes of a signed envelope, checked against its address.
    pub(crate) async fn envelope(&self, manifest: &BlobId) -> Result<Vec<u8>, TrackerError> {
        let what = "a manifest";
        if manifest.size > MAX_ENVELOPE {
            return Err(TrackerError::Nonsense { what, why: format!("{} bytes", manifest.size) });
        }
        let url = self.url(&["manifests", &manifest.hash.to_string()])?;
        let answer = self.call(Method::GET, url, &(), ENVELOPE_TIMEOUT, what).await?;
        let bytes = bounded(answer, manifest.size, what).await?;
        if BlobId::of(&bytes) == *manifest {
            Ok(bytes)
        } else {
            Err(TrackerError::Nonsense { what, why: format!("the bytes are not those of {manifest}") })
        }
    }

    /// Tells what this seed serves, and learns when to tell it again.
    pub(crate) async fn announce(&self, body: &Announce) -> Result<Announced, TrackerError> {
        let url = self.url(&["swarm", "announce"])?;
        json(self.call(Method::POST, url, body, TIMEOUT, "an announce").await?, "an announce").await
    }

    /// Whom to turn away.
    pub(crate) async fn deny_list(&self) -> Result<DenyList, TrackerError> {
        let url = self.url(&["swarm", "deny"])?;
        json(self.call(Method::GET, url, &(), TIMEOUT, "the deny-list").await?, "the deny-list").await
    }

    /// This seed's own tickets.
    pub(crate) async fn tickets(&self, peer: &PeerName) -> Result<TicketList, TrackerError> {
        let url = self.url(&["swarm", "tickets"])?;
        let body = TicketsRequest { peer: peer.clone() };
        json(self.call(Method::POST, url, &body, TIMEOUT, "tickets").await?, "tickets").await
    }

    /// Reports the store's state.
    pub(crate) async fn status(&self, body: &StoreStats) -> Result<(), TrackerError> {
        let url = self.url(&["seed", "status"])?;
        self.call(Method::POST, url, body, TIMEOUT, "the store's state").await.map(drop)
    }

    fn url(&self, path: &[&str]) -> Result<Url, TrackerError> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| TrackerError::Address(self.base.clone()))?
            .pop_if_empty()
            .extend(["api", "v1"])
            .extend(path);
        Ok(url)
    }

    fn job(&self, id: &str, call: &str) -> Result<Url, TrackerError> {
        self.url(&["seed", "jobs", id, call])
    }

    /// One call with a session; signs in again, once, if the tracker no longer takes the session.
    async fn call(
        &self,
        method: Method,
        url: Url,
        body: &impl Serialize,
        timeout: Duration,
        what: &'static str,
    ) -> Result<Response, TrackerError> {
        let request = |token: String| {
            let request = self.http.request(method.clone(), url.clone()).bearer_auth(token).timeout(timeout);
            if method == Method::GET { request } else { request.json(body) }
        };
        match send(request(self.token().await?), what).await {
            Err(TrackerError::Refused { status: 401, .. }) => {
                *self.session.lock().unwrap_or_else(PoisonError::into_inner) = None;
                send(request(self.token().await?), what).await
            }
            other => other,
        }
    }

    async fn token(&self) -> Result<String, TrackerError> {
        if let Some(session) = &*self.session.lock().unwrap_or_else(PoisonError::into_inner)
            && Instant::now() < session.renew_at
        {
            return Ok(session.token.clone());
        }
        let fresh: SeedSession = match &self.credentials {
            Credentials::Issued(issue) => issue(),
            Credentials::Enrolment(token) => {
                let body = SeedLogin { token: token.clone() };
                let url = self.url(&["auth", "seed"])?;
                let request = self.http.post(url).json(&body).timeout(TIMEOUT);
                json(send(request, "the sign-in of this seed").await?, "the sign-in of this seed").await?
            }
        };
        let life = Duration::from_secs(u64::try_from(fresh.expires_in).unwrap_or(0));
        let session = Session {
            seed: fresh.seed,
            token: fresh.access_token.clone(),
            renew_at: Instant::now() + life.saturating_sub(RENEW_BEFORE).max(life / 2),
        };
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
        Ok(fresh.access_token)
    }
}

async fn send(request: RequestBuilder, what: &'static str) -> Result<Response, TrackerError> {
    let answer = request.send().await.map_err(TrackerError::Unreachable)?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let body = bounded(answer, limits::MAX_JSON_BODY as u64, what).await.unwrap_or_default();
    let (code, message) = match serde_json::from_slice::<ApiError>(&body) {
        Ok(refused) => (refused.error.code, refused.error.message),
        Err(_) => ("unknown".into(), "no reason given".into()),
    };
    Err(TrackerError::Refused { what, status: status.as_u16(), code, message })
}

async fn json<T: DeserializeOwned>(answer: Response, what: &'static str) -> Result<T, TrackerError> {
    let bytes = bounded(answer, limits::MAX_JSON_BODY as u64, what).await?;
    serde_json::from_slice(&bytes).map_err(|e| TrackerError::Nonsense { what, why: e.to_string() })
}

/// A body of at most `max` bytes.
async fn bounded(mut answer: Response, max: u64, what: &'static str) -> Result<Vec<u8>, TrackerError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(TrackerError::Unreachable)? {
        if (bytes.len() + chunk.len()) as u64 > max {
            return Err(TrackerError::Nonsense { what, why: format!("more than {max} bytes") });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
