//! Why a game's folder is not what was asked for.

use std::{
    io,
    path::{Path, PathBuf},
};

use mist_delta::{ApplyError, SignatureError};
use mist_peer::FetchError;
use mist_tree::archive::LayoutError;

use super::plan::NoRoom;
use crate::{home::HomeError, swarm::FetchFailed};

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
    /// It was cancelled.
    #[error("cancelled; run the same command again to go on")]
    Cancelled,
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
            Self::Disk(_) | Self::Transfer(FetchError::Storage(_)) => "disk",
            Self::NoRoom(_) => "no_room",
            Self::Transfer(e) => e.code(),
            Self::Patch(_) | Self::OtherResult | Self::Signature(_) => "patch",
            Self::Layout(_) => "layout",
            Self::Home(_) => "state",
            Self::StillDamaged { .. } => "still_damaged",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether another route may do where this one failed.
    pub(crate) fn another_route_may_do(&self) -> bool {
        match self {
            Self::Transfer(FetchError::NoSources { .. } | FetchError::Invalid(_)) | Self::OtherResult => true,
            Self::Patch(e) => {
                !matches!(e, ApplyError::Write { .. } | ApplyError::Checkpoint(_) | ApplyError::Cancelled)
            }
            Self::Disk(e) => e.kind() == io::ErrorKind::InvalidData,
            _ => false,
        }
    }
}

fn is_full(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

impl From<FetchFailed> for InstallError {
    fn from(failed: FetchFailed) -> Self {
        Self::Transfer(failed.error)
    }
}
