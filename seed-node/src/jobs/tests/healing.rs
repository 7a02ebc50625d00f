//! Healing builds that have rotted, on a disk that fills up, breaks and loses power at every single operation: what was sound stays
//! sound, and in the end all of it is.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use super::{history::History, *};

/// What the store holds, file by file.
type Files = std::collections::BTreeMap<RelPath, Vec<u8>>;

/// A store of which some has rotted.
struct Sick {
    history: History,
    /// The build that is healed, counted from 1.
    patient: usize,
    /// All files of depots and of builds as they were.
    before: Files,
    /// Those that have rotted.
    hurt: Vec<RelPath>,
}

/// All files below a folder.
fn files_below(dir: &dyn Dir, folder: &RelPath, found: &mut Files) {
    for entry in dir.read_dir(folder).unwrap_or_default() {
        let path = layout::inside(folder, entry.name.to_str().unwrap());
        if entry.kind == EntryKind::Dir {
            files_below(dir, &path, found);
        } else {
            let bytes = read_whole(dir, &path, u64::MAX).unwrap();
            found.insert(path, bytes);
        }
    }
}

fn files_of(dir: &dyn Dir, folders: &[RelPath]) -> Files {
    let mut found = Files::new();
    for folder in folders {
        files_below(dir, folder, &mut found);
    }
    found
}

/// A bit of it changes, its end is cut off, something is appended, or it is gone.
fn rot(disk: &MemDir, path: &RelPath, rng: &mut StdRng) {
    if rng.random_ratio(1, 4) {
        return disk.remove_file(path).unwrap();
    }
    let kind = rng.random_range(0..6);
    disk.rot(path, |bytes| match (bytes.len(), kind) {
        (0, _) | (_, 0) => bytes.push(7),
        (size, 1 | 2) => bytes.truncate(size - 1),
        (size, _) => bytes[rng.random_range(0..size)] ^= 1 << rng.random_range(0..8),
    })
    .unwrap();
}

impl Sick {
    fn with(number: u64, sizes: [usize; 2]) -> Self {
        let mut rng = StdRng::seed_from_u64(number);
        let mut history = History::with(sizes);
        let disk = history.fresh.disk();
        let seed = history.fresh.start(&disk);
        let patient = rng.random_range(2..=3);
        let (game, version) = (&history.manifest(patient).game, &history.manifest(patient).version);
        if rng.random() {
            archive::archive(&seed, game, version, &Reporter::default()).unwrap();
        }
        drop(seed);
        let sound = disk.inner().after_power_loss(0);
        let before = files_of(&sound, &[layout::depots(game), layout::builds(game)]);
        let mut candidates = files_of(&sound, &[layout::depot(game, version), layout::build(game, version)]);
        let whole = [layout::patches(game), layout::cache()];
        candidates.extend(files_of(&sound, &whole).into_iter().filter(|(path, _)| {
            // Patches between others are not looked at.
            let ends = layout::versions_of_patch(path.parent().unwrap().name());
            ends.is_none_or(|(from, to)| from == *version || to == *version)
        }));
        let names: Vec<&RelPath> = candidates.keys().collect();
        let mut hurt: Vec<RelPath> = Vec::new();
        for _ in 0..rng.random_range(1..=3) {
            let path = names.choose(&mut rng).unwrap();
            // Without its manifest a build is made from the beginning, and what others have of its files is not looked at.
            let alone = path.name() == "manifest";
            if !hurt.contains(path) && (!alone || hurt.is_empty()) {
                rot(&sound, path, &mut rng);
                hurt.push((*path).clone());
            }
            if hurt.contains(path) && alone {
                break;
            }
        }
        history.fresh.store = sound.flushed();
        Self { history, patient, before, hurt }
    }

    /// The same folder is pushed as the same version, again as long as it is told that chunks are missing.
    fn evening(&self, seed: &Seed) -> Result<(), Failure> {
        let build = &self.history.builds[self.patient - 1];
        match push(seed, build) {
            Err(e) if !e.retry() => push(seed, build),
            other => other,
        }
    }

    /// What has not rotted is as it was.
    fn nothing_else_is_hurt(&self, disk: &MemDir, what: &str) {
        let now = |path: &RelPath| read_whole(disk, path, u64::MAX).ok();
        let build = self.history.manifest(self.patient);
        let (papers, depot) =
            (layout::build(&build.game, &build.version), layout::depot(&build.game, &build.version));
        // Without a sound manifest nothing says what it is, and it is made from the beginning.
        let unknown = self.hurt.contains(&layout::inside(&papers, "manifest"));
        for (path, right) in &self.before {
            let inside = |folder: &RelPath| path.as_str().starts_with(&format!("{folder}/"));
            let of_unknown = unknown && (inside(&papers) || inside(&depot));
            if self.is_hurt(path) || of_unknown {
                continue;
            }
            assert!(now(path).as_ref() == Some(right), "{what}: {path} was sound; hurt were {:?}", self.hurt);
        }
    }

