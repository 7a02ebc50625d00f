//! Putting what a patch made in place, in a folder that nobody else keeps a journal for.
//!
//! The plan is written down before anything is touched, and its steps are done in two stages with everything flushed
//! between them: first old files leave their places, then new ones take theirs. In a stage no step depends on another one,
//! and each sees whether it was done already, so that a stage may be repeated from its start.

use std::{collections::BTreeSet, io};

use mist_proto::{Hash, LinkEntry, RelPath};
use mist_tree::{
    fs::{ControlPath, Dir, EntryKind, ROOT, TreePath, remove_tree, write_atomically},
    links,
};
use serde::{Deserialize, Serialize};

use crate::{Operation, Plan, replay};

/// How far a commit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Stage {
    Lift,
    Place,
}

/// A plan that is carried out in a folder. The folder's `.mist/staging` holds what was made, and `.mist/commit` the plan
/// as long as it is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    patch: Hash,
    stage: Stage,
    plan: Plan,
}

impl Commit {
    /// Where new files have to be made, in the same folder.
    pub fn staging() -> ControlPath {
        control("staging")
    }

    /// Where [`crate::apply`] may keep its checkpoint; it goes when a commit ends.
    pub fn checkpoint() -> ControlPath {
        control("checkpoint")
    }

    /// Carries out in `dir` what the patch of this id has led to. The contents of staged files must be durable.
    ///
    /// # Errors
    /// What the system reports, and what [`replay`] does. [`Commit::resume`] goes on from there, or else the folder's
    /// files are untouched.
    pub fn carry_out(dir: &dyn Dir, patch: Hash, plan: Plan) -> io::Result<()> {
        let mut this = Self { patch, stage: Stage::Lift, plan };
        this.begin(dir)?;
        this.roll_forward(dir)?;
        Self::finish(dir)
    }

    /// Ends the commit that was begun in `dir`, if there is one, and returns the id of its patch. May be called again
    /// after it failed or was killed at any point.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] if the plan can't be understood; what the system reports, and what [`replay`] does.
    pub fn resume(dir: &dyn Dir) -> io::Result<Option<Hash>> {
        let Some(mut this) = Self::load(dir)? else { return Ok(None) };
        this.roll_forward(dir)?;
        Self::finish(dir)?;
        Ok(Some(this.patch))
    }

