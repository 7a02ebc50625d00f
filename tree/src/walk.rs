//! What a folder contains, without reading any file.

use std::{
    cmp::Ordering,
    collections::HashMap,
    ffi::OsString,
    hash::{DefaultHasher, Hash, Hasher},
    io,
};

use mist_proto::{
    LinkEntry, LinkTarget, RelPath, limits,
    links::{LinkError, LinkRule, Links},
    path::{CONTROL_DIR, PathError, PathRule, fold},
};

use crate::fs::{Dir, DirEntry, EntryKind, Meta, ROOT, TreePath};

/// A regular file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it lies.
    pub path: RelPath,
    /// What the folder says of it.
    pub meta: Meta,
}

/// Why an entry can't be part of a build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is a symbolic link that a build can't have.
    #[error("it is a symbolic link to {target:?}, and {rule}")]
    Link {
        /// What it says, with replacement characters if it is not UTF-8, cut to 200 characters.
        target: String,
        /// The rule that it breaks.
        rule: LinkRule,
    },
    /// It is a device, pipe or socket.
    #[error("it is neither a file nor a folder")]
    Special,
    /// Its name is not allowed, or not beside the others.
    #[error(transparent)]
    Path(PathRule),
}

/// An entry that can't be part of a build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place:?}: {reason}")]
pub struct Refused {
    /// Its path, with replacement characters if it is not UTF-8, cut to 200 characters if it is too long.
    pub place: String,
    /// Why.
    pub reason: Reason,
}

impl From<LinkError> for Refused {
    fn from(LinkError { path, target, rule }: LinkError) -> Self {
        Self { place: path.to_string(), reason: Reason::Link { target: target.to_string(), rule } }
    }
}

/// The content of a folder. Its own control folder, `.mist`, is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Walk {
    /// Regular files, in ascending order of path bytes.
    pub files: Vec<Found>,
    /// Symbolic links that lead to something here, in ascending order of path bytes.
    pub links: Vec<LinkEntry>,
    /// Folders without any entry, in ascending order of path bytes. A folder whose entries are all ignored is not
    /// one of them.
    pub empty_dirs: Vec<RelPath>,
    /// Entries that can't be part of a build. All of them: nothing stops at the first.
    pub refused: Vec<Refused>,
}

/// Decides what is left out, by path (with `/`, and replacement characters where it is not UTF-8) and kind. Nothing
/// below an ignored folder is looked at.
pub type Ignore<'a> = dyn Fn(&str, EntryKind) -> bool + 'a;

/// Ignores nothing.
pub fn everything(_: &str, _: EntryKind) -> bool {
    false
}

/// What a walk comes across.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A regular file. Files come in ascending order of path bytes.
    File(Found),
    /// A symbolic link that is relative, in the order of the files. What it leads to is not looked at.
    Link(LinkEntry),
    /// A folder without any entry. Such folders come in the order of the files, which is not always that of their own
    /// paths: `a` comes after `a-b`, because `a/` does.
    EmptyDir(RelPath),
    /// An entry that can't be part of a build.
    Refused(Refused),
}

/// Walks everything beneath the root of `dir`, and collects it.
///
/// # Errors
/// As [`steps`] and its items.
pub fn walk(dir: &dyn Dir, ignore: &Ignore<'_>) -> io::Result<Walk> {
    let mut out = Walk::default();
    for step in steps(dir, ignore)? {
        match step? {
            Step::File(found) => out.files.push(found),
            Step::Link(link) => out.links.push(link),
            Step::EmptyDir(path) => out.empty_dirs.push(path),
            Step::Refused(refused) => out.refused.push(refused),
        }
    }
    out.empty_dirs.sort_unstable();
    let files = out.files.iter().map(|f| (&f.path, f.meta.len));
    let refused = Links::new(files, &out.empty_dirs, &out.links).refused();
    out.links.retain(|link| refused.iter().all(|r| r.path != link.path));
    out.refused.extend(refused.into_iter().map(Refused::from));
    Ok(out)
}

/// Walks everything beneath the root of `dir`, step by step. An item is an error if the system reports one for a folder or
/// entry, also if it vanishes meanwhile, or if there are over [`limits::MAX_ENTRIES`] files, links and empty folders;
/// the walk is over then.
///
/// # Errors
/// What the system reports for the root.
pub fn steps<'a>(dir: &'a dyn Dir, ignore: &'a Ignore<'a>) -> io::Result<Steps<'a>> {
    let mut steps = Steps { dir, ignore, inside: Vec::new(), left: limits::MAX_ENTRIES };
    steps.enter(None)?;
    Ok(steps)
}

