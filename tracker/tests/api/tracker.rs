//! A tracker whose time and randomness the test owns, and ways to talk to it.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use argon2::Params;
use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode},
};
use http_body_util::BodyExt;
use mist_listener::observed::{Connection, TrustedProxies};
use mist_proto::{
    BlobId, Hash, LinkEntry, Manifest, ManifestId, UnixMillis,
    claims::{Scope, TrackerSecret},
    http::{
        API_LEVEL, ClaimRequest, ClaimedJob, Game, JobResult, JobSpec, JumpJob, KeptBuild, LEVEL_HEADER,
        Login, NewDevice, NewGame, NewSeed, NewUser, PatchJob, ProblemDetails, Push, RegisterReleaseKey,
        SeedLines, SeedLogin, SeedSession, Session, Trust, User, route,
    },
    ids::PeerName,
    key::ReleaseSecret,
};
use mist_settings::Flags;
use mist_tracker::{
    app::{App, RecentReads},
    auth::{caller::AtTheServer, password::Passwords},
    catalog::steam::Steam,
    clock::{Clock, Entropy},
    config::{Config, SETTINGS, Serving},
    db::{self, Db},
    http::{self},
    live::{Live, LiveSettings},
    metrics::{CountedEvents, Metrics},
    notices::discord::Discord,
    records::Records,
    shared::Seams,
};
use serde::{Serialize, de::DeserializeOwned};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{notices, postgres::Cluster, redis::RedisServer, steam};

pub(crate) const PASSWORD: &str = "correct horse";
/// Requests that an account, or a network, may make at once.
pub(crate) const REQUESTS: u32 = 600;
pub(crate) const NOTHING: Option<&()> = None;

/// When every test begins.
const START: UnixMillis = UnixMillis(1_700_000_000_000);

/// A clock that moves when the test says so.
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> UnixMillis {
        UnixMillis(self.0.load(Ordering::SeqCst))
    }
}

/// Bytes that never repeat and are the same in every run.
struct TestEntropy(AtomicU64);

impl Entropy for TestEntropy {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(32) {
            let hash = Hash::of(&self.0.fetch_add(1, Ordering::SeqCst).to_le_bytes());
            chunk.copy_from_slice(&hash.0[..chunk.len()]);
        }
    }
}

/// Those of a tracker that was started with two flags.
pub(crate) fn settings() -> LiveSettings {
    let mut flags = Flags::<Serving>::default();
    for (name, value) in [("data_dir", "/nowhere"), ("listen", "127.0.0.1:0"), ("reverse_patches", "true")] {
        let setting = SETTINGS.iter().find(|setting| setting.about().name == name).expect("a setting");
        flags.set(*setting, value);
    }
    let config = Config::load(&flags, None).expect("settings");
    let live = Live { requests_per_minute: REQUESTS, direct_patch_above: 1000, ..config.live };
    LiveSettings::new(live, config.described())
}

pub(crate) struct Tracker {
    pub(crate) app: Arc<App>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) router: Router,
    pub(crate) release: ReleaseSecret,
    /// What was sent to Discord.
    pub(crate) discord: notices::StandIn,
    /// What Steam was asked.
    pub(crate) steam: steam::StandIn,
    tokens: Mutex<HashMap<String, String>>,
    _folder: Option<TempDir>,
}

/// An answer that was a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
}

pub(crate) fn refusal(status: u16, code: &str) -> Refusal {
    Refusal { status: StatusCode::from_u16(status).expect("a status"), code: code.into() }
}