    fn load(dir: &dyn Dir) -> io::Result<Option<Self>> {
        let file = match dir.open(&control(NAME)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let mut bytes = vec![0; usize::try_from(file.size()?).map_err(|_| io::ErrorKind::FileTooLarge)?];
        file.read_exact_at(&mut bytes, 0)?;
        Ok(Some(serde_json::from_slice(&bytes)?))
    }

    /// Makes the commit certain, once the names in staging are durable too.
    fn begin(&self, dir: &dyn Dir) -> io::Result<()> {
        let mut staged = Touched::default();
        for operation in &self.plan.operations {
            if let Operation::Staged { path, .. } | Operation::Patched { path, .. } = operation {
                staged.name(path);
            }
        }
        for folder in staged.folders.iter().rev() {
            dir.sync_dir(&Self::staging().join(folder))?;
        }
        if staged.any {
            dir.sync_dir(&Self::staging())?;
        }
        self.save(dir)
    }

    fn save(&self, dir: &dyn Dir) -> io::Result<()> {
        write_atomically(dir, &control(NAME), &serde_json::to_vec(self)?)
    }

    fn roll_forward(&mut self, dir: &dyn Dir) -> io::Result<()> {
        if self.stage == Stage::Lift {
            self.lift(dir)?;
            self.stage = Stage::Place;
            self.save(dir)?;
        }
        self.place(dir)
    }

    /// Leaves nothing of ours under `.mist/`.
    fn finish(dir: &dyn Dir) -> io::Result<()> {
        remove_tree(dir, &Self::staging())?;
        missing_is_fine(dir.remove_file(&Self::checkpoint()))?;
        missing_is_fine(dir.remove_file(&control(LINK)))?;
        dir.sync_dir(&ControlPath::root())?;
        // As long as it is there, the next start comes here again.
        missing_is_fine(dir.remove_file(&control(NAME)))?;
        // The build is in place: a folder of ours that stays does no harm, and coming here again does none either.
        let _ = dir.sync_dir(&ControlPath::root());
        if dir.remove_dir(&ControlPath::root()).is_ok() {
            let _ = dir.sync_dir(ROOT);
        }
        Ok(())
    }

    fn lift(&self, dir: &dyn Dir) -> io::Result<()> {
        let mut touched = Touched::default();
        let mut left = BTreeSet::new();
        for operation in &self.plan.operations {
            match operation {
                Operation::Delete { path } => {
                    missing_is_fine(dir.remove_file(path))?;
                    touched.name(path);
                    left.extend(path.parent());
                }
                Operation::RemoveDir { path } => {
                    left.insert(path.clone());
                }
                Operation::RemoveLink { link } => {
                    remove_link(dir, link)?;
                    touched.name(&link.path);
                    left.extend(link.path.parent());
                }
                Operation::Move { from, to, executable } => {
                    missing_is_fine(dir.rename(from, to))?;
                    dir.set_executable(to, *executable)?;
                    touched.name(from);
                    touched.name(to);
                    left.extend(from.parent());
                }
                _ => {}
            }
        }
        // New names have to be safe before the folders of the old ones go.
        touched.sync(dir)?;
        for path in left {
            remove_empty(dir, path)?;
        }
        Ok(())
    }

    fn place(&self, dir: &dyn Dir) -> io::Result<()> {
        let mut touched = Touched::default();
        let mut links = Vec::new();
        for operation in &self.plan.operations {
            match operation {
                Operation::Staged { path, .. } => {
                    missing_is_fine(dir.rename(&Self::staging().join(path), path))?;
                    touched.name(path);
                }
                Operation::Patched { path, executable, .. } => {
                    replay(dir, &Self::staging().join(path), path)?;
                    dir.set_executable(path, *executable)?;
                }
                Operation::SetMode { path, executable } => dir.set_executable(path, *executable)?,
                Operation::CreateDir { path } => {
                    dir.create_dir_all(path)?;
                    touched.name(path);
                }
                Operation::Link { link } => {
                    touched.name(&link.path);
                    links.push(link.clone());
                }
                Operation::Delete { .. }
                | Operation::RemoveDir { .. }
                | Operation::RemoveLink { .. }
                | Operation::Move { .. } => {}
            }
        }
        // Copies that stand for links are of files that are in place now.
        links::put(dir, &control(LINK), &links)?;
        touched.sync(dir)
    }
}

/// Removes a link, or the copy of a file that stands for it. The copy of a folder stays: a player may have files in it.
fn remove_link(dir: &dyn Dir, link: &LinkEntry) -> io::Result<()> {
    let ours = match dir.metadata(&link.path) {
        Ok(meta) if meta.kind == EntryKind::Symlink => links::says(dir, &link.path, &link.target),
        Ok(meta) => meta.kind == EntryKind::File,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => false,
        Err(e) => return Err(e),
    };
    if ours { missing_is_fine(dir.remove_file(&link.path)) } else { Ok(()) }
}

/// Name of the plan under `.mist/`.
const NAME: &str = "commit";

/// Where each link is made before it gets its name, under `.mist/`.
const LINK: &str = "link";

fn control(inside: &str) -> ControlPath {
    ControlPath::new(inside).expect("names of control files are paths")
}

/// What was to be moved or removed is not there: done by an earlier attempt.
fn missing_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Removes a folder and those above it, as far as nothing is left in them.
fn remove_empty(dir: &dyn Dir, path: RelPath) -> io::Result<()> {
    let mut next = Some(path);
    while let Some(path) = next {
        match dir.remove_dir(&path) {
            Err(e) if matches!(e.kind(), io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotADirectory) => {
                break;
            }
            other => missing_is_fine(other)?,
        }
        next = path.parent();
        let above: &dyn TreePath = next.as_ref().map_or(ROOT, |path| path);
        missing_is_fine(dir.sync_dir(above))?;
    }
    Ok(())
}

/// Folders in which names changed.
#[derive(Default)]
struct Touched {
    folders: BTreeSet<RelPath>,
    any: bool,
}

impl Touched {
    /// A name changed, and maybe folders above it were made.
    fn name(&mut self, path: &RelPath) {
        self.folders.extend(std::iter::successors(path.parent(), RelPath::parent));
        self.any = true;
    }

    fn sync(&self, dir: &dyn Dir) -> io::Result<()> {
        for folder in self.folders.iter().rev() {
            missing_is_fine(dir.sync_dir(folder))?;
        }
        if self.any { dir.sync_dir(ROOT) } else { Ok(()) }
    }
}

#[cfg(test)]
#[path = "commit_tests.rs"]
mod tests;
