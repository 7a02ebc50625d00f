//! Whom a build reaches when it goes live: what it costs the friends of each build, and what of that leaves the server. The portal's dialog
//! says the same before it makes a build live.

use std::collections::BTreeMap;

use mist_proto::{
    Version,
    chain::{self, Patch, Patches},
    http::{Build, BuildState, InsuredBuild},
};
use mist_readable::{Align, Table, bytes, count};
use serde::Serialize;

/// Friends who have one build, and what getting to another one costs them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Share {
    /// The build that they have.
    pub(crate) version: Version,
    /// How many they are, online or not.
    pub(crate) friends: u64,
    /// How many are online.
    pub(crate) online: u64,
    /// Bytes that each of them fetches; without `patches`, of the whole build, and so at most.
    pub(crate) each: u64,
    /// How many patches lead there, if any do.
    pub(crate) patches: Option<usize>,
}

/// Whom a build reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Reach {
    /// Friends who fetch something.
    pub(crate) friends: u64,
    /// What they fetch together.
    pub(crate) bytes: u64,
    /// Everything that is fetched, once: about what leaves the server if friends give each other the rest.
    pub(crate) once: u64,
    /// Friends who have the build already.
    pub(crate) settled: u64,
    /// By the build that they have, those of most friends first.
    pub(crate) builds: Vec<Share>,
}

/// Whom the build `to` reaches, by who has which build now. Pure.
pub(crate) fn reach(builds: &[Build], to: &Version, held: &[InsuredBuild]) -> Reach {
    let mut found = Reach::default();
    let Some(target) = builds.iter().find(|build| build.version == *to) else { return found };
    let ready = builds.iter().filter(|build| build.state == BuildState::Ready);
    let patches = Patches::new(ready.flat_map(|build| {
        let patch = |p: &mist_proto::http::PatchInfo| place(builds, &p.from).map(|from| (from, p.blob.size));
        let to = place(builds, &build.version);
        build
            .patches
            .iter()
            .filter_map(patch)
            .filter_map(move |(from, what)| Some(Patch { from, to: to?, what }))
    }));
    // Each patch on the ways counts once, and so does the build itself where no patch leads there.
    let mut fetched: BTreeMap<Option<(usize, usize)>, u64> = BTreeMap::new();
    for one in held {
        let friends = one.friends.max(one.last_known);
        if one.version == *to {
            found.settled = friends;
            continue;
        }
        let (Some(from), Some(goal)) = (place(builds, &one.version), place(builds, to)) else { continue };
        if friends == 0 {
            continue;
        }
        let way = patches.cheapest([(from, (0, 0))], chain::add_size).way(goal);
        let each = match &way {
            Some(way) => {
                fetched.extend(way.iter().map(|patch| (Some((patch.from, patch.to)), patch.what)));
                way.iter().fold(0, |sum: u64, patch| sum.saturating_add(patch.what))
            }
            None => {
                fetched.insert(None, target.content_size);
                target.content_size
            }
        };
        found.friends += friends;
        found.bytes = found.bytes.saturating_add(each.saturating_mul(friends));
        found.builds.push(Share {
            version: one.version.clone(),
            friends,
            online: one.friends,
            each,
            patches: way.map(|way| way.len()),
        });
    }
    found.once = fetched.values().fold(0, |sum, size| sum.saturating_add(*size));
    found.builds.sort_by_key(|share| std::cmp::Reverse(share.friends));
    found
}

fn place(builds: &[Build], version: &Version) -> Option<usize> {
    builds.iter().position(|build| build.version == *version)
}

