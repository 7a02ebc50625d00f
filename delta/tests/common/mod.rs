//! What several tests of the program need.

mod noise;

use std::{fs, os::unix::fs::MetadataExt, path::Path};

pub(crate) use noise::noise;

/// Disk that a file takes, in bytes.
pub(crate) fn allocated(path: &Path) -> u64 {
    fs::metadata(path).unwrap().blocks() * 512
}
