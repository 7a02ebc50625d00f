//! Pushing and deleting on a disk that fills up, breaks, and loses power at every single operation.

use std::{
    ops::Range,
    path::Path,
    sync::{Mutex, OnceLock},
    time::{Duration, Instant},
};

use mist_peer::outboard;
use mist_proto::{Manifest, RelPath, Slug, UnixMillis, VerifiedManifest, Version, key::ReleaseSecret};
use mist_tree::{
    archive::{ArchiveReader, Layout},
    fs::{
        Dir, EntryKind, ReadAt, SubDir,
        fault::{CrashDir, Fault, FaultyDir, MemDir, rounds},
    },
    progress::unwatched,
    recipe::{PartWriter, Recipe},
    scan::{ScanOptions, scan},
};

use super::*;
use crate::{
    Credentials, SeedLimits,
    cache::ArchiveCache,
    catalogue::Catalogue,
    keys::Keys,
    packed::PackedArchive,
    recovery,
    scrub::Scrubs,
    serve::StoreBlobs,
    store::{PushId, Store, layout, read_whole},
    tracker_client::TrackerClient,
    uploads::{UploadError, Uploads},
};

mod healing;
mod history;
mod rebuilding;
mod thinning;

type Disk = Arc<FaultyDir<MemDir>>;

/// A build to push.
struct Build {
    manifest: VerifiedManifest,
    recipe: Recipe,
    part: Vec<u8>,
}

fn builds() -> [Build; 2] {
    builds_with([100, 3000])
}

fn builds_with([changing, staying]: [usize; 2]) -> [Build; 2] {
    let same = ("same/file", vec![7; staying]);
    let first = build(1, None, &[same.clone(), ("old", vec![1; changing]), ("empty", vec![])]);
    let parent = first.manifest.id();
    let second = build(2, Some(parent), &[same, ("new.sh", vec![2; changing]), ("empty", vec![])]);
    [first, second]
}

fn build(sequence: u64, parent: Option<mist_proto::ManifestId>, files: &[(&str, Vec<u8>)]) -> Build {
    let dir = MemDir::new();
    let mut part = PartWriter::new(1).unwrap();
    for (path, content) in files {
        let path = RelPath::new(path).unwrap();
        dir.create(&path).unwrap().write_all_at(content, 0).unwrap();
        dir.set_executable(&path, path.as_str().ends_with(".sh")).unwrap();
        if !content.is_empty() {
            part.add(content).unwrap();
        }
    }
    dir.create_dir_all(&RelPath::new("folder/inside").unwrap()).unwrap();
    let scanned =
        scan(&dir, &ScanOptions { recipe: true, ..ScanOptions::default() }, &mut unwatched).unwrap();
    let manifest = Manifest {
        game: "quake".parse().unwrap(),
        version: format!("{sequence}.0").parse().unwrap(),
        sequence,
        parent,
        floor: 0,
        archive: scanned.archive,
        files: scanned.files,
        empty_dirs: scanned.empty_dirs,
        links: scanned.links,
        launch: vec![],
    };
    let manifest = manifest.sign(&ReleaseSecret::from_seed(&[1; 32])).unwrap();
    Build { manifest, recipe: scanned.recipe, part: part.finish().unwrap() }
}

/// A marked store that holds nothing, to be copied.
struct Fresh {
    data: tempfile::TempDir,
    store: MemDir,
    /// Never reached, and slow to make.
    tracker: Arc<TrackerClient>,
}

