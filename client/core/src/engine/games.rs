//! What is done to games on this machine.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use mist_proto::{
    Slug, VerifiedManifest, Version,
    http::{Build, Operation},
};

use super::{
    Engine,
    operation::{Order, Outcome, Verification},
    queue::Ended,
    server::Server,
};
use crate::{
    adopt::{Place, adopt, claim, known, likeliest, marked, place_of},
    catalogue::Catalogue,
    error::Error,
    folder::{Condition, FolderState, GameFolder},
    home::{FileLock, legacy::server_named},
    install::{
        Abandoned, Forecast, Goal, Installation, Tools, Uninstalled, abandon, blocking, forecast, seal,
        survey::survey, uninstall::uninstall,
    },
    kept::{self, KeptItem},
    launch::installed,
    library::{Entry, Library},
    status::Standing,
    stop::Stop,
    trust::{KnownServer, Pins},
};

/// A game on this machine, which nobody else changes until this goes.
pub(super) struct Opened {
    pub(super) entry: Entry,
    pub(super) server: Arc<Server>,
    pub(super) folder: GameFolder,
    pub(super) lock: FileLock,
}

impl Engine {
    /// Installs a game, or goes on with that. An existing folder with right files is adopted.
    pub(super) async fn install(
        &self,
        game: &Slug,
        version: Option<&Version>,
        dir: Option<&Path>,
        stop: &Stop,
    ) -> Result<Outcome, Error> {
        let dir = self.install_dir(game, dir)?;
        self.change(game, Some(&dir), version, Operation::Install, stop).await
    }

    /// The folder to install into: the game's own if it has one already.
    fn install_dir(&self, game: &Slug, dir: Option<&Path>) -> Result<PathBuf, Error> {
        let entry = Library::load(&self.0.home)?.games.remove(game);
        match (entry, dir) {
            (Some(entry), Some(dir)) if entry.dir != dir => {
                let dir = entry.dir.display().to_string();
                Err(Error::InstalledElsewhere { game: game.clone(), dir })
            }
            (Some(entry), _) => Ok(entry.dir),
            (None, Some(dir)) => Ok(dir.to_owned()),
            (None, None) => Ok(self.settings().library_folder(&self.0.home).join(game.as_str())),
        }
    }

    /// Brings a game to its live build. If that can't be had, the old one still works.
    pub(super) async fn update(&self, game: &Slug, stop: &Stop) -> Result<Outcome, Error> {
        self.change(game, None, None, Operation::Update, stop).await
    }

    /// Brings a game to a build of its list, older or newer.
    pub(super) async fn switch(&self, game: &Slug, version: &Version, stop: &Stop) -> Result<Outcome, Error> {
        self.change(game, None, Some(version), Operation::Switch, stop).await
    }

    /// Brings a game to a build, in the folder that it has, or in `dir` if it has none.
    async fn change(
        &self,
        game: &Slug,
        dir: Option<&Path>,
        version: Option<&Version>,
        kind: Operation,
        stop: &Stop,
    ) -> Result<Outcome, Error> {
        let here = Library::load(&self.0.home)?.games.remove(game);
        let dir = match (&here, dir) {
            // What was there and is not is never made anew.
            (Some(entry), _) => self.present(game, entry)?,
            (None, Some(dir)) => dir,
            (None, None) => return Err(Error::NotInstalled(game.clone())),
        };
        let server = self.server_for(game).await?;
        self.refresh().await?;
        let _lock = self.lock(game)?;
        let goal = self.goal(&server, game, version, kind).await?;
        let pins = server.pins.lock().await.clone();
        let folder = match &here {
            Some(entry) => known(&self.0.home, game, entry, &pins)?,
            None => self.make_or_adopt(&server, &pins, game, dir)?,
        };
        let before = folder.state()?;
        let installed = before.as_ref().and_then(|s| s.installed.as_ref());
        let live = goal.builds.iter().find(|b| b.manifest_id == goal.wanted.id());
        if let (None, Some(here), Some(live)) = (version, installed, live)
            && Standing::of(here, live, &goal.builds) == (Standing::WentBack { listed: false })
        {
            let (here, live) = (here.version.clone(), live.version.clone());
            return Err(Error::WentBack { game: game.clone(), here, live });
        }
        let is_there = |s: &&FolderState| {
            s.pending.is_none() && s.whole().is_some_and(|b| b.manifest == goal.wanted.id())
        };
        let version = goal.wanted.version.clone();
        let was = before.as_ref().and_then(|s| s.installed.as_ref()).map(|b| b.version.clone());
        if before.as_ref().filter(is_there).is_some() {
            return Ok(Outcome::Present { version, before: was, operation: None });
        }
        let state = self.run_installation(&server, folder, goal, stop).await?;
        Ok(Outcome::Present { version, before: was, operation: state.last_operation.map(Box::new) })
    }

