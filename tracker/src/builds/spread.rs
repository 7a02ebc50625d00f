//! Which builds are to be copied to which seeds, so that each is at as many as are wanted. Pure.

use std::collections::HashMap;

use mist_proto::http::Keeping;

/// Copies that one seed makes at once.
pub(super) const AT_ONCE: usize = 2;

/// A seed's store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Store {
    pub(super) seed: String,
    /// Whether it is online, and its store is there.
    pub(super) is_well: bool,
    /// Whether it has been away for so long that its copies no longer count.
    pub(super) is_gone: bool,
    /// Free bytes.
    pub(super) free: u64,
    /// Copies that it makes already.
    pub(super) busy: usize,
}

/// What a seed has of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copy {
    pub(super) seed: String,
    pub(super) kept: Keeping,
    /// Whether it has the compressed archive at hand.
    pub(super) has_archive: bool,
}

/// A build that is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Build {
    pub(super) size: u64,
    pub(super) is_live: bool,
    pub(super) copies: Vec<Copy>,
    /// Seeds at which a copy is being made, or was tried in vain a short while ago.
    pub(super) tried: Vec<String>,
}

/// What is to be done, by the places of the builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A seed fetches a copy from those that have one.
    Copy { build: usize, to: String },
    /// Whoever keeps it as patches makes its archive, so that it can be fetched.
    Unpack { build: usize },
}

