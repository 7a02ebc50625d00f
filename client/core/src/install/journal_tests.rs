//! A commit ends old or new, wherever it is cut off.

use std::{collections::BTreeMap, sync::Arc};

use mist_proto::{BlobId, FileEntry, Hash, ManifestId, Slug};
use mist_tree::fs::fault::{CrashDir, Fault, FaultyDir, MemDir, at_each_operation, rounds};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};

use super::*;
use crate::{
    folder::FolderState,
    install::{
        previous::{Keep, Leaving, Material},
        reuse::{StagePlan, plan_stage},
        samples::{self, path},
    },
};

/// Names that collide in every way: case, a file where a folder is, deep paths, Unicode.
const NAMES: &[&str] = &[
    "a",
    "A",
    "b",
    "d",
    "d/a",
    "d/b",
    "D/a",
    "d/e/f",
    "d/e",
    "ü/x",
    "ü/y",
    "long/way/down/to/a/file",
    "long/way",
    "z",
];

type Content = BTreeMap<RelPath, (Vec<u8>, bool)>;

/// A random build: names that can live together, few different contents, so that files move and repeat.
fn random_build(rng: &mut StdRng) -> (Content, Vec<RelPath>) {
    let mut names = NAMES.to_vec();
    names.shuffle(rng);
    let mut set = mist_proto::path::PathSet::new();
    let (mut files, mut folders) = (Content::new(), Vec::new());
    for name in names.iter().take(rng.random_range(0..8)) {
        let name = path(name);
        let taken = files.keys().chain(folders.iter()).any(|p: &RelPath| {
            name.as_str().starts_with(&format!("{p}/")) || p.as_str().starts_with(&format!("{name}/"))
        });
        if taken {
            continue;
        }
        if rng.random_ratio(1, 5) {
            if set.add_folder(&name).is_ok() {
                folders.push(name);
            }
        } else if set.add_file(&name).is_ok() {
            let content = vec![rng.random_range(1..5u8); rng.random_range(0..3)];
            files.insert(name, (content, rng.random()));
        }
    }
    folders.sort();
    (files, folders)
}

fn manifest(version: &str, files: &Content, folders: &[RelPath]) -> Manifest {
    let entry = |(path, (bytes, executable)): (&RelPath, &(Vec<u8>, bool))| FileEntry {
        path: path.clone(),
        size: bytes.len() as u64,
        executable: *executable,
        hash: Hash::of(bytes),
    };
    let plain = samples::manifest(files.iter().map(entry).collect());
    Manifest {
        version: version.parse().expect("version"),
        archive: BlobId { hash: Hash::of(version.as_bytes()), ..plain.archive },
        empty_dirs: folders.to_vec(),
        ..plain
    }
}

fn build_ref(manifest: &Manifest) -> BuildRef {
    BuildRef {
        version: manifest.version.clone(),
        sequence: 1,
        manifest: ManifestId(Hash::of(&manifest.encode())),
        archive: manifest.archive,
    }
}

fn put(dir: &dyn Dir, path: &dyn TreePath, bytes: &[u8], executable: bool) {
    let file = dir.create(path).expect("made");
    file.write_all_at(bytes, 0).expect("written");
    file.sync_data().expect("flushed");
    dir.set_executable(path, executable).expect("mode");
}

fn sync_all(dir: &dyn Dir, at: &str) {
    let entries = if at.is_empty() { dir.read_dir(ROOT) } else { dir.read_dir(&path(at)) };
    for entry in entries.expect("listed").iter().filter(|e| e.kind == EntryKind::Dir) {
        let name = entry.name.to_str().expect("utf-8");
        if name != ".mist" {
            sync_all(dir, &if at.is_empty() { name.to_owned() } else { format!("{at}/{name}") });
        }
    }
    if at.is_empty() { dir.sync_dir(ROOT) } else { dir.sync_dir(&path(at)) }.expect("flushed");
}

