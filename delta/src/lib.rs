//! The way from one build's files to another's, as small as it gets.
//!
//! [`diff`] describes how a new tree is made from an old one and what can't be had from it: files that stay, files
//! that only get another path, and files that are rebuilt from ranges of any old file with sparse differences. [`apply`]
//! rebuilds those into a staging folder while the patch arrives, checks them, and returns the [`Plan`] that puts
//! them in place; large files may be patched where they are ([`replay`]). [`Commit`] carries the plan out where nobody else
//! does. Neither knows of networks or signatures; whoever applies compares the result with its signed manifest.
//!
//! Memory is bounded on both sides whatever the sizes: files are read by position, the diff indexes as much of the old
//! tree at a time as [`DiffOptions::memory`] allows, and a patch declares what applying it takes.

mod apply;
mod commit;
mod diff;
mod forecast;
mod format;
mod inside;
mod likes;
mod matching;
mod parallel;
mod patch;
mod plan;
mod programs;
mod redo;
mod signature;
mod space;
mod tally;

#[cfg(test)]
mod samples;

pub use apply::{ApplyError, ApplyOptions, Checkpoint, FileCheckpoint, NoCheckpoint, apply};
pub use commit::Commit;
pub use diff::{DiffError, DiffOptions, DiffReport, Level, Tree, diff, diff_from_signature};
pub use format::{
    MAX_APPLY_MEMORY,
    header::{Fate, Header, HeaderError, NewFile, OldFile},
};
pub use patch::PatchReader;
pub use plan::{Operation, Plan};
pub use redo::{leads_to, replay, reverse};
pub use signature::{AtHand, BadSignature, Signature, SignatureError};
pub use space::ReadError;
pub use tally::Tally;
