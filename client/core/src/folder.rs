//! A game's folder as Mist keeps it: `.mist/` beside the game's own files.
//!
//! ```text
//! .mist/state.json            what the folder holds: the only file that says so
//! .mist/builds/<id>           signed envelopes of the builds named in the state
//! .mist/stats/<id>            modification times of the files of a build when they were last known to be right
//! .mist/outboards/<hash>      hash tree of the installed build's archive
//! .mist/fetch/                progress of the transfer under way
//! .mist/staging/              new files before they are put in place
//! .mist/patches/              patches of the operation under way or of one that was fetched ahead, where the home's disk has no room for them
//! .mist/links/                links, or copies of what they lead to, before they are put in place
//! .mist/journal               the commit under way
//! .mist/previous/             what going back to the build before takes, by its hashes
//! .mist/kept/<version>/       files that a player had changed, before they were replaced
//! ```

mod spent;
mod state;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use mist_proto::{Hash, ManifestId, RelPath, VerifiedManifest, path::CONTROL_DIR};
use mist_tree::fs::{
    ControlPath, Dir, EntryKind, ROOT, RealDir, SubDir, TreePath, probe, remove_tree, write_atomically,
};
use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    spent::Spent,
    state::{
        Ahead, BuildRef, Condition, DiskUse, FolderState, OperationRecord, Pending, Previous, RouteKind,
    },
};
use crate::{error::InstallError, install::previous::PREVIOUS};

/// Entries of a folder that are counted for a figure.
const MAX_COUNTED: usize = 200_000;

/// Where links, and copies of what they lead to, are made, under `.mist/`.
pub(crate) const LINKS: &str = "links";

/// An open game folder.
#[derive(Clone)]
pub(crate) struct GameFolder {
    path: PathBuf,
    pub(crate) dir: Arc<dyn Dir>,
    /// Whether making a link has failed.
    without_links: Arc<AtomicBool>,
}

impl GameFolder {
    /// Opens a folder that exists.
    pub(crate) fn open(path: &Path) -> Result<Self, InstallError> {
        let dir = RealDir::open(path).map_err(|e| InstallError::folder(path, e))?;
        Ok(Self::at(path, Arc::new(dir)))
    }

    /// Opens a folder, made if it is missing.
    pub(crate) fn create(path: &Path) -> Result<Self, InstallError> {
        let dir = RealDir::create(path).map_err(|e| InstallError::folder(path, e))?;
        Ok(Self::at(path, Arc::new(dir)))
    }

    /// A folder that is no real one.
    #[cfg(test)]
    pub(crate) fn over(dir: Arc<dyn Dir>) -> Self {
        Self::at(Path::new("/nowhere"), dir)
    }

