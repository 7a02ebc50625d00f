//! Whether a folder is the build that its manifest says.

mod standing;

use std::{io, num::NonZeroUsize, ops::ControlFlow, thread};

use mist_proto::{FileEntry, Manifest, RelPath};

pub use standing::{Standing, standing};

pub use crate::hashing::Cancelled;
use crate::{
    fs::{Dir, EntryKind, Meta},
    hashing::{Reader, each_file},
    progress::{OnProgress, Progress},
};

/// What is wrong with a file or empty folder of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// There is nothing of this name.
    Missing,
    /// There is something else: a folder, link or device where a file belongs, or no folder where one belongs.
    WrongKind(EntryKind),
    /// A file with other content.
    Modified {
        /// Its length in bytes.
        size: u64,
    },
    /// The right content, but the executable bit is wrong.
    WrongMode,
    /// It can't be read: a bad disk, a missing permission, or a link in the way.
    Unreadable(io::ErrorKind),
}

/// A difference between a folder and its manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A file, link or empty folder of the manifest, or a copy that stands in the place of a link or below it.
    pub path: RelPath,
    /// What is wrong with it.
    pub problem: Problem,
}

/// How to verify.
pub struct VerifyOptions<'a> {
    /// Files that read as intact without looking inside, e.g. because length and modification time are those of the
    /// last full verification. Gets the file's index in the manifest.
    pub trust: &'a (dyn Fn(usize, &Meta) -> bool + Sync),
    /// Whether the disk keeps the executable bit: where it does not, a wrong one is no finding.
    pub modes: bool,
    /// Threads that read and hash, beside the caller's.
    pub threads: NonZeroUsize,
    /// Whether links belong to what is verified. A depot has none.
    pub links: bool,
}

impl Default for VerifyOptions<'_> {
    /// Trusts nothing, looks at the executable bit wherever the system knows one, and uses all processors.
    fn default() -> Self {
        let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { trust: &|_, _| false, modes: !cfg!(windows), threads, links: true }
    }
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// All differences; files in manifest order, then empty folders, then links.
    pub findings: Vec<Finding>,
    /// For each file of the manifest that is intact, what the folder said of it before it was read: a later
    /// verification may trust it while that is unchanged.
    pub intact: Vec<Option<Meta>>,
}

/// Compares the folder `dir` with `manifest`. Progress counts bytes of the manifest's files. A link is right as itself, and as
/// copies of what it leads to.
///
/// Whatever the system reports is a finding, never an error, so that one bad sector does not hide the rest. Files
/// that the manifest does not name are not looked at.
///
/// # Errors
/// [`Cancelled`].
pub fn verify(
    dir: &dyn Dir,
    manifest: &Manifest,
    options: &VerifyOptions<'_>,
    progress: &mut OnProgress<'_>,
) -> Result<Verified, Cancelled> {
    let outcomes = verify_files(dir, &manifest.files, options, progress)?;
    let mut findings: Vec<_> = manifest
        .files
        .iter()
        .zip(&outcomes)
        .filter_map(|(f, o)| Some(Finding { path: f.path.clone(), problem: o.err()? }))
        .collect();
    findings.extend(manifest.empty_dirs.iter().filter_map(|d| check_folder(dir, d)));
    if options.links {
        // Copies are not counted: how many there are depends on the disk.
        let mut on = |_| progress(Progress { done: manifest.content_size(), total: manifest.content_size() });
        findings.extend(standing(dir, manifest, options.threads, options.modes, &mut on)?.findings);
    }
    Ok(Verified { findings, intact: outcomes.into_iter().map(Result::ok).collect() })
}

type Outcome = Result<Meta, Problem>;

