//! What a folder would change against the newest build.

use std::collections::HashMap;

use mist_proto::{FileEntry, Hash, Manifest, RelPath, manifest::LaunchEntry};
use mist_tree::scan::Scan;
use serde::Serialize;
use serde_json::json;

use crate::show::Screen;

/// How a file fares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// Not there before, under any name.
    New,
    /// Another content or executable bit under the same name.
    Modified,
    /// The same content under another name.
    Renamed,
    /// No longer there.
    Deleted,
    /// As before.
    Same,
}

impl Kind {
    const ALL: [Self; 5] = [Self::New, Self::Modified, Self::Renamed, Self::Deleted, Self::Same];

    fn word(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Modified => "MODIFIED",
            Self::Renamed => "RENAMED",
            Self::Deleted => "DELETED",
            Self::Same => "SAME",
        }
    }
}

/// One file's change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Change {
    /// What happened to it.
    pub(super) kind: Kind,
    /// Where it is, or was if it is deleted.
    pub(super) path: RelPath,
    /// Where it was, if it was renamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from: Option<RelPath>,
    /// Its size.
    pub(super) size: u64,
}

/// The changes from `old` to `new`: what is new, modified, renamed and the same in the order of the new paths, then
/// what is deleted. A deleted file is the origin of at most one renamed one.
pub(super) fn compare(old: &[FileEntry], new: &[FileEntry]) -> Vec<Change> {
    let before: HashMap<&RelPath, &FileEntry> = old.iter().map(|f| (&f.path, f)).collect();
    let after: HashMap<&RelPath, &FileEntry> = new.iter().map(|f| (&f.path, f)).collect();
    // Files that went away, by content; last first, so that the first in order is taken first. Empty files are all
    // alike, and none of them is another one's origin.
    let mut gone: HashMap<Hash, Vec<&FileEntry>> = HashMap::new();
    for f in old.iter().rev().filter(|f| !after.contains_key(&f.path)) {
        gone.entry(f.hash).or_default().push(f);
    }
    let mut changes: Vec<Change> = new
        .iter()
        .map(|f| {
            let (kind, from) = match before.get(&f.path) {
                Some(b) if (b.hash, b.executable) == (f.hash, f.executable) => (Kind::Same, None),
                Some(_) => (Kind::Modified, None),
                None => match gone.get_mut(&f.hash).filter(|_| f.size > 0).and_then(Vec::pop) {
                    Some(origin) => (Kind::Renamed, Some(origin.path.clone())),
                    None => (Kind::New, None),
                },
            };
            Change { kind, path: f.path.clone(), from, size: f.size }
        })
        .collect();
    let mut deleted: Vec<&FileEntry> = gone.into_values().flatten().collect();
    deleted.sort_by(|a, b| a.path.cmp(&b.path));
    changes.extend(deleted.into_iter().map(|f| Change {
        kind: Kind::Deleted,
        path: f.path.clone(),
        from: None,
        size: f.size,
    }));
    changes
}

/// Whether a build of `scan` that starts by `launch` would be the same as `head`.
pub(super) fn is_unchanged(head: &Manifest, scan: &Scan, launch: &[LaunchEntry]) -> bool {
    head.files == scan.files
        && head.empty_dirs == scan.empty_dirs
        && head.links == scan.links
        && head.launch == launch
}

/// Lists the changes: a line for each file that is not the same, and the totals of each kind.
pub(super) fn show(screen: Screen, changes: &[Change]) -> anyhow::Result<()> {
    for change in changes.iter().filter(|c| c.kind != Kind::Same) {
        let name = match &change.from {
            Some(from) => format!("{from} -> {}", change.path),
            None => change.path.to_string(),
        };
        screen.line(&format!("{:<9} {name} ({})", change.kind.word(), mist_readable::bytes(change.size)))?;
    }
    let mut totals = serde_json::Map::new();
    for kind in Kind::ALL {
        let of_kind = changes.iter().filter(|c| c.kind == kind);
        let (files, bytes) = of_kind.fold((0, 0u64), |(n, b), c| (n + 1, b.saturating_add(c.size)));
        screen.line(&format!(
            "total {:<9} {} ({})",
            kind.word(),
            mist_readable::count(files, "file", "files"),
            mist_readable::bytes(bytes)
        ))?;
        totals.insert(kind.word().to_lowercase(), json!({ "files": files, "bytes": bytes }));
    }
    for change in changes {
        screen.record(change)?;
    }
    screen.record(&json!({ "event": "totals", "totals": totals }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, content: &str) -> FileEntry {
        FileEntry {
            path: RelPath::new(path).unwrap(),
            size: content.len() as u64,
            executable: false,
            hash: Hash::of(content.as_bytes()),
        }
    }

    fn kinds(old: &[FileEntry], new: &[FileEntry]) -> Vec<(Kind, String, Option<String>)> {
        let text = |p: RelPath| p.as_str().to_owned();
        compare(old, new).into_iter().map(|c| (c.kind, text(c.path), c.from.map(text))).collect()
    }

    #[test]
    fn each_kind_is_told_apart() {
        let old = [file("a", "1"), file("b", "2"), file("c", "3"), file("d", "4")];
        let mut run = file("run", "5");
        let mut new =
            vec![file("a", "1"), file("b", "2 changed"), file("e", "new"), file("z/c", "3"), run.clone()];
        let expected = |last: Kind| {
            vec![
                (Kind::Same, "a".into(), None),
                (Kind::Modified, "b".into(), None),
                (Kind::New, "e".into(), None),
                (Kind::Renamed, "z/c".into(), Some("c".into())),
                (last, "run".into(), None),
                (Kind::Deleted, "d".into(), None),
            ]
        };
        let with_run = [&old[..], &[run.clone()]].concat();
        assert_eq!(kinds(&with_run, &new), expected(Kind::Same));
        run.executable = true;
        new[4] = run;
        assert_eq!(kinds(&with_run, &new), expected(Kind::Modified), "the executable bit counts");
    }

    #[test]
    fn one_origin_serves_one_renamed_file() {
        let old = [file("a", "x"), file("b", "x"), file("empty", "")];
        let new = [file("c", "x"), file("d", "x"), file("e", "x"), file("other empty", "")];
        assert_eq!(
            kinds(&old, &new),
            [
                (Kind::Renamed, "c".into(), Some("a".into())),
                (Kind::Renamed, "d".into(), Some("b".into())),
                (Kind::New, "e".into(), None),
                (Kind::New, "other empty".into(), None),
                (Kind::Deleted, "empty".into(), None),
            ]
        );
    }

    #[test]
    fn a_first_build_is_all_new() {
        let kinds = kinds(&[], &[file("a", "1")]);
        assert_eq!(kinds, [(Kind::New, "a".into(), None)]);
    }
}
