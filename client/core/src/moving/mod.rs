//! Moving a game's folder: a new name on the same disk, or a copy to another one, which is compared before the old folder goes.
//!
//! [`Journey`] is one such move. The library says what was begun: until everything has [arrived](Journey::arrived) the old folder
//! is the game's, whole and as it was; from then on the new one is, and the old one only has to go. Whatever dies in between, the
//! order goes on from there or is undone. [`carry`] copies and compares, [`ends`] takes away, [`label`] marks the folder that is
//! being filled, so that nothing of anybody else is ever written over; [`target`] says where a game may go.

mod carry;
mod ends;
mod journey;
mod label;
mod target;

pub(crate) use journey::{Journey, settle};
pub use target::BadTarget;
pub(crate) use target::{resolved, suits};

use std::path::{Path, PathBuf};

use mist_proto::Slug;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A move that has begun and not ended, as the library knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moving {
    /// The old folder.
    pub from: PathBuf,
    /// The new one.
    pub to: PathBuf,
    /// Whether the new one is the game's already.
    pub arrived: bool,
}

/// What moving a game to another folder would take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MoveForecast {
    /// The game.
    #[ts(type = "string")]
    pub game: Slug,
    /// Where it is.
    pub from: PathBuf,
    /// Where it would be.
    pub to: PathBuf,
    /// Whether the folder only gets another name, as both are on one disk.
    pub renamed: bool,
    /// Bytes to copy, and of disk that is needed there.
    pub bytes: u64,
    /// Bytes free there, where the system tells.
    pub free: Option<u64>,
}

impl MoveForecast {
    /// Whether there is room for it, as far as is known.
    pub fn fits(&self) -> bool {
        self.free.is_none_or(|free| self.bytes <= free)
    }
}

/// Whether two places are on one disk, and the folder is not a disk of its own.
fn is_renamed(from: &Path, to: &Path) -> bool {
    let parent = from.parent().unwrap_or(from);
    crate::install::same_disk(from, to) && crate::install::same_disk(from, parent)
}
