//! The engine of one home, for a long life.
//!
//! [`Engine`] owns everything that must exist once: the session, the node in the swarm, and the queue of operations. Faces
//! (command lines, desktop windows) order something ([`Engine::submit`]), steer it ([`Engine::control`]), and look at the
//! [`feed`] ([`Engine::next`]); they come and go, and the engine does not notice. Only the process that owns the home
//! ([`Home::own`]) can open one.
//!
//! An operation runs in a task of its own that nobody drops: it is asked to stop ([`crate::stop::Stop`]), and the engine
//! waits until it has. So a commit that began always ends, and no lock is released while something still works on the
//! folder. What the queue says is on disk before anybody is told, so that the next engine goes on where this one ended,
//! however that was.

mod ahead;
mod around;
mod durable_queue;
mod feed;
mod games;
mod join;
mod limiting;
mod moves;
mod operation;
mod pictures;
mod playing;
mod queue;
mod rolling_back;
mod run;
mod saving;
mod scanning;
mod server;
mod sign_in;
mod watch;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use mist_proto::{
    ManifestId, Slug,
    http::{Build, Game},
};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Notify};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use ts_rs::TS;

pub use self::{
    around::{DiskView, GameTraffic, LibraryFolder, Neighbourhood},
    feed::{Connection, Delta, Owner, Rev},
    join::{InviteView, JoinOrder},
    operation::{
        DiskProgress, NetworkProgress, OpId, OperationState, OperationView, Order, Outcome, Plan, Remark,
        Verification,
    },
    pictures::CoverPicture,
    playing::Play,
    queue::Control,
    scanning::ScanView,
    sign_in::{Credentials, Refreshed, SignedIn},
};
use self::{durable_queue::DurableQueue, feed::Feed, playing::Plays, run::Running, server::Server};
use crate::{
    adopt::{Place, place_of},
    clock::now,
    covers::Wanted,
    error::Error,
    events::Events,
    folder::{Condition, FolderState},
    home::{Home, Ownership, legacy, tend::tend},
    library::Library,
    moving,
    patch_cache::PatchCache,
    settings::{GivenSettings, Settings},
    status::{GameStatus, ServerStatus, Status},
    stop::{Stop, StopReason},
    swarm::{Membership, Shelf, Swarm},
    sync::lock,
    thrift::{Surroundings, Thrift},
    trust::tracker_fingerprint,
};

/// A game in the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LibraryItem {
    /// The game.
    #[ts(type = "Game")]
    pub game: Game,
    /// Its builds, oldest first.
    #[ts(type = "Build[]")]
    pub builds: Vec<Build>,
    /// How it is on this machine, if it is.
    pub here: Option<GameStatus>,
}

/// The engine of one home. Clones are the same engine; end it with [`Engine::close`].
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    home: Home,
    owner: Owner,
    /// What the environment says of the settings.
    given: GivenSettings,
    /// Those in force.
    settings: RwLock<Settings>,
    feed: Arc<Feed>,
    queue: Arc<DurableQueue>,
    plays: std::sync::Mutex<Plays>,
    /// Where this machine is, as it was seen last.
    surroundings: std::sync::Mutex<Surroundings>,
    /// Why it is thrifty, if it is.
    thrift: std::sync::Mutex<Option<Thrift>>,
    events: Events,
    server: Mutex<Option<Arc<Server>>>,
    swarm: Mutex<Option<Arc<Swarm>>>,
    /// Whether the server answered the last time.
    online: AtomicBool,
    /// Held while the account or the server changes.
    session: Mutex<()>,
    /// Held while faces are told of server and games, so that no older state is told after a newer one.
    showing: Mutex<()>,
    /// The operations under way.
    running: std::sync::Mutex<BTreeMap<OpId, Running>>,
    /// Whether what waits is to run: an engine that only answers questions starts nothing.
    started: AtomicBool,
    /// Whether it does by itself what is due.
    lives: AtomicBool,
    /// Whether no operation may be started just now.
    held: AtomicBool,
    /// Ends the look through a folder that is under way.
    scan: std::sync::Mutex<Option<Stop>>,
    /// Pictures that are to be fetched.
    covers: std::sync::Mutex<Wanted>,
    /// Live builds to which games were brought by themselves.
    ordered: std::sync::Mutex<BTreeMap<Slug, ManifestId>>,
    /// Rung when somebody has signed in, or something else is to be looked at again.
    signed_in: Notify,
    tasks: TaskTracker,
    closing: CancellationToken,
    /// Given up once everything has ended.
    ownership: std::sync::Mutex<Option<Ownership>>,
}