/// What is to be done for the builds of a game, oldest first: the live one comes first, then the newest. `home` are the game's seeds, which
/// come before others, and those before the ones with less room.
pub(super) fn steps(builds: &[Build], stores: &[Store], home: &[String], wanted: usize) -> Vec<Step> {
    let store_of = |seed: &str| stores.iter().find(|store| store.seed == seed);
    let mut free: HashMap<&str, u64> = stores.iter().map(|s| (s.seed.as_str(), s.free)).collect();
    let mut busy: HashMap<&str, usize> = stores.iter().map(|s| (s.seed.as_str(), s.busy)).collect();
    let mut order: Vec<usize> = (0..builds.len()).rev().collect();
    order.sort_by_key(|at| !builds[*at].is_live);
    let mut steps = Vec::new();
    for at in order {
        let build = &builds[at];
        let has = |seed: &str| build.copies.iter().any(|c| c.seed == seed && c.kept != Keeping::Lost);
        let is_well = |seed: &str| store_of(seed).is_some_and(|store| store.is_well);
        let counts = stores.iter().filter(|store| !store.is_gone && has(&store.seed)).count();
        let coming = build.tried.iter().filter(|seed| is_well(seed) && !has(seed)).count();
        let lacking = wanted.saturating_sub(counts + coming);
        let at_hand = |copy: &&Copy| is_well(&copy.seed) && copy.kept != Keeping::Lost;
        let mut sources = build.copies.iter().filter(at_hand).peekable();
        if lacking == 0 || sources.peek().is_none() {
            continue;
        }
        if !sources.any(|copy| copy.kept == Keeping::Whole || copy.has_archive) {
            if stores.iter().any(|store| store.is_well && !has(&store.seed)) {
                steps.push(Step::Unpack { build: at });
            }
            continue;
        }
        let mut able: Vec<&str> = stores
            .iter()
            .filter(|store| store.is_well && !has(&store.seed) && !build.tried.contains(&store.seed))
            .map(|store| store.seed.as_str())
            .filter(|seed| free[seed] >= build.size && busy[seed] < AT_ONCE)
            .collect();
        able.sort_by_key(|seed| (!home.iter().any(|h| h == seed), u64::MAX - free[seed], *seed));
        for to in able.into_iter().take(lacking) {
            *free.entry(to).or_default() -= build.size;
            *busy.entry(to).or_default() += 1;
            steps.push(Step::Copy { build: at, to: to.to_owned() });
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn store(seed: &str, free: u64) -> Store {
        Store { seed: seed.into(), is_well: true, is_gone: false, free, busy: 0 }
    }

    fn build(size: u64, copies: &[(&str, Keeping)]) -> Build {
        let copy =
            |(seed, kept): &(&str, Keeping)| Copy { seed: (*seed).into(), kept: *kept, has_archive: false };
        Build { size, is_live: false, copies: copies.iter().map(copy).collect(), tried: vec![] }
    }

    fn copy(build: usize, to: &str) -> Step {
        Step::Copy { build, to: to.into() }
    }

    const WHOLE: Keeping = Keeping::Whole;

    #[test]
    fn a_second_seed_gets_the_live_build_first_and_then_the_newest() {
        let stores = [store("a", 100), store("b", 100)];
        let mut builds = [build(10, &[("a", WHOLE)]), build(10, &[("a", WHOLE)]), build(10, &[("a", WHOLE)])];
        builds[1].is_live = true;
        assert_eq!(steps(&builds, &stores, &[], 1), []);
        assert_eq!(steps(&builds, &stores, &[], 2), [copy(1, "b"), copy(2, "b")], "two at once");
        builds[1].tried = vec!["b".into()];
        let busy = [store("a", 100), Store { busy: 1, ..store("b", 100) }];
        assert_eq!(steps(&builds, &busy, &[], 2), [copy(2, "b")]);
        builds[1].copies.push(Copy { seed: "b".into(), kept: WHOLE, has_archive: false });
        assert_eq!(steps(&builds[..2], &stores, &[], 2), [copy(0, "b")]);
        assert_eq!(steps(&builds, &stores, &[], 3).len(), 2, "there are not more seeds than there are");
    }

    #[test]
    fn the_seeds_of_the_game_come_first_then_the_roomiest_and_only_who_has_room() {
        let stores = [store("a", 100), store("b", 20), store("c", 90), store("d", 50)];
        let builds = [build(30, &[("a", WHOLE)])];
        assert_eq!(steps(&builds, &stores, &["a".into(), "d".into()], 2), [copy(0, "d")]);
        assert_eq!(steps(&builds, &stores, &["a".into(), "b".into()], 2), [copy(0, "c")], "b is too full");
        let huge = [build(99, &[("a", WHOLE)])];
        assert_eq!(steps(&huge, &stores, &[], 2), []);
    }

    #[test]
    fn what_a_seed_that_is_gone_has_does_not_count_and_can_not_be_fetched() {
        let gone = Store { is_well: false, is_gone: true, ..store("a", 100) };
        let stores = [gone, store("b", 100), store("c", 100)];
        let builds = [build(10, &[("a", WHOLE), ("b", WHOLE)]), build(10, &[("a", WHOLE)])];
        assert_eq!(steps(&builds, &stores, &[], 2), [copy(0, "c")], "the other one is nowhere to be had");
        let away = Store { is_well: false, ..store("a", 100) };
        let stores = [away, store("b", 100), store("c", 100)];
        assert_eq!(steps(&builds, &stores, &[], 2), [], "one that is restarted comes back");
    }

    #[test]
    fn what_is_kept_as_patches_is_unpacked_where_it_is_before_it_is_fetched() {
        let stores = [store("a", 100), store("b", 100)];
        let mut builds = [build(10, &[("a", Keeping::Reverse), ("b", Keeping::Lost)])];
        assert_eq!(steps(&builds, &stores, &[], 2), [Step::Unpack { build: 0 }]);
        builds[0].copies[0].has_archive = true;
        assert_eq!(steps(&builds, &stores, &[], 2), [copy(0, "b")]);
        assert_eq!(steps(&[build(10, &[("a", Keeping::Lost)])], &stores, &[], 2), []);
    }

    proptest! {
        /// Playing the steps out ends with as many copies of each build as are wanted and can be had, and no store is overfilled.
        #[test]
        fn it_ends_with_all_that_can_be_had(
            sizes in prop::collection::vec(1u64..30, 1..6),
            frees in prop::collection::vec(0u64..100, 1..5),
            wanted in 1usize..5,
        ) {
            let mut stores: Vec<Store> = frees.iter().enumerate().map(|(n, free)| store(&n.to_string(), *free)).collect();
            let mut builds: Vec<Build> = sizes.iter().map(|size| build(*size, &[("0", WHOLE)])).collect();
            for _ in 0..100 {
                let steps = steps(&builds, &stores, &[], wanted);
                if steps.is_empty() { break }
                for step in steps {
                    let Step::Copy { build, to } = step else { panic!("all are whole") };
                    let store = stores.iter_mut().find(|s| s.seed == to).expect("it");
                    prop_assert!(store.free >= builds[build].size);
                    store.free -= builds[build].size;
                    prop_assert!(builds[build].copies.iter().all(|c| c.seed != to));
                    builds[build].copies.push(Copy { seed: to, kept: WHOLE, has_archive: false });
                }
            }
            for build in &builds {
                prop_assert!(build.copies.len() <= wanted.max(1));
                let room = stores.iter().any(|s| s.free >= build.size && build.copies.iter().all(|c| c.seed != s.seed));
                prop_assert!(build.copies.len() == wanted.max(1) || !room);
            }
        }
    }
}