impl Reach {
    /// What friends of each build fetch, in rows.
    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new(&[
            ("FRIENDS WITH", Align::Left),
            ("FRIENDS", Align::Right),
            ("ONLINE", Align::Right),
            ("EACH FETCHES", Align::Right),
            ("BY", Align::Left),
        ]);
        for share in &self.builds {
            table.row([
                share.version.to_string(),
                share.friends.to_string(),
                share.online.to_string(),
                bytes(share.each),
                match share.patches {
                    Some(patches) => count(patches as u64, "patch", "patches"),
                    None => "the build itself, at most".into(),
                },
            ]);
        }
        table
    }

    /// How many copies leave the server at most: one for each friend, if they can't reach each other and fetch the same.
    pub(crate) fn copies(&self) -> u64 {
        if self.once == self.bytes { self.friends.min(1) } else { self.friends }
    }

    /// What of it leaves the server, as a sentence.
    pub(crate) fn leaves(&self) -> String {
        let (all, once) = (bytes(self.bytes), bytes(self.once));
        match self.friends {
            0 => "nobody fetches anything: no friend has another build of it".into(),
            1 => format!("one friend fetches {all}, which leaves the server once"),
            friends if self.once == self.bytes => {
                format!("{friends} friends fetch {all}, each something else, all of which leaves the server")
            }
            friends => format!(
                "{friends} friends fetch {all}; about one copy, {once}, leaves the server, {friends} copies at most if friends can't reach each other"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::{BlobId, Hash, ManifestId, http::PatchInfo};

    use super::*;
    use crate::builds::empty;

    fn build(version: &str, sequence: u64, patches: &[(&str, u64)]) -> Build {
        let patch = |(from, size): &(&str, u64)| PatchInfo {
            from: from.parse().expect("a version"),
            from_manifest: ManifestId(Hash::of(from.as_bytes())),
            blob: BlobId { hash: Hash::of(version.as_bytes()), size: *size },
        };
        let patches = patches.iter().map(patch).collect();
        Build { content_size: 1000, patches, ..empty(version, sequence, BuildState::Ready) }
    }

    fn held(version: &str, friends: u64, last_known: u64) -> InsuredBuild {
        let version = version.parse().expect("a version");
        InsuredBuild { version, live: false, friends, copies: 0.0, last_known, sampled: None }
    }

    fn builds() -> [Build; 4] {
        [
            build("1", 1, &[]),
            build("2", 2, &[("1", 40)]),
            build("3", 3, &[("2", 5)]),
            build("4", 4, &[("3", 10)]),
        ]
    }

    fn shares(reach: &Reach) -> Vec<(&str, u64, u64, u64, Option<usize>)> {
        reach.builds.iter().map(|s| (s.version.as_str(), s.friends, s.online, s.each, s.patches)).collect()
    }

    #[test]
    fn each_builds_friends_fetch_what_leads_from_it_and_what_is_the_same_leaves_once() {
        let to = "4".parse().expect("a version");
        let known = [held("1", 0, 1), held("2", 0, 0), held("3", 2, 3), held("4", 1, 1), held("0.9", 3, 3)];
        let found = reach(&builds(), &to, &known);
        assert_eq!(shares(&found), [("3", 3, 2, 10, Some(1)), ("1", 1, 0, 55, Some(3))]);
        assert_eq!((found.friends, found.bytes, found.once, found.settled), (4, 85, 55, 1));
        assert_eq!(found.copies(), 4);
        assert!(found.leaves().contains("about one copy, 55 B, leaves the server, 4 copies at most"));
    }

    #[test]
    fn where_no_patch_leads_all_of_them_fetch_from_the_build_itself() {
        let to = "1".parse().expect("a version");
        let found = reach(&builds(), &to, &[held("3", 2, 0), held("2", 0, 1)]);
        assert_eq!((found.friends, found.bytes, found.once), (3, 3000, 1000));
        assert!(found.table().to_string().contains("the build itself, at most"));
    }

    #[test]
    fn nobody_one_and_those_who_have_nothing_in_common_are_told_as_such() {
        let to = "4".parse().expect("a version");
        assert!(reach(&builds(), &to, &[held("3", 0, 0)]).leaves().starts_with("nobody fetches anything"));
        assert!(reach(&builds(), &to, &[held("3", 1, 1)]).leaves().starts_with("one friend fetches 10 B"));
        let apart = [build("1", 1, &[]), build("2", 2, &[]), build("4", 4, &[("1", 7), ("2", 9)])];
        let found = reach(&apart, &to, &[held("1", 1, 1), held("2", 1, 1)]);
        assert!(found.leaves().contains("each something else"), "{}", found.leaves());
        assert_eq!(found.copies(), 1);
    }
}
