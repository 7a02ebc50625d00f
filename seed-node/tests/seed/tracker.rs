//! A tracker that answers just what a seed asks.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    response::IntoResponse,
    routing::{get, post, put},
};
use http::StatusCode;
use mist_proto::{
    BlobId, Hash, UnixMillis,
    claims::{Allow, CapabilityClaims, TicketClaims, TrackerSecret},
    http::{
        Announce, Announced, ClaimedJob, DenyList, ErrorBody, GameList, JobFailed, JobResult, JobSpec,
        LeaseState, ProblemDetails, StoreStats, TicketList, Trust,
    },
    ids::PeerName,
    key::ReleaseSecret,
};
use tokio::{net::TcpListener, sync::Notify};

/// How a job ended.
#[derive(Debug, Clone)]
pub(crate) enum Ended {
    Done(JobResult),
    Failed(JobFailed),
}

#[derive(Default)]
struct Book {
    waiting: VecDeque<ClaimedJob>,
    ended: BTreeMap<String, Ended>,
    envelopes: HashMap<Hash, Vec<u8>>,
    announced: Option<Announce>,
    status: Option<StoreStats>,
    /// Why words about a store are refused, if they are.
    refused: Option<String>,
    jobs: u64,
}

/// The stand-in.
pub(crate) struct FakeTracker {
    secret: TrackerSecret,
    pub(crate) release: ReleaseSecret,
    book: Mutex<Book>,
    /// Something changed.
    news: Notify,
}

type Shared = Arc<FakeTracker>;

impl FakeTracker {
    /// Starts it on a free port.
    pub(crate) async fn start() -> (Shared, SocketAddr) {
        let this = Arc::new(Self {
            secret: TrackerSecret::from_seed(&[5; 32]),
            release: ReleaseSecret::from_seed(&[6; 32]),
            book: Mutex::default(),
            news: Notify::new(),
        });
        let api = Router::new()
            .route("/trust", get(trust))
            .route("/devices/{peer}", put(async || StatusCode::NO_CONTENT))
            .route("/seed/jobs/claim", post(claim))
            .route("/seed/jobs/{id}/progress", post(async || Json(LeaseState { lease_ms: 60_000 })))
            .route("/seed/jobs/{id}/complete", post(complete))
            .route("/seed/jobs/{id}/fail", post(fail))
            .route("/games", get(async || Json(GameList { games: vec![], as_of: UnixMillis(0), next: None })))
            .route("/seed/status", post(status))
            .route("/manifests/{hash}", get(envelope))
            .route("/swarm/announce", post(announce))
            .route("/swarm/deny", get(async || Json(DenyList::default())))
            .route("/swarm/tickets", post(async || Json(TicketList { tickets: vec![] })))
            .with_state(this.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, Router::new().nest("/api/v1", api)).await });
        (this, address)
    }

    /// A ticket of `peer` for a game, good for an hour.
    pub(crate) fn ticket(&self, peer: &PeerName, game: &str) -> String {
        let (peer, game, now) = (peer.clone(), game.parse().unwrap(), now());
        let (iat, exp) = (now - 10, now + 3600);
        let (aud, sub, jti) = ("mist-peer".into(), "u".into(), "j".into());
        self.secret.sign(&TicketClaims { aud, sub, peer, game, iat, exp, jti })
    }

    /// A capability, good for `seconds` from now; expired since then if that is negative.
    pub(crate) fn cap(&self, allow: Allow, seconds: i64) -> String {
        let now = now();
        let iat = now.min(now + seconds) - 10;
        self.secret.sign(&CapabilityClaims {
            aud: "mist-seed".into(),
            sub: "u".into(),
            allow,
            iat,
            exp: now + seconds,
        })
    }

    /// Lets seeds fetch an envelope.
    pub(crate) fn publish(&self, envelope: &[u8]) -> BlobId {
        let id = BlobId::of(envelope);
        self.book.lock().unwrap().envelopes.insert(id.hash, envelope.to_vec());
        id
    }

    /// Gives a job out and waits until it has ended.
    pub(crate) async fn run(&self, spec: JobSpec) -> Ended {
        let id = {
            let mut book = self.book.lock().unwrap();
            book.jobs += 1;
            let id = format!("job-{}", book.jobs);
            book.waiting.push_back(ClaimedJob {
                id: id.clone(),
                spec,
                lease: "lease".into(),
                lease_ms: 60_000,
            });
            id
        };
        self.news.notify_waiters();
        self.wait("the job ends", |book| book.ended.get(&id).cloned()).await
    }

    /// As [`FakeTracker::run`], for a job that must succeed.
    pub(crate) async fn done(&self, spec: JobSpec) -> JobResult {
        match self.run(spec).await {
            Ended::Done(result) => result,
            Ended::Failed(failed) => panic!("the job failed: {}", failed.error),
        }
    }

    /// As [`FakeTracker::run`], for a job that must fail; returns why.
    pub(crate) async fn failed(&self, spec: JobSpec) -> JobFailed {
        match self.run(spec).await {
            Ended::Failed(failed) => failed,
            Ended::Done(_) => panic!("the job succeeded"),
        }
    }

    /// Waits for an announce that fits.
    pub(crate) async fn announced(&self, fits: impl Fn(&Announce) -> bool) -> Announce {
        self.wait("an announce", |book| book.announced.clone().filter(&fits)).await
    }

    /// Waits for a report of the store that fits.
    pub(crate) async fn status(&self, fits: impl Fn(&StoreStats) -> bool) -> StoreStats {
        self.wait("the store's state", |book| book.status.clone().filter(&fits)).await
    }

    /// From now on refuses words about a store, or takes them again.
    pub(crate) fn refuse_store(&self, why: Option<&str>) {
        self.note(|book| {
            (book.refused, book.status, book.announced) = (why.map(str::to_owned), None, None);
        });
    }

    async fn wait<T>(&self, what: &str, find: impl Fn(&Book) -> Option<T>) -> T {
        let found = async {
            loop {
                let news = self.news.notified();
                tokio::pin!(news);
                news.as_mut().enable();
                if let Some(found) = find(&self.book.lock().unwrap()) {
                    return found;
                }
                news.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), found)
            .await
            .unwrap_or_else(|_| panic!("{what}: too late"))
    }

    fn note(&self, change: impl FnOnce(&mut Book)) {
        change(&mut self.book.lock().unwrap());
        self.news.notify_waiters();
    }
}

