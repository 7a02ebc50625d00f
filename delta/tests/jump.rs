//! Patches for folders that are known by their signature only.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, path::Path, sync::Arc};

use mist_delta::{
    ApplyError, ApplyOptions, AtHand, DiffOptions, DiffReport, Level, NoCheckpoint, Operation, PatchReader,
    Signature, Tree, apply, diff_from_signature,
};
use mist_proto::{BlobId, FileEntry, Hash, Manifest, RelPath};
use mist_tree::{
    fs::{Dir, RealDir},
    progress::unwatched,
};
use proptest::prelude::*;

type Files = BTreeMap<String, Vec<u8>>;

/// A folder on disk with its manifest.
struct Folder {
    place: tempfile::TempDir,
    manifest: Manifest,
    dir: Arc<dyn Dir>,
}

impl Folder {
    fn new(files: &Files) -> Self {
        let place = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let at = place.path().join(path);
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            std::fs::write(at, content).unwrap();
        }
        let entry = |(path, content): (&String, &Vec<u8>)| FileEntry {
            path: RelPath::new(path).unwrap(),
            size: content.len() as u64,
            executable: false,
            hash: Hash::of(content),
        };
        let manifest = Manifest {
            game: "local".parse().unwrap(),
            version: "1".parse().unwrap(),
            sequence: 1,
            parent: None,
            floor: 1,
            archive: BlobId::of(b""),
            files: files.iter().map(entry).collect(),
            empty_dirs: Vec::new(),
            links: Vec::new(),
            launch: Vec::new(),
        };
        let dir = Arc::new(RealDir::open(place.path()).unwrap());
        Self { place, manifest, dir }
    }
}

/// A friend's folder, the builds that the other side has, and the wanted one.
struct Jump {
    friend: Folder,
    known: Folder,
    wanted: Folder,
}

impl Jump {
    fn new(friend: &Files, known: &Files, wanted: &Files) -> Self {
        Self { friend: Folder::new(friend), known: Folder::new(known), wanted: Folder::new(wanted) }
    }

    fn patch(&self, level: Level) -> (Vec<u8>, DiffReport) {
        let known = |f: &FileEntry| {
            let builds = [&self.known.manifest, &self.wanted.manifest];
            builds.iter().any(|m| m.files.iter().any(|k| k.hash == f.hash))
        };
        let signature =
            Signature::of(self.friend.manifest.clone(), &*self.friend.dir, &known, &mut unwatched).unwrap();
        let signature = Signature::decode(&signature.encode().unwrap()).unwrap();
        let mut at_hand = AtHand::of(signature.listing());
        at_hand.look_in(&self.known.manifest, &self.known.dir);
        at_hand.look_in(&self.wanted.manifest, &self.wanted.dir);
        let mut patch = Vec::new();
        let scratch = tempfile::tempdir().unwrap();
        let room = RealDir::open(scratch.path()).unwrap();
        let options = DiffOptions { level, memory: 64 << 20, ..DiffOptions::default() };
        let new = Tree { manifest: &self.wanted.manifest, dir: &*self.wanted.dir };
        let report =
            diff_from_signature(&signature, &at_hand, new, &mut patch, &room, &options, &mut unwatched)
                .unwrap();
        (patch, report)
    }

    /// Applies the patch to the friend's folder and compares what comes out with the wanted build.
    fn lands(&self, patch: &[u8]) {
        let staging = tempfile::tempdir().unwrap();
        let dir = RealDir::open(staging.path()).unwrap();
        let reader = PatchReader::open(patch).unwrap();
        assert_eq!(reader.header().from.0, Hash::of(&self.friend.manifest.encode()));
        let options = ApplyOptions::default();
        let plan =
            apply(reader, &*self.friend.dir, &dir, &mut NoCheckpoint, &options, &mut unwatched).unwrap();
        let mut files: BTreeMap<RelPath, Vec<u8>> = self
            .friend
            .manifest
            .files
            .iter()
            .map(|f| (f.path.clone(), read(&self.friend, &f.path)))
            .collect();
        for operation in plan.operations {
            match operation {
                Operation::Delete { path } => drop(files.remove(&path)),
                Operation::Move { from, to, .. } => {
                    let content = files.remove(&from).unwrap();
                    files.insert(to, content);
                }
                Operation::Staged { path, .. } => {
                    let content = std::fs::read(staging.path().join(path.as_str())).unwrap();
                    files.insert(path, content);
                }
                other => panic!("{other:?}"),
            }
        }
        let wanted: BTreeMap<RelPath, Vec<u8>> = self
            .wanted
            .manifest
            .files
            .iter()
            .map(|f| (f.path.clone(), read(&self.wanted, &f.path)))
            .collect();
        assert!(files == wanted, "the patch leads elsewhere");
    }
}

