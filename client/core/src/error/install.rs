//! Why a game's folder is not what was asked for.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use mist_delta::{ApplyError, SignatureError};
use mist_peer::{FetchError, Trouble};
use mist_tree::{archive::LayoutError, fs::Unfit};

use crate::{
    failure::{CAUSE, Failure, Params},
    home::HomeError,
    stop::{StopReason, Stopped},
};

/// No route fits on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRoom {
    /// What the most modest route needs.
    pub needed: u64,
    /// What there is.
    pub free: u64,
}

/// Why work on a game's folder failed. What was fetched so far is kept, and the same command goes on from there.
/// Its sentences are those of [`Failure`].
#[derive(Debug)]
pub enum InstallError {
    /// The folder can't be opened.
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Reading or writing in the folder failed. What the system says names the file.
    Disk(io::Error),
    /// Not enough room.
    NoRoom(NoRoom),
    /// A transfer ended early.
    Transfer(FetchError),
    /// A patch can't be applied.
    Patch(ApplyError),
    /// The folder can't be described to the seed.
    Signature(SignatureError),
    /// The seed makes no patch for just this folder, not soon, or one that costs more than another route.
    NoJump,
    /// A patch for just this folder is ready, and has less to move than what is left of the route that was taken meanwhile.
    Overtaken,
    /// A patch was applied, and what it made is not the signed build. It is not used.
    OtherResult,
    /// The manifest's files make no archive.
    Layout(LayoutError),
    /// A state file of the client.
    Home(HomeError),
    /// The folder still differs from the manifest after everything was tried.
    StillDamaged {
        /// How many files do.
        files: usize,
    },
    /// The disk can't hold the build. Nothing was fetched.
    Unfit(Unfit),
    /// A link could not be made. From now on copies stand for links in this folder.
    WithoutLinks,
    /// What was kept of the build before was not what its names say any more. It is gone.
    PreviousRotten,
    /// A player's link, which the disk that the game is to go to can't hold.
    OwnLink {
        /// Where it lies in the game's folder.
        path: String,
    },
    /// Something that can't be copied: a device, pipe or socket.
    SpecialFile {
        /// Where it lies in the game's folder.
        path: String,
    },
    /// The game's files change again and again while they are copied.
    KeepsChanging,
    /// Somebody asked it to stop.
    Stopped(StopReason),
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Failure::of(self.code(), self.params()).fmt(f)
    }
}

