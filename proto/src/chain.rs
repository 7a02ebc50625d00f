//! Chains of patches: the cheapest way from builds that are at hand to those that patches lead to.
//!
//! The client plans with it what to fetch, the tracker whether a direct patch is worth making, and the seed how an old
//! build is rebuilt. They have to mean the same by "cheapest", so the one function is here, among the words.
//!
//! Builds are nodes, patches are edges; those that skip builds or lead back are edges like any other.

use std::collections::{BTreeMap, BTreeSet};

/// A patch, with what whoever looks for a way has to know about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patch<B, T> {
    /// Build that it turns from.
    pub from: B,
    /// Build that it turns into.
    pub to: B,
    /// What is known about it, such as its size.
    pub what: T,
}

/// The patches between builds `B`.
#[derive(Debug, Clone)]
pub struct Patches<B, T> {
    leaving: BTreeMap<B, Vec<Patch<B, T>>>,
}

/// How builds are reached, each in the cheapest way.
#[derive(Debug, Clone)]
pub struct Chains<B, T, C> {
    reached: BTreeMap<B, (C, Option<Patch<B, T>>)>,
}

impl<B: Ord + Copy, T: Copy> Patches<B, T> {
    /// Patches in any order.
    pub fn new(patches: impl IntoIterator<Item = Patch<B, T>>) -> Self {
        let mut leaving: BTreeMap<B, Vec<Patch<B, T>>> = BTreeMap::new();
        for patch in patches {
            leaving.entry(patch.from).or_default().push(patch);
        }
        Self { leaving }
    }

    /// The cheapest way to every build that can be had from `starts`, which are given with what they cost already
    /// (Dijkstra's algorithm with several starts).
    ///
    /// `add` gives the cost of a way that goes on by a patch, or none if it can't. It must never make a cost less than
    /// it was, nor turn the order of two costs of the same build round; then the way to each build on the way is the
    /// cheapest one too.
    pub fn cheapest<C: Ord + Copy>(
        &self,
        starts: impl IntoIterator<Item = (B, C)>,
        add: impl Fn(C, &Patch<B, T>) -> Option<C>,
    ) -> Chains<B, T, C> {
        let mut reached: BTreeMap<B, (C, Option<Patch<B, T>>)> = BTreeMap::new();
        let mut open = BTreeSet::new();
        let mut offer = |open: &mut BTreeSet<(C, B)>, build, cost, by| {
            if let Some((known, _)) = reached.get(&build) {
                if *known <= cost {
                    return;
                }
                open.remove(&(*known, build));
            }
            reached.insert(build, (cost, by));
            open.insert((cost, build));
        };
        for (build, cost) in starts {
            offer(&mut open, build, cost, None);
        }
        while let Some((cost, build)) = open.pop_first() {
            for patch in self.leaving.get(&build).into_iter().flatten() {
                if let Some(cost) = add(cost, patch) {
                    offer(&mut open, patch.to, cost, Some(*patch));
                }
            }
        }
        Chains { reached }
    }
}

/// Bytes of patches, and how many they are: the order of ways that only their patches' sizes tell apart.
pub type Size = (u64, u64);

/// Adds a patch of which the size is known, for [`Patches::cheapest`].
pub fn add_size<B>((bytes, patches): Size, patch: &Patch<B, u64>) -> Option<Size> {
    Some((bytes.saturating_add(patch.what), patches.saturating_add(1)))
}

impl<B: Ord + Copy, T: Copy, C: Copy> Chains<B, T, C> {
    /// What the cheapest way to a build costs; none if there is no way.
    pub fn cost(&self, build: B) -> Option<C> {
        self.reached.get(&build).map(|(cost, _)| *cost)
    }

    /// The patches to apply one after another: none of them if the build is a start. `None` if there is no way.
    pub fn way(&self, build: B) -> Option<Vec<Patch<B, T>>> {
        let mut way = Vec::new();
        let mut at = self.reached.get(&build)?;
        while let Some(patch) = at.1 {
            way.push(patch);
            at = self.reached.get(&patch.from)?;
        }
        way.reverse();
        Some(way)
    }