    /// The place of a game's folder, if something marked as that is there.
    pub(super) fn present<'e>(&self, game: &Slug, entry: &'e Entry) -> Result<&'e Path, Error> {
        marked(entry, game).map(|_| &*entry.dir)
    }

    /// Makes a folder, which may be there, the game's. Nothing of what it says of itself counts.
    fn make_or_adopt(
        &self,
        server: &Server,
        pins: &Pins,
        game: &Slug,
        dir: &Path,
    ) -> Result<GameFolder, Error> {
        let folder = GameFolder::create(dir)?;
        let state = folder.readable_state()?;
        if let Some(state) = state.as_ref().filter(|s| s.game != *game) {
            let dir = dir.display().to_string();
            return Err(Error::InstalledElsewhere { game: state.game.clone(), dir });
        }
        let claimed = state.and_then(|state| claim(&folder, game, &state, pins));
        adopt(&self.0.home, &folder, game, server.id.as_str(), claimed.as_ref())?;
        Ok(folder)
    }

    pub(super) async fn run_installation(
        &self,
        server: &Server,
        folder: GameFolder,
        goal: Goal,
        stop: &Stop,
    ) -> Result<FolderState, Error> {
        let (tools, swarm) = (self.tools(server).await, self.swarm().await?);
        let installation = Installation::begin(tools, swarm, folder, goal, stop.clone()).await?;
        // What runs it is large, and would be part of everything that waits for it.
        Box::pin(installation.run()).await
    }

    /// Makes a game what it was before an operation on it began. Does nothing if none did.
    pub(super) async fn abandon(&self, order: &Order) -> Result<Ended, Error> {
        let game = order.game();
        match order {
            Order::Move { dir, .. } => return self.abandon_move(game, dir).await,
            Order::Ahead { .. } => return self.abandon_ahead(game).await,
            _ => {}
        }
        let entry = Library::load(&self.0.home)?.games.remove(game);
        let Some(entry) = entry.filter(|e| order.installs() && e.dir.exists()) else {
            return Ok(Ended::Cancelled);
        };
        let _lock = self.lock(game)?;
        let Place::Known(folder, state) = place_of(&entry, game)? else { return Ok(Ended::Cancelled) };
        // Of an operation that never began, nothing is there to be undone.
        if state.pending.is_none() {
            return Ok(Ended::Cancelled);
        }
        let server = self.server_for(game).await?;
        match abandon(&self.tools(&server).await, &folder).await? {
            Abandoned::Removed => {
                Library::change(&self.0.home, |l| drop(l.games.remove(game)))?;
                Ok(Ended::Cancelled)
            }
            Abandoned::Restored(state) => {
                if state.condition == Condition::Claimed {
                    // It was taken in by this operation, and nothing of it was verified.
                    Library::change(&self.0.home, |l| drop(l.games.remove(game)))?;
                }
                Ok(Ended::Cancelled)
            }
            Abandoned::TooLate(state) => Ok(state.installed.map_or(Ended::Cancelled, |build| {
                let before = state.last_operation.as_ref().and_then(|o| o.from.clone());
                let operation = state.last_operation.map(Box::new);
                Ended::Done(Outcome::Present { version: build.version, before, operation })
            })),
        }
    }

    /// What an order would take, found out without beginning it: nothing is written but manifests into the cache, and the
    /// seed is asked for nothing.
    ///
    /// # Errors
    /// As the order itself; [`Error::NoForecast`] for those that fetch nothing.
    pub async fn forecast(&self, order: &Order) -> Result<Forecast, Error> {
        let game = order.game();
        let (dir, version, kind) = match order {
            Order::Install { version, dir, .. } => {
                (self.install_dir(game, dir.as_deref())?, version.as_ref(), Operation::Install)
            }
            Order::Update { .. } => (self.dir_of(game)?, None, Operation::Update),
            Order::Switch { version, .. } => (self.dir_of(game)?, Some(version), Operation::Switch),
            Order::Ahead { .. } => return self.forecast_of_ahead(game).await,
            Order::RollBack { version, .. } => {
                return self.forecast_of_rolling_back(game, version.as_ref()).await;
            }
            Order::Repair { .. }
            | Order::Verify { .. }
            | Order::Uninstall { .. }
            | Order::Locate { .. }
            | Order::Move { .. } => {
                return Err(Error::NoForecast(game.clone()));
            }
        };
        let known = match Library::load(&self.0.home)?.games.get(game) {
            None => false,
            Some(entry) => {
                self.present(game, entry)?;
                matches!(place_of(entry, game)?, Place::Known(..))
            }
        };
        let server = self.server_for(game).await?;
        self.refresh().await?;
        let goal = self.goal(&server, game, version, kind).await?;
        forecast(&self.tools(&server).await, &dir, known, &goal, &Stop::new()).await
    }

    pub(super) async fn tools(&self, server: &Server) -> Tools {
        Tools {
            home: self.0.home.clone(),
            server: server.id.to_string(),
            account: server.account.clone(),
            catalogue: server.catalogue.clone(),
            pins: server.pins.lock().await.clone(),
            patches: self.patches(),
            patch_from: self.settings().patch_from,
            keep_previous: self.settings().keep_previous,
            events: self.0.events.clone(),
        }
    }

    /// The signed-in server, if the game did not come from another one.
    pub(super) async fn server_for(&self, game: &Slug) -> Result<Arc<Server>, Error> {
        let server = self.server().await?;
        match Library::load(&self.0.home)?.games.get(game) {
            Some(entry) if entry.server != server.id.as_str() => {
                Err(Error::OtherServer { game: game.clone(), server: entry.server.clone() })
            }
            _ => Ok(server),
        }
    }

    /// The build to bring a game to: the named one, or the live one if that keeps what manifests promised.
    async fn goal(
        &self,
        server: &Server,
        game: &Slug,
        version: Option<&Version>,
        kind: Operation,
    ) -> Result<Goal, Error> {
        let builds = server.catalogue.builds(game)?;
        if server.catalogue.game(game)?.is_none() && builds.is_empty() {
            return Err(Error::UnknownGame(game.clone()));
        }
        let build = match version {
            Some(version) => builds
                .iter()
                .find(|b| b.version == *version)
                .ok_or_else(|| Error::UnknownVersion { game: game.clone(), version: version.clone() })?,
            None => builds.iter().find(|b| b.live).ok_or_else(|| Error::NothingLive(game.clone()))?,
        };
        // Whatever the clock says here: it is live when the server says so.
        if build.live_at.is_some() && !build.live {
            return Err(Error::NotLiveYet { game: game.clone(), version: build.version.clone() });
        }
        let wanted = self.manifest_of(server, game, build).await?;
        if version.is_none() {
            at_floor(server, game, &wanted)?;
        }
        Ok(Goal { wanted, kind, builds })
    }

    /// The manifest of a build, from the server or from friends.
    pub(super) async fn manifest_of(
        &self,
        server: &Server,
        game: &Slug,
        build: &Build,
    ) -> Result<VerifiedManifest, Error> {
        let pins = server.pins.lock().await.clone();
        match server.catalogue.manifest(&server.account, &pins, game, build).await {
            Err(missing @ Error::ManifestUnavailable { .. }) => {
                self.manifest_of_friends(server, &pins, game, build).await?.ok_or(missing)
            }
            known => known,
        }
    }

    /// The manifest of a build, while the server is away. The catalogue that names it is the server's word, and it is
    /// verified like any other.
    async fn manifest_of_friends(
        &self,
        server: &Server,
        pins: &Pins,
        game: &Slug,
        build: &Build,
    ) -> Result<Option<VerifiedManifest>, Error> {
        let scratch = server.catalogue.scratch(game);
        match self.swarm().await?.envelope(game, build.manifest, &scratch).await {
            Ok(envelope) => server.catalogue.keep_manifest(pins, game, build, envelope).map(Some),
            Err(error) => {
                tracing::debug!(%error, %game, version = %build.version, "nobody about has the manifest");
                Ok(None)
            }
        }
    }

    /// Reads every file of an installed game and compares it with its manifest. Needs no network.
    pub(super) async fn verify(&self, game: &Slug, stop: &Stop) -> Result<Verification, Error> {
        let entry = self.entry(game)?;
        let _lock = self.lock(game)?;
        let folder = known(&self.0.home, game, &entry, &self.pins_of(&entry)?)?;
        self.read_all(game, &entry, folder, stop).await
    }

    /// Takes over a folder that has the game's files, wherever they came from, and reads every one. Needs no network.
    pub(super) async fn locate(&self, game: &Slug, dir: &Path, stop: &Stop) -> Result<Verification, Error> {
        let _lock = self.lock(game)?;
        let mut here = Library::load(&self.0.home)?.games.remove(game);
        if let Some(entry) = &here
            && entry.dir == dir
            && self.is_to_change_servers(game, entry).await?
        {
            here = None;
        }
        // Elsewhere even the game's own folder may be a copy.
        let stays = here.as_ref().is_some_and(|entry| entry.dir == dir && entry.mark.is_some());
        let entry = match here {
            Some(entry) if entry.dir == dir => entry,
            Some(entry) if matches!(place_of(&entry, game)?, Place::Known(..)) => {
                let dir = entry.dir.display().to_string();
                return Err(Error::InstalledElsewhere { game: game.clone(), dir });
            }
            Some(entry) => Entry { dir: dir.to_owned(), ..entry },
            None => {
                let server = self.server().await?.id.to_string();
                Entry { dir: dir.to_owned(), server, mark: None, moving: None }
            }
        };
        let pins = self.pins_of(&entry)?;
        let folder = match place_of(&entry, game)? {
            Place::Known(folder, state) if stays && state.installed.is_some() => folder,
            Place::Missing => {
                let dir = dir.display().to_string();
                return Err(Error::NothingToAdopt { game: game.clone(), dir });
            }
            place => {
                let (folder, claimed) = match place {
                    Place::Known(folder, state) | Place::Foreign(folder, state) => {
                        let claimed = claim(&folder, game, &state, &pins);
                        (folder, claimed)
                    }
                    Place::Unmarked | Place::Missing => (GameFolder::open(dir)?, None),
                };
                let catalogue = server_named(&self.0.home, &entry.server)?.ok_or(Error::NotSignedIn)?;
                let catalogue = Catalogue::at(self.0.home.server(&catalogue));
                let claimed = match claimed {
                    Some(claimed) => Some(claimed),
                    None => likeliest(&folder, game, &catalogue, &pins)?,
                };
                let nothing = || Error::NothingToAdopt { game: game.clone(), dir: dir.display().to_string() };
                let claimed = claimed.ok_or_else(nothing)?;
                adopt(&self.0.home, &folder, game, &entry.server, Some(&claimed))?;
                folder
            }
        };
        self.read_all(game, &self.entry(game)?, folder, stop).await
    }

    /// Whether a game that came from another server is one of the signed-in server too. Whoever names the folder that it is in
    /// already can only mean that it shall be that one's from now on, as after a server that is gone.
    async fn is_to_change_servers(&self, game: &Slug, entry: &Entry) -> Result<bool, Error> {
        let Ok(server) = self.server().await else { return Ok(false) };
        Ok(entry.server != server.id.as_str() && server.catalogue.game(game)?.is_some())
    }

    /// Reads every file of a game, and notes in its folder how it is. The caller holds the game's lock.
    async fn read_all(
        &self,
        game: &Slug,
        entry: &Entry,
        folder: GameFolder,
        stop: &Stop,
    ) -> Result<Verification, Error> {
        let (_, manifest) = installed(&self.0.home, &folder, game, entry)?;
        let events = self.0.events.clone();
        let at = folder.clone();
        let ended = stop.clone();
        let (found, manifest) = blocking(move || {
            let mut watch = events.disk(&manifest.game);
            (survey(&at, Some(&manifest), &manifest, true, &ended, &mut watch), manifest)
        })
        .await;
        let found = found?;
        let right: BTreeSet<_> = found.here.iter().map(|f| &f.path).collect();
        let damaged: Vec<String> = (manifest.files.iter())
            .filter(|f| !right.contains(&f.path) || found.wrong_mode.contains(&f.path))
            .map(|f| &f.path)
            .chain(&found.links.damaged)
            .map(ToString::to_string)
            .collect();
        let version = manifest.version.clone();
        let mut state = folder.state()?.ok_or_else(|| Error::NotInstalled(game.clone()))?;
        let condition = if damaged.is_empty() { Condition::Whole } else { Condition::Damaged };
        let changes = state.pending.is_none() && state.condition != condition;
        match state.condition {
            // Only a build that was whole once has a hash tree to be served by.
            Condition::Placed => {}
            Condition::Claimed if damaged.is_empty() => {
                let (at, stop, events) = (folder.clone(), stop.clone(), self.0.events.clone());
                if blocking(move || seal(&at, &manifest, &stop, &events)).await? {
                    state.condition = Condition::Whole;
                    folder.set_state(&state)?;
                }
            }
            // It counts as installed once it was repaired.
            Condition::Claimed => {}
            _ if changes => {
                state.condition = condition;
                folder.set_state(&state)?;
            }
            _ => {}
        }
        Ok(Verification { version, damaged, repair_bytes: found.damaged_bytes })
    }

    /// Opens a game that is on this machine, once what its server says is known anew.
    pub(super) async fn opened(&self, game: &Slug) -> Result<Opened, Error> {
        let entry = self.entry(game)?;
        self.present(game, &entry)?;
        let server = self.server_for(game).await?;
        self.refresh().await?;
        let lock = self.lock(game)?;
        let pins = server.pins.lock().await.clone();
        let folder = known(&self.0.home, game, &entry, &pins)?;
        Ok(Opened { entry, server, folder, lock })
    }

    /// Verifies a game and fetches what is wrong, and only that. Changed files are put aside first.
    pub(super) async fn repair(&self, game: &Slug, stop: &Stop) -> Result<Outcome, Error> {
        let Opened { entry, server, folder, lock: _lock } = self.opened(game).await?;
        let (_, wanted) = installed(&self.0.home, &folder, game, &entry)?;
        let builds = server.catalogue.builds(game)?;
        let version = wanted.version.clone();
        let goal = Goal { wanted, kind: Operation::Repair, builds };
        let state = self.run_installation(&server, folder, goal, stop).await?;
        let before = Some(version.clone());
        Ok(Outcome::Present { version, before, operation: state.last_operation.map(Box::new) })
    }

    /// Removes what the game's manifest names, and leaves everything else.
    pub(super) async fn uninstall(&self, game: &Slug) -> Result<(PathBuf, Uninstalled), Error> {
        let _lock = self.lock(game)?;
        self.end_move(game).await?;
        let entry = self.entry(game)?;
        let dir = entry.dir.clone();
        let mut result = Uninstalled { removed: 0, left: false, kept: false };
        if dir.exists() {
            let folder = GameFolder::open(&dir)?;
            let manifest = match installed(&self.0.home, &folder, game, &entry) {
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
        Library::change(&self.0.home, |l| drop(l.games.remove(game)))?;
        self.patches().unpin_all(game);
        Ok((dir, result))
    }

    /// What was put aside for the player of a game.
    ///
    /// # Errors
    /// If the game is not on this machine, or its folder not there.
    pub fn kept(&self, game: &Slug) -> Result<Vec<KeptItem>, Error> {
        kept::of_game(&self.0.home, game)
    }

    /// Puts back what was put aside at `path` or below it, or all of it. What is in its place now is put aside in turn.
    ///
    /// # Errors
    /// If something is being done to the game, or the disk fails.
    pub fn restore(&self, game: &Slug, path: Option<&str>) -> Result<Vec<KeptItem>, Error> {
        let _lock = self.lock(game)?;
        kept::put_back(&self.0.home, game, path)
    }

    pub(super) fn dir_of(&self, game: &Slug) -> Result<PathBuf, Error> {
        self.entry(game).map(|entry| entry.dir)
    }

    pub(super) fn entry(&self, game: &Slug) -> Result<Entry, Error> {
        let entry = Library::load(&self.0.home)?.games.remove(game);
        entry.ok_or_else(|| Error::NotInstalled(game.clone()))
    }

    /// The keys that judge a folder, without a session.
    pub(super) fn pins_of(&self, entry: &Entry) -> Result<Pins, Error> {
        Ok(KnownServer::named(&self.0.home, &entry.server)?.ok_or(Error::NotSignedIn)?.pins)
    }

    pub(super) fn lock(&self, game: &Slug) -> Result<FileLock, Error> {
        FileLock::try_take(&self.0.home.game_lock(game))?.ok_or_else(|| Error::Busy(game.clone()))
    }
}

/// Refuses a build that may not be live, by what the game's manifests promised.
pub(super) fn at_floor(server: &Server, game: &Slug, wanted: &VerifiedManifest) -> Result<(), Error> {
    let floor = server.catalogue.floor(game)?;
    if wanted.sequence < floor {
        let version = wanted.version.clone();
        return Err(Error::BelowFloor { game: game.clone(), version, floor });
    }
    Ok(())
}
