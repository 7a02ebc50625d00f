//! Which builds lie on a chain of patches that may be worth taking. Pure.
//!
//! The planner needs the manifests of such builds to reckon their disk; those of all others are never asked for.

use std::collections::BTreeSet;

use mist_proto::{
    ManifestId,
    chain::{Chains, Patch, Patches},
};

/// A direct patch between two builds, with the bytes of it that are not here yet.
pub(super) type Link = Patch<ManifestId, u64>;

/// The builds on chains of at most `limit` bytes from one build to another, both ends included; none if no chain leads
/// there.
pub(super) fn on_the_way(
    links: &[Link],
    from: ManifestId,
    to: ManifestId,
    limit: u64,
) -> BTreeSet<ManifestId> {
    let there = cheapest(links.iter().copied(), from);
    let back = cheapest(links.iter().map(|l| Link { from: l.to, to: l.from, what: l.what }), to);
    let builds = links.iter().flat_map(|l| [l.from, l.to]).chain([from]);
    let within = |id: &ManifestId| {
        let total = there.cost(*id).zip(back.cost(*id)).map(|(there, back)| there.saturating_add(back));
        total.is_some_and(|total| total <= limit)
    };
    builds.filter(within).collect()
}

/// Bytes of the cheapest chain to each build that can be reached.
fn cheapest(links: impl Iterator<Item = Link>, start: ManifestId) -> Chains<ManifestId, u64, u64> {
    Patches::new(links).cheapest([(start, 0)], |bytes: u64, link| Some(bytes.saturating_add(link.what)))
}

#[cfg(test)]
mod tests {
    use mist_proto::Hash;

    use super::*;

    fn id(n: u8) -> ManifestId {
        ManifestId(Hash::of(&[n]))
    }

    fn ids(builds: &[u8]) -> BTreeSet<ManifestId> {
        builds.iter().map(|&n| id(n)).collect()
    }

    #[test]
    fn only_builds_between_the_two_ends_are_on_the_way() {
        // A list of builds 0 to 9 with patches of 10 bytes, forwards and back, and one that skips.
        let mut links = Vec::new();
        for n in 0..9 {
            links.push(Link { from: id(n), to: id(n + 1), what: 10 });
            links.push(Link { from: id(n + 1), to: id(n), what: 10 });
        }
        links.push(Link { from: id(3), to: id(6), what: 15 });
        let way = |from, to, limit| on_the_way(&links, id(from), id(to), limit);
        assert_eq!(way(3, 6, 15), ids(&[3, 6]), "only the one patch is that cheap");
        assert_eq!(way(3, 6, 30), ids(&[3, 4, 5, 6]));
        assert_eq!(way(3, 6, 35), ids(&[2, 3, 4, 5, 6, 7]), "there and back again costs 35");
        assert_eq!(way(6, 3, 30), ids(&[3, 4, 5, 6]), "back");
        assert_eq!(way(3, 6, 14), ids(&[]), "no chain is that cheap");
        assert_eq!(way(4, 4, 0), ids(&[4]));
        assert_eq!(on_the_way(&links[..2], id(0), id(5), u64::MAX), ids(&[]), "no chain leads there");
    }
}
