//! What several tests of the program need.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

/// Bytes that hold nothing twice and do not shrink; the same for a seed.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut out);
    out
}

/// Disk that a file takes, in bytes.
pub(crate) fn allocated(path: &Path) -> u64 {
    fs::metadata(path).unwrap().blocks() * 512
}
