//! What it takes to go back to the build before, kept in the game's folder: `.mist/previous/`.
//!
//! A file that the present build has not any more is not removed by a commit but renamed to its hash. Of a file that is patched
//! where it is, the journal that patches it back is kept, under the hashes of both. What is there is taken for what its name says
//! only after it was read ([`check`]): it may be of any build, and may be gone at any time.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use mist_proto::{FileEntry, Hash, Manifest, RelPath};
use mist_tree::{
    fs::{ControlPath, Dir, EntryKind},
    hash_file,
    progress::{OnProgress, Progress},
};

use super::{
    journal::{STAGING, sync_tree},
    reuse::Origin,
};
use crate::folder::control;

/// Where it is, under `.mist/`.
pub(crate) const PREVIOUS: &str = "previous";

/// Bytes of disk that are left free where something is kept.
pub(crate) const RESERVE: u64 = 1 << 30;

/// What is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Material {
    /// Whole files by their content, with their sizes.
    pub(crate) files: BTreeMap<Hash, u64>,
    /// Journals by the content that is patched and the one that it becomes, with their own sizes.
    pub(crate) journals: BTreeMap<(Hash, Hash), u64>,
}

impl Material {
    /// What is there. What can't be read counts as not there.
    pub(crate) fn found(dir: &dyn Dir) -> Self {
        let mut this = Self::default();
        for entry in dir.read_dir(&control(PREVIOUS)).unwrap_or_default() {
            let (Some(name), EntryKind::File) = (entry.name.to_str(), entry.kind) else { continue };
            let Ok(path) = RelPath::new(name) else { continue };
            let Ok(meta) = dir.metadata(&control(PREVIOUS).join(&path)) else { continue };
            let hashes = name.split_once('-').map(|(from, to)| (from.parse(), to.parse()));
            match (name.parse(), hashes) {
                (Ok(hash), _) => drop(this.files.insert(hash, meta.len)),
                (_, Some((Ok(from), Ok(to)))) => drop(this.journals.insert((from, to), meta.len)),
                _ => {}
            }
        }
        this
    }

    /// Bytes of it.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.values().chain(self.journals.values()).fold(0, |sum, len| sum.saturating_add(*len))
    }

    /// The part of it by which a folder that is exactly `here` becomes `back`; nothing if more than that is needed.
    pub(crate) fn way(&self, here: &Manifest, back: &Manifest) -> Option<Self> {
        let at_hand: BTreeSet<Hash> = here.files.iter().map(|f| f.hash).collect();
        let mut way = Self::default();
        for file in back.files.iter().filter(|f| f.size > 0 && !at_hand.contains(&f.hash)) {
            if let Some(&size) = self.files.get(&file.hash).filter(|size| **size == file.size) {
                way.files.insert(file.hash, size);
            } else {
                let names = (here.file(&file.path)?.hash, file.hash);
                way.journals.insert(names, *self.journals.get(&names)?);
            }
        }
        Some(way)
    }

    /// What of it a build has, whatever it takes beside.
    fn of(&self, build: &Manifest) -> Self {
        let content: BTreeSet<Hash> = build.files.iter().map(|f| f.hash).collect();
        let files = self.files.iter().filter(|(hash, _)| content.contains(hash));
        let journals = self.journals.iter().filter(|((_, to), _)| content.contains(to));
        Self {
            files: files.map(|(hash, len)| (*hash, *len)).collect(),
            journals: journals.map(|(names, len)| (*names, *len)).collect(),
        }
    }

    /// Removes what is there beside it. What is left costs room and nothing else.
    pub(crate) fn prune(&self, dir: &dyn Dir) {
        let Self { files, journals } = Self::found(dir);
        for hash in files.keys().filter(|hash| !self.files.contains_key(hash)) {
            let _ = dir.remove_file(&file_at(hash));
        }
        for names in journals.keys().filter(|names| !self.journals.contains_key(names)) {
            let _ = dir.remove_file(&journal_at(names));
        }
    }
}

/// Bytes of whole files that are kept to go back to `back` once the folder is `now`, on its way to `wanted`, where those of at least
/// `patch_from` bytes are patched where they are.
pub(crate) fn weight(back: &Manifest, now: &Manifest, wanted: &Manifest, patch_from: u64) -> u64 {
    let stays: BTreeSet<Hash> = now.files.iter().chain(&wanted.files).map(|f| f.hash).collect();
    let patched = |f: &FileEntry| now.file(&f.path).is_some_and(|to| to.size.min(f.size) >= patch_from);
    let goes =
        back.files.iter().filter(|f| !stays.contains(&f.hash) && !patched(f)).map(|f| (f.hash, f.size));
    let goes: BTreeMap<Hash, u64> = goes.collect();
    goes.values().fold(0, |sum, size| sum.saturating_add(*size))
}

fn file_name(hash: &Hash) -> RelPath {
    RelPath::new(&hash.to_string()).expect("hex is a path")
}

fn journal_name((from, to): &(Hash, Hash)) -> RelPath {
    RelPath::new(&format!("{from}-{to}")).expect("hex is a path")
}

pub(super) fn file_at(hash: &Hash) -> ControlPath {
    control(PREVIOUS).join(&file_name(hash))
}

fn journal_at(names: &(Hash, Hash)) -> ControlPath {
    control(PREVIOUS).join(&journal_name(names))
}

/// The name under which a file that has an origin there lies there.
pub(crate) fn name_of(origin: &Origin, file: &FileEntry) -> Option<RelPath> {
    match origin {
        Origin::Return | Origin::ReturnCopy => Some(file_name(&file.hash)),
        Origin::Unpatch(from) => Some(journal_name(&(*from, file.hash))),
        Origin::Keep | Origin::Move(_) | Origin::Copy(_) | Origin::Mend | Origin::Fetch | Origin::Patch => {
            None
        }
    }
}

