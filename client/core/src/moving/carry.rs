//! A game's folder on its way to another disk: copied, compared, and only then left behind.
//!
//! Everything goes along, the player's own files and `.mist` too. The files of the build are compared with what its manifest says,
//! all others with those that they were copied from. The state, which alone makes a folder a game's, comes last.

use std::{collections::BTreeMap, ffi::OsStr, io, num::NonZeroUsize, thread};

use mist_proto::{FileEntry, Hash, LinkEntry, Manifest, VerifiedManifest, path::CONTROL_DIR};
use mist_tree::{
    fs::{
        Dir, EntryKind, FoundEntry, FoundPath, Meta, ROOT, ReadAt, TreePath, copy_range, everything,
        is_without_links, remove_tree,
    },
    hash_file, links,
    progress::Progress,
    verify::standing,
};

use super::label::{is_of_the_folder, missing_is_fine};
use crate::{
    error::{InstallError, NoRoom},
    events::Phase,
    folder::{GameFolder, control},
    stop::Stop,
};

/// Where a link, or a copy that stands for one, is made before it gets its place.
const BESIDE: &str = "moving-link";
/// How often everything is looked at again because something has changed meanwhile.
const ROUNDS: usize = 5;
/// Bytes that are copied between two looks at whether to stop.
const PORTION: u64 = 8 << 20;
/// Bytes that are compared at once.
const BLOCK: usize = 256 << 10;
/// Some disks keep times to 10 milliseconds, and some to 2 seconds.
const FINEST_OF_COARSE: i64 = 10_000_000;
const COARSEST: u64 = 2_000_000_000;
/// What a file takes beyond its length, at most about.
const SLACK: u64 = 4096;

/// Bytes that a folder's content takes elsewhere, without the holes of its files if they are `counted`.
pub(crate) fn weight(from: &dyn Dir, counted: bool) -> io::Result<u64> {
    let mut sum = 0u64;
    for FoundEntry { path, meta, .. } in everything(from)?.iter().filter(|e| e.meta.kind == EntryKind::File) {
        let len = if counted { without_holes(&*from.open(path)?)? } else { meta.len };
        sum = sum.saturating_add(len).saturating_add(SLACK);
    }
    Ok(sum)
}

fn without_holes(file: &dyn ReadAt) -> io::Result<u64> {
    let (mut sum, mut at) = (0u64, 0);
    while let Some(data) = file.next_data(at)? {
        sum = sum.saturating_add(data.end - data.start);
        at = data.end;
    }
    Ok(sum)
}

/// One game's content on its way.
pub(crate) struct Carry<'a> {
    pub(crate) from: &'a dyn Dir,
    pub(crate) to: &'a dyn Dir,
    /// The build that is in the folder, if one is.
    pub(crate) manifest: Option<&'a Manifest>,
    /// Whether the old folder's disk keeps executable bits. If not, they are those of the build.
    pub(crate) knows_modes: bool,
    /// Whether the new folder's does, as far as it could be tried.
    pub(crate) keeps_modes: Option<bool>,
    pub(crate) stop: &'a Stop,
    pub(crate) watch: &'a mut dyn FnMut(Phase, Progress),
}

