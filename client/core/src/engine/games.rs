//! What is done to games on this machine.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
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
    error::Error,
    folder::{Condition, FolderState, GameFolder},
    home::FileLock,
    install::{
        Abandoned, Forecast, Goal, Installation, Tools, Uninstalled, abandon, blocking, forecast,
        survey::survey, uninstall::uninstall,
    },
    launch::installed,
    library::{Entry, Library},
    stop::Stop,
    trust::Pins,
};

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
        self.change(game, &dir, version, Operation::Install, stop).await
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
            (None, None) => Ok(self.0.home.games().join(game.as_str())),
        }
    }

    /// Brings a game to its live build. If that can't be had, the old one still works.
    pub(super) async fn update(&self, game: &Slug, stop: &Stop) -> Result<Outcome, Error> {
        let dir = self.dir_of(game)?;
        self.change(game, &dir, None, Operation::Update, stop).await
    }

    /// Brings a game to a build of its list, older or newer.
    pub(super) async fn switch(&self, game: &Slug, version: &Version, stop: &Stop) -> Result<Outcome, Error> {
        let dir = self.dir_of(game)?;
        self.change(game, &dir, Some(version), Operation::Switch, stop).await
    }

    async fn change(
        &self,
        game: &Slug,
        dir: &Path,
        version: Option<&Version>,
        kind: Operation,
        stop: &Stop,
    ) -> Result<Outcome, Error> {
        let server = self.server_for(game).await?;
        self.refresh().await?;
        let _lock = self.lock(game)?;
        let goal = self.goal(&server, game, version, kind).await?;
        let folder = GameFolder::create(dir)?;
        let before = folder.state()?;
        if let Some(state) = before.as_ref().filter(|s| s.game != *game) {
            let dir = dir.display().to_string();
            return Err(Error::InstalledElsewhere { game: state.game.clone(), dir });
        }
        let entry = Entry { dir: dir.to_owned(), server: server.id.to_string() };
        Library::change(&self.0.home, |l| drop(l.games.insert(game.clone(), entry)))?;
        let is_there = |s: &&FolderState| {
            s.pending.is_none() && s.whole().is_some_and(|b| b.manifest == goal.wanted.id())
        };
        let version = goal.wanted.version.clone();
        let was = before.as_ref().and_then(|s| s.installed.as_ref()).map(|b| b.version.clone());
        if before.as_ref().filter(is_there).is_some() {
            return Ok(Outcome::Present { version, before: was, operation: None });
        }
        let state = self.run_installation(&server, folder, goal, stop).await?;
        Ok(Outcome::Present { version, before: was, operation: state.last_operation })
    }

    async fn run_installation(
        &self,
        server: &Server,
        folder: GameFolder,
        goal: Goal,
        stop: &Stop,
    ) -> Result<FolderState, Error> {
        let (tools, swarm) = (self.tools(server).await, self.swarm().await?);
        Installation::begin(tools, swarm, folder, goal, stop.clone()).await?.run().await
    }

    /// Makes a game what it was before an operation on it began. Does nothing if none did.
    pub(super) async fn abandon(&self, order: &Order) -> Result<Ended, Error> {
        let game = order.game();
        let entry = Library::load(&self.0.home)?.games.remove(game);
        let Some(entry) = entry.filter(|e| order.transfers() && e.dir.exists()) else {
            return Ok(Ended::Cancelled);
        };
        let _lock = self.lock(game)?;
        let folder = GameFolder::open(&entry.dir)?;
        // Of an operation that never began, nothing is there to be undone.
        if folder.state()?.is_none_or(|state| state.pending.is_none()) {
            return Ok(Ended::Cancelled);
        }
        let server = self.server_for(game).await?;
        match abandon(&self.tools(&server).await, &folder).await? {
            Abandoned::Removed => {
                Library::change(&self.0.home, |l| drop(l.games.remove(game)))?;
                Ok(Ended::Cancelled)
            }
            Abandoned::Restored(_) => Ok(Ended::Cancelled),
            Abandoned::TooLate(state) => Ok(state.installed.map_or(Ended::Cancelled, |build| {
                let before = state.last_operation.as_ref().and_then(|o| o.from.clone());
                let operation = state.last_operation;
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
            Order::Repair { .. } | Order::Verify { .. } | Order::Uninstall { .. } => {
                return Err(Error::NoForecast(game.clone()));
            }
        };
        let server = self.server_for(game).await?;
        self.refresh().await?;
        let goal = self.goal(&server, game, version, kind).await?;
        forecast(&self.tools(&server).await, &dir, &goal, &Stop::new()).await
    }

    async fn tools(&self, server: &Server) -> Tools {
        Tools {
            home: self.0.home.clone(),
            server: server.id.to_string(),
            account: server.account.clone(),
            catalogue: server.catalogue.clone(),
            pins: server.pins.lock().await.clone(),
            patches: self.patches(),
            patch_from: self.settings().patch_from,
            events: self.0.events.clone(),
        }
    }

    /// The signed-in server, if the game did not come from another one.
    async fn server_for(&self, game: &Slug) -> Result<std::sync::Arc<Server>, Error> {
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
        let pins = server.pins.lock().await.clone();
        let wanted = match server.catalogue.manifest(&server.account, &pins, game, build).await {
            Err(missing @ Error::ManifestUnavailable { .. }) => {
                self.manifest_of_friends(server, &pins, game, build).await?.ok_or(missing)?
            }
            known => known?,
        };
        let floor = server.catalogue.floor(game)?;
        if version.is_none() && wanted.sequence < floor {
            let version = wanted.version.clone();
            return Err(Error::BelowFloor { game: game.clone(), version, floor });
        }
        Ok(Goal { wanted, kind, builds })
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
        let folder = GameFolder::open(&self.dir_of(game)?)?;
        let _lock = self.lock(game)?;
        let (_, manifest) = installed(&self.0.home, &folder, game)?;
        let events = self.0.events.clone();
        let at = folder.clone();
        let stop = stop.clone();
        let (found, manifest) = blocking(move || {
            let mut watch = events.disk(&manifest.game);
            (survey(&at, Some(&manifest), &manifest, true, &stop, &mut watch), manifest)
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
    pub(super) async fn repair(&self, game: &Slug, stop: &Stop) -> Result<Outcome, Error> {
        let dir = self.dir_of(game)?;
        let server = self.server_for(game).await?;
        self.refresh().await?;
        let _lock = self.lock(game)?;
        let folder = GameFolder::create(&dir)?;
        let (_, wanted) = installed(&self.0.home, &folder, game)?;
        let builds = server.catalogue.builds(game)?;
        let version = wanted.version.clone();
        let goal = Goal { wanted, kind: Operation::Repair, builds };
        let state = self.run_installation(&server, folder, goal, stop).await?;
        let before = Some(version.clone());
        Ok(Outcome::Present { version, before, operation: state.last_operation })
    }

    /// Removes what the game's manifest names, and leaves everything else.
    pub(super) async fn uninstall(&self, game: &Slug) -> Result<(PathBuf, Uninstalled), Error> {
        let dir = self.dir_of(game)?;
        let _lock = self.lock(game)?;
        let mut result = Uninstalled { removed: 0, left: false, kept: false };
        if dir.exists() {
            let folder = GameFolder::open(&dir)?;
            let manifest = match installed(&self.0.home, &folder, game) {
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
        Ok((dir, result))
    }

    fn dir_of(&self, game: &Slug) -> Result<PathBuf, Error> {
        let entry = Library::load(&self.0.home)?.games.remove(game);
        entry.map(|e| e.dir).ok_or_else(|| Error::NotInstalled(game.clone()))
    }

    fn lock(&self, game: &Slug) -> Result<FileLock, Error> {
        FileLock::try_take(&self.0.home.game_lock(game))?.ok_or_else(|| Error::Busy(game.clone()))
    }
}
