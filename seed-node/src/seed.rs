//! What the parts of a running seed share: its jobs and its duties work with this.

use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Instant,
};

use mist_peer::Node;

use crate::{
    SeedLimits, cache::ArchiveCache, catalogue::Catalogue, keys::Keys, scrub::Scrubs, serve::StoreBlobs,
    store::Store, tracker_client::TrackerClient, uploads::Uploads,
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
    pub(crate) scrubs: Scrubs,
    /// This seed in the swarm, from when it listens.
    pub(crate) node: OnceLock<Node>,
    /// When it started.
    pub(crate) begun: Instant,
    /// Held while an archive is made: who wants the same one finds it afterwards.
    pub(crate) packing: Mutex<()>,
    /// Held while what the store holds is read. Whether this run has cleared away what earlier ones left in it.
    pub(crate) stock: Mutex<bool>,
}
