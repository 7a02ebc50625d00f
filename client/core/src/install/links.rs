//! The links of a build in a game's folder: what of them is right, and what has to be made and removed.
//!
//! On a disk without links, copies of what they lead to stand for them. Links and copies alike are made whole under
//! `.mist/links/` before a commit begins, which renames them into place.

use std::{collections::BTreeSet, io, num::NonZeroUsize, thread};

use mist_proto::{LinkEntry, Manifest, RelPath, VerifiedManifest};
use mist_tree::{
    fs::{Dir, SubDir, TreePath, is_without_links, remove_tree},
    links::{Copied, Copies},
    progress::{OnProgress, Progress},
    verify::{Standing, standing},
};

use super::{
    InstallError,
    journal::sync_tree,
    plan::NoRoom,
    previous::{PREVIOUS, name_of},
    reuse::Origin,
    sink::copy_file,
    survey::Survey,
};
use crate::{
    folder::{GameFolder, LINKS, control},
    stop::Stop,
};

/// What a survey found of the links of two builds.
#[derive(Debug, Default)]
pub(crate) struct LinkFindings {
    /// Whether copies stand for links here.
    pub(crate) as_copies: bool,
    /// Links of the wanted build that have to be made.
    pub(crate) make: Vec<LinkEntry>,
    /// Copies that have to be made, of files of the wanted build.
    pub(crate) copy: Vec<Copied>,
    /// Empty folders among copies that have to be made.
    pub(crate) folders: Vec<RelPath>,
    /// Copies that are right but for their executable bit, with the right one.
    pub(crate) modes: Vec<(RelPath, bool)>,
    /// Links and copies of the installed build that the wanted one does not have.
    pub(crate) remove: Vec<RelPath>,
    /// Empty folders among those.
    pub(crate) empty: Vec<RelPath>,
    /// Links of the installed build, or copies of theirs, that are not right.
    pub(crate) damaged: Vec<RelPath>,
    /// Bytes of copies that are here.
    pub(crate) here: u64,
}

impl LinkFindings {
    /// Where nothing is yet.
    pub(crate) fn of_nothing(wanted: &Manifest, as_copies: bool) -> Self {
        let all = Copies::of(wanted, |_| as_copies).unwrap_or_default();
        let make = if as_copies { Vec::new() } else { wanted.links.clone() };
        let folders = all.folders.into_iter().map(|(_, path)| path).collect();
        Self { as_copies, make, copy: all.files, folders, ..Self::default() }
    }

    /// Bytes that making copies takes.
    pub(crate) fn staged(&self) -> u64 {
        self.copy.iter().fold(0, |sum, c| sum.saturating_add(c.entry.size))
    }

    /// Only what has to be made.
    pub(super) fn to_make(&self) -> Self {
        Self {
            as_copies: self.as_copies,
            make: self.make.clone(),
            copy: self.copy.clone(),
            ..Self::default()
        }
    }

    /// What is to be renamed into place.
    pub(crate) fn staged_paths(&self) -> impl Iterator<Item = &RelPath> {
        self.make.iter().map(|link| &link.path).chain(self.copy.iter().map(|copy| &copy.entry.path))
    }
}

/// Bytes of copies that a build has where they stand for its links.
pub(crate) fn copies_size(build: &Manifest, as_copies: bool) -> u64 {
    // Links are checked when a manifest is read.
    if as_copies { Copies::of(build, |_| true).map_or(0, |copies| copies.size()) } else { 0 }
}

/// Files of a build that copies are made of. They can't be patched where they are: the copies are made before.
pub(super) fn copied_files(build: &Manifest) -> BTreeSet<RelPath> {
    let copies = Copies::of(build, |_| true).unwrap_or_default();
    copies.files.iter().map(|copy| build.files[copy.file].path.clone()).collect()
}

