//! What is in a build, what changed between two, and what each file costs in the patch between them.

use serde::{Deserialize, Serialize};

use crate::{Hash, RelPath, Version, key::ReleaseKey};

/// Query of `GET /games/{slug}/builds/{version}/files`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FilesQuery {
    /// Cursor of the page before; the first page if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Entries at most, from 1 to 500; 500 if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u16>,
    /// Only files whose path contains this, whatever the case; at most 200 bytes count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
}

/// A file of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BuildFile {
    /// Where it lies.
    pub path: RelPath,
    /// Length in bytes.
    pub size: u64,
    /// Hash of its content.
    pub hash: Hash,
    /// Whether it may be run.
    pub executable: bool,
}

/// `GET /games/{slug}/builds/{version}/files`: by path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BuildFiles {
    /// The files.
    pub files: Vec<BuildFile>,
    /// Cursor of the next page, if this is not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Files that fit the search, on all pages.
    pub total: u64,
    /// The key that signed the build.
    pub signed_by: ReleaseKey,
}

/// Which file of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FileQuery {
    /// Its path.
    pub path: RelPath,
}

/// `GET /games/{slug}/builds/{version}/file`: where a file of a build can be had by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FilePlace {
    /// Answers `GET`, ranges too, for some hours; below the server's own address if it begins with a slash.
    pub url: String,
    /// Its bytes.
    pub size: u64,
    /// Their hash.
    pub hash: Hash,
}

/// Query of `GET /games/{slug}/builds/{version}/changes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// The build to compare with.
    pub from: Version,
    /// Cursor of the page before; the first page if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Entries at most, from 1 to 500; 500 if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u16>,
}

/// What became of a file.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It was not there.
    Added,
    /// Its content is another.
    Changed,
    /// It lies elsewhere.
    Moved,
    /// It is gone.
    Removed,
}

/// What a patch makes a file of. Lengths are in bytes, of what is inside packed streams where those are made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FileCost {
    /// The file, as the new build has it.
    pub path: RelPath,
    /// Its share of the patch: what friends fetch for it.
    pub packed: u64,
    /// Bytes that come from files of the old build.
    pub copied: u64,
    /// Bytes of those that differ.
    pub differing: u64,
    /// Bytes that the patch brings.
    pub literal: u64,
    /// Packed streams in it that are made again, so that only what changed inside is fetched.
    pub streams: u64,
    /// The file of the old build that most of those come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<RelPath>,
}

/// What a patch is made of: the files that cost most, and what the others cost together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PatchStory {
    /// The dearest files, the dearest first; at most [`crate::limits::MAX_STORY`].
    pub files: Vec<FileCost>,
    /// Files besides.
    pub other_files: u64,
    /// What they cost together.
    pub other_packed: u64,
    /// Bytes that name files and say what becomes of them.
    pub names: u64,
}

/// One file that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Change {
    /// What became of it.
    pub kind: ChangeKind,
    /// Where it lies, or lay if it is gone.
    pub path: RelPath,
    /// Where it lay, if it was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<RelPath>,
    /// Length before, if it was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_size: Option<u64>,
    /// Length now, if it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_size: Option<u64>,
    /// What it costs in the direct patch, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<FileCost>,
}

/// How many files of a kind there are, and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Count {
    /// Files.
    pub files: u64,
    /// Bytes of them, in the new build if they are in it.
    pub bytes: u64,
}

/// `GET /games/{slug}/builds/{version}/changes`: what costs most first, then the largest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Changes {
    /// Files that are new.
    pub added: Count,
    /// Files with another content.
    pub changed: Count,
    /// Files that lie elsewhere.
    pub moved: Count,
    /// Files that are gone.
    pub removed: Count,
    /// Files that are as they were.
    pub same: Count,
    /// Size of the direct patch, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<u64>,
    /// What the patch has besides the costs below: names, and files that are not told one by one. None if it is not known
    /// what the patch is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub besides: Option<Besides>,
    /// The files.
    pub changes: Vec<Change>,
    /// Cursor of the next page, if this is not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// See [`Changes::besides`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Besides {
    /// Bytes that name files and say what becomes of them.
    pub names: u64,
    /// Files that are not told one by one.
    pub files: u64,
    /// What they cost together.
    pub packed: u64,
}
