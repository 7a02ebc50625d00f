//! `tracker serve`: everything in one process.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use argon2::Params;
use mist_command_line::WholeFile;
use mist_listener::{
    accept::{self, Bounds},
    observed::TrustedProxies,
};
use mist_proto::{
    Hash, UnixMillis,
    claims::Scope,
    http::{NewUser, Seed},
    ids::UserName,
};
use mist_seed_node::{Credentials, SeedConfig, SeedLimits, SeedNode};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    admin::{Admin, invites, seeds, users},
    app::{App, RecentReads},
    auth::{password::Passwords, session},
    backups::Backups,
    builds::{Builds, copying, lifecycle, policy},
    catalog::{
        Catalog,
        steam::{self, Steam},
    },
    clock::{Clock, Entropy, SystemClock, SystemEntropy},
    config::Config,
    control, data_dir, db,
    error::Problem,
    history::{self, LookingBack, rollup},
    http::{self},
    jumps::requests,
    live::LiveSettings,
    metrics::{self, CountedEvents, Metrics},
    notices::{Notices, deliver, discord::Discord},
    records::Records,
    shared::{self, Seams},
    stats,
    swarm::tickets::DENIAL_MILLIS,
};

/// How often what has expired is cleared away.
const HOUSEKEEPING: Duration = Duration::from_secs(60);
/// How often it is looked whether builds are at as many seeds as they are to be.
const LOOK_AT_COPIES: Duration = Duration::from_secs(10);
/// How often it is looked whether something is due.
const TICK: Duration = Duration::from_secs(2);
/// Done jobs stay visible this long.
const KEEP_JOBS_MILLIS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Exchanged refresh tokens are remembered this long, so that showing one again is noticed.
const KEEP_TOKENS_MILLIS: i64 = 30 * 24 * 60 * 60 * 1000;
/// Connections for figures; those who read them are few.
const METRICS_CONNECTIONS: usize = 16;
/// Manifests in memory at once; each may have 128 MiB.
const MANIFESTS: usize = 4;

/// What an operator chose beforehand, instead of being told.
#[derive(Default)]
pub struct Chosen {
    /// Password of the first admin, should there be none yet.
    pub admin_password: Option<String>,
    /// Enrolment token of a seed that runs by itself; it is enrolled unless it is already.
    pub seed_token: Option<String>,
}

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
    metrics_address: Option<SocketAddr>,
    first_admin: Option<FirstAdmin>,
    app: Arc<App>,
    seed: Option<Arc<SeedNode>>,
    tasks: Vec<JoinHandle<()>>,
    _lock: data_dir::Lock,
}

