//! Manifests: the signed list of what a build is.
//!
//! Canonical bytes, all integers little-endian, strings and lists with a `u32` length first:
//!
//! ```text
//! magic      8   "MISTMAN1", or "MISTMAN2" if the build has links or names with joiners
//! game       str
//! version    str
//! sequence   u64           1 for a game's first build, then parent's + 1 or more
//! parent     u8 tag, then the parent manifest's id (32) if the tag is 1
//! floor      u64           lowest sequence that may be live from now on; at most `sequence`
//! archive    hash (32), size u64
//! files      u32 count, each: path str, size u64, flags u8 (bit 0: executable), hash (32)
//! folders    u32 count of empty folders, each: path str
//! links      in "MISTMAN2" only: u32 count of symbolic links, each: path str, target str
//! launch     u32 count, each: platform u8 (0 any, 1 Linux, 2 Windows, 3 macOS), name str, path str,
//!            u32 count of arguments, each str; working directory: u8 tag, then path str if it is 1
//! ```
//!
//! Files are in ascending order of their path's bytes, and so are folders and links; a list out of order, a repeated
//! or colliding path, an unknown flag or tag, and bytes after the end are all refused, so that one manifest has
//! one encoding. A manifest's id is the BLAKE3 hash of these bytes.
//!
//! The signed envelope is `"MISTSIG1"`, the release key (32), the Ed25519 signature (64) over the context
//! `mist manifest v1`, a NUL and the manifest's id, then the canonical bytes.

mod codec;
mod envelope;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use codec::ManifestHasher;
pub use envelope::{UnverifiedManifest, VerifiedManifest, is_second_version};

use crate::{
    BlobId, Hash, RelPath, Slug, Version,
    codec::DecodeError,
    key::BadSignature,
    limits,
    links::{self, LinkEntry, LinkError, LinkRule, Links},
    path::{PathError, PathSet},
};

/// Hash of a manifest's canonical bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct ManifestId(pub Hash);

impl fmt::Display for ManifestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ManifestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ManifestId({})", self.0.short())
    }
}

/// One file of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Where it lies.
    pub path: RelPath,
    /// Length in bytes.
    pub size: u64,
    /// Whether it may be run (mode 755 instead of 644).
    pub executable: bool,
    /// Hash of its content.
    pub hash: Hash,
}

/// The system that a launch entry is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// Every system.
    Any,
    /// Linux.
    Linux,
    /// Windows.
    Windows,
    /// macOS.
    Macos,
}

impl Platform {
    /// The system that this program runs on.
    pub fn current() -> Self {
        match std::env::consts::OS {
            "windows" => Self::Windows,
            "macos" => Self::Macos,
            _ => Self::Linux,
        }
    }
}

/// One way to start the game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LaunchEntry {
    /// The system that it is for.
    pub platform: Platform,
    /// What a friend reads on the button's menu, e.g. `Play` or `Server`.
    pub name: String,
    /// The program, a file of the build.
    pub path: RelPath,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Working directory inside the build; the build's root if there is none.
    #[serde(default)]
    pub working_dir: Option<RelPath>,
}

/// A build's content and place in its game's history. See the module for the canonical bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Game that it belongs to.
    pub game: Slug,
    /// Label, unique within the game.
    pub version: Version,
    /// Place in the game's linear list of builds.
    pub sequence: u64,
    /// Manifest of the build before it.
    pub parent: Option<ManifestId>,
    /// Lowest sequence that may be live once this manifest has been seen.
    pub floor: u64,
    /// Root and size of the build's archive.
    pub archive: BlobId,
    /// Files, in ascending order of path bytes.
    pub files: Vec<FileEntry>,
    /// Folders that contain nothing, in ascending order of path bytes.
    pub empty_dirs: Vec<RelPath>,
    /// Symbolic links, in ascending order of path bytes.
    pub links: Vec<LinkEntry>,
    /// How to start the game.
    pub launch: Vec<LaunchEntry>,
}