impl Carry<'_> {
    /// Copies and compares until the two folders are the same but for their states, and all of the new one is durable. The new one
    /// has its [label](super::label::begin). May be called again after it failed or was killed. Returns the bytes that were copied.
    pub(crate) fn run(&mut self) -> Result<u64, InstallError> {
        let modes = self.modes()?;
        let executable = |entry: &FoundEntry| match &modes {
            Some(modes) => modes.get(entry.path.as_str()).copied().unwrap_or(false),
            None => entry.meta.executable,
        };
        // As each was in the old folder when it was found to be the same in the new one.
        let mut same: BTreeMap<FoundPath, Meta> = BTreeMap::new();
        let mut copied = 0;
        for _ in 0..ROUNDS {
            let load = content(self.from).map_err(InstallError::Disk)?;
            self.refuse_what_cant_go(&load)?;
            self.drop_strays(&load).map_err(InstallError::Disk)?;
            let missing = self.missing(&load, &executable);
            self.make_room(&missing)?;
            copied += self.copy(&load, &missing, &executable)?;
            let wrong = self.compare(&load, &mut same)?;
            for path in &wrong {
                missing_is_fine(self.to.remove_file(path)).map_err(InstallError::Disk)?;
            }
            let now = content(self.from).map_err(InstallError::Disk)?;
            if wrong.is_empty() && now == load {
                flush(self.to).map_err(InstallError::Disk)?;
                return Ok(copied);
            }
        }
        Err(InstallError::KeepsChanging)
    }

    /// The executable bits of the build's files, and of copies that stand for its links, where the disk does not know them.
    fn modes(&self) -> Result<Option<BTreeMap<String, bool>>, InstallError> {
        let Some(manifest) = self.manifest.filter(|_| !self.knows_modes) else { return Ok(None) };
        let copies = links::Copies::of(manifest, |_| true);
        let copies = copies.map_err(|e| InstallError::Disk(io::Error::new(io::ErrorKind::InvalidData, e)))?;
        let files = manifest.files.iter().chain(copies.files.iter().map(|copy| &copy.entry));
        Ok(Some(files.map(|file| (file.path.to_string(), file.executable)).collect()))
    }

    /// Before anything is copied.
    fn refuse_what_cant_go(&self, load: &[FoundEntry]) -> Result<(), InstallError> {
        let linked = self.to.may_have_links();
        for FoundEntry { path, meta, says } in load {
            if meta.kind == EntryKind::Special {
                return Err(InstallError::SpecialFile { path: path.to_string() });
            }
            if says.is_some() && !linked && self.of_build(path).is_none() {
                return Err(InstallError::OwnLink { path: path.to_string() });
            }
        }
        Ok(())
    }

    /// The build's link of this name.
    fn of_build(&self, path: &FoundPath) -> Option<&LinkEntry> {
        let links = &self.manifest?.links;
        let place = links.binary_search_by(|link| link.path.as_str().cmp(path.as_str())).ok()?;
        links.get(place)
    }

    /// What the new folder's `.mist` has of an earlier try and the old one's has not any more, such as a commit that has ended.
    fn drop_strays(&self, load: &[FoundEntry]) -> io::Result<()> {
        let known: BTreeMap<&FoundPath, EntryKind> = load.iter().map(|e| (&e.path, e.meta.kind)).collect();
        for entry in everything(self.to)?.iter().rev().filter(|e| e.path.is_control()) {
            let is_known = known.get(&entry.path) == Some(&entry.meta.kind);
            if !is_known && !is_of_the_folder(&entry.path) && entry.path.as_str() != CONTROL_DIR {
                remove_tree(self.to, &entry.path)?;
            }
        }
        Ok(())
    }

    /// Files that are not in the new folder yet, as far as can be told without reading them.
    fn missing<'l>(
        &self,
        load: &'l [FoundEntry],
        executable: &dyn Fn(&FoundEntry) -> bool,
    ) -> Vec<&'l FoundEntry> {
        let is_there = |entry: &FoundEntry| {
            self.to.metadata(&entry.path).is_ok_and(|meta| {
                let modes = self.keeps_modes != Some(true) || meta.executable == executable(entry);
                modes && looks_copied(&meta, &entry.meta)
            })
        };
        load.iter().filter(|e| e.meta.kind == EntryKind::File && !is_there(e)).collect()
    }

    fn make_room(&self, missing: &[&FoundEntry]) -> Result<(), InstallError> {
        let free = self.to.space().map_err(InstallError::Disk)?.free;
        let whole = missing.iter().fold(0u64, |sum, e| sum.saturating_add(e.meta.len).saturating_add(SLACK));
        if whole <= free {
            return Ok(());
        }
        // Files with holes take less than their length.
        let mut needed = 0u64;
        for entry in missing {
            let file = self.from.open(&entry.path).map_err(InstallError::Disk)?;
            let taken = without_holes(&*file).map_err(InstallError::Disk)?;
            needed = needed.saturating_add(taken).saturating_add(SLACK);
        }
        if needed <= free { Ok(()) } else { Err(NoRoom { needed, free }.into()) }
    }

    fn copy(
        &mut self,
        load: &[FoundEntry],
        missing: &[&FoundEntry],
        executable: &dyn Fn(&FoundEntry) -> bool,
    ) -> Result<u64, InstallError> {
        let mut linked = Vec::new();
        for entry in load {
            self.stop.check()?;
            match (entry.meta.kind, &entry.says) {
                (EntryKind::Dir, _) => self.make_folder(&entry.path).map_err(InstallError::Disk)?,
                (_, Some(says)) => match self.of_build(&entry.path) {
                    Some(link) if says.to_str() == Some(link.target.as_str()) => linked.push(link.clone()),
                    _ => self.link_again(entry, says)?,
                },
                _ => {}
            }
        }
        linked.sort_by(|a, b| a.path.cmp(&b.path));
        let total = missing.iter().fold(0u64, |sum, e| sum.saturating_add(e.meta.len));
        let mut done = 0;
        (self.watch)(Phase::Copying, Progress { done, total });
        for entry in missing {
            self.copy_file(entry, executable(entry), &mut done, total)?;
        }
        // Last, as copies may have to stand for them.
        links::put(self.to, &control(BESIDE), &linked).map_err(InstallError::Disk)?;
        Ok(done)
    }

    fn make_folder(&self, path: &FoundPath) -> io::Result<()> {
        match self.to.metadata(path) {
            Ok(meta) if meta.kind != EntryKind::Dir => self.to.remove_file(path)?,
            _ => {}
        }
        self.to.create_dir_all(path)
    }

    /// Makes a link that is not of the build, or one that the player has changed.
    fn link_again(&self, entry: &FoundEntry, says: &OsStr) -> Result<(), InstallError> {
        if self.to.read_link(&entry.path).is_ok_and(|said| said == says) {
            return Ok(());
        }
        remove_tree(self.to, &entry.path).map_err(InstallError::Disk)?;
        self.to.symlink_again(says, &entry.path).map_err(|e| match is_without_links(&e) {
            true => InstallError::OwnLink { path: entry.path.to_string() },
            false => InstallError::Disk(e),
        })
    }

    fn copy_file(
        &mut self,
        entry: &FoundEntry,
        executable: bool,
        done: &mut u64,
        total: u64,
    ) -> Result<(), InstallError> {
        let path = &entry.path;
        if self.to.metadata(path).is_ok_and(|meta| meta.kind == EntryKind::Dir) {
            remove_tree(self.to, path).map_err(InstallError::Disk)?;
        }
        let source = self.from.open(path).map_err(InstallError::Disk)?;
        let copy = self.to.create(path).map_err(InstallError::Disk)?;
        let mut at = 0;
        while at < entry.meta.len {
            self.stop.check()?;
            let end = entry.meta.len.min(at + PORTION);
            copy_range(&*source, at..end, &*copy, at).map_err(InstallError::Disk)?;
            *done += end - at;
            at = end;
            (self.watch)(Phase::Copying, Progress { done: *done, total });
        }
        let finish = || {
            copy.set_executable(executable)?;
            // When a save was made matters to its player; whether the disk can say so does not matter to anybody.
            let _ = copy.set_modified(entry.meta.modified_ns);
            copy.sync_data()
        };
        finish().map_err(InstallError::Disk)
    }

    /// Names the files that are not the same in both folders.
    fn compare(
        &mut self,
        load: &[FoundEntry],
        same: &mut BTreeMap<FoundPath, Meta>,
    ) -> Result<Vec<FoundPath>, InstallError> {
        let files = self.manifest.map(|m| m.files.as_slice()).unwrap_or_default();
        let hashes: BTreeMap<&str, Hash> = files.iter().map(|f| (f.path.as_str(), f.hash)).collect();
        let open = |e: &&FoundEntry| e.meta.kind == EntryKind::File && same.get(&e.path) != Some(&e.meta);
        let open: Vec<_> = load.iter().filter(open).collect();
        let total = open.iter().fold(0u64, |sum, e| sum.saturating_add(e.meta.len));
        let (mut done, mut wrong) = (0, Vec::new());
        (self.watch)(Phase::Verifying, Progress { done, total });
        for entry in open {
            if self.is_same(entry, hashes.get(entry.path.as_str()).copied(), done, total)? {
                same.insert(entry.path.clone(), entry.meta);
            } else {
                wrong.push(entry.path.clone());
            }
            done += entry.meta.len;
            (self.watch)(Phase::Verifying, Progress { done, total });
        }
        self.compare_links(load)?;
        Ok(wrong)
    }

    fn is_same(
        &mut self,
        entry: &FoundEntry,
        hash: Option<Hash>,
        before: u64,
        total: u64,
    ) -> Result<bool, InstallError> {
        let (len, stop) = (entry.meta.len, self.stop);
        let mut seen = before;
        let mut each = |n: u64| -> io::Result<()> {
            stop.check().map_err(io::Error::other)?;
            // Where both are read, it counts once.
            seen = (seen + n).min(before + len);
            (self.watch)(Phase::Verifying, Progress { done: seen, total });
            Ok(())
        };
        let mut compared = || -> io::Result<bool> {
            let copy = self.to.open(&entry.path)?;
            if copy.size()? != len {
                return Ok(false);
            }
            if let Some(hash) = hash
                && hash_file(&*copy, len, &mut each)? == hash
            {
                return Ok(true);
            }
            // Not as it was pushed, or none of the build's: as it is here, it goes along.
            same_bytes(&*self.from.open(&entry.path)?, &*copy, len, &mut each)
        };
        compared().map_err(|e| stop.check().map_or_else(InstallError::from, |()| InstallError::Disk(e)))
    }

    /// Links are right as links, or as copies of what they lead to.
    fn compare_links(&self, load: &[FoundEntry]) -> Result<(), InstallError> {
        let says_the_same = |e: &FoundEntry| {
            e.says.as_ref().is_none_or(|says| self.to.read_link(&e.path).is_ok_and(|said| said == *says))
        };
        let Some(manifest) = self.manifest else { return Ok(()) };
        if load.iter().all(says_the_same) {
            return Ok(());
        }
        let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let found = standing(self.to, manifest, threads, false, &mut |_| self.stop.flow());
        let found = found.map_err(|_| self.stop.broken_off())?;
        match found.findings.len() {
            0 => Ok(()),
            files => Err(InstallError::StillDamaged { files }),
        }
    }
}

