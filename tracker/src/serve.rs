//! `tracker serve`: everything in one process.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::Context;
use argon2::Params;
use mist_proto::{
    Hash,
    claims::Scope,
    http::{NewUser, Seed},
};
use mist_seed_node::{Credentials, SeedConfig, SeedNode};
use tokio::{
    net::TcpListener,
    sync::{Notify, Semaphore},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    admin::users,
    app::{App, EMBEDDED_SEED, Shared},
    auth::{backoff::Backoff, caller::Caller, password::Passwords, session},
    catalog::steam::{self, Steam},
    clock::{Clock, Entropy, SystemClock, SystemEntropy},
    config::Config,
    control, data_dir, db,
    events::EventBus,
    http::{
        self,
        accept::{self, Bounds},
        budget::MemoryBudget,
        observed::TrustedProxies,
    },
    jumps::requests,
    stats::stores::Stores,
    swarm::{presence::MemoryPresence, tickets::DENIAL_MILLIS},
};

/// How often what has expired is cleared away.
const HOUSEKEEPING: Duration = Duration::from_secs(60);
/// Done jobs stay visible this long.
const KEEP_JOBS_MILLIS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Exchanged refresh tokens are remembered this long, so that showing one again is noticed.
const KEEP_TOKENS_MILLIS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Manifests in memory at once; each may have 128 MiB.
const MANIFESTS: usize = 4;

/// The account that the first start made.
pub struct FirstAdmin {
    /// Its name.
    pub name: String,
    /// Its password, if the server chose it.
    pub password: Option<String>,
}

/// A tracker that serves.
pub struct Server {
    address: SocketAddr,
    first_admin: Option<FirstAdmin>,
    app: Shared,
    seed: Option<Arc<SeedNode>>,
    tasks: Vec<JoinHandle<()>>,
    _lock: data_dir::Lock,
}

/// Opens the data dir and the database and makes the tracker, without serving.
///
/// # Errors
/// If something can't be opened.
pub async fn open(config: &Config) -> anyhow::Result<Shared> {
    data_dir::create(&config.data_dir)?;
    let db = data_dir::open_database(config).await?;
    db.migrate().await?;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let secret = data_dir::load_or_create_key(&config.data_dir, &*entropy)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Ok(Arc::new(App {
        db,
        key: secret.public(),
        secret,
        started: clock.now(),
        clock,
        passwords: Passwords::new(Params::default(), Arc::clone(&entropy))?,
        entropy,
        presence: Arc::new(MemoryPresence::default()),
        events: EventBus::default(),
        jobs_wake: Notify::new(),
        backoff: Mutex::new(Backoff::default()),
        budget: Arc::new(MemoryBudget::new(config.requests_per_minute)),
        steam: Steam::new(config.steam_url.clone(), steam::SPACING)?,
        stores: Stores::default(),
        proxies: TrustedProxies::new(config.trusted_proxies.clone()),
        manifests: Semaphore::new(MANIFESTS),
        direct_patch_above: config.direct_patch_above,
        reverse_patches: config.reverse_patches,
        stopping: CancellationToken::new(),
    }))
}

impl Server {
    /// Starts to serve. `admin_password` is for the first admin, should there be none yet.
    ///
    /// # Errors
    /// If another tracker serves from the data dir, or something can't be opened.
    pub async fn start(config: &Config, admin_password: Option<String>) -> anyhow::Result<Self> {
        data_dir::create(&config.data_dir)?;
        let lock = data_dir::lock(&config.data_dir)?;
        let app = open(config).await?;
        let first_admin = make_first_admin(&app, config, admin_password).await?;
        let listener = TcpListener::bind(config.listen).await;
        let listener = listener.with_context(|| format!("can't listen on {}", config.listen))?;
        let address = listener.local_addr()?;

        let seed = if config.embedded_seed { Some(start_seed(&app, config, address).await?) } else { None };
        let router = http::router(app.clone(), seed.as_ref().map(|s| s.router()));
        let mut tasks =
            vec![tokio::spawn(accept::serve(listener, router, Bounds::default(), app.stopping.clone()))];
        tasks.push(tokio::spawn(keep_house(app.clone())));
        match control::listen(&config.control_socket(), app.clone()).await {
            Ok(task) => tasks.push(task),
            // Commands then work on the database themselves.
            Err(e) => tracing::warn!(error = format!("{e:#}"), "there is no control socket"),
        }
        let listen = serde_json::json!({ "address": address, "url": format!("http://{address}") });
        let text = format!("{listen}\n");
        data_dir::replace(&config.data_dir, "listen", text.as_bytes(), 0o644)
            .with_context(|| format!("can't write {}", data_dir::listen_file(&config.data_dir).display()))?;
        Ok(Self { address, first_admin, app, seed, tasks, _lock: lock })
    }