impl Tracker {
    pub(crate) async fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open_sqlite(&folder.path().join("mist.db")).await.expect("a database");
        Self::new(db, Seams::in_memory(START), Some(folder), true).await
    }

    pub(crate) async fn on_postgres_and_redis(cluster: &Cluster, redis: &RedisServer, name: &str) -> Self {
        let db = Db::open_postgres(&cluster.create(name)).await.expect("a database");
        Self::new(db, redis.seams(name), None, false).await
    }

    async fn new(db: Db, seams: Seams, folder: Option<TempDir>, is_alone: bool) -> Self {
        db.migrate().await.expect("the schema");
        let clock = Arc::new(TestClock(AtomicI64::new(START.0)));
        let entropy = Arc::new(TestEntropy(AtomicU64::new(0)));
        let secret = TrackerSecret::from_seed(&[5; 32]);
        let cheap = Params::new(8, 1, 1, None).expect("parameters");
        let started = clock.now();
        let metrics = Arc::new(Metrics::default());
        let stopping = CancellationToken::new();
        let mut seams = seams;
        seams.events = Arc::new(CountedEvents::new(seams.events, metrics.clone()));
        let discord = notices::stand_in().await;
        let discord_at = discord.url.clone();
        let steam = steam::stand_in().await;
        let steam_at = steam.url.clone();
        let app = Arc::new(App {
            passwords: Arc::new(Passwords::new(cheap, entropy.clone()).expect("parameters")),
            records: Records { db, clock: clock.clone(), entropy, is_alone },
            seams,
            signing: secret.into(),
            steam: Arc::new(Steam::new(steam_at.parse().expect("url"), Duration::ZERO).expect("a client")),
            proxies: TrustedProxies::default(),
            discord: Arc::new(Discord::new(discord_at.parse().expect("url")).expect("a client")),
            notice_spacing: Duration::ZERO,
            pictures: Arc::new(Semaphore::new(1)),
            manifests: Arc::new(Semaphore::new(2)),
            addresses: ["https://mist.example.org/games/".parse().expect("a URL")].into(),
            live: Arc::new(settings()),
            last_seen: Arc::default(),
            recent: RecentReads::default(),
            backups: None,
            metrics,
            started,
            leaving: stopping.child_token(),
            stopping,
        });
        let this = Self {
            router: http::router(&app, None),
            app,
            discord,
            steam,
            clock,
            release: ReleaseSecret::from_seed(&[9; 32]),
            tokens: Mutex::default(),
            _folder: folder,
        };
        for (name, scope) in [("root", Scope::Admin), ("ann", Scope::User), ("bob", Scope::User)] {
            this.add_user(name, scope).await;
            this.login(name).await;
        }
        this
    }

    pub(crate) fn pass(&self, millis: i64) {
        self.clock.0.fetch_add(millis, Ordering::SeqCst);
    }

    async fn add_user(&self, name: &str, scope: Scope) {
        let new = NewUser { name: name.parse().expect("name"), password: PASSWORD.into(), scope };
        let user: Result<User, Refusal> = self.at_the_server(Method::POST, "/users", Some(&new)).await;
        user.expect("a user");
    }

    /// Removes an account behind the back of what keeps the last admin.
    pub(crate) async fn forget_user(&self, name: &str) {
        let mut tx = self.app.records.write().await.expect("a transaction");
        let account = db::users::by_name(&mut tx, &name.parse().expect("name")).await.expect("read");
        db::users::delete(&mut tx, &account.expect("an account").id).await.expect("removed");
        tx.commit().await.expect("committed");
    }

    /// Signs in and keeps the access token under the name.
    pub(crate) async fn login(&self, name: &str) -> Session {
        let session = self.try_login(name, PASSWORD, "192.0.2.1").await.expect("signs in");
        self.keep_token(name, &session.access_token);
        session
    }

    pub(crate) async fn try_login(&self, name: &str, password: &str, from: &str) -> Result<Session, Refusal> {
        let login = Login {
            user: name.parse().expect("name"),
            password: password.into(),
            device: Some("test".into()),
            code: None,
        };
        let request = request(Method::POST, "/auth/login", None, Some(&login), from);
        answer(self.send(request).await)
    }

    pub(crate) fn keep_token(&self, name: &str, token: &str) {
        self.tokens.lock().expect("lock").insert(name.into(), token.into());
    }

    pub(crate) fn token(&self, name: &str) -> String {
        self.tokens.lock().expect("lock").get(name).cloned().unwrap_or_else(|| panic!("{name} is signed in"))
    }

    /// Calls the API as somebody who is signed in; `""` is nobody.
    pub(crate) async fn call<T: DeserializeOwned>(
        &self,
        who: &str,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, Refusal> {
        self.call_from("192.0.2.1", who, method, path, body).await
    }

    pub(crate) async fn call_from<T: DeserializeOwned>(
        &self,
        from: &str,
        who: &str,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, Refusal> {
        let token = Some(who).filter(|w| !w.is_empty()).map(|w| self.token(w));
        answer(self.send(request(method, path, token.as_deref(), body, from)).await)
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, who: &str, path: &str) -> Result<T, Refusal> {
        self.call(who, Method::GET, path, NOTHING).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        who: &str,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, Refusal> {
        self.call(who, Method::POST, path, Some(body)).await
    }

    pub(crate) async fn at_the_server<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, Refusal> {
        let mut request = request(method, path, None, body, "127.0.0.1");
        request.extensions_mut().insert(AtTheServer);
        answer(self.send(request).await)
    }

    /// Makes a request. Whatever comes of it must stand in the table of routes.
    pub(crate) async fn send(&self, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.expect("the router answers");
        let status = response.status();
        let bytes = response.into_body().collect().await.expect("a body").to_bytes().to_vec();
        if let Some(info) = route::find(method.as_str(), &path) {
            let code = serde_json::from_slice(&bytes).map(|details: ProblemDetails| details.code);
            let code = code.unwrap_or_default();
            let is_said = match status.is_success() || status.is_redirection() {
                true => info.status == status.as_u16() || info.also.contains(&status.as_u16()),
                // The head of a refusal says no code.
                false if method == Method::HEAD => info.refusals().iter().any(|(s, _)| *s == status.as_u16()),
                false => info.refusals().contains(&(status.as_u16(), code.as_str())),
            };
            assert!(is_said, "{method} {path}: the table of routes does not know of {status} {code:?}");
        }
        (status, bytes)
    }

    /// Sends bytes as somebody.
    pub(crate) async fn upload<T: DeserializeOwned>(
        &self,
        who: &str,
        path: &str,
        bytes: Vec<u8>,
    ) -> Result<T, Refusal> {
        self.upload_by(Method::POST, who, path, bytes).await
    }

    pub(crate) async fn upload_by<T: DeserializeOwned>(
        &self,
        method: Method,
        who: &str,
        path: &str,
        bytes: Vec<u8>,
    ) -> Result<T, Refusal> {
        let mut request = request(method, path, Some(&self.token(who)), NOTHING, "192.0.2.1");
        *request.body_mut() = Body::from(bytes);
        answer(self.send(request).await)
    }

    /// A seed that is signed in under its name, with a device.
    pub(crate) async fn add_seed(&self, name: &str) -> SeedSession {
        let new = NewSeed { name: name.parse().expect("name") };
        let added: mist_proto::http::EnrolledSeed = self.post("root", "/seeds", &new).await.expect("a seed");
        let session: SeedSession =
            self.post("", "/auth/seed", &SeedLogin { token: added.token }).await.expect("signs in");
        self.keep_token(name, &session.access_token);
        session
    }

    pub(crate) async fn add_device(&self, who: &str, peer: &PeerName) {
        let new = NewDevice { name: "pc".into() };
        let bound: Result<mist_proto::http::Device, Refusal> =
            self.call(who, Method::PUT, &format!("/devices/{peer}"), Some(&new)).await;
        bound.expect("a device");
    }

    pub(crate) async fn add_game(&self, slug: &str, is_private: bool) -> Game {
        let new = NewGame { slug: slug.parse().expect("slug"), title: None, app_id: None, is_private };
        self.post("root", "/games", &new).await.expect("a game")
    }

    pub(crate) async fn register_key(&self) {
        let body = RegisterReleaseKey { key: self.release.public() };
        let trust: Result<Trust, Refusal> = self.post("root", "/release-key", &body).await;
        trust.expect("the key");
    }

    /// A manifest as `mistpipe` would make it, signed.
    pub(crate) fn envelope(&self, plan: &Plan<'_>) -> (ManifestId, Vec<u8>) {
        let signed = plan.manifest().sign(&self.release).expect("a sound manifest");
        (signed.id(), signed.envelope().to_vec())
    }

    pub(crate) async fn push(&self, plan: &Plan<'_>, live: bool) -> Result<Push, Refusal> {
        let path = format!("/games/{}/pushes?live={live}", plan.game);
        self.upload("root", &path, self.envelope(plan).1).await
    }

    /// Pushes a build and does the seed's work until nothing is left.
    pub(crate) async fn publish(&self, plan: &Plan<'_>) -> ManifestId {
        let push = self.push(plan, true).await.expect("admitted");
        let finish: Result<Push, Refusal> =
            self.call("root", Method::POST, &format!("/pushes/{}/finish", push.id), NOTHING).await;
        finish.expect("finished");
        while self.work("seed").await.is_some() {}
        self.envelope(plan).0
    }

    pub(crate) async fn claim(&self, seed: &str, run: Option<&str>) -> Option<ClaimedJob> {
        self.claim_at_level(API_LEVEL, seed, run).await
    }

    /// The next job for a seed that speaks this level of the API.
    pub(crate) async fn claim_at_level(
        &self,
        level: u32,
        seed: &str,
        run: Option<&str>,
    ) -> Option<ClaimedJob> {
        let asked = ClaimRequest { wait_ms: 0, run: run.map(str::to_owned) };
        let token = self.token(seed);
        let mut asked = request(Method::POST, "/seed/jobs/claim", Some(&token), Some(&asked), "192.0.2.1");
        asked.headers_mut().insert(LEVEL_HEADER, level.into());
        answer(self.send(asked).await).expect("an answer")
    }

    /// Claims a job and does it well.
    pub(crate) async fn work(&self, seed: &str) -> Option<JobSpec> {
        let job = self.claim(seed, None).await?;
        self.complete(seed, &job).await.expect("done");
        Some(job.spec)
    }

    pub(crate) async fn complete(&self, seed: &str, job: &ClaimedJob) -> Result<(), Refusal> {
        self.complete_with(seed, job, vec![]).await
    }

    pub(crate) async fn complete_with(
        &self,
        seed: &str,
        job: &ClaimedJob,
        kept: Vec<KeptBuild>,
    ) -> Result<(), Refusal> {
        let blob = match &job.spec {
            JobSpec::Patch(PatchJob { from, to, .. }) => Some(BlobId::of(format!("{from}..{to}").as_bytes())),
            JobSpec::Jump(JumpJob { folder_signature: signature, .. }) => {
                Some(BlobId::of(format!("from {}", signature.hash).as_bytes()))
            }
            _ => None,
        };
        let (lease, said) = (job.lease.clone(), SeedLines::default());
        let result = JobResult { lease, blob, stored: Some(7), kept, story: None, sampled: None, said };
        self.post(seed, &format!("/seed/jobs/{}/complete", job.id), &result).await
    }
}

/// What a manifest is made of.
#[derive(Clone, Copy)]
pub(crate) struct Plan<'a> {
    pub(crate) game: &'a str,
    pub(crate) version: &'a str,
    pub(crate) sequence: u64,
    pub(crate) parent: Option<ManifestId>,
    pub(crate) floor: u64,
    /// Whether it has a symbolic link.
    pub(crate) linked: bool,
}

impl<'a> Plan<'a> {
    pub(crate) fn first(game: &'a str) -> Self {
        Self { game, version: "1.0", sequence: 1, parent: None, floor: 0, linked: false }
    }

    pub(crate) fn next(self, version: &'a str, parent: ManifestId) -> Self {
        Self { version, sequence: self.sequence + 1, parent: Some(parent), ..self }
    }

    pub(crate) fn archive(&self) -> BlobId {
        BlobId::of(format!("archive {} {}", self.game, self.version).as_bytes())
    }

    pub(crate) fn manifest(&self) -> Manifest {
        let link =
            LinkEntry { path: "saves".parse().expect("a path"), target: "data".parse().expect("a target") };
        Manifest {
            game: self.game.parse().expect("slug"),
            version: self.version.parse().expect("version"),
            sequence: self.sequence,
            parent: self.parent,
            floor: self.floor,
            archive: self.archive(),
            files: vec![],
            empty_dirs: if self.linked { vec!["data".parse().expect("a path")] } else { vec![] },
            links: if self.linked { vec![link] } else { vec![] },
            launch: vec![],
        }
    }
}

pub(crate) fn peer(n: u8) -> PeerName {
    let letter = char::from(b'a' + n).to_string();
    format!("12D3KooW{}", letter.repeat(44)).parse().expect("a peer id")
}

pub(crate) fn request(
    method: Method,
    path: &str,
    token: Option<&str>,
    body: Option<&impl Serialize>,
    from: &str,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let bytes = body.map(|b| serde_json::to_vec(b).expect("json")).unwrap_or_default();
    let mut request =
        request.header("content-type", "application/json").body(Body::from(bytes)).expect("a request");
    let remote = SocketAddr::new(from.parse().expect("an address"), 1);
    request.extensions_mut().insert(Connection { remote, local: SocketAddr::from(([10, 0, 0, 1], 80)) });
    request
}

pub(crate) fn answer<T: DeserializeOwned>((status, bytes): (StatusCode, Vec<u8>)) -> Result<T, Refusal> {
    if !status.is_success() {
        let details: ProblemDetails = serde_json::from_slice(&bytes)
            .unwrap_or_else(|e| panic!("{status} {}: {e}", String::from_utf8_lossy(&bytes)));
        return Err(Refusal { status, code: details.code });
    }
    let bytes: &[u8] = if bytes.is_empty() { b"null" } else { &bytes };
    Ok(serde_json::from_slice(bytes).unwrap_or_else(|e| panic!("{}: {e}", String::from_utf8_lossy(bytes))))
}
