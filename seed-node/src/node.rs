//! The running seed.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock, atomic::AtomicU64},
    time::{Duration, Instant},
};

use mist_peer::{Identity, IdentityError, Node, NodeConfig, NodeError, Role, SystemInterfaces};
use mist_proto::ids::PeerName;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    SeedConfig,
    admission::TicketAdmission,
    cache::ArchiveCache,
    catalogue::Catalogue,
    duties::{self, Duties},
    http::ByteRoutes,
    jobs::{self, Runner},
    keys::Keys,
    scrub::{self, Scrubs},
    seed::Seed,
    serve::StoreBlobs,
    store::Store,
    tracker_client::TrackerClient,
    uplink::{Sending, rates},
    uploads::Uploads,
};

/// How long answers may go on when the seed ends; less than what Docker waits before it kills.
const DRAIN: Duration = Duration::from_secs(5);
/// Archives that wait to be made again.
const ARCHIVE_REQUESTS: usize = 16;
/// Changes of blobs that wait to be told.
const NEWS: usize = 64;

/// A running seed. Dropping it without [`SeedNode::shutdown`] ends its tasks soon, and the tracker notices by their
/// leases.
pub struct SeedNode {
    routes: Arc<ByteRoutes>,
    node: Node,
    sending: Arc<Sending>,
    tasks: TaskTracker,
    stop: CancellationToken,
    _stops_when_dropped: DropGuard,
}

/// Why a seed can't start. A store or a tracker that is away is no reason: the seed waits for either.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The seed's key can't be had.
    #[error("can't have an identity: {0}")]
    Identity(#[from] IdentityError),
    /// QUIC can't listen.
    #[error(transparent)]
    Quic(#[from] NodeError),
    /// The pinned keys can't be read.
    #[error("can't read the pinned keys: {0}")]
    Keys(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The tracker's address is none.
    #[error("can't talk to the tracker: {0}")]
    Tracker(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl SeedNode {
    /// Starts a seed: opens the store, listens for QUIC, and goes on trying until the tracker answers.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: SeedConfig) -> Result<Self, StartError> {
        let SeedConfig {
            tracker,
            credentials,
            store,
            data_dir,
            quic_listen,
            advertise,
            public_url,
            nginx_location,
            uplink,
            lan_discovery,
            limits,
        } = config;
        let identity = Identity::load_or_create(&data_dir.join("identity"))?;
        let keys = Arc::new(Keys::load(&data_dir).map_err(|e| StartError::Keys(e.into()))?);
        let run = format!("{:032x}", rand::random::<u128>());
        let tracker = Arc::new(
            TrackerClient::new(tracker, credentials, run).map_err(|e| StartError::Tracker(e.into()))?,
        );
        let sending = Arc::new(Sending::new(uplink, data_dir.clone(), limits.upload_rate));
        let scrubs = Scrubs::load(&data_dir);
        let store = Arc::new(Store::new(store, data_dir));
        let catalogue = Arc::new(Catalogue::new());
        let cache = Arc::new(ArchiveCache::new(store.clone(), limits.archive_cache));
        let (news, told) = mpsc::channel(NEWS);
        let blobs = Arc::new(StoreBlobs::new(store.clone(), catalogue.clone(), cache.clone(), news));
        let uploads = Arc::new(Uploads::new(store.clone(), catalogue.clone(), limits.keep_free));
        let (archive_requests, requested) = mpsc::channel(ARCHIVE_REQUESTS);
        let admission = Arc::new(TicketAdmission::new(keys.clone()));
        let routes = Arc::new(ByteRoutes::new(
            keys.clone(),
            admission.clone(),
            catalogue.clone(),
            blobs.clone(),
            cache.clone(),
            uploads.clone(),
            archive_requests,
            nginx_location,
            sending.clone(),
        ));
        let seed = Arc::new(Seed {
            store,
            catalogue,
            uploads,
            blobs: blobs.clone(),
            cache,
            keys,
            tracker,
            limits,
            scrubs,
            node: OnceLock::new(),
            begun: Instant::now(),
            packing: Mutex::default(),
            stock: Mutex::default(),
        });
        let opening = seed.clone();
        // A store that can't be opened is reported as the seed's state; only a panic ends up here.
        if let Err(error) = tokio::task::spawn_blocking(move || duties::follow_store(&opening, true)).await {
            tracing::error!(%error, "opening the store failed");
        }
        let node = Node::start(NodeConfig {
            identity,
            listen: quic_listen,
            lan_discovery,
            role: Role::Seed,
            blobs,
            admission: admission.clone(),
            limits: rates(limits.upload_rate),
            interfaces: Arc::new(SystemInterfaces),
        })?;

        // Nobody else sets it.
        let _ = seed.node.set(node.clone());
        sending.share_with(node.clone());
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        for _ in 0..limits.workers.max(1) {
            tasks.spawn(Runner::new(seed.clone(), stop.clone()).run());
        }
        tasks.spawn(jobs::make_requested_archives(seed.clone(), requested, stop.clone()));
        tasks.spawn(jobs::mend_rot(seed.clone(), stop.clone()));
        tasks.spawn(scrub::scrub(seed.clone(), stop.clone()));
        let duties = Arc::new(Duties {
            seed,
            admission,
            node: node.clone(),
            advertise,
            public_url,
            rates: Mutex::default(),
            used: AtomicU64::new(0),
            store_changed: Notify::new(),
            accepted: Notify::new(),
            introduced: watch::Sender::new(false),
            stop: stop.clone(),
        });
        tasks.spawn(duties.clone().watch_store());
        tasks.spawn(duties.clone().make_store_ready());
        tasks.spawn(duties.clone().follow_keys());
        tasks.spawn(duties.clone().follow_deny_list());
        tasks.spawn(duties.clone().renew_tickets());
        tasks.spawn(duties.clone().announce());
        tasks.spawn(duties.clone().tell_news(told));
        tasks.spawn(duties.clone().tell_pieces());
        tasks.spawn(duties.clone().tell_status());
        tasks.spawn(duties.clone().follow_live_builds());
        tasks.spawn(duties.count_usage());
        tasks.spawn(sending.clone().keep(node.clone(), stop.clone()));
        tasks.close();
        let guard = stop.clone().drop_guard();
        Ok(Self { routes, node, sending, tasks, stop, _stops_when_dropped: guard })
    }

    /// The byte router, to be nested at `/seed/v1`. Every request carries a capability, signed by the tracker.
    pub fn router(&self) -> axum::Router {
        self.routes.router()
    }

    /// Where QUIC listens, as others may reach it.
    pub fn quic_addresses(&self) -> Vec<SocketAddr> {
        self.node.addresses()
    }

    /// Changes what may be sent a second, by QUIC and by HTTP together, also for transfers under way; no bound if there is none.
    pub fn limit_upload(&self, rate: Option<u64>) {
        self.sending.limit(&self.node, rate);
    }

    /// The seed's peer id.
    pub fn peer_name(&self) -> &PeerName {
        self.node.peer_name()
    }

    /// Stops taking jobs, gives those under way back to the tracker, takes leave, lets end what is being sent, and returns
    /// when everything has stopped. May be called again.
    pub async fn shutdown(&self) {
        self.stop.cancel();
        // Side by side: what is sent may end while jobs do.
        tokio::join!(self.tasks.wait(), self.node.drain(DRAIN));
        self.node.shutdown().await;
    }
}