/// Opens the data dir and the database and makes the tracker, without serving.
///
/// # Errors
/// If something can't be opened.
pub async fn open(config: &Config) -> anyhow::Result<Arc<App>> {
    data_dir::create(&config.data_dir)?;
    let db = data_dir::open_database(config).await?;
    db.migrate().await?;
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let secret = data_dir::signing_key(&config.data_dir, &db, &*entropy).await?;
    let backups = match (&config.backup_dir, data_dir::read_key(&config.data_dir)?) {
        (Some(folder), Some(key)) => Some(Arc::new(Backups::new(folder.clone(), key, config.backup_rule))),
        _ => None,
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let started = clock.now();
    let metrics = Arc::new(Metrics::default());
    let stopping = CancellationToken::new();
    let is_alone = config.redis.is_none();
    let records = Records { db, clock, entropy: Arc::clone(&entropy), is_alone };
    let live = LiveSettings::new(config.live, config.described());
    live.read(&records).await?;
    let mut seams = seams(config, started)?;
    seams.events = Arc::new(CountedEvents::new(seams.events, Arc::clone(&metrics)));
    Ok(Arc::new(App {
        passwords: Arc::new(Passwords::new(Params::default(), entropy)?),
        records,
        seams,
        signing: secret.into(),
        steam: Arc::new(Steam::new(config.steam_url.clone(), steam::SPACING)?),
        proxies: TrustedProxies::new(config.trusted_proxies.clone()),
        discord: Arc::new(Discord::new(config.discord_url.clone())?),
        notice_spacing: deliver::SPACING,
        pictures: Arc::new(Semaphore::new(1)),
        manifests: Arc::new(Semaphore::new(MANIFESTS)),
        addresses: config.public_url.iter().cloned().collect(),
        live: Arc::new(live),
        last_seen: Arc::default(),
        recent: RecentReads::default(),
        backups,
        metrics,
        started,
        leaving: stopping.child_token(),
        stopping,
    }))
}

/// What this tracker shares with others, or keeps in its own memory.
fn seams(config: &Config, now: UnixMillis) -> anyhow::Result<Seams> {
    match &config.redis {
        None => Ok(Seams::in_memory(now)),
        Some(url) => shared::redis::seams(url, &config.redis_prefix).context("the setting redis"),
    }
}

impl Server {
    /// Starts to serve.
    ///
    /// # Errors
    /// If another tracker serves from the data dir, something can't be opened, or what was chosen does not fit.
    pub async fn start(config: &Config, chosen: Chosen) -> anyhow::Result<Self> {
        data_dir::create(&config.data_dir)?;
        let lock = data_dir::lock(&config.data_dir)?;
        let app = open(config).await?;
        let first_admin = make_first_admin(&app, config, chosen.admin_password).await?;
        if let Some(token) = chosen.seed_token {
            seeds::enrol_first(&Admin::from(&*app), &token)
                .await
                .context("can't enrol the seed of MIST_FIRST_SEED_TOKEN")?;
        }
        let listener = TcpListener::bind(config.listen).await;
        let listener = listener.with_context(|| format!("can't listen on {}", config.listen))?;
        let address = listener.local_addr()?;

        let seed = if config.embedded_seed { Some(start_seed(&app, config, address).await?) } else { None };
        let router = http::router(&app, seed.as_ref().map(|s| s.router()));
        let mut tasks = vec![tokio::spawn(accept::serve(
            listener,
            router,
            Bounds::default(),
            app.proxies.clone(),
            app.stopping.clone(),
        ))];
        let mut metrics_address = None;
        if let Some(listen) = config.metrics_listen {
            let listener = TcpListener::bind(listen).await;
            let listener = listener.with_context(|| format!("can't listen for Prometheus on {listen}"))?;
            metrics_address = Some(listener.local_addr()?);
            let bounds = Bounds { connections: METRICS_CONNECTIONS, ..Bounds::default() };
            let router = metrics::router(&app);
            let (proxies, stop) = (TrustedProxies::default(), app.stopping.clone());
            tasks.push(tokio::spawn(accept::serve(listener, router, bounds, proxies, stop)));
        }
        tasks.push(tokio::spawn(keep_house(app.clone())));
        tasks.push(tokio::spawn(keep_time(app.clone())));
        tasks.push(tokio::spawn(keep_telling(app.clone())));
        tasks.push(tokio::spawn(keep_looking_up(app.clone())));
        tasks.push(tokio::spawn(keep_copies(app.clone())));
        tasks.push(tokio::spawn(keep_history(app.clone())));
        if let Some(backups) = app.backups.clone() {
            tasks.push(tokio::spawn(keep_backups(app.clone(), backups)));
        }
        tasks.push(tokio::spawn(keep_settings(app.clone(), seed.clone())));
        match control::listen(&config.control_socket(), app.clone()).await {
            Ok(task) => tasks.push(task),
            // Commands then work on the database themselves.
            Err(e) => tracing::warn!(error = format!("{e:#}"), "there is no control socket"),
        }
        let listen = serde_json::json!({ "address": address, "url": format!("http://{address}") });
        let text = format!("{listen}\n");
        WholeFile::write_with_mode(&data_dir::listen_file(&config.data_dir), text.as_bytes(), 0o644)
            .with_context(|| format!("can't write {}", data_dir::listen_file(&config.data_dir).display()))?;
        Ok(Self { address, metrics_address, first_admin, app, seed, tasks, _lock: lock })
    }

    /// Where HTTP answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where Prometheus gets figures, if it does.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
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
        self.app.leaving.cancel();
        if let Some(seed) = &self.seed {
            seed.shutdown().await;
        }
        self.app.stopping.cancel();
        for task in self.tasks {
            if let Err(e) = task.await {
                tracing::error!(error = %e, "a task of the server panicked");
            }
        }
        self.app.records.db.close().await;
    }
}

