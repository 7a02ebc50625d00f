//! A folder that is updated itself ends old or new, wherever the power is cut.

use std::{collections::BTreeMap, sync::Arc};

use mist_tree::{
    fs::{
        SubDir,
        fault::{CrashDir, Fault, FaultyDir, MemDir, at_each_operation, rounds},
    },
    progress::unwatched,
    walk::{everything, walk},
};

use super::*;
use crate::{
    ApplyError, ApplyOptions, DiffOptions, FileCheckpoint, PatchReader, Tree, apply, diff,
    samples::{manifest, noise},
};

type Files = BTreeMap<&'static str, Vec<u8>>;

/// Files of at least so many bytes are patched where they are.
const PATCH_FROM: u64 = 20_000;

fn old_files() -> Files {
    BTreeMap::from([
        ("pak/world", noise(1, 60_000)),
        ("pak/shrinks", noise(2, 50_000)),
        ("pak/grows", noise(3, 30_000)),
        ("pak/reshuffled", noise(4, 40_000)),
        ("moved/from", noise(5, 3000)),
        ("gone/away", noise(6, 100)),
        ("small", noise(7, 500)),
        ("same", noise(8, 500)),
    ])
}

fn new_files() -> Files {
    let mut files = old_files();
    let world = files.get_mut("pak/world").unwrap();
    world[100..200].fill(1);
    world[40_000] ^= 1;
    files.get_mut("pak/shrinks").unwrap().truncate(41_000);
    files.get_mut("pak/shrinks").unwrap()[7] ^= 1;
    files.get_mut("pak/grows").unwrap().extend(noise(9, 5000));
    // All of it is somewhere else, so that a journal would be as long as the file.
    files.get_mut("pak/reshuffled").unwrap().rotate_left(1000);
    // Copied out of a file that changes where it is.
    let inside = old_files()["pak/world"][..25_000].to_vec();
    files.insert("new/from world", inside);
    let moved = files.remove("moved/from").unwrap();
    files.insert("elsewhere/to", moved);
    files.remove("gone/away");
    files.get_mut("small").unwrap()[3] ^= 1;
    files
}

fn put(dir: &dyn Dir, files: &Files) {
    for (path, bytes) in files {
        let path = RelPath::new(path).unwrap();
        let file = dir.create(&path).unwrap();
        file.write_all_at(bytes, 0).unwrap();
        file.sync_data().unwrap();
        if let Some(parent) = path.parent() {
            dir.sync_dir(&parent).unwrap();
        }
    }
    dir.sync_dir(ROOT).unwrap();
}

fn files_in(dir: &dyn Dir) -> BTreeMap<String, Vec<u8>> {
    let found = walk(dir, &everything).unwrap();
    let read = |path: &RelPath| {
        let file = dir.open(path).unwrap();
        let mut bytes = vec![0; usize::try_from(file.size().unwrap()).unwrap()];
        file.read_exact_at(&mut bytes, 0).unwrap();
        bytes
    };
    found.files.iter().map(|f| (f.path.to_string(), read(&f.path))).collect()
}

fn is(found: &BTreeMap<String, Vec<u8>>, wanted: &Files) -> bool {
    found.iter().map(|(path, bytes)| (path.as_str(), bytes)).eq(wanted.iter().map(|(p, b)| (*p, b)))
}

fn patch(old: &Files, new: &Files) -> Vec<u8> {
    let (old_dir, new_dir, scratch) = (MemDir::new(), MemDir::new(), MemDir::new());
    put(&old_dir, old);
    put(&new_dir, new);
    let list = |files: &Files| manifest(&files.iter().map(|(p, b)| (*p, b.as_slice())).collect::<Vec<_>>());
    let (was, will_be) = (list(old), list(new));
    let mut out = Vec::new();
    let old = Tree { manifest: &was, dir: &old_dir };
    let new = Tree { manifest: &will_be, dir: &new_dir };
    diff(old, new, &mut out, &scratch, &DiffOptions::default(), &mut unwatched).unwrap();
    out
}

