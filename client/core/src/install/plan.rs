//! The planner: the cheapest way from the build that is here to the wanted one. Pure.
//!
//! Builds are nodes, direct patches are edges, and pieces of the wanted build's archive are one more edge from here to
//! there. Costs are bytes to receive. A route that needs more room than there is does not count.

use std::{collections::BTreeMap, sync::Arc};

use mist_proto::{BlobId, ManifestId};

use super::jump::Jump;
use crate::events::RouteKind;

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
    /// Bytes of disk that fetching and applying it takes.
    pub disk: u64,
}

/// What an edge or route costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Bytes to move over the network.
    pub download: u64,
    /// Bytes of disk at the peak, besides what is used already.
    pub disk: u64,
}

/// What the planner has to know.
#[derive(Debug)]
pub struct Situation<'a> {
    /// Build that is here; none before the first install.
    pub at: Option<ManifestId>,
    /// Build that is wanted.
    pub wanted: ManifestId,
    /// Cost of making the folder exactly the build that is here, which patches need.
    pub heal: Cost,
    /// Cost of making the wanted build out of pieces of its archive and files that are here.
    pub pieces: Cost,
    /// Other routes that lead to the wanted build in one step.
    pub direct: Vec<Planned>,
    /// Patches, in any order.
    pub hops: &'a [Hop],
    /// Bytes of disk that are free.
    pub free: u64,
}

/// A way to get there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Heal what is here, then apply these patches in order.
    Patches(Vec<Hop>),
    /// One patch, made for just this folder.
    Jump(Arc<Jump>),
    /// Pieces of the wanted build's archive.
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
            Route::Jump(_) => RouteKind::Jump,
            Route::Pieces if self.cost.download == 0 => RouteKind::Local,
            Route::Pieces => RouteKind::Pieces,
        }
    }

    /// Bytes of its price that are yet to be received: a signature was sent before.
    pub fn receives(&self) -> u64 {
        match &self.route {
            Route::Jump(jump) => self.cost.download.saturating_sub(jump.sent),
            Route::Patches(_) | Route::Pieces => self.cost.download,
        }
    }
}

/// No route fits on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not enough room on the disk: {needed} bytes are needed and {free} are free")]
pub struct NoRoom {
    /// What the most modest route needs.
    pub needed: u64,
    /// What there is.
    pub free: u64,
}

/// The routes that fit, the cheapest first; of two equally cheap ones, that which needs less disk.
///
/// # Errors
/// [`NoRoom`].
pub fn routes(situation: &Situation<'_>) -> Result<Vec<Planned>, NoRoom> {
    let mut all: Vec<_> = chain(situation, situation.free).into_iter().collect();
    all.push(Planned { route: Route::Pieces, cost: situation.pieces });
    all.extend(situation.direct.iter().cloned());
    all.sort_by_key(|p| (p.cost.download, p.cost.disk));
    let fits = |p: &Planned| p.cost.disk <= situation.free;
    if all.iter().any(fits) {
        all.retain(fits);
        return Ok(all);
    }
    let unlimited = chain(situation, u64::MAX).into_iter().map(|p| p.cost.disk);
    let needed = unlimited.chain([situation.pieces.disk]).min().unwrap_or_default();
    Err(NoRoom { needed, free: situation.free })
}

/// The cheapest chain of patches each of which fits into `free` bytes (Dijkstra's algorithm).
fn chain(situation: &Situation<'_>, free: u64) -> Option<Planned> {
    let start = situation.at?;
    if start == situation.wanted || situation.heal.disk > free {
        return None;
    }
    // Best known price of each build, and the patch that it is reached by.
    let mut best: BTreeMap<ManifestId, (u64, Option<Hop>)> = BTreeMap::from([(start, (0, None))]);
    let mut open = vec![start];
    while let Some(next) = open.iter().enumerate().min_by_key(|(_, id)| best[*id].0).map(|(i, _)| i) {
        let at = open.swap_remove(next);
        if at == situation.wanted {
            break;
        }
        let price = best[&at].0;
        for hop in situation.hops.iter().filter(|h| h.from == at && h.disk <= free) {
            let offer = price.saturating_add(hop.download);
            if best.get(&hop.to).is_none_or(|(known, _)| offer < *known) {
                best.insert(hop.to, (offer, Some(*hop)));
                if !open.contains(&hop.to) {
                    open.push(hop.to);
                }
            }
        }
    }
    let download = best.get(&situation.wanted)?.0.saturating_add(situation.heal.download);
    let mut hops = Vec::new();
    let mut at = situation.wanted;
    while let Some(hop) = best.get(&at).and_then(|(_, hop)| *hop) {
        at = hop.from;
        hops.push(hop);
    }
    hops.reverse();
    let disk = hops.iter().map(|h| h.disk).chain([situation.heal.disk]).max().unwrap_or_default();
    Some(Planned { route: Route::Patches(hops), cost: Cost { download, disk } })
}

