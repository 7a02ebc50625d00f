//! What the parts of a running seed share: its jobs and its duties work with this.

use std::sync::{Arc, Mutex, atomic::AtomicBool};

use crate::{
    SeedLimits, cache::ArchiveCache, catalogue::Catalogue, keys::Keys, serve::StoreBlobs, store::Store,
    tracker_client::TrackerClient, uploads::Uploads,
};

/// A seed.
pub(crate) struct Seed {
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