/// What `delta apply --in-place` does.
fn update(dir: &Arc<dyn Dir>, patch: &[u8]) -> Result<Vec<Operation>, ApplyError> {
    let failed = ApplyError::Checkpoint;
    let reader = PatchReader::open(patch)?;
    let id = reader.id();
    if Commit::resume(dir).map_err(failed)? == Some(id) {
        return Ok(Vec::new());
    }
    let staging = SubDir::new(dir.clone(), &Commit::staging());
    let mut checkpoint = FileCheckpoint { dir, path: Commit::checkpoint() };
    let options = ApplyOptions { in_place: &|_, size| size >= PATCH_FROM, ..ApplyOptions::default() };
    let plan = apply(reader, dir, &staging, &mut checkpoint, &options, &mut unwatched)?;
    let operations = plan.operations.clone();
    Commit::carry_out(dir, id, plan).map_err(failed)?;
    Ok(operations)
}

/// The folder is exactly the new build.
fn assert_new(dir: &dyn Dir, what: &str) {
    assert_is(dir, &new_files(), what);
}

fn assert_is(dir: &dyn Dir, wanted: &Files, what: &str) {
    assert!(is(&files_in(dir), wanted), "{what}");
    assert_eq!(walk(dir, &everything).unwrap().empty_dirs, [], "{what}: no folder is left behind");
    assert!(dir.metadata(&ControlPath::root()).is_err(), "{what}: nothing of ours is left");
}

fn world() -> MemDir {
    let disk = MemDir::new();
    put(&disk, &old_files());
    disk
}

#[test]
fn large_files_are_patched_where_they_are_unless_most_of_them_changes() {
    let disk = world();
    let operations = update(&(Arc::new(disk.clone()) as Arc<dyn Dir>), &patch(&old_files(), &new_files()));
    let mut patched = Vec::new();
    let mut staged = Vec::new();
    for operation in operations.unwrap() {
        match operation {
            Operation::Patched { path, journal, .. } => patched.push((path.to_string(), journal)),
            Operation::Staged { path, .. } => staged.push(path.to_string()),
            _ => {}
        }
    }
    let overhead = 8 + 72;
    assert_eq!(
        patched,
        [
            ("pak/grows".to_owned(), overhead + 12 + 5000),
            ("pak/shrinks".to_owned(), overhead + 12 + 1),
            ("pak/world".to_owned(), overhead + (12 + 100) + (12 + 1)),
        ]
    );
    assert_eq!(staged, ["new/from world", "pak/reshuffled", "small"]);
    assert_new(&disk, "no fault");
}

#[test]
fn a_patch_tells_the_disk_that_it_takes() {
    let patch = patch(&old_files(), &new_files());
    let disk = |from| PatchReader::open(patch.as_slice()).unwrap().disk(&|_, size| size >= from).unwrap();
    let whole: usize = ["pak/world", "pak/shrinks", "pak/grows", "pak/reshuffled", "new/from world", "small"]
        .iter()
        .map(|name| new_files()[name].len())
        .sum();
    assert_eq!(disk(u64::MAX), whole as u64);
    let (journals, grown) = (101 + 1 + 5000, 5000);
    let beside = 40_000 + 25_000 + 500;
    // Some of what is filled with ones was a one before.
    assert!(disk(PATCH_FROM).abs_diff(journals + grown + beside) < 5, "{}", disk(PATCH_FROM));
}

