//! A server, a seed behind it and a friend's home for tests: real files and a real node, bytes over HTTP, and a record of
//! everything that the server is asked.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use mist_api_client::Tokens;
use mist_delta::{AtHand, DiffOptions, Signature, Tree, diff, diff_from_signature};
use mist_peer::{Identity, Outboard, RateLimits, outboard};
use mist_proto::{
    BlobId, UnixMillis, VerifiedManifest,
    http::{
        Build, HttpsFormat, HttpsSource, Jump, JumpState, Operation, PatchInfo, SeedAccess, Sources,
        SourcesRequest,
    },
    key::ReleaseSecret,
};
use mist_tree::{
    archive::{ArchiveReader, Layout},
    fs::{Dir, RealDir},
    progress::unwatched,
};
use tokio::{net::TcpListener, sync::broadcast};

use super::{Goal, Installation, Tools, samples};
use crate::{
    account::Account,
    address_book::AddressBook,
    catalogue::Catalogue,
    error::Error,
    events::{Event, Events},
    folder::{FolderState, GameFolder},
    home::{Home, ServerId},
    patch_cache::PatchCache,
    session::{StoredSession, Vault},
    settings::SecretStore,
    stop::Stop,
    swarm::{Membership, Shelf, Swarm, TicketCheck},
    sync::lock,
    trust::Pins,
};

/// Path and content of each file of a build.
pub(super) type Files = Vec<(&'static str, Vec<u8>)>;

/// A hash tree as it travels.
type Outline = Vec<u8>;

/// How the server behaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Mood {
    /// It answers everything at once.
    #[default]
    Prompt,
    /// What is asked for is still being prepared, for ever.
    Preparing,
    /// After so many pieces no more come.
    SilentAfter(usize),
    /// Jump patches come out as large as the build.
    BadJumps,
    /// A jump patch is made only after so many other pieces, and no more of those come.
    JumpAfter(usize),
}

#[derive(Default)]
struct Server {
    /// Bytes and hash tree of each, by its hash.
    blobs: Mutex<HashMap<String, (Vec<u8>, Outline)>>,
    builds: Mutex<Vec<(VerifiedManifest, PathBuf)>>,
    jump: Mutex<Option<BlobId>>,
    mood: Mutex<Mood>,
    asked: Mutex<Vec<String>>,
}

/// The whole of it.
pub(super) struct World {
    place: tempfile::TempDir,
    server: Arc<Server>,
    key: ReleaseSecret,
    pub(super) builds: Vec<Build>,
    pub(super) tools: Tools,
    heard: broadcast::Sender<Event>,
    swarm: Arc<Swarm>,
}