/// A walk under way. What it holds are the names that are left in the folders that it is inside of.
pub struct Steps<'a> {
    dir: &'a dyn Dir,
    ignore: &'a Ignore<'a>,
    /// Each folder lies in the one before.
    inside: Vec<Folder>,
    /// Files and empty folders that may still come.
    left: u64,
}

struct Folder {
    /// Of the root, none.
    path: Option<RelPath>,
    entries: std::vec::IntoIter<DirEntry>,
    collisions: HashMap<OsString, PathRule>,
}

impl Iterator for Steps<'_> {
    type Item = io::Result<Step>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(folder) = self.inside.last_mut() {
            let Some(entry) = folder.entries.next() else {
                self.inside.pop();
                continue;
            };
            let admitted = folder.admit(&entry);
            let step = match admitted {
                Err(refused) => Ok(Some(Step::Refused(refused))),
                Ok(path) if entry.kind == EntryKind::Dir => self.enter(Some(path)),
                Ok(path) if entry.kind == EntryKind::Symlink => self.link(path),
                Ok(path) => self.dir.metadata(&path).map(|meta| Some(Step::File(Found { path, meta }))),
            };
            if let Some(step) = step.and_then(|step| self.within_bounds(step)).transpose() {
                if step.is_err() {
                    self.inside.clear();
                }
                return Some(step);
            }
        }
        None
    }
}

impl Steps<'_> {
    /// Goes into a folder, unless there is nothing in it.
    fn enter(&mut self, path: Option<RelPath>) -> io::Result<Option<Step>> {
        let place: &dyn TreePath = path.as_ref().map_or(ROOT, |path| path);
        let mut entries = self.dir.read_dir(place)?;
        if entries.is_empty() {
            return Ok(path.map(Step::EmptyDir));
        }
        entries.retain(|entry| !self.leaves_out(path.as_ref(), entry));
        entries.sort_unstable_by(among_files);
        let collisions = collisions(&entries);
        self.inside.push(Folder { path, entries: entries.into_iter(), collisions });
        Ok(None)
    }

    fn link(&self, path: RelPath) -> io::Result<Option<Step>> {
        let said = self.dir.read_link(&path)?;
        let target = match said.to_str() {
            Some(text) => LinkTarget::new(text),
            None => Err(LinkRule::Name(PathRule::NotUtf8)),
        };
        let target = target.and_then(|t| if t.escapes(&path) { Err(LinkRule::Escapes) } else { Ok(t) });
        Ok(Some(match target {
            Ok(target) => Step::Link(LinkEntry { path, target }),
            Err(rule) => {
                let target = said.to_string_lossy().chars().take(200).collect();
                Step::Refused(Refused { place: path.to_string(), reason: Reason::Link { target, rule } })
            }
        }))
    }

    fn leaves_out(&self, folder: Option<&RelPath>, DirEntry { name, kind }: &DirEntry) -> bool {
        (folder.is_none() && name == CONTROL_DIR)
            || (self.ignore)(&join(folder, &name.to_string_lossy()), *kind)
    }

    fn within_bounds(&mut self, step: Option<Step>) -> io::Result<Option<Step>> {
        if let Some(Step::File(_) | Step::Link(_) | Step::EmptyDir(_)) = step {
            let over = "the folder has over 1,000,000 files, links and folders";
            let less = self.left.checked_sub(1);
            self.left = less.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, over))?;
        }
        Ok(step)
    }
}

/// The order of entries of one folder in which they, or all that lies below them, come among all files.
fn among_files(a: &DirEntry, b: &DirEntry) -> Ordering {
    let (x, y) = (a.name.as_encoded_bytes(), b.name.as_encoded_bytes());
    let both = x.len().min(y.len());
    // A slash follows a folder's name, and is in none.
    let next = |entry: &DirEntry, name: &[u8]| {
        name.get(both).copied().or_else(|| (entry.kind == EntryKind::Dir).then_some(b'/'))
    };
    x[..both].cmp(&y[..both]).then_with(|| next(a, x).cmp(&next(b, y)))
}

