//! Putting new files in place, such that a crash at any point ends with the new build after the next start.
//!
//! Before anything in the game is touched, every new file lies complete in `.mist/staging/` and the journal says what
//! will be done. Then, in two steps with everything flushed between them:
//!
//! 1. *Lift*: files that move, that a player changed or that are kept to go back leave their places, files of the old build
//!    that the new one does not have are deleted, what was kept of the new build is staged, folders that became empty go.
//!    No old name is left to collide with a new one that differs in case only, or that is a folder where a file was.
//! 2. *Place*: staged files are renamed to their places, in place of the old content; files that are patched where they
//!    are get theirs by their journals in staging. Links, or copies of what they lead to, come last.
//!
//! Every action checks whether it was done already, so a step may be repeated from its start; the journal says which step.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    io,
};

use mist_proto::{Manifest, RelPath};
use mist_tree::fs::{ControlPath, Dir, EntryKind, ROOT, TreePath, remove_tree};
use serde::{Deserialize, Serialize};

use super::{
    InstallError,
    links::LinkFindings,
    previous::{Keep, PREVIOUS, name_of},
    reuse::Origin,
    seal::is_folder_or_link,
};
use crate::folder::{BuildRef, Condition, GameFolder, LINKS, control, read_json, write_json};

/// How far a commit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step {
    Lift,
    Place,
}

/// What a commit will do. Written before it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Journal {
    /// Build that the folder becomes.
    pub(crate) to: BuildRef,
    step: Step,
    /// Folder under `.mist/kept/` for what is put aside.
    kept: RelPath,
    /// Files with foreign content that are put aside.
    put_aside: Vec<RelPath>,
    /// Files of the old build that are kept to go back: from, name under `.mist/previous/`.
    #[serde(default)]
    keep: Vec<(RelPath, RelPath)>,
    /// What was kept there of the new build: name, file that it becomes or patches.
    #[serde(default)]
    bring: Vec<(RelPath, RelPath)>,
    /// Files that become another file of the new build: from, to.
    moves: Vec<(RelPath, RelPath)>,
    /// Files of the old build that the new one lacks.
    delete: Vec<RelPath>,
    /// Folders that may be empty then.
    empty: Vec<RelPath>,
    /// Staged files.
    place: Vec<RelPath>,
    /// Files that are patched where they are.
    #[serde(default)]
    patch: Vec<RelPath>,
    /// Links, and copies that stand for links, that lie in `.mist/links/`.
    #[serde(default)]
    links: Vec<RelPath>,
    /// Empty folders of the new build.
    folders: Vec<RelPath>,
    /// Files whose executable bit has to be set so.
    modes: Vec<(RelPath, bool)>,
}

/// The change that a journal describes.
pub(crate) struct Change<'a> {
    /// Build that is here.
    pub(crate) old: Option<&'a Manifest>,
    /// Build that the folder becomes.
    pub(crate) new: &'a Manifest,
    /// The same by name.
    pub(crate) to: BuildRef,
    /// Where each file of the new build comes from.
    pub(crate) origins: &'a [Origin],
    /// Files in the way whose content is neither the old build's nor the new one's.
    pub(crate) foreign: &'a BTreeSet<RelPath>,
    /// Files that stay but have the wrong executable bit.
    pub(crate) wrong_mode: &'a BTreeSet<RelPath>,
    /// What is to be done of links.
    pub(crate) links: &'a LinkFindings,
    /// Folder under `.mist/kept/`.
    pub(crate) kept: RelPath,
    /// What is kept to go back; its journals are there already.
    pub(crate) keep: &'a Keep,
}

const JOURNAL: &str = "journal";
pub(super) const STAGING: &str = "staging";
const KEPT: &str = "kept";

