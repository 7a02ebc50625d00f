//! The façade: what a friend can do.

mod games;
mod sign_in;

use std::{sync::Arc, time::Duration};

use mist_api_client::ServerAddress;
use mist_peer::Identity;
use mist_proto::{
    Slug,
    http::{Build, Game},
};
use serde::Serialize;
use tokio::sync::{Mutex, OnceCell, broadcast};

pub use self::{
    games::{InstallOrder, Verification},
    sign_in::{Credentials, Refreshed, SignedIn},
};
use crate::{
    account::Account,
    address_book::AddressBook,
    catalogue::Catalogue,
    clock::now,
    error::Error,
    events::{Event, Events},
    folder::GameFolder,
    home::{Home, read_file},
    library::Library,
    patch_cache::PatchCache,
    session::Vault,
    settings::Settings,
    status::{GameStatus, ServerStatus, Status},
    swarm::{Membership, Shelf, Swarm, TicketCheck},
    trust::{KnownServer, Pins, tracker_fingerprint},
};

/// Between refreshes of the catalogue while seeding.
const SEED_REFRESH: Duration = Duration::from_secs(300);

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

    /// Keeps other settings. Limits count at once, also in processes that run; the rest from the next start on.
    ///
    /// # Errors
    /// If they can't be written.
    pub fn save_settings(&self, settings: &Settings) -> Result<(), Error> {
        Ok(settings.save(&self.home)?)
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
                    url: member.account.server().to_string(),
                    user: member.account.who().map(|(name, _)| name),
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
            let membership = Membership {
                account: member.account.clone(),
                catalogue: member.catalogue.clone(),
                book: member.book.clone(),
                admission: member.admission.clone(),
            };
            let catalogue = member.catalogue.clone();
            let shelf = Shelf::new(self.home.clone(), member.key.clone(), catalogue, self.patches());
            let (identity, events) = (self.identity.clone(), self.events.clone());
            Swarm::join(self.home.clone(), identity, membership, Arc::new(shelf), &self.settings, events)
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
        let known = KnownServer::load(&self.home, &key)?.ok_or(Error::NotSignedIn)?;
        let member = Arc::new(Member {
            account: Arc::new(self.account(known.url.clone(), &key)?),
            catalogue: Arc::new(Catalogue::at(dir.clone())),
            book: Arc::new(AddressBook::open(dir.join("peers.json"))?),
            admission: Arc::new(TicketCheck::new(known.pins.tracker)),
            pins: Mutex::new(known.pins),
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

    fn account(&self, server: ServerAddress, key: &str) -> Result<Account, Error> {
        let dir = self.home.server(key);
        let vault = Vault::new(dir.join("session.json"), self.settings.secrets, key);
        Account::open(server, vault, dir.join("session.lock"))
    }

    fn patches(&self) -> PatchCache {
        PatchCache::new(self.home.patches(), self.settings.patch_cache)
    }
}