/// Everything that is in a folder, but for `.mist`.
fn snapshot(dir: &dyn Dir) -> (Content, Vec<RelPath>) {
    fn walk(dir: &dyn Dir, at: Option<&RelPath>, files: &mut Content, folders: &mut Vec<RelPath>) {
        let entries = match at {
            None => dir.read_dir(ROOT),
            Some(at) => dir.read_dir(at),
        };
        let entries = entries.expect("listed");
        if let Some(at) = at.filter(|_| entries.is_empty()) {
            folders.push(at.clone());
        }
        for entry in entries {
            let name = entry.name.to_str().expect("utf-8").to_owned();
            if name == ".mist" {
                continue;
            }
            let inside = path(&at.map_or(name.clone(), |at| format!("{at}/{name}")));
            if entry.kind == EntryKind::Dir {
                walk(dir, Some(&inside), files, folders);
            } else {
                let bytes = crate::folder::read_all(dir, &inside).expect("read").expect("there");
                let executable = dir.metadata(&inside).expect("meta").executable;
                files.insert(inside, (bytes, executable));
            }
        }
    }
    let (mut files, mut folders) = (Content::new(), Vec::new());
    walk(dir, None, &mut files, &mut folders);
    folders.sort();
    (files, folders)
}

/// A folder with the old build, changed by a player, and everything staged for the new one.
struct Scenario {
    disk: MemDir,
    journal: Journal,
    before: (Content, Vec<RelPath>),
    new: (Content, Vec<RelPath>),
    was: Manifest,
    will_be: Manifest,
    /// A file of the old build that the player changed, if any, and that the new build has in another form or not at all.
    changed: Option<RelPath>,
}

/// A journal by which any file gets this content, as docs/formats.md describes it.
fn redo(content: &[u8]) -> Vec<u8> {
    let mut bytes = b"MISTRDO1".to_vec();
    for (at, byte) in content.iter().enumerate() {
        bytes.extend((at as u64).to_le_bytes());
        bytes.extend(1u32.to_le_bytes());
        bytes.push(*byte);
    }
    bytes.extend((content.len() as u64).to_le_bytes());
    bytes.extend(Hash::of(content).as_bytes());
    let seal = Hash::of(&bytes);
    bytes.extend(seal.as_bytes());
    bytes
}

const CHANGED: &[u8] = b"the player's own";

fn scenario(seed: u64) -> Scenario {
    let mut rng = StdRng::seed_from_u64(seed);
    let (old, new) = (random_build(&mut rng), random_build(&mut rng));
    let (was, will_be) = (manifest("1", &old.0, &old.1), manifest("2", &new.0, &new.1));
    let disk = MemDir::new();
    for (path, (bytes, executable)) in &old.0 {
        put(&disk, path, bytes, *executable);
    }
    for folder in &old.1 {
        disk.create_dir_all(folder).expect("made");
    }
    let changed = old.0.keys().find(|_| rng.random_ratio(1, 6)).cloned();
    if let Some(path) = &changed {
        put(&disk, path, CHANGED, false);
    }
    let here: Vec<_> = was.files.iter().filter(|f| Some(&f.path) != changed.as_ref()).cloned().collect();
    let wrong_mode =
        here.iter().filter(|f| will_be.file(&f.path).is_some_and(|n| n.executable != f.executable));
    let wrong_mode: BTreeSet<_> = wrong_mode.map(|f| f.path.clone()).collect();
    let layout = mist_tree::archive::Layout::new(&will_be).expect("its own size");
    let StagePlan { mut origins, .. } = plan_stage(&here, &will_be, &layout, None, &Material::default());
    let moved = |path: &RelPath, origins: &[Origin]| origins.contains(&Origin::Move(path.clone()));
    for (i, file) in will_be.files.iter().enumerate() {
        let stays = here.iter().any(|f| f.path == file.path) && !moved(&file.path, &origins);
        if origins[i] == Origin::Fetch && stays && rng.random() {
            origins[i] = Origin::Patch;
            put(&disk, &control(STAGING).join(&file.path), &redo(&new.0[&file.path].0), false);
        }
    }
    for (origin, file) in origins.iter().zip(&will_be.files) {
        if matches!(origin, Origin::Copy(_) | Origin::Mend | Origin::Fetch) {
            put(&disk, &control(STAGING).join(&file.path), &new.0[&file.path].0, false);
        }
    }
    sync_tree(&disk, &control(STAGING)).expect("flushed");
    let game: Slug = "g".parse().expect("slug");
    let mut state = FolderState::new(game, "server".into());
    state.installed = Some(build_ref(&was));
    state.condition = Condition::Whole;
    let folder = GameFolder::over(Arc::new(disk.clone()));
    folder.set_state(&state).expect("written");
    sync_all(&disk, "");
    let leaving =
        Leaving { old: &was, new: &will_be, origins: &origins, here: &here, wanted: &will_be, back: &was };
    let keep = Keep::plan(&leaving);
    assert!(keep.write(&disk, &was, u64::MAX).expect("written"));
    let journal = Journal::plan(Change {
        old: Some(&was),
        new: &will_be,
        to: build_ref(&will_be),
        origins: &origins,
        foreign: &changed.iter().cloned().collect(),
        wrong_mode: &wrong_mode,
        links: &LinkFindings::default(),
        kept: path("1"),
        keep: &keep,
    });
    let before = snapshot(&disk);
    Scenario { disk, journal, before, new, was, will_be, changed }
}

