//! The planner against slow and obvious ones.

use std::collections::BTreeMap;

use mist_proto::Hash;
use proptest::prelude::*;

use super::*;

fn id(n: u8) -> ManifestId {
    ManifestId(Hash::of(&[n]))
}

fn hop(from: u8, to: u8, download: u64, staged: u64, size: u64) -> Hop {
    let blob = BlobId { hash: Hash::of(&[from, to]), size: download };
    Hop { from: id(from), to: id(to), blob, download, staged, patch_from: u64::MAX, size }
}

/// A random history: sizes of the builds, patches between them, what repairing and pieces cost, and the room.
#[derive(Debug, Clone)]
struct World {
    hops: Vec<Hop>,
    here: Here,
    pieces: Planned,
    wanted: ManifestId,
    free: u64,
}

impl World {
    fn situation(&self) -> Situation<'_> {
        Situation {
            here: Some(self.here),
            wanted: self.wanted,
            direct: vec![self.pieces.clone()],
            hops: &self.hops,
            free: self.free,
            elsewhere: None,
        }
    }
}

fn any_world(builds: u8, patches: usize) -> impl Strategy<Value = World> {
    let cost =
        (0u64..12, 0u64..30, 0u64..12).prop_map(|(download, disk, written)| Cost { download, disk, written });
    let sizes = proptest::collection::vec(1u64..40, usize::from(builds));
    let patch = (0..builds, 0..builds, 0u64..8, 0u64..12);
    (sizes, proptest::collection::vec(patch, 0..patches), cost.clone(), cost, 0u64..70).prop_map(
        move |(sizes, patches, repair, pieces, free)| {
            let size = |build: u8| sizes[usize::from(build)];
            let hops = patches.iter().filter(|p| p.0 != p.1);
            World {
                hops: hops.map(|&(from, to, get, new)| hop(from, to, get, new, size(to))).collect(),
                here: Here { build: id(0), size: size(0), repair },
                pieces: Planned {
                    route: Route::Pieces,
                    cost: Cost { download: pieces.download * 4, ..pieces },
                },
                wanted: id(builds - 1),
                free,
            }
        },
    )
}

/// What walking a chain costs, step by step as the engine does it: the definition.
fn price(here: &Here, hops: &[Hop]) -> Cost {
    let (mut patches, mut size, mut cost) = (0, here.size, here.repair);
    for hop in hops {
        patches += hop.download;
        cost.download += hop.download;
        cost.written += hop.download + hop.staged;
        let on_disk = here.repair.disk + patches + size + hop.staged;
        cost.disk = cost.disk.max(on_disk.saturating_sub(here.size));
        size = hop.size;
    }
    cost
}

/// Every simple path, tried one by one.
fn every_path(world: &World, path: &mut Vec<Hop>, found: &mut Vec<Cost>) {
    let at = path.last().map_or(world.here.build, |hop| hop.to);
    if at == world.wanted {
        return found.push(price(&world.here, path));
    }
    for hop in world.hops.iter().filter(|hop| hop.from == at) {
        if hop.to != world.here.build && path.iter().all(|seen| seen.to != hop.to) {
            path.push(*hop);
            every_path(world, path, found);
            path.pop();
        }
    }
}

/// Bellman and Ford's algorithm on every price that no other one beats in all respects: for graphs in which trying
/// every path takes for ever. Returns the prices of the chains to the wanted build.
fn every_price(world: &World) -> Vec<Cost> {
    // Of each build its size, and the prices; the bytes of patches so far follow from the price.
    let mut known: BTreeMap<ManifestId, (u64, Vec<Cost>)> =
        BTreeMap::from([(world.here.build, (world.here.size, vec![world.here.repair]))]);
    loop {
        let mut news = false;
        for hop in &world.hops {
            let Some((size, prices)) = known.get(&hop.from).cloned() else { continue };
            let there = &mut known.entry(hop.to).or_insert((hop.size, vec![])).1;
            for at in prices {
                let download = at.download + hop.download;
                let patches = download - world.here.repair.download;
                let on_disk = world.here.repair.disk + patches + size + hop.staged;
                let disk = at.disk.max(on_disk.saturating_sub(world.here.size));
                let offer = Cost { download, disk, written: at.written + hop.download + hop.staged };
                let beats = |a: &Cost, b: &Cost| {
                    a.download <= b.download && a.disk <= b.disk && a.written <= b.written
                };
                if !there.iter().any(|old| beats(old, &offer)) {
                    there.retain(|old| !beats(&offer, old));
                    there.push(offer);
                    news = true;
                }
            }
        }
        if !news {
            return known.remove(&world.wanted).map(|(_, prices)| prices).unwrap_or_default();
        }
    }
}