/// Makes the new folder the game's: from now on it can stand for the old one. `keeps_modes` is as in [`Carry`].
pub(crate) fn arrive(
    from: &GameFolder,
    to: &GameFolder,
    build: Option<&VerifiedManifest>,
    keeps_modes: Option<bool>,
) -> Result<(), InstallError> {
    let Some(mut state) = from.state()? else {
        return Err(InstallError::Disk(io::ErrorKind::NotFound.into()));
    };
    state.keeps_modes = keeps_modes;
    if let Some(build) = build {
        // Times that were known to be those of right files are known here too, as this disk keeps them.
        let known = from.stats(build.id());
        let stat = |(index, file): (usize, &FileEntry)| {
            let now =
                |folder: &GameFolder| folder.dir.metadata(&file.path).map_or(0, |meta| meta.modified_ns);
            let before = known.get(index).copied().unwrap_or(0);
            if before != 0 && before == now(from) { now(to) } else { 0 }
        };
        let stats: Vec<i64> = build.files.iter().enumerate().map(stat).collect();
        to.set_stats(build.id(), &stats)?;
    }
    to.set_state(&state)?;
    to.dir.sync_dir(ROOT).map_err(InstallError::Disk)
}

/// What goes along.
fn content(from: &dyn Dir) -> io::Result<Vec<FoundEntry>> {
    let mut load = everything(from)?;
    load.retain(|entry| !is_of_the_folder(&entry.path));
    Ok(load)
}

