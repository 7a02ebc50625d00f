//! Hashing files by position in bounded buffers.

use mist_proto::Hash;
use mist_tree::fs::ReadAt;

use crate::space::ReadError;

const BUFFER: usize = 256 << 10;

/// Hash of a file of `size` bytes.
pub(super) fn hash_file(file: &dyn ReadAt, path: &str, size: u64) -> Result<Hash, ReadError> {
    let mut hasher = blake3::Hasher::new();
    let mut buf = vec![0; usize::try_from(size).unwrap_or(BUFFER).min(BUFFER)];
    let mut at = 0;
    while at < size {
        let n = usize::try_from(size - at).unwrap_or(BUFFER).min(buf.len());
        file.read_exact_at(&mut buf[..n], at).map_err(|source| ReadError { path: path.into(), source })?;
        hasher.update(&buf[..n]);
        at += n as u64;
    }
    Ok(hasher.finalize().into())
}