fn agrees(world: &World, chains: &[Cost]) -> Result<(), TestCaseError> {
    let every: Vec<Cost> = chains.iter().copied().chain([world.pieces.cost]).collect();
    let fitting = every.iter().filter(|cost| cost.disk <= world.free).min();
    match routes(&world.situation()) {
        Err(NoRoom { needed, free }) => {
            prop_assert_eq!(fitting, None);
            prop_assert_eq!(Some(needed), every.iter().map(|cost| cost.disk).min());
            prop_assert_eq!(free, world.free);
        }
        Ok(found) => {
            prop_assert_eq!(found.first().map(|p| &p.cost), fitting);
            prop_assert!(found.is_sorted_by_key(|p| p.cost));
            for planned in &found {
                prop_assert!(planned.cost.disk <= world.free);
                if let Route::Patches(hops) = &planned.route {
                    prop_assert_eq!(price(&world.here, hops), planned.cost);
                    prop_assert_eq!(hops.first().map(|h| h.from), Some(world.here.build));
                    prop_assert_eq!(hops.last().map(|h| h.to), Some(world.wanted));
                    prop_assert!(hops.windows(2).all(|w| w[0].to == w[1].from));
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn agrees_with_trying_every_path(world in any_world(6, 16)) {
        let mut found = vec![];
        every_path(&world, &mut vec![], &mut found);
        agrees(&world, &found)?;
    }

    #[test]
    fn agrees_with_every_price_on_fifty_builds(world in any_world(50, 260)) {
        agrees(&world, &every_price(&world))?;
    }
}

#[test]
fn says_how_much_room_the_most_modest_route_needs() {
    let hops = [hop(0, 1, 1, 5, 20)];
    let pieces = Planned { route: Route::Pieces, cost: Cost { download: 100, disk: 70, written: 70 } };
    let fresh =
        Situation { here: None, wanted: id(1), direct: vec![pieces], hops: &hops, free: 50, elsewhere: None };
    assert_eq!(routes(&fresh), Err(NoRoom { needed: 70, free: 50 }));
    let here = Here { build: id(0), size: 10, repair: Cost::default() };
    let at_0 = Situation { here: Some(here), ..fresh.clone() };
    assert_eq!(routes(&at_0).map(|r| r.len()), Ok(1), "the patch fits");
    assert_eq!(routes(&Situation { free: 3, ..at_0 }), Err(NoRoom { needed: 6, free: 3 }));
}

#[test]
fn patches_that_are_here_already_cost_nothing_and_growth_on_the_way_counts() {
    // By way of build 1, which is huge for a moment, or in one larger patch.
    let hops = [hop(0, 1, 0, 1000, 1010), hop(1, 2, 5, 1, 10), hop(0, 2, 7, 3, 10)];
    let here = Here { build: id(0), size: 10, repair: Cost::default() };
    let wide = Situation {
        here: Some(here),
        wanted: id(2),
        direct: vec![],
        hops: &hops,
        free: 2000,
        elsewhere: None,
    };
    let first = |s: &Situation<'_>| routes(s).expect("fits")[0].clone();
    assert_eq!(first(&wide).cost, Cost { download: 5, disk: 1006, written: 1006 });
    let narrow = Situation { free: 1005, ..wide };
    assert_eq!(first(&narrow).route, Route::Patches(vec![hops[2]]));
}
