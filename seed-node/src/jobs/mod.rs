//! The tracker's jobs. Each is idempotent: one that was cut off is simply done again.

mod archive;
mod assemble;
mod delete;
mod ingest;
mod jump;
mod patch;
mod replay;
mod reporter;
mod runner;
#[cfg(test)]
mod tests;
mod thin;

use std::{
    io,
    sync::{Arc, Mutex, atomic::AtomicBool},
    time::Duration,
};

use mist_api_client::CallError;
use mist_delta::{BadSignature, DiffError};
use mist_proto::{
    BlobId, RelPath, Slug, UnverifiedManifest, VerifiedManifest, Version,
    http::{JobSpec, KeptBuild},
    manifest::ManifestError,
};
use mist_tree::{
    archive::LayoutError,
    fs::{Dir, WriteAt},
    recipe::RecipeError,
    seekable::SeekableError,
};

pub(crate) use archive::{Wish, fulfil_wishes};
pub(crate) use reporter::Reporter;
pub(crate) use runner::Runner;

use crate::{
    SeedLimits,
    cache::ArchiveCache,
    catalogue::Catalogue,
    keys::{KeyError, Keys},
    serve::StoreBlobs,
    store::{Store, StoreAway, layout},
    tracker_client::TrackerClient,
    uploads::{UploadError, Uploads},
};

/// Why a job ended without a result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    /// The lease was lost, or the seed is stopping.
    #[error("the job was cancelled")]
    Cancelled,
    /// The store is away.
    #[error(transparent)]
    Away(#[from] StoreAway),
    /// The store fails.
    #[error("the store fails: {0}")]
    Store(#[from] io::Error),
    /// There is no room.
    #[error(
        "the store is full: {needed} bytes are needed and {free} are free; free some room, then retry the job"
    )]
    Full {
        /// Bytes that the job needs.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The tracker.
    #[error(transparent)]
    Tracker(#[from] CallError),
    /// The tracker's keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// No release key is known.
    #[error("the tracker has no release key yet, so no build can be trusted")]
    NoReleaseKey,
    /// The manifest can't be trusted.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The job names a manifest of another game or version.
    #[error("the manifest is of {game} {version}, the job of another build")]
    OtherBuild {
        /// Game of the manifest.
        game: Slug,
        /// Version of the manifest.
        version: Version,
    },
    /// What was uploaded.
    #[error(transparent)]
    Upload(UploadError),
    /// The recipe does not fit the manifest.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The manifest's files do not make its archive.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Chunks are missing or damaged.
    #[error("{count} chunks are missing, the first one of {first}: repeat the push to send them")]
    Incomplete {
        /// How many.
        count: usize,
        /// The first file that needs one.
        first: RelPath,
    },
    /// A file does not hash to what the manifest says.
    #[error("{path} does not have the hash that the manifest says: repeat the push to send it again")]
    WrongFile {
        /// The file.
        path: RelPath,
    },
    /// Every file is right, and the archive is not.
    #[error("the files do not make the archive that the manifest says: push again with a current mistpipe")]
    WrongArchive,
    /// A build that the job needs is not in the store.
    #[error("build {version} of {game} is not in the store")]
    NoBuild {
        /// Game.
        game: Slug,
        /// Build.
        version: Version,
    },
    /// The archive does not fit the cache.
    #[error("the compressed archive takes more than the cache's {limit} bytes")]
    CacheTooSmall {
        /// Bound of the cache.
        limit: u64,
    },
    /// Nothing leads to a build any more.
    #[error(
        "the files of build {version} of {game} are gone, and no patches lead to it: remove it, and push it again"
    )]
    Lost {
        /// Game.
        game: Slug,
        /// Build.
        version: Version,
    },
    /// A build can't be rebuilt by patches.
    #[error("build {version} can't be rebuilt: {why}")]
    Rebuild {
        /// Build.
        version: String,
        /// What is wrong.
        why: String,
    },
    /// Making or checking the patch failed.
    #[error("patch: {0}")]
    Patch(String),
    /// The signature of a friend's folder never came, or was used already.
    #[error("the folder's signature is not here; it has to be sent first")]
    NoSignature,
    /// What a friend sent is no signature.
    #[error(transparent)]
    Signature(#[from] BadSignature),
    /// A patch that somebody waits for took too long.
    #[error("the patch was not made within {limit:?}")]
    TooSlow {
        /// The bound.
        limit: Duration,
    },
}

impl JobError {
    /// Whether trying again can help without anybody doing something first.
    fn retry(&self) -> bool {
        match self {
            Self::Cancelled | Self::Away(_) | Self::Store(_) | Self::Full { .. } => true,
            Self::Tracker(_) => true,
            Self::Upload(e) => {
                matches!(e, UploadError::Away(_) | UploadError::Store(_) | UploadError::Full { .. })
            }
            Self::Keys(_) | Self::NoReleaseKey | Self::Manifest(_) | Self::OtherBuild { .. } => false,
            Self::Recipe(_) | Self::Layout(_) | Self::Incomplete { .. } => false,
            Self::WrongFile { .. } | Self::WrongArchive | Self::NoBuild { .. } => false,
            Self::CacheTooSmall { .. } | Self::Patch(_) => false,
            Self::NoSignature | Self::Signature(_) | Self::TooSlow { .. } => false,
            Self::Lost { .. } | Self::Rebuild { .. } => false,
        }
    }
}

impl From<UploadError> for JobError {
    fn from(e: UploadError) -> Self {
        match e {
            UploadError::Away(away) => Self::Away(away),
            UploadError::Recipe(e) => Self::Recipe(e),
            other => Self::Upload(other),
        }
    }
}

