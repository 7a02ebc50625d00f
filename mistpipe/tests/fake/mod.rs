//! A server that knows just enough of the protocol to push to, and remembers what it was sent.

use std::{
    collections::HashSet,
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use mist_proto::{
    BlobId, Hash, UnixMillis,
    claims::Scope,
    http::{
        Build, BuildList, BuildState, ErrorBody, Me, PartAccepted, ProblemDetails, Push, RefreshRequest,
        RegisterReleaseKey, SeedAccess, Session, Trust, UploadState,
    },
    key::{ReleaseKey, ReleaseSecret},
    limits,
    manifest::{UnverifiedManifest, VerifiedManifest},
};
use mist_tree::recipe::{Recipe, unpack_part};

/// The only game.
pub(crate) const GAME: &str = "game";
/// The capability that uploads must show.
const CAP: &str = "right";

/// What the server knows.
#[derive(Default)]
pub(crate) struct Known {
    /// Registered by the first push.
    pub(crate) release_key: Option<ReleaseKey>,
    /// Every chunk that it has.
    pub(crate) chunks: HashSet<Hash>,
    /// Every chunk that was sent, in order, also repeatedly.
    pub(crate) received: Vec<Hash>,
    /// Answers to parts that are withheld: this many are answered before.
    pub(crate) answer_parts: Option<u32>,
    /// Parts that are answered with 503 before one is taken.
    pub(crate) busy: u32,
    builds: Vec<(Build, VerifiedManifest)>,
    recipe: Option<Recipe>,
    refresh: u32,
}

impl Known {
    /// The build that was pushed last.
    pub(crate) fn newest(&self) -> Option<&VerifiedManifest> {
        self.builds.last().map(|(_, manifest)| manifest)
    }
}

type Shared = Arc<Mutex<Known>>;

/// A running server.
pub(crate) struct Fake {
    /// Its address.
    pub(crate) url: String,
    state: Shared,
}

impl Fake {
    /// Starts one on a free port. Ends with the runtime.
    pub(crate) async fn start() -> Self {
        let state = Shared::default();
        let api = Router::new()
            .route("/trust", get(trust))
            .route("/auth/login", post(login))
            .route("/auth/refresh", post(refresh))
            .route("/release-key", post(release_key))
            .route("/games/{slug}/builds", get(builds))
            .route("/games/{slug}/builds/{version}/manifest", get(manifest))
            .route("/games/{slug}/pushes", post(begin))
            .route("/pushes/{version}/finish", post(finish))
            .route("/pushes/{version}", get(push_state));
        let seed = Router::new().route("/uploads/1/recipe", put(recipe)).route("/uploads/1/parts", put(part));
        let app = Router::new()
            .nest("/api/v1", api)
            .nest("/seed/v1", seed)
            .layer(DefaultBodyLimit::max(limits::MAX_PART))
            .with_state(state.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, state }
    }

    /// What it knows now.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.state.lock().unwrap()
    }
}

fn refusal(status: StatusCode, code: &str) -> Response {
    let error = ErrorBody { code: code.into(), message: format!("refused: {code}") };
    (status, Json(ProblemDetails::new(status.as_u16(), "", error))).into_response()
}

fn session(number: u32) -> Session {
    Session {
        access_token: format!("access {number}"),
        // Ended at once: every call has to refresh first, and each refresh token is good for one call.
        expires_in: 0,
        refresh_token: format!("refresh {number}"),
        user: Me { id: "1".into(), name: "ada".parse().unwrap(), scope: Scope::Admin },
        origins: vec![],
    }
}

async fn trust(State(state): State<Shared>) -> Json<Trust> {
    Json(Trust {
        tracker_key: ReleaseSecret::from_seed(&[7; 32]).public().into(),
        release_key: state.lock().unwrap().release_key,
        rotations: vec![],
        publishers: None,
        server: "fake".into(),
    })
}

async fn login() -> Json<Session> {
    Json(session(0))
}

async fn refresh(State(state): State<Shared>, Json(body): Json<RefreshRequest>) -> Response {
    let mut known = state.lock().unwrap();
    if body.refresh_token != format!("refresh {}", known.refresh) {
        return refusal(StatusCode::UNAUTHORIZED, "replayed");
    }
    known.refresh += 1;
    Json(session(known.refresh)).into_response()
}

async fn release_key(State(state): State<Shared>, Json(body): Json<RegisterReleaseKey>) -> Json<Trust> {
    state.lock().unwrap().release_key = Some(body.key);
    trust(State(state)).await
}

async fn builds(State(state): State<Shared>, Path(slug): Path<String>, headers: HeaderMap) -> Response {
    let known = state.lock().unwrap();
    if headers["authorization"] != format!("Bearer access {}", known.refresh).as_str() {
        return refusal(StatusCode::UNAUTHORIZED, "unauthorized");
    }
    if slug != GAME {
        return refusal(StatusCode::NOT_FOUND, "not_found");
    }
    Json(BuildList { builds: known.builds.iter().map(|(b, _)| b.clone()).collect(), next: None })
        .into_response()
}

