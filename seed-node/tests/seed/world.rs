//! A seed with its tracker, and builds to push.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::Router;
use mist_peer::Outboard;
use mist_proto::{
    BlobId, Hash, Manifest, VerifiedManifest, Version,
    claims::Allow,
    http::{DeleteJob, IngestJob, JobSpec, PartAccepted, PatchJob, SeedSession, UploadState},
    limits,
};
use mist_seed_node::{Credentials, SeedConfig, SeedLimits, SeedNode, uplink::Uplink};
use mist_tree::{
    archive::{ArchiveReader, Layout},
    fs::{Dir, RealDir},
    progress::unwatched,
    recipe::{PartWriter, Recipe},
    scan::{ScanOptions, scan},
};
use reqwest::{Response, StatusCode};
use tokio::net::TcpListener;

use crate::tracker::FakeTracker;

/// The game of all tests.
pub(crate) const GAME: &str = "quake";

/// A build on the admin's machine.
pub(crate) struct Build {
    pub(crate) manifest: VerifiedManifest,
    pub(crate) recipe: Recipe,
    dir: Arc<dyn Dir>,
}

impl Build {
    /// The bytes of its archive.
    pub(crate) fn archive(&self) -> Vec<u8> {
        let shape = Arc::new(Layout::new(&self.manifest).unwrap());
        let mut bytes = vec![0; usize::try_from(shape.size()).unwrap()];
        ArchiveReader::new(shape, self.dir.clone()).read_exact(&mut bytes, 0).unwrap();
        bytes
    }

    /// The bytes of every chunk.
    pub(crate) fn chunks(&self) -> HashMap<Hash, Vec<u8>> {
        let mut chunks = HashMap::new();
        for (file, parts) in self.manifest.files.iter().zip(&self.recipe.files) {
            let content = self.dir.open(&file.path).unwrap();
            let mut at = 0;
            for chunk in parts {
                let mut bytes = vec![0; chunk.len as usize];
                content.read_exact_at(&mut bytes, at).unwrap();
                at += u64::from(chunk.len);
                chunks.insert(chunk.hash, bytes);
            }
        }
        chunks
    }
}

/// Bytes that do not compress, the same for the same seed.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut out);
    out
}

