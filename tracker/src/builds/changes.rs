//! What changed between two builds. Pure.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use mist_proto::{
    Hash, Manifest, RelPath,
    http::{Change, ChangeKind, Count, FileCost},
};

/// What changed, by kind and file by file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) counts: BTreeMap<ChangeKind, Count>,
    pub(super) same: Count,
    /// What costs most first, then the largest.
    pub(super) changes: Vec<Change>,
}

/// By what changes are ordered: cost and size, the largest first, then the path.
pub(super) type Place = (Reverse<u64>, Reverse<u64>, String);

/// Where a change stands in the list.
pub(super) fn place(change: &Change) -> Place {
    let cost = change.cost.as_ref().map_or(0, |cost| cost.packed);
    let size = change.new_size.or(change.old_size).unwrap_or(0);
    (Reverse(cost), Reverse(size), change.path.to_string())
}

/// Compares two builds. A file that is gone and one of the same content that is new are one that was moved.
pub(super) fn between(old: &Manifest, new: &Manifest, costs: Vec<FileCost>) -> Difference {
    let mut costs: HashMap<RelPath, FileCost> = costs.into_iter().map(|c| (c.path.clone(), c)).collect();
    let mut gone: HashMap<Hash, Vec<&RelPath>> = HashMap::new();
    let before: HashMap<&RelPath, (u64, Hash)> =
        old.files.iter().map(|file| (&file.path, (file.size, file.hash))).collect();
    for file in old.files.iter().rev().filter(|file| new.file(&file.path).is_none()) {
        gone.entry(file.hash).or_default().push(&file.path);
    }
    let mut found = Difference::default();
    for file in &new.files {
        let change = |kind, was: Option<&RelPath>, old_size| Change {
            kind,
            path: file.path.clone(),
            was: was.cloned(),
            old_size,
            new_size: Some(file.size),
            cost: None,
        };
        let change = match before.get(&file.path) {
            Some((_, hash)) if *hash == file.hash => {
                count(&mut found.same, file.size);
                continue;
            }
            Some((size, _)) => change(ChangeKind::Changed, None, Some(*size)),
            // An empty file is like any other empty one.
            None => match gone.get_mut(&file.hash).filter(|_| file.size > 0).and_then(Vec::pop) {
                Some(was) => change(ChangeKind::Moved, Some(was), Some(file.size)),
                None => change(ChangeKind::Added, None, None),
            },
        };
        found.add(Change { cost: costs.remove(&file.path), ..change });
    }
    for path in gone.into_values().flatten() {
        let size = before.get(path).map(|(size, _)| *size);
        let kind = ChangeKind::Removed;
        found.add(Change { kind, path: path.clone(), was: None, old_size: size, new_size: None, cost: None });
    }
    found.changes.sort_by_cached_key(place);
    found
}

impl Difference {
    fn add(&mut self, change: Change) {
        let size = change.new_size.or(change.old_size).unwrap_or(0);
        count(self.counts.entry(change.kind).or_default(), size);
        self.changes.push(change);
    }

    /// How many there are of a kind.
    pub(super) fn of(&self, kind: ChangeKind) -> Count {
        self.counts.get(&kind).copied().unwrap_or_default()
    }
}

fn count(of: &mut Count, bytes: u64) {
    of.files += 1;
    of.bytes += bytes;
}

#[cfg(test)]
mod tests {
    use mist_proto::{BlobId, FileEntry};

    use super::*;

    fn build(files: &[(&str, &str)]) -> Manifest {
        let mut files: Vec<FileEntry> = files
            .iter()
            .map(|(path, content)| FileEntry {
                path: path.parse().expect("a path"),
                size: content.len() as u64,
                executable: false,
                hash: Hash::of(content.as_bytes()),
            })
            .collect();
        files.sort_by(|a, b| a.path.as_str().cmp(b.path.as_str()));
        Manifest {
            game: "g".parse().expect("a slug"),
            version: "1".parse().expect("a version"),
            sequence: 1,
            parent: None,
            floor: 0,
            archive: BlobId::of(b""),
            files,
            empty_dirs: vec![],
            links: vec![],
            launch: vec![],
        }
    }

    fn said(difference: &Difference) -> Vec<(ChangeKind, &str, Option<&str>)> {
        difference
            .changes
            .iter()
            .map(|c| (c.kind, c.path.as_str(), c.was.as_ref().map(RelPath::as_str)))
            .collect()
    }

    #[test]
    fn files_are_the_same_changed_moved_new_or_gone() {
        let old = build(&[("a", "same"), ("b", "old"), ("c", "wanders"), ("d", "goes"), ("e", "")]);
        let new = build(&[("a", "same"), ("b", "other!"), ("x/c", "wanders"), ("n", "new"), ("z", "")]);
        let difference = between(&old, &new, vec![]);
        use ChangeKind::{Added, Changed, Moved, Removed};
        assert_eq!(
            said(&difference),
            [
                (Moved, "x/c", Some("c")),
                (Changed, "b", None),
                (Removed, "d", None),
                (Added, "n", None),
                (Removed, "e", None),
                (Added, "z", None),
            ]
        );
        assert_eq!(
            (difference.same, difference.of(Changed)),
            (Count { files: 1, bytes: 4 }, Count { files: 1, bytes: 6 })
        );
        assert_eq!(between(&new, &new, vec![]).changes, []);
    }

    #[test]
    fn of_several_alike_each_is_moved_once() {
        let old = build(&[("a", "x"), ("b", "x")]);
        let new = build(&[("c", "x"), ("d", "x"), ("e", "x")]);
        let difference = between(&old, &new, vec![]);
        use ChangeKind::{Added, Moved};
        assert_eq!(said(&difference), [(Moved, "c", Some("a")), (Moved, "d", Some("b")), (Added, "e", None)]);
    }

    #[test]
    fn what_costs_most_comes_first() {
        let old = build(&[("big", "1"), ("small", "1")]);
        let new = build(&[("big", "22222222"), ("small", "3")]);
        let cost = FileCost {
            path: "small".parse().expect("a path"),
            packed: 9,
            copied: 0,
            differing: 0,
            literal: 1,
            streams: 0,
            from: None,
        };
        let difference = between(&old, &new, vec![cost.clone()]);
        assert_eq!(difference.changes[0].path.as_str(), "small");
        assert_eq!(difference.changes[0].cost, Some(cost));
    }
}