/// What one commit keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Keep {
    /// Files, and what they are called then.
    pub(crate) files: Vec<(RelPath, RelPath)>,
    /// Bytes of those.
    bytes: u64,
    /// Files that are patched where they are: which, by what under `.mist/`, and their content before and afterwards.
    journals: Vec<(RelPath, ControlPath, Hash, Hash)>,
}

/// A commit, as far as it matters to what is kept.
pub(crate) struct Leaving<'a> {
    /// Build that is here.
    pub(crate) old: &'a Manifest,
    /// Build that the folder becomes.
    pub(crate) new: &'a Manifest,
    /// Where each file of the new build comes from.
    pub(crate) origins: &'a [Origin],
    /// Files that are known to be right.
    pub(crate) here: &'a [FileEntry],
    /// Build that the operation leads to in the end.
    pub(crate) wanted: &'a Manifest,
    /// Build to go back to.
    pub(crate) back: &'a Manifest,
}

impl Keep {
    /// Pure.
    pub(crate) fn plan(leaving: &Leaving<'_>) -> Self {
        let Leaving { old, new, origins, here, wanted, back } = leaving;
        let content = |build: &Manifest| build.files.iter().map(|f| f.hash).collect::<BTreeSet<Hash>>();
        let (mut needed, stays) = (content(back), content(wanted));
        needed.retain(|hash| !stays.contains(hash));
        for file in &new.files {
            needed.remove(&file.hash);
        }
        let mut this = Self::default();
        let right = |f: &&FileEntry| old.file(&f.path).is_some_and(|o| o.hash == f.hash);
        for file in here.iter().filter(right) {
            if file.size == 0 || !needed.contains(&file.hash) {
                continue;
            }
            let becomes = new.files.binary_search_by(|f| f.path.cmp(&file.path)).ok();
            let patched = becomes.map(|index| (&origins[index], &new.files[index]));
            let journal = match patched {
                Some((Origin::Patch, _)) => Some(control(STAGING).join(&file.path)),
                Some((Origin::Unpatch(from), to)) => Some(journal_at(&(*from, to.hash))),
                _ => None,
            };
            match (journal, patched) {
                (Some(journal), Some((_, to))) => {
                    // Of several with one content it is the path that counts.
                    this.journals.push((file.path.clone(), journal, file.hash, to.hash));
                }
                _ => {
                    needed.remove(&file.hash);
                    this.bytes = this.bytes.saturating_add(file.size);
                    this.files.push((file.path.clone(), file_name(&file.hash)));
                }
            }
        }
        this
    }

    /// Writes the journals that patch files back, durably, if all that is kept for `back` then takes at most `most` bytes and the
    /// disk has room. Returns whether anything is to be kept.
    ///
    /// # Errors
    /// What the system reports.
    pub(crate) fn write(&self, dir: &dyn Dir, back: &Manifest, most: u64) -> io::Result<bool> {
        let mut journals = 0u64;
        for (_, journal, ..) in &self.journals {
            journals = journals.saturating_add(dir.metadata(journal)?.len);
        }
        let held = Material::found(dir).of(back).bytes();
        let all = [held, self.bytes, journals].into_iter().fold(0, u64::saturating_add);
        if all > most || journals.saturating_add(RESERVE) > dir.space()?.free {
            return Ok(false);
        }
        for (path, journal, before, after) in &self.journals {
            mist_delta::reverse(dir, journal, path, &journal_at(&(*after, *before)), *before)?;
        }
        sync_tree(dir, &control(PREVIOUS))?;
        Ok(true)
    }
}

/// Reads everything that a build is about to be made of, and removes what is not what its name says. Returns whether all of it is.
///
/// # Errors
/// What the system reports, or `watch` broke it off.
pub(crate) fn check(
    dir: &dyn Dir,
    build: &Manifest,
    origins: &[Origin],
    watch: &mut OnProgress<'_>,
) -> io::Result<bool> {
    let of_ours = |(origin, file): (&Origin, &FileEntry)| {
        let name = name_of(origin, file)?;
        Some((control(PREVIOUS).join(&name), file.clone(), matches!(origin, Origin::Unpatch(_))))
    };
    let all: BTreeMap<_, _> = (origins.iter().zip(&build.files).filter_map(of_ours))
        .map(|(at, file, is_journal)| (at.to_string(), (at, file, is_journal)))
        .collect();
    let total = all.values().map(|(_, file, _)| file.size).sum();
    let (mut done, mut right) = (0, true);
    for (at, file, is_journal) in all.values() {
        let is_right = if *is_journal {
            mist_delta::leads_to(dir, at, &file.path, file.hash)
        } else {
            let mut each = |n: u64| {
                done += n;
                match watch(Progress { done: done.min(total), total }).is_break() {
                    true => Err(io::Error::other("it is to stop")),
                    false => Ok(()),
                }
            };
            let hashed = dir.open(at).and_then(|found| match found.size()? == file.size {
                true => hash_file(&*found, file.size, &mut each),
                false => Err(io::ErrorKind::UnexpectedEof.into()),
            });
            hashed.map(|hash| hash == file.hash)
        };
        let is_right = match is_right {
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => false,
            is_right => is_right?,
        };
        if !is_right {
            right = false;
            dir.remove_file(at)
                .or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
        }
    }
    Ok(right)
}

#[cfg(test)]
#[path = "previous_tests.rs"]
mod tests;
