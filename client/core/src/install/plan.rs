//! The planner: the cheapest way from the build that is here to the wanted one. Pure.
//!
//! Builds are nodes and direct patches are edges; those that skip builds or lead back are edges like any other. Beside
//! the chains of patches stand the routes in one step, such as pieces of the wanted build's archive. The cheapest route
//! receives the fewest bytes; among equals it needs the least disk at its peak, then it writes the least, which stands
//! for time. A route that needs more room than there is does not count.
//!
//! The disk's peak within a chain: each patch is committed before the next one is fetched. While a patch is applied the
//! disk holds, beyond what it held at the start, every patch fetched so far (they are kept for friends, if not on another
//! disk), the new files
//! beside the old ones, and what the builds up to there have grown. The growth depends on the build alone and the rest
//! on the bytes received, so the way to a build that receives the fewest bytes is also the one that leaves the most
//! room for what follows: Dijkstra's algorithm is exact under a limit on the disk.

use mist_proto::{
    BlobId, ManifestId,
    chain::{Patch, Patches},
};

pub use crate::error::NoRoom;
use crate::folder::RouteKind;

/// A direct patch that somebody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    /// Build that it turns from.
    pub from: ManifestId,
    /// Build that it turns into.
    pub to: ManifestId,
    /// The patch.
    pub blob: BlobId,
    /// Bytes of it that are not here yet.
    pub download: u64,
    /// Bytes of disk that it takes until it is committed: new files beside the old ones, and journals of those that are
    /// patched where they are.
    pub staged: u64,
    /// Files of at least so many bytes that keep their path are patched where they are.
    pub patch_from: u64,
    /// Bytes of all files of the build that it turns into, and of what is kept beside it.
    pub size: u64,
}

/// What a route costs. The order is that of preference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost {
    /// Bytes to move over the network.
    pub download: u64,
    /// Bytes of disk at the peak, besides what is used already.
    pub disk: u64,
    /// Bytes to write.
    pub written: u64,
}

/// What a folder holds that patches can start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Here {
    /// The build.
    pub build: ManifestId,
    /// Bytes of all its files.
    pub size: u64,
    /// Cost of making the folder exactly that build, which patches need.
    pub repair: Cost,
}

/// What the planner has to know.
#[derive(Debug, Clone)]
pub struct Situation<'a> {
    /// Build that is here; none before the first install.
    pub here: Option<Here>,
    /// Build that is wanted.
    pub wanted: ManifestId,
    /// Routes that lead to the wanted build in one step, whatever the folder holds.
    pub direct: Vec<Planned>,
    /// Patches, in any order. All that lead to one build give it the same size.
    pub hops: &'a [Hop],
    /// Bytes of disk that are free.
    pub free: u64,
    /// Bytes that patches may take on another disk; none if they are kept on the game's.
    pub elsewhere: Option<u64>,
}

/// A way to get there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Repair what is here, then apply these patches in order.
    Patches(Vec<Hop>),
    /// One patch that the seed makes for just this folder. What it costs is an estimate until it is made.
    Jump {
        /// Bytes of the folder's signature.
        sent: u64,
        /// Bytes that the cheapest other route moves: a patch that is larger is not taken.
        instead: u64,
    },
    /// Pieces of the wanted build's archive, and files that are here.
    Pieces,
}

/// A route and its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The route.
    pub route: Route,
    /// Its price.
    pub cost: Cost,
}

impl Planned {
    /// The word for it.
    pub fn kind(&self) -> RouteKind {
        match self.route {
            Route::Patches(_) => RouteKind::Patches,
            Route::Jump { .. } => RouteKind::Jump,
            Route::Pieces if self.cost.download == 0 => RouteKind::Local,
            Route::Pieces => RouteKind::Pieces,
        }
    }

    /// Bytes of its price that are received, not sent.
    pub fn receives(&self) -> u64 {
        match &self.route {
            Route::Jump { sent, .. } => self.cost.download.saturating_sub(*sent),
            Route::Patches(_) | Route::Pieces => self.cost.download,
        }
    }

