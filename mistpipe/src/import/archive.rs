//! A version that is packed whole, as 7-Zip does it.
//!
//! An archive may say anything. What is taken from it are the files that the version's manifest names, each at most as long as both say,
//! and each held against its SHA-256; what else is in it is read past. Its decoders may take a bounded amount of memory.

use std::{
    collections::BTreeSet,
    io::{self, BufReader, Read, Seek},
};

use mist_proto::RelPath;
use mist_tree::fs::{ControlPath, Dir, ReadAt};
use sevenz_rust2::{ArchiveEntry, ArchiveReader, EntryDecision, Error, Password};

use super::{
    files::{Failure, OnBytes, named, unfit, write},
    library::ARCHIVE,
    shapes::{Expected, HashList, path},
};

/// KiB that the archive's header, and each of its decoders, may take: the largest dictionary that 7-Zip offers to most is 1.5 GiB.
const MEMORY_KIB: usize = 2 << 20;

/// Bytes of all files in the archive.
///
/// # Errors
/// It is no such archive.
pub(super) fn size(file: &dyn ReadAt) -> Result<u64, Failure> {
    let archive = open(file)?;
    Ok(archive.archive().files.iter().fold(0u64, |sum, entry| sum.saturating_add(entry.size())))
}

fn open(file: &dyn ReadAt) -> Result<ArchiveReader<BufReader<Seeking<'_>>>, Failure> {
    let size = file.size().map_err(|e| unreadable(e.into()))?;
    let source = BufReader::new(Seeking { file, size, at: 0 });
    ArchiveReader::new_with_memory_limit(source, Password::empty(), MEMORY_KIB).map_err(unreadable)
}

fn unreadable(error: Error) -> Failure {
    let why = match error {
        Error::BadSignature(_) => "it is no 7z archive".into(),
        Error::ChecksumVerificationFailed | Error::NextHeaderCrcMismatch => {
            "it is damaged (a checksum of its own fails)".into()
        }
        Error::PasswordRequired | Error::MaybeBadPassword(_) => {
            "it is encrypted: pack it anew without a password".into()
        }
        Error::UnsupportedCompressionMethod(method) => {
            format!("it is packed by {method}, which is not supported: pack it anew by LZMA2")
        }
        Error::MaxMemLimited { .. } => {
            "unpacking it takes more than 2 GiB of memory: pack it anew with a smaller dictionary".into()
        }
        Error::Io(e, _) => format!("it can't be read: {e}"),
        other => format!("it can't be read: {other}"),
    };
    unfit(format!("{ARCHIVE}: {why}"))
}

/// Unpacks the files of a version.
///
/// # Errors
/// The first file that is not there or not what the manifest says.
pub(super) fn unpack(
    file: &dyn ReadAt,
    files: &HashList,
    dir: &dyn Dir,
    into: &ControlPath,
    on_bytes: &mut OnBytes<'_>,
) -> Result<(), Failure> {
    let mut archive = open(file)?;
    let top = top_folder(&archive.archive().files, files);
    let mut left: BTreeSet<&RelPath> = files.0.keys().collect();
    let mut failure = None;
    let read = archive.for_each_entries_with_decision(|entry, content| {
        let Some((path, expected)) = wanted(entry, &top, files) else { return Ok(EntryDecision::Continue) };
        let taken = take(entry, content, path, expected, &mut left, |content, expected| {
            write(content, expected, dir, &into.join(path), is_executable(entry), on_bytes)
        });
        match taken {
            Ok(()) if left.is_empty() => Ok(EntryDecision::Stop),
            Ok(()) => Ok(EntryDecision::Continue),
            Err(e) => {
                failure = Some(e);
                Ok(EntryDecision::Stop)
            }
        }
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    read.map_err(unreadable)?;
    match left.first() {
        None => Ok(()),
        Some(path) => {
            let n = mist_readable::count(left.len() as u64, "file", "files");
            Err(unfit(format!("{ARCHIVE} lacks {n} of its manifest, such as {path}")))
        }
    }
}

fn take<'a>(
    entry: &ArchiveEntry,
    content: &mut dyn Read,
    path: &'a RelPath,
    expected: &Expected,
    left: &mut BTreeSet<&'a RelPath>,
    write: impl FnOnce(&mut dyn Read, &Expected) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if is_link(entry) {
        return Err(unfit(format!("{path} is a link in {ARCHIVE}")));
    }
    if !left.remove(path) {
        return Err(unfit(format!("{path} is in {ARCHIVE} twice")));
    }
    // The manifest may not say a size; the archive always does.
    let expected = Expected { size: expected.size.or(Some(entry.size())), ..*expected };
    write(content, &expected).map_err(|e| named(path, e))
}

/// The entry as a file of the version, if it is one.
fn wanted<'a>(entry: &ArchiveEntry, top: &str, files: &'a HashList) -> Option<(&'a RelPath, &'a Expected)> {
    if entry.is_directory() || entry.is_anti_item() {
        return None;
    }
    let path = path(entry.name()).ok()?;
    files.0.get_key_value(&RelPath::new(path.as_str().strip_prefix(top)?).ok()?)
}

/// The folder, with its `/`, in which everything of the archive lies, if the files of the version are found there and not without it.
fn top_folder(entries: &[ArchiveEntry], files: &HashList) -> String {
    let first = entries.iter().find_map(|entry| path(entry.name()).ok());
    let Some(top) = first.and_then(|path| path.components().next().map(|top| format!("{top}/"))) else {
        return String::new();
    };
    let found = |top: &str| entries.iter().filter(|entry| wanted(entry, top, files).is_some()).count();
    if found(&top) > found("") { top } else { String::new() }
}

/// The mode that 7-Zip keeps of a file on Unix.
fn unix_mode(entry: &ArchiveEntry) -> Option<u32> {
    const UNIX: u32 = 0x8000;
    let attributes = entry.windows_attributes();
    (entry.has_windows_attributes && attributes & UNIX != 0).then_some(attributes >> 16)
}

fn is_executable(entry: &ArchiveEntry) -> bool {
    unix_mode(entry).is_some_and(|mode| mode & 0o100 != 0)
}

fn is_link(entry: &ArchiveEntry) -> bool {
    const REPARSE_POINT: u32 = 0x400;
    const KIND: u32 = 0o170_000;
    const LINK: u32 = 0o120_000;
    unix_mode(entry).is_some_and(|mode| mode & KIND == LINK)
        || (entry.has_windows_attributes && entry.windows_attributes() & REPARSE_POINT != 0)
}

/// A file of a folder, as readers of archives want it.
struct Seeking<'a> {
    file: &'a dyn ReadAt,
    size: u64,
    at: u64,
}

impl Read for Seeking<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read_at(buf, self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Seeking<'_> {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        let at = match to {
            io::SeekFrom::Start(at) => Some(at),
            io::SeekFrom::End(by) => self.size.checked_add_signed(by),
            io::SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
