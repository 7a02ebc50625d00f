//! How jobs fail. Whether trying again can help is decided where a job fails, or for failures that every kind of job
//! meets, here.

use std::{error::Error, io};

use mist_api_client::CallError;
use mist_delta::{BadSignature, DiffError};
use mist_proto::{Slug, Version, manifest::ManifestError};
use mist_tree::{archive::LayoutError, recipe::RecipeError, seekable::SeekableError};

use crate::{keys::KeyError, store::StoreAway, uploads::UploadError};

type Cause = Box<dyn Error + Send + Sync>;

/// Why a job ended without a result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The lease was lost, or the seed is stopping.
    #[error("the job was cancelled")]
    Cancelled,
    /// Trying again can help without anybody doing something first.
    #[error("{0}")]
    Passing(Cause),
    /// Trying again can't help before somebody has done something.
    #[error("{0}")]
    Lasting(Cause),
}

impl Failure {
    /// A failure that may pass by itself.
    pub(super) fn passing(cause: impl Into<Cause>) -> Self {
        Self::Passing(cause.into())
    }

    /// A failure that somebody has to mend.
    pub(super) fn lasting(cause: impl Into<Cause>) -> Self {
        Self::Lasting(cause.into())
    }

    /// Whether the job is to be tried again by itself.
    pub(crate) fn retry(&self) -> bool {
        !matches!(self, Self::Lasting(_))
    }
}

/// There is no room.
#[derive(Debug, thiserror::Error)]
#[error(
    "the store is full: {needed} bytes are needed and {free} are free; free some room, then retry the job"
)]
pub(super) struct Full {
    /// Bytes that the job needs.
    pub(super) needed: u64,
    /// Bytes that are free.
    pub(super) free: u64,
}

/// A build that the job needs is not in the store.
#[derive(Debug, thiserror::Error)]
#[error("build {version} of {game} is not in the store")]
pub(super) struct NoBuild {
    game: Slug,
    version: Version,
}

impl NoBuild {
    pub(super) fn of(game: &Slug, version: &Version) -> Self {
        Self { game: game.clone(), version: version.clone() }
    }
}

/// What was made does not fit its cache.
#[derive(Debug, thiserror::Error)]
#[error("the {what} takes more than the {limit} bytes of its cache")]
pub(super) struct CacheTooSmall {
    pub(super) what: &'static str,
    /// Bound of the cache.
    pub(super) limit: u64,
}

/// Errors that end a job in the same way wherever they come from.
macro_rules! end {
    ($how:ident: $($error:ty),+) => {
        $(impl From<$error> for Failure {
            fn from(e: $error) -> Self {
                Self::$how(e)
            }
        })+
    };
}

end!(passing: StoreAway, CallError, Full);
end!(lasting: KeyError, ManifestError, RecipeError, LayoutError, BadSignature, NoBuild, CacheTooSmall);

impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Self {
        Self::passing(format!("the store fails: {e}"))
    }
}

impl From<UploadError> for Failure {
    fn from(e: UploadError) -> Self {
        match e {
            UploadError::Store(e) => e.into(),
            UploadError::Away(_) | UploadError::Full { .. } => Self::passing(e),
            UploadError::NoRecipe | UploadError::Recipe(_) | UploadError::Part(_) => Self::lasting(e),
        }
    }
}

impl From<DiffError> for Failure {
    fn from(e: DiffError) -> Self {
        match e {
            DiffError::Cancelled => Self::Cancelled,
            DiffError::Write(e) => e.into(),
            other => Self::lasting(format!("patch: {other}")),
        }
    }
}

impl From<SeekableError> for Failure {
    fn from(e: SeekableError) -> Self {
        match e {
            SeekableError::Cancelled => Self::Cancelled,
            SeekableError::Io(e) => e.into(),
            other => io::Error::other(other).into(),
        }
    }
}