    /// Patches on the way.
    pub fn patches(&self) -> usize {
        match &self.route {
            Route::Patches(hops) => hops.len(),
            Route::Jump { .. } => 1,
            Route::Pieces => 0,
        }
    }
}

/// The routes that fit, the cheapest first. Of all chains of patches only the cheapest is one of them.
///
/// # Errors
/// [`NoRoom`].
pub fn routes(situation: &Situation<'_>) -> Result<Vec<Planned>, NoRoom> {
    let free = situation.free;
    let fits = |planned: &Planned| planned.cost.disk <= free;
    let mut all: Vec<_> = situation.direct.iter().filter(|p| fits(p)).cloned().collect();
    all.extend(cheapest_chain(situation));
    if all.is_empty() {
        let direct = situation.direct.iter().map(|p| p.cost.disk);
        let needed = direct.chain(most_modest_chain(situation)).min().unwrap_or_default();
        return Err(NoRoom { needed, free });
    }
    all.sort_by_key(|planned| planned.cost);
    Ok(all)
}

/// The cheapest chain that fits.
fn cheapest_chain(situation: &Situation<'_>) -> Option<Planned> {
    let here = situation.here.as_ref()?;
    let fewest = chain(situation, here, situation.free)?;
    // Less room never makes a chain of fewer bytes, so the least room that still makes one of as few is found by halves.
    let room = least(fewest.cost.disk, |room| {
        chain(situation, here, room).is_some_and(|c| c.cost.download == fewest.cost.download)
    });
    let Chain { hops, cost } = chain(situation, here, room)?;
    Some(Planned { route: Route::Patches(hops), cost })
}

/// The least room in which any chain gets there.
fn most_modest_chain(situation: &Situation<'_>) -> Option<u64> {
    let here = situation.here.as_ref()?;
    let any = chain(situation, here, u64::MAX)?;
    Some(least(any.cost.disk, |room| chain(situation, here, room).is_some()))
}

/// The least number up to `high` that will do, where `high` will and every larger number does if a smaller one does.
fn least(mut high: u64, will_do: impl Fn(u64) -> bool) -> u64 {
    let mut low = 0;
    while low < high {
        let middle = low + (high - low) / 2;
        if will_do(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

struct Chain {
    hops: Vec<Hop>,
    cost: Cost,
}

/// How a build is reached. The order is that of preference: the size is the same however it is reached.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Reached {
    received: u64,
    written: u64,
    peak: u64,
    size: u64,
}

/// The chain of patches that needs at most `room` bytes of disk, receives the fewest bytes, and among those writes the
/// least.
fn chain(situation: &Situation<'_>, here: &Here, room: u64) -> Option<Chain> {
    if here.build == situation.wanted || here.repair.disk > room {
        return None;
    }
    let start = Reached { received: 0, written: 0, peak: here.repair.disk, size: here.size };
    let apply = |at: Reached, patch: &Patch<ManifestId, &Hop>| {
        let hop = patch.what;
        let received = at.received.saturating_add(hop.download);
        if situation.elsewhere.is_some_and(|spare| received > spare) {
            return None;
        }
        let patches = if situation.elsewhere.is_some() { 0 } else { received };
        let held = [patches, hop.staged, here.repair.disk, at.size].into_iter().fold(0, u64::saturating_add);
        let after = Reached {
            received,
            written: at.written.saturating_add(hop.download).saturating_add(hop.staged),
            peak: at.peak.max(held.saturating_sub(here.size)),
            size: hop.size,
        };
        (after.peak <= room).then_some(after)
    };
    let patches = situation.hops.iter().map(|hop| Patch { from: hop.from, to: hop.to, what: hop });
    let chains = Patches::new(patches).cheapest([(here.build, start)], apply);
    let end = chains.cost(situation.wanted)?;
    let hops = chains.way(situation.wanted)?.into_iter().map(|patch| *patch.what).collect();
    let cost = Cost {
        download: end.received.saturating_add(here.repair.download),
        disk: end.peak,
        written: end.written.saturating_add(here.repair.written),
    };
    Some(Chain { hops, cost })
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
