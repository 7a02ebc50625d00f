//! The tracker, put together. Features know their own part of it only: `From<&App>` below says which.

use std::sync::Arc;

use axum::extract::FromRef;
use mist_listener::observed::TrustedProxies;
use mist_proto::UnixMillis;
use reqwest::Url;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    admin::Admin,
    auth::{
        Auth,
        caller::{Gate, RecentCallers},
        password::Passwords,
        signing::Signing,
    },
    backups::Backups,
    builds::{Builds, upkeep::Upkeep},
    catalog::{Catalog, games::RecentLists, steam::Steam},
    clients::Clients,
    events::Listening,
    history::LookingBack,
    http::budget::Meter,
    jobs::Jobs,
    jumps::Jumps,
    live::{LiveSettings, handlers::Changing},
    metrics::Metrics,
    notices::{Notices, discord::Discord},
    recent::Recent,
    records::Records,
    shared::Seams,
    stats::Overview,
    swarm::{Swarm, last_seen::LastSeen, recent::Recently},
};

/// The tracker.
#[derive(Clone)]
pub struct App {
    /// The database, time and randomness.
    pub records: Records,
    /// What replicas share.
    pub seams: Seams,
    /// Signs tokens and verifies them.
    pub signing: Signing,
    /// Hashes passwords.
    pub passwords: Arc<Passwords>,
    /// Looks games up.
    pub steam: Arc<Steam>,
    /// Tells admins elsewhere.
    pub discord: Arc<Discord>,
    /// Between two messages there.
    pub notice_spacing: std::time::Duration,
    /// Bounds the pictures that are decoded at once: each may take 112 MiB.
    pub pictures: Arc<Semaphore>,
    /// Proxies whose word about a caller's address counts.
    pub proxies: TrustedProxies,
    /// Bounds the manifests that are in memory at once.
    pub manifests: Arc<Semaphore>,
    /// Settings that may change while it serves.
    pub live: Arc<LiveSettings>,
    /// When devices were heard of.
    pub last_seen: Arc<LastSeen>,
    /// What was read a moment ago.
    pub recent: RecentReads,
    /// Backups, if the server makes them by itself.
    pub backups: Option<Arc<Backups>>,
    /// What is counted for Prometheus.
    pub metrics: Arc<Metrics>,
    /// Addresses that friends type, besides those by which they reach this machine itself.
    pub addresses: Arc<[Url]>,
    /// When this process began.
    pub started: UnixMillis,
    /// Ends long answers when the server stops.
    pub stopping: CancellationToken,
    /// Says that it is about to stop, before and after [`Self::stopping`] does: the embedded seed ends first. A child of that.
    pub leaving: CancellationToken,
}

/// What was read a moment ago, by the feature that reads it.
#[derive(Debug, Clone)]
pub struct RecentReads {
    pub(crate) callers: Arc<RecentCallers>,
    pub(crate) lists: Arc<RecentLists>,
    pub(crate) swarm: Arc<Recently>,
}

impl Default for RecentReads {
    fn default() -> Self {
        Self {
            callers: Arc::new(Recent::of(8192)),
            // A page may be of half a megabyte.
            lists: Arc::new(Recent::of(64)),
            swarm: Arc::default(),
        }
    }
}

/// Says what a feature gets of the tracker.
macro_rules! part {
    ($part:ident, $app:ident => { $($field:ident: $value:expr),* $(,)? }) => {
        impl From<&App> for $part {
            fn from($app: &App) -> Self {
                Self { $($field: $value),* }
            }
        }

        impl FromRef<Arc<App>> for $part {
            fn from_ref(app: &Arc<App>) -> Self {
                (&**app).into()
            }
        }
    };
}

part!(Admin, app => {
    records: app.records.clone(),
    passwords: app.passwords.clone(),
    presence: app.seams.presence.clone(),
    stores: app.seams.stores.clone(),
    key: app.signing.key,
    addresses: app.addresses.clone(),
});
part!(Auth, app => {
    records: app.records.clone(),
    signing: app.signing.clone(),
    passwords: app.passwords.clone(),
    backoff: app.seams.backoff.clone(),
    addresses: app.addresses.clone(),
});
part!(Gate, app => {
    records: app.records.clone(),
    key: app.signing.key,
    meter: Meter::from(app),
    callers: app.recent.callers.clone(),
});
part!(Meter, app => {
    clock: app.records.clock.clone(),
    budget: app.seams.budget.clone(),
    live: app.live.clone(),
});
part!(Changing, app => { records: app.records.clone(), live: app.live.clone() });
part!(Catalog, app => {
    records: app.records.clone(),
    events: app.seams.events.clone(),
    wake: app.seams.wake.clone(),
    steam: app.steam.clone(),
    pictures: app.pictures.clone(),
    lists: app.recent.lists.clone(),
});
part!(Clients, app => { records: app.records.clone() });
part!(Notices, app => {
    records: app.records.clone(),
    events: app.seams.events.clone(),
    discord: app.discord.clone(),
    spacing: app.notice_spacing,
});
part!(Builds, app => {
    records: app.records.clone(),
    signing: app.signing.clone(),
    events: app.seams.events.clone(),
    presence: app.seams.presence.clone(),
    stores: app.seams.stores.clone(),
    wake: app.seams.wake.clone(),
    manifests: app.manifests.clone(),
    upkeep: Upkeep { reverse_patches: app.live.now().reverse_patches },
    copies: app.live.now().copies,
});
part!(Jobs, app => {
    records: app.records.clone(),
    events: app.seams.events.clone(),
    wake: app.seams.wake.clone(),
    upkeep: Upkeep { reverse_patches: app.live.now().reverse_patches },
    stopping: app.stopping.clone(),
});
part!(Jumps, app => {
    records: app.records.clone(),
    signing: app.signing.clone(),
    presence: app.seams.presence.clone(),
    wake: app.seams.wake.clone(),
    direct_patch_above: app.live.now().direct_patch_above,
});
part!(Swarm, app => {
    records: app.records.clone(),
    signing: app.signing.clone(),
    presence: app.seams.presence.clone(),
    stores: app.seams.stores.clone(),
    wake: app.seams.wake.clone(),
    last_seen: app.last_seen.clone(),
    recently: app.recent.swarm.clone(),
    history_by_friend: app.live.now().history_by_friend,
});
part!(Listening, app => {
    records: app.records.clone(),
    events: app.seams.events.clone(),
    stopping: app.stopping.clone(),
});
part!(LookingBack, app => {
    records: app.records.clone(),
    presence: app.seams.presence.clone(),
    stores: app.seams.stores.clone(),
    days: app.live.now().history_days,
});
part!(Overview, app => {
    records: app.records.clone(),
    presence: app.seams.presence.clone(),
    stores: app.seams.stores.clone(),
    wake: app.seams.wake.clone(),
    backups: app.backups.clone(),
    key: app.signing.key,
    started: app.started,
});