/// A running seed.
pub(crate) struct World {
    pub(crate) tracker: Arc<FakeTracker>,
    tracker_url: String,
    pub(crate) tmp: tempfile::TempDir,
    seed: Mutex<Option<Arc<SeedNode>>>,
    http: reqwest::Client,
    url: Mutex<String>,
    parents: Mutex<Vec<VerifiedManifest>>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let (tracker, address) = FakeTracker::start().await;
        let this = Self {
            tracker,
            tracker_url: format!("http://{address}"),
            tmp: tempfile::tempdir().unwrap(),
            seed: Mutex::default(),
            http: reqwest::Client::new(),
            url: Mutex::default(),
            parents: Mutex::default(),
        };
        this.restart().await;
        this
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.tmp.path().join("store")
    }

    /// Stops the seed.
    pub(crate) async fn stop(&self) {
        let seed = self.seed.lock().unwrap().take();
        if let Some(seed) = seed {
            seed.shutdown().await;
        }
    }

    /// Stops the seed, if it runs, and starts it again on the same folders.
    pub(crate) async fn restart(&self) {
        self.restart_as(&[]).await;
    }

    /// The same; it tells friends to reach it at these addresses, if there are any.
    pub(crate) async fn restart_as(&self, advertise: &[SocketAddr]) {
        self.restart_with(advertise, Uplink::default()).await;
    }

    /// The same, with rules of what it may send.
    pub(crate) async fn restart_with(&self, advertise: &[SocketAddr], uplink: Uplink) {
        self.stop().await;
        self.forget_probe(&self.store());
        self.begin_with(advertise, uplink).await;
        self.readied().await;
    }

    /// Starts the seed, and does not wait until it uses its store.
    pub(crate) async fn begin(&self) {
        self.begin_with(&[], Uplink::default()).await;
    }

    async fn begin_with(&self, advertise: &[SocketAddr], uplink: Uplink) {
        let session = || SeedSession { seed: "seed".into(), access_token: "token".into(), expires_in: 900 };
        let mut config = SeedConfig::new(
            self.tracker_url.parse().unwrap(),
            Credentials::Issued(Arc::new(session)),
            self.store(),
            self.tmp.path().join("data"),
        );
        config.quic_listen = vec!["127.0.0.1:0".parse().unwrap()];
        config.advertise = advertise.to_vec();
        config.uplink = uplink;
        config.limits = SeedLimits { threads: 2, keep_free: 0, archive_level: 1, ..SeedLimits::default() };
        let seed = Arc::new(SeedNode::start(config).await.unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        *self.url.lock().unwrap() = format!("http://{}/seed/v1", listener.local_addr().unwrap());
        let router = Router::new().nest("/seed/v1", seed.router());
        tokio::spawn(async move { axum::serve(listener, router).await });
        *self.seed.lock().unwrap() = Some(seed);
        // Requests are answered "not ready" until the seed has met its tracker.
        self.tracker.status(|_| true).await;
        while self.get("/uploads/x", "").await.status() == StatusCode::SERVICE_UNAVAILABLE {
            tokio::task::yield_now().await;
        }
    }

    /// Removes what shows that a store was made ready.
    pub(crate) fn forget_probe(&self, store: &Path) {
        let _ = std::fs::remove_file(store.join("tmp/probe"));
    }

    /// Waits until the seed uses its store: whether it can be written is tried last.
    pub(crate) async fn readied(&self) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        while !self.store().join("tmp/probe").exists() {
            assert!(tokio::time::Instant::now() < deadline, "the seed does not use its store");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The next build, made of these files (path, content). What ends with `.link` is a link that says its content.
    pub(crate) fn build(&self, version: &str, files: &[(&str, Vec<u8>)]) -> Build {
        let folder = self.tmp.path().join(format!("build-{version}"));
        for (path, content) in files {
            let place = folder.join(path);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            #[cfg(unix)]
            if path.ends_with(".link") {
                std::os::unix::fs::symlink(std::str::from_utf8(content).unwrap(), &place).unwrap();
                continue;
            }
            std::fs::write(&place, content).unwrap();
            #[cfg(unix)]
            if path.ends_with(".sh") {
                use std::os::unix::fs::PermissionsExt;
                std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
        std::fs::create_dir_all(folder.join("empty/folder")).unwrap();
        let dir: Arc<dyn Dir> = Arc::new(RealDir::open(folder).unwrap());
        let scanned =
            scan(&*dir, &ScanOptions { recipe: true, ..ScanOptions::default() }, &mut unwatched).unwrap();
        let mut parents = self.parents.lock().unwrap();
        let manifest = Manifest {
            game: GAME.parse().unwrap(),
            version: version.parse().unwrap(),
            sequence: parents.len() as u64 + 1,
            parent: parents.last().map(VerifiedManifest::id),
            floor: 0,
            archive: scanned.archive,
            files: scanned.files,
            empty_dirs: scanned.empty_dirs,
            links: scanned.links,
            launch: vec![],
        };
        let manifest = manifest.sign(&self.tracker.release).unwrap();
        parents.push(manifest.clone());
        self.tracker.publish(manifest.envelope());
        Build { manifest, recipe: scanned.recipe, dir }
    }

    /// The ingest job of a build, from the push named like its version.
    pub(crate) fn ingest(&self, build: &Build) -> JobSpec {
        let (game, version) = (build.manifest.game.clone(), build.manifest.version.clone());
        let (push, manifest) = (push_of(build), BlobId::of(build.manifest.envelope()));
        JobSpec::Ingest(IngestJob { game, version, push, manifest })
    }

    /// The patch job between two builds.
    pub(crate) fn patch(&self, old: &Build, new: &Build) -> JobSpec {
        JobSpec::Patch(PatchJob {
            game: GAME.parse().unwrap(),
            from: old.manifest.version.clone(),
            from_manifest: BlobId::of(old.manifest.envelope()),
            to: new.manifest.version.clone(),
            to_manifest: BlobId::of(new.manifest.envelope()),
        })
    }

    /// The job that deletes a build, or all of them.
    pub(crate) fn delete(&self, version: Option<&Version>) -> JobSpec {
        JobSpec::Delete(DeleteJob { game: GAME.parse().unwrap(), version: version.cloned() })
    }

    /// Uploads what the seed lacks of a build; returns how many chunks that were.
    pub(crate) async fn upload(&self, build: &Build) -> usize {
        let state = self.put_recipe(build).await;
        let chunks = build.chunks();
        let missing: Vec<&[u8]> = state.missing.iter().map(|hash| &chunks[hash][..]).collect();
        for part in parts(&missing) {
            let answer = self.put_part(build, part).await;
            assert_eq!(answer.status(), StatusCode::OK);
        }
        state.missing.len()
    }

    /// Uploads and ingests a build; returns how many chunks were sent.
    pub(crate) async fn push(&self, build: &Build) -> usize {
        let sent = self.upload(build).await;
        self.tracker.done(self.ingest(build)).await;
        sent
    }

    pub(crate) async fn try_recipe(&self, build: &Build) -> Response {
        let body = zstd::encode_all(&build.recipe.encode().unwrap()[..], 3).unwrap();
        let path = format!("/uploads/{}/recipe", push_of(build));
        self.put(&path, &self.upload_cap(build), body).await
    }

    pub(crate) async fn put_recipe(&self, build: &Build) -> UploadState {
        let answer = self.try_recipe(build).await;
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }

    pub(crate) async fn put_part(&self, build: &Build, part: Vec<u8>) -> Response {
        self.put(&format!("/uploads/{}/parts", push_of(build)), &self.upload_cap(build), part).await
    }

    /// Sends a part that must be taken.
    pub(crate) async fn part(&self, build: &Build, chunks: &[&[u8]]) -> PartAccepted {
        let part = parts(chunks).pop().unwrap();
        self.put_part(build, part).await.json().await.unwrap()
    }

    pub(crate) async fn upload_state(&self, build: &Build) -> UploadState {
        let answer = self.get(&format!("/uploads/{}", push_of(build)), &self.upload_cap(build)).await;
        answer.json().await.unwrap()
    }

    pub(crate) fn upload_cap(&self, build: &Build) -> String {
        self.tracker.cap(Allow::Upload { push: push_of(build), game: GAME.parse().unwrap() }, 600)
    }

    pub(crate) fn blob_cap(&self, hash: Hash) -> String {
        self.tracker.cap(Allow::Blob { game: GAME.parse().unwrap(), hash }, 600)
    }

    /// `GET /blobs/quake/{hash}{suffix}` with the right capability.
    pub(crate) async fn blob(&self, hash: Hash, suffix: &str) -> Response {
        self.get(&format!("/blobs/{GAME}/{hash}{suffix}"), &self.blob_cap(hash)).await
    }

    /// What is said of a blob before its bytes.
    pub(crate) async fn head(&self, hash: Hash, suffix: &str) -> Response {
        let url = self.at(&format!("/blobs/{GAME}/{hash}{suffix}"), &self.blob_cap(hash));
        self.http.head(url).send().await.unwrap()
    }

    /// As [`World::blob`], with headers.
    pub(crate) async fn blob_with(
        &self,
        hash: Hash,
        suffix: &str,
        headers: &[(&'static str, &str)],
    ) -> Response {
        let mut request =
            self.http.get(self.at(&format!("/blobs/{GAME}/{hash}{suffix}"), &self.blob_cap(hash)));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }

    /// Why a blob is refused, once it is.
    pub(crate) async fn refused(&self, hash: Hash) -> String {
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        loop {
            let answer = self.head(hash, "").await;
            if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
                return self.blob(hash, "").await.text().await.unwrap();
            }
            assert!(std::time::Instant::now() < deadline, "it is still sent: {}", answer.status());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A blob as a client gets it, checked against its hash tree.
    pub(crate) async fn verified_blob(&self, blob: BlobId) -> Vec<u8> {
        let bytes = self.blob(blob.hash, "").await.bytes().await.unwrap().to_vec();
        assert_eq!(BlobId::of(&bytes), blob);
        let outboard = self.blob(blob.hash, "/outboard").await.bytes().await.unwrap().to_vec();
        Outboard::from_bytes(blob, outboard).unwrap();
        bytes
    }

    pub(crate) async fn get(&self, path: &str, cap: &str) -> Response {
        self.http.get(self.at(path, cap)).send().await.unwrap()
    }

    pub(crate) async fn put(&self, path: &str, cap: &str, body: Vec<u8>) -> Response {
        self.http.put(self.at(path, cap)).body(body).send().await.unwrap()
    }

    fn at(&self, path: &str, cap: &str) -> String {
        format!("{}{path}?cap={cap}", self.url.lock().unwrap())
    }

    /// A file of a build's depot.
    pub(crate) fn in_depot(&self, version: &str, path: &str) -> PathBuf {
        self.store().join(format!("games/{GAME}/depots/{version}")).join(path)
    }
}

/// Id of the push of a build.
pub(crate) fn push_of(build: &Build) -> String {
    format!("push-{}", build.manifest.sequence)
}

/// Packs chunks into as few parts as they need.
pub(crate) fn parts(chunks: &[&[u8]]) -> Vec<Vec<u8>> {
    let (mut out, mut part) = (Vec::new(), PartWriter::new(1).unwrap());
    for chunk in chunks {
        if !part.has_room(chunk.len()) {
            out.push(std::mem::replace(&mut part, PartWriter::new(1).unwrap()).finish().unwrap());
        }
        part.add(chunk).unwrap();
    }
    out.push(part.finish().unwrap());
    assert!(out.iter().all(|part| part.len() <= limits::MAX_PART));
    out
}

/// All files below a folder, with their content.
pub(crate) fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    fn walk(folder: &Path, root: &Path, out: &mut Vec<(String, Vec<u8>)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, out);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                out.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    let mut out = vec![];
    walk(folder, folder, &mut out);
    out.sort();
    out
}
