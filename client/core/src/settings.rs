//! What a friend may set: `settings.json`. A missing file or field means the default.

use mist_peer::RateLimits;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::home::{Home, HomeError, read_json, write_json};

/// Where the session's secrets are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum SecretStore {
    /// A file that only its owner can read. Works everywhere.
    #[default]
    File,
    /// The system's keyring; the file if there is none.
    Keyring,
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Settings {
    /// Bytes per second sent to others; no limit if there is none.
    pub up: Option<u64>,
    /// Bytes per second received; no limit if there is none.
    pub down: Option<u64>,
    /// Whether the limits count for peers on the same network too.
    pub limit_lan: bool,
    /// Whether to find friends on the same network by themselves.
    pub lan_discovery: bool,
    /// Where the session is kept.
    pub secrets: SecretStore,
    /// Bytes that kept patches may take.
    pub patch_cache: u64,
    /// Files of at least so many bytes that keep their path are patched where they are, not made anew beside the old
    /// ones. Smaller ones too where the disk is short.
    pub patch_from: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            up: None,
            down: None,
            limit_lan: false,
            lan_discovery: true,
            secrets: SecretStore::File,
            patch_cache: 4_000_000_000,
            patch_from: 1 << 30,
        }
    }
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    /// If the file is there and can't be read or understood.
    pub fn load(home: &Home) -> Result<Self, HomeError> {
        Ok(read_json(&home.settings())?.unwrap_or_default())
    }

    /// Replaces the settings.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn save(&self, home: &Home) -> Result<(), HomeError> {
        write_json(&home.settings(), self, false)
    }

    pub(crate) fn limits(&self) -> RateLimits {
        RateLimits { up: self.up, down: self.down, limit_lan: self.limit_lan }
    }
}
