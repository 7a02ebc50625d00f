//! A version as what changed since another one: new files, and patches by HDiffPatch.
//!
//! The manifest of the version decides what it is: each of its files is looked for among what was there before, the new files and
//! the patches, and held against its SHA-256. What the delta says besides is only where patches lie.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use mist_proto::RelPath;
use mist_tree::fs::{ControlPath, Dir, EntryKind, FromStart, RealDir, TreePath};

use super::{
    files::{Failure, OnBytes, named, unfit, verify, write},
    library::{DELTAS, inside},
    patches::Patcher,
    shapes::{Expected, HashList, Sha256},
};

const NEW_FILES: &str = "new_files";

/// What a version is made of.
pub(super) struct Delta<'a> {
    /// The folder of the game in the library.
    pub(super) library: &'a RealDir,
    /// What the library calls the version.
    pub(super) label: &'a str,
    /// Names of patches by file, as the delta says.
    pub(super) patches: &'a BTreeMap<RelPath, RelPath>,
    /// The files of the version before.
    pub(super) before: &'a HashList,
    /// Where they lie.
    pub(super) old: &'a ControlPath,
    /// What applies patches.
    pub(super) patcher: &'a Patcher,
}

impl Delta<'_> {
    /// Makes `files` in the folder `new` of `work`, where the old version lies too.
    ///
    /// # Errors
    /// The first file that can't be made.
    pub(super) fn apply(
        &self,
        files: &HashList,
        work: &RealDir,
        new: &ControlPath,
        on_bytes: &mut OnBytes<'_>,
    ) -> Result<(), Failure> {
        let by_hash: BTreeMap<Sha256, &RelPath> = self.before.0.iter().map(|(p, e)| (e.sha256, p)).collect();
        for (path, expected) in &files.0 {
            let to = new.join(path);
            let unchanged = self.before.0.get(path).is_some_and(|old| old.sha256 == expected.sha256);
            if unchanged {
                self.keep(path, expected, work, &to, on_bytes).map_err(|e| named(path, e))?;
            } else if let Some(file) = self.new_file(path) {
                self.take(&file, expected, work, &to, on_bytes).map_err(|e| named(&file, e))?;
            } else if let Some(moved) = by_hash.get(&expected.sha256) {
                self.keep(moved, expected, work, &to, on_bytes).map_err(|e| named(path, e))?;
            } else {
                self.patch(path, expected, work, &to, on_bytes)?;
            }
        }
        Ok(())
    }

    fn path(&self, rest: &str) -> Option<RelPath> {
        inside(DELTAS, &format!("{}/{rest}", self.label)).ok()
    }

    fn is_file(&self, path: &RelPath) -> bool {
        self.library.metadata(path).is_ok_and(|meta| meta.kind == EntryKind::File)
    }

    fn new_file(&self, path: &RelPath) -> Option<RelPath> {
        self.path(&format!("{NEW_FILES}/{path}")).filter(|file| self.is_file(file))
    }

    /// Gives a file of the version before a second name, or, on a disk that has none, a copy.
    fn keep(
        &self,
        from: &RelPath,
        expected: &Expected,
        work: &RealDir,
        to: &ControlPath,
        on_bytes: &mut OnBytes<'_>,
    ) -> Result<(), Failure> {
        let from = self.old.join(from);
        let meta = work.metadata(&from).map_err(Failure::Disk)?;
        if work.hard_link(&from, to).is_ok() {
            on_bytes(meta.len);
            return Ok(());
        }
        let file = work.open(&from).map_err(Failure::Disk)?;
        write(&mut FromStart::new(&*file), expected, work, to, meta.executable, on_bytes)
    }

    fn take(
        &self,
        from: &RelPath,
        expected: &Expected,
        work: &RealDir,
        to: &ControlPath,
        on_bytes: &mut OnBytes<'_>,
    ) -> Result<(), Failure> {
        let unreadable = |e: io::Error| unfit(format!("it can't be read: {e}"));
        let executable = self.library.metadata(from).map_err(unreadable)?.executable;
        let file = self.library.open(from).map_err(unreadable)?;
        write(&mut FromStart::new(&*file), expected, work, to, executable, on_bytes)
    }

    /// Makes a file by whichever patch for it makes the right one.
    fn patch(
        &self,
        path: &RelPath,
        expected: &Expected,
        work: &RealDir,
        to: &ControlPath,
        on_bytes: &mut OnBytes<'_>,
    ) -> Result<(), Failure> {
        let old = self.old.join(path);
        let (was_there, place) = (self.before.0.contains_key(path), format!("{DELTAS}/{}", self.label));
        let mut why = match was_there {
            true => format!("{path}: {place} has neither a patch for it nor the new file"),
            false => format!("{path}: it is new, and not in {place}/{NEW_FILES}"),
        };
        for patch in self.candidates(path).into_iter().filter(|patch| was_there && self.is_file(patch)) {
            let executable = work.metadata(&old).map_err(Failure::Disk)?.executable;
            work.create_dir_all(&parent(to)).map_err(Failure::Disk)?;
            let applied = self.patcher.apply(
                &on_disk(work, &old),
                &self.library.place().join(&patch),
                &on_disk(work, to),
            );
            let made = applied
                .map_err(unfit)
                .and_then(|()| verify(work, to, expected, on_bytes))
                .and_then(|()| work.set_executable(to, executable).map_err(Failure::Disk));
            match made {
                Ok(()) => return Ok(()),
                Err(Failure::Unfit(e)) => {
                    match work.remove_file(to) {
                        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(Failure::Disk(e)),
                        _ => {}
                    }
                    why = format!("{path}, made by {patch}: {e}");
                }
                Err(disk) => return Err(disk),
            }
        }
        Err(unfit(why))
    }

    /// Where a patch for a file may lie: where the delta says, or else under the names that are usual.
    fn candidates(&self, path: &RelPath) -> Vec<RelPath> {
        let text = path.as_str();
        let usual = [
            format!("{text}.patch"),
            format!("patches/{text}.patch"),
            format!("{}.patch", text.replace('/', "_")),
            format!("{}.patch", text.replace('/', "__")),
            format!("{}.patch", path.name()),
        ];
        let said = self.patches.get(path).map(|said| said.as_str().to_owned());
        let mut found: Vec<RelPath> = Vec::new();
        for place in said.into_iter().flat_map(|said| [said.clone(), format!("patches/{said}")]).chain(usual)
        {
            found.extend(self.path(&place).filter(|path| !found.contains(path)));
        }
        found
    }
}

/// The folder of a file in a version's folder.
fn parent(path: &ControlPath) -> ControlPath {
    let inside = path.as_str().split_once('/').and_then(|(_, rest)| rest.rsplit_once('/'));
    inside.and_then(|(folder, _)| ControlPath::new(folder).ok()).unwrap_or_else(ControlPath::root)
}

fn on_disk(work: &RealDir, path: &ControlPath) -> PathBuf {
    work.place().join(Path::new(path.as_str()))
}