impl Journal {
    /// What makes the change. Pure.
    pub(crate) fn plan(change: Change<'_>) -> Self {
        let Change { old, new, to, origins, foreign, wrong_mode, links, kept, keep } = change;
        let mut bring = Vec::new();
        let mut moves = Vec::new();
        let mut place = Vec::new();
        let mut patch = Vec::new();
        let mut modes = Vec::new();
        for (origin, file) in origins.iter().zip(&new.files) {
            if let Origin::Move(from) = origin {
                moves.push((from.clone(), file.path.clone()));
            }
            // A copy of what was kept is staged already.
            if let Some(name) = name_of(origin, file).filter(|_| *origin != Origin::ReturnCopy) {
                bring.push((name, file.path.clone()));
            }
            match origin {
                Origin::Keep => {}
                Origin::Patch | Origin::Unpatch(_) => patch.push(file.path.clone()),
                Origin::Move(_)
                | Origin::Copy(_)
                | Origin::Mend
                | Origin::Fetch
                | Origin::Return
                | Origin::ReturnCopy => place.push(file.path.clone()),
            }
            if *origin != Origin::Keep || wrong_mode.contains(&file.path) {
                modes.push((file.path.clone(), file.executable));
            }
        }
        let moved: BTreeSet<&RelPath> = moves.iter().map(|(from, _)| from).collect();
        let old_files = old.map(|o| o.files.as_slice()).unwrap_or_default();
        let gone =
            |path: &RelPath| new.file(path).is_none() && !foreign.contains(path) && !moved.contains(path);
        let mut delete: Vec<_> = old_files.iter().map(|f| &f.path).filter(|p| gone(p)).cloned().collect();
        delete.extend(links.remove.iter().filter(|p| !foreign.contains(*p)).cloned());
        modes.extend(links.copy.iter().map(|copy| (copy.entry.path.clone(), copy.entry.executable)));
        modes.extend(links.modes.iter().cloned());
        let mut empty = BTreeSet::new();
        let lifted = old_files.iter().map(|f| &f.path).filter(|p| new.file(p).is_none());
        for path in lifted.chain(moved.iter().copied()).chain(&links.remove) {
            empty.extend(ancestors(path));
        }
        for dir in &links.empty {
            empty.insert(dir.clone());
            empty.extend(ancestors(dir));
        }
        for dir in old.map(|o| o.empty_dirs.as_slice()).unwrap_or_default() {
            if new.empty_dirs.binary_search(dir).is_err() {
                empty.insert(dir.clone());
                empty.extend(ancestors(dir));
            }
        }
        Self {
            to,
            step: Step::Lift,
            kept,
            put_aside: foreign.iter().cloned().collect(),
            keep: keep.files.clone(),
            bring,
            moves,
            delete,
            empty: empty.into_iter().collect(),
            place,
            patch,
            links: links.staged_paths().cloned().collect(),
            folders: new.empty_dirs.iter().chain(&links.folders).cloned().collect(),
            modes,
        }
    }

    /// Folder under `.mist/kept/` for them.
    pub(crate) fn kept(&self) -> &RelPath {
        &self.kept
    }

