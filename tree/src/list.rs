//! A folder's files and their hashes, for those who need neither an archive nor an upload of it.

use std::{num::NonZeroUsize, ops::ControlFlow};

use mist_proto::{FileEntry, LinkEntry, RelPath};

use crate::{
    fs::Dir,
    hashing::{Reader, each_file},
    progress::OnProgress,
    scan::{ScanError, check_unchanged, contents, unread},
    walk::{Found, Ignore, Step, Walk, steps},
};

/// What a folder contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The files, as a manifest lists them.
    pub files: Vec<FileEntry>,
    /// The empty folders, as a manifest lists them.
    pub empty_dirs: Vec<RelPath>,
    /// The symbolic links, as a manifest lists them.
    pub links: Vec<LinkEntry>,
}

/// Hashes the files of the folder `dir` but those that are ignored, on `threads`. Progress counts content bytes.
///
/// # Errors
/// [`ScanError`]. A file that changes without any change of its length and modification time is not noticed.
pub fn list(
    dir: &dyn Dir,
    ignore: &Ignore<'_>,
    threads: NonZeroUsize,
    progress: &mut OnProgress<'_>,
) -> Result<Listing, ScanError> {
    let Walk { files: found, empty_dirs, links, .. } = contents(dir, ignore)?;
    let size = found.iter().map(|f| f.meta.len).sum();
    let mut files = Vec::with_capacity(found.len());
    hash_each(dir, found.into_iter().map(Ok), size, threads, &mut |f| files.push(f), progress)?;
    Ok(Listing { files, empty_dirs, links })
}

/// How much a folder contains.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Survey {
    /// Files.
    pub files: usize,
    /// Bytes in them.
    pub size: u64,
    /// The empty folders, as a manifest lists them.
    pub empty_dirs: Vec<RelPath>,
    /// The symbolic links, as a manifest lists them.
    pub links: Vec<LinkEntry>,
}

/// Counts what the folder `dir` contains, all of which has to be what a build may hold, and holds no list of its files. What
/// links lead to is not looked at.
///
/// # Errors
/// [`ScanError::Refused`], and what the system reports.
pub fn survey(dir: &dyn Dir, ignore: &Ignore<'_>) -> Result<Survey, ScanError> {
    let mut survey = Survey::default();
    let mut refused = Vec::new();
    for step in steps(dir, ignore)? {
        match step? {
            Step::File(Found { meta, .. }) => {
                survey.files += 1;
                survey.size = survey.size.saturating_add(meta.len);
            }
            Step::Link(link) => survey.links.push(link),
            Step::EmptyDir(path) => survey.empty_dirs.push(path),
            Step::Refused(entry) => refused.push(entry),
        }
    }
    survey.empty_dirs.sort_unstable();
    if refused.is_empty() { Ok(survey) } else { Err(ScanError::Refused(refused)) }
}

/// As [`list`], but tells `each` of the files one by one, in their order, and holds no list of them. `size` is what a
/// [`survey`] found, for progress.
///
/// # Errors
/// As [`list`].
pub fn list_each(
    dir: &dyn Dir,
    ignore: &Ignore<'_>,
    size: u64,
    threads: NonZeroUsize,
    each: &mut dyn FnMut(FileEntry),
    progress: &mut OnProgress<'_>,
) -> Result<(), ScanError> {
    let files = steps(dir, ignore)?.filter_map(|step| match step {
        Ok(Step::File(found)) => Some(Ok(found)),
        Ok(Step::EmptyDir(_) | Step::Link(_)) => None,
        Ok(Step::Refused(refused)) => Some(Err(ScanError::Refused(vec![refused]))),
        Err(e) => Some(Err(e.into())),
    });
    hash_each(dir, files, size, threads, each, progress)
}

type Entry = Result<FileEntry, ScanError>;

fn hash_each(
    dir: &dyn Dir,
    files: impl Iterator<Item = Result<Found, ScanError>>,
    size: u64,
    threads: NonZeroUsize,
    each: &mut dyn FnMut(FileEntry),
    progress: &mut OnProgress<'_>,
) -> Result<(), ScanError> {
    let files = files.map(|found| (found.as_ref().map_or(0, |f| f.meta.len), found));
    let hash = |reader: &mut Reader<Entry>, found| match found {
        Ok(found) => hash_file(dir, found, reader),
        Err(e) => ControlFlow::Continue(Err(e)),
    };
    let tell = |entry: Entry| entry.map(&mut *each);
    each_file(files, size, threads, hash, tell, progress)
}

fn hash_file(dir: &dyn Dir, found: Found, reader: &mut Reader<Entry>) -> ControlFlow<(), Entry> {
    let hashed = match dir.open(&found.path) {
        Ok(open) => reader.hash(&*open, found.meta.len)?,
        Err(e) => Err(e),
    };
    let unchanged = hashed.map_err(unread(&found.path)).and_then(|hash| {
        check_unchanged(dir, &found)?;
        Ok(hash)
    });
    let Found { path, meta } = found;
    ControlFlow::Continue(unchanged.map(|hash| FileEntry {
        path,
        size: meta.len,
        executable: meta.executable,
        hash,
    }))
}

#[cfg(test)]
mod tests {
    use mist_proto::{Hash, Manifest, ManifestHasher, ManifestId};

