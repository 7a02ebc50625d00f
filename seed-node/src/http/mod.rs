//! The byte router: what a seed offers by HTTP to bearers of the tracker's capabilities.
//!
//! | request | answer |
//! |---|---|
//! | `GET /blobs/{game}/{hash}` | the blob's bytes; ranges and conditions |
//! | `GET /blobs/{game}/{hash}/zst` | an archive's stored frames |
//! | `GET /blobs/{game}/{hash}/outboard` | the blob's outboard |
//! | `GET /uploads/{push}` | what the seed lacks of a push |
//! | `PUT /uploads/{push}/recipe` | takes a push's recipe (zstd), answers what is missing |
//! | `PUT /uploads/{push}/parts` | takes one part |
//! | `PUT /signatures/{game}/{hash}` | takes the signature of a friend's folder |
//!
//! An archive that is not at hand is answered by 202 `{"preparing": true}`, and made. Every request carries `?cap=`. Unknown and forbidden are answered alike.

mod download;
mod range;
mod refusal;
mod upload;

use std::sync::Arc;

use axum::{
    Router,
    extract::{FromRequestParts, Query},
    routing::{get, put},
};
use http::request::Parts;
use mist_proto::claims::{Allow, CapabilityClaims, TokenError};
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc::Sender};

use crate::{
    cache::ArchiveCache, catalogue::Catalogue, clock, jobs::ArchiveRequest, keys::Keys, serve::StoreBlobs,
    uploads::Uploads,
};
use refusal::Refusal;

/// Downloads that run at once; each holds at most three pieces in memory.
const DOWNLOADS: usize = 64;
/// Upload bodies that are received at once: 8 MiB each.
const UPLOAD_BODIES: usize = 8;
/// Uploads that are unpacked at once: up to 32 MiB each.
const UNPACKING: usize = 2;

/// What the handlers work with.
pub(crate) struct ByteRoutes {
    keys: Arc<Keys>,
    catalogue: Arc<Catalogue>,
    blobs: Arc<StoreBlobs>,
    cache: Arc<ArchiveCache>,
    uploads: Arc<Uploads>,
    downloads: Arc<Semaphore>,
    bodies: Semaphore,
    /// Recipes are large and rare.
    recipes: Semaphore,
    unpacking: Semaphore,
    /// Compressed archives that are asked for and not at hand.
    archive_requests: Sender<ArchiveRequest>,
}

impl ByteRoutes {
    pub(crate) fn new(
        keys: Arc<Keys>,
        catalogue: Arc<Catalogue>,
        blobs: Arc<StoreBlobs>,
        cache: Arc<ArchiveCache>,
        uploads: Arc<Uploads>,
        archive_requests: Sender<ArchiveRequest>,
    ) -> Self {
        Self {
            keys,
            catalogue,
            blobs,
            cache,
            uploads,
            downloads: Arc::new(Semaphore::new(DOWNLOADS)),
            bodies: Semaphore::new(UPLOAD_BODIES),
            recipes: Semaphore::new(1),
            unpacking: Semaphore::new(UNPACKING),
            archive_requests,
        }
    }

    /// The router.
    pub(crate) fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/blobs/{game}/{hash}", get(download::blob))
            .route("/blobs/{game}/{hash}/zst", get(download::compressed))
            .route("/blobs/{game}/{hash}/outboard", get(download::outboard))
            .route("/uploads/{push}", get(upload::state))
            .route("/uploads/{push}/recipe", put(upload::recipe))
            .route("/uploads/{push}/parts", put(upload::part))
            .route("/signatures/{game}/{hash}", put(upload::signature))
            .fallback(async || Refusal::NotFound)
            .with_state(self.clone())
    }
}

/// The right that a request's capability gives.
struct Right(Allow);

#[derive(Deserialize)]
struct Cap {
    cap: String,
}

impl FromRequestParts<Arc<ByteRoutes>> for Right {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, routes: &Arc<ByteRoutes>) -> Result<Self, Refusal> {
        let Query(Cap { cap }) = Query::try_from_uri(&parts.uri).map_err(|_| Refusal::NotFound)?;
        let key = routes.keys.tracker().ok_or(Refusal::NotReady)?;
        match key.verify::<CapabilityClaims>(&cap, clock::now()) {
            Ok(claims) => Ok(Self(claims.allow)),
            Err(TokenError::Expired) => Err(Refusal::Expired),
            Err(TokenError::Invalid) => Err(Refusal::NotFound),
        }
    }
}

/// Runs what blocks on the pool for it.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Refusal::Read(std::io::Error::other(e)))
}
