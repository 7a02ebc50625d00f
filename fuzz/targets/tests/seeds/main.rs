//! Makes the corpus that fuzzing starts from. It is committed, so this runs only by hand, after a format got a new
//! version: `cargo test -p mist-fuzz-targets --test seeds -- --ignored`. What fuzzing found besides is left as it is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::cast_possible_truncation, reason = "what is cast is small")]

mod delta;
mod peer;
mod proto;
mod tree;

// As the tests of `delta` make them.
#[path = "../../../../delta/tests/inside/link.rs"]
mod link;
#[path = "../../../../delta/tests/common/noise.rs"]
mod noise;
#[path = "../../../../delta/tests/inside/pak.rs"]
mod pak;
#[path = "../../../../delta/tests/inside/png.rs"]
mod png;
#[path = "../../../../delta/tests/inside/samples.rs"]
mod samples;
#[path = "../../../../delta/tests/inside/zip.rs"]
mod zip;

use std::{fs, path::Path};

const FUZZ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// Writes a seed of a target.
fn seed(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(FUZZ).join("corpus").join(target);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(name).with_extension("seed"), bytes).unwrap();
}

/// The first of two: patches lead from what is compiled in, so this runs again after it changed.
#[test]
#[ignore = "writes into the repository"]
fn base() {
    delta::base();
}

#[test]
#[ignore = "writes into the repository"]
fn corpus() {
    delta::patches();
    delta::resumptions();
    delta::pairs();
    delta::signatures();
    delta::journals();
    peer::pieces();
    peer::answers();
    proto::manifests();
    proto::frames();
    proto::paths();
    proto::keys();
    tree::recipes();
    tree::archives();
}
