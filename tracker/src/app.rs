//! What every request works with.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mist_proto::{
    UnixMillis,
    claims::{TrackerKey, TrackerSecret},
};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::{
    auth::{backoff::Backoff, password::Passwords},
    catalog::steam::Steam,
    clock::{Clock, Entropy, Mint},
    db::Db,
    error::Problem,
    events::EventBus,
    http::{budget::RequestBudget, observed::TrustedProxies},
    stats::stores::Stores,
    swarm::presence::Presence,
};

/// The tracker, shared by every request.
pub type Shared = Arc<App>;

/// Name of the seed that lives in the tracker's own process.
pub const EMBEDDED_SEED: &str = "embedded";

/// The tracker.
pub struct App {
    /// The database.
    pub db: Db,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Signs tokens.
    pub secret: TrackerSecret,
    /// Verifies them.
    pub key: TrackerKey,
    /// Who is online.
    pub presence: Arc<dyn Presence>,
    /// What changed, for whoever listens.
    pub events: EventBus,
    /// Wakes seeds that wait for a job.
    pub jobs_wake: Notify,
    /// Hashes passwords.
    pub passwords: Passwords,
    /// Slows down who guesses.
    pub backoff: Mutex<Backoff>,
    /// Bounds how many requests a caller makes.
    pub budget: Arc<dyn RequestBudget>,
    /// Looks games up.
    pub steam: Steam,
    /// What the seeds say of their stores.
    pub stores: Stores,
    /// Proxies whose word about a caller's address counts.
    pub proxies: TrustedProxies,
    /// Bounds the manifests that are in memory at once.
    pub manifests: Semaphore,
    /// Bytes of a chain of patches above which the first who asks gets a direct one made.
    pub direct_patch_above: u64,
    /// Whether patches are made that lead back to older builds.
    pub reverse_patches: bool,
    /// When this process began.
    pub started: UnixMillis,
    /// Ends long answers when the server stops.
    pub stopping: CancellationToken,
}

impl App {
    /// The time now.
    pub fn now(&self) -> UnixMillis {
        self.clock.now()
    }

    /// Makes ids and secrets.
    pub fn mint(&self) -> Mint<'_> {
        Mint { now: self.now(), entropy: &*self.entropy }
    }

    /// The guess counters.
    pub fn backoff(&self) -> MutexGuard<'_, Backoff> {
        // A panic between two counters leaves counters.
        self.backoff.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a handler answers.
pub type Answer<T> = Result<T, Problem>;
