//! A package is a tar of plain files and folders below one folder, packed by zstd. What was signed is trusted; what it may write is
//! bounded all the same.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
};

use mist_proto::RelPath;

use crate::home::sync_dir;

/// Bytes of all files together.
const MAX_UNPACKED: u64 = 1024 * 1024 * 1024;
/// Files and folders.
const MAX_ENTRIES: usize = 1000;
/// What a package may bring, at its top.
const TOPS: [&str; 5] = ["bin", "share", "start", "LICENSE-MIT", "LICENSE-APACHE"];
/// A block of tar.
const BLOCK: usize = 512;
/// log2 of the largest window: that of zstd's level 22.
const WINDOW_LOG: u32 = 27;

/// Why a package was not unpacked.
#[derive(Debug)]
pub(super) enum Unpackable {
    /// It can't be read, or its files can't be written.
    Io(io::Error),
    /// It is not made as packages are.
    Content(String),
}

impl From<io::Error> for Unpackable {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn content<T>(detail: impl Into<String>) -> Result<T, Unpackable> {
    Err(Unpackable::Content(detail.into()))
}

/// Unpacks into `folder`, which is made anew. Everything in it is durable once this is done.
pub(super) fn unpack(packed: impl Read, folder: &Path) -> Result<(), Unpackable> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e.into()),
        _ => fs::create_dir_all(folder)?,
    }
    let mut decoder = zstd::stream::read::Decoder::new(packed)?;
    decoder.window_log_max(WINDOW_LOG)?;
    let mut tar = decoder.take(MAX_UNPACKED);
    let mut folders = BTreeSet::from([folder.to_owned()]);
    let mut entries = 0;
    while let Some(Entry { path, size, kind }) = next(&mut tar)? {
        entries += 1;
        if entries > MAX_ENTRIES {
            return content(format!("it has more than {MAX_ENTRIES} entries"));
        }
        let Some(path) = path else { continue };
        let place = path.components().fold(folder.to_owned(), |place, part| place.join(part));
        match kind {
            Kind::Folder => {
                fs::create_dir_all(&place)?;
                folders.insert(place);
            }
            Kind::File => {
                let mut above: Option<&Path> = place.parent();
                while let Some(dir) = above.filter(|dir| dir.starts_with(folder)) {
                    folders.insert(dir.to_owned());
                    above = dir.parent();
                }
                write(&mut tar, &place, size, is_program(&path))?;
            }
        }
    }
    for folder in folders.iter().rev() {
        sync_dir(folder)?;
    }
    Ok(())
}

/// Whether a file is started.
fn is_program(path: &RelPath) -> bool {
    path.as_str() == "start" || path.as_str().starts_with("bin/")
}

fn write(tar: &mut impl Read, place: &Path, size: u64, is_program: bool) -> Result<(), Unpackable> {
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if is_program { 0o755 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = is_program;
    let mut file = options.open(place)?;
    if io::copy(&mut tar.by_ref().take(size), &mut file)? != size {
        return content("it ends within a file");
    }
    file.sync_all()?;
    let padding = size.next_multiple_of(BLOCK as u64) - size;
    io::copy(&mut tar.take(padding), &mut io::sink())?;
    Ok(())
}

enum Kind {
    File,
    Folder,
}

/// What a header says: nothing of the path is left of the folder at the top.
struct Entry {
    path: Option<RelPath>,
    size: u64,
    kind: Kind,
}

/// The next header, or nothing at the end.
fn next(tar: &mut impl Read) -> Result<Option<Entry>, Unpackable> {
    let mut header = [0; BLOCK];
    if let Err(e) = tar.read_exact(&mut header) {
        return match e.kind() {
            io::ErrorKind::UnexpectedEof => content("it ends too early"),
            _ => content(format!("it can't be unpacked: {e}")),
        };
    }
    if header.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    let kind = match header[156] {
        b'0' | 0 => Kind::File,
        b'5' => Kind::Folder,
        other => return content(format!("it has an entry of the kind {:?}", char::from(other))),
    };
    // The prefix of long names: packages have none.
    let name = text(&header[..100])?;
    let digits = text(&header[124..136])?;
    let Ok(size) = u64::from_str_radix(digits.trim(), 8) else {
        return content("the size of a file is no number");
    };
    let (_, below) = name.trim_end_matches('/').split_once('/').unwrap_or((&name, ""));
    let path = match below {
        "" if matches!(kind, Kind::Folder) => None,
        below => Some(allowed(below)?),
    };
    Ok(Some(Entry { path, size, kind }))
}

fn allowed(path: &str) -> Result<RelPath, Unpackable> {
    let top = path.split('/').next().unwrap_or_default();
    match RelPath::new(path) {
        Ok(path) if TOPS.contains(&top) => Ok(path),
        _ => content(format!("{path:?} has no place in it")),
    }
}

/// A field: text up to its first NUL.
fn text(field: &[u8]) -> Result<String, Unpackable> {
    let text = field.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8(text.to_vec()).or_else(|_| content("a name in it is no text"))
}

/// The files below a folder, each by its path from there, in order.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(at) = open.pop() {
        for entry in crate::home::entries(&folder.join(&at))? {
            let path = at.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