    /// Where HTTP answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The account that this start made, if it was the first one.
    pub fn first_admin(&self) -> Option<&FirstAdmin> {
        self.first_admin.as_ref()
    }

    /// Where the embedded seed listens for QUIC.
    pub fn quic_addresses(&self) -> Vec<SocketAddr> {
        self.seed.as_ref().map(|s| s.quic_addresses()).unwrap_or_default()
    }

    /// Lets what is under way end, and stops.
    pub async fn shutdown(self) {
        if let Some(seed) = &self.seed {
            seed.shutdown().await;
        }
        self.app.stopping.cancel();
        for task in self.tasks {
            if let Err(e) = task.await {
                tracing::error!(error = %e, "a task of the server panicked");
            }
        }
        self.app.db.close().await;
    }
}

async fn make_first_admin(
    app: &App,
    config: &Config,
    password: Option<String>,
) -> anyhow::Result<Option<FirstAdmin>> {
    if db::users::any(&mut app.db.read().await?).await? {
        return Ok(None);
    }
    let chosen = password.is_none().then(|| app.mint().secret("").chars().take(24).collect::<String>());
    let new = NewUser {
        name: config.admin_user.clone(),
        password: password.or_else(|| chosen.clone()).unwrap_or_default(),
        scope: Scope::Admin,
    };
    users::create(app, &Caller::operator(), new).await.context("can't make the first admin")?;
    Ok(Some(FirstAdmin { name: config.admin_user.to_string(), password: chosen }))
}

/// Starts the seed of this process. It speaks to the tracker by HTTP like any other one.
async fn start_seed(app: &Shared, config: &Config, listening: SocketAddr) -> anyhow::Result<Arc<SeedNode>> {
    let name = EMBEDDED_SEED.parse()?;
    let mut tx = app.db.write().await?;
    let id = match db::seeds::by_name(&mut tx, &name).await? {
        Some(seed) => seed.id,
        None => {
            let mint = app.mint();
            let seed = Seed {
                id: mint.id(),
                name: name.clone(),
                created: mint.now,
                last_seen: None,
                public_url: None,
            };
            // Nobody knows the token: this seed's sessions are made below.
            db::seeds::insert(&mut tx, &seed, &Hash::of(mint.secret("").as_bytes())).await?;
            seed.id
        }
    };
    tx.commit().await?;
    let issuer = Arc::clone(app);
    let issue = move || session::seed_session(&issuer.secret, issuer.mint(), id.clone(), name.clone());
    let url = format!("http://{}", reachable(listening)).parse()?;
    let data_dir = config.data_dir.join("seed");
    let mut seed = SeedConfig::new(url, Credentials::Issued(Arc::new(issue)), config.store.clone(), data_dir);
    seed.quic_listen.clone_from(&config.quic_listen);
    seed.limits.whole_builds = config.whole_builds;
    seed.limits.archive_cache = config.archive_cache;
    Ok(Arc::new(SeedNode::start(seed).await.context("can't start the embedded seed")?))
}

/// An address of this host by which a listener can be reached from this host.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

async fn keep_house(app: Shared) {
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(HOUSEKEEPING) => {}
        }
        if let Err(e) = clear_expired(&app).await {
            tracing::warn!(error = %e, "clearing away what has expired failed");
        }
    }
}

async fn clear_expired(app: &App) -> Result<(), db::DbError> {
    let now = app.now();
    app.presence.purge(now).await;
    let mut tx = app.db.write().await?;
    db::sessions::purge(&mut tx, now).await?;
    db::sessions::forget_used(&mut tx, now.plus_millis(-KEEP_TOKENS_MILLIS)).await?;
    db::denied::purge(&mut tx, now.plus_millis(-DENIAL_MILLIS)).await?;
    db::jobs::purge(&mut tx, now.plus_millis(-KEEP_JOBS_MILLIS)).await?;
    db::jumps::purge(&mut tx, now.plus_millis(-requests::KEEP_MILLIS)).await?;
    tx.commit().await
}