/// The names of files and folders of one folder that some system takes for one before them, and the rules that they break.
fn collisions(entries: &[DirEntry]) -> HashMap<OsString, PathRule> {
    // Of a name that is not UTF-8, none: it is refused anyway.
    let folded = |entry: &DirEntry| entry.name.to_str().map(fold);
    // A hash takes less than a name: how much memory a walk needs is up to the folder with the most entries.
    let mut hashes = Vec::with_capacity(entries.len());
    for (i, entry) in entries.iter().enumerate() {
        if entry.kind != EntryKind::Special {
            let mut hasher = DefaultHasher::new();
            folded(entry).hash(&mut hasher);
            hashes.push((hasher.finish(), i));
        }
    }
    hashes.sort_unstable();
    let mut collisions = HashMap::new();
    for alike in hashes.chunk_by(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1) {
        let mut before = HashMap::new();
        for &(_, i) in alike {
            let entry = &entries[i];
            let rule = match before.insert(folded(entry), entry.kind) {
                None => continue,
                // A link is no folder, whatever it leads to.
                Some(kind) if (kind == EntryKind::Dir) == (entry.kind == EntryKind::Dir) => {
                    PathRule::Collision
                }
                Some(_) => PathRule::FileAndFolder,
            };
            collisions.insert(entry.name.clone(), rule);
        }
    }
    collisions
}

fn join(folder: Option<&RelPath>, name: &str) -> String {
    folder.map_or_else(|| name.to_owned(), |f| format!("{f}/{name}"))
}

impl Folder {
    /// The path of an entry that may be part of a build.
    fn admit(&self, DirEntry { name, kind }: &DirEntry) -> Result<RelPath, Refused> {
        let shown = join(self.path.as_ref(), &name.to_string_lossy());
        let reason = match kind {
            EntryKind::Special => Reason::Special,
            // A replacement character must not become part of a path.
            _ if name.to_str().is_none() => Reason::Path(PathRule::NotUtf8),
            // A name with a separator of another system must not become two components.
            _ => match (RelPath::new(&shown), self.collisions.get(name)) {
                (Ok(path), None) => return Ok(path),
                (Ok(_), Some(rule)) => Reason::Path(*rule),
                (Err(PathError { path, rule }), _) => {
                    return Err(Refused { place: path, reason: Reason::Path(rule) });
                }
            },
        };
        Err(Refused { place: shown, reason })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        ffi::OsStr,
        os::unix::{ffi::OsStrExt, fs::symlink},
    };

    use super::*;
    use crate::samples::{folder, path, put};

    #[test]
    fn order_is_that_of_whole_paths() {
        let (_tmp, dir) = folder();
        for f in ["a/b", "a-b", "a.b", "B", "a/c/d", "é"] {
            put(&*dir, &path(f), b"x");
        }
        for d in ["empty/below", "also empty"] {
            dir.create_dir_all(&path(d)).unwrap();
        }
        put(&*dir, &crate::fs::ControlPath::new("state.json").unwrap(), b"{}");
        let walk = walk(&*dir, &everything).unwrap();
        let files: Vec<_> = walk.files.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(files, ["B", "a-b", "a.b", "a/b", "a/c/d", "é"]);
        assert_eq!(walk.empty_dirs, [path("also empty"), path("empty/below")]);
        assert_eq!(walk.refused, []);
    }

    #[test]
    fn every_offender_is_listed() {
        let (tmp, dir) = folder();
        put(&*dir, &path("good"), b"");
        put(&*dir, &path("sub/GOOD"), b"");
        symlink("gone", tmp.path().join("link")).unwrap();
        symlink("/etc", tmp.path().join("sub/etc")).unwrap();
        symlink("../../x", tmp.path().join("sub/up")).unwrap();
        for name in [&b"a:b"[..], b"back\\slash", b"nul.txt", b"dot.", b"bad\xff", b".MIST", b"Good"] {
            std::fs::write(tmp.path().join(OsStr::from_bytes(name)), b"").unwrap();
        }
        let pipe = tmp.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
        let walk = walk(&*dir, &everything).unwrap();
        let mut refused: Vec<_> = walk.refused.iter().map(|r| (r.place.as_str(), r.reason.clone())).collect();
        refused.sort_unstable_by_key(|r| r.0);
        let link = |target: &str, rule| Reason::Link { target: target.to_owned(), rule };
        assert_eq!(
            refused,
            [
                (".MIST", Reason::Path(PathRule::Control)),
                ("a:b", Reason::Path(PathRule::Character(':' as u32))),
                ("back\\slash", Reason::Path(PathRule::Character('\\' as u32))),
                ("bad\u{fffd}", Reason::Path(PathRule::NotUtf8)),
                ("dot.", Reason::Path(PathRule::DotOrSpace)),
                ("good", Reason::Path(PathRule::Collision)),
                ("link", link("gone", LinkRule::Dangling)),
                ("nul.txt", Reason::Path(PathRule::Reserved)),
                ("pipe", Reason::Special),
                ("sub/etc", link("/etc", LinkRule::Absolute)),
                ("sub/up", link("../../x", LinkRule::Escapes)),
            ]
        );
    }

