//! All that is in a folder, by whatever names: for folders that go elsewhere as they are.

use std::{ffi::OsString, io};

use mist_proto::limits;

use super::{Dir, EntryKind, FoundPath, Meta, ROOT, TreePath};

/// Entries that a folder may have: as many as a build may, and as many again of a player's.
const MOST: u64 = 2 * limits::MAX_ENTRIES;

/// Something in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEntry {
    /// Where it lies.
    pub path: FoundPath,
    /// What the folder says of it.
    pub meta: Meta,
    /// What it says, if it is a symbolic link.
    pub says: Option<OsString>,
}

/// Lists everything beneath the root of `dir`, our own folder too: what is in a folder comes after it. No link is followed.
///
/// # Errors
/// What the system reports; [`io::ErrorKind::InvalidData`] for a name that is not UTF-8, or if there are over 2,000,000 entries.
pub fn everything(dir: &dyn Dir) -> io::Result<Vec<FoundEntry>> {
    let mut found: Vec<FoundEntry> = Vec::new();
    let mut open: Vec<Option<FoundPath>> = vec![None];
    while let Some(folder) = open.pop() {
        let place: &dyn TreePath = folder.as_ref().map_or(ROOT, |path| path);
        for entry in dir.read_dir(place)? {
            if found.len() as u64 >= MOST {
                return Err(invalid("the folder has over 2,000,000 files, links and folders".into()));
            }
            let Some(name) = entry.name.to_str() else {
                let name = entry.name.to_string_lossy();
                return Err(invalid(format!("the name {name:?} in {place} is no text (UTF-8)")));
            };
            let path = FoundPath::in_folder(folder.as_ref(), name);
            let meta = dir.metadata(&path)?;
            let says = match meta.kind {
                EntryKind::Symlink => Some(dir.read_link(&path)?),
                _ => None,
            };
            if meta.kind == EntryKind::Dir {
                open.push(Some(path.clone()));
            }
            found.push(FoundEntry { path, meta, says });
        }
    }
    Ok(found)
}

fn invalid(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;
    use crate::fs::RealDir;

    #[test]
    fn names_that_no_build_may_have_are_found_and_no_link_is_followed() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().join("game");
        fs::create_dir_all(root.join(".mist/kept/1")).unwrap();
        fs::create_dir_all(root.join("shots/a: b")).unwrap();
        fs::write(root.join("shots/a: b/12:00?.png"), b"x").unwrap();
        symlink("/somewhere/else", root.join("saves")).unwrap();
        symlink("..", root.join("up")).unwrap();
        let dir = RealDir::open(&root).unwrap();
        let mut found = everything(&dir).unwrap();
        let place_of = |path: &str| found.iter().position(|e| e.path.as_str() == path).unwrap();
        assert!(
            place_of("shots") < place_of("shots/a: b")
                && place_of("shots/a: b") < place_of("shots/a: b/12:00?.png")
        );
        found.sort_by(|a, b| a.path.cmp(&b.path));
        let all: Vec<_> =
            found.iter().map(|e| (e.path.as_str(), e.says.as_deref().and_then(|s| s.to_str()))).collect();
        assert_eq!(
            all,
            [
                (".mist", None),
                (".mist/kept", None),
                (".mist/kept/1", None),
                ("saves", Some("/somewhere/else")),
                ("shots", None),
                ("shots/a: b", None),
                ("shots/a: b/12:00?.png", None),
                ("up", Some("..")),
            ]
        );
        assert!(found[0].path.is_control() && found[2].path.is_control() && !found[3].path.is_control());
        let again = RealDir::create(place.path().join("again")).unwrap();
        for entry in found.iter().filter(|e| e.says.is_some()) {
            again.symlink_again(entry.says.as_deref().unwrap(), &entry.path).unwrap();
            assert_eq!(again.read_link(&entry.path).unwrap(), entry.says.clone().unwrap());
        }
    }

    #[test]
    fn a_name_that_is_no_text_is_told_of() {
        use std::os::unix::ffi::OsStrExt;
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join(std::ffi::OsStr::from_bytes(b"b\xffd")), b"x").unwrap();
        let refused = everything(&RealDir::open(place.path()).unwrap()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    }
}