    fn at(path: &Path, dir: Arc<dyn Dir>) -> Self {
        Self { path: path.to_owned(), dir, without_links: Arc::default() }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the disk may have symbolic links, as far as that is known.
    pub(crate) fn may_have_links(&self) -> bool {
        self.dir.may_have_links() && !self.without_links.load(Ordering::Relaxed)
    }

    /// Remembers that the disk has no links.
    pub(crate) fn found_without_links(&self) {
        self.without_links.store(true, Ordering::Relaxed);
    }

    /// The real path of a place under `.mist/`, for files that the peer-to-peer node keeps.
    pub(crate) fn control_path(&self, inside: &str) -> PathBuf {
        self.path.join(CONTROL_DIR).join(inside)
    }

    /// Bytes of all files in the folder, our own included; see [`bytes_below`].
    pub(crate) fn occupied(&self) -> u64 {
        let own = SubDir::new(self.dir.clone(), &ControlPath::root());
        bytes_below(&*self.dir).saturating_add(bytes_below(&own))
    }

    /// Bytes of all files in staging.
    pub(crate) fn staged(&self) -> u64 {
        bytes_below(&SubDir::new(self.dir.clone(), &control("staging")))
    }

    pub(crate) fn state(&self) -> Result<Option<FolderState>, InstallError> {
        read_json(&*self.dir, &control("state.json")).map_err(InstallError::Disk)
    }

    /// The same, where a file that can't be understood counts as none.
    pub(crate) fn readable_state(&self) -> Result<Option<FolderState>, InstallError> {
        match self.state() {
            Err(InstallError::Disk(e)) if e.kind() == io::ErrorKind::InvalidData => Ok(None),
            state => state,
        }
    }

    /// Whether the disk keeps executable bits, as far as that was tried.
    pub(crate) fn keeps_modes(&self) -> bool {
        let tried = self.readable_state().ok().flatten().and_then(|state| state.keeps_modes);
        tried.unwrap_or(!cfg!(windows))
    }

    /// Tries whether the disk keeps executable bits; nothing if it could not be tried, which whatever is done next will fail by.
    pub(crate) fn try_modes(&self) -> Option<bool> {
        probe(&*self.dir).ok().map(|able| able.executable_bit)
    }

    pub(crate) fn set_state(&self, state: &FolderState) -> Result<(), InstallError> {
        write_json(&*self.dir, &control("state.json"), state).map_err(InstallError::Disk)
    }

    pub(crate) fn keep_envelope(&self, manifest: &VerifiedManifest) -> Result<(), InstallError> {
        let path = envelope_path(manifest.id());
        if self.dir.metadata(&path).is_ok_and(|m| m.len == manifest.envelope().len() as u64) {
            return Ok(());
        }
        write_atomically(&*self.dir, &path, manifest.envelope()).map_err(InstallError::Disk)
    }

    pub(crate) fn envelope(&self, id: ManifestId) -> Result<Option<Vec<u8>>, InstallError> {
        read_all(&*self.dir, &envelope_path(id)).map_err(InstallError::Disk)
    }

    pub(crate) fn outboard_path(&self, archive: &Hash) -> PathBuf {
        self.control_path("outboards").join(archive.to_string())
    }

    /// Modification times of a build's files, in manifest order, as of when they were known to be right; 0 for unknown.
    pub(crate) fn stats(&self, id: ManifestId) -> Vec<i64> {
        // A cache: whatever is wrong with it, files are hashed instead.
        read_json(&*self.dir, &stats_path(id)).ok().flatten().unwrap_or_default()
    }

    pub(crate) fn set_stats(&self, id: ManifestId, stats: &[i64]) -> Result<(), InstallError> {
        write_json(&*self.dir, &stats_path(id), &stats).map_err(InstallError::Disk)
    }

    /// Removes what belongs to other builds than those in use, and all traces of transfers.
    pub(crate) fn tidy(&self, state: &FolderState) {
        let pending = state.pending.as_ref();
        let before = state.previous().map(|previous| &previous.build);
        let ahead = state.ahead.as_ref();
        let builds =
            [state.installed.as_ref(), before, pending.map(|p| &p.to), ahead.map(|ahead| &ahead.update.to)];
        // Until an operation has ended it has to know what it began with.
        let builds = builds.into_iter().chain([pending.and_then(|p| p.previous.as_ref())]).flatten();
        let names = builds.flat_map(|b| [b.manifest.to_string(), b.archive.hash.to_string()]);
        let names: Vec<String> = names.collect();
        let in_use = |name: &str| names.iter().any(|known| name.starts_with(known));
        // Leftovers cost room and nothing else.
        if state.pending.is_none() {
            for folder in ["fetch", "staging", "patches"].into_iter().filter(|_| ahead.is_none()) {
                let _ = remove_tree(&*self.dir, &control(folder));
            }
            let _ = remove_tree(&*self.dir, &control(LINKS));
            // Files that another build has too may be among what was kept.
            if state.previous().is_none() && ahead.is_none() {
                let _ = remove_tree(&*self.dir, &control(PREVIOUS));
            }
        }
        for folder in ["builds", "stats", "outboards"].map(control) {
            for entry in self.dir.read_dir(&folder).unwrap_or_default() {
                let name = entry.name.to_string_lossy();
                if let Some(name) = RelPath::new(&name).ok().filter(|_| !in_use(&name)) {
                    let _ = self.dir.remove_file(&folder.join(&name));
                }
            }
        }
    }
}

/// Bytes of all files below a folder. It is for a figure alone, so it can't fail: what can't be read or has no proper name counts
/// as nothing, and of more than [`MAX_COUNTED`] entries those that come later do.
fn bytes_below(dir: &dyn Dir) -> u64 {
    let (mut bytes, mut left) = (0u64, MAX_COUNTED);
    let mut open: Vec<Option<RelPath>> = vec![None];
    while let Some(folder) = open.pop() {
        let place: &dyn TreePath = folder.as_ref().map_or(ROOT, |path| path);
        for entry in dir.read_dir(place).unwrap_or_default() {
            let Some(fewer) = left.checked_sub(1) else { return bytes };
            left = fewer;
            let name = entry.name.to_string_lossy();
            let path = folder.as_ref().map_or_else(|| name.to_string(), |folder| format!("{folder}/{name}"));
            let Ok(path) = RelPath::new(&path) else { continue };
            match entry.kind {
                EntryKind::Dir => open.push(Some(path)),
                EntryKind::File => bytes = bytes.saturating_add(dir.metadata(&path).map_or(0, |m| m.len)),
                EntryKind::Symlink | EntryKind::Special => {}
            }
        }
    }
    bytes
}

fn envelope_path(id: ManifestId) -> ControlPath {
    control("builds").join(&RelPath::new(&id.to_string()).expect("hex is a path"))
}

fn stats_path(id: ManifestId) -> ControlPath {
    control("stats").join(&RelPath::new(&id.to_string()).expect("hex is a path"))
}

/// A place under `.mist/` whose name is written in this crate.
///
/// # Panics
/// If the name is no path, which is a mistake of this crate.
pub(crate) fn control(inside: &str) -> ControlPath {
    ControlPath::new(inside).expect("names of control files are paths")
}

pub(crate) fn read_all(dir: &dyn Dir, path: &dyn TreePath) -> io::Result<Option<Vec<u8>>> {
    let file = match dir.open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e),
    };
    let len = usize::try_from(file.size()?).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(Some(bytes))
}

