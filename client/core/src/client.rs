//! The façade: what a friend can do.

use std::{
    path::{Path, PathBuf},
    process::Child,
    sync::Arc,
};

use mist_peer::Identity;
use mist_proto::{
    Slug, VerifiedManifest, Version,
    http::{Build, Game, Login, Operation},
    ids::{PeerName, UserName},
};
use serde::Serialize;
use tokio::sync::{Mutex, OnceCell, broadcast};

use crate::{
    account::Account,
    address_book::AddressBook,
    catalogue::Catalogue,
    clock::now,
    error::Error,
    events::{Event, Events},
    folder::{Condition, FolderState, GameFolder},
    home::{FileLock, Home, read_file, read_json, remove_file, write_file, write_json},
    install::{Engine, Goal, InstallError, Uninstalled, blocking, survey::survey, uninstall::uninstall},
    launch,
    library::{Entry, Library},
    patch_cache::PatchCache,
    reports,
    session::Vault,
    settings::Settings,
    status::{GameStatus, ServerStatus, Status},
    swarm::{Membership, Shelf, Swarm, TicketCheck},
    tracker::Tracker,
    trust::{Pins, tracker_fingerprint},
};

/// What signing in takes.
pub struct Credentials {
    /// Address of the server.
    pub url: String,
    /// Account.
    pub user: UserName,
    /// Password.
    pub password: String,
    /// Name of this device for people.
    pub device: String,
    /// Forget the keys that were trusted before. For a server that was really set up anew.
    pub trust_new_server: bool,
}

/// What signing in led to.
#[derive(Debug, Clone, Serialize)]
pub struct SignedIn {
    /// Address of the server.
    pub server: String,
    /// Account.
    pub user: UserName,
    /// This device.
    pub peer: PeerName,
    /// Fingerprint of the server's key.
    pub tracker_key: String,
    /// Fingerprint of the key that signs builds, if anything was pushed yet.
    pub release_key: Option<String>,
    /// Whether these keys were seen for the first time, and are trusted from now on.
    pub first_time: bool,
    /// Games that the account may see.
    pub games: usize,
}

/// How fresh the catalogue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Refreshed {
    /// Whether the server answered.
    pub online: bool,
    /// Milliseconds since the catalogue was fetched.
    pub age_millis: Option<i64>,
}

/// A game in the catalogue.
#[derive(Debug, Clone, Serialize)]
pub struct LibraryItem {
    /// The game.
    pub game: Game,
    /// Its builds, oldest first.
    pub builds: Vec<Build>,
    /// How it is on this machine, if it is.
    pub here: Option<GameStatus>,
}

/// What to install.
pub struct InstallOrder {
    /// The game.
    pub game: Slug,
    /// The build; the live one if there is none.
    pub version: Option<Version>,
    /// The folder; one of Mist's own if there is none.
    pub dir: Option<PathBuf>,
}

/// What a verification found.
#[derive(Debug, Clone, Serialize)]
pub struct Verification {
    /// The build.
    pub version: Version,
    /// Files that are missing or changed, in order.
    pub damaged: Vec<String>,
    /// Bytes that repairing would fetch at most.
    pub repair_bytes: u64,
}

/// A friend's client. Cheap to share behind an [`Arc`].
pub struct Client {
    home: Home,
    settings: Settings,
    identity: Identity,
    events: Events,
    member: Mutex<Option<Arc<Member>>>,
    swarm: OnceCell<Arc<Swarm>>,
}

/// The signed-in server.
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) account: Arc<Account>,
    pub(crate) catalogue: Arc<Catalogue>,
    book: Arc<AddressBook>,
    admission: Arc<TicketCheck>,
    pins: Mutex<Pins>,
}

/// `servers/<host>/server.json`.
#[derive(serde::Serialize, serde::Deserialize)]
struct ServerFile {
    url: String,
    pins: Pins,
}

