//! A folder's files and their hashes, for those who need neither an archive nor an upload of it.

use std::{num::NonZeroUsize, ops::ControlFlow};

use mist_proto::{FileEntry, Hash, RelPath};

use crate::{
    fs::Dir,
    hashing::{Reader, each_file},
    progress::OnProgress,
    scan::{ScanError, check_unchanged, contents, unread},
    walk::{Found, Ignore, Walk},
};

/// What a folder contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The files, as a manifest lists them.
    pub files: Vec<FileEntry>,
    /// The empty folders, as a manifest lists them.
    pub empty_dirs: Vec<RelPath>,
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
    let Walk { files, empty_dirs, .. } = contents(dir, ignore)?;
    let sizes: Vec<u64> = files.iter().map(|f| f.meta.len).collect();
    let hash = |reader: &mut Reader<'_, _>, i: usize| hash_file(dir, &files[i], reader);
    let hashes = each_file(&sizes, threads, hash, progress).map_err(|_| ScanError::Cancelled)?;
    let entry = |(Found { path, meta }, hash): (Found, Result<Hash, ScanError>)| {
        Ok(FileEntry { path, size: meta.len, executable: meta.executable, hash: hash? })
    };
    let files = files.into_iter().zip(hashes).map(entry).collect::<Result<_, ScanError>>()?;
    Ok(Listing { files, empty_dirs })
}

fn hash_file(
    dir: &dyn Dir,
    found: &Found,
    reader: &mut Reader<'_, Result<Hash, ScanError>>,
) -> ControlFlow<(), Result<Hash, ScanError>> {
    let hashed = match dir.open(&found.path) {
        Ok(open) => reader.hash(&*open, found.meta.len)?,
        Err(e) => Err(e),
    };
    let hashed = hashed.map_err(unread(&found.path));
    ControlFlow::Continue(hashed.and_then(|hash| check_unchanged(dir, found).map(|()| hash)))
}

#[cfg(test)]
mod tests {
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
        assert_eq!(listing, Listing { files: manifest.files, empty_dirs: vec![path("saves/slot 1")] });
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
        std::os::unix::fs::symlink("good", tmp.path().join("link")).unwrap();
        let refused = list(&*dir, &everything, TWO, &mut unwatched);
        assert!(matches!(refused, Err(ScanError::Refused(_))));
    }
}