pub(crate) fn read_json<T: DeserializeOwned>(dir: &dyn Dir, path: &dyn TreePath) -> io::Result<Option<T>> {
    let Some(bytes) = read_all(dir, path)? else { return Ok(None) };
    let parsed = serde_json::from_slice(&bytes);
    parsed.map(Some).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, format!("{path}: {e}")))
}

pub(crate) fn write_json<T: Serialize>(dir: &dyn Dir, path: &dyn TreePath, value: &T) -> io::Result<()> {
    write_atomically(dir, path, &serde_json::to_vec(value)?)
}

#[cfg(test)]
mod tests {
    use mist_tree::fs::fault::{CrashDir, Fault, FaultyDir, MemDir, at_each_operation, rounds};

    use super::*;

    #[test]
    fn torture_of_a_state_that_is_written() {
        rounds("state", 4, |seed, tally| {
            let dir = CrashDir::new(MemDir::new(), seed, 16);
            let at = control("state.json");
            for n in 1..=4u32 {
                let filler = "x".repeat((usize::try_from(seed % 5).expect("small") + 1) * 400);
                write_json(&dir, &at, &(n, filler)).expect("no fault");
                dir.acknowledge(n);
            }
            let (states, looked_at) = dir.states();
            for state in &states {
                let read = read_json::<(u32, String)>(&state.disk, &at).expect("never torn");
                let there = read.map_or(0, |(n, _)| n);
                assert!(there >= state.acked, "seed {seed}, operation {}: {there} is there", state.at);
            }
            tally.crash_states += states.len() as u64;
            tally.looked_at += looked_at;
            tally.meet_faults(seed, 16, |fault| states_survive_at_each_operation(seed, fault));
        });
    }

    /// Writes a state again and again. Returns how many operations were tried.
    fn states_survive_at_each_operation(seed: u64, fault: Fault) -> u64 {
        let at = control("state.json");
        let filler = "x".repeat((usize::try_from(seed % 5).expect("small") + 1) * 400);
        at_each_operation(
            MemDir::new,
            |_| fault,
            |dir, _, what| {
                for n in 1..=4u32 {
                    let written = write_json(&**dir, &at, &(n, &filler));
                    let what = format!("{what}, {n}: {written:?}");
                    let read = read_json::<(u32, String)>(dir.inner(), &at).expect("never torn");
                    let there = read.map_or(0, |(n, _)| n);
                    // It may be there although its folder could not be flushed.
                    assert!(there == n || (written.is_err() && there + 1 == n), "{what}: {there} is there");
                    if written.is_err() {
                        dir.relieve();
                        write_json(&**dir, &at, &(n, &filler))
                            .unwrap_or_else(|e| panic!("{what}, again: {e}"));
                    }
                }
            },
        )
    }

    #[test]
    fn a_figure_never_stops_anything() {
        let disk = MemDir::new();
        for at in ["a", "b/c", "b/d/e"] {
            let path = RelPath::new(at).expect("path");
            disk.create(&path).expect("made").write_all_at(b"four", 0).expect("written");
        }
        assert_eq!(bytes_below(&disk), 12);
        let whole = FaultyDir::new(disk);
        bytes_below(&whole);
        for at in 0..whole.operations() {
            whole.fail_at(at, Fault::Broken);
            assert!(bytes_below(&whole) <= 12, "whatever can't be read counts as nothing");
            whole.relieve();
        }
    }
}
