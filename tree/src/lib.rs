//! A build's files on disk.
//!
//! [`fs`] is the seam through which every game folder, depot and staging folder is reached: nothing else in the
//! workspace opens a build's files by itself, so that nothing escapes a folder and every fault can be tested.

pub mod archive;
pub mod fs;
pub mod progress;
pub mod recipe;
pub mod scan;
pub mod seekable;
pub mod verify;
pub mod walk;

#[cfg(test)]
mod samples;
