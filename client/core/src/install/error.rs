//! Why a game's folder is not what was asked for.

use std::{
    io,
    path::{Path, PathBuf},
};

use mist_delta::{ApplyError, SignatureError};
use mist_peer::FetchError;
use mist_tree::archive::LayoutError;

use super::plan::NoRoom;
use crate::{
    home::HomeError,
    stop::{StopReason, Stopped},
    swarm::FetchFailed,
};

/// Why work on a game's folder failed. What was fetched so far is kept, and the same command goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// The folder can't be opened.
    #[error("{folder}: {source}", folder = path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Reading or writing in the folder failed. The text names the file.
    #[error("{0}. Nothing was lost; run the same command again once that is put right")]
    Disk(io::Error),
    /// Not enough room.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    /// A transfer ended early.
    #[error("{0}. What arrived is kept; run the same command again to go on")]
    Transfer(FetchError),
    /// A patch can't be applied.
    #[error("the patch can't be applied: {0}")]
    Patch(#[from] ApplyError),
    /// The folder can't be described to the seed.
    #[error("the folder can't be described to the server: {0}")]
    Signature(#[from] SignatureError),
    /// The seed makes no patch for just this folder, not soon, or one that costs more than another route.
    #[error("the server has no patch for just this folder that is worth its bytes")]
    NoJump,
    /// A patch was applied, and what it made is not the signed build. It is not used.
    #[error("the patch makes something else than the signed build")]
    OtherResult,
    /// The manifest's files make no archive.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// A state file of the client.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The folder still differs from the manifest after everything was tried.
    #[error(
        "{files} files are still not what the manifest says; the disk may be failing, or another program writes there"
    )]
    StillDamaged {
        /// How many.
        files: usize,
    },
    /// A link could not be made. From now on copies stand for links in this folder.
    #[error("this disk has no symbolic links; run the same command again, and copies stand for them")]
    WithoutLinks,
    /// Somebody asked it to stop.
    #[error("stopped; what arrived is kept, and the same command goes on from there")]
    Stopped(StopReason),
}

impl InstallError {
    pub(crate) fn folder(path: &Path, source: io::Error) -> Self {
        Self::Folder { path: path.to_owned(), source }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Folder { .. } => "folder",
            Self::Disk(e) if is_full(e) => "disk_full",
            Self::Transfer(FetchError::Storage(e)) if is_full(e) => "disk_full",
            Self::Patch(ApplyError::Write { source, .. } | ApplyError::Checkpoint(source))
                if is_full(source) =>
            {
                "disk_full"
            }
            Self::Disk(e) if e.kind() == io::ErrorKind::FileTooLarge => "file_too_large",
            Self::Transfer(FetchError::Storage(e)) if e.kind() == io::ErrorKind::FileTooLarge => {
                "file_too_large"
            }
            Self::Patch(ApplyError::Write { source, .. }) if source.kind() == io::ErrorKind::FileTooLarge => {
                "file_too_large"
            }
            Self::Disk(_) | Self::WithoutLinks | Self::Transfer(FetchError::Storage(_)) => "disk",
            Self::NoRoom(_) => "no_room",
            Self::Transfer(e) => e.code(),
            Self::Patch(_) | Self::OtherResult | Self::Signature(_) => "patch",
            Self::NoJump => "no_jump",
            Self::Layout(_) => "layout",
            Self::Home(_) => "state",
            Self::StillDamaged { .. } => "still_damaged",
            Self::Stopped(_) => "stopped",
        }
    }

    /// What the code leaves open, as names and values: numbers of bytes or files, paths, stable words, and what the
    /// system says. No sentences.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Folder { path, source } | Self::Home(HomeError { path, source }) => {
                vec![("path", path.display().to_string()), ("system", source.to_string())]
            }
            Self::Disk(system) => vec![("system", system.to_string())],
            Self::Transfer(FetchError::Storage(system)) => vec![("system", system.to_string())],
            Self::Transfer(FetchError::NoSources { missing, trouble }) => {
                let trouble = trouble.map(|trouble| ("trouble", trouble.code().to_owned()));
                [("missing", missing.to_string())].into_iter().chain(trouble).collect()
            }
            Self::Transfer(FetchError::Cancelled | FetchError::Invalid(_)) | Self::NoJump => vec![],
            Self::WithoutLinks => vec![("system", "no symbolic links".into())],
            Self::NoRoom(NoRoom { needed, free }) => {
                vec![("needed", needed.to_string()), ("free", free.to_string())]
            }
            Self::Patch(e) => patch_params(e),
            Self::Signature(e) => vec![("cause", "signature".into()), ("system", e.to_string())],
            Self::OtherResult => vec![("cause", "other_result".into())],
            Self::Layout(LayoutError::TooLarge) => vec![("cause", "too_large".into())],
            Self::Layout(LayoutError::Size { claimed, actual }) => vec![
                ("cause", "other_size".into()),
                ("claimed", claimed.to_string()),
                ("actual", actual.to_string()),
            ],
            Self::StillDamaged { files } => vec![("files", files.to_string())],
            Self::Stopped(reason) => vec![("reason", reason.code().into())],
        }
    }

    /// Whether another route may do where this one failed.
    pub(crate) fn another_route_may_do(&self) -> bool {
        match self {
            Self::Transfer(FetchError::NoSources { .. } | FetchError::Invalid(_))
            | Self::OtherResult
            | Self::NoJump => true,
            Self::Patch(e) => {
                !matches!(e, ApplyError::Write { .. } | ApplyError::Checkpoint(_) | ApplyError::Cancelled)
            }
            Self::Disk(e) => e.kind() == io::ErrorKind::InvalidData,
            _ => false,
        }
    }
}