#[cfg(test)]
mod tests {
    use mist_proto::Hash;
    use proptest::prelude::*;

    use super::*;

    fn id(n: u8) -> ManifestId {
        ManifestId(Hash::of(&[n]))
    }

    fn hop(from: u8, to: u8, download: u64, disk: u64) -> Hop {
        let blob = BlobId { hash: Hash::of(&[from, to]), size: download };
        Hop { from: id(from), to: id(to), blob, download, disk }
    }

    /// Every simple path, tried one by one.
    fn cheapest_by_force(
        hops: &[Hop],
        at: ManifestId,
        wanted: ManifestId,
        free: u64,
        seen: &[ManifestId],
    ) -> Option<u64> {
        if at == wanted {
            return Some(0);
        }
        let seen = [seen, &[at]].concat();
        hops.iter()
            .filter(|h| h.from == at && h.disk <= free && !seen.contains(&h.to))
            .filter_map(|h| Some(h.download + cheapest_by_force(hops, h.to, wanted, free, &seen)?))
            .min()
    }

    proptest! {
        #[test]
        fn agrees_with_trying_everything(
            edges in proptest::collection::vec((0u8..6, 0u8..6, 0u64..20, 0u64..10), 0..14),
            pieces in (0u64..40, 0u64..10),
            heal in (0u64..5, 0u64..10),
            free in 0u64..10,
        ) {
            let hops: Vec<_> = edges.iter().filter(|e| e.0 != e.1).map(|&(a, b, c, d)| hop(a, b, c, d)).collect();
            let situation = Situation {
                at: Some(id(0)),
                wanted: id(5),
                heal: Cost { download: heal.0, disk: heal.1 },
                pieces: Cost { download: pieces.0, disk: pieces.1 },
                direct: Vec::new(),
                hops: &hops,
                free,
            };
            let chain = cheapest_by_force(&hops, id(0), id(5), free, &[])
                .filter(|_| heal.1 <= free)
                .map(|c| c + heal.0);
            let by_pieces = (pieces.1 <= free).then_some(pieces.0);
            let expected = [chain, by_pieces].into_iter().flatten().min();
            let found = routes(&situation);
            prop_assert_eq!(found.as_ref().ok().map(|r| r[0].cost.download), expected);
            for planned in found.into_iter().flatten() {
                prop_assert!(planned.cost.disk <= free);
                if let Route::Patches(hops) = &planned.route {
                    prop_assert_eq!(hops.first().map(|h| h.from), Some(id(0)));
                    prop_assert_eq!(hops.last().map(|h| h.to), Some(id(5)));
                    prop_assert!(hops.windows(2).all(|w| w[0].to == w[1].from));
                    let sum: u64 = hops.iter().map(|h| h.download).sum();
                    prop_assert_eq!(sum + heal.0, planned.cost.download);
                }
            }
        }
    }

    #[test]
    fn says_how_much_room_the_most_modest_route_needs() {
        let situation = Situation {
            at: None,
            wanted: id(1),
            heal: Cost { download: 0, disk: 0 },
            pieces: Cost { download: 100, disk: 70 },
            direct: Vec::new(),
            hops: &[hop(0, 1, 1, 5)],
            free: 50,
        };
        assert_eq!(routes(&situation), Err(NoRoom { needed: 70, free: 50 }));
        let at_0 = Situation { at: Some(id(0)), ..situation };
        assert_eq!(routes(&at_0).map(|r| r.len()), Ok(1), "the patch fits");
    }
}