/// Whether a file is a copy of another one, as far as that can be told without reading them.
pub(super) fn looks_copied(copy: &Meta, original: &Meta) -> bool {
    let coarse = copy.modified_ns % FINEST_OF_COARSE == 0;
    let apart = copy.modified_ns.abs_diff(original.modified_ns);
    copy.kind == original.kind && copy.len == original.len && (apart == 0 || coarse && apart <= COARSEST)
}

pub(super) fn same_bytes(
    a: &dyn ReadAt,
    b: &dyn ReadAt,
    len: u64,
    each: &mut dyn FnMut(u64) -> io::Result<()>,
) -> io::Result<bool> {
    let size = usize::try_from(len).unwrap_or(BLOCK).min(BLOCK);
    let (mut one, mut other, mut at) = (vec![0; size], vec![0; size], 0);
    while at < len {
        let n = usize::try_from(len - at).unwrap_or(BLOCK).min(BLOCK);
        a.read_exact_at(&mut one[..n], at)?;
        b.read_exact_at(&mut other[..n], at)?;
        if one[..n] != other[..n] {
            return Ok(false);
        }
        at += n as u64;
        each(n as u64)?;
    }
    Ok(true)
}

/// The names in all folders survive a power loss.
fn flush(dir: &dyn Dir) -> io::Result<()> {
    for folder in everything(dir)?.iter().rev().filter(|e| e.meta.kind == EntryKind::Dir) {
        dir.sync_dir(&folder.path)?;
    }
    dir.sync_dir(ROOT)
}

#[cfg(test)]
#[path = "carry_tests.rs"]
mod tests;
