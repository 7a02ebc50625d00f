//! The ends of a move: the old folder goes, or what was copied.

use std::{collections::BTreeSet, io};

use mist_proto::path::CONTROL_DIR;
use mist_tree::fs::{
    ControlPath, Dir, EntryKind, FoundEntry, FoundPath, ROOT, TreePath, everything, remove_tree,
};

use super::{
    carry::{looks_copied, same_bytes},
    label::{Label, end_filling, has_label, is_of_the_folder, missing_is_fine},
};
use crate::folder::control;

/// Removes from the old folder what has arrived in the new one, which is the game's by now. Returns whether something else is
/// left in it. May be called again after it failed or was killed.
pub(crate) fn leave(from: &dyn Dir, to: &dyn Dir) -> io::Result<bool> {
    let mut is_left = false;
    for entry in everything(from)?.iter().rev() {
        let path = &entry.path;
        if is_of_the_folder(path) || path.as_str() == CONTROL_DIR {
            continue;
        }
        if entry.meta.kind == EntryKind::Dir {
            from.sync_dir(path)?;
            match from.remove_dir(path) {
                Err(e) if e.kind() == io::ErrorKind::DirectoryNotEmpty => is_left = true,
                removed => removed?,
            }
        } else if has_arrived(from, to, entry)? {
            from.remove_file(path)?;
        } else {
            is_left = true;
        }
    }
    // What it says of itself goes last: until then it is known again.
    missing_is_fine(from.sync_dir(&ControlPath::root()))?;
    from.sync_dir(ROOT)?;
    end_filling(from)?;
    remove_of_the_folder(from)?;
    remove_control(from)?;
    Ok(is_left)
}

/// Ends [`leave`] in a folder that says nothing of itself any more. Returns whether something is left in it.
pub(crate) fn end_leaving(from: &dyn Dir) -> io::Result<bool> {
    remove_control(from)?;
    Ok(!from.read_dir(ROOT)?.is_empty())
}

fn has_arrived(from: &dyn Dir, to: &dyn Dir, entry: &FoundEntry) -> io::Result<bool> {
    let meta = match to.metadata(&entry.path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        meta => meta?,
    };
    Ok(match (&entry.says, meta.kind) {
        (Some(says), EntryKind::Symlink) => to.read_link(&entry.path)? == *says,
        // Copies stand for it.
        (Some(_), kind) => kind != EntryKind::Special,
        (None, EntryKind::File) if looks_copied(&meta, &entry.meta) => true,
        (None, EntryKind::File) if meta.len == entry.meta.len => {
            let (old, new) = (from.open(&entry.path)?, to.open(&entry.path)?);
            same_bytes(&*old, &*new, meta.len, &mut |_| Ok(()))?
        }
        _ => false,
    })
}

/// Takes away what was copied into a folder with this label: what the old folder has too, and our own. Whatever else came there
/// stays. Returns whether something did.
pub(crate) fn undo(from: &dyn Dir, to: &dyn Dir, label: &Label) -> io::Result<bool> {
    if !has_label(to, label)? {
        return Ok(true);
    }
    // On a disk without links, copies stand in the place of those that the old folder has, and below.
    let links: BTreeSet<FoundPath> =
        everything(from)?.into_iter().filter(|e| e.says.is_some()).map(|e| e.path).collect();
    let stands_for_a_link = |path: &FoundPath| links.iter().any(|link| path.is_below(link));
    let mut is_left = false;
    for entry in everything(to)?.iter().rev() {
        let path = &entry.path;
        if is_of_the_folder(path) || path.as_str() == CONTROL_DIR {
            continue;
        }
        let ours = path.is_control() || from.metadata(path).is_ok() || stands_for_a_link(path);
        match (ours, entry.meta.kind) {
            (false, _) => is_left = true,
            (true, EntryKind::Dir) => {
                to.sync_dir(path)?;
                match to.remove_dir(path) {
                    Err(e) if e.kind() == io::ErrorKind::DirectoryNotEmpty => is_left = true,
                    removed => removed?,
                }
            }
            (true, _) => to.remove_file(path)?,
        }
    }
    remove_of_the_folder(to)?;
    missing_is_fine(to.sync_dir(&ControlPath::root()))?;
    to.sync_dir(ROOT)?;
    end_filling(to)?;
    remove_control(to)?;
    Ok(is_left)
}

/// What says whose a folder is goes last.
fn remove_of_the_folder(dir: &dyn Dir) -> io::Result<()> {
    remove_tree(dir, &control("stats"))?;
    missing_is_fine(dir.sync_dir(&ControlPath::root()))?;
    for name in ["state.json.tmp", "state.json"] {
        missing_is_fine(dir.remove_file(&control(name)))?;
    }
    Ok(())
}

fn remove_control(dir: &dyn Dir) -> io::Result<()> {
    missing_is_fine(dir.sync_dir(&ControlPath::root()))?;
    match dir.remove_dir(&ControlPath::root()) {
        Err(e) if matches!(e.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotFound) => {}
        removed => removed?,
    }
    dir.sync_dir(ROOT)
}