/// The way back, where the new build is in place: what was kept becomes the old build again, with nothing from elsewhere. None if a file
/// of the old build was gone before.
fn way_back(dir: &MemDir, s: &Scenario, what: &str) -> Option<Journal> {
    let kept = Material::found(dir).way(&s.will_be, &s.was);
    if s.changed.is_some() && kept.is_none() {
        return None;
    }
    let kept = kept.unwrap_or_else(|| panic!("{what}: it is not kept"));
    let layout = mist_tree::archive::Layout::new(&s.was).expect("its own size");
    let StagePlan { origins, .. } = plan_stage(&s.will_be.files, &s.was, &layout, None, &kept);
    let mut twins = BTreeMap::new();
    for (file, (bytes, _)) in s.will_be.files.iter().zip(s.new.0.values()) {
        twins.insert(file.hash, bytes.clone());
    }
    for (origin, file) in origins.iter().zip(&s.was.files) {
        let staged = match origin {
            Origin::Copy(_) => twins[&file.hash].clone(),
            Origin::ReturnCopy => s.before.0[&file.path].0.clone(),
            Origin::Fetch if file.size == 0 => vec![],
            Origin::Fetch | Origin::Mend => panic!("{what}: {} has to be fetched", file.path),
            _ => continue,
        };
        put(dir, &control(STAGING).join(&file.path), &staged, false);
    }
    sync_tree(dir, &control(STAGING)).expect("flushed");
    let wrong = |f: &&FileEntry| s.was.file(&f.path).is_some_and(|o| o.executable != f.executable);
    Some(Journal::plan(Change {
        old: Some(&s.will_be),
        new: &s.was,
        to: build_ref(&s.was),
        origins: &origins,
        foreign: &BTreeSet::new(),
        wrong_mode: &s.will_be.files.iter().filter(wrong).map(|f| f.path.clone()).collect(),
        links: &LinkFindings::default(),
        kept: path("2"),
        keep: &Keep::default(),
    }))
}

fn run(dir: Arc<dyn Dir>, journal: &Journal) -> Result<(), InstallError> {
    let folder = GameFolder::over(dir);
    let mut journal = journal.clone();
    journal.begin(&*folder.dir).map_err(InstallError::Disk)?;
    commit(&folder, &mut journal)
}

/// The next start after a crash.
fn recover(dir: &MemDir) -> String {
    let folder = GameFolder::over(Arc::new(dir.clone()));
    if let Some(mut journal) = Journal::load(dir).expect("readable") {
        commit(&folder, &mut journal).expect("nothing fails any more");
    }
    let state = folder.state().expect("readable").expect("there");
    state.installed.expect("a build").version.to_string()
}

fn assert_new(dir: &MemDir, s: &Scenario, what: &str) {
    assert_eq!(snapshot(dir), s.new, "{what}");
    if let Some(changed) = &s.changed {
        let kept = crate::folder::read_all(dir, &control(KEPT).join(&path("1")).join(changed)).expect("read");
        assert_eq!(kept.as_deref(), Some(CHANGED), "{what}: the player's file is kept");
    }
    assert!(dir.metadata(&control(STAGING)).is_err(), "{what}: nothing is left in staging");
    if s.changed.is_none() {
        let disk = dir.flushed();
        let journal = way_back(&disk, s, what).expect("nobody changed anything");
        run(Arc::new(disk.clone()), &journal).unwrap_or_else(|e| panic!("{what}, back: {e}"));
        assert_eq!(snapshot(&disk), s.before, "{what}, back");
    }
}

/// What a crash left ends as the old build or the new one: which, and whether files had been changed where they are.
fn assert_old_or_new(left: &MemDir, s: &Scenario, what: &str) -> (String, bool) {
    let patched = s.journal.patches_files() && snapshot(left) != s.before;
    if patched {
        let state = GameFolder::over(Arc::new(left.clone())).state().expect("readable");
        assert_eq!(state.expect("there").whole(), None, "{what}: nobody is served meanwhile");
    }
    let version = recover(left);
    match version.as_str() {
        "1" => assert_eq!(snapshot(left), s.before, "{what}"),
        _ => assert_new(left, s, what),
    }
    (version, patched)
}

