//! How a game's builds are kept: whole, as depots, or by a way of patches from one that is whole. Pure.
//!
//! One rule holds at all times: what can be had now can be had after every step that is proposed here. A depot is only
//! dropped if a way from another depot leads to its build, and to every build whose way began there; before a build is
//! deleted, those that only it leads to are made whole.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use mist_proto::{
    Version,
    chain::{self, Chains, Patch, Patches},
    http::{Keeping, KeptBuild},
};

/// Which depots stay, whatever patches there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Retention {
    /// The newest builds that stay whole; fewer than two count as two, so that a new build can have patches both ways.
    pub(crate) newest: usize,
    /// The live build stays whole, and so does the one before it.
    pub(crate) live: Option<Version>,
}

/// A way to a build: first one that is whole, then what each patch makes, the wanted build last.
pub(crate) type Way = Vec<Version>;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    sequence: u64,
    whole: bool,
}

/// The builds of one game and the patches between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Builds {
    builds: BTreeMap<Version, Standing>,
    /// Sizes of the patches, by the builds that they turn from and into.
    patches: BTreeMap<(Version, Version), u64>,
}

impl Builds {
    pub(crate) fn add_build(&mut self, version: Version, sequence: u64, whole: bool) {
        self.builds.insert(version, Standing { sequence, whole });
    }

    pub(crate) fn add_patch(&mut self, from: Version, to: Version, bytes: u64) {
        self.patches.insert((from, to), bytes);
    }

    /// The way of the fewest bytes of patches that leads to `version` and does not begin at one of `avoided`; of the
    /// build alone if it is whole. None if there is no way.
    pub(crate) fn way_to(&self, version: &Version, avoided: &BTreeSet<Version>) -> Option<Way> {
        let starts = self.whole().filter(|start| !avoided.contains(*start));
        let patches = self.reach(starts).way(version)?;
        let start = patches.first().map_or(version, |first| first.from);
        let onwards = patches.iter().map(|patch| patch.to);
        Some([start].into_iter().chain(onwards).cloned().collect())
    }

    /// The next depot to drop, and the way by which its build is rebuilt afterwards. Those of `spared` stay.
    pub(crate) fn next_to_drop(
        &self,
        retention: &Retention,
        spared: &BTreeSet<Version>,
    ) -> Option<(Version, Way)> {
        let retained = self.retained(retention);
        let now = self.reach(self.whole()).len();
        let droppable = |version: &&Version| {
            !retained.contains(*version)
                && !spared.contains(*version)
                && self.reach(self.whole().filter(|start| start != version)).len() == now
        };
        let mut oldest_first = self.by_age().into_iter().filter(|version| self.builds[*version].whole);
        let version = oldest_first.find(droppable)?;
        let way = self.way_to(version, &BTreeSet::from([version.clone()]))?;
        Some((version.clone(), way))
    }

    /// The builds that must be made whole before `version` and its patches can go, in this order.
    pub(crate) fn to_make_whole(&self, version: &Version) -> Vec<Version> {
        let mut after = self.clone();
        after.remove(version);
        let now = self.reach(self.whole());
        let mut made = Vec::new();
        // The newest first: with patches that lead back, it leads to the older ones.
        for other in self.by_age().into_iter().rev().filter(|other| *other != version) {
            if now.cost(other).is_some() && after.reach(after.whole()).cost(other).is_none() {
                after.set_whole(other, true);
                made.push(other.clone());
            }
        }
        made
    }

    /// How each build is kept, the oldest first.
    pub(crate) fn kept(&self) -> Vec<KeptBuild> {
        let keeping = |version: &Version| {
            let Some(way) = self.way_to(version, &BTreeSet::new()) else { return Keeping::Lost };
            match way.first().and_then(|start| self.builds.get(start)) {
                Some(_) if way.len() == 1 => Keeping::Whole,
                Some(start) if start.sequence < self.builds[version].sequence => Keeping::Replay,
                _ => Keeping::Reverse,
            }
        };
        let builds = self.by_age().into_iter();
        builds.map(|version| KeptBuild { version: version.clone(), keeping: keeping(version) }).collect()
    }

    /// Forgets a build and its patches.
    pub(crate) fn remove(&mut self, version: &Version) {
        self.builds.remove(version);
        self.patches.retain(|(from, to), _| from != version && to != version);
    }

    /// A build's depot came or went.
    pub(crate) fn set_whole(&mut self, version: &Version, whole: bool) {
        if let Some(build) = self.builds.get_mut(version) {
            build.whole = whole;
        }
    }

    fn whole(&self) -> impl Iterator<Item = &Version> {
        self.builds.iter().filter(|(_, build)| build.whole).map(|(version, _)| version)
    }

    /// All builds, the oldest first.
    fn by_age(&self) -> Vec<&Version> {
        let mut all: Vec<_> = self.builds.iter().collect();
        all.sort_by_key(|(_, build)| build.sequence);
        all.into_iter().map(|(version, _)| version).collect()
    }

    /// The builds whose depots stay.
    fn retained(&self, retention: &Retention) -> BTreeSet<&Version> {
        let all = self.by_age();
        let newest = all.iter().rev().take(retention.newest.max(2));
        let live = all.iter().position(|version| Some(*version) == retention.live.as_ref());
        let live = live.into_iter().flat_map(|at| &all[at.saturating_sub(1)..=at]);
        newest.chain(live).copied().collect()
    }

    /// Every build that can be had from `starts`, and how.
    fn reach<'a>(
        &'a self,
        starts: impl Iterator<Item = &'a Version>,
    ) -> Chains<&'a Version, u64, chain::Size> {
        let patches = self.patches.iter().filter(|((_, to), _)| self.builds.contains_key(to));
        let patches = patches.map(|((from, to), bytes)| Patch { from, to, what: *bytes });
        Patches::new(patches).cheapest(starts.map(|start| (start, (0, 0))), chain::add_size)
    }
}