    use super::*;
    use crate::{
        progress::{Progress, unwatched},
        samples::{build, folder, noise, odd_files, path, put},
        walk::everything,
    };

    const TWO: NonZeroUsize = NonZeroUsize::new(2).unwrap();

    #[test]
    fn lists_what_a_manifest_does() {
        let (_tmp, dir) = folder();
        let mut odd = odd_files();
        odd.push(("big.pak", noise(20, 3_000_000), false));
        let manifest = build(&*dir, &odd);
        dir.create_dir_all(&path("saves/slot 1")).unwrap();
        let mut last = 0;
        let mut watch = |p: Progress| {
            assert!(p.done >= last && p.total == manifest.content_size());
            last = p.done;
            ControlFlow::Continue(())
        };
        let listing = list(&*dir, &everything, TWO, &mut watch).unwrap();
        assert_eq!(last, manifest.content_size());
        assert_eq!(
            listing,
            Listing { files: manifest.files, empty_dirs: vec![path("saves/slot 1")], links: vec![] }
        );
    }

    /// What [`list`] and [`survey`] with [`list_each`] make of the same folder.
    fn both_ways(dir: &dyn Dir) -> (Listing, Listing) {
        let Survey { files: count, size, empty_dirs, links } = survey(dir, &everything).unwrap();
        let mut files = Vec::new();
        list_each(dir, &everything, size, TWO, &mut |f| files.push(f), &mut unwatched).unwrap();
        assert_eq!(count, files.len());
        assert_eq!(size, files.iter().map(|f| f.size).sum::<u64>());
        (list(dir, &everything, TWO, &mut unwatched).unwrap(), Listing { files, empty_dirs, links })
    }

    #[test]
    fn one_by_one_files_come_in_the_same_order_and_make_the_same_id() {
        let (_tmp, dir) = folder();
        let names = ["a.b", "a/b", "a-b/c", "a/b.c/d", "a/b-c", "B", "a b", "a0", "é/a", "z/é", "z/e"];
        let files = names.map(|name| (name, name.into(), name.contains('b')));
        let mut manifest = build(&*dir, &files);
        for empty in ["a/empty", "a-", "empty", "empty-", "empty.d/x", "empty-/y", "none", "none!"] {
            dir.create_dir_all(&path(empty)).unwrap();
        }
        let (listed, told) = both_ways(&*dir);
        assert_eq!(listed, told);
        let empty_dirs = ["a-", "a/empty", "empty", "empty-/y", "empty.d/x", "none", "none!"].map(path);
        assert_eq!(
            told,
            Listing { files: manifest.files.clone(), empty_dirs: empty_dirs.to_vec(), links: vec![] }
        );
        manifest.empty_dirs = told.empty_dirs;
        manifest.check().unwrap();
        let rest = Manifest { files: Vec::new(), ..manifest.clone() };
        let mut hasher = ManifestHasher::new(&rest, told.files.len());
        told.files.iter().for_each(|f| hasher.file(f));
        assert_eq!(hasher.finish(), Some(ManifestId(Hash::of(&manifest.encode()))));
    }

    #[test]
    fn many_files_wait_for_a_long_one() {
        let (_tmp, dir) = folder();
        dir.open_rw(&path("a")).unwrap().set_len(40_000_000).unwrap();
        for n in 0..6000 {
            put(&*dir, &path(&format!("d{}/f{n}", n / 1000)), &[7; 5][..n % 6]);
        }
        let (listed, told) = both_ways(&*dir);
        assert_eq!(listed.files.len(), 6001);
        assert_eq!(listed, told);
    }

    #[test]
    fn a_file_that_changes_meanwhile_is_named_and_cancelling_ends_it() {
        let (_tmp, dir) = folder();
        put(&*dir, &path("a"), b"read first");
        // More than may wait to be told of: it is not read to its end before the first call.
        dir.open_rw(&path("b")).unwrap().set_len(40_000_000).unwrap();
        let mut meddle = |_: Progress| {
            dir.set_executable(&path("b"), true).unwrap();
            ControlFlow::Continue(())
        };
        let one = NonZeroUsize::MIN;
        let changed = list(&*dir, &everything, one, &mut meddle).unwrap_err();
        assert!(matches!(&changed, ScanError::Changed(p) if *p == path("b")), "{changed}");
        let cancelled = list(&*dir, &everything, one, &mut |_| ControlFlow::Break(()));
        assert!(matches!(cancelled, Err(ScanError::Cancelled)));
        assert!(list(&*dir, &everything, one, &mut unwatched).unwrap().files[1].executable);
    }

    #[test]
    fn what_can_not_be_part_of_a_build_is_refused() {
        let (tmp, dir) = folder();
        std::os::unix::fs::symlink("/good", tmp.path().join("link")).unwrap();
        let refused = list(&*dir, &everything, TWO, &mut unwatched);
        assert!(matches!(refused, Err(ScanError::Refused(_))));
        assert!(matches!(survey(&*dir, &everything), Err(ScanError::Refused(_))));
        let refused = list_each(&*dir, &everything, 0, TWO, &mut |_| {}, &mut unwatched);
        assert!(matches!(refused, Err(ScanError::Refused(_))));
    }
}
