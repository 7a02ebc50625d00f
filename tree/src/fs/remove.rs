//! Whole folders that go.

use std::io;

use super::{Dir, EntryKind, TreePath, path::Joined};

/// Removes the file or folder `path` with everything beneath it; links are removed, never followed. What is missing
/// already is no error.
///
/// # Errors
/// What the system reports; a part may be gone then.
pub fn remove_tree(dir: &dyn Dir, path: &dyn TreePath) -> io::Result<()> {
    match dir.metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e),
        Ok(meta) if meta.kind != EntryKind::Dir => dir.remove_file(path),
        Ok(_) => {
            clear_folder(dir, path)?;
            dir.remove_dir(path)
        }
    }
}

/// Removes everything beneath the folder `path`, but not itself. A missing folder is no error.
///
/// # Errors
/// As [`remove_tree`]; also for a name that is not UTF-8, which nothing of ours has.
pub fn clear_folder(dir: &dyn Dir, path: &dyn TreePath) -> io::Result<()> {
    let entries = match dir.read_dir(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in entries {
        let name = entry.name.to_str().ok_or(io::ErrorKind::InvalidData)?;
        let inside = Joined::new(path.as_str(), name);
        match entry.kind {
            EntryKind::Dir => remove_tree(dir, &inside)?,
            _ => dir.remove_file(&inside)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use mist_proto::RelPath;

    use super::*;
    use crate::fs::RealDir;

    #[test]
    fn a_folder_goes_with_what_a_path_of_its_own_could_not_name() {
        let tmp = tempfile::tempdir().unwrap();
        let deep = tmp.path().join("a/b/.mist").join(vec!["d"; 70].join("/"));
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("file"), b"x").unwrap();
        std::fs::write(tmp.path().join("kept"), b"x").unwrap();
        let dir = RealDir::open(tmp.path()).unwrap();
        let path = |s: &str| RelPath::new(s).unwrap();
        clear_folder(&dir, &path("a")).unwrap();
        assert_eq!(dir.read_dir(&path("a")).unwrap(), []);
        remove_tree(&dir, &path("a")).unwrap();
        remove_tree(&dir, &path("a")).unwrap();
        assert_eq!(std::fs::read_dir(tmp.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_removed_and_not_followed() {
        let tmp = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(tmp.path().join("in/x")).unwrap();
        std::fs::create_dir(tmp.path().join("out")).unwrap();
        std::fs::write(tmp.path().join("out/secret"), b"x").unwrap();
        std::os::unix::fs::symlink("../out", tmp.path().join("in/link")).unwrap();
        let dir = RealDir::open(tmp.path()).unwrap();
        remove_tree(&dir, &RelPath::new("in").unwrap()).unwrap();
        assert!(tmp.path().join("out/secret").exists());
    }
}