impl Engine {
    /// Opens the engine of a home. Nothing runs yet: see [`Engine::start`]. What is `given` of the settings wins over what
    /// is kept of them.
    ///
    /// # Errors
    /// If the home's files can't be read.
    pub fn open(ownership: Ownership, owner: Owner, given: GivenSettings) -> Result<Self, Error> {
        let home = ownership.home().clone();
        let put_aside = tend(&home)?;
        legacy::take_over(&home)?;
        moving::settle(&home)?;
        let settings = given.over(&Settings::load(&home)?);
        let feed = Arc::new(Feed::new(rand::random::<u64>() >> 11));
        let queue = Arc::new(DurableQueue::load(home.clone(), feed.clone())?);
        let plays = std::sync::Mutex::new(Plays::load(&home, &feed)?);
        let sink = queue.clone();
        let events = Events::new(move |event| sink.handle_event(event));
        put_aside.into_iter().for_each(|line| events.warn(line));
        feed.set(Delta::Owner(owner.clone()));
        feed.set(Delta::Settings(settings.clone()));
        let server = Server::current(&home, settings.secrets)?.map(Arc::new);
        if server.as_ref().is_some_and(|server| server.session_is_out_of_reach(&home)) {
            events.warn(
                "your session is in the system's keyring, which can't be read now: open it, as signing in at your desktop does, \
                 or sign in again",
            );
        }
        let this = Self(Arc::new(Inner {
            home,
            owner,
            given,
            settings: RwLock::new(settings),
            feed,
            queue,
            plays,
            surroundings: std::sync::Mutex::default(),
            thrift: std::sync::Mutex::default(),
            events,
            server: Mutex::new(server),
            swarm: Mutex::new(None),
            online: AtomicBool::new(false),
            session: Mutex::new(()),
            showing: Mutex::new(()),
            running: std::sync::Mutex::default(),
            started: AtomicBool::new(false),
            lives: AtomicBool::new(false),
            held: AtomicBool::new(false),
            scan: std::sync::Mutex::default(),
            covers: std::sync::Mutex::default(),
            ordered: std::sync::Mutex::default(),
            signed_in: Notify::new(),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
            ownership: std::sync::Mutex::new(Some(ownership)),
        }));
        this.keep_limits();
        this.keep_thrift();
        Ok(this)
    }

    /// The process that runs this engine.
    pub fn owner(&self) -> &Owner {
        &self.0.owner
    }

    /// The home.
    pub fn home(&self) -> &Home {
        &self.0.home
    }

    /// What changed since `since`, at once if there is something, else when there is or `wait` is over. A revision of
    /// another run, and the default one, get everything.
    pub async fn next(&self, since: Rev, wait: Duration) -> (Rev, Vec<Delta>) {
        self.0.feed.next(since, wait).await
    }

    /// Resolves once the engine ends.
    pub async fn closing(&self) {
        self.0.closing.cancelled().await;
    }