/// Looks at files one by one. Progress counts their bytes.
fn verify_files(
    dir: &dyn Dir,
    files: &[FileEntry],
    options: &VerifyOptions<'_>,
    progress: &mut OnProgress<'_>,
) -> Result<Vec<Outcome>, Cancelled> {
    let total = files.iter().fold(0, |sum: u64, f| sum.saturating_add(f.size));
    let mut outcomes = Vec::with_capacity(files.len());
    let numbered = files.iter().enumerate().map(|(i, f)| (f.size, (i, f)));
    let check = |reader: &mut Reader<_>, (i, f): (usize, &_)| outcome(dir, options, reader, i, f);
    let keep = |outcome| {
        outcomes.push(outcome);
        Ok::<_, Cancelled>(())
    };
    each_file(numbered, total, options.threads, check, keep, progress)?;
    Ok(outcomes)
}

fn check_folder(dir: &dyn Dir, path: &RelPath) -> Option<Finding> {
    let problem = match dir.metadata(path) {
        Ok(meta) if meta.kind == EntryKind::Dir => return None,
        Ok(meta) => Problem::WrongKind(meta.kind),
        Err(e) => problem_of(&e),
    };
    Some(Finding { path: path.clone(), problem })
}

fn problem_of(e: &io::Error) -> Problem {
    match e.kind() {
        io::ErrorKind::NotFound => Problem::Missing,
        kind => Problem::Unreadable(kind),
    }
}

fn outcome(
    dir: &dyn Dir,
    options: &VerifyOptions<'_>,
    reader: &mut Reader<Outcome>,
    index: usize,
    file: &FileEntry,
) -> ControlFlow<(), Outcome> {
    let meta = match dir.metadata(&file.path) {
        Ok(meta) => meta,
        Err(e) => return ControlFlow::Continue(Err(problem_of(&e))),
    };
    if meta.kind != EntryKind::File {
        return ControlFlow::Continue(Err(Problem::WrongKind(meta.kind)));
    }
    if meta.len != file.size {
        return ControlFlow::Continue(Err(Problem::Modified { size: meta.len }));
    }
    if !(options.trust)(index, &meta) {
        let hashed = match dir.open(&file.path) {
            Ok(open) => reader.hash(&*open, file.size)?,
            Err(e) => Err(e),
        };
        match hashed {
            Ok(hash) if hash == file.hash => {}
            Ok(_) => return ControlFlow::Continue(Err(Problem::Modified { size: meta.len })),
            Err(e) => return ControlFlow::Continue(Err(problem_of(&e))),
        }
    }
    let mode = !options.modes || meta.executable == file.executable;
    ControlFlow::Continue(if mode { Ok(meta) } else { Err(Problem::WrongMode) })
}

#[cfg(test)]
mod tests {
    use mist_proto::LinkEntry;

    use super::*;
    use crate::{
        progress::unwatched,
        samples::{build, folder, noise, odd_files, path, put},
    };

    fn found(dir: &dyn Dir, manifest: &Manifest) -> Vec<(String, Problem)> {
        let verified = verify(dir, manifest, &VerifyOptions::default(), &mut unwatched).unwrap();
        let intact = verified.intact.iter().filter(|m| m.is_some()).count();
        let broken = verified.findings.iter().filter(|f| manifest.file(&f.path).is_some()).count();
        assert_eq!(intact + broken, manifest.files.len());
        verified.findings.into_iter().map(|f| (f.path.as_str().to_owned(), f.problem)).collect()
    }

    #[test]
    fn an_intact_folder_has_no_findings_and_saves_do_not_matter() {
        let (_tmp, dir) = folder();
        let mut manifest = build(&*dir, &odd_files());
        manifest.empty_dirs.push(path("saves"));
        dir.create_dir_all(&path("saves")).unwrap();
        put(&*dir, &path("saves/slot1"), b"not ours");
        let mut last = 0;
        let mut watch = |p: Progress| {
            assert!(p.done >= last && p.done <= p.total);
            last = p.done;
            ControlFlow::Continue(())
        };
        let verified = verify(&*dir, &manifest, &VerifyOptions::default(), &mut watch).unwrap();
        assert_eq!((verified.findings, last), (vec![], manifest.content_size()));
    }

