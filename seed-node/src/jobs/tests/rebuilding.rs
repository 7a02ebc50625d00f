//! Builds without depots, rebuilt out of patches on a disk that fills up, breaks and loses power at every single operation: their
//! archives, patches between them, and their depots, when they go live again.

use super::{history::History, *};

/// How far an evening got.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Done {
    #[default]
    Nothing,
    Packed,
    Patched,
    Back,
}

const DONE: [Done; 4] = [Done::Nothing, Done::Packed, Done::Patched, Done::Back];

/// A history whose first two builds are kept as patches alone.
struct Thinned(History);

impl Thinned {
    fn with(sizes: [usize; 2]) -> Self {
        let mut history = History::with(sizes);
        let disk = history.fresh.disk();
        let seed = history.fresh.start(&disk);
        let (game, live) = (&history.manifest(4).game, &history.manifest(4).version);
        thin::thin(&seed, game, Some(live), &Reporter::default()).unwrap();
        assert_eq!(seed.catalogue.whole_versions(game).len(), 2);
        drop(seed);
        history.fresh.store = disk.inner().after_power_loss(0);
        Self(history)
    }

    /// The second build is packed, a patch leads from the first one to the third, and the first one goes live again.
    fn evening(&self, seed: &Seed, mut tell: impl FnMut(Done)) -> Result<(), Failure> {
        let report = Reporter::default();
        let version = |n| &self.0.manifest(n).version;
        let game = &self.0.manifest(1).game;
        archive::archive(seed, game, version(2), &report)?;
        tell(Done::Packed);
        patch::patch(seed, game, version(1), version(3), &report)?;
        tell(Done::Patched);
        thin::thin(seed, game, Some(version(1)), &report)?;
        tell(Done::Back);
        Ok(())
    }

    /// Every build can be had, and what was made by then is there and sound.
    fn all_is_there(&self, seed: &Seed, done: Done, what: &str) {
        let dir = seed.store.dir().unwrap();
        for n in 1..=4 {
            self.0.comes_out(seed, &dir, n, what);
        }
        let (game, first) = (&self.0.manifest(1).game, &self.0.manifest(1).version);
        let packed = self.0.manifest(2).archive.hash;
        let patched = seed.catalogue.patch(game, first, &self.0.manifest(3).version);
        assert!(done < Done::Packed || seed.cache.size_of(&packed).is_some(), "{what}: the archive is lost");
        assert!(done < Done::Patched || patched.is_some(), "{what}: the patch is lost");
        assert!(done < Done::Back || seed.catalogue.is_whole(game, first), "{what}: its files are lost");
        let served = seed.cache.size_of(&packed).map(|_| packed).into_iter().chain(patched.map(|p| p.hash));
        for hash in served {
            let blob = seed.blobs.open(game, &hash).unwrap_or_else(|| panic!("{what}: {hash}"));
            assert!(blob.verified_piece(0).is_ok(), "{what}: {hash}");
        }
    }

    fn evening_is_over(&self, seed: &Seed, what: &str) {
        self.evening(seed, drop).unwrap_or_else(|e| panic!("{what}: {e}"));
        self.all_is_there(seed, Done::Back, what);
        let dir = seed.store.dir().unwrap();
        let left: Vec<_> = dir.read_dir(&layout::tmp()).unwrap().into_iter().map(|e| e.name).collect();
        assert!(left.iter().all(|name| name == "probe"), "{what}: left in tmp: {left:?}");
    }

    /// Returns how many operations were tried.
    fn survives(&self, fault_at: &dyn Fn(u64) -> Fault) -> u64 {
        let fresh = &self.0.fresh;
        let operations = fresh.operations(|seed| self.evening(seed, drop).unwrap());
        fresh.with_fault_at_each(operations, fault_at, |disk, seed, what| {
            let mut done = Done::default();
            let outcome = self.evening(seed, |now| done = now);
            disk.relieve();
            if let Err(e) = outcome {
                assert!(e.retry(), "{what}: {e}");
            }
            self.all_is_there(seed, done, what);
            // The same process goes on; what a failed removal left in tmp goes at the next start.
            self.evening(seed, drop).unwrap_or_else(|e| panic!("{what}, again: {e}"));
            self.evening_is_over(&fresh.start(disk), what);
        })
    }
}

#[test]
fn torture_of_replay() {
    rounds("replay", 1, |number, tally| {
        let size = |of: u64| usize::try_from(number % of * 1300).unwrap();
        let thinned = Thinned::with([size(4) + 500, size(3) + 1]);
        // The usual number of them takes a second.
        let lucks = if number == 1 { 1 } else { 6 };
        let dir = Arc::new(CrashDir::new(thinned.0.fresh.store.after_power_loss(0), number, lucks));
        let seed = thinned.0.fresh.start(&dir);
        let tell = |now| {
            dir.acknowledge(DONE.iter().position(|d| *d == now).map_or(0, |n| u32::try_from(n).unwrap()))
        };
        thinned.evening(&seed, tell).unwrap();
        let (states, looked_at) = dir.states();
        tally.looked_at += looked_at;
        for state in states {
            let done = DONE[usize::try_from(state.acked).unwrap()];
            let what = format!("seed {number}, operation {}, {done:?}", state.at);
            let seed = thinned.0.fresh.start(&Arc::new(state.disk));
            thinned.all_is_there(&seed, done, &what);
            thinned.evening_is_over(&seed, &what);
            tally.crash_states += 1;
        }
        tally.meet_faults_in_turn(number, 8, |fault| thinned.survives(fault));
    });
}
