//! Small files that are replaced whole or not at all.

use std::io;

use super::{Dir, TreePath, path::Joined};

/// Replaces the file at `path` by `bytes`, such that a crash at any point leaves the old content or the new.
///
/// Writes `<path>.tmp` beside it (one writer at a time for each path), flushes it, renames it and flushes the folder.
///
/// # Errors
/// What the system reports. The old content is still there, unless only the last flush of the folder failed.
pub fn write_atomically(dir: &dyn Dir, path: &dyn TreePath, bytes: &[u8]) -> io::Result<()> {
    let tmp = Joined::new("", &format!("{}.tmp", path.as_str()));
    let written = write(dir, &tmp, bytes).and_then(|()| dir.rename(&tmp, path));
    if written.is_err() {
        // A full disk should not stay fuller for it. If this fails too, the next write replaces the rest.
        let _ = dir.remove_file(&tmp);
    }
    written?;
    dir.sync_dir(&Joined::parent_of(path))
}

fn write(dir: &dyn Dir, tmp: &dyn TreePath, bytes: &[u8]) -> io::Result<()> {
    let file = dir.create(tmp)?;
    file.write_all_at(bytes, 0)?;
    file.sync_data()
}
