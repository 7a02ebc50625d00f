//! What is fuzzed: one function for each parser of bytes that come from another machine or from a file that anything may
//! have happened to. Each takes any bytes, and panics if what must hold does not.
//!
//! cargo-fuzz feeds them new bytes (`./dev fuzz`, `fuzz/README.md`); a test feeds them the committed corpus.

mod folder;
mod input;
mod journal;
mod patch;
mod peer;
mod proto;
mod tree;

pub use folder::{Folder, base, next};
pub use journal::journal;
pub use patch::{diff, patch, resume, signature};
pub use peer::{https, piece};
pub use proto::{key, manifest, path, wire};
pub use tree::{recipe, seekable};

/// A function that takes any bytes.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 13] = [
    ("diff", diff),
    ("https", https),
    ("journal", journal),
    ("key", key),
    ("manifest", manifest),
    ("patch", patch),
    ("path", path),
    ("piece", piece),
    ("recipe", recipe),
    ("resume", resume),
    ("seekable", seekable),
    ("signature", signature),
    ("wire", wire),
];