impl World {
    /// A server with these builds, and direct patches from each to the next.
    pub(super) async fn with(builds: Vec<Files>) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let place = tempfile::tempdir().expect("a folder");
        let server = Arc::new(Server::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let app = Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });

        let key = ReleaseSecret::from_seed(&[7; 32]);
        let pins = Pins {
            tracker: key.public().into(),
            release: Some(key.public()),
            former: vec![],
            publishers: Default::default(),
        };
        let home = Home::open(&place.path().join("home")).expect("a home");
        let id = ServerId::of(pins.tracker);
        let dir = home.server(&id);
        let vault = Vault::new(dir.join("session.json"), SecretStore::File);
        let tokens = Tokens { access: "a".into(), expires: UnixMillis(i64::MAX), refresh: "r".into() };
        let session = StoredSession {
            user: "ann".parse().expect("a name"),
            account: "1".into(),
            origins: None,
            tokens,
        };
        vault.save(&session).expect("saved");
        let server_address = address.parse().expect("an address");
        let account = Account::open(server_address, vault, dir.join("session.lock")).expect("an account");
        let (account, catalogue) = (Arc::new(account), Arc::new(Catalogue::at(dir.clone())));
        let (patches, heard) = (PatchCache::new(home.patches(), 1 << 30), broadcast::Sender::new(1024));
        let sink = heard.clone();
        // Nobody listening is fine.
        let events = Events::new(move |event| drop(sink.send(event)));
        let shelf = Shelf::new(home.clone(), id.clone(), catalogue.clone(), patches.clone());
        let member = Membership {
            account: account.clone(),
            catalogue: catalogue.clone(),
            book: Arc::new(AddressBook::open(dir.join("peers.json")).expect("a book")),
            admission: Arc::new(TicketCheck::new(pins.tracker)),
        };
        let identity = Identity::load_or_create(&home.identity()).expect("an identity");
        let limits = RateLimits::default();
        let swarm = Swarm::join(identity, member, Arc::new(shelf), limits, false, events.clone());
        let tools = Tools {
            home,
            server: id.to_string(),
            account,
            catalogue,
            pins,
            patches,
            patch_from: u64::MAX,
            keep_previous: 0,
            events,
        };
        let swarm = swarm.expect("a node");
        let mut this = Self { place, server, key, builds: Vec::new(), tools, heard, swarm };
        for files in builds {
            this.push(files);
        }
        this
    }

    /// What operations tell from now on.
    pub(super) fn listen(&self) -> broadcast::Receiver<Event> {
        self.heard.subscribe()
    }

    /// Puts a build up, with a patch from the one before it.
    fn push(&mut self, files: Files) {
        let number = self.builds.len() + 1;
        let dir = self.place.path().join(format!("build{number}"));
        write_files(&dir, &files);
        let entries = files.iter().map(|(path, content)| samples::file(path, content)).collect();
        let mut manifest = samples::manifest(entries);
        manifest.version = number.to_string().parse().expect("a version");
        manifest.sequence = number as u64;
        manifest.parent = self.builds.last().map(|b| b.manifest_id);
        let layout = Arc::new(Layout::new(&manifest).expect("small"));
        let reader = ArchiveReader::new(layout, Arc::new(RealDir::open(&dir).expect("open")));
        let mut archive = vec![0; usize::try_from(manifest.archive.size).expect("small")];
        reader.read_exact(&mut archive, 0).expect("read");
        manifest.archive = self.serve(archive);
        let manifest = manifest.sign(&self.key).expect("valid");
        let envelope = self.serve(manifest.envelope().to_vec());
        let mut patches = Vec::new();
        if let (Some(from), Some((old, old_dir))) = (self.builds.last(), lock(&self.server.builds).last()) {
            let mut patch = Vec::new();
            let (old_dir, new_dir) =
                (RealDir::open(old_dir).expect("open"), RealDir::open(&dir).expect("open"));
            let (old, new) =
                (Tree { manifest: old, dir: &old_dir }, Tree { manifest: &manifest, dir: &new_dir });
            diff(old, new, &mut patch, &scratch(&self.place), &DiffOptions::default(), &mut unwatched)
                .expect("a patch");
            let blob = self.serve(patch);
            patches.push(PatchInfo { from: from.version.clone(), from_manifest: from.manifest_id, blob });
        }
        self.builds.push(Build {
            live: true,
            manifest_id: manifest.id(),
            archive: manifest.archive,
            content_size: manifest.content_size(),
            files: manifest.files.len() as u64,
            patches,
            ..samples::listed(manifest.version.as_str(), manifest.sequence, envelope)
        });
        lock(&self.server.builds).push((manifest, dir));
    }

    fn serve(&self, bytes: Vec<u8>) -> BlobId {
        self.server.serve(bytes)
    }

    pub(super) fn set_mood(&self, mood: Mood) {
        *lock(&self.server.mood) = mood;
    }

    /// What the server was asked since the last time, but for what the node asks on its own.
    pub(super) fn asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *lock(&self.server.asked));
        let own = ["/swarm/announce", "/swarm/deny", "/swarm/tickets"];
        asked.into_iter().filter(|line| !own.iter().any(|path| line.ends_with(path))).collect()
    }

    /// A folder for a game, which is not made.
    pub(super) fn folder(&self, name: &str) -> PathBuf {
        self.place.path().join("games").join(name)
    }

    /// Forgets the patches that were fetched.
    pub(super) fn forget_patches(&self) {
        let _ = std::fs::remove_dir_all(self.tools.home.patches());
    }

    pub(super) fn goal(&self, build: usize, kind: Operation) -> Goal {
        let wanted = lock(&self.server.builds)[build - 1].0.clone();
        Goal { wanted, kind, builds: self.builds.clone() }
    }

    /// Makes the folder a build, or is stopped.
    pub(super) async fn carry_out(
        &self,
        folder: &Path,
        build: usize,
        kind: Operation,
        stop: Stop,
    ) -> Result<FolderState, Error> {
        self.bring(folder, self.goal(build, kind), stop).await
    }

    /// The same by other words.
    pub(super) async fn bring(&self, folder: &Path, goal: Goal, stop: Stop) -> Result<FolderState, Error> {
        let folder = GameFolder::create(folder)?;
        let (tools, swarm) = (self.tools.clone(), self.swarm.clone());
        let begun = Box::pin(Installation::begin(tools, swarm, folder, goal, stop)).await?;
        Box::pin(begun.run()).await
    }

    /// Fetches what that takes, and leaves the folder as it is.
    pub(super) async fn fetch_ahead(
        &self,
        folder: &Path,
        goal: Goal,
        stop: Stop,
    ) -> Result<FolderState, Error> {
        let folder = GameFolder::open(folder)?;
        let state = folder.state()?.expect("a game is there");
        let (tools, swarm) = (self.tools.clone(), self.swarm.clone());
        let begun = Box::pin(Installation::begin_ahead(tools, swarm, folder, state, goal, stop)).await?;
        Box::pin(begun.fetch_ahead()).await
    }

    /// Makes the folder a build.
    pub(super) async fn install(&self, folder: &Path, build: usize) -> FolderState {
        self.carry_out(folder, build, Operation::Install, Stop::new()).await.expect("installed")
    }
}