#[test]
fn a_power_cut_at_any_write_leaves_a_folder_that_the_same_command_completes() {
    let patch = patch(&old_files(), &new_files());
    let total = {
        let counted = Arc::new(FaultyDir::new(world()));
        update(&(counted.clone() as Arc<dyn Dir>), &patch).unwrap();
        counted.operations()
    };
    let (mut untouched, mut begun, mut done) = (0, 0, 0);
    for at in 0..total {
        let disk = world();
        let faulty = Arc::new(FaultyDir::new(disk.clone()));
        faulty.fail_at(faulty.operations() + at, Fault::PowerCut);
        let reported = update(&(faulty as Arc<dyn Dir>), &patch);
        for luck in 0..6 {
            let what = format!("operation {at} of {total}, luck {luck}");
            let left = disk.after_power_loss(luck);
            let found = files_in(&left);
            let again: Arc<dyn Dir> = Arc::new(left.clone());
            if left.metadata(&control(NAME)).is_ok() {
                begun += 1;
            } else if is(&found, &new_files()) {
                done += 1;
                continue;
            } else {
                assert!(reported.is_err(), "{what}: what was reported is there");
                assert!(is(&found, &old_files()), "{what}: no file is touched before the commit");
                untouched += 1;
            }
            update(&again, &patch).unwrap_or_else(|e| panic!("{what}: {e}"));
            assert_new(&left, &what);
        }
    }
    assert!(untouched > 0 && begun > 0 && done > 0, "{untouched}, {begun} and {done}");
}

#[test]
fn a_full_disk_or_a_failing_operation_is_survived() {
    let (old, new) = (old_files(), new_files());
    for fault in Fault::SURVIVED {
        survives_at_each_operation(&world(), &new, &patch(&old, &new), fault);
    }
}

/// Returns how many operations were tried.
fn survives_at_each_operation(world: &MemDir, new: &Files, patch: &[u8], fault: Fault) -> u64 {
    let disk = || world.flushed().after_power_loss(0);
    at_each_operation(
        disk,
        |_| fault,
        |faulty, _, what| {
            let disk = faulty.inner();
            let ended = update(&(faulty.clone() as Arc<dyn Dir>), patch);
            if ended.is_err() {
                faulty.relieve();
                update(&(Arc::new(disk.clone()) as Arc<dyn Dir>), patch)
                    .unwrap_or_else(|e| panic!("{what}: {e}"));
            }
            assert!(is(&files_in(disk), new), "{what}");
        },
    )
}

#[test]
fn two_patches_in_a_row_and_back() {
    let (first, second) = (old_files(), new_files());
    let mut third = second.clone();
    third.get_mut("pak/world").unwrap()[59_000..].fill(3);
    let dir: Arc<dyn Dir> = Arc::new(world());
    for (old, new) in [(&first, &second), (&second, &third), (&third, &first)] {
        let operations = update(&dir, &patch(old, new)).unwrap();
        assert!(operations.iter().any(|o| matches!(o, Operation::Patched { .. })));
        assert!(is(&files_in(&dir), new));
    }
}

#[test]
fn an_interrupted_application_goes_on_with_its_journals() {
    let patch = patch(&old_files(), &new_files());
    let disk = world();
    let dir: Arc<dyn Dir> = Arc::new(disk.clone());
    let staging = SubDir::new(dir.clone(), &Commit::staging());
    let options = ApplyOptions { in_place: &|_, size| size >= PATCH_FROM, ..ApplyOptions::default() };
    let mut checkpoint = FileCheckpoint { dir: &dir, path: Commit::checkpoint() };
    let whole = {
        let reader = PatchReader::open(patch.as_slice()).unwrap();
        apply(reader, &dir, &staging, &mut checkpoint, &options, &mut unwatched).unwrap()
    };
    let journal = Commit::staging().join(&RelPath::new("pak/world").unwrap());
    // A journal that is right is not made again; one that is damaged is.
    for damaged in [false, true] {
        let file = disk.open_rw(&journal).unwrap();
        let len = file.size().unwrap();
        if damaged {
            file.write_all_at(b"x", 30).unwrap();
        }
        let before = disk.metadata(&journal).unwrap().modified_ns;
        let reader = PatchReader::open(patch.as_slice()).unwrap();
        let again = apply(reader, &dir, &staging, &mut checkpoint, &options, &mut unwatched).unwrap();
        assert_eq!(again, whole);
        assert_eq!(disk.metadata(&journal).unwrap().modified_ns == before, !damaged);
        assert_eq!(disk.open(&journal).unwrap().size().unwrap(), len);
    }
    // Nor is one used where nobody wants files patched any more.
    let reader = PatchReader::open(patch.as_slice()).unwrap();
    let plainly = ApplyOptions::default();
    let plan = apply(reader, &dir, &staging, &mut checkpoint, &plainly, &mut unwatched).unwrap();
    assert!(!plan.operations.iter().any(|o| matches!(o, Operation::Patched { .. })));
}