impl Client {
    /// Opens the client whose state lies in `home`.
    ///
    /// # Errors
    /// If its files can't be read.
    pub fn open(home: Home) -> Result<Self, Error> {
        let settings = Settings::load(&home)?;
        let identity = Identity::load_or_create(&home.identity())?;
        Ok(Self {
            home,
            settings,
            identity,
            events: Events::new(),
            member: Mutex::new(None),
            swarm: OnceCell::new(),
        })
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.listen()
    }

    /// The settings that this client was opened with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Keeps other settings. They count from the next start on.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn save_settings(&self, settings: &Settings) -> Result<(), Error> {
        Ok(settings.save(&self.home)?)
    }

    /// Signs in, pins the server's keys, and fetches the catalogue.
    ///
    /// # Errors
    /// [`Error::Trust`] if the server shows other keys than before; otherwise if it refuses or can't be reached.
    pub async fn login(&self, credentials: Credentials) -> Result<SignedIn, Error> {
        let tracker = Tracker::new(&credentials.url)?;
        let key = tracker.host_key();
        let dir = self.home.server(&key);
        let account = self.account(tracker.clone(), &key)?;
        let shown = account.trust().await?;
        let before: Option<ServerFile> = read_json(&dir.join("server.json"))?;
        let before = before.filter(|_| !credentials.trust_new_server).map(|f| f.pins);
        let pins = match &before {
            Some(pins) => pins.follow(&shown)?,
            None => Pins::at_first_sight(&shown),
        };
        let Credentials { user, password, device, .. } = credentials;
        let login = Login { user: user.clone(), password, device: Some(device.clone()) };
        if let Some(warning) = account.login(&login).await? {
            self.events.warn(warning);
        }
        let file = ServerFile { url: tracker.address().to_owned(), pins: pins.clone() };
        write_json(&dir.join("server.json"), &file, false)?;
        write_file(&self.home.current(), key.as_bytes(), false)?;
        let peer = self.identity.peer_name().clone();
        account.bind_device(&peer, &device).await?;
        *self.member.lock().await = None;
        self.refresh().await?;
        let member = self.member().await?;
        let release_key = member.pins.lock().await.release.map(|k| k.fingerprint());
        Ok(SignedIn {
            server: tracker.address().to_owned(),
            user,
            peer,
            tracker_key: tracker_fingerprint(pins.tracker),
            release_key,
            first_time: before.is_none(),
            games: member.catalogue.games()?.map_or(0, |l| l.games.len()),
        })
    }

    /// Signs out. Installed games stay and can be played.
    ///
    /// # Errors
    /// If nobody is signed in, or the session can't be removed.
    pub async fn logout(&self) -> Result<(), Error> {
        let member = self.member().await?;
        member.account.logout().await?;
        remove_file(&self.home.server(&member.key).join("tickets.json"))?;
        *self.member.lock().await = None;
        Ok(remove_file(&self.home.current())?)
    }

    /// Fetches catalogue, manifests and tickets anew. That the server is away is no error: what is cached goes on working.
    ///
    /// # Errors
    /// If nobody is signed in, the session has ended, or the server's keys are not the trusted ones.
    pub async fn refresh(&self) -> Result<Refreshed, Error> {
        let member = self.member().await?;
        let online = match self.refresh_from(&member).await {
            Ok(()) => true,
            Err(Error::Tracker(error)) if error.is_outage() => {
                self.events.warn(format!("{error}; going on with what is known"));
                false
            }
            Err(error) => return Err(error),
        };
        Ok(Refreshed { online, age_millis: member.catalogue.age(now())? })
    }

    async fn refresh_from(&self, member: &Member) -> Result<(), Error> {
        let shown = member.account.trust().await?;
        let pins = {
            let mut pins = member.pins.lock().await;
            let followed = pins.follow(&shown)?;
            if followed != *pins {
                let url = member.account.tracker().address().to_owned();
                let file = ServerFile { url, pins: followed.clone() };
                write_json(&self.home.server(&member.key).join("server.json"), &file, false)?;
                *pins = followed.clone();
            }
            followed
        };
        let tickets = member.account.tickets(self.identity.peer_name()).await?;
        member.catalogue.keep_tickets(&tickets.tickets)?;
        member.admission.set_tickets(tickets.tickets);
        member.catalogue.refresh(&member.account, &pins).await?;
        reports::flush(&self.home, &member.key, &member.account).await
    }

    /// The games of the catalogue, as far as is known, and how they are on this machine.
    ///
    /// # Errors
    /// If nobody is signed in, or the cache can't be read.
    pub async fn library(&self) -> Result<Vec<LibraryItem>, Error> {
        let member = self.member().await?;
        let here = self.status().await?.games;
        let games = member.catalogue.games()?.map(|l| l.games).unwrap_or_default();
        games
            .into_iter()
            .map(|game| {
                let builds = member.catalogue.builds(&game.slug)?;
                let here = here.iter().find(|s| s.game == game.slug).cloned();
                Ok(LibraryItem { game, builds, here })
            })
            .collect()
    }

    /// Installs a game, or goes on with that. An existing folder with right files is adopted.
    ///
    /// # Errors
    /// If it is installed elsewhere, unknown, or can't be had; what arrived is kept.
    pub async fn install(&self, order: InstallOrder) -> Result<FolderState, Error> {
        let InstallOrder { game, version, dir } = order;
        let entry = Library::load(&self.home)?.games.get(&game).cloned();
        let dir = match (&entry, dir) {
            (Some(entry), None) => entry.dir.clone(),
            (None, None) => self.home.games().join(game.as_str()),
            (entry, Some(dir)) => {
                let dir = std::path::absolute(&dir).map_err(|e| InstallError::folder(&dir, e))?;
                if let Some(entry) = entry.as_ref().filter(|e| e.dir != dir) {
                    let dir = entry.dir.display().to_string();
                    return Err(Error::InstalledElsewhere { game, dir });
                }
                dir
            }
        };
        self.change(&game, &dir, version.as_ref(), Operation::Install).await
    }

    /// Brings a game to its live build. Returns its state, and whether anything had to be done.
    ///
    /// # Errors
    /// If it is not installed, or the build can't be had; the old one then still works.
    pub async fn update(&self, game: &Slug) -> Result<FolderState, Error> {
        let dir = self.dir_of(game)?;
        self.change(game, &dir, None, Operation::Update).await
    }

    /// Brings a game to a build of its list, older or newer.
    ///
    /// # Errors
    /// As [`Client::update`].
    pub async fn switch(&self, game: &Slug, version: &Version) -> Result<FolderState, Error> {
        let dir = self.dir_of(game)?;
        self.change(game, &dir, Some(version), Operation::Switch).await
    }

    async fn change(
        &self,
        game: &Slug,
        dir: &Path,
        version: Option<&Version>,
        kind: Operation,
    ) -> Result<FolderState, Error> {
        let member = self.member_for(game).await?;
        self.refresh().await?;
        let _lock = self.lock(game)?;
        let goal = self.goal(&member, game, version, kind).await?;
        let folder = GameFolder::create(dir)?;
        if let Some(state) = folder.state()?
            && state.game != *game
        {
            let dir = dir.display().to_string();
            return Err(Error::InstalledElsewhere { game: state.game, dir });
        }
        let entry = Entry { dir: dir.to_owned(), server: member.key.clone() };
        Library::change(&self.home, |l| drop(l.games.insert(game.clone(), entry)))?;
        if let Some(state) = folder.state()?
            && state.pending.is_none()
            && state.whole().is_some_and(|b| b.manifest == goal.wanted.id())
        {
            let version = goal.wanted.version.clone();
            self.events.send(Event::Finished { game: game.clone(), version, operation: None });
            return Ok(state);
        }
        self.bring(&member, &folder, &goal).await
    }

    async fn bring(&self, member: &Member, folder: &GameFolder, goal: &Goal) -> Result<FolderState, Error> {
        let swarm = self.swarm().await?;
        let pins = member.pins.lock().await.clone();
        let patches = self.patches();
        let engine = Engine {
            home: &self.home,
            server: &member.key,
            account: &member.account,
            catalogue: &member.catalogue,
            pins: &pins,
            swarm: &swarm,
            patches: &patches,
            events: &self.events,
        };
        engine.bring(folder, goal).await
    }

    /// The build to bring a game to: the named one, or the live one if that keeps what manifests promised.
    async fn goal(
        &self,
        member: &Member,
        game: &Slug,
        version: Option<&Version>,
        kind: Operation,
    ) -> Result<Goal, Error> {
        let builds = member.catalogue.builds(game)?;
        if member.catalogue.game(game)?.is_none() && builds.is_empty() {
            return Err(Error::UnknownGame(game.clone()));
        }
        let build = match version {
            Some(version) => builds
                .iter()
                .find(|b| b.version == *version)
                .ok_or_else(|| Error::UnknownVersion { game: game.clone(), version: version.clone() })?,
            None => builds.iter().find(|b| b.live).ok_or_else(|| Error::NothingLive(game.clone()))?,
        };
        let pins = member.pins.lock().await.clone();
        let wanted = member.catalogue.manifest(&member.account, &pins, game, build).await?;
        let floor = member.catalogue.floor(game)?;
        if version.is_none() && wanted.sequence < floor {
            let version = wanted.version.clone();
            return Err(Error::BelowFloor { game: game.clone(), version, floor });
        }
        Ok(Goal { wanted, kind, builds })
    }

    /// Reads every file of an installed game and compares it with its manifest. Needs no network.
    ///
    /// # Errors
    /// If it is not installed or can't be read.
    pub async fn verify(&self, game: &Slug) -> Result<Verification, Error> {
        let folder = GameFolder::open(&self.dir_of(game)?)?;
        let _lock = self.lock(game)?;
        let (_, manifest) = self.installed(&folder, game).await?;
        let events = self.events.clone();
        let at = folder.clone();
        let (found, manifest) = blocking(move || {
            let slug = manifest.game.clone();
            let mut watch = |p: mist_tree::progress::Progress| {
                events.send(Event::Disk { game: slug.clone(), done: p.done, total: p.total });
            };
            (survey(&at, Some(&manifest), &manifest, true, &mut watch), manifest)
        })
        .await;
        let found = found?;
        let right: std::collections::BTreeSet<_> = found.here.iter().map(|f| &f.path).collect();
        let damaged: Vec<String> = (manifest.files.iter())
            .filter(|f| !right.contains(&f.path) || found.wrong_mode.contains(&f.path))
            .map(|f| f.path.to_string())
            .collect();
        let mut state = folder.state()?.ok_or_else(|| Error::NotInstalled(game.clone()))?;
        let condition = if damaged.is_empty() { Condition::Whole } else { Condition::Damaged };
        // Only a build that was whole once has a hash tree to be served by.
        if state.pending.is_none() && state.condition != condition && state.condition != Condition::Placed {
            state.condition = condition;
            folder.set_state(&state)?;
        }
        Ok(Verification { version: manifest.version.clone(), damaged, repair_bytes: found.damaged_bytes })
    }

    /// Verifies a game and fetches what is wrong, and only that. Changed files are put aside first.
    ///
    /// # Errors
    /// As [`Client::update`].
    pub async fn repair(&self, game: &Slug) -> Result<FolderState, Error> {
        let dir = self.dir_of(game)?;
        let member = self.member_for(game).await?;
        self.refresh().await?;
        let _lock = self.lock(game)?;
        let folder = GameFolder::create(&dir)?;
        let (_, wanted) = self.installed(&folder, game).await?;
        let builds = member.catalogue.builds(game)?;
        self.bring(&member, &folder, &Goal { wanted, kind: Operation::Repair, builds }).await
    }

    /// Removes what the game's manifest names, and leaves everything else.
    ///
    /// # Errors
    /// If it is not installed or files can't be removed.
    pub async fn uninstall(&self, game: &Slug) -> Result<(PathBuf, Uninstalled), Error> {
        let dir = self.dir_of(game)?;
        let _lock = self.lock(game)?;
        let mut result = Uninstalled { removed: 0, left: false, kept: false };
        if dir.exists() {
            let folder = GameFolder::open(&dir)?;
            let manifest = match self.installed(&folder, game).await {
                Ok((_, manifest)) => Some(manifest),
                Err(Error::NotInstalled(_)) => None,
                Err(error) => return Err(error),
            };
            if let Some(mut state) = folder.state()? {
                // From now on nobody serves or plays it.
                state.condition = Condition::Damaged;
                folder.set_state(&state)?;
            }
            let at = folder.clone();
            result = blocking(move || uninstall(&*at.dir, manifest.as_deref(), &mut || ())).await?;
            if !result.left && !result.kept {
                // Somebody else's mount point, perhaps; an empty folder does no harm.
                let _ = std::fs::remove_dir(&dir);
            }
        }
        Library::change(&self.home, |l| drop(l.games.remove(game)))?;
        Ok((dir, result))
    }

    /// Starts a game as it is, without updating.
    ///
    /// # Errors
    /// If it is not installed, names nothing to start, or can't be started.
    pub async fn launch(&self, game: &Slug, entry: Option<&str>, args: &[String]) -> Result<Child, Error> {
        let folder = GameFolder::open(&self.dir_of(game)?)?;
        let (_, manifest) = self.installed(&folder, game).await?;
        launch::start(&folder, game, &manifest, entry, args)
    }

    /// Serves everything that is installed until `stop` resolves, and keeps catalogue and tickets fresh.
    ///
    /// # Errors
    /// If nobody is signed in or the node can't start.
    pub async fn seed(&self, stop: impl Future<Output = ()>) -> Result<(), Error> {
        let swarm = self.swarm().await?;
        tracing::info!(peer = %swarm.node().peer_name(), addresses = ?swarm.node().addresses(), "seeding");
        tokio::pin!(stop);
        loop {
            if let Err(error) = self.refresh().await {
                self.events.warn(error.to_string());
            }
            tokio::select! {
                () = &mut stop => break,
                () = tokio::time::sleep(SEED_REFRESH) => {}
            }
        }
        self.close().await;
        Ok(())
    }

    /// The server, and the games on this machine.
    ///
    /// # Errors
    /// If the client's files can't be read.
    pub async fn status(&self) -> Result<Status, Error> {
        let member = match self.member().await {
            Ok(member) => Some(member),
            Err(Error::NotSignedIn) => None,
            Err(error) => return Err(error),
        };
        let mut games = Vec::new();
        for (game, entry) in Library::load(&self.home)?.games {
            let state = if entry.dir.exists() { GameFolder::open(&entry.dir)?.state()? } else { None };
            let live = match member.as_ref().filter(|m| m.key == entry.server) {
                Some(m) => m.catalogue.game(&game)?.and_then(|g| g.live),
                None => None,
            };
            games.push(GameStatus::new(game, entry.dir, state, live));
        }
        let server = match &member {
            None => None,
            Some(member) => {
                let pins = member.pins.lock().await.clone();
                Some(ServerStatus {
                    url: member.account.tracker().address().to_owned(),
                    user: member.account.who().await.map(|(name, _)| name),
                    peer: self.identity.peer_name().to_string(),
                    tracker_key: tracker_fingerprint(pins.tracker),
                    release_key: pins.release.map(|k| k.fingerprint()),
                    catalogue_age: member.catalogue.age(now())?.map(|millis| millis / 1000),
                })
            }
        };
        Ok(Status { server, games })
    }

    /// Leaves the swarm in order. Call it before the program ends.
    pub async fn close(&self) {
        if let Some(swarm) = self.swarm.get() {
            swarm.leave().await;
        }
    }

    pub(crate) async fn swarm(&self) -> Result<Arc<Swarm>, Error> {
        let join = || async {
            let member = self.member().await?;
            let pins = member.pins.lock().await.clone();
            let membership = Membership {
                account: member.account.clone(),
                catalogue: member.catalogue.clone(),
                book: member.book.clone(),
                admission: member.admission.clone(),
            };
            let catalogue = member.catalogue.clone();
            let shelf = Shelf::new(self.home.clone(), member.key.clone(), pins, catalogue, self.patches());
            let (identity, events) = (self.identity.clone(), self.events.clone());
            Swarm::join(identity, membership, Arc::new(shelf), &self.settings, events)
        };
        self.swarm.get_or_try_init(join).await.cloned()
    }

    pub(crate) async fn member(&self) -> Result<Arc<Member>, Error> {
        let mut held = self.member.lock().await;
        if let Some(member) = &*held {
            return Ok(member.clone());
        }
        let key = read_file(&self.home.current())?.and_then(|k| String::from_utf8(k).ok());
        let key = key.ok_or(Error::NotSignedIn)?;
        let dir = self.home.server(&key);
        let file: ServerFile = read_json(&dir.join("server.json"))?.ok_or(Error::NotSignedIn)?;
        let member = Arc::new(Member {
            account: Arc::new(self.account(Tracker::new(&file.url)?, &key)?),
            catalogue: Arc::new(Catalogue::at(dir.clone())),
            book: Arc::new(AddressBook::open(dir.join("peers.json"))?),
            admission: Arc::new(TicketCheck::new(file.pins.tracker)),
            pins: Mutex::new(file.pins),
            key,
        });
        *held = Some(member.clone());
        Ok(member)
    }

    /// The signed-in server, if the game did not come from another one.
    async fn member_for(&self, game: &Slug) -> Result<Arc<Member>, Error> {
        let member = self.member().await?;
        match Library::load(&self.home)?.games.get(game) {
            Some(entry) if entry.server != member.key => {
                Err(Error::OtherServer { game: game.clone(), server: entry.server.clone() })
            }
            _ => Ok(member),
        }
    }

    fn account(&self, tracker: Tracker, key: &str) -> Result<Account, Error> {
        let dir = self.home.server(key);
        let vault = Vault::new(dir.join("session.json"), self.settings.secrets, key);
        Ok(Account::open(tracker, vault, dir.join("session.lock"))?)
    }

    fn patches(&self) -> PatchCache {
        PatchCache::new(self.home.patches(), self.settings.patch_cache)
    }

    fn dir_of(&self, game: &Slug) -> Result<PathBuf, Error> {
        let entry = Library::load(&self.home)?.games.remove(game);
        entry.map(|e| e.dir).ok_or_else(|| Error::NotInstalled(game.clone()))
    }

    fn lock(&self, game: &Slug) -> Result<FileLock, Error> {
        FileLock::try_take(&self.home.game_lock(game))?.ok_or_else(|| Error::Busy(game.clone()))
    }

    /// State and manifest of an installed game. The manifest was verified when it was put there, and is again.
    async fn installed(
        &self,
        folder: &GameFolder,
        game: &Slug,
    ) -> Result<(FolderState, VerifiedManifest), Error> {
        let missing = || Error::NotInstalled(game.clone());
        let state = folder.state()?.ok_or_else(missing)?;
        let build = state.installed.clone().ok_or_else(missing)?;
        let envelope = folder.envelope(build.manifest)?.ok_or_else(missing)?;
        // Playing and removing need no session, but the keys of the server that the game came from.
        let file: Option<ServerFile> = read_json(&self.home.server(&state.server).join("server.json"))?;
        let pins = file.ok_or(Error::NotSignedIn)?.pins;
        let manifest =
            crate::catalogue::verified(&pins, game, &build.version, Some(build.manifest), envelope)?;
        Ok((state, manifest))
    }
}

/// Between refreshes of the catalogue while seeding.
const SEED_REFRESH: std::time::Duration = std::time::Duration::from_secs(300);