impl Server {
    /// How often bytes of a blob were asked for.
    fn raw_answers(&self) -> usize {
        lock(&self.asked).iter().filter(|line| line.starts_with("GET /raw")).count()
    }

    fn serve(&self, bytes: Vec<u8>) -> BlobId {
        let tree = outboard::compute_stream(&*bytes).expect("memory");
        let (blob, tree) = (tree.blob(), Outboard::to_bytes(&tree).expect("memory"));
        lock(&self.blobs).insert(blob.hash.to_string(), (bytes, tree));
        blob
    }

    /// The patch from the folder with this signature to the newest build.
    fn make_jump(&self, signature: &[u8]) -> BlobId {
        let builds = lock(&self.builds);
        let (newest, dir) = builds.last().expect("a build");
        if *lock(&self.mood) == Mood::BadJumps {
            let size = usize::try_from(newest.archive.size).expect("small");
            return self.serve(vec![1; 2 * size]);
        }
        let signature = Signature::decode(signature).expect("a signature");
        let mut at_hand = AtHand::of(signature.listing());
        for (manifest, dir) in builds.iter() {
            let dir: Arc<dyn Dir> = Arc::new(RealDir::open(dir).expect("open"));
            at_hand.look_in(manifest, &dir);
        }
        let place = tempfile::tempdir().expect("a folder");
        let new_dir = RealDir::open(dir).expect("open");
        let new = Tree { manifest: newest, dir: &new_dir };
        let (options, mut patch) = (DiffOptions::default(), Vec::new());
        let scratch = scratch(&place);
        diff_from_signature(&signature, &at_hand, new, &mut patch, &scratch, &options, &mut unwatched)
            .expect("a patch");
        self.serve(patch)
    }
}

fn scratch(place: &tempfile::TempDir) -> RealDir {
    RealDir::create(place.path().join("scratch")).expect("a folder")
}