/// Why a manifest was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Malformed bytes.
    #[error("malformed manifest: {0}")]
    Decode(#[from] DecodeError),
    /// A path that is not allowed, or not beside the others.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A name that is not allowed.
    #[error(transparent)]
    Name(#[from] crate::ids::InvalidName),
    /// Paths that are not in order.
    #[error("manifest paths are not in order at {0}")]
    Order(RelPath),
    /// A link that is not allowed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// What a link says is not allowed.
    #[error("link {path} is refused: {rule}")]
    Target {
        /// Where the link lies.
        path: RelPath,
        /// The rule that it breaks.
        rule: LinkRule,
    },
    /// It is of a version that is not known here.
    #[error("this build was made for a newer version of Mist: update Mist, then try again")]
    Newer,
    /// A rule about the values is broken.
    #[error("manifest is not valid: {0}")]
    Rule(&'static str),
    /// The signature does not fit.
    #[error("manifest: {0}")]
    Signature(#[from] BadSignature),
    /// Signed, but by another key than the pinned one.
    #[error("manifest is signed by {found}, but the release key known here is {pinned}")]
    WrongKey {
        /// Fingerprint of the key that signed.
        found: String,
        /// Fingerprint of the key that was expected.
        pinned: String,
    },
}

impl Manifest {
    /// Checks every rule that decoding checks too.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), ManifestError> {
        if self.sequence == 0 || self.floor > self.sequence {
            return Err(ManifestError::Rule("sequence starts at 1 and floor is at most sequence"));
        }
        if (self.sequence == 1) != self.parent.is_none() {
            return Err(ManifestError::Rule("exactly the first build has no parent"));
        }
        let entries = self.files.len() + self.empty_dirs.len() + self.links.len();
        if entries as u64 > limits::MAX_ENTRIES {
            return Err(ManifestError::Rule("over 1,000,000 files, links and folders"));
        }
        links::check_list(&self.links)?;
        if self.archive.size > limits::MAX_BLOB || self.files.iter().any(|f| f.size > limits::MAX_BLOB) {
            return Err(ManifestError::Rule("a size is over its bound"));
        }
        in_order(self.files.iter().map(|f| &f.path))?;
        in_order(self.empty_dirs.iter())?;
        in_order(self.links.iter().map(|l| &l.path))?;
        let mut set = PathSet::new();
        for f in &self.files {
            set.add_file(&f.path)?;
        }
        // Nothing lies below a link, whatever it leads to.
        for l in &self.links {
            set.add_file(&l.path)?;
        }
        for d in &self.empty_dirs {
            set.add_folder(d)?;
        }
        self.check_empty_dirs()?;
        Links::of(self).check()?;
        self.check_launch()
    }

    /// An "empty" folder must not be the parent of anything: the encoding would not be unique.
    fn check_empty_dirs(&self) -> Result<(), ManifestError> {
        for d in &self.empty_dirs {
            let prefix = format!("{d}/");
            let first_below = |paths: &mut dyn Iterator<Item = &RelPath>| {
                paths.next().is_some_and(|p| p.as_str().starts_with(&prefix))
            };
            let at = self.files.partition_point(|f| f.path.as_str() < prefix.as_str());
            let dir_at = self.empty_dirs.partition_point(|p| p.as_str() < prefix.as_str());
            let link_at = self.links.partition_point(|l| l.path.as_str() < prefix.as_str());
            if first_below(&mut self.files[at..].iter().map(|f| &f.path))
                || first_below(&mut self.empty_dirs[dir_at..].iter())
                || first_below(&mut self.links[link_at..].iter().map(|l| &l.path))
            {
                return Err(ManifestError::Rule("a folder listed as empty is not"));
            }
        }
        Ok(())
    }

    fn check_launch(&self) -> Result<(), ManifestError> {
        if self.launch.len() as u64 > limits::MAX_LAUNCH {
            return Err(ManifestError::Rule("over 32 launch entries"));
        }
        for l in &self.launch {
            if l.args.len() as u64 > limits::MAX_LAUNCH_ARGS
                || l.args.iter().any(|a| a.len() > limits::MAX_LAUNCH_ARG || a.contains('\0'))
            {
                return Err(ManifestError::Rule("a launch entry has too many or too long arguments"));
            }
            if l.name.is_empty() || l.name.len() > 64 || l.name.chars().any(char::is_control) {
                return Err(ManifestError::Rule("a launch entry's name is 1 to 64 bytes without controls"));
            }
            if self.file(&l.path).is_none() {
                return Err(ManifestError::Rule("a launch entry starts a file that the build does not have"));
            }
        }
        Ok(())
    }

    /// The entry of `path`.
    pub fn file(&self, path: &RelPath) -> Option<&FileEntry> {
        self.files.binary_search_by(|f| f.path.cmp(path)).ok().map(|i| &self.files[i])
    }

    /// Sum of the files' sizes.
    pub fn content_size(&self) -> u64 {
        self.files.iter().fold(0, |sum, f| sum.saturating_add(f.size))
    }
}

fn in_order<'a>(paths: impl Iterator<Item = &'a RelPath>) -> Result<(), ManifestError> {
    let mut last: Option<&RelPath> = None;
    for p in paths {
        if last.is_some_and(|l| l >= p) {
            return Err(ManifestError::Order(p.clone()));
        }
        last = Some(p);
    }
    Ok(())
}
