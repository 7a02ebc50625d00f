//! Files that are written or read, held against their SHA-256.

use std::{
    collections::BTreeSet,
    io::{self, Read},
};

use mist_proto::RelPath;
use mist_tree::fs::{ControlPath, Dir, EntryKind, FromStart, ROOT, TreePath};
use sha2::Digest;

use super::shapes::{Expected, HashList, Sha256};

/// Bytes read at once.
const BLOCK: usize = 256 * 1024;
/// Bytes of an unexpected length that are written before a file counts as too long.
const UNKNOWN_MAX: u64 = mist_proto::limits::MAX_BLOB;

/// Why a version can't be had, or why nothing can go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The library does not give this version.
    #[error("{0}")]
    Unfit(String),
    /// The temporary folder can't be written to.
    #[error("the temporary folder: {0}")]
    Disk(#[source] io::Error),
}

/// An [`Failure::Unfit`].
pub(super) fn unfit(why: impl Into<String>) -> Failure {
    Failure::Unfit(why.into())
}

/// Hears of the bytes that were read.
pub(super) type OnBytes<'a> = dyn FnMut(u64) + 'a;
/// Takes a block and where it begins.
type OnBlock<'a> = dyn FnMut(&[u8], u64) -> Result<(), Failure> + 'a;

/// Reads `from` to its end, and gives each block to `each`. At most as many bytes as `expected` says are taken.
///
/// # Errors
/// Why it is not what is expected, or an error of `each`.
fn check(from: &mut dyn Read, expected: &Expected, each: &mut OnBlock<'_>) -> Result<(), Failure> {
    let most = expected.size.unwrap_or(UNKNOWN_MAX);
    let mut hasher = sha2::Sha256::new();
    let mut buffer = vec![0; BLOCK];
    let mut at = 0u64;
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(unfit(format!("it can't be read: {e}"))),
        };
        if at + n as u64 > most {
            return Err(unfit(format!("it is longer than the {most} bytes that its manifest says")));
        }
        hasher.update(&buffer[..n]);
        each(&buffer[..n], at)?;
        at += n as u64;
    }
    if expected.size.is_some_and(|size| size != at) {
        return Err(unfit(format!("it has {at} of the {most} bytes that its manifest says")));
    }
    match Sha256(hasher.finalize().into()) == expected.sha256 {
        true => Ok(()),
        false => Err(unfit("its SHA-256 is not the one of its manifest")),
    }
}

/// Writes what `from` has to `to`, as long as it is what is expected; else nothing stays there.
///
/// # Errors
/// [`Failure`].
pub(super) fn write(
    from: &mut dyn Read,
    expected: &Expected,
    dir: &dyn Dir,
    to: &ControlPath,
    executable: bool,
    on_bytes: &mut OnBytes<'_>,
) -> Result<(), Failure> {
    let file = dir.create(to).map_err(Failure::Disk)?;
    let written = check(from, expected, &mut |bytes, at| {
        file.write_all_at(bytes, at).map_err(Failure::Disk)?;
        on_bytes(bytes.len() as u64);
        Ok(())
    });
    written.and_then(|()| file.set_executable(executable).map_err(Failure::Disk)).inspect_err(|_| {
        // It stays in a folder that goes as a whole.
        let _ = dir.remove_file(to);
    })
}

/// Reads a file and holds it against what is expected.
///
/// # Errors
/// [`Failure::Unfit`], without the file's name.
pub(super) fn verify(
    dir: &dyn Dir,
    path: &dyn TreePath,
    expected: &Expected,
    on_bytes: &mut OnBytes<'_>,
) -> Result<(), Failure> {
    let file = dir.open(path).map_err(|e| unfit(e.to_string()))?;
    check(&mut FromStart::new(&*file), expected, &mut |bytes, _| {
        on_bytes(bytes.len() as u64);
        Ok(())
    })
}

/// Reads every file of a version where it lies.
///
/// # Errors
/// The first file that is not what the manifest says.
pub(super) fn verify_all(dir: &dyn Dir, files: &HashList, on_bytes: &mut OnBytes<'_>) -> Result<(), Failure> {
    for (path, expected) in &files.0 {
        verify(dir, path, expected, on_bytes).map_err(|e| named(path, e))?;
    }
    Ok(())
}

/// A failure with the name of the file that it is about.
pub(super) fn named(path: &dyn TreePath, failure: Failure) -> Failure {
    match failure {
        Failure::Unfit(why) => unfit(format!("{path}: {why}")),
        disk => disk,
    }
}

/// Files of a depot that its version does not have: those at the top by name, and folders. They are no part of the build.
///
/// # Errors
/// What the system reports.
pub(super) fn strangers(dir: &dyn Dir, files: &HashList) -> io::Result<Vec<String>> {
    let first = |path: &RelPath| path.components().next().unwrap_or_default().to_owned();
    let known: BTreeSet<String> = files.0.keys().map(first).collect();
    let entries = dir.read_dir(ROOT)?;
    let names = entries.into_iter().filter(|entry| entry.kind != EntryKind::Special);
    let names = names.map(|entry| entry.name.to_string_lossy().into_owned());
    Ok(names.filter(|name| !known.contains(name)).collect())
}

#[cfg(test)]
mod tests {
    use mist_tree::fs::RealDir;

    use super::*;

    /// Of `password`.
    const SHA: &str = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";

    fn expected(size: Option<u64>) -> Expected {
        Expected { sha256: Sha256(SHA.parse::<mist_proto::Hash>().unwrap().0), size }
    }

    #[test]
    fn only_what_is_expected_stays() {
        let place = tempfile::tempdir().unwrap();
        let dir = RealDir::open(place.path()).unwrap();
        let to = ControlPath::new("x/file").unwrap();
        let put = |content: &[u8], size| {
            let mut bytes = 0;
            let done = write(&mut &*content, &expected(size), &dir, &to, true, &mut |n| bytes += n);
            (done.map_err(|e| e.to_string()), bytes)
        };
        assert_eq!(put(b"password", Some(8)), (Ok(()), 8));
        assert_eq!(put(b"password", None), (Ok(()), 8));
        let there = place.path().join(".mist/x/file");
        assert_eq!(std::fs::read(&there).unwrap(), b"password");
        verify(&dir, &to, &expected(None), &mut |_| ()).unwrap();
        for (content, size, why) in [
            (&b"Password"[..], None, "SHA-256"),
            (b"password", Some(7), "longer than the 7 bytes"),
            (b"passwor", Some(8), "7 of the 8 bytes"),
        ] {
            let (refused, _) = put(content, size);
            assert!(refused.as_ref().is_err_and(|e| e.contains(why)), "{refused:?}");
            assert!(!there.exists());
        }
        assert!(matches!(verify(&dir, &to, &expected(None), &mut |_| ()), Err(Failure::Unfit(_))));
    }
}