impl From<DiffError> for JobError {
    fn from(e: DiffError) -> Self {
        match e {
            DiffError::Cancelled => Self::Cancelled,
            DiffError::Write(e) => Self::Store(e),
            other => Self::Patch(other.to_string()),
        }
    }
}

impl From<SeekableError> for JobError {
    fn from(e: SeekableError) -> Self {
        match e {
            SeekableError::Cancelled => Self::Cancelled,
            SeekableError::Io(e) => Self::Store(e),
            other => Self::Store(io::Error::other(other)),
        }
    }
}

/// What a job made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Made {
    /// The blob, for a patch or a jump.
    pub(crate) blob: Option<BlobId>,
    /// Bytes that it takes on disk.
    pub(crate) stored: Option<u64>,
    /// How the game's builds are kept now, if that may have changed.
    pub(crate) kept: Vec<KeptBuild>,
}

impl Made {
    fn blob(blob: BlobId) -> Self {
        Self { blob: Some(blob), stored: Some(blob.size), kept: Vec::new() }
    }

    fn stored(bytes: u64) -> Self {
        Self { blob: None, stored: Some(bytes), kept: Vec::new() }
    }
}

/// What jobs work with.
pub(crate) struct Workshop {
    pub(crate) store: Arc<Store>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) uploads: Arc<Uploads>,
    pub(crate) blobs: Arc<StoreBlobs>,
    pub(crate) cache: Arc<ArchiveCache>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) tracker: Arc<TrackerClient>,
    pub(crate) limits: SeedLimits,
    /// Held while an archive is made: who wants the same one finds it afterwards.
    pub(crate) packing: Mutex<()>,
    /// Whether this run has cleared away what earlier ones left in the store.
    pub(crate) swept: AtomicBool,
}

impl Workshop {
    /// Does a job.
    pub(crate) async fn execute(
        self: Arc<Self>,
        spec: JobSpec,
        report: Arc<Reporter>,
    ) -> Result<Made, JobError> {
        let manifest = match &spec {
            JobSpec::Ingest { game, version, manifest, .. } => {
                Some(self.trusted_manifest(game, version, manifest).await?)
            }
            _ => None,
        };
        let work = move || match (spec, manifest) {
            (JobSpec::Ingest { push, .. }, Some(manifest)) => {
                let push = push.parse().map_err(|_| UploadError::NoRecipe)?;
                ingest::ingest(&self, manifest, &push, &report)
            }
            (JobSpec::Ingest { game, version, .. }, None) => Err(JobError::NoBuild { game, version }),
            (JobSpec::Patch { game, from, to, .. }, _) => patch::patch(&self, &game, &from, &to, &report),
            (JobSpec::Jump { game, to, signature }, _) => jump::jump(&self, &game, &to, &signature, &report),
            (JobSpec::Archive { game, version, .. }, _) => archive::archive(&self, &game, &version, &report),
            (JobSpec::Thin { game, live }, _) => thin::thin(&self, &game, live.as_ref(), &report),
            (JobSpec::Delete { game, version: Some(version) }, _) => {
                delete::delete_build(&self, &game, &version, &report)
            }
            (JobSpec::Delete { game, version: None }, _) => delete::delete_game(&self, &game),
        };
        tokio::task::spawn_blocking(work).await.map_err(|e| JobError::Store(io::Error::other(e)))?
    }

    /// The manifest of a push, signed by the release key as it is now.
    async fn trusted_manifest(
        &self,
        game: &Slug,
        version: &Version,
        manifest: &BlobId,
    ) -> Result<VerifiedManifest, JobError> {
        let shown = self.tracker.trust().await?;
        self.keys.meet(&shown)?;
        let key = self.keys.release().ok_or(JobError::NoReleaseKey)?;
        let envelope = self.tracker.envelope(manifest).await?;
        let verified = UnverifiedManifest::parse(envelope)?.verify(&key)?;
        if verified.game == *game && verified.version == *version {
            Ok(verified)
        } else {
            Err(JobError::OtherBuild { game: verified.game.clone(), version: verified.version.clone() })
        }
    }
}

/// A folder or file of one job in `tmp/`, removed with what is left in it when the job ends.
struct Scratch {
    dir: Arc<dyn Dir>,
    path: RelPath,
}

impl Scratch {
    fn new(dir: Arc<dyn Dir>, kind: &str) -> Self {
        let path = layout::inside(&layout::tmp(), &format!("{kind}-{:016x}", rand::random::<u64>()));
        Self { dir, path }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = mist_tree::fs::remove_tree(&*self.dir, &self.path) {
            tracing::warn!(%error, path = %self.path, "left in tmp until the next start");
        }
    }
}

/// Writes a file from its start to its end.
struct Sequential {
    file: Box<dyn WriteAt>,
    at: u64,
    /// More than this is refused.
    limit: u64,
}

impl Sequential {
    fn create(dir: &dyn Dir, path: &RelPath, limit: u64) -> io::Result<Self> {
        Ok(Self { file: dir.create(path)?, at: 0, limit })
    }

    /// Bytes written.
    fn len(&self) -> u64 {
        self.at
    }

    /// Returns once everything survives a power loss.
    fn finish(self) -> io::Result<u64> {
        self.file.sync_data()?;
        Ok(self.at)
    }
}

impl io::Write for Sequential {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.at.saturating_add(buf.len() as u64) > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.file.write_all_at(buf, self.at)?;
        self.at += buf.len() as u64;
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