/// Why a patch can't be applied: a stable word as `cause`, and what belongs to it.
fn patch_params(error: &ApplyError) -> Vec<(&'static str, String)> {
    let (cause, mut params) = match error {
        ApplyError::Header(e) => ("header", vec![("system", e.to_string())]),
        ApplyError::OtherZstd { needed, here } => {
            ("other_zstd", vec![("needed", needed.to_string()), ("here", here.to_string())])
        }
        ApplyError::Patch(e) => ("unreadable", vec![("system", e.to_string())]),
        ApplyError::Malformed(e) => ("malformed", vec![("system", e.to_string())]),
        ApplyError::WrongBase { differing } => {
            let first = differing.first().map(|path| ("path", path.to_string()));
            ("wrong_base", [("files", differing.len().to_string())].into_iter().chain(first).collect())
        }
        ApplyError::Read(e) => ("read", vec![("path", e.path.clone()), ("system", e.source.to_string())]),
        ApplyError::Write { path, source } => {
            ("write", vec![("path", path.clone()), ("system", source.to_string())])
        }
        ApplyError::Mismatch { path } => ("mismatch", vec![("path", path.clone())]),
        ApplyError::Checkpoint(e) => ("checkpoint", vec![("system", e.to_string())]),
        ApplyError::Cancelled => ("cancelled", vec![]),
    };
    params.insert(0, ("cause", cause.into()));
    params
}

fn is_full(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

impl From<Stopped> for InstallError {
    fn from(Stopped(reason): Stopped) -> Self {
        Self::Stopped(reason)
    }
}

impl From<FetchFailed> for InstallError {
    fn from(failed: FetchFailed) -> Self {
        Self::Transfer(failed.error)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::install::samples::path;

    fn broken() -> io::Error {
        io::Error::other("broken")
    }

    #[test]
    fn every_error_has_a_code_and_values() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let at = || PathBuf::from("/games/x");
        let differing = vec![path("a"), path("b")];
        let all: [(InstallError, &str, &[&str]); 14] = [
            (InstallError::folder(&at(), broken()), "folder", &["path=/games/x", "system=broken"]),
            (InstallError::Disk(broken()), "disk", &["system=broken"]),
            (InstallError::Disk(full()), "disk_full", &["system=no storage space"]),
            (NoRoom { needed: 7, free: 5 }.into(), "no_room", &["needed=7", "free=5"]),
            (
                InstallError::Transfer(FetchError::NoSources { missing: 3, trouble: None }),
                "no_sources",
                &["missing=3"],
            ),
            (InstallError::Transfer(FetchError::Storage(Arc::new(broken()))), "disk", &["system=broken"]),
            (ApplyError::WrongBase { differing }.into(), "patch", &["cause=wrong_base", "files=2", "path=a"]),
            (
                ApplyError::Write { path: "a".into(), source: full() }.into(),
                "disk_full",
                &["cause=write", "path=a", "system=no storage space"],
            ),
            (SignatureError::TooLarge.into(), "patch", &["cause=signature"]),
            (InstallError::OtherResult, "patch", &["cause=other_result"]),
            (
                LayoutError::Size { claimed: 1, actual: 2 }.into(),
                "layout",
                &["cause=other_size", "claimed=1", "actual=2"],
            ),
            (HomeError { path: at(), source: broken() }.into(), "state", &["path=/games/x", "system=broken"]),
            (InstallError::StillDamaged { files: 4 }, "still_damaged", &["files=4"]),
            (InstallError::Stopped(StopReason::Pause), "stopped", &["reason=pause"]),
        ];
        for (error, code, values) in all {
            let params: Vec<_> =
                error.params().iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(error.code(), code, "{error}");
            for value in values {
                assert!(params.iter().any(|p| p == value), "{value} is not in {params:?}");
            }
        }
    }
}
