//! Patches for friends' folders.

use std::sync::Arc;

use mist_delta::{ApplyOptions, NoCheckpoint, Operation, PatchReader, Signature, apply};
use mist_proto::{
    BlobId, FileEntry, Hash, Manifest, RelPath, Version,
    claims::Allow,
    http::{JobSpec, JumpJob, SeedAccess},
};
use mist_tree::{
    fs::{Dir, RealDir},
    progress::unwatched,
};
use reqwest::StatusCode;

use crate::world::{Build, GAME, World, noise};

/// A friend's folder of one changed file, and its signature.
struct Friend {
    dir: Arc<dyn Dir>,
    signature: Vec<u8>,
    _place: tempfile::TempDir,
}

impl Friend {
    fn new(content: &[u8]) -> Self {
        let place = tempfile::tempdir().unwrap();
        std::fs::write(place.path().join("big.pak"), content).unwrap();
        let dir: Arc<dyn Dir> = Arc::new(RealDir::open(place.path()).unwrap());
        let path = RelPath::new("big.pak").unwrap();
        let (size, hash) = (content.len() as u64, Hash::of(content));
        let listing = Manifest {
            game: GAME.parse().unwrap(),
            version: "1.0".parse().unwrap(),
            sequence: 1,
            parent: None,
            floor: 0,
            archive: BlobId::of(b""),
            files: vec![FileEntry { path, size, executable: false, hash }],
            empty_dirs: vec![],
            links: Vec::new(),
            launch: vec![],
        };
        let signature = Signature::of(listing, &*dir, &|_| false, &mut unwatched).unwrap();
        Self { dir, signature: signature.encode().unwrap(), _place: place }
    }

    fn access(&self, world: &World) -> SeedAccess {
        let signature = BlobId::of(&self.signature);
        let allow = Allow::FolderSignature { game: GAME.parse().unwrap(), signature };
        let base = format!("/signatures/{GAME}/{}", signature.hash);
        SeedAccess { base, cap: world.tracker.cap(allow, 600) }
    }

    fn job(&self, to: &Build) -> JobSpec {
        JobSpec::Jump(JumpJob {
            game: GAME.parse().unwrap(),
            to: to.manifest.version.clone(),
            folder_signature: BlobId::of(&self.signature),
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jump_patch_is_made_served_and_deleted_with_its_build() {
    let world = World::start().await;
    let big = noise(1, 3 << 20);
    let one = world.build("1.0", &[("big.pak", big.clone())]);
    let mut new = big.clone();
    new[77] ^= 1;
    let two = world.build("2.0", &[("big.pak", new.clone()), ("more", noise(2, 1000))]);
    world.push(&one).await;
    world.push(&two).await;
    let mut modded = big;
    modded.splice(1 << 20..1 << 20, noise(3, 100));
    let friend = Friend::new(&modded);

    let failed = world.tracker.failed(friend.job(&two)).await;
    assert!(!failed.retry && failed.error.as_str().contains("signature"), "{failed:?}");
    let access = friend.access(&world);
    let other = world.put(&access.base, &access.cap, b"other bytes".to_vec()).await;
    assert_eq!(other.status(), StatusCode::BAD_REQUEST);
    let wrong = world.put(&access.base, &world.blob_cap(Hash::of(b"x")), friend.signature.clone()).await;
    assert_eq!(wrong.status(), StatusCode::NOT_FOUND);
    let taken = world.put(&access.base, &access.cap, friend.signature.clone()).await;
    assert_eq!(taken.status(), StatusCode::NO_CONTENT);

    let patch = world.tracker.done(friend.job(&two)).await.blob.unwrap();
    assert!(patch.size < 10_000, "{patch:?}");
    let bytes = world.verified_blob(patch).await;
    let staging = tempfile::tempdir().unwrap();
    let staged = RealDir::open(staging.path()).unwrap();
    let reader = PatchReader::open(&bytes[..]).unwrap();
    let options = ApplyOptions::default();
    let plan = apply(reader, &*friend.dir, &staged, &mut NoCheckpoint, &options, &mut unwatched).unwrap();
    let files = plan.operations.iter().filter(|o| matches!(o, Operation::Staged { .. })).count();
    assert_eq!(files, 2);
    assert_eq!(std::fs::read(staging.path().join("big.pak")).unwrap(), new);

    let uploads = world.store().join(format!("uploads/{GAME}/{}", Hash::of(&friend.signature)));
    assert!(!uploads.exists(), "the signature is of no more use");
    world.tracker.announced(|a| a.holdings.iter().any(|h| h.blob == patch)).await;
    world.restart().await;
    assert_eq!(world.verified_blob(patch).await, bytes, "found again");
    assert_eq!(world.tracker.done(friend.job(&two)).await.blob, Some(patch), "without another signature");

    let version: Version = "2.0".parse().unwrap();
    world.tracker.done(world.delete(Some(&version))).await;
    assert_eq!(world.blob(patch.hash, "").await.status(), StatusCode::NOT_FOUND);
    let jumps = world.store().join(format!("games/{GAME}/jumps"));
    assert_eq!(std::fs::read_dir(jumps).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_signature_fails_at_once() {
    let world = World::start().await;
    let one = world.build("1.0", &[("big.pak", noise(1, 5000))]);
    world.push(&one).await;
    let friend = Friend { signature: b"MISTRSY1 and then nonsense".to_vec(), ..Friend::new(b"") };
    let access = friend.access(&world);
    world.put(&access.base, &access.cap, friend.signature.clone()).await;
    let failed = world.tracker.failed(friend.job(&one)).await;
    assert!(!failed.retry && failed.error.as_str().contains("malformed"), "{failed:?}");
}