    /// Whether files that friends are served from change their content where they are.
    pub(crate) fn patches_files(&self) -> bool {
        !self.patch.is_empty()
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_idle(&self, dir: &dyn Dir) -> bool {
        self.put_aside.is_empty()
            && self.delete.is_empty()
            && self.place.is_empty()
            && self.patch.is_empty()
            && self.links.is_empty()
            && self.modes.is_empty()
            && self.empty.is_empty()
            && self.folders.iter().all(|f| is_folder_or_link(dir, f))
    }

    /// The journal of a commit that was begun, if there is one.
    pub(crate) fn load(dir: &dyn Dir) -> io::Result<Option<Self>> {
        read_json(dir, &control(JOURNAL))
    }

    /// Makes the commit certain: from now on only [`Journal::roll_forward`] may touch the folder. Staged files must be
    /// durable.
    pub(crate) fn begin(&self, dir: &dyn Dir) -> io::Result<()> {
        write_json(dir, &control(JOURNAL), self)
    }

    /// Does what is left to do. May be called again after it failed or was killed at any point.
    pub(crate) fn roll_forward(&mut self, dir: &dyn Dir) -> io::Result<()> {
        if self.step == Step::Lift {
            self.lift(dir)?;
            self.step = Step::Place;
            self.begin(dir)?;
        }
        self.place(dir)
    }

    /// Ends the commit, after the state file says that the new build is here.
    pub(crate) fn finish(dir: &dyn Dir) -> io::Result<()> {
        // In this order: as long as there is a journal, the next start comes here again.
        remove_tree(dir, &control(STAGING))?;
        remove_tree(dir, &control(LINKS))?;
        // On disks that keep no order of names the journal might go first, and nobody would tidy up any more.
        dir.sync_dir(&ControlPath::root())?;
        missing_is_fine(dir.remove_file(&control(JOURNAL)))
    }

    fn lift(&self, dir: &dyn Dir) -> io::Result<()> {
        let mut touched = Touched::default();
        let kept = control(KEPT).join(&self.kept);
        for path in &self.put_aside {
            missing_is_fine(dir.rename(path, &kept.join(path)))?;
            touched.name(path);
        }
        for (from, name) in &self.keep {
            missing_is_fine(dir.rename(from, &control(PREVIOUS).join(name)))?;
            touched.name(from);
        }
        for (name, to) in &self.bring {
            missing_is_fine(dir.rename(&control(PREVIOUS).join(name), &control(STAGING).join(to)))?;
        }
        for (from, to) in &self.moves {
            missing_is_fine(dir.rename(from, &control(STAGING).join(to)))?;
            touched.name(from);
        }
        for path in &self.delete {
            missing_is_fine(dir.remove_file(path))?;
            touched.name(path);
        }
        touched.sync(dir)?;
        for folder in [KEPT, PREVIOUS, STAGING] {
            sync_tree(dir, &control(folder))?;
        }
        self.remove_empty(dir)
    }

    /// Removes the folders that became empty, after all that was in them is safe elsewhere. The deepest go first, and
    /// their going is flushed before the folder that they were in goes itself.
    fn remove_empty(&self, dir: &dyn Dir) -> io::Result<()> {
        let mut levels: BTreeMap<Reverse<usize>, Vec<&RelPath>> = BTreeMap::new();
        for folder in &self.empty {
            levels.entry(Reverse(folder.components().count())).or_default().push(folder);
        }
        for folders in levels.values() {
            let mut parents = BTreeSet::new();
            for folder in folders {
                remove_if_empty(dir, folder)?;
                parents.insert(folder.parent());
            }
            for parent in parents {
                match parent {
                    Some(parent) => missing_is_fine(dir.sync_dir(&parent))?,
                    None => dir.sync_dir(ROOT)?,
                }
            }
        }
        Ok(())
    }

    fn place(&self, dir: &dyn Dir) -> io::Result<()> {
        let mut touched = Touched::default();
        let mut clear = BTreeSet::new();
        for path in &self.place {
            let staged = control(STAGING).join(path);
            self.clear_way(dir, path, &mut clear)?;
            match dir.rename(&staged, path) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) if is_folder(dir, path) => {
                    // A folder with a player's files stands where a file belongs.
                    self.move_aside(dir, path).map_err(|_| e)?;
                    dir.rename(&staged, path)?;
                }
                other => other?,
            }
            touched.name(path);
        }
        for path in &self.patch {
            match mist_delta::replay(dir, &control(STAGING).join(path), path) {
                // The file or its journal is not what it was. What is wrong is found by the verification that follows.
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) =>
                {
                    tracing::warn!(%path, %error, "a file can't be patched and is left to be repaired");
                }
                other => other?,
            }
        }
        for folder in &self.folders {
            self.clear_way(dir, folder, &mut clear)?;
            if dir.is_link_to_folder(folder) {
                continue;
            }
            if dir.metadata(folder).is_ok_and(|m| m.kind != EntryKind::Dir) {
                self.move_aside(dir, folder)?;
            }
            dir.create_dir_all(folder)?;
            touched.name(folder);
        }
        for path in &self.links {
            let staged = control(LINKS).join(path);
            self.clear_way(dir, path, &mut clear)?;
            if is_folder(dir, path) {
                // A folder with a player's files stands where a link belongs.
                self.move_aside(dir, path)?;
            }
            missing_is_fine(dir.rename(&staged, path))?;
            touched.name(path);
        }
        for (path, executable) in &self.modes {
            match dir.set_executable(path, *executable) {
                Err(e) if e.kind() == io::ErrorKind::NotFound && self.patch.contains(path) => {}
                other => other?,
            }
        }
        touched.sync(dir)
    }

    /// Puts aside what stands where a folder above `path` belongs.
    fn clear_way(&self, dir: &dyn Dir, path: &RelPath, clear: &mut BTreeSet<RelPath>) -> io::Result<()> {
        let mut above: Vec<_> = ancestors(path).collect();
        above.reverse();
        for folder in above {
            if clear.contains(&folder) {
                continue;
            }
            if dir.metadata(&folder).is_ok_and(|m| m.kind != EntryKind::Dir) {
                self.move_aside(dir, &folder)?;
            }
            clear.insert(folder);
        }
        Ok(())
    }

    fn move_aside(&self, dir: &dyn Dir, path: &RelPath) -> io::Result<()> {
        if remove_if_empty(dir, path)? {
            return Ok(());
        }
        dir.rename(path, &control(KEPT).join(&self.kept).join(path))
    }
}

