//! What is left to do in the game's folder once a patch is applied into staging.

use mist_proto::{Hash, LinkEntry, RelPath};

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Operation {
    /// Remove a file that the new build does not have, and the folders above it that are empty then.
    Delete {
        /// The file.
        path: RelPath,
    },
    /// Remove a folder that the old build had empty, if it still is, and those above it that are empty then.
    RemoveDir {
        /// The folder.
        path: RelPath,
    },
    /// Rename a file. Nothing of the old build is at `to`, nor where a folder above it has to be.
    Move {
        /// Its path in the old build.
        from: RelPath,
        /// Its path in the new build.
        to: RelPath,
        /// Whether it may be run from now on.
        executable: bool,
    },
    /// Put a staged file where it belongs, in place of what may be there.
    Staged {
        /// Its path, in staging and in the build.
        path: RelPath,
        /// Its length in bytes.
        size: u64,
        /// Hash of what was written; the caller compares it with its signed manifest.
        hash: Hash,
        /// Whether it may be run.
        executable: bool,
    },
    /// Give a file its new content where it is, by the journal of its path in staging: see [`crate::replay`].
    Patched {
        /// Its path, in staging and in both builds.
        path: RelPath,
        /// Its new length in bytes.
        size: u64,
        /// Hash of what it is going to be; the caller compares it with its signed manifest.
        hash: Hash,
        /// Whether it may be run from now on.
        executable: bool,
        /// Length of the journal in bytes.
        journal: u64,
    },
    /// Give a file another mode.
    SetMode {
        /// The file.
        path: RelPath,
        /// Whether it may be run from now on.
        executable: bool,
    },
    /// Remove a link that the new build does not have, and the folders above it that are empty then.
    RemoveLink {
        /// The link.
        link: LinkEntry,
    },
    /// Make a link, unless it is there and says this. Each link of the new build has such a step, so that copies that stand
    /// for links can be made anew.
    Link {
        /// The link.
        link: LinkEntry,
    },
    /// Make a folder that the new build has empty.
    CreateDir {
        /// The folder.
        path: RelPath,
    },
}

/// The steps that turn the old build's folder into the new one's, in an order that works.
///
/// Every file of the old build that no step names is a file of the new build as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Plan {
    /// The steps.
    pub operations: Vec<Operation>,
}
