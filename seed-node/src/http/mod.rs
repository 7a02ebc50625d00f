//! The byte router: what a seed offers by HTTP to bearers of the tracker's capabilities.
//!
//! Its routes are those of the table in [`mist_proto::http::route`] that ask for a capability. An archive that is not at hand is answered by 202 `{"preparing": true}`, and made. Every request carries `?cap=`. Unknown and forbidden are answered alike.

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
use mist_proto::{
    Slug,
    claims::{Allow, CapabilityClaims, TokenError},
    http::{
        SEED_ROUTER,
        route::{self, Route},
    },
};
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc::Sender};

use crate::{
    admission::TicketAdmission, cache::ArchiveCache, catalogue::Catalogue, clock, jobs::ArchiveRequest,
    keys::Keys, serve::StoreBlobs, uplink::Sending, uploads::Uploads,
};
use refusal::Refusal;

/// Downloads that run at once; each holds at most three pieces in memory.
const DOWNLOADS: usize = 64;
/// Upload bodies that are received at once: 8 MiB each.
const UPLOAD_BODIES: usize = 8;
/// Uploads that are unpacked at once: up to 32 MiB each.
const UNPACKING: usize = 2;
/// Manifests that are read at once.
const MANIFESTS: usize = 2;

/// What the handlers work with.
pub(crate) struct ByteRoutes {
    keys: Arc<Keys>,
    admission: Arc<TicketAdmission>,
    catalogue: Arc<Catalogue>,
    blobs: Arc<StoreBlobs>,
    cache: Arc<ArchiveCache>,
    uploads: Arc<Uploads>,
    downloads: Arc<Semaphore>,
    bodies: Semaphore,
    /// Recipes are large and rare.
    recipes: Semaphore,
    unpacking: Semaphore,
    /// Manifests that are in memory at once, to find a file in.
    manifests: Semaphore,
    /// Compressed archives that are asked for and not at hand.
    archive_requests: Sender<ArchiveRequest>,
    /// Where nginx has the store.
    nginx_location: Option<String>,
    sending: Arc<Sending>,
}

impl ByteRoutes {
    #[expect(
        clippy::too_many_arguments,
        reason = "each is another part of the seed, and they are put together once"
    )]
    pub(crate) fn new(
        keys: Arc<Keys>,
        admission: Arc<TicketAdmission>,
        catalogue: Arc<Catalogue>,
        blobs: Arc<StoreBlobs>,
        cache: Arc<ArchiveCache>,
        uploads: Arc<Uploads>,
        archive_requests: Sender<ArchiveRequest>,
        nginx_location: Option<String>,
        sending: Arc<Sending>,
    ) -> Self {
        Self {
            keys,
            admission,
            catalogue,
            blobs,
            cache,
            uploads,
            downloads: Arc::new(Semaphore::new(DOWNLOADS)),
            bodies: Semaphore::new(UPLOAD_BODIES),
            recipes: Semaphore::new(1),
            unpacking: Semaphore::new(UNPACKING),
            manifests: Semaphore::new(MANIFESTS),
            archive_requests,
            nginx_location,
            sending,
        }
    }

    /// The router.
    pub(crate) fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route(below_root::<route::GetBlob>(), get(download::blob))
            .route(below_root::<route::GetFrames>(), get(download::compressed))
            .route(below_root::<route::GetFile>(), get(download::file))
            .route(below_root::<route::GetOutboard>(), get(download::outboard))
            .route(below_root::<route::GetUpload>(), get(upload::state))
            .route(below_root::<route::PutRecipe>(), put(upload::recipe))
            .route(below_root::<route::PutPart>(), put(upload::part))
            .route(below_root::<route::PutFolderSignature>(), put(upload::folder_signature))
            .fallback(async || Refusal::NotFound)
            .with_state(self.clone())
    }
}

/// The path of a route below the place where the router is mounted.
fn below_root<R: Route>() -> &'static str {
    R::INFO.path.strip_prefix(SEED_ROUTER).unwrap_or(R::INFO.path)
}

/// The right that a request's capability gives.
struct Right {
    allow: Allow,
    bearer: Bearer,
}

/// For whom a capability was signed. The tracker may deny what it signed before.
struct Bearer {
    admission: Arc<TicketAdmission>,
    account: String,
    game: Slug,
}

impl Bearer {
    fn is_denied(&self) -> bool {
        self.admission.bars(&self.account, &self.game)
    }
}

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
            Ok(CapabilityClaims { allow, sub: account, .. }) => {
                let game = allow.game().clone();
                let bearer = Bearer { admission: routes.admission.clone(), account, game };
                // As if it had never been there: whoever is shut out learns nothing from it.
                if bearer.is_denied() { Err(Refusal::NotFound) } else { Ok(Self { allow, bearer }) }
            }
            Err(TokenError::Expired) => Err(Refusal::Expired),
            Err(TokenError::Invalid) => Err(Refusal::NotFound),
        }
    }
}

/// Runs what blocks on the pool for it.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Refusal::Read(std::io::Error::other(e)))
}