    /// How many builds can be had, the starts among them.
    pub fn len(&self) -> usize {
        self.reached.len()
    }

    /// Whether no build can be had, as there was no start.
    pub fn is_empty(&self) -> bool {
        self.reached.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Bytes = Patch<u8, u64>;

    /// A way of more than `limit` bytes is none.
    fn add(limit: u64) -> impl Fn(Size, &Bytes) -> Option<Size> {
        move |cost, patch| add_size(cost, patch).filter(|(bytes, _)| *bytes <= limit)
    }

    /// Every way without a circle, tried one by one: the definition.
    fn slowly(patches: &[Bytes], starts: &[(u8, u64)], limit: u64, to: u8) -> Option<Size> {
        fn walk(patches: &[Bytes], seen: &mut Vec<u8>, cost: Size, limit: u64, to: u8) -> Option<Size> {
            let at = *seen.last()?;
            if at == to {
                return Some(cost);
            }
            let mut best = None;
            for patch in patches.iter().filter(|patch| patch.from == at) {
                let Some(cost) = add(limit)(cost, patch).filter(|_| !seen.contains(&patch.to)) else {
                    continue;
                };
                seen.push(patch.to);
                best = [best, walk(patches, seen, cost, limit, to)].into_iter().flatten().min();
                seen.pop();
            }
            best
        }
        starts.iter().filter_map(|&(start, cost)| walk(patches, &mut vec![start], (cost, 0), limit, to)).min()
    }

    fn any_patches(builds: u8, most: usize) -> impl Strategy<Value = Vec<Bytes>> {
        let patch = (0..builds, 0..builds, 0u64..9).prop_map(|(from, to, what)| Patch { from, to, what });
        proptest::collection::vec(patch, 0..most)
    }

    proptest! {
        #[test]
        fn agrees_with_trying_every_way(
            patches in any_patches(6, 18),
            starts in proptest::collection::vec((0u8..6, 0u64..6), 0..3),
            limit in 0u64..40,
        ) {
            let from_starts = starts.iter().map(|&(build, cost)| (build, (cost, 0)));
            let chains = Patches::new(patches.iter().copied()).cheapest(from_starts, add(limit));
            let mut reached = 0;
            for to in 0..6 {
                let cost = slowly(&patches, &starts, limit, to);
                reached += usize::from(cost.is_some());
                prop_assert_eq!(chains.cost(to), cost, "to {}", to);
                let Some(way) = chains.way(to) else {
                    prop_assert_eq!(cost, None);
                    continue;
                };
                // The way is one, and costs what it is said to.
                prop_assert!(way.windows(2).all(|pair| pair[0].to == pair[1].from));
                prop_assert_eq!(way.last().map_or(to, |last| last.to), to);
                let start = way.first().map_or(to, |first| first.from);
                let begun = starts.iter().filter(|s| s.0 == start).map(|s| (s.1, 0)).min();
                let walked = way.iter().try_fold(begun.expect("a start"), |cost, patch| add(limit)(cost, patch));
                prop_assert_eq!(walked, cost);
            }
            prop_assert_eq!((chains.len(), chains.is_empty()), (reached, reached == 0));
        }
    }

    #[test]
    fn the_cheapest_way_need_not_be_the_shortest() {
        let patch = |(from, to, what)| Patch { from, to, what };
        let patches = [(3, 4, 1), (1, 2, 10), (2, 3, 5), (1, 3, 30), (4, 1, 1)].map(patch);
        let from = |start| Patches::new(patches).cheapest([(start, (0, 0))], add_size);
        assert_eq!(from(1).cost(3), Some((15, 2)));
        assert_eq!(from(1).cost(4), Some((16, 3)));
        assert_eq!(from(2).cost(2), Some((0, 0)));
        assert_eq!(from(2).way(2), Some(vec![]));
        assert_eq!(from(3).way(1), Some(vec![patches[0], patches[4]]));
        assert_eq!(from(3).way(9), None);
    }
}