/// So many scenarios as they come, and as many in which files are patched where they are.
fn seeds(count: usize) -> impl Iterator<Item = u64> {
    let patching = (100..).filter(|&seed| scenario(seed).journal.patches_files());
    (0..100).take(count).chain(patching.take(count))
}

#[test]
fn random_trees_become_exactly_the_new_build() {
    for seed in 0..100 {
        let s = scenario(seed);
        run(Arc::new(s.disk.clone()), &s.journal).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        assert_eq!(recover(&s.disk), "2");
        assert_new(&s.disk, &s, &format!("seed {seed}"));
    }
}

#[test]
fn a_power_loss_at_any_operation_leaves_old_or_new() {
    let mut patched = 0;
    for seed in seeds(8) {
        let total = {
            let s = scenario(seed);
            let counted = Arc::new(FaultyDir::new(s.disk));
            run(counted.clone(), &s.journal).expect("no fault");
            counted.operations()
        };
        for at in 0..total {
            let s = scenario(seed);
            let faulty = Arc::new(FaultyDir::new(s.disk.clone()));
            faulty.fail_at(at, Fault::PowerCut);
            assert!(run(faulty, &s.journal).is_err());
            for luck in 0..4 {
                let what = format!("seed {seed}, operation {at} of {total}, luck {luck}");
                patched += u32::from(assert_old_or_new(&s.disk.after_power_loss(luck), &s, &what).1);
            }
        }
    }
    assert!(patched > 0, "files were patched where they are");
}

#[test]
fn a_file_that_can_not_be_patched_any_more_is_left_to_be_repaired() {
    let (old, new) = (vec![1; 10], vec![2; 10]);
    let content = |bytes: &[u8]| {
        let names = ["broken", "gone", "right"].map(|name| (path(name), (bytes.to_vec(), false)));
        Content::from(names)
    };
    let (was, will_be) = (manifest("1", &content(&old), &[]), manifest("2", &content(&new), &[]));
    let disk = MemDir::new();
    for name in ["broken", "right"] {
        put(&disk, &path(name), &old, false);
    }
    for (name, journal) in [("broken", b"nonsense".to_vec()), ("gone", redo(&new)), ("right", redo(&new))] {
        put(&disk, &control(STAGING).join(&path(name)), &journal, false);
    }
    let folder = GameFolder::over(Arc::new(disk.clone()));
    folder.set_state(&FolderState::new("g".parse().expect("slug"), "server".into())).expect("written");
    let journal = Journal::plan(Change {
        old: Some(&was),
        new: &will_be,
        to: build_ref(&will_be),
        origins: &[Origin::Patch, Origin::Patch, Origin::Patch],
        foreign: &BTreeSet::new(),
        wrong_mode: &BTreeSet::new(),
        links: &LinkFindings::default(),
        kept: path("1"),
        keep: &Keep::default(),
    });
    run(Arc::new(disk.clone()), &journal).expect("commits");
    let left = Content::from([(path("broken"), (old, false)), (path("right"), (new, false))]);
    assert_eq!(snapshot(&disk), (left, vec![]));
}

#[test]
fn a_full_disk_a_failing_operation_or_a_file_server_that_forgets_is_survived() {
    for (seed, fault) in seeds(4).flat_map(|seed| Fault::SURVIVED.map(|fault| (seed, fault))) {
        survives_at_each_operation(seed, fault);
    }
}

/// Returns how many operations were tried.
fn survives_at_each_operation(seed: u64, fault: Fault) -> u64 {
    let s = scenario(seed);
    at_each_operation(
        || scenario(seed).disk,
        |_| fault,
        |dir, _, what| {
            let (disk, ended) = (dir.inner(), run(dir.clone(), &s.journal));
            let what = format!("seed {seed}, {what}");
            match (recover(disk).as_str(), ended) {
                ("1", Err(_)) => assert_eq!(snapshot(disk), s.before, "{what}"),
                ("2", _) => assert_new(disk, &s, &what),
                (version, ended) => panic!("{what}: {version} after {ended:?}"),
            }
        },
    )
}

