//! Dropping depots, rebuilding what was dropped, and deleting a build in the middle, on a disk that fills up, breaks and
//! loses power at every single operation: no build is ever lost.

use super::{history::History, *};
use crate::keeping::Retention;

/// How far an evening got.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Done {
    #[default]
    Nothing,
    Thinned,
    Packed,
    Deleted,
}

impl History {
    /// Drops the depots of builds 1 and 2, packs the archive of 1, then deletes 2, which leads to it.
    fn evening(&self, seed: &Seed, mut tell: impl FnMut(Done)) -> Result<(), Failure> {
        let (game, report) = (&self.manifest(1).game, Reporter::default());
        thin::thin(seed, game, Some(&self.manifest(4).version), &report)?;
        tell(Done::Thinned);
        archive::archive(seed, game, &self.manifest(1).version, &report)?;
        tell(Done::Packed);
        delete::delete_build(seed, game, &self.manifest(2).version, &report)?;
        tell(Done::Deleted);
        Ok(())
    }

    /// Every build that was not to be deleted can be had, every byte of it as signed.
    fn nothing_is_lost(&self, seed: &Seed, done: Done, what: &str) {
        let dir = seed.store.dir().unwrap();
        let game = &self.manifest(1).game;
        for n in [1, 2, 3, 4] {
            let version = &self.manifest(n).version;
            // Deleting it may have begun, or ended without being told.
            if n == 2 && (done >= Done::Packed || seed.catalogue.build(game, version).is_none()) {
                continue;
            }
            self.comes_out(seed, &dir, n, what);
        }
    }

    fn evening_is_over(&self, seed: &Seed, what: &str) {
        self.evening(seed, drop).unwrap_or_else(|e| panic!("{what}: {e}"));
        self.nothing_is_lost(seed, Done::Deleted, what);
        let game = &self.manifest(1).game;
        let whole: Vec<_> = seed.catalogue.whole_versions(game).iter().map(ToString::to_string).collect();
        assert_eq!(whole, ["1.0", "3.0", "4.0"], "{what}");
        let served = seed.blobs.open(game, &self.manifest(1).archive.hash).unwrap();
        assert!(served.verified_piece(0).is_ok(), "{what}");
        let dir = seed.store.dir().unwrap();
        let left: Vec<_> = dir.read_dir(&layout::tmp()).unwrap().into_iter().map(|e| e.name).collect();
        assert!(left.iter().all(|name| name == "probe"), "{what}: left in tmp: {left:?}");
    }

    /// Numbers of the operations of an evening without a fault.
    fn operations(&self) -> Range<u64> {
        self.fresh.operations(|seed| self.evening(seed, drop).unwrap())
    }
}

#[test]
fn a_dropped_build_is_served_out_of_the_cache_once_it_was_rebuilt() {
    let history = History::new();
    let disk = history.fresh.disk();
    let seed = history.fresh.start(&disk);
    let (game, first) = (&history.manifest(1).game, history.manifest(1));
    let kept =
        thin::thin(&seed, game, Some(&history.manifest(4).version), &Reporter::default()).unwrap().kept;
    let words: Vec<_> = kept.iter().map(|build| build.keeping.as_str()).collect();
    assert_eq!(words, ["reverse", "reverse", "whole", "whole"]);
    assert!(seed.blobs.open(game, &first.archive.hash).is_none());
    assert_eq!(seed.blobs.to_be_rebuilt(game, &first.archive.hash).as_ref(), Some(&first.version));
    let announced = |seed: &Seed| {
        let holdings = seed.catalogue.holdings(|hash| seed.cache.size_of(hash).is_some());
        holdings.iter().any(|held| held.blob == first.archive)
    };
    assert!(!announced(&seed));

    archive::archive(&seed, game, &first.version, &Reporter::default()).unwrap();
    assert!(announced(&seed));
    assert_eq!(seed.blobs.to_be_rebuilt(game, &first.archive.hash), None);
    let served = seed.blobs.open(game, &first.archive.hash).unwrap();
    assert!(served.verified_piece(0).is_ok());
    assert!(!seed.catalogue.is_whole(game, &first.version), "its files are not kept a second time");
}

#[test]
fn a_running_push_counts_on_every_depot() {
    let history = History::new();
    let seed = history.fresh.start(&history.fresh.disk());
    let game = &history.manifest(1).game;
    let next = build(5, Some(history.manifest(4).id()), &[("a", vec![1; 700])]);
    upload(&seed, &next).unwrap();
    thin::thin(&seed, game, None, &Reporter::default()).unwrap();
    assert_eq!(seed.catalogue.whole_versions(game).len(), 4);
    push(&seed, &next).unwrap();
    thin::thin(&seed, game, None, &Reporter::default()).unwrap();
    assert_eq!(seed.catalogue.whole_versions(game).len(), 2, "the newest");
}

