//! What operations on the games of one server work with.

use std::sync::Arc;

use mist_proto::{
    Slug, VerifiedManifest,
    http::{Build, Operation},
};
use tokio::task::spawn_blocking;

use super::{InstallError, previous::RESERVE};
use crate::{
    account::Account,
    catalogue::{Catalogue, verified},
    error::Error,
    events::Events,
    folder::{BuildRef, GameFolder},
    home::Home,
    patch_cache::PatchCache,
    stop::Stop,
    trust::Pins,
};

/// What operations on the games of one server work with. Clones are cheap and work on the same things.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) home: Home,
    /// Key of the server.
    pub(crate) server: String,
    pub(crate) account: Arc<Account>,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) pins: Pins,
    pub(crate) patches: PatchCache,
    /// See [`crate::settings::Settings::patch_from`].
    pub(crate) patch_from: u64,
    /// See [`crate::settings::Settings::keep_previous`].
    pub(crate) keep_previous: u64,
    pub(crate) events: Events,
}

/// What a folder is to become.
#[derive(Clone)]
pub(crate) struct Goal {
    /// The build.
    pub(crate) wanted: VerifiedManifest,
    /// What for.
    pub(crate) kind: Operation,
    /// Ready builds of the game, whose patches may be used.
    pub(crate) builds: Vec<Build>,
}

impl Tools {
    /// Whether so many bytes may be kept to go back to the build before, on a disk with so many free.
    pub(super) fn keeps(&self, bytes: u64, free: u64) -> bool {
        self.keep_previous > 0 && bytes <= self.keep_previous && bytes.saturating_add(RESERVE) <= free
    }

    /// The verified manifest of the build in a folder, from the folder itself.
    pub(crate) fn installed_manifest(
        &self,
        folder: &GameFolder,
        game: &Slug,
        build: &BuildRef,
    ) -> Result<Option<VerifiedManifest>, Error> {
        match folder.envelope(build.manifest)? {
            None => Ok(None),
            Some(envelope) => {
                verified(&self.pins, game, &build.version, Some(build.manifest), envelope).map(Some)
            }
        }
    }

    /// The verified manifest of a build, from the cache or the server.
    pub(super) async fn manifest(
        &self,
        game: &Slug,
        build: &Build,
        stop: &Stop,
    ) -> Result<VerifiedManifest, Error> {
        if let Some(cached) = self.catalogue.cached_manifest(&self.pins, game, build)? {
            return Ok(cached);
        }
        let (this, game, build) = (self.clone(), game.clone(), build.clone());
        let fetched = async move { this.catalogue.manifest(&this.account, &this.pins, &game, &build).await };
        unless_stopped(stop, fetched).await?
    }
}

/// Waits for a call to the server, unless the operation is to stop meanwhile. The call itself then goes on to its end: one
/// that is cut off while it renews the session would lose it.
pub(super) async fn unless_stopped<T: Send + 'static>(
    stop: &Stop,
    call: impl Future<Output = T> + Send + 'static,
) -> Result<T, InstallError> {
    if let Some(reason) = stop.reason() {
        return Err(InstallError::Stopped(reason));
    }
    tokio::select! {
        ended = tokio::spawn(call) => match ended {
            Ok(answer) => Ok(answer),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        },
        reason = stop.stopped() => Err(InstallError::Stopped(reason)),
    }
}

/// Runs disk work away from the network's threads. It can't be cut off: whoever waits for it has to wait to its end.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}
