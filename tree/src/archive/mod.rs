//! The archive of a build: a deterministic tar that nobody needs to keep.
//!
//! The archive is the POSIX.1-2001 (pax) tar of the manifest's files, and behind them of its links, in manifest order, and of
//! nothing else (empty folders are in the manifest alone). For each file:
//!
//! 1. If the path is not ASCII, or does not fit the ustar name fields, or the size is 8 GiB or more: a pax extended
//!    header (type `x`, name `././@PaxHeader`, mode 644) with the records `path` (if it is the path) and `size` (if it
//!    is the size), in this order, zero-padded to 512 bytes.
//! 2. A ustar header: mode 644 or 755, uid, gid, mtime and device numbers 0, no user and group names, type `0`. A path
//!    of at most 100 bytes is the name; a longer one is cut at the first `/` that leaves at most 100 bytes after it,
//!    if that leaves at most 155 before it. With a pax path, the name field holds the path's first 100 bytes, those
//!    outside ASCII replaced by `_`; with a pax size, the size field is 0.
//! 3. The content, zero-padded to 512 bytes.
//!
//! A link has the same headers with mode 777, type `2` and the target as the link's name; one that is not ASCII or over 100
//! bytes is a record `linkpath`, after `path`, and the field holds what it would of such a path.
//!
//! 1,024 zero bytes end it; there is no further padding. Numbers in headers are octal with leading zeros and a NUL
//! at the end; the checksum is six digits, NUL, space.
//!
//! [`Layout`] knows where everything lies without reading a file; [`ArchiveReader`] and [`ArchiveWriter`] map the
//! archive's bytes to and from a folder.

mod handles;
mod header;
mod layout;
mod reader;
mod writer;

pub use layout::{ArchivedFile, Layout, LayoutError, Part, Segment, Segments};
pub use reader::ArchiveReader;
pub use writer::ArchiveWriter;

use std::io;

use mist_proto::RelPath;

/// Why archive bytes can't be read from or written to a folder.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file can't be opened, read, written or flushed.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: RelPath,
        /// What the system said.
        source: io::Error,
    },
    /// The file ends before the size that the manifest gives.
    #[error("{path} is shorter than the {expected} bytes that the manifest says")]
    Short {
        /// The file.
        path: RelPath,
        /// Its size in the manifest.
        expected: u64,
    },
    /// Bytes given for a header or padding are not what the layout says.
    #[error("archive bytes at {at} are not the header or padding that belongs there")]
    NotTheHeader {
        /// Offset in the archive.
        at: u64,
    },
    /// The range does not lie in the archive.
    #[error("archive range {offset}+{len} is outside its {size} bytes")]
    OutOfBounds {
        /// First byte.
        offset: u64,
        /// Number of bytes.
        len: u64,
        /// Size of the archive.
        size: u64,
    },
    /// A folder can't be flushed.
    #[error(transparent)]
    Folder(io::Error),
}

impl From<ArchiveError> for io::Error {
    fn from(e: ArchiveError) -> Self {
        let kind = match &e {
            ArchiveError::File { source, .. } | ArchiveError::Folder(source) => source.kind(),
            ArchiveError::Short { .. } => io::ErrorKind::UnexpectedEof,
            ArchiveError::NotTheHeader { .. } => io::ErrorKind::InvalidData,
            ArchiveError::OutOfBounds { .. } => io::ErrorKind::InvalidInput,
        };
        Self::new(kind, e)
    }
}

#[cfg(test)]
mod tests;
