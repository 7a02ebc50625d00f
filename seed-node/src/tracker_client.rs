//! The tracker's HTTP API as a seed uses it.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use mist_api_client::{Answer, ApiClient, Call, CallError, ServerAddress};
use mist_proto::{
    BlobId,
    http::{
        Announce, Announced, ClaimRequest, ClaimedJob, DenyList, GameList, JobFailed, JobProgress, JobResult,
        LeaseState, NewDevice, SeedLogin, SeedSession, StoreStats, TicketList, TicketsRequest, Trust,
    },
    ids::PeerName,
    limits,
};
use reqwest::Method;
use serde::Serialize;

use crate::Credentials;

/// How long a claim waits at the tracker for a job.
const CLAIM_WAIT: Duration = Duration::from_secs(25);
/// How long the answer to a claim may take.
const CLAIM_WITHIN: Duration = Duration::from_secs(55);
/// A session is renewed so long before it ends.
const RENEW_BEFORE: Duration = Duration::from_secs(60);

/// A session at the tracker.
struct Session {
    seed: String,
    token: String,
    renew_at: Instant,
}

/// The tracker.
pub(crate) struct TrackerClient {
    api: ApiClient,
    credentials: Credentials,
    session: Mutex<Option<Session>>,
    /// Random id of this run.
    run: String,
}

impl TrackerClient {
    pub(crate) fn new(
        tracker: ServerAddress,
        credentials: Credentials,
        run: String,
    ) -> Result<Self, CallError> {
        let api = ApiClient::new(tracker, concat!("mist-seed-node/", env!("CARGO_PKG_VERSION")))?;
        Ok(Self { api, credentials, session: Mutex::new(None), run })
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
    pub(crate) async fn trust(&self) -> Result<Trust, CallError> {
        self.api.call(Method::GET, "trust").send().await?.json().await
    }

    /// Binds the peer id to the seed.
    pub(crate) async fn register_peer(&self, peer: &PeerName, name: &str) -> Result<(), CallError> {
        let body = NewDevice { name: name.to_owned() };
        self.send(Method::PUT, &format!("devices/{peer}"), &body).await.map(drop)
    }

    /// The next job, if one comes while the tracker waits.
    pub(crate) async fn claim(&self) -> Result<Option<ClaimedJob>, CallError> {
        let wait_ms = u64::try_from(CLAIM_WAIT.as_millis()).unwrap_or(u64::MAX);
        let body = ClaimRequest { wait_ms, run: Some(self.run.clone()) };
        let call = || self.api.call(Method::POST, "seed/jobs/claim").json(&body).within(CLAIM_WITHIN);
        self.ask(call).await?.json().await
    }

    /// Reports progress and renews the lease.
    pub(crate) async fn progress(&self, job: &str, body: &JobProgress) -> Result<LeaseState, CallError> {
        self.send(Method::POST, &format!("seed/jobs/{job}/progress"), body).await?.json().await
    }

    /// Reports a job as done.
    pub(crate) async fn complete(&self, job: &str, body: &JobResult) -> Result<(), CallError> {
        self.send(Method::POST, &format!("seed/jobs/{job}/complete"), body).await.map(drop)
    }

    /// Reports a job as failed.
    pub(crate) async fn fail(&self, job: &str, body: &JobFailed) -> Result<(), CallError> {
        self.send(Method::POST, &format!("seed/jobs/{job}/fail"), body).await.map(drop)
    }

    /// The bytes of a signed envelope, checked against its address.
    pub(crate) async fn envelope(&self, manifest: &BlobId) -> Result<Vec<u8>, CallError> {
        let path = format!("manifests/{}", manifest.hash);
        let nonsense = |why: String| {
            let server = self.api.server().to_string();
            CallError::Malformed { server, path: path.clone(), why }
        };
        let max = usize::try_from(manifest.size).ok().filter(|&size| size <= limits::MAX_ENVELOPE);
        let max = max.ok_or_else(|| nonsense(format!("a manifest of {} bytes", manifest.size)))?;
        let bytes = self.ask(|| self.api.call(Method::GET, &path)).await?.bytes(max).await?;
        if BlobId::of(&bytes) == *manifest {
            Ok(bytes)
        } else {
            Err(nonsense(format!("the bytes are not those of {manifest}")))
        }
    }

    /// Tells what this seed serves, and learns when to tell it again.
    pub(crate) async fn announce(&self, body: &Announce) -> Result<Announced, CallError> {
        self.send(Method::POST, "swarm/announce", body).await?.json().await
    }

    /// Whom to turn away.
    pub(crate) async fn deny_list(&self) -> Result<DenyList, CallError> {
        self.ask(|| self.api.call(Method::GET, "swarm/deny")).await?.json().await
    }

    /// This seed's own tickets.
    pub(crate) async fn tickets(&self, peer: &PeerName) -> Result<TicketList, CallError> {
        let body = TicketsRequest { peer: peer.clone() };
        self.send(Method::POST, "swarm/tickets", &body).await?.json().await
    }

    /// The games and their live builds.
    pub(crate) async fn games(&self) -> Result<GameList, CallError> {
        self.ask(|| self.api.call(Method::GET, "games")).await?.json().await
    }

    /// Reports the store's state.
    pub(crate) async fn status(&self, body: &StoreStats) -> Result<(), CallError> {
        self.send(Method::POST, "seed/status", body).await.map(drop)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<Answer, CallError> {
        self.ask(|| self.api.call(method.clone(), path).json(body)).await
    }

    /// One call with a session; signs in again, once, if the tracker no longer takes the session.
    async fn ask(&self, call: impl Fn() -> Call) -> Result<Answer, CallError> {
        match call().bearer(&self.token().await?).send().await {
            Err(e) if e.is_unauthorized() => {
                *self.session.lock().unwrap_or_else(PoisonError::into_inner) = None;
                call().bearer(&self.token().await?).send().await
            }
            answer => answer,
        }
    }

    async fn token(&self) -> Result<String, CallError> {
        if let Some(session) = &*self.session.lock().unwrap_or_else(PoisonError::into_inner)
            && Instant::now() < session.renew_at
        {
            return Ok(session.token.clone());
        }
        let fresh: SeedSession = match &self.credentials {
            Credentials::Issued(issue) => issue(),
            Credentials::Enrolment(token) => {
                let body = SeedLogin { token: token.clone() };
                self.api.call(Method::POST, "auth/seed").json(&body).send().await?.json().await?
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