    #[test]
    fn every_kind_of_damage_is_told_apart() {
        let (tmp, dir) = folder();
        let names = ["changed", "folder", "fine", "gone", "link", "longer", "mode", "in/a/link"];
        let files = names.map(|n| (n, noise(1, 3_000_000), false));
        let mut manifest = build(&*dir, &files);
        manifest.empty_dirs = vec![path("gone dir"), path("now a file")];
        dir.open_rw(&path("changed")).unwrap().write_all_at(b"!", 2_999_999).unwrap();
        dir.open_rw(&path("longer")).unwrap().set_len(3_000_001).unwrap();
        dir.set_executable(&path("mode"), true).unwrap();
        for f in ["folder", "gone", "link"] {
            dir.remove_file(&path(f)).unwrap();
        }
        dir.create_dir_all(&path("folder")).unwrap();
        std::os::unix::fs::symlink("fine", tmp.path().join("link")).unwrap();
        std::fs::rename(tmp.path().join("in/a"), tmp.path().join("in/b")).unwrap();
        std::os::unix::fs::symlink("b", tmp.path().join("in/a")).unwrap();
        put(&*dir, &path("now a file"), b"");
        let found = found(&*dir, &manifest);
        let of = |name: &str| found.iter().find(|(n, _)| n == name).map(|(_, p)| *p);
        assert_eq!(of("changed"), Some(Problem::Modified { size: 3_000_000 }));
        assert_eq!(of("longer"), Some(Problem::Modified { size: 3_000_001 }));
        assert_eq!(of("mode"), Some(Problem::WrongMode));
        assert_eq!(of("folder"), Some(Problem::WrongKind(EntryKind::Dir)));
        assert_eq!(of("gone"), Some(Problem::Missing));
        assert_eq!(of("link"), Some(Problem::WrongKind(EntryKind::Symlink)));
        assert!(matches!(of("in/a/link"), Some(Problem::Unreadable(_))), "{:?}", of("in/a/link"));
        assert_eq!(of("gone dir"), Some(Problem::Missing));
        assert_eq!(of("now a file"), Some(Problem::WrongKind(EntryKind::File)));
        assert_eq!(found.len(), 9);
    }

    fn linked(dir: &dyn Dir) -> Manifest {
        let mut manifest = build(dir, &[("d/e/x", noise(1, 3000), true), ("d/y", noise(2, 10), false)]);
        manifest.links = [("d/l", "../to/x"), ("o", "d/y"), ("to", "d/e")]
            .map(|(at, target)| LinkEntry { path: path(at), target: target.parse().unwrap() })
            .into();
        manifest.check().unwrap();
        manifest
    }

    fn look(dir: &dyn Dir, manifest: &Manifest) -> Vec<(String, Problem)> {
        let verified = verify(dir, manifest, &VerifyOptions::default(), &mut unwatched).unwrap();
        verified.findings.into_iter().map(|f| (f.path.as_str().to_owned(), f.problem)).collect()
    }

