//! A build's files on disk.
//!
//! [`fs`] is the seam through which every game folder, depot and staging folder is reached: nothing else in the
//! workspace opens a build's files by itself, so that nothing escapes a folder and every fault can be tested.
//!
//! On it stand, each knowing only those named before it:
//!
//! - [`walk`]: what a folder contains, and what of it can't be part of a build;
//! - [`archive`]: the deterministic tar of a build, mapped to and from its folder without ever being kept;
//! - [`recipe`]: the chunks and parts of an upload;
//! - [`scan`]: a folder as a build, with all hashes, in one read;
//! - [`list`](mod@list): its files and their hashes alone;
//! - [`links`]: the links of a build, or the copies that stand for them;
//! - [`verify`]: whether a folder is the build that its manifest says;
//! - [`seekable`]: an archive compressed such that any piece can be taken out alone.
//!
//! There is no network here, no knowledge of patches, and no policy of what to do about a damaged folder. The formats
//! are described in `docs/formats.md`.

pub mod archive;
pub mod fs;
mod hashing;
pub mod links;
pub mod list;
pub mod progress;
pub mod recipe;
pub mod scan;
pub mod seekable;
pub mod verify;
pub mod walk;

pub use hashing::hash_file;

#[cfg(test)]
mod samples;