#[test]
fn torture_of_a_commit() {
    rounds("commit", 4, |seed, tally| {
        let s = scenario(seed);
        let dir = Arc::new(CrashDir::new(s.disk.clone(), seed, 16));
        run(dir.clone(), &s.journal).expect("no fault");
        dir.acknowledge(1);
        let (states, looked_at) = dir.states();
        for state in &states {
            let what = format!("seed {seed}, operation {}", state.at);
            let (version, _) = assert_old_or_new(&state.disk, &s, &what);
            assert!(state.acked == 0 || version == "2", "{what}: it was done");
        }
        tally.crash_states += states.len() as u64;
        tally.looked_at += looked_at;
        tally.meet_faults(seed, 4, |fault| survives_at_each_operation(seed, fault));
    });
}

/// A folder that has gone on to the new build, and what was kept of the old one.
fn went_on(seed: u64) -> (Scenario, Journal) {
    let s = scenario(seed);
    run(Arc::new(s.disk.clone()), &s.journal).expect("no fault");
    let disk = s.disk.flushed();
    let journal = way_back(&disk, &s, "went on").expect("nobody changed anything");
    (Scenario { disk: disk.flushed(), ..s }, journal)
}

/// The way back ends in one of both builds, whole.
fn assert_there_or_back(left: &MemDir, s: &Scenario, what: &str) -> String {
    let version = recover(left);
    let whole = if version == "1" { &s.before } else { &s.new };
    assert_eq!(snapshot(left), *whole, "{what}");
    version
}

#[test]
fn torture_of_the_way_back() {
    let unchanged: Vec<u64> = (0..).filter(|&seed| scenario(seed).changed.is_none()).take(64).collect();
    rounds("way back", 4, |seed, tally| {
        let seed = unchanged[usize::try_from(seed).unwrap_or_default() % unchanged.len()];
        let (s, journal) = went_on(seed);
        let dir = Arc::new(CrashDir::new(s.disk.after_power_loss(0), seed, 16));
        run(dir.clone(), &journal).expect("no fault");
        dir.acknowledge(1);
        let (states, looked_at) = dir.states();
        for state in &states {
            let version =
                assert_there_or_back(&state.disk, &s, &format!("seed {seed}, operation {}", state.at));
            assert!(state.acked == 0 || version == "1", "seed {seed}: it was done");
        }
        tally.crash_states += states.len() as u64;
        tally.looked_at += looked_at;
        tally.meet_faults(seed, 4, |fault| {
            at_each_operation(
                || s.disk.after_power_loss(0),
                |_| fault,
                |dir, _, what| {
                    let ended = run(dir.clone(), &journal);
                    let version = assert_there_or_back(dir.inner(), &s, &format!("seed {seed}, {what}"));
                    assert!(ended.is_err() || version == "1", "seed {seed}, {what}: {version}");
                },
            )
        });
    });
}

#[test]
fn files_of_the_player_in_the_way_are_kept() {
    let old = Content::from([(path("game/data"), (vec![1; 10], false))]);
    let new =
        Content::from([(path("game"), (vec![2; 10], false)), (path("mods/core"), (vec![3; 10], false))]);
    let (was, will_be) = (manifest("1", &old, &[]), manifest("2", &new, &[path("logs")]));
    let disk = MemDir::new();
    put(&disk, &path("game/data"), &[1; 10], false);
    // A save in a folder that becomes a file, and files where folders belong.
    put(&disk, &path("game/save"), b"save", false);
    put(&disk, &path("mods"), b"mods", false);
    put(&disk, &path("logs"), b"logs", false);
    for (p, (bytes, _)) in &new {
        put(&disk, &control(STAGING).join(p), bytes, false);
    }
    sync_tree(&disk, &control(STAGING)).expect("flushed");
    let folder = GameFolder::over(Arc::new(disk.clone()));
    let state = FolderState::new("g".parse().expect("slug"), "server".into());
    folder.set_state(&state).expect("written");
    let journal = Journal::plan(Change {
        old: Some(&was),
        new: &will_be,
        to: build_ref(&will_be),
        origins: &[Origin::Fetch, Origin::Fetch],
        foreign: &BTreeSet::new(),
        wrong_mode: &BTreeSet::new(),
        links: &LinkFindings::default(),
        kept: path("1"),
        keep: &Keep::default(),
    });
    run(Arc::new(disk.clone()), &journal).expect("commits");
    assert_eq!(snapshot(&disk), (new, vec![path("logs")]));
    for (name, content) in [("game/save", &b"save"[..]), ("mods", b"mods"), ("logs", b"logs")] {
        let kept =
            crate::folder::read_all(&disk, &control(KEPT).join(&path("1")).join(&path(name))).expect("read");
        assert_eq!(kept.as_deref(), Some(content), "{name}");
    }
}
