//! What says that a folder is being filled by a move, and what says whose a folder is.

use std::io;

use mist_proto::{Slug, path::CONTROL_DIR};
use mist_tree::fs::{ControlPath, Dir, EntryKind, FoundPath, ROOT, TreePath};
use serde::{Deserialize, Serialize};

use crate::folder::{control, read_json, write_json};

/// In a folder that is being filled, and in no other.
const LABEL: &str = "moving.json";
/// Before it gets its name.
const UNFINISHED: &str = "moving.json.tmp";
/// When files were known to be right, by their times.
const TIMES: &str = ".mist/stats";
const TIMES_IN: &str = ".mist/stats/";
/// Files that say what a folder is. They do not go along.
const OF_THE_FOLDER: [&str; 4] =
    [".mist/state.json", ".mist/state.json.tmp", ".mist/moving.json", ".mist/moving.json.tmp"];

/// Whose folder it is to become: `.mist/moving.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Label {
    pub(crate) game: Slug,
    /// The mark of the folder that comes here.
    pub(crate) mark: Option<String>,
}

/// Whether a folder is being filled, for whatever game.
pub(crate) fn is_being_filled(to: &dyn Dir) -> bool {
    to.metadata(&control(LABEL)).is_ok()
}

/// Whether a folder may be filled: it is empty, or was begun to be filled for the same game.
pub(crate) fn may_be_filled(to: &dyn Dir, label: &Label) -> io::Result<bool> {
    if has_label(to, label)? {
        return Ok(true);
    }
    for entry in to.read_dir(ROOT)? {
        // Of a beginning that was cut off.
        let ours = entry.name == CONTROL_DIR && entry.kind == EntryKind::Dir;
        let known = |name: &std::ffi::OsStr| name.to_str().is_some_and(|n| n == LABEL || n == UNFINISHED);
        if !ours || !to.read_dir(&ControlPath::root())?.iter().all(|e| known(&e.name)) {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn has_label(to: &dyn Dir, label: &Label) -> io::Result<bool> {
    match read_json::<Label>(to, &control(LABEL)) {
        Err(e) if e.kind() == io::ErrorKind::InvalidData => Ok(false),
        read => Ok(read?.is_some_and(|found| found == *label)),
    }
}

/// Marks a folder that [may be filled](may_be_filled) as one that is.
pub(crate) fn begin(to: &dyn Dir, label: &Label) -> io::Result<()> {
    if !has_label(to, label)? {
        write_json(to, &control(LABEL), label)?;
    }
    to.sync_dir(ROOT)
}

/// Ends that a folder counts as being filled.
pub(super) fn end_filling(dir: &dyn Dir) -> io::Result<()> {
    for name in [UNFINISHED, LABEL] {
        missing_is_fine(dir.remove_file(&control(name)))?;
    }
    missing_is_fine(dir.sync_dir(&ControlPath::root()))
}

/// Whether it is of just this folder, and made anew elsewhere: what says whose it is, and the times that its files have on this disk.
pub(super) fn is_of_the_folder(path: &FoundPath) -> bool {
    OF_THE_FOLDER.contains(&path.as_str()) || path.as_str() == TIMES || path.as_str().starts_with(TIMES_IN)
}

pub(super) fn missing_is_fine(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
