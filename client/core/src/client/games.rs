//! What is done to games on this machine.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Child,
};

use mist_proto::{
    Slug, VerifiedManifest, Version,
    http::{Build, Operation},
};
use serde::Serialize;

use super::{Client, Member};
use crate::{
    catalogue::verified,
    error::Error,
    events::Event,
    folder::{Condition, FolderState, GameFolder},
    home::FileLock,
    install::{
        Abandoned, Forecast, Goal, InstallError, Installation, Tools, Uninstalled, abandon, blocking,
        forecast, survey::survey, uninstall::uninstall,
    },
    launch,
    library::{Entry, Library},
    stop::{Stop, StopReason},
    trust::{KnownServer, Pins},
};

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

/// Stops an installation that nobody waits for any more.
struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop(StopReason::Shutdown);
    }
}

impl Client {
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
        let lock = self.lock(game)?;
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
        self.run_installation(&member, folder, goal, lock).await
    }

    /// What bringing a game to a build would take; to the live one if none is named. Changes nothing.
    ///
    /// # Errors
    /// If there is no such build, or the game's folder can't be read.
    pub async fn forecast(&self, game: &Slug, version: Option<&Version>) -> Result<Forecast, Error> {
        let member = self.member_for(game).await?;
        let installed = Library::load(&self.home)?.games.remove(game);
        let kind = if installed.is_some() { Operation::Switch } else { Operation::Install };
        let dir = installed.map_or_else(|| self.home.games().join(game.as_str()), |e| e.dir);
        let goal = self.goal(&member, game, version, kind).await?;
        forecast(&self.tools(&member).await, &dir, &goal, &Stop::new()).await
    }

    /// Gives up what is under way in a game's folder, and leaves the build that is there. Returns the state of the folder;
    /// none if nothing was installed before, and nothing of it is left.
    ///
    /// # Errors
    /// If it is not on this machine, another process works on it, or files can't be removed.
    pub async fn cancel(&self, game: &Slug) -> Result<Option<FolderState>, Error> {
        let dir = self.dir_of(game)?;
        let member = self.member_for(game).await?;
        let _lock = self.lock(game)?;
        match abandon(&self.tools(&member).await, &GameFolder::open(&dir)?).await? {
            Abandoned::Restored(state) | Abandoned::TooLate(state) => Ok(Some(state)),
            Abandoned::Removed => {
                Library::change(&self.home, |l| drop(l.games.remove(game)))?;
                Ok(None)
            }
        }
    }

    async fn tools(&self, member: &Member) -> Tools {
        Tools {
            home: self.home.clone(),
            server: member.key.clone(),
            account: member.account.clone(),
            catalogue: member.catalogue.clone(),
            pins: member.pins.lock().await.clone(),
            patches: self.patches(),
            patch_from: self.settings.patch_from,
            events: self.events.clone(),
        }
    }

    async fn run_installation(
        &self,
        member: &Member,
        folder: GameFolder,
        goal: Goal,
        lock: FileLock,
    ) -> Result<FolderState, Error> {
        let (swarm, tools) = (self.swarm().await?, self.tools(member).await);
        // If nobody waits any more, it stops by itself, and the game stays locked until it has.
        let stop = StopOnDrop(Stop::new());
        let stopping = stop.0.clone();
        let work = tokio::spawn(async move {
            let _lock = lock;
            Installation::begin(tools, swarm, folder, goal, stopping).await?.run().await
        });
        work.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
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
        let wanted = match member.catalogue.manifest(&member.account, &pins, game, build).await {
            Err(missing @ Error::ManifestUnavailable { .. }) => {
                self.manifest_of_friends(member, &pins, game, build).await?.ok_or(missing)?
            }
            known => known?,
        };
        let floor = member.catalogue.floor(game)?;
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
        member: &Member,
        pins: &Pins,
        game: &Slug,
        build: &Build,
    ) -> Result<Option<VerifiedManifest>, Error> {
        let scratch = member.catalogue.scratch(game);
        match self.swarm().await?.envelope(game, build.manifest, &scratch).await {
            Ok(envelope) => member.catalogue.keep_manifest(pins, game, build, envelope).map(Some),
            Err(error) => {
                tracing::debug!(%error, %game, version = %build.version, "nobody about has the manifest");
                Ok(None)
            }
        }
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
            let mut watch = events.disk(&manifest.game);
            (survey(&at, Some(&manifest), &manifest, true, &Stop::new(), &mut watch), manifest)
        })
        .await;
        let found = found?;
        let right: BTreeSet<_> = found.here.iter().map(|f| &f.path).collect();
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
        let lock = self.lock(game)?;
        let folder = GameFolder::create(&dir)?;
        let (_, wanted) = self.installed(&folder, game).await?;
        let builds = member.catalogue.builds(game)?;
        let goal = Goal { wanted, kind: Operation::Repair, builds };
        self.run_installation(&member, folder, goal, lock).await
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
        let pins = KnownServer::load(&self.home, &state.server)?.ok_or(Error::NotSignedIn)?.pins;
        let manifest = verified(&pins, game, &build.version, Some(build.manifest), envelope)?;
        Ok((state, manifest))
    }
}