impl Fresh {
    fn new() -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let nowhere = "http://127.0.0.1:9".parse().unwrap();
        let tracker = TrackerClient::new(nowhere, Credentials::Enrolment(String::new()), String::new());
        let this = Self {
            data: tempfile::tempdir().unwrap(),
            store: MemDir::new(),
            tracker: Arc::new(tracker.unwrap()),
        };
        let disk = Arc::new(FaultyDir::new(this.store.clone()));
        this.start(&disk);
        this
    }

    fn disk(&self) -> Disk {
        // All that it holds was flushed, so this is a copy of it.
        Arc::new(FaultyDir::new(self.store.after_power_loss(0)))
    }

    /// Numbers of the operations of what is done with a seed that has just started.
    fn operations(&self, act: impl FnOnce(&Seed)) -> Range<u64> {
        let disk = self.disk();
        let seed = self.start(&disk);
        let first = disk.operations();
        act(&seed);
        first..disk.operations()
    }

    /// Does something with a seed that has just started, once for each of these operations and with a fault there, which is told in
    /// words. Returns how many they were.
    fn with_fault_at_each(
        &self,
        operations: Range<u64>,
        fault_at: &dyn Fn(u64) -> Fault,
        act: impl Fn(&Disk, &Seed, &str),
    ) -> u64 {
        for at in operations.clone() {
            let fault = fault_at(at);
            let disk = self.disk();
            let seed = self.start(&disk);
            disk.fail_at(at, fault);
            act(&disk, &seed, &format!("{fault:?} at {at}"));
        }
        operations.end - operations.start
    }

    /// A seed that has just started on `disk`.
    fn start(&self, disk: &Arc<impl Dir + 'static>) -> Seed {
        let (data, folder) = (self.data.path(), disk.clone());
        let open = Box::new(move |_: &Path| Ok(folder.clone() as Arc<dyn Dir>));
        let store = Arc::new(Store::with_folder(data.join("unused"), data.to_owned(), open));
        store.check(true);
        let claim = store.claim().unwrap();
        store.accept(&claim, Instant::now() + Duration::from_secs(3600)).unwrap();
        store.make_ready();
        let catalogue = Arc::new(Catalogue::new());
        let cache = Arc::new(ArchiveCache::new(store.clone(), 1 << 20));
        let (news, _) = tokio::sync::mpsc::channel(1);
        let blobs = Arc::new(StoreBlobs::new(store.clone(), catalogue.clone(), cache.clone(), news));
        let uploads = Arc::new(Uploads::new(store.clone(), catalogue.clone(), 0));
        let keys = Arc::new(Keys::load(data).unwrap());
        let limits = SeedLimits { threads: 1, keep_free: 0, ..SeedLimits::default() };
        let dir = store.dir().unwrap();
        // The disk in memory counts its own time, from 0.
        recovery::sweep(&*dir, UnixMillis(0)).unwrap();
        recovery::load(&*dir, &catalogue, &cache).unwrap();
        let (tracker, packing, stock) = (self.tracker.clone(), Mutex::default(), Mutex::new(true));
        let (node, begun, scrubs) = (OnceLock::new(), Instant::now(), Scrubs::load(data));
        Seed {
            store,
            catalogue,
            uploads,
            blobs,
            cache,
            keys,
            tracker,
            limits,
            scrubs,
            node,
            begun,
            packing,
            stock,
        }
    }
}

/// What has been acknowledged to the outside.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Acked {
    #[default]
    Nothing,
    FirstPart,
    First,
    Second,
    Deleted,
}

fn push(seed: &Seed, build: &Build) -> Result<(), Failure> {
    upload(seed, build)?;
    ingest::ingest(seed, build.manifest.clone(), &push_id(build), &Reporter::default()).map(drop)
}

fn upload(seed: &Seed, build: &Build) -> Result<(), UploadError> {
    let game = &build.manifest.game;
    let state = seed.uploads.put_recipe(game, &push_id(build), &build.recipe.encode().unwrap())?;
    if !state.missing.is_empty() {
        seed.uploads.put_part(game, &push_id(build), &build.part)?;
    }
    Ok(())
}

fn push_id(build: &Build) -> PushId {
    format!("push-{}", build.manifest.sequence).parse().unwrap()
}

/// Pushes the first build, then the second, then deletes the first; tells how far that went.
fn evening(seed: &Seed, [first, second]: &[Build; 2], mut ack: impl FnMut(Acked)) -> Result<(), Failure> {
    upload(seed, first)?;
    ack(Acked::FirstPart);
    push(seed, first)?;
    ack(Acked::First);
    push(seed, second)?;
    ack(Acked::Second);
    delete::delete_build(seed, &first.manifest.game, &first.manifest.version, &Reporter::default())?;
    ack(Acked::Deleted);
    Ok(())
}

/// Whether the store holds this build, every byte of it as signed.
fn is_whole(seed: &Seed, build: &Build) -> bool {
    let (game, version) = (&build.manifest.game, &build.manifest.version);
    if seed.catalogue.build(game, version).is_none() {
        return false;
    }
    let dir = seed.store.dir().unwrap();
    let depot = SubDir::new(dir, &layout::depot(game, version));
    let shape = Arc::new(Layout::new(&build.manifest).unwrap());
    let archive = ArchiveReader::new(shape.clone(), Arc::new(depot));
    let outboard = outboard::compute(shape.size(), &|at, buf| Ok(archive.read_exact(buf, at)?)).unwrap();
    assert_eq!(outboard.blob(), build.manifest.archive);
    let served = seed.blobs.open(game, &build.manifest.archive.hash).unwrap();
    assert!(served.verified_piece(0).is_ok());
    true
}

