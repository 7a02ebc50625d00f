//! What a folder contains, without reading any file.

use std::{ffi::OsStr, io};

use mist_proto::{
    RelPath, limits,
    path::{CONTROL_DIR, PathError, PathRule, PathSet},
};

use crate::fs::{Dir, EntryKind, Meta, ROOT, TreePath};

/// A regular file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it lies.
    pub path: RelPath,
    /// What the folder says of it.
    pub meta: Meta,
}

/// Why an entry can't be part of a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It is a symbolic link.
    #[error("it is a symbolic link")]
    Symlink,
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

/// The content of a folder. Its own control folder, `.mist`, is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Walk {
    /// Regular files, in ascending order of path bytes.
    pub files: Vec<Found>,
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

/// Walks everything beneath the root of `dir`.
///
/// # Errors
/// What the system reports for a folder or entry, also if it vanishes meanwhile; or over
/// [`limits::MAX_ENTRIES`] entries.
pub fn walk(dir: &dyn Dir, ignore: &Ignore<'_>) -> io::Result<Walk> {
    let mut out = Walk::default();
    let mut folders: Vec<Option<RelPath>> = vec![None];
    while let Some(folder) = folders.pop() {
        let place: &dyn TreePath = folder.as_ref().map_or(ROOT, |f| f);
        let entries = dir.read_dir(place)?;
        if let (true, Some(folder)) = (entries.is_empty(), &folder) {
            out.empty_dirs.push(folder.clone());
        }
        for entry in entries {
            if folder.is_none() && entry.name == CONTROL_DIR {
                continue;
            }
            let shown = join(folder.as_ref(), &entry.name.to_string_lossy());
            if ignore(&shown, entry.kind) {
                continue;
            }
            match admit(folder.as_ref(), &entry.name, entry.kind, shown) {
                Err(refused) => out.refused.push(refused),
                Ok(path) if entry.kind == EntryKind::Dir => folders.push(Some(path)),
                Ok(path) => {
                    let meta = dir.metadata(&path)?;
                    out.files.push(Found { path, meta });
                }
            }
            if (out.files.len() + out.empty_dirs.len() + folders.len()) as u64 > limits::MAX_ENTRIES {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the folder has over 1,000,000 files and folders",
                ));
            }
        }
    }
    out.files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    out.empty_dirs.sort_unstable();
    out.refuse_collisions();
    Ok(out)
}

fn join(folder: Option<&RelPath>, name: &str) -> String {
    folder.map_or_else(|| name.to_owned(), |f| format!("{f}/{name}"))
}

fn admit(folder: Option<&RelPath>, name: &OsStr, kind: EntryKind, shown: String) -> Result<RelPath, Refused> {
    match kind {
        EntryKind::Symlink => Err(Refused { place: shown, reason: Reason::Symlink }),
        EntryKind::Special => Err(Refused { place: shown, reason: Reason::Special }),
        EntryKind::File | EntryKind::Dir => match name.to_str() {
            None => Err(Refused { place: shown, reason: Reason::Path(PathRule::NotUtf8) }),
            // A name with a separator of another system must not become two components.
            Some(name) => RelPath::new(&join(folder, name)).map_err(refusal),
        },
    }
}

fn refusal(e: PathError) -> Refused {
    Refused { place: e.path, reason: Reason::Path(e.rule) }
}

impl Walk {
    fn refuse_collisions(&mut self) {
        let mut names = PathSet::new();
        let files = self.files.iter().map(|f| names.add_file(&f.path)).collect::<Vec<_>>();
        let folders = self.empty_dirs.iter().map(|d| names.add_folder(d));
        self.refused.extend(files.into_iter().chain(folders).filter_map(Result::err).map(refusal));
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};

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
        symlink("good", tmp.path().join("link")).unwrap();
        symlink("/etc", tmp.path().join("sub/etc")).unwrap();
        for name in [&b"a:b"[..], b"back\\slash", b"nul.txt", b"dot.", b"bad\xff", b".MIST", b"Good"] {
            std::fs::write(tmp.path().join(OsStr::from_bytes(name)), b"").unwrap();
        }
        let pipe = tmp.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
        let walk = walk(&*dir, &everything).unwrap();
        let mut refused: Vec<_> = walk.refused.iter().map(|r| (r.place.as_str(), r.reason)).collect();
        refused.sort_unstable_by_key(|r| r.0);
        assert_eq!(
            refused,
            [
                (".MIST", Reason::Path(PathRule::Control)),
                ("a:b", Reason::Path(PathRule::Character(':' as u32))),
                ("back\\slash", Reason::Path(PathRule::Character('\\' as u32))),
                ("bad\u{fffd}", Reason::Path(PathRule::NotUtf8)),
                ("dot.", Reason::Path(PathRule::DotOrSpace)),
                ("good", Reason::Path(PathRule::Collision)),
                ("link", Reason::Symlink),
                ("nul.txt", Reason::Path(PathRule::Reserved)),
                ("pipe", Reason::Special),
                ("sub/etc", Reason::Symlink),
            ]
        );
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
