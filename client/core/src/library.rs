//! Which games are on this machine, and where: `library.json`.

use std::{collections::BTreeMap, path::PathBuf};

use mist_proto::Slug;
use serde::{Deserialize, Serialize};

use crate::folder::FolderState;
use crate::home::{FileLock, Home, HomeError, read_json, write_json};
use crate::moving::Moving;

/// A game on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its folder, absolute.
    pub dir: PathBuf,
    /// Key of the server that it came from.
    pub server: String,
    /// Random name of the folder that this entry was made for; none in libraries of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// A move of the folder that has begun and not ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving: Option<Moving>,
}

impl Entry {
    /// Whether `state` is that of the folder that this entry was made for, and not of one that was put in its place.
    pub(crate) fn knows(&self, state: &FolderState) -> bool {
        self.mark == state.mark
    }
}

/// The games on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// By slug.
    pub games: BTreeMap<Slug, Entry>,
}

impl Library {
    /// Reads the library.
    ///
    /// # Errors
    /// If it is there and can't be read.
    pub fn load(home: &Home) -> Result<Self, HomeError> {
        Ok(read_json(&home.library())?.unwrap_or_default())
    }

    /// Reads the library, changes it and writes it back, no other process between.
    pub(crate) fn change(home: &Home, change: impl FnOnce(&mut Self)) -> Result<(), HomeError> {
        let _lock = FileLock::take(&home.library().with_extension("lock"))?;
        let mut this = Self::load(home)?;
        let before = this.clone();
        change(&mut this);
        if this == before { Ok(()) } else { write_json(&home.library(), &this, false) }
    }
}