    #[test]
    fn what_some_system_takes_for_the_same_is_refused_by_its_folder() {
        let (_tmp, dir) = folder();
        for f in ["D/a", "d/b", "d/c", "e\u{301}", "é", "f/Straße", "f/STRASSE/x", "g/a", "h/A"] {
            put(&*dir, &path(f), b"");
        }
        dir.create_dir_all(&path("F")).unwrap();
        let refused = walk(&*dir, &everything).unwrap().refused;
        let refused: Vec<_> = refused.iter().map(|r| (r.place.as_str(), r.reason.clone())).collect();
        let (collision, both) = (Reason::Path(PathRule::Collision), Reason::Path(PathRule::FileAndFolder));
        assert_eq!(refused, [("d", collision.clone()), ("f", collision.clone()), ("é", collision.clone())]);
        let (_tmp, dir) = folder();
        for f in ["f/Straße", "f/STRASSE/x", "a/b", "A"] {
            put(&*dir, &path(f), b"");
        }
        let refused = walk(&*dir, &everything).unwrap().refused;
        let refused: Vec<_> = refused.iter().map(|r| (r.place.as_str(), r.reason.clone())).collect();
        assert_eq!(refused, [("a", both.clone()), ("f/Straße", both.clone())]);
        let (tmp, dir) = folder();
        for f in ["a", "b/x", "c"] {
            put(&*dir, &path(f), b"");
        }
        for (target, at) in [("c", "A"), ("c", "B")] {
            symlink(target, tmp.path().join(at)).unwrap();
        }
        let refused = walk(&*dir, &everything).unwrap().refused;
        let refused: Vec<_> = refused.iter().map(|r| (r.place.as_str(), r.reason.clone())).collect();
        assert_eq!(refused, [("a", collision), ("b", both)]);
    }

    #[test]
    fn links_are_found_and_not_followed() {
        let (tmp, dir) = folder();
        for f in ["lib/x.so.1.2", "data/a"] {
            put(&*dir, &path(f), b"x");
        }
        for (target, at) in
            [("x.so.1.2", "lib/x.so.1"), ("x.so.1", "lib/x.so"), ("../data", "lib/data"), ("lib", "l")]
        {
            symlink(target, tmp.path().join(at)).unwrap();
        }
        let walk = walk(&*dir, &everything).unwrap();
        let links: Vec<_> = walk.links.iter().map(|l| (l.path.as_str(), l.target.as_str())).collect();
        assert_eq!(
            links,
            [("l", "lib"), ("lib/data", "../data"), ("lib/x.so", "x.so.1"), ("lib/x.so.1", "x.so.1.2")]
        );
        let files: Vec<_> = walk.files.iter().map(|f| f.path.as_str()).collect();
        assert_eq!((files, walk.refused), (vec!["data/a", "lib/x.so.1.2"], vec![]));
    }

    #[test]
    fn what_is_ignored_is_neither_seen_nor_refused() {
        let (tmp, dir) = folder();
        for f in ["keep", "cache/a", "cache/b", "only/x.log"] {
            put(&*dir, &path(f), b"");
        }
        symlink("keep", tmp.path().join("link.log")).unwrap();
        let ignore = |p: &str, kind| p.ends_with(".log") || (p == "cache" && kind == EntryKind::Dir);
        let walk = walk(&*dir, &ignore).unwrap();
        let files: Vec<_> = walk.files.iter().map(|f| f.path.as_str()).collect();
        assert_eq!((files, walk.empty_dirs, walk.refused), (vec!["keep"], vec![], vec![]));
    }
}