async fn make_first_admin(
    app: &App,
    config: &Config,
    password: Option<String>,
) -> anyhow::Result<Option<FirstAdmin>> {
    let chosen =
        password.is_none().then(|| app.records.mint().secret("").chars().take(24).collect::<String>());
    let new = NewUser {
        name: config.admin_user.clone(),
        password: password.or_else(|| chosen.clone()).unwrap_or_default(),
        scope: Scope::Admin,
    };
    let made = users::create_first(&Admin::from(app), new).await.context("can't make the first admin")?;
    Ok(made.map(|admin| FirstAdmin { name: admin.name.to_string(), password: chosen }))
}

/// Starts the seed of this process. It speaks to the tracker by HTTP like any other one.
async fn start_seed(app: &Arc<App>, config: &Config, listening: SocketAddr) -> anyhow::Result<Arc<SeedNode>> {
    let name: UserName = seeds::EMBEDDED.parse()?;
    let mut tx = app.records.write().await?;
    let mint = app.records.mint();
    let seed =
        Seed { id: mint.id(), name: name.clone(), created: mint.now, last_seen: None, public_url: None };
    // Nobody knows the token: this seed's sessions are made below.
    db::seeds::insert_once(&mut tx, &seed, &Hash::of(mint.secret("").as_bytes())).await?;
    let id = db::seeds::by_name(&mut tx, &name).await?.map_or(seed.id, |known| known.id);
    tx.commit().await?;
    let issuer = Arc::clone(app);
    let issue = move || {
        session::seed_session(&issuer.signing.secret, issuer.records.mint(), id.clone(), name.clone())
    };
    let url = format!("http://{}", reachable(listening)).parse()?;
    let data_dir = config.data_dir.join("seed");
    let mut seed = SeedConfig::new(url, Credentials::Issued(Arc::new(issue)), config.store.clone(), data_dir);
    seed.quic_listen.clone_from(&config.quic_listen);
    seed.advertise.clone_from(&config.advertise);
    seed.nginx_location.clone_from(&config.nginx_location);
    seed.lan_discovery = config.lan_discovery;
    seed.uplink.clone_from(&config.uplink);
    seed.limits = SeedLimits { upload_rate: app.live.now().upload_limit, ..config.seed_limits };
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

/// Waits; whether the server still serves then.
async fn goes_on_after(app: &App, pause: Duration) -> bool {
    app.stopping.run_until_cancelled(tokio::time::sleep(pause)).await.is_some()
}

async fn keep_house(app: Arc<App>) {
    while goes_on_after(&app, HOUSEKEEPING).await {
        if let Err(e) = clear_expired(&app).await {
            tracing::warn!(error = %e, "clearing away what has expired failed");
        }
        if let Err(e) = note_health(&app).await {
            tracing::warn!(error = %e, "how the server is was not noted");
        }
    }
}

/// Makes live what is due, and prunes by policy.
async fn keep_time(app: Arc<App>) {
    while goes_on_after(&app, TICK).await {
        let builds = Builds::from(&*app);
        if let Err(e) = lifecycle::go_live_when_due(&builds).await {
            tracing::warn!(error = %e, "a build that is due was not made live; it is tried again");
        }
        if let Err(e) = policy::prune_when_due(&builds).await {
            tracing::warn!(error = %e, "nothing was pruned by policy; it is tried again");
        }
    }
}

/// Has builds copied to other seeds, and lets them do what seeds would do that are gone.
async fn keep_copies(app: Arc<App>) {
    while goes_on_after(&app, LOOK_AT_COPIES).await {
        if let Err(e) = copying::see_to_copies(&Builds::from(&*app)).await {
            tracing::warn!(error = %e, "copies at other seeds were not looked after; it is tried again");
        }
    }
}

/// Does the server's own jobs that wait for Discord. They keep nothing else waiting.
async fn keep_telling(app: Arc<App>) {
    let notices = Notices::from(&*app);
    while goes_on_after(&app, TICK).await {
        if let Some(Err(e)) = app.stopping.run_until_cancelled(Box::pin(deliver::send_due(&notices))).await {
            tracing::warn!(error = %e, "notices were not sent; it is tried again");
        }
    }
}

/// Does the server's own jobs that wait for Steam.
async fn keep_looking_up(app: Arc<App>) {
    let catalog = Catalog::from(&*app);
    while goes_on_after(&app, TICK).await {
        if let Some(Err(e)) = app.stopping.run_until_cancelled(Box::pin(steam::look_up_due(&catalog))).await {
            tracing::warn!(error = %e, "Steam was not asked; it is tried again");
        }
    }
}

/// Takes what was set at another tracker, and lets the seed of this process know.
async fn keep_settings(app: Arc<App>, seed: Option<Arc<SeedNode>>) {
    let mut changed = app.live.watch();
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return,
            () = tokio::time::sleep(TICK) => {
                if let Err(e) = app.live.read(&app.records).await {
                    tracing::warn!(error = %e, "settings were not read; those in force stay");
                }
            }
            // The sender lives as long as the tracker.
            _ = changed.changed() => if let Some(seed) = &seed {
                seed.limit_upload(changed.borrow_and_update().live.upload_limit);
            }
        }
    }
}