fn evening_is_over(seed: &Seed, builds: &[Build; 2]) {
    evening(seed, builds, drop).unwrap();
    assert!(!is_whole(seed, &builds[0]) && is_whole(seed, &builds[1]));
    let dir = seed.store.dir().unwrap();
    let left: Vec<_> = dir.read_dir(&layout::tmp()).unwrap().into_iter().map(|e| e.name).collect();
    assert!(left.iter().all(|name| name == "probe"), "left in tmp: {left:?}");
}

/// Numbers of the operations of an evening without a fault.
fn operations(fresh: &Fresh, builds: &[Build; 2]) -> Range<u64> {
    fresh.operations(|seed| evening(seed, builds, drop).unwrap())
}

/// Returns how many operations were tried.
fn harms_nothing_of(fresh: &Fresh, builds: &[Build; 2], fault_at: &dyn Fn(u64) -> Fault) -> u64 {
    fresh.with_fault_at_each(operations(fresh, builds), fault_at, |disk, seed, what| {
        let mut acked = Acked::default();
        let outcome = evening(seed, builds, |now| acked = now);
        disk.relieve();
        // What was there before the fault is there still.
        assert!(acked < Acked::Second || is_whole(seed, &builds[1]), "{what}");
        if let Err(e) = outcome {
            assert!(e.retry(), "{what}: {e}");
        }
        // The same process goes on; what a failed removal left in tmp goes at the next start.
        let again = evening(seed, builds, drop);
        assert!(again.is_ok(), "{what}: {again:?}");
        evening_is_over(&fresh.start(disk), builds);
    })
}

#[test]
fn nothing_acknowledged_is_lost_with_the_power() {
    let (fresh, builds) = (Fresh::new(), builds());
    for at in operations(&fresh, &builds) {
        // An even number loses names as a journal does, an odd one each by itself.
        for losses in 0..2 {
            let disk = fresh.disk();
            let seed = fresh.start(&disk);
            disk.fail_at(at, Fault::PowerCut);
            let mut acked = Acked::default();
            // It may be over before the power goes: what fails last is clearing away.
            let _ = evening(&seed, &builds, |now| acked = now);
            drop(seed);
            let left = disk.inner().after_power_loss(losses);
            nothing_is_lost(&fresh, left, &builds, acked, &format!("cut at {at}, losses {losses}"));
        }
    }
}

/// What was acknowledged is on the disk, and the evening goes on from there.
fn nothing_is_lost(fresh: &Fresh, left: MemDir, builds: &[Build; 2], acked: Acked, what: &str) {
    let seed = fresh.start(&Arc::new(left));
    match acked {
        Acked::Nothing => {}
        Acked::FirstPart => {
            let done = is_whole(&seed, &builds[0]);
            let state = seed.uploads.state(&builds[0].manifest.game, &push_id(&builds[0]));
            assert!(done || state.as_ref().is_ok_and(|s| s.missing.is_empty()), "{what}: {state:?}");
        }
        Acked::First => assert!(is_whole(&seed, &builds[0]), "{what}"),
        Acked::Second => assert!(is_whole(&seed, &builds[1]), "{what}"),
        Acked::Deleted => {
            assert!(is_whole(&seed, &builds[1]) && !is_whole(&seed, &builds[0]), "{what}");
        }
    }
    evening_is_over(&seed, builds);
}

#[test]
fn torture_of_pushes() {
    const ACKS: [Acked; 5] = [Acked::Nothing, Acked::FirstPart, Acked::First, Acked::Second, Acked::Deleted];
    let fresh = Fresh::new();
    rounds("push", 1, |number, tally| {
        let size = |of: u64| usize::try_from(number % of * 700).unwrap();
        let builds = builds_with([size(3) + 100, size(5) + 700]);
        // The usual number of them takes seconds.
        let lucks = if number == 1 { 2 } else { 6 };
        let dir = Arc::new(CrashDir::new(fresh.store.after_power_loss(0), number, lucks));
        let seed = fresh.start(&dir);
        let ack = |now| {
            dir.acknowledge(ACKS.iter().position(|a| *a == now).map_or(0, |n| u32::try_from(n).unwrap()))
        };
        evening(&seed, &builds, ack).unwrap();
        let (states, looked_at) = dir.states();
        tally.looked_at += looked_at;
        for state in states {
            let acked = ACKS[usize::try_from(state.acked).unwrap()];
            let what = format!("seed {number}, operation {}, {acked:?}", state.at);
            nothing_is_lost(&fresh, state.disk, &builds, acked, &what);
            tally.crash_states += 1;
        }
        tally.meet_faults_in_turn(number, 4, |fault| harms_nothing_of(&fresh, &builds, fault));
    });
}