/// Surveys the links of both builds, after their files. What is in the way of links is noted in the survey.
pub(super) fn survey(
    found: &mut Survey,
    folder: &GameFolder,
    installed: Option<&VerifiedManifest>,
    wanted: &VerifiedManifest,
    stop: &Stop,
    progress: &mut OnProgress<'_>,
) -> Result<LinkFindings, InstallError> {
    if wanted.links.is_empty() && installed.is_none_or(|m| m.links.is_empty()) {
        return Ok(LinkFindings::default());
    }
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let modes = folder.keeps_modes();
    let mut stand = |build: &Manifest| {
        let stands = standing(&*folder.dir, build, threads, modes, progress);
        stands.map_err(|_| InstallError::from(stop.broken_off()))
    };
    let mut new = stand(wanted)?;
    let old = match installed {
        None => Standing::default(),
        Some(build) if build.id() == wanted.id() => new.clone(),
        Some(build) => stand(build)?,
    };
    // Where some stand as links, the disk has them.
    if let Some(installed) = installed {
        leave_behind(&mut new, installed);
    }
    let linked = !old.as_links.is_empty() || !new.as_links.is_empty();
    let as_copies = !folder.may_have_links() || !linked && (holds_copies(&old) || holds_copies(&new));
    let mut this = LinkFindings { as_copies, ..LinkFindings::default() };
    let known: BTreeSet<RelPath> = found.here.iter().map(|f| f.path.clone()).collect();
    let ours = paths_of(&old, installed.map(|m| &**m));
    for finding in &old.findings {
        this.damaged.push(finding.path.clone());
        if !known.contains(&finding.path) {
            found.note_foreign(folder, &finding.path, finding.problem);
        }
    }
    for finding in &new.findings {
        if !known.contains(&finding.path) && !ours.contains(&finding.path) {
            found.note_foreign(folder, &finding.path, finding.problem);
        }
    }
    for path in ours.iter().chain(&paths_of(&new, Some(wanted))) {
        found.foreign.remove(path);
    }
    this.plan_new(folder, wanted, &new);
    this.plan_old(installed.map(|m| &**m), wanted, &old, &new);
    Ok(this)
}

impl LinkFindings {
    /// What has to be made.
    fn plan_new(&mut self, folder: &GameFolder, wanted: &Manifest, new: &Standing) {
        if !self.as_copies {
            // Copies that are right stay.
            self.make = new.wrong.iter().map(|&link| wanted.links[link].clone()).collect();
            return;
        }
        let all = Copies::of(wanted, |link| new.as_links.binary_search(&link).is_err()).unwrap_or_default();
        let (mut right, mut folders) = (BTreeSet::new(), BTreeSet::new());
        let modes = folder.keeps_modes();
        for Copied { entry, .. } in &new.copies.files {
            right.insert(&entry.path);
            self.here = self.here.saturating_add(entry.size);
            let mode = folder.dir.metadata(&entry.path).map(|meta| meta.executable);
            if modes && mode.is_ok_and(|mode| mode != entry.executable) {
                self.modes.push((entry.path.clone(), entry.executable));
            }
        }
        folders.extend(new.copies.folders.iter().map(|(_, path)| path));
        let missing = all.folders.into_iter().map(|(_, path)| path).filter(|path| !folders.contains(path));
        self.folders = missing.collect();
        self.copy = all.files.into_iter().filter(|copy| !right.contains(&copy.entry.path)).collect();
    }

    /// What goes.
    fn plan_old(&mut self, installed: Option<&Manifest>, wanted: &Manifest, old: &Standing, new: &Standing) {
        let Some(installed) = installed else { return };
        let all = Copies::of(wanted, |_| self.as_copies).unwrap_or_default();
        let mut stays: BTreeSet<&RelPath> = BTreeSet::new();
        if self.as_copies {
            stays.extend(all.files.iter().map(|copy| &copy.entry.path));
            stays.extend(all.folders.iter().map(|(_, path)| path));
            stays.extend(new.as_links.iter().map(|&link| &wanted.links[link].path));
        } else {
            stays.extend(wanted.links.iter().map(|link| &link.path));
            let right = |link: usize| new.wrong.binary_search(&link).is_err();
            stays.extend(new.copies.files.iter().filter(|c| right(c.link)).map(|c| &c.entry.path));
            stays.extend(new.copies.folders.iter().filter(|(link, _)| right(*link)).map(|(_, path)| path));
        }
        let links = old.as_links.iter().map(|&link| &installed.links[link].path);
        let copies = old.copies.files.iter().map(|copy| &copy.entry.path);
        let goes = |path: &&RelPath| !stays.contains(path) && wanted.file(path).is_none();
        self.remove = links.chain(copies).filter(goes).cloned().collect();
        let folders = old.copies.folders.iter().map(|(_, path)| path);
        self.empty = folders.filter(|path| !stays.contains(path)).cloned().collect();
    }
}

/// A file of the installed build leaves its place, whatever it becomes: it is no copy, though it may have the content of one.
fn leave_behind(new: &mut Standing, installed: &Manifest) {
    let Standing { copies, wrong, .. } = new;
    copies.files.retain(|copy| {
        let stays = installed.file(&copy.entry.path).is_none();
        if !stays {
            wrong.push(copy.link);
        }
        stays
    });
    wrong.sort_unstable();
    wrong.dedup();
}

