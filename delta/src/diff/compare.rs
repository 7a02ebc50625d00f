//! What two manifests alone tell about the way from one to the other.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use mist_proto::{Hash, LinkEntry, Manifest, RelPath};

/// What becomes of each file, found by path and hash.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// New files that have to be written, by their index in the new manifest.
    pub(crate) staged: Vec<usize>,
    /// (old index, new index) of files that only get another path.
    pub(crate) moved: Vec<(usize, usize)>,
    /// Old paths that the new tree does not have, but for those moved away.
    pub(crate) deleted: Vec<usize>,
    /// (old index, new index) of files that only get another mode.
    pub(crate) modes: Vec<(usize, usize)>,
    /// Old files that stay where they are as they are.
    pub(crate) kept: Vec<usize>,
    /// Empty folders that only the new tree has.
    pub(crate) made_dirs: Vec<RelPath>,
    /// Empty folders that the new tree has no use for.
    pub(crate) removed_dirs: Vec<RelPath>,
    /// Links in whose places the new tree has none.
    pub(crate) removed_links: Vec<LinkEntry>,
}

/// Compares two trees.
pub(crate) fn compare(old: &Manifest, new: &Manifest) -> Comparison {
    let mut c = Comparison::default();
    let mut free: HashMap<Hash, VecDeque<usize>> = HashMap::new();
    for (i, f) in old.files.iter().enumerate() {
        match new.file(&f.path) {
            Some(n) if n.hash == f.hash && n.size == f.size => c.kept.push(i),
            Some(_) => {}
            None => free.entry(f.hash).or_default().push_back(i),
        }
    }
    let taken = Taken::of(old);
    let mut moved_away = HashSet::new();
    for (i, f) in new.files.iter().enumerate() {
        match old.files.binary_search_by(|o| o.path.cmp(&f.path)) {
            Ok(o) if old.files[o].hash == f.hash && old.files[o].size == f.size => {
                if old.files[o].executable != f.executable {
                    c.modes.push((o, i));
                }
            }
            Err(_) if taken.is_free(&f.path) && f.size > 0 => {
                match free.get_mut(&f.hash).and_then(VecDeque::pop_front) {
                    Some(o) => {
                        moved_away.insert(o);
                        c.moved.push((o, i));
                    }
                    None => c.staged.push(i),
                }
            }
            _ => c.staged.push(i),
        }
    }
    c.moved.sort_unstable();
    c.deleted = (0..old.files.len())
        .filter(|i| !moved_away.contains(i) && new.file(&old.files[*i].path).is_none())
        .collect();
    c.made_dirs = only_in(&new.empty_dirs, &old.empty_dirs);
    c.removed_dirs = only_in(&old.empty_dirs, &new.empty_dirs);
    let stays = |link: &LinkEntry| new.links.binary_search_by(|l| l.path.cmp(&link.path)).is_ok();
    c.removed_links = old.links.iter().filter(|link| !stays(link)).cloned().collect();
    c
}

fn only_in(these: &[RelPath], others: &[RelPath]) -> Vec<RelPath> {
    these.iter().filter(|d| others.binary_search(d).is_err()).cloned().collect()
}

/// What the old tree occupies. A move into any of it would depend on what is done before.
struct Taken<'a> {
    files: BTreeSet<&'a str>,
    folders: HashSet<&'a str>,
}

impl<'a> Taken<'a> {
    fn of(old: &'a Manifest) -> Self {
        let mut folders: HashSet<&str> = old.empty_dirs.iter().map(RelPath::as_str).collect();
        let paths = || old.files.iter().map(|f| &f.path).chain(old.links.iter().map(|l| &l.path));
        for path in paths() {
            folders.extend(parents(path.as_str()));
        }
        Self { files: paths().map(RelPath::as_str).collect(), folders }
    }

    fn is_free(&self, path: &RelPath) -> bool {
        !self.files.contains(path.as_str())
            && !self.folders.contains(path.as_str())
            && !parents(path.as_str()).any(|p| self.files.contains(p))
    }
}

fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::manifest;

    fn names(m: &Manifest, indices: &[usize]) -> Vec<String> {
        indices.iter().map(|&i| m.files[i].path.to_string()).collect()
    }

    #[test]
    fn every_file_has_one_fate() {
        let old = manifest(&[
            ("a", b"1"),
            ("b", b"2"),
            ("c/d", b"3"),
            ("e", b"4"),
            ("swap1", b"x"),
            ("swap2", b"y"),
        ]);
        let new = manifest(&[
            ("a", b"1"),
            ("b", b"22"),
            ("c2/d", b"3"),
            ("f", b"5"),
            ("swap1", b"y"),
            ("swap2", b"x"),
        ]);
        let c = compare(&old, &new);
        assert_eq!(names(&old, &c.kept), ["a"]);
        assert_eq!(names(&new, &c.staged), ["b", "f", "swap1", "swap2"], "a swap is not two moves");
        assert_eq!(c.moved.iter().map(|&(o, n)| (o, n)).collect::<Vec<_>>(), [(2, 2)]);
        assert_eq!(names(&old, &c.deleted), ["e"]);
    }

    #[test]
    fn no_move_into_a_place_that_was_taken() {
        // The file `a` becomes `a/b`, and the folder `c` becomes a file.
        let old = manifest(&[("a", b"1"), ("c/d", b"2")]);
        let new = manifest(&[("a/b", b"1"), ("c", b"2")]);
        let c = compare(&old, &new);
        assert!(c.moved.is_empty());
        assert_eq!(c.staged.len(), 2);
        assert_eq!(c.deleted.len(), 2);
    }
}
