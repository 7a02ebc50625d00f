//! The tracker's HTTP API as a seed uses it.

use std::{sync::OnceLock, time::Duration};

use mist_api_client::{AccessToken, ApiClient, CallError, Renewal, ServerAddress, SignedIn};
use mist_proto::{
    BlobId,
    http::{
        Announce, Announced, ClaimRequest, ClaimedJob, DenyList, Game, JobFailed, JobProgress, JobResult,
        LeaseState, NewDevice, PieceCounts, SeedLogin, SeedSession, Sources, SourcesRequest, StoreOrders,
        StoreStats, TicketList, TicketsRequest, Trust, route,
    },
    ids::PeerName,
    limits,
};
use tokio::sync::Notify;

use crate::{Credentials, clock};

/// How long a claim waits at the tracker for a job.
const CLAIM_WAIT: Duration = Duration::from_secs(25);
/// How long the answer to a claim may take.
const CLAIM_WITHIN: Duration = Duration::from_secs(55);

/// How a seed signs in, again and again.
struct Sessions {
    credentials: Credentials,
    /// Id of the seed at the tracker, once it has signed in.
    seed: OnceLock<String>,
}

impl Renewal for Sessions {
    type Error = CallError;

    async fn renew(&self, api: &ApiClient, _: Option<&str>) -> Result<AccessToken, CallError> {
        let asked = clock::now();
        let fresh: SeedSession = match &self.credentials {
            Credentials::Issued(issue) => issue(),
            Credentials::Enrolment(token) => {
                let body = SeedLogin { token: token.clone() };
                api.to(route::SignSeedIn, &()).json(&body).read().await?
            }
        };
        // One enrolment is one seed.
        self.seed.get_or_init(|| fresh.seed);
        Ok(AccessToken::new(fresh.access_token, fresh.expires_in, asked))
    }
}

/// The tracker.
pub(crate) struct TrackerClient {
    calls: SignedIn<Sessions>,
    /// Random id of this run.
    run: String,
    /// Told when a call was cut off that waits at the tracker nearly always.
    cut_off: Notify,
}

impl TrackerClient {
    pub(crate) fn new(
        tracker: ServerAddress,
        credentials: Credentials,
        run: String,
    ) -> Result<Self, CallError> {
        let api = ApiClient::new(tracker, concat!("mist-seed-node/", env!("CARGO_PKG_VERSION")))?;
        let calls = SignedIn::new(api, Sessions { credentials, seed: OnceLock::new() });
        Ok(Self { calls, run, cut_off: Notify::new() })
    }

    /// The tracker may have ended, and one that starts again does not know what this seed serves.
    pub(crate) fn was_cut_off(&self) {
        self.cut_off.notify_one();
    }

    /// Waits until [`TrackerClient::was_cut_off`] is called.
    pub(crate) async fn cut_off(&self) {
        self.cut_off.notified().await;
    }

    /// Random id of this run of the seed.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// Id of the seed at the tracker, once it has signed in.
    pub(crate) fn seed_id(&self) -> Option<String> {
        self.calls.renewal().seed.get().cloned()
    }

    /// The keys that the tracker shows to everybody.
    pub(crate) async fn trust(&self) -> Result<Trust, CallError> {
        self.calls.api().to(route::GetTrust, &()).read().await
    }

    /// Binds the peer id to the seed.
    pub(crate) async fn register_peer(&self, peer: &PeerName, name: &str) -> Result<(), CallError> {
        let body = NewDevice { name: name.into() };
        // What is bound is what was asked for: the answer is left unread.
        self.calls.answer(route::BindDevice, peer, |call| call.json(&body)).await.map(drop)
    }

    /// The next job, if one comes while the tracker waits.
    pub(crate) async fn claim(&self) -> Result<Option<ClaimedJob>, CallError> {
        let wait_ms = u64::try_from(CLAIM_WAIT.as_millis()).unwrap_or(u64::MAX);
        let body = ClaimRequest { wait_ms, run: Some(self.run.clone()) };
        self.calls.call(route::ClaimJob, &(), |call| call.json(&body).within(CLAIM_WITHIN)).await
    }

    /// Reports progress and renews the lease.
    pub(crate) async fn progress(&self, job: &str, body: &JobProgress) -> Result<LeaseState, CallError> {
        self.calls.call(route::ReportProgress, &job.to_owned(), |call| call.json(body)).await
    }

    /// Reports a job as done.
    pub(crate) async fn complete(&self, job: &str, body: &JobResult) -> Result<(), CallError> {
        self.calls.call(route::CompleteJob, &job.to_owned(), |call| call.json(body)).await
    }

    /// Reports a job as failed.
    pub(crate) async fn fail(&self, job: &str, body: &JobFailed) -> Result<(), CallError> {
        self.calls.call(route::FailJob, &job.to_owned(), |call| call.json(body)).await
    }

    /// The bytes of a signed envelope, checked against its address.
    pub(crate) async fn envelope(&self, manifest: &BlobId) -> Result<Vec<u8>, CallError> {
        let nonsense = |why: String| {
            let server = self.calls.api().server().to_string();
            CallError::Malformed { server, path: format!("manifests/{}", manifest.hash), why }
        };
        let max = usize::try_from(manifest.size).ok().filter(|&size| size <= limits::MAX_ENVELOPE);
        let max = max.ok_or_else(|| nonsense(format!("a manifest of {} bytes", manifest.size)))?;
        let answer = self.calls.answer(route::GetManifest, &manifest.hash, |call| call).await?;
        let bytes = answer.bytes(max).await?;
        if BlobId::of(&bytes) == *manifest {
            Ok(bytes)
        } else {
            Err(nonsense(format!("the bytes are not those of {manifest}")))
        }
    }

    /// Tells what this seed serves, and learns when to tell it again.
    pub(crate) async fn announce(&self, body: &Announce) -> Result<Announced, CallError> {
        self.calls.call(route::AnnouncePeer, &(), |call| call.json(body)).await
    }

    /// Who has a blob.
    pub(crate) async fn sources(&self, body: &SourcesRequest) -> Result<Sources, CallError> {
        self.calls.call(route::FindSources, &(), |call| call.json(body)).await
    }

    /// Whom to turn away.
    pub(crate) async fn deny_list(&self) -> Result<DenyList, CallError> {
        self.calls.call(route::GetDenyList, &(), |call| call).await
    }

    /// This seed's own tickets.
    pub(crate) async fn tickets(&self, peer: &PeerName) -> Result<TicketList, CallError> {
        let body = TicketsRequest { peer: peer.clone() };
        self.calls.call(route::IssueTickets, &(), |call| call.json(&body)).await
    }

    /// The games and their live builds.
    pub(crate) async fn games(&self) -> Result<Vec<Game>, CallError> {
        self.calls.list(route::ListGames, &()).await
    }

    /// Tells which pieces of what they are fetching friends have.
    pub(crate) async fn pieces(&self, body: &PieceCounts) -> Result<(), CallError> {
        self.calls.call(route::ReportPieces, &(), |call| call.json(body)).await
    }

    /// Reports the store's state; what is to be done, if the tracker says so.
    pub(crate) async fn status(&self, body: &StoreStats) -> Result<Option<StoreOrders>, CallError> {
        self.calls.call(route::ReportStore, &(), |call| call.json(body)).await
    }
}
