//! Moving a game's folder, as an order.

use std::path::{Path, PathBuf};

use mist_proto::Slug;
use mist_tree::progress::Progress;

use super::{Engine, operation::Outcome, queue::Ended};
use crate::{
    adopt::known,
    error::{Error, InstallError},
    events::{Event, Phase},
    folder::GameFolder,
    home::HomeError,
    install::{blocking, recover},
    launch::installed,
    library::Library,
    moving::{BadTarget, Journey, MoveForecast, resolved, suits},
    stop::Stop,
};

impl Engine {
    /// Brings a game's folder to another place, or goes on with that. Whatever the error, the old folder is as it was, and of the new
    /// one nothing is left that this brought there.
    pub(super) async fn relocate(&self, game: &Slug, dir: &Path, stop: &Stop) -> Result<Outcome, Error> {
        let _lock = self.lock(game)?;
        let to = self.target(game, dir)?;
        if let Some(journey) = self.journey(game)? {
            if journey.moving().arrived {
                let outcome = self.leave(&journey, None).await?;
                if journey.moving().to == to {
                    return Ok(outcome);
                }
            } else if journey.moving().to != to {
                self.take_back(&journey).await;
            }
        }
        let entry = self.entry(game)?;
        let folder = known(&self.0.home, game, &entry, &self.pins_of(&entry)?)?;
        let entry = self.entry(game)?;
        let from = real(&entry.dir)?;
        if from == to {
            return Ok(Outcome::Moved { from: entry.dir.clone(), dir: entry.dir, copied: None, left: false });
        }
        self.suits(game, &from, &to)?;
        recover(&folder, &self.0.events).await?;
        let mut journey = Journey::new(&self.0.home, game, &entry, &from, &to);
        journey.begin()?;
        match self.travel(&mut journey, game, folder, stop).await {
            Ok(copied) => self.leave(&journey, copied).await,
            Err(stopped @ Error::Install(InstallError::Stopped(_))) => Err(stopped),
            // Noted before it failed: there is no way back, and none is needed.
            Err(error) if journey.moving().arrived => Err(error),
            Err(error) => {
                self.take_back(&journey).await;
                Err(error)
            }
        }
    }

    /// Brings everything there. Returns the bytes that were copied.
    async fn travel(
        &self,
        journey: &mut Journey,
        game: &Slug,
        folder: GameFolder,
        stop: &Stop,
    ) -> Result<Option<u64>, Error> {
        let at = journey.clone();
        stop.check().map_err(InstallError::from)?;
        let copied = if blocking(move || at.rename()).await? {
            None
        } else {
            let entry = self.entry(game)?;
            // What is no build of this server is compared with itself alone.
            let build = installed(&self.0.home, &folder, game, &entry).ok().map(|(_, build)| build);
            let (at, stop, events, game) =
                (journey.clone(), stop.clone(), self.0.events.clone(), game.clone());
            let copied = blocking(move || {
                let mut phase = None;
                let mut watch = |now: Phase, Progress { done, total }: Progress| {
                    if phase.replace(now) != Some(now) {
                        events.phase(&game, now);
                    }
                    events.send(Event::Disk { game: game.clone(), done, total });
                };
                at.carry(&folder, build.as_ref(), &stop, &mut watch)
            });
            Some(copied.await?)
        };
        journey.arrived()?;
        Ok(copied)
    }

    /// Lets friends be served from the new folder, and takes the old one away.
    async fn leave(&self, journey: &Journey, copied: Option<u64>) -> Result<Outcome, Error> {
        let swarm = self.0.swarm.lock().await.clone();
        if let Some(swarm) = swarm {
            swarm.reload_shelf().await;
        }
        let moving = journey.moving();
        self.0.queue.follow(journey.game(), journey.dir(), &moving.to)?;
        let at = journey.clone();
        let left = blocking(move || at.leave()).await.unwrap_or_else(|error| {
            self.0.events.warn(format!("{}: {error}", moving.from.display()));
            true
        });
        journey.ended()?;
        Ok(Outcome::Moved { from: moving.from.clone(), dir: moving.to.clone(), copied, left })
    }

    /// Takes away what was copied.
    async fn take_back(&self, journey: &Journey) {
        let at = journey.clone();
        let undone = blocking(move || at.undo()).await.map_err(Error::from).and_then(|()| journey.ended());
        if let Err(error) = undone {
            self.0.events.warn(format!("{}: {error}", journey.moving().to.display()));
        }
    }

    /// Gives up a move that has begun; if everything has arrived, it ends.
    pub(super) async fn abandon_move(&self, game: &Slug, dir: &Path) -> Result<Ended, Error> {
        let _lock = self.lock(game)?;
        let to = self.target(game, dir)?;
        match self.journey(game)?.filter(|journey| journey.moving().to == to) {
            None => Ok(Ended::Cancelled),
            Some(journey) if journey.moving().arrived => self.leave(&journey, None).await.map(Ended::Done),
            Some(journey) => {
                self.take_back(&journey).await;
                Ok(Ended::Cancelled)
            }
        }
    }

    /// Ends a move that has begun, in whatever direction. The caller holds the game's lock.
    pub(super) async fn end_move(&self, game: &Slug) -> Result<(), Error> {
        match self.journey(game)? {
            None => {}
            Some(journey) if journey.moving().arrived => drop(self.leave(&journey, None).await?),
            Some(journey) => self.take_back(&journey).await,
        }
        Ok(())
    }

    /// The move of a game that has begun.
    fn journey(&self, game: &Slug) -> Result<Option<Journey>, Error> {
        let Some(entry) = Library::load(&self.0.home)?.games.remove(game) else { return Ok(None) };
        Journey::under_way(&self.0.home, game, &entry)
    }

    /// What moving a game would take, found out without beginning it.
    ///
    /// # Errors
    /// As the order itself.
    pub async fn forecast_move(&self, game: &Slug, dir: &Path) -> Result<MoveForecast, Error> {
        let to = self.target(game, dir)?;
        let entry = self.entry(game)?;
        let from = real(self.present(game, &entry)?)?;
        self.suits(game, &from, &to)?;
        let journey = Journey::new(&self.0.home, game, &entry, &from, &to);
        blocking(move || journey.forecast()).await
    }

    fn target(&self, game: &Slug, dir: &Path) -> Result<PathBuf, Error> {
        resolved(dir).map_err(|why| refused(game, dir, why))
    }

    fn suits(&self, game: &Slug, from: &Path, to: &Path) -> Result<(), Error> {
        let games = Library::load(&self.0.home)?.games;
        let others: Vec<PathBuf> = (games.iter())
            .filter(|(other, _)| *other != game)
            .map(|(_, entry)| real(&entry.dir).unwrap_or_else(|_| entry.dir.clone()))
            .collect();
        suits(from, to, others.iter().map(PathBuf::as_path)).map_err(|why| refused(game, to, why))
    }
}

fn refused(game: &Slug, dir: &Path, why: BadTarget) -> Error {
    Error::BadTarget { game: game.clone(), dir: dir.display().to_string(), why }
}

/// Where a folder really is: what moves is that, not a link to it.
fn real(dir: &Path) -> Result<PathBuf, Error> {
    Ok(std::fs::canonicalize(dir).map_err(HomeError::at(dir))?)
}