    /// The settings.
    pub fn settings(&self) -> Settings {
        self.0.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps other settings. All of them count at once, but for where the session is kept, which counts from the next
    /// sign-in on.
    ///
    /// # Errors
    /// If they can't be written, or the environment says otherwise; the old ones stay.
    pub async fn set_settings(&self, settings: Settings) -> Result<(), Error> {
        if let Some(variable) = self.0.given.opposing(&settings) {
            return Err(Error::SettingGiven { variable });
        }
        if let Some(dir) = settings.library_folders.iter().find(|dir| !dir.is_absolute()) {
            return Err(Error::RelativeFolder { dir: dir.display().to_string() });
        }
        let before = self.settings();
        self.0.given.kept(&settings, &Settings::load(&self.0.home)?).save(&self.0.home)?;
        *self.0.settings.write().unwrap_or_else(PoisonError::into_inner) = settings.clone();
        self.0.feed.set(Delta::Settings(settings.clone()));
        if settings.keep_previous < before.keep_previous {
            self.bound_previous(settings.keep_previous)?;
            self.show().await;
        }
        self.apply_limits().await;
        self.apply_thrift().await;
        if settings.auto_update && !before.auto_update {
            // There may be something to do at once.
            self.0.signed_in.notify_one();
        }
        let runs = self.0.swarm.lock().await.is_some();
        if runs && before.lan_discovery != settings.lan_discovery {
            self.leave_swarm().await;
            self.swarm().await?;
        }
        Ok(())
    }

    /// The games of the catalogue, as far as is known, and how they are on this machine.
    ///
    /// # Errors
    /// If nobody is signed in, or the cache can't be read.
    pub async fn library(&self) -> Result<Vec<LibraryItem>, Error> {
        let server = self.server().await?;
        let here = self.status().await?.games;
        let games = server.catalogue.games()?.map(|l| l.games).unwrap_or_default();
        games
            .into_iter()
            .map(|game| {
                let builds = server.catalogue.builds(&game.slug)?;
                let here = here.iter().find(|s| s.game == game.slug).cloned();
                Ok(LibraryItem { game, builds, here })
            })
            .collect()
    }

    /// The server, and the games on this machine.
    ///
    /// # Errors
    /// If the client's files can't be read.
    pub async fn status(&self) -> Result<Status, Error> {
        let server = self.0.server.lock().await.clone();
        let mut games = Vec::new();
        for (game, entry) in Library::load(&self.0.home)?.games {
            let state = match place_of(&entry, &game)? {
                Place::Known(_, state) => Some(state),
                // Of what it says of itself nothing counts yet.
                Place::Foreign(_, state) => Some(FolderState {
                    condition: Condition::Claimed,
                    pending: None,
                    last_operation: None,
                    ..state
                }),
                Place::Unmarked | Place::Missing => None,
            };
            let builds = match server.as_ref().filter(|s| s.id.as_str() == entry.server) {
                Some(s) => s.catalogue.builds(&game)?,
                None => Vec::new(),
            };
            games.push(GameStatus::new(game, entry.dir, state, &builds));
        }
        let server = match &server {
            None => None,
            Some(server) => Some(self.server_status(server).await?),
        };
        Ok(Status { server, games })
    }

    async fn server_status(&self, server: &Server) -> Result<ServerStatus, Error> {
        let pins = server.pins.lock().await.clone();
        Ok(ServerStatus {
            url: server.account.server().to_string(),
            user: server.account.who().map(|(name, _)| name),
            peer: server.identity.peer_name().to_string(),
            tracker_key: tracker_fingerprint(pins.tracker),
            release_key: pins.release.map(|k| k.fingerprint()),
            catalogue_age: server.catalogue.age(now())?.map(|millis| millis / 1000),
        })
    }

    /// Tells faces how server and games are now. Games that are gone are told of once.
    async fn show(&self) {
        let _one_at_a_time = self.0.showing.lock().await;
        let status = match self.status().await {
            Ok(status) => status,
            Err(error) => return self.0.events.warn(error.to_string()),
        };
        let known = self.0.feed.games().into_iter();
        for game in known.filter(|g| !status.games.iter().any(|s| s.game == *g)) {
            self.0.feed.set(Delta::Game { game, status: None });
        }
        for game in status.games {
            self.0.feed.set(Delta::Game { game: game.game.clone(), status: Some(Box::new(game)) });
        }
        let online = self.0.online.load(Ordering::SeqCst);
        self.0.feed.set(Delta::Connection(Connection { server: status.server, online }));
    }

    /// Ends the engine in order: no operation starts any more, those that run stop where they can go on later (a commit
    /// that began ends), what friends fetch just now is let end, and the tracker is told. Does nothing the second time.
    pub async fn close(&self) {
        self.0.closing.cancel();
        self.0.feed.set(Delta::Closing);
        self.leave_games();
        self.stop_all(StopReason::Shutdown).await;
        self.0.tasks.close();
        self.0.tasks.wait().await;
        self.leave_swarm().await;
    }

    /// Lets another process own the home. The last thing to be done with an engine that was closed.
    pub fn give_up_home(&self) {
        drop(lock(&self.0.ownership).take());
    }

    async fn leave_swarm(&self) {
        let swarm = self.0.swarm.lock().await.take();
        if let Some(swarm) = swarm {
            swarm.drain().await;
            swarm.leave().await;
        }
    }

    /// The node, started if it does not run.
    pub(crate) async fn swarm(&self) -> Result<Arc<Swarm>, Error> {
        let server = self.server().await?;
        let mut held = self.0.swarm.lock().await;
        if let Some(swarm) = &*held {
            return Ok(swarm.clone());
        }
        let membership = Membership {
            account: server.account.clone(),
            catalogue: server.catalogue.clone(),
            book: server.book.clone(),
            admission: server.admission.clone(),
        };
        let catalogue = server.catalogue.clone();
        let shelf = Shelf::new(self.0.home.clone(), server.id.clone(), catalogue, self.patches());
        let (identity, events) = (server.identity.clone(), self.0.events.clone());
        let settings = self.settings();
        let limits = self.limits_of(&settings).rates(settings.limit_lan);
        let discovery = settings.lan_discovery;
        let swarm = Swarm::join(identity, membership, Arc::new(shelf), limits, discovery, events)?;
        *held = Some(swarm.clone());
        Ok(swarm)
    }

    pub(crate) async fn server(&self) -> Result<Arc<Server>, Error> {
        self.0.server.lock().await.clone().ok_or(Error::NotSignedIn)
    }

    fn patches(&self) -> PatchCache {
        PatchCache::new(self.0.home.patches(), self.settings().patch_cache)
    }
}