#[test]
fn a_rotten_way_drops_nothing_and_another_one_is_taken() {
    let history = History::new();
    let disk = history.fresh.disk();
    let seed = history.fresh.start(&disk);
    let dir = seed.store.dir().unwrap();
    let game = &history.manifest(1).game;
    let (one, two) = (&history.manifest(1).version, &history.manifest(2).version);
    let patch = layout::inside(&layout::patch(game, two, one), "patch");
    let file = dir.open_rw(&patch).unwrap();
    file.write_all_at(&[0xff; 40], file.size().unwrap() / 2).unwrap();
    thin::thin(&seed, game, Some(&history.manifest(4).version), &Reporter::default()).unwrap();
    assert!(seed.catalogue.is_whole(game, one), "the only way to it is rotten");
    assert!(!seed.catalogue.is_whole(game, two));

    // Build 2 is nearest to build 1; if that has rotted, build 3 will do.
    let rotten = RelPath::new(&format!("{}/changing", layout::depot(game, one))).unwrap();
    dir.remove_file(&rotten).unwrap();
    history_opens(&seed, &dir, game, two);
}

fn history_opens(seed: &Seed, dir: &Arc<dyn Dir>, game: &Slug, version: &Version) {
    let opened = replay::BuildFiles::open(seed, dir, game, version, &Reporter::default());
    assert_eq!(opened.map(|files| files.manifest.version.clone()).unwrap(), *version);
}

#[test]
fn retention_of_everything_drops_nothing() {
    let history = History::new();
    let seed = history.fresh.start(&history.fresh.disk());
    let all = Retention { newest: 4, live: None };
    let keeping = seed.catalogue.keeping(&history.manifest(1).game);
    assert_eq!(keeping.next_to_drop(&all, &std::collections::BTreeSet::new()), None);
}

/// Returns how many operations were tried.
fn survives_with(history: &History, fault_at: &dyn Fn(u64) -> Fault) -> u64 {
    history.fresh.with_fault_at_each(history.operations(), fault_at, |disk, seed, what| {
        let mut done = Done::default();
        let outcome = history.evening(seed, |now| done = now);
        disk.relieve();
        if let Err(e) = outcome {
            assert!(e.retry(), "{what}: {e}");
        }
        history.nothing_is_lost(seed, done, what);
        // The same process goes on; what a failed removal left in tmp goes at the next start.
        history.evening(seed, drop).unwrap_or_else(|e| panic!("{what}, again: {e}"));
        history.evening_is_over(&history.fresh.start(disk), what);
    })
}

#[test]
fn a_power_cut_between_dropping_and_packing_loses_no_build() {
    let history = History::new();
    for at in history.operations() {
        // An even number loses names as a journal does, an odd one each by itself.
        for losses in 0..2 {
            let disk = history.fresh.disk();
            let seed = history.fresh.start(&disk);
            disk.fail_at(at, Fault::PowerCut);
            let mut done = Done::default();
            // It may be over before the power goes: what fails last is clearing away.
            let _ = history.evening(&seed, |now| done = now);
            drop(seed);
            let disk = Arc::new(FaultyDir::new(disk.inner().after_power_loss(losses)));
            let seed = history.fresh.start(&disk);
            let what = format!("cut at {at}, losses {losses}, {done:?}");
            history.nothing_is_lost(&seed, done, &what);
            history.evening_is_over(&seed, &what);
        }
    }
}

#[test]
fn torture_of_thinning() {
    const DONE: [Done; 4] = [Done::Nothing, Done::Thinned, Done::Packed, Done::Deleted];
    rounds("thinning", 1, |number, tally| {
        let size = |of: u64| usize::try_from(number % of * 1300).unwrap();
        let history = History::with([size(4) + 500, size(3) + 1]);
        // The usual number of them takes a second.
        let lucks = if number == 1 { 1 } else { 6 };
        let dir = Arc::new(CrashDir::new(history.fresh.store.after_power_loss(0), number, lucks));
        let seed = history.fresh.start(&dir);
        let tell = |now| {
            dir.acknowledge(DONE.iter().position(|d| *d == now).map_or(0, |n| u32::try_from(n).unwrap()))
        };
        history.evening(&seed, tell).unwrap();
        let (states, looked_at) = dir.states();
        tally.looked_at += looked_at;
        for state in states {
            let done = DONE[usize::try_from(state.acked).unwrap()];
            let what = format!("seed {number}, operation {}, {done:?}", state.at);
            let seed = history.fresh.start(&Arc::new(state.disk));
            history.nothing_is_lost(&seed, done, &what);
            history.evening_is_over(&seed, &what);
            tally.crash_states += 1;
        }
        tally.meet_faults_in_turn(number, 8, |fault| survives_with(&history, fault));
    });
}