impl std::error::Error for InstallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Folder { source, .. } | Self::Disk(source) => Some(source),
            Self::Transfer(e) => Some(e),
            Self::Patch(e) => Some(e),
            Self::Signature(e) => Some(e),
            Self::Layout(e) => Some(e),
            Self::Home(e) => Some(e),
            Self::NoRoom(_)
            | Self::Unfit(_)
            | Self::NoJump
            | Self::Overtaken
            | Self::OtherResult
            | Self::StillDamaged { .. }
            | Self::WithoutLinks
            | Self::PreviousRotten
            | Self::OwnLink { .. }
            | Self::SpecialFile { .. }
            | Self::KeepsChanging
            | Self::Stopped(_) => None,
        }
    }
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
            Self::Disk(_)
            | Self::WithoutLinks
            | Self::PreviousRotten
            | Self::Transfer(FetchError::Storage(_)) => "disk",
            Self::NoRoom(_) => "no_room",
            Self::Unfit(Unfit::Large { .. }) => "file_over_disk",
            Self::Unfit(Unfit::LongName { .. }) => "name_over_disk",
            Self::Transfer(FetchError::Cancelled) | Self::Overtaken => "transfer_ended",
            Self::Transfer(FetchError::NoSources { .. }) => "no_sources",
            Self::Transfer(FetchError::Invalid(_)) => "bad_order",
            Self::Patch(_) | Self::OtherResult | Self::Signature(_) => "patch",
            Self::NoJump => "no_jump",
            Self::Layout(_) => "layout",
            Self::Home(_) => "state",
            Self::StillDamaged { .. } => "still_damaged",
            Self::OwnLink { .. } => "own_link",
            Self::SpecialFile { .. } => "special_file",
            Self::KeepsChanging => "keeps_changing",
            Self::Stopped(_) => "stopped",
        }
    }

    /// What the code leaves open, as names and values: numbers of bytes or files, paths, stable words, and what the
    /// system says. No sentences.
    pub fn params(&self) -> Params {
        match self {
            Self::Folder { path, source } => {
                vec![("path", path.display().to_string()), ("detail", source.to_string())]
            }
            Self::Home(e) => home_params(e),
            Self::Disk(system) => vec![("system", system.to_string())],
            Self::Transfer(FetchError::Storage(system)) => vec![("system", system.to_string())],
            Self::Transfer(FetchError::NoSources { missing, trouble }) => {
                let mut params = vec![("missing", missing.to_string())];
                params.extend(trouble.map(|trouble| (CAUSE, trouble.code().to_owned())));
                if let Some(Trouble::Status(status)) = trouble {
                    params.push(("status", status.to_string()));
                }
                params
            }
            Self::Unfit(Unfit::Large { path, size, most }) => {
                vec![("path", path.to_string()), ("size", size.to_string()), ("most", most.to_string())]
            }
            Self::Unfit(Unfit::LongName { path, len }) => {
                vec![("path", path.to_string()), ("bytes", len.to_string())]
            }
            Self::Transfer(FetchError::Invalid(detail)) => vec![("detail", (*detail).to_owned())],
            Self::Transfer(FetchError::Cancelled) | Self::NoJump | Self::Overtaken | Self::KeepsChanging => {
                vec![]
            }
            Self::OwnLink { path } | Self::SpecialFile { path } => vec![("path", path.clone())],
            Self::WithoutLinks => vec![(CAUSE, "without_links".into())],
            Self::PreviousRotten => vec![(CAUSE, "previous_rotten".into())],
            Self::NoRoom(NoRoom { needed, free }) => {
                vec![("needed", needed.to_string()), ("free", free.to_string())]
            }
            Self::Patch(e) => patch_params(e),
            Self::Signature(e) => vec![(CAUSE, "signature".into()), ("system", e.to_string())],
            Self::OtherResult => vec![(CAUSE, "other_result".into())],
            Self::Layout(LayoutError::TooLarge) => vec![(CAUSE, "too_large".into())],
            Self::Layout(LayoutError::Size { claimed, actual }) => vec![
                (CAUSE, "other_size".into()),
                ("claimed", claimed.to_string()),
                ("actual", actual.to_string()),
            ],
            Self::StillDamaged { files } => vec![("files", files.to_string())],
            Self::Stopped(reason) => vec![(CAUSE, reason.code().into())],
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
fn patch_params(error: &ApplyError) -> Params {
    let (cause, mut params) = match error {
        ApplyError::Header(e) => ("header", vec![("system", e.to_string())]),
        ApplyError::OtherZstd { needed, here } => {
            let release = |n: u32| format!("{}.{}.{}", n / 10_000, n / 100 % 100, n % 100);
            ("other_zstd", vec![("needed", release(*needed)), ("here", release(*here))])
        }
        ApplyError::Patch(e) => ("unreadable", vec![("system", e.to_string())]),
        ApplyError::Malformed(e) => ("malformed", vec![("system", e.to_string())]),
        ApplyError::WrongBase { differing } => match differing.first() {
            None => ("other_base", vec![]),
            Some(first) => {
                ("wrong_base", vec![("files", differing.len().to_string()), ("path", first.to_string())])
            }
        },
        ApplyError::Read(e) => ("read", vec![("path", e.path.clone()), ("system", e.source.to_string())]),
        ApplyError::Write { path, source } => {
            ("write", vec![("path", path.clone()), ("system", source.to_string())])
        }
        ApplyError::Mismatch { path } => ("mismatch", vec![("path", path.clone())]),
        ApplyError::Checkpoint(e) => ("checkpoint", vec![("system", e.to_string())]),
        ApplyError::Cancelled => ("cancelled", vec![]),
    };
    params.insert(0, (CAUSE, cause.into()));
    params
}

/// Which file of the client's own it is, and what is wrong with it.
pub(super) fn home_params(error: &HomeError) -> Params {
    vec![("path", error.path.display().to_string()), ("detail", error.source.to_string())]
}

fn is_full(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

from! { InstallError,
    NoRoom: NoRoom,
    Unfit: Unfit,
    Patch: ApplyError,
    Signature: SignatureError,
    Layout: LayoutError,
    Home: HomeError,
}

impl From<Stopped> for InstallError {
    fn from(Stopped(reason): Stopped) -> Self {
        Self::Stopped(reason)
    }
}
