//! Whole small files.

use std::io;

use mist_proto::RelPath;
use mist_tree::fs::Dir;

/// Reads a file of at most `max` bytes.
///
/// # Errors
/// [`io::ErrorKind::InvalidData`] for a longer one, or what the system reports.
pub(crate) fn read_whole(dir: &dyn Dir, path: &RelPath, max: u64) -> io::Result<Vec<u8>> {
    let file = dir.open(path)?;
    let size = file.size()?;
    let len = usize::try_from(size).ok().filter(|_| size <= max).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{path} has {size} bytes; {max} were expected at most"),
        )
    })?;
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}
