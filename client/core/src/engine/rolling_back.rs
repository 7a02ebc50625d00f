//! The order to bring a game to the build before by what is kept of it.

use mist_proto::{Slug, VerifiedManifest, Version, http::Operation};

use super::{Engine, operation::Outcome, server::Server};
use crate::{
    adopt::{Place, known, place_of},
    catalogue::verified,
    error::Error,
    folder::{BuildRef, FolderState, GameFolder},
    install::{Forecast, Goal, forecast},
    library::Library,
    stop::Stop,
    trust::Pins,
};

impl Engine {
    /// Brings a game to the build before. Asks nobody for anything unless what is kept turns out to be rotten.
    pub(super) async fn roll_back(
        &self,
        game: &Slug,
        version: Option<&Version>,
        stop: &Stop,
    ) -> Result<Outcome, Error> {
        let entry = self.entry(game)?;
        let server = self.server_for(game).await?;
        let _lock = self.lock(game)?;
        let pins = server.pins.lock().await.clone();
        let folder = known(&self.0.home, game, &entry, &pins)?;
        let state = folder.state()?.ok_or_else(|| Error::NotInstalled(game.clone()))?;
        let before = state.installed.as_ref().map(|b| b.version.clone());
        let wanted = wanted(&server, &pins, game, version, &folder, &state)?;
        let version = wanted.version.clone();
        if state.pending.is_none() && state.whole().is_some_and(|b| b.manifest == wanted.id()) {
            return Ok(Outcome::Present { version, before, operation: None });
        }
        let state = self.run_installation(&server, folder, back_to(wanted), stop).await?;
        Ok(Outcome::Present { version, before, operation: state.last_operation.map(Box::new) })
    }

    /// What that would take. Writes nothing.
    pub(super) async fn forecast_of_rolling_back(
        &self,
        game: &Slug,
        version: Option<&Version>,
    ) -> Result<Forecast, Error> {
        let entry = self.entry(game)?;
        let server = self.server_for(game).await?;
        let pins = server.pins.lock().await.clone();
        let dir = self.present(game, &entry)?;
        let folder = GameFolder::open(dir)?;
        let state = folder.state()?.ok_or_else(|| Error::NotInstalled(game.clone()))?;
        let wanted = wanted(&server, &pins, game, version, &folder, &state)?;
        forecast(&self.tools(&server).await, dir, true, &back_to(wanted), &Stop::new()).await
    }

    /// Removes what is kept of builds before where it is more than `most` bytes in a game's folder. A game that is worked on is left
    /// alone: that ends by the settings of then.
    pub(super) fn bound_previous(&self, most: u64) -> Result<(), Error> {
        for (game, entry) in Library::load(&self.0.home)?.games {
            let Ok(_lock) = self.lock(&game) else { continue };
            let Ok(Place::Known(folder, state)) = place_of(&entry, &game) else {
                continue;
            };
            let kept = state.previous.as_ref().filter(|p| p.bytes > most || most == 0);
            if state.pending.is_none() && kept.is_some() {
                let state = FolderState { previous: None, ..state };
                folder.set_state(&state)?;
                folder.tidy(&state);
            }
        }
        Ok(())
    }
}

/// The build to go back to: its manifest is the one that the folder has, and the server has to have it in its list still, as far as is
/// known.
fn wanted(
    server: &Server,
    pins: &Pins,
    game: &Slug,
    version: Option<&Version>,
    folder: &GameFolder,
    state: &FolderState,
) -> Result<VerifiedManifest, Error> {
    let no_way = || Error::NoWayBack { game: game.clone(), version: version.cloned() };
    let build = target(state, version).ok_or_else(no_way)?;
    let listed = server.catalogue.builds(game)?.iter().any(|b| b.manifest_id == build.manifest);
    let envelope = folder.envelope(build.manifest)?.filter(|_| listed).ok_or_else(no_way)?;
    verified(pins, game, &build.version, Some(build.manifest), envelope)
}

/// The build before. Once its files are in place it is the one that is here, though the operation has not ended.
fn target<'s>(state: &'s FolderState, version: Option<&Version>) -> Option<&'s BuildRef> {
    let kept = state.previous().map(|previous| &previous.build);
    let placed = state.pending.as_ref().filter(|p| p.kind == Operation::Switch).map(|p| &p.to);
    let placed = placed.filter(|to| Some(*to) == state.installed.as_ref());
    let there = state.whole().filter(|_| version.is_some());
    [kept, placed, there].into_iter().flatten().find(|b| version.is_none_or(|version| b.version == *version))
}

fn back_to(wanted: VerifiedManifest) -> Goal {
    Goal { wanted, kind: Operation::Switch, builds: Vec::new() }
}