fn now() -> i64 {
    UnixMillis::from(std::time::SystemTime::now()).secs()
}

async fn trust(State(t): State<Shared>) -> Json<Trust> {
    Json(Trust {
        tracker_key: t.secret.public(),
        release_key: Some(t.release.public()),
        rotations: vec![],
        publishers: None,
        server: "fake".into(),
    })
}

async fn claim(State(t): State<Shared>) -> axum::response::Response {
    for _ in 0..2 {
        let news = t.news.notified();
        tokio::pin!(news);
        news.as_mut().enable();
        let job = t.book.lock().unwrap().waiting.pop_front();
        if let Some(job) = job {
            return Json(job).into_response();
        }
        let _ = tokio::time::timeout(Duration::from_secs(5), news).await;
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn complete(
    State(t): State<Shared>,
    Path(id): Path<String>,
    Json(body): Json<JobResult>,
) -> StatusCode {
    t.note(|book| drop(book.ended.insert(id, Ended::Done(body))));
    StatusCode::NO_CONTENT
}

async fn fail(State(t): State<Shared>, Path(id): Path<String>, Json(body): Json<JobFailed>) -> StatusCode {
    t.note(|book| drop(book.ended.insert(id, Ended::Failed(body))));
    StatusCode::NO_CONTENT
}

async fn status(State(t): State<Shared>, Json(body): Json<StoreStats>) -> axum::response::Response {
    let mut refused = None;
    t.note(|book| {
        refused = body.store.as_ref().and(book.refused.clone());
        book.status = Some(body);
    });
    match refused {
        Some(message) => {
            let error = ErrorBody { code: "store_in_use".into(), message };
            (StatusCode::CONFLICT, Json(ProblemDetails::new(409, "Conflict", error))).into_response()
        }
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

async fn announce(State(t): State<Shared>, Json(body): Json<Announce>) -> Json<Announced> {
    t.note(|book| book.announced = Some(body));
    Json(Announced { interval: 30, observed: "127.0.0.1".parse().unwrap() })
}

async fn envelope(State(t): State<Shared>, Path(hash): Path<String>) -> axum::response::Response {
    let found = hash.parse().ok().and_then(|hash: Hash| t.book.lock().unwrap().envelopes.get(&hash).cloned());
    found.map_or(StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
}