#[test]
fn a_file_with_a_second_name_is_made_anew() {
    let disk = world();
    let (world, backup) = (RelPath::new("pak/world").unwrap(), RelPath::new("backup").unwrap());
    disk.hard_link(&world, &backup).unwrap();
    let operations = update(&(Arc::new(disk.clone()) as Arc<dyn Dir>), &patch(&old_files(), &new_files()));
    let patched = |o: &Operation| matches!(o, Operation::Patched { path, .. } if *path == world);
    assert!(!operations.unwrap().iter().any(patched));
    let mut wanted = new_files();
    wanted.insert("backup", old_files()["pak/world"].clone());
    assert!(is(&files_in(&disk), &wanted));
}

/// Two builds of few files, each of which stays, goes, comes, moves, or changes a little or wholly.
fn random_builds(rng: &mut Rng) -> (Files, Files) {
    const NAMES: [&str; 7] = ["a", "b", "d/a", "d/b", "d/e/f", "g/a", "k"];
    let (mut old, mut new) = (Files::new(), Files::new());
    for (name, other) in NAMES.into_iter().zip(NAMES.into_iter().cycle().skip(1)) {
        let size = [0, 300, 9000, 30_000][rng.up_to(3)];
        let bytes = noise(rng.next(), size);
        match rng.up_to(6) {
            0 => drop(new.insert(name, bytes)),
            1 => drop(old.insert(name, bytes)),
            2 => {
                old.insert(name, bytes.clone());
                new.insert(other, bytes);
            }
            n => {
                let mut changed = bytes.clone();
                if n > 3 && !changed.is_empty() {
                    let at = rng.up_to(changed.len() - 1);
                    changed[at] ^= 1;
                    changed.extend(noise(1, [0, 700][rng.up_to(1)]));
                    changed.truncate([at + 1, usize::MAX][rng.up_to(1)]);
                }
                old.insert(name, bytes);
                new.insert(name, changed);
            }
        }
    }
    (old, new)
}

struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn up_to(&mut self, max: usize) -> usize {
        usize::try_from(self.next()).unwrap() % (max + 1)
    }
}

#[test]
fn torture_of_a_folder_that_is_patched_where_it_is() {
    rounds("in place", 2, |seed, tally| {
        let (old, new) = random_builds(&mut Rng(seed));
        let patch = patch(&old, &new);
        let world = MemDir::new();
        put(&world, &old);
        let world = world.flushed();
        let dir = Arc::new(CrashDir::new(world.after_power_loss(0), seed, 12));
        update(&(dir.clone() as Arc<dyn Dir>), &patch).unwrap();
        dir.acknowledge(1);
        let (states, looked_at) = dir.states();
        for state in &states {
            let what = format!("seed {seed}, operation {}", state.at);
            let found = files_in(&state.disk);
            let again = Arc::new(state.disk.clone()) as Arc<dyn Dir>;
            if state.disk.metadata(&control(NAME)).is_err() && is(&found, &new) {
                continue;
            }
            assert_eq!(state.acked, 0, "{what}: what was reported is there");
            let touched = state.disk.metadata(&control(NAME)).is_err() && !is(&found, &old);
            assert!(!touched, "{what}: no file is touched before the commit");
            update(&again, &patch).unwrap_or_else(|e| panic!("{what}: {e}"));
            assert_is(&state.disk, &new, &what);
        }
        tally.crash_states += states.len() as u64;
        tally.looked_at += looked_at;
        tally.meet_faults(seed, 4, |fault| survives_at_each_operation(&world, &new, &patch, fault));
    });
}