    #[test]
    fn a_link_is_right_as_itself_and_as_copies() {
        let (tmp, dir) = folder();
        let manifest = linked(&*dir);
        let all_missing = ["d/l", "o", "to"].map(|name| (name.to_owned(), Problem::Missing));
        assert_eq!(look(&*dir, &manifest), all_missing);
        let depot = VerifyOptions { links: false, ..Default::default() };
        assert_eq!(verify(&*dir, &manifest, &depot, &mut unwatched).unwrap().findings, []);
        for link in &manifest.links {
            dir.symlink(&link.target, &link.path).unwrap();
        }
        assert_eq!(look(&*dir, &manifest), []);
        for link in &manifest.links {
            dir.remove_file(&link.path).unwrap();
        }
        put(&*dir, &path("d/l"), &noise(1, 3000));
        put(&*dir, &path("o"), &noise(2, 10));
        put(&*dir, &path("to/x"), &noise(1, 3000));
        put(&*dir, &path("to/a save"), b"not ours");
        assert_eq!(look(&*dir, &manifest), ["d/l", "to/x"].map(|name| (name.to_owned(), Problem::WrongMode)));
        for name in ["d/l", "to/x"] {
            dir.set_executable(&path(name), true).unwrap();
        }
        assert_eq!(look(&*dir, &manifest), []);
        dir.open_rw(&path("o")).unwrap().write_all_at(b"!", 9).unwrap();
        dir.remove_file(&path("to/x")).unwrap();
        let found = [("o", Problem::Modified { size: 10 }), ("to/x", Problem::Missing)];
        assert_eq!(look(&*dir, &manifest), found.map(|(name, problem)| (name.to_owned(), problem)));
        // A link that leads to the right content by another text, out of the build, or nowhere.
        for (name, target) in [("o", "./d/y"), ("d/l", "/etc/passwd"), ("to", "d/e/")] {
            remove(tmp.path().join(name));
            std::os::unix::fs::symlink(target, tmp.path().join(name)).unwrap();
        }
        let wrong = ["d/l", "o", "to"].map(|name| (name.to_owned(), Problem::WrongKind(EntryKind::Symlink)));
        assert_eq!(look(&*dir, &manifest), wrong);
    }

    fn remove(place: std::path::PathBuf) {
        if place.is_dir() { std::fs::remove_dir_all(place) } else { std::fs::remove_file(place) }.unwrap();
    }

    #[test]
    fn a_link_in_the_way_of_a_copy_is_never_followed() {
        let (tmp, dir) = folder();
        let manifest = linked(&*dir);
        dir.symlink(&"../to/x".parse().unwrap(), &path("d/l")).unwrap();
        put(&*dir, &path("o"), &noise(2, 10));
        // The copy of a folder, with a link to the right content where a copy belongs.
        std::fs::create_dir(tmp.path().join("to")).unwrap();
        std::os::unix::fs::symlink("../d/e/x", tmp.path().join("to/x")).unwrap();
        assert_eq!(look(&*dir, &manifest), [("to/x".to_owned(), Problem::WrongKind(EntryKind::Symlink))]);
    }

    #[test]
    fn trusted_files_are_not_read_until_their_stat_changes() {
        let (_tmp, dir) = folder();
        let manifest = build(&*dir, &[("a", noise(1, 1000), false), ("b", noise(2, 1000), false)]);
        let first = verify(&*dir, &manifest, &VerifyOptions::default(), &mut unwatched).unwrap();
        // Rot: other content under the same stat, as far as the caller's cache can tell.
        dir.open_rw(&path("a")).unwrap().write_all_at(b"rot", 0).unwrap();
        let rotten = dir.metadata(&path("a")).unwrap();
        let trust = |i: usize, now: &Meta| i == 0 && *now == rotten || first.intact[i].as_ref() == Some(now);
        let options = VerifyOptions { trust: &trust, ..Default::default() };
        assert_eq!(verify(&*dir, &manifest, &options, &mut unwatched).unwrap().findings, []);
        dir.open_rw(&path("a")).unwrap().set_len(999).unwrap();
        let found = verify(&*dir, &manifest, &options, &mut unwatched).unwrap().findings;
        assert_eq!(found, [Finding { path: path("a"), problem: Problem::Modified { size: 999 } }]);
    }

    #[test]
    fn cancelling_ends_every_thread() {
        let (_tmp, dir) = folder();
        let names: Vec<String> = (0..40).map(|i| format!("f{i:02}")).collect();
        let files: Vec<_> = names.iter().map(|n| (n.as_str(), noise(1, 500_000), false)).collect();
        let manifest = build(&*dir, &files);
        let mut calls = 0;
        let mut cancel = |_: Progress| {
            calls += 1;
            ControlFlow::Break(())
        };
        assert_eq!(verify(&*dir, &manifest, &VerifyOptions::default(), &mut cancel), Err(Cancelled));
        assert_eq!(calls, 1);
    }
}