/// Whether a link stands as copies, all of them right.
fn holds_copies(standing: &Standing) -> bool {
    let Copies { files, folders } = &standing.copies;
    let mut links = files.iter().map(|copy| copy.link).chain(folders.iter().map(|(link, _)| *link));
    links.any(|link| standing.wrong.binary_search(&link).is_err())
}

/// Where links and copies of a build are right.
fn paths_of(standing: &Standing, build: Option<&Manifest>) -> BTreeSet<RelPath> {
    let Some(build) = build else { return BTreeSet::new() };
    let links = standing.as_links.iter().map(|&link| build.links[link].path.clone());
    links.chain(standing.copies.files.iter().map(|copy| copy.entry.path.clone())).collect()
}

/// Makes links and copies under `.mist/links/`. The files that are copied are in staging already, or in the folder.
///
/// # Errors
/// [`InstallError::WithoutLinks`] if the disk turns out to have none. It is known from then on.
pub(super) fn stage(
    folder: &GameFolder,
    found: &LinkFindings,
    wanted: &Manifest,
    origins: &[Origin],
    stop: &Stop,
    progress: &mut OnProgress<'_>,
) -> Result<(), InstallError> {
    let dir = &*folder.dir;
    remove_tree(dir, &control(LINKS)).map_err(InstallError::Disk)?;
    for link in &found.make {
        match dir.symlink(&link.target, &control(LINKS).join(&link.path)) {
            Err(e) if is_without_links(&e) => {
                folder.found_without_links();
                return Err(InstallError::WithoutLinks);
            }
            other => other.map_err(InstallError::Disk)?,
        }
    }
    let (total, mut done) = (found.staged(), 0);
    let free = dir.space().map_err(InstallError::Disk)?.free;
    if total > free {
        return Err(NoRoom { needed: total, free }.into());
    }
    let staging = SubDir::new(folder.dir.clone(), &control("staging"));
    let beside = SubDir::new(folder.dir.clone(), &control(LINKS));
    let previous = SubDir::new(folder.dir.clone(), &control(PREVIOUS));
    for Copied { file, entry, .. } in &found.copy {
        let original = &wanted.files[*file];
        let kept = name_of(&origins[*file], original);
        let from: (&dyn Dir, &RelPath) = match (&origins[*file], &kept) {
            (Origin::Keep, _) => (dir, &original.path),
            (Origin::Move(from), _) => (dir, from),
            (Origin::Return, Some(name)) => (&previous, name),
            // Planned before it was known that there are no links.
            (Origin::Patch | Origin::Unpatch(_), _) => return Err(InstallError::WithoutLinks),
            _ => (&staging, &original.path),
        };
        let copied = copy_file(from, (&beside, &entry.path), |n| {
            done += n;
            progress(Progress { done, total })
        });
        if copied.map_err(InstallError::Disk)?.is_break() {
            return Err(stop.broken_off().into());
        }
    }
    sync_tree(dir, &control(LINKS)).map_err(InstallError::Disk)
}

/// Removes the links of a build, or the copies that stand for them, and returns how many; `folders` gets the folders that may
/// be empty then. A link that says something else is the player's.
pub(super) fn remove(
    dir: &dyn Dir,
    build: &Manifest,
    folders: &mut BTreeSet<RelPath>,
    gone: impl Fn(&io::Error) -> bool,
) -> io::Result<usize> {
    let linked = |link: &LinkEntry| dir.read_link(&link.path as &dyn TreePath).ok();
    let mut removed = 0;
    let mut take = |path: &RelPath, folders: &mut BTreeSet<RelPath>| {
        folders.extend(std::iter::successors(path.parent(), RelPath::parent));
        match dir.remove_file(path) {
            Ok(()) => removed += 1,
            Err(e) if gone(&e) => {}
            Err(e) => return Err(e),
        }
        Ok(())
    };
    for link in &build.links {
        if linked(link).is_some_and(|said| said.to_str() == Some(link.target.as_str())) {
            take(&link.path, folders)?;
        }
    }
    let stand_in = |index: usize| linked(&build.links[index]).is_none();
    let copies = Copies::of(build, stand_in).unwrap_or_default();
    for copy in &copies.files {
        take(&copy.entry.path, folders)?;
    }
    for (_, folder) in &copies.folders {
        folders.extend(std::iter::successors(Some(folder.clone()), RelPath::parent));
    }
    Ok(removed)
}

#[cfg(test)]
#[path = "links_tests.rs"]
mod tests;
