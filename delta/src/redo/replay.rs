//! Doing what a journal says.

use std::io;

use mist_tree::fs::{Dir, EntryKind, TreePath};

use super::Redo;

/// Gives the file at `path` of `dir` its new content by the sealed journal at `journal`, makes that durable, and
/// removes the journal. If there is none, all of that was done before.
///
/// May be called again after it failed or was killed at any point. Nothing else may change the file until it succeeds.
///
/// # Errors
/// [`io::ErrorKind::NotFound`] if there is a journal and no file; [`io::ErrorKind::InvalidData`] if the journal is not
/// sealed, and nothing was written; or what the system reports.
pub fn replay(dir: &dyn Dir, journal: &dyn TreePath, path: &dyn TreePath) -> io::Result<()> {
    let redo = match dir.open(journal) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => Redo::open(other?)?,
    };
    // Opening to write would make a file that is missing.
    if dir.metadata(path)?.kind != EntryKind::File {
        return Err(io::Error::new(io::ErrorKind::NotFound, format!("{path} is not a file any more")));
    }
    let file = dir.open_rw(path)?;
    file.set_len(redo.size())?;
    redo.each(|at, bytes| file.write_all_at(bytes, at))?;
    file.sync_data()?;
    drop(redo);
    dir.remove_file(journal)
}
