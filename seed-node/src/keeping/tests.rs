//! Whatever is pushed, patched, dropped and removed, in any order: no build is ever lost.

use proptest::prelude::*;

use super::*;

fn version(n: u64) -> Version {
    n.to_string().parse().expect("a version")
}

/// Builds 1 to `n`, all whole, with patches forwards and, if `reverse`, backwards.
fn history(n: u64, reverse: bool) -> Builds {
    let mut builds = Builds::default();
    for sequence in 1..=n {
        builds.add_build(version(sequence), sequence, true);
        if sequence > 1 {
            builds.add_patch(version(sequence - 1), version(sequence), 10);
            if reverse {
                builds.add_patch(version(sequence), version(sequence - 1), 10);
            }
        }
    }
    builds
}

/// Drops what may be dropped; returns what is still whole.
fn thin(builds: &mut Builds, retention: &Retention) -> Vec<String> {
    while let Some((dropped, _)) = builds.next_to_drop(retention, &BTreeSet::new()) {
        builds.set_whole(&dropped, false);
    }
    builds.whole().map(ToString::to_string).collect()
}

fn keeping(builds: &Builds) -> Vec<&'static str> {
    builds.kept().into_iter().map(|build| build.keeping.as_str()).collect()
}

#[test]
fn with_patches_back_only_the_newest_and_the_live_stay_whole() {
    let retention = |newest, live: Option<u64>| Retention { newest, live: live.map(version) };
    let whole = |newest, live| thin(&mut history(7, true), &retention(newest, live));
    assert_eq!(whole(0, Some(7)), ["6", "7"]);
    assert_eq!(whole(3, Some(7)), ["5", "6", "7"]);
    assert_eq!(whole(2, Some(3)), ["2", "3", "6", "7"]);
    assert_eq!(whole(2, Some(1)), ["1", "6", "7"]);
    assert_eq!(whole(2, None), ["6", "7"]);
    assert_eq!(whole(99, None).len(), 7);
}

#[test]
fn without_patches_back_the_first_stays_whole_and_the_others_follow_from_it() {
    let mut builds = history(6, false);
    let retention = Retention { newest: 2, live: Some(version(6)) };
    assert_eq!(thin(&mut builds, &retention), ["1", "5", "6"]);
    assert_eq!(keeping(&builds), ["whole", "replay", "replay", "replay", "whole", "whole"]);
    let way = builds.way_to(&version(4), &BTreeSet::new());
    assert_eq!(way, Some([1, 2, 3, 4].map(version).to_vec()));
}

#[test]
fn the_nearest_whole_build_is_the_start_unless_it_is_avoided() {
    let mut builds = history(5, true);
    [2, 3, 4].into_iter().for_each(|n| builds.set_whole(&version(n), false));
    assert_eq!(keeping(&builds), ["whole", "replay", "replay", "reverse", "whole"]);
    let nearest = builds.way_to(&version(2), &BTreeSet::new());
    assert_eq!(nearest, Some([1, 2].map(version).to_vec()));
    let other = builds.way_to(&version(2), &BTreeSet::from([version(1)]));
    assert_eq!(other, Some([5, 4, 3, 2].map(version).to_vec()));
    assert_eq!(builds.way_to(&version(9), &BTreeSet::new()), None);
}

#[test]
fn what_a_removal_would_strand_is_made_whole_first() {
    let mut builds = history(6, true);
    thin(&mut builds, &Retention { newest: 2, live: None });
    assert_eq!(builds.to_make_whole(&version(3)), [version(2)], "which leads to 1");
    assert_eq!(builds.to_make_whole(&version(1)), []);
    assert_eq!(builds.to_make_whole(&version(5)), [version(4)]);
    builds.set_whole(&version(6), false);
    builds.set_whole(&version(5), false);
    assert_eq!(builds.to_make_whole(&version(4)), [], "what is lost already holds nothing up");
}

/// What may happen to a game.
#[derive(Debug, Clone)]
enum Step {
    /// A build is pushed and has a patch from the one before it.
    Push,
    /// A patch is made between two builds.
    Patch(usize, usize, u64),
    /// A build is removed.
    Remove(usize),
    /// Depots are dropped, as far as `limit` goes.
    Thin { newest: usize, live: Option<usize>, spared: Option<usize>, limit: usize },
}

fn any_step() -> impl Strategy<Value = Step> {
    let some = 0usize..64;
    prop_oneof![
        3 => Just(Step::Push),
        4 => (some.clone(), some.clone(), 0u64..9).prop_map(|(from, to, bytes)| Step::Patch(from, to, bytes)),
        2 => some.clone().prop_map(Step::Remove),
        3 => (0usize..4, proptest::option::of(some.clone()), proptest::option::of(some), 0usize..6)
            .prop_map(|(newest, live, spared, limit)| Step::Thin { newest, live, spared, limit }),
    ]
}

/// Follows a way by patches that are there, from a build that is whole.
fn leads(builds: &Builds, way: &[Version], to: &Version) -> bool {
    let patched = way.windows(2).all(|w| builds.patches.contains_key(&(w[0].clone(), w[1].clone())));
    patched && way.last() == Some(to) && way.first().is_some_and(|start| builds.builds[start].whole)
}

proptest! {
    #[test]
    fn no_sequence_of_steps_loses_a_build(steps in proptest::collection::vec(any_step(), 1..60)) {
        let mut builds = Builds::default();
        let mut pushed = 0;
        for step in steps {
            let all: Vec<Version> = builds.by_age().into_iter().cloned().collect();
            let pick = |n: usize| all.get(n % all.len().max(1)).cloned();
            match step {
                Step::Push => {
                    pushed += 1;
                    builds.add_build(version(pushed), pushed, true);
                    if let Some(head) = all.last() {
                        builds.add_patch(head.clone(), version(pushed), 5);
                    }
                }
                Step::Patch(from, to, bytes) => {
                    if let (Some(from), Some(to)) = (pick(from), pick(to)) && from != to {
                        builds.add_patch(from, to, bytes);
                    }
                }
                Step::Remove(n) => {
                    let Some(going) = pick(n) else { continue };
                    for stranded in builds.to_make_whole(&going) {
                        let way = builds.way_to(&stranded, &BTreeSet::new());
                        prop_assert!(way.is_some_and(|way| leads(&builds, &way, &stranded)));
                        builds.set_whole(&stranded, true);
                    }
                    builds.remove(&going);
                }
                Step::Thin { newest, live, spared, limit } => {
                    let retention = Retention { newest, live: live.and_then(pick) };
                    let spared: BTreeSet<_> = spared.and_then(pick).into_iter().collect();
                    for _ in 0..limit {
                        let Some((dropped, way)) = builds.next_to_drop(&retention, &spared) else { break };
                        prop_assert!(Some(&dropped) != retention.live.as_ref() && !spared.contains(&dropped));
                        prop_assert!(all.iter().rev().take(2).all(|newest| *newest != dropped));
                        builds.set_whole(&dropped, false);
                        prop_assert!(leads(&builds, &way, &dropped), "{way:?} without {dropped}");
                    }
                }
            }
            for build in builds.kept() {
                prop_assert!(build.keeping != Keeping::Lost, "{} is lost: {builds:?}", build.version);
                let way = builds.way_to(&build.version, &BTreeSet::new());
                prop_assert!(way.is_some_and(|way| leads(&builds, &way, &build.version)));
            }
        }
    }
}