async fn manifest(State(state): State<Shared>, Path((_, version)): Path<(String, String)>) -> Response {
    let known = state.lock().unwrap();
    match known.builds.iter().find(|(b, _)| b.version.as_str() == version) {
        Some((_, manifest)) => manifest.envelope().to_vec().into_response(),
        None => refusal(StatusCode::NOT_FOUND, "not_found"),
    }
}

fn push_of(build: &Build, resumed: bool) -> Push {
    let uploading = build.state == BuildState::Uploading;
    Push {
        id: build.version.to_string(),
        game: GAME.parse().unwrap(),
        version: build.version.clone(),
        state: build.state,
        live: build.live,
        resumed,
        upload: uploading.then(|| SeedAccess { base: "/seed/v1/uploads/1".into(), cap: CAP.into() }),
        jobs: vec![],
    }
}

async fn begin(State(state): State<Shared>, envelope: Bytes) -> Response {
    let mut known = state.lock().unwrap();
    let key = known.release_key.expect("the key is registered before the first push");
    let signed = UnverifiedManifest::parse(envelope.to_vec()).unwrap().verify(&key).unwrap();
    if let Some((build, _)) = known.builds.iter().find(|(b, _)| b.version == signed.version) {
        return match build.manifest_id == signed.id() {
            true => Json(push_of(build, true)).into_response(),
            false => refusal(StatusCode::CONFLICT, "version_exists"),
        };
    }
    let head = known.builds.last().map(|(b, _)| b);
    assert_eq!(signed.sequence, head.map_or(1, |b| b.sequence + 1));
    assert_eq!(signed.parent, head.map(|b| b.manifest_id));
    let build = Build {
        version: signed.version.clone(),
        sequence: signed.sequence,
        state: BuildState::Uploading,
        live: false,
        manifest_id: signed.id(),
        manifest: BlobId::of(signed.envelope()),
        archive: signed.archive,
        content_size: signed.content_size(),
        files: signed.files.len() as u64,
        created: UnixMillis(0),
        patches: vec![],
        archive_stored: None,
        kept: mist_proto::http::Keeping::Whole,
        notes: String::new(),
        pinned: false,
        live_at: None,
        pushed_by: None,
        forecast: None,
    };
    let answer = Json(push_of(&build, false)).into_response();
    known.builds.push((build, signed));
    answer
}

#[derive(serde::Deserialize)]
struct Right {
    cap: String,
}

async fn recipe(State(state): State<Shared>, Query(right): Query<Right>, body: Bytes) -> Json<UploadState> {
    assert_eq!(right.cap, CAP);
    let bytes = zstd::bulk::decompress(&body, limits::MAX_RECIPE).unwrap();
    let recipe = Recipe::decode(&bytes).unwrap();
    let mut known = state.lock().unwrap();
    let mut seen = HashSet::new();
    let distinct = recipe.files.iter().flatten().map(|c| c.hash).filter(|h| seen.insert(*h));
    let missing: Vec<Hash> = distinct.filter(|h| !known.chunks.contains(h)).collect();
    known.recipe = Some(recipe);
    Json(UploadState { chunks: seen.len() as u64, missing })
}

async fn part(State(state): State<Shared>, Query(right): Query<Right>, body: Bytes) -> Response {
    assert_eq!(right.cap, CAP);
    let withheld = {
        let mut known = state.lock().unwrap();
        if known.busy > 0 {
            known.busy -= 1;
            return refusal(StatusCode::SERVICE_UNAVAILABLE, "busy");
        }
        match &mut known.answer_parts {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    };
    if withheld {
        return pending().await;
    }
    let mut known = state.lock().unwrap();
    let mut stored = 0;
    unpack_part(&body, |hash, _| {
        known.received.push(hash);
        stored += u64::from(known.chunks.insert(hash));
        Ok(())
    })
    .unwrap();
    Json(PartAccepted { stored, ignored: 0 }).into_response()
}

async fn finish(State(state): State<Shared>, Path(version): Path<String>) -> Json<Push> {
    let mut known = state.lock().unwrap();
    let recipe = known.recipe.take().expect("a recipe comes before the end");
    assert!(recipe.files.iter().flatten().all(|c| known.chunks.contains(&c.hash)), "every chunk came");
    let (build, signed) = known.builds.iter_mut().find(|(b, _)| b.version.as_str() == version).unwrap();
    recipe.check(signed).unwrap();
    build.state = BuildState::Processing;
    Json(push_of(build, false))
}

async fn push_state(State(state): State<Shared>, Path(version): Path<String>) -> Json<Push> {
    let mut known = state.lock().unwrap();
    let (build, _) = known.builds.iter_mut().find(|(b, _)| b.version.as_str() == version).unwrap();
    (build.state, build.live) = (BuildState::Ready, true);
    Json(push_of(build, false))
}