fn read(folder: &Folder, path: &RelPath) -> Vec<u8> {
    std::fs::read(folder.place.path().join(Path::new(path.as_str()))).unwrap()
}

fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut out);
    out
}

fn files(list: &[(&str, Vec<u8>)]) -> Files {
    list.iter().map(|(path, content)| ((*path).to_owned(), content.clone())).collect()
}

#[test]
fn a_changed_file_costs_its_changed_blocks_and_known_ones_their_difference() {
    let world = noise(1, 2 << 20);
    let known = noise(2, 1 << 20);
    // The player changed a byte of the world and lost a file; the new build changes other places of both.
    let mut modded = world.clone();
    modded[700_000] ^= 1;
    let mut new_world = world.clone();
    new_world.splice(100..100, noise(3, 500));
    let mut new_known = known.clone();
    for at in (0..known.len()).step_by(5000) {
        new_known[at] ^= 1;
    }
    let jump = Jump::new(
        &files(&[("known", known.clone()), ("moved", noise(4, 300_000)), ("world", modded)]),
        &files(&[("known", known), ("lost", noise(5, 50_000)), ("world", world)]),
        &files(&[
            ("elsewhere", noise(4, 300_000)),
            ("known", new_known),
            ("lost", noise(5, 50_000)),
            ("world", new_world),
        ]),
    );
    for level in [Level::Default, Level::Fast] {
        let (patch, report) = jump.patch(level);
        jump.lands(&patch);
        assert_eq!(report.moved_files, 1);
        // The lost file whole, at most three blocks of the world, and of the known file hardly more than each changed byte.
        let most = if level == Level::Fast { 50_000 + 20_000 } else { 50_000 + 4 * 1024 + 2500 };
        assert!(patch.len() < most, "{level:?}: {} {report:?}", patch.len());
    }
}

#[test]
fn content_of_an_unknown_file_is_found_under_other_names() {
    let content = noise(6, 400_000);
    let jump = Jump::new(
        &files(&[("mine", [noise(7, 1000), content.clone()].concat())]),
        &files(&[]),
        &files(&[("a/theirs", content.clone()), ("b", [content, noise(8, 2000)].concat())]),
    );
    let (patch, _) = jump.patch(Level::Default);
    jump.lands(&patch);
    assert!(patch.len() < 12_000, "{}", patch.len());
}

#[test]
fn a_folder_that_changed_after_its_signature_is_refused() {
    let old = noise(9, 100_000);
    let jump = Jump::new(
        &files(&[("a", old.clone())]),
        &files(&[]),
        &files(&[("a", [old, noise(10, 10)].concat())]),
    );
    let (patch, _) = jump.patch(Level::Default);
    std::fs::write(jump.friend.place.path().join("a"), noise(11, 100_000)).unwrap();
    let staging = tempfile::tempdir().unwrap();
    let dir = RealDir::open(staging.path()).unwrap();
    let reader = PatchReader::open(patch.as_slice()).unwrap();
    let options = ApplyOptions::default();
    let applied = apply(reader, &*jump.friend.dir, &dir, &mut NoCheckpoint, &options, &mut unwatched);
    assert!(matches!(applied, Err(ApplyError::WrongBase { .. })), "{applied:?}");
}

/// A tree of up to six files out of a few kinds of content, so that much of it is alike.
fn trees() -> impl Strategy<Value = Files> {
    let content = (0u64..4, 0usize..40_000, 0usize..3000)
        .prop_map(|(seed, len, shift)| [noise(seed + 100, shift), noise(seed, len)].concat());
    prop::collection::btree_map("[a-f]", content, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_folder_becomes_the_wanted_build(friend in trees(), known in trees(), wanted in trees()) {
        let jump = Jump::new(&friend, &known, &wanted);
        let (patch, _) = jump.patch(Level::Default);
        jump.lands(&patch);
    }
}