/// Says in the folder's state that its build is not to be served any more, before a commit changes files where they are.
pub(crate) fn withdraw(folder: &GameFolder, journal: &Journal) -> Result<(), InstallError> {
    match folder.state()? {
        Some(mut state) if journal.patches_files() && state.condition == Condition::Whole => {
            state.condition = Condition::Placed;
            folder.set_state(&state)
        }
        _ => Ok(()),
    }
}

/// Rolls a commit forward to its end, the folder's state included.
pub(crate) fn commit(folder: &GameFolder, journal: &mut Journal) -> Result<(), InstallError> {
    withdraw(folder, journal)?;
    let Some(mut state) = folder.state()? else { return Ok(()) };
    journal.roll_forward(&*folder.dir).map_err(InstallError::Disk)?;
    state.installed = Some(journal.to.clone());
    state.condition = Condition::Placed;
    folder.set_state(&state)?;
    Journal::finish(&*folder.dir).map_err(InstallError::Disk)
}

fn is_folder(dir: &dyn Dir, path: &RelPath) -> bool {
    dir.metadata(path).is_ok_and(|m| m.kind == EntryKind::Dir)
}

/// Removes a folder in which nothing is left. A player's own files keep it. Returns whether it is gone.
fn remove_if_empty(dir: &dyn Dir, path: &RelPath) -> io::Result<bool> {
    match dir.remove_dir(path) {
        Ok(()) => Ok(true),
        Err(e) => match e.kind() {
            io::ErrorKind::NotFound => Ok(true),
            io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory => Ok(false),
            _ => Err(e),
        },
    }
}

/// What was to be moved or removed is not there: done by an earlier attempt.
fn missing_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// The folders that `path` lies in, the nearest first.
fn ancestors(path: &RelPath) -> impl Iterator<Item = RelPath> {
    std::iter::successors(path.parent(), RelPath::parent)
}

/// Folders whose names changed.
#[derive(Default)]
struct Touched {
    folders: BTreeSet<RelPath>,
    root: bool,
}

impl Touched {
    /// A name in some folder changed, and maybe folders above it were made or removed.
    fn name(&mut self, path: &RelPath) {
        self.folders.extend(ancestors(path));
        self.root = true;
    }

    fn sync(&self, dir: &dyn Dir) -> io::Result<()> {
        for folder in self.folders.iter().rev() {
            missing_is_fine(dir.sync_dir(folder))?;
        }
        if self.root { dir.sync_dir(ROOT) } else { Ok(()) }
    }
}

/// Flushes the names in a folder under `.mist/` and in all folders beneath it.
pub(crate) fn sync_tree(dir: &dyn Dir, path: &ControlPath) -> io::Result<()> {
    let entries = match dir.read_dir(path as &dyn TreePath) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in entries.iter().filter(|e| e.kind == EntryKind::Dir) {
        let name = entry.name.to_str().and_then(|n| RelPath::new(n).ok());
        if let Some(name) = name {
            sync_tree(dir, &path.join(&name))?;
        }
    }
    dir.sync_dir(path)
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