    /// Depots share files by second names, and the hash of a recipe goes or is made with it.
    fn is_hurt(&self, path: &RelPath) -> bool {
        let content = |path: &RelPath| self.before.get(path);
        let recipe = path.as_str().strip_suffix(".hash").filter(|path| path.ends_with("/recipe"));
        self.hurt.iter().any(|hurt| {
            hurt == path
                || Some(hurt.as_str()) == recipe
                || content(hurt).is_some_and(|c| Some(c) == content(path))
        })
    }

    /// Everything is as it was before it rotted, and what the seed has of patches and archives is sound.
    fn all_is_well(&self, seed: &Seed, what: &str) {
        let dir = seed.store.dir().unwrap();
        let game = &self.history.manifest(1).game;
        let now = files_of(&*dir, &[layout::depots(game), layout::builds(game)]);
        for (path, right) in &self.before {
            assert!(now.get(path) == Some(right), "{what}: {path}, hurt were {:?}", self.hurt);
        }
        assert_eq!(now.len(), self.before.len(), "{what}: {:?}", now.keys());
        for n in 1..=4 {
            assert!(is_whole(seed, &self.history.builds[n - 1]), "{what}: build {n}");
        }
        let version = &self.history.manifest(self.patient).version;
        let patches = seed.catalogue.patches_of(game, version);
        let mut served: Vec<_> =
            patches.iter().filter_map(|(from, to)| seed.catalogue.patch(game, from, to)).collect();
        let archive = self.history.manifest(self.patient).archive;
        served.extend(seed.cache.size_of(&archive.hash).map(|_| archive));
        for blob in served {
            let open = seed.blobs.open(game, &blob.hash).unwrap_or_else(|| panic!("{what}: {blob}"));
            assert!(open.verified_piece(0).is_ok(), "{what}: {blob}, hurt were {:?}", self.hurt);
        }
        if let Ok(Some((file, stored))) = seed.cache.open(&archive.hash) {
            let packed = PackedArchive::open(file, stored, archive.size).unwrap();
            let found = outboard::compute(archive.size, &|at, buf| packed.read_exact_at(buf, at)).unwrap();
            assert_eq!(found.blob(), archive, "{what}: the compressed archive");
        }
        let left: Vec<_> = dir.read_dir(&layout::tmp()).unwrap().into_iter().map(|e| e.name).collect();
        assert!(left.iter().all(|name| name == "probe"), "{what}: left in tmp: {left:?}");
    }

    /// The next start goes on and comes to its end.
    fn is_healed(&self, disk: &Arc<impl Dir + 'static>, what: &str) {
        let seed = self.history.fresh.start(disk);
        self.evening(&seed).unwrap_or_else(|e| panic!("{what}: {e}; hurt were {:?}", self.hurt));
        drop(seed);
        self.all_is_well(&self.history.fresh.start(disk), what);
    }

    /// Returns how many operations were tried.
    fn survives(&self, fault_at: &dyn Fn(u64) -> Fault) -> u64 {
        let fresh = &self.history.fresh;
        let operations = fresh.operations(|seed| {
            self.evening(seed).unwrap_or_else(|e| panic!("{e}; hurt were {:?}", self.hurt));
        });
        fresh.with_fault_at_each(operations, fault_at, |disk, seed, what| {
            let outcome = self.evening(seed);
            disk.relieve();
            self.nothing_else_is_hurt(disk.inner(), &format!("{what}, {outcome:?}"));
            // The same process goes on.
            self.evening(seed).unwrap_or_else(|e| panic!("{what}, again: {e}; hurt were {:?}", self.hurt));
            self.is_healed(disk, what);
        })
    }
}

#[test]
fn torture_of_healing() {
    rounds("healing", 2, |number, tally| {
        let size = |of: u64| usize::try_from(number % of * 1300).unwrap();
        let sick = Sick::with(number, [size(4) + 500, size(3) + 1]);
        // The usual number of them takes a second.
        let lucks = if number < 3 { 1 } else { 6 };
        let dir = Arc::new(CrashDir::new(sick.history.fresh.store.after_power_loss(0), number, lucks));
        let seed = sick.history.fresh.start(&dir);
        sick.evening(&seed).unwrap_or_else(|e| panic!("{e}; hurt were {:?}", sick.hurt));
        dir.acknowledge(1);
        let patient = sick.history.manifest(sick.patient);
        let patches = seed.catalogue.patches_of(&patient.game, &patient.version);
        assert_eq!(patches.len(), 4, "seed {number}: {patches:?}, hurt were {:?}", sick.hurt);
        drop(seed);
        let (states, looked_at) = dir.states();
        tally.looked_at += looked_at;
        for state in states {
            let what = format!("seed {number}, operation {}", state.at);
            let disk = Arc::new(state.disk);
            sick.nothing_else_is_hurt(&disk, &what);
            if state.acked > 0 {
                sick.all_is_well(&sick.history.fresh.start(&disk), &what);
            }
            sick.is_healed(&disk, &what);
            tally.crash_states += 1;
        }
        tally.meet_faults_in_turn(number, 8, |fault| sick.survives(fault));
    });
}