/// Notes each minute how things are.
async fn keep_history(app: Arc<App>) {
    let looking = LookingBack::from(&*app);
    while goes_on_after(&app, rollup::until_next_minute(app.records.now())).await {
        if let Err(e) = history::peaks::note(&looking).await {
            tracing::warn!(error = %e, "who is online and what the stores take was not noted for this minute");
        }
    }
}

/// Makes backups when they are due.
async fn keep_backups(app: Arc<App>, backups: Arc<Backups>) {
    loop {
        backups.clone().keep(app.records.db.clone(), app.records.now()).await;
        if !goes_on_after(&app, HOUSEKEEPING).await {
            return;
        }
    }
}

/// Notes what keeps friends from playing, for whoever wants to be told.
async fn note_health(app: &App) -> Result<(), Problem> {
    let notices = Notices::from(app);
    // Counting everything is work that nobody else waits for.
    if !deliver::is_anybody_told(&notices).await? {
        return Ok(());
    }
    let (_, troubles) = stats::count::overview(&app.into()).await?;
    deliver::note_health(&notices, &troubles).await
}

async fn clear_expired(app: &App) -> Result<(), db::DbError> {
    let now = app.records.now();
    if let Err(e) = app.seams.presence.purge(now).await {
        tracing::warn!(error = %e, "peers that are gone were not forgotten");
    }
    app.last_seen.write(&app.records).await?;
    let mut tx = app.records.write().await?;
    db::sessions::purge(&mut tx, now).await?;
    db::sessions::forget_used(&mut tx, now.plus_millis(-KEEP_TOKENS_MILLIS)).await?;
    db::invites::purge(&mut tx, now.plus_millis(-invites::KEEP_MILLIS)).await?;
    db::denied::purge(&mut tx, now.plus_millis(-DENIAL_MILLIS)).await?;
    db::jobs::purge(&mut tx, now.plus_millis(-KEEP_JOBS_MILLIS)).await?;
    db::notices::purge(&mut tx, now.plus_millis(-deliver::KEEP_MILLIS)).await?;
    db::jumps::purge(&mut tx, now.plus_millis(-requests::KEEP_MILLIS)).await?;
    history::forget_old(&mut tx, now, app.live.now().history_days).await?;
    if !app.live.now().history_by_friend {
        db::history::forget_friends(&mut tx).await?;
    }
    tx.commit().await
}