/// Writes files, making the folders above them.
pub(super) fn write_files(dir: &Path, files: &Files) {
    for (path, content) in files {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("made");
        std::fs::write(path, content).expect("written");
    }
}

/// Pseudorandom bytes.
pub(super) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

async fn answer(
    State(server): State<Arc<Server>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = uri.path().trim_start_matches("/api/v1").to_owned();
    lock(&server.asked).push(format!("{method} {path}"));
    let mood = *lock(&server.mood);
    match (method, path.trim_start_matches('/').split('/').collect::<Vec<_>>().as_slice()) {
        (Method::GET, ["manifests" | "raw", hash]) => {
            let before = server.raw_answers();
            let is_jump = lock(&server.jump).is_some_and(|jump| jump.hash.to_string() == *hash);
            let most = match mood {
                Mood::SilentAfter(pieces) => pieces,
                Mood::JumpAfter(pieces) if !is_jump => pieces,
                _ => usize::MAX,
            };
            if before > most {
                std::future::pending::<()>().await;
            }
            let found = lock(&server.blobs).get(*hash).map(|(bytes, _)| bytes.clone());
            found.map_or(StatusCode::NOT_FOUND.into_response(), |bytes| range(&headers, bytes))
        }
        (Method::GET, ["outboard", hash]) => {
            let found = lock(&server.blobs).get(*hash).map(|(_, tree)| tree.clone());
            found.map_or(StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
        }
        (Method::POST, ["swarm", "sources"]) => {
            let asked: SourcesRequest = serde_json::from_slice(&body).expect("a request");
            let hash = asked.blob.hash;
            let preparing = mood == Mood::Preparing;
            let there = HttpsSource {
                data: format!("/raw/{hash}"),
                format: HttpsFormat::Raw,
                outboard: format!("/outboard/{hash}"),
            };
            let https = if preparing { vec![] } else { vec![there] };
            axum::Json(Sources { peers: vec![], https, preparing }).into_response()
        }
        (Method::POST, ["games", _, "jumps"]) => jump(&server, JumpState::Wanted),
        (Method::PUT, ["signature"]) => {
            let patch = server.make_jump(&body);
            *lock(&server.jump) = Some(patch);
            StatusCode::NO_CONTENT.into_response()
        }
        (Method::POST, ["jumps", _, "start"]) => jump(&server, JumpState::Making),
        (Method::GET, ["jumps", _]) if mood == Mood::Preparing => jump(&server, JumpState::Making),
        (Method::GET, ["jumps", _]) if matches!(mood, Mood::JumpAfter(pieces) if server.raw_answers() < pieces) => {
            jump(&server, JumpState::Making)
        }
        (Method::GET, ["jumps", _]) => jump(&server, JumpState::Ready),
        _ => (StatusCode::NOT_FOUND, r#"{"error":{"code":"not_found","message":"no"}}"#).into_response(),
    }
}

fn jump(server: &Server, state: JumpState) -> Response {
    let upload = SeedAccess { base: "/signature".into(), cap: "c".into() };
    axum::Json(Jump {
        id: "1".into(),
        state,
        upload: (state == JumpState::Wanted).then_some(upload),
        patch: lock(&server.jump).filter(|_| state == JumpState::Ready),
    })
    .into_response()
}

/// The bytes, or the range of them that is asked for.
fn range(headers: &HeaderMap, bytes: Vec<u8>) -> Response {
    let Some(range) = headers.get(header::RANGE).and_then(|r| r.to_str().ok()) else {
        return bytes.into_response();
    };
    let (first, last) = range.trim_start_matches("bytes=").split_once('-').expect("a range");
    let (first, last): (usize, usize) = (first.parse().expect("a number"), last.parse().expect("a number"));
    let told = format!("bytes {first}-{last}/{}", bytes.len());
    (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, told)], bytes[first..=last].to_vec())
        .into_response()
}
