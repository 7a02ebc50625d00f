//! The order to fetch what a build takes that goes live later, and what follows by itself once it is live, or never will be.

use std::{sync::atomic::Ordering, time::Duration};

use mist_proto::{Slug, http::Operation};

use super::{
    Engine, Order,
    games::{Opened, at_floor},
    operation::Outcome,
    queue::Ended,
    server::Server,
};
use crate::{
    adopt::{Place, place_of},
    ahead::{Due, Game, due, next_look, scheduled},
    clock::now,
    error::Error,
    folder::{Condition, FolderState, GameFolder},
    install::{Forecast, Goal, Installation, forecast, let_go},
    library::Library,
    stop::Stop,
    sync::lock,
};

impl Engine {
    /// Fetches what the update to the scheduled build takes, and leaves the game as it is.
    pub(super) async fn fetch_ahead(&self, game: &Slug, stop: &Stop) -> Result<Outcome, Error> {
        let Opened { server, folder, lock: _lock, .. } = self.opened(game).await?;
        let state = folder.state()?.ok_or_else(|| Error::NotInstalled(game.clone()))?;
        let here = state.whole().filter(|_| state.pending.is_none());
        let here = here.cloned().ok_or_else(|| Error::NotWhole(game.clone()))?;
        let builds = server.catalogue.builds(game)?;
        let next = scheduled(&builds).filter(|(next, _)| next.manifest_id != here.manifest);
        // What was ordered before it went live, or was withdrawn, has nothing to fetch.
        let Some((next, live_at)) = next else {
            let version = here.version.clone();
            return Ok(Outcome::Present { before: Some(version.clone()), version, operation: None });
        };
        let goal = self.goal_ahead(&server, game, next.clone(), builds.clone()).await?;
        let (tools, swarm) = (self.tools(&server).await, self.swarm().await?);
        let version = next.version.clone();
        let installation = Installation::begin_ahead(tools, swarm, folder, state, goal, stop.clone()).await?;
        let state = Box::pin(installation.fetch_ahead()).await?;
        let bytes = state.ahead.map_or(0, |ahead| ahead.update.bytes.total());
        Ok(Outcome::Ahead { version, live_at, bytes })
    }

    /// What that would take. Writes nothing.
    pub(super) async fn forecast_of_ahead(&self, game: &Slug) -> Result<Forecast, Error> {
        let entry = self.entry(game)?;
        let dir = self.present(game, &entry)?;
        let server = self.server_for(game).await?;
        self.refresh().await?;
        let builds = server.catalogue.builds(game)?;
        let next = scheduled(&builds).map(|(next, _)| next.clone());
        let next = next.ok_or_else(|| Error::NoForecast(game.clone()))?;
        let goal = self.goal_ahead(&server, game, next, builds).await?;
        let known = matches!(place_of(&entry, game)?, Place::Known(..));
        forecast(&self.tools(&server).await, dir, known, &goal, &Stop::new()).await
    }

    async fn goal_ahead(
        &self,
        server: &Server,
        game: &Slug,
        next: mist_proto::http::Build,
        builds: Vec<mist_proto::http::Build>,
    ) -> Result<Goal, Error> {
        let wanted = self.manifest_of(server, game, &next).await?;
        at_floor(server, game, &wanted)?;
        Ok(Goal { wanted, kind: Operation::Update, builds })
    }

    /// Lets go of what was fetched of a game for later, and fetches nothing of that build again by itself.
    pub(super) async fn abandon_ahead(&self, game: &Slug) -> Result<Ended, Error> {
        let server = self.server_for(game).await?;
        let next = scheduled(&server.catalogue.builds(game)?).map(|(next, _)| next.manifest_id);
        let _lock = self.lock(game)?;
        if let Some((folder, state)) = self.still(game)? {
            let state = self.release(&server, &folder, state).await?;
            folder.set_state(&FolderState { not_ahead: next, ..state })?;
        }
        Ok(Ended::Cancelled)
    }

    async fn release(
        &self,
        server: &Server,
        folder: &GameFolder,
        state: FolderState,
    ) -> Result<FolderState, Error> {
        let builds = server.catalogue.builds(&state.game)?;
        // What leads no further than to the live build is of use to whoever updates to that.
        let live = builds.iter().find(|build| build.live).map_or(0, |build| build.sequence);
        let patches =
            || builds.iter().filter(|build| build.sequence <= live).flat_map(|build| &build.patches);
        let is_of_use = |hash: &mist_proto::Hash| patches().any(|patch| patch.blob.hash == *hash);
        Ok(let_go(&self.tools(server).await, folder, state, is_of_use)?)
    }

    /// The folder of a game, if nothing is under way in it.
    fn still(&self, game: &Slug) -> Result<Option<(GameFolder, FolderState)>, Error> {
        let Some(entry) = Library::load(&self.0.home)?.games.remove(game) else { return Ok(None) };
        Ok(match place_of(&entry, game)? {
            Place::Known(folder, state)
                if state.pending.is_none() && state.condition != Condition::Claimed =>
            {
                Some((folder, state))
            }
            _ => None,
        })
    }

    /// Orders what is due by itself: what is to be fetched for later, updates to builds that are live now, and that what is of no
    /// use goes.
    pub(super) async fn look_ahead(&self) -> Result<(), Error> {
        let server = self.server().await?;
        let automatic = self.settings().auto_update;
        let operations = self.operations();
        let mut pinned = self.patches().pinned();
        for (game, entry) in Library::load(&self.0.home)?.games {
            let Some((_, state)) = self.still(&game)?.filter(|_| entry.server == server.id.as_str()) else {
                // What an operation takes stays as it is until that has ended.
                pinned.retain(|(of, _)| *of != game);
                continue;
            };
            let of_game = || operations.iter().filter(|o| *o.order.game() == game);
            let builds = server.catalogue.builds(&game)?;
            let ordered = lock(&self.0.ordered).get(&game).copied();
            let last = of_game().find(|o| o.order.is_ahead());
            let due = due(&Game { state: &state, builds: &builds, automatic, ordered, last, now: now() });
            let patches = state.ahead.iter().flat_map(|ahead| &ahead.patches);
            let patches: Vec<_> = patches.map(|patch| patch.hash).collect();
            pinned.retain(|(of, hash)| *of != game || !patches.contains(hash));
            match due {
                Due::Nothing => {}
                // One that somebody paused stays so.
                Due::Fetch if of_game().any(|o| o.order.is_ahead() && !o.state.is_over()) => {}
                Due::Fetch => drop(self.submit(Order::Ahead { game })?),
                // Somebody is at it already.
                Due::Update(_) if of_game().any(|o| o.order.installs() && !o.state.is_over()) => {}
                Due::Update(build) => {
                    lock(&self.0.ordered).insert(game.clone(), build);
                    self.submit(Order::Update { game })?;
                }
                Due::LetGo => {
                    // Whoever works on the game looks at it next.
                    let Ok(_lock) = self.lock(&game) else { continue };
                    if let Some((folder, state)) = self.still(&game)? {
                        self.release(&server, &folder, state).await?;
                    }
                }
            }
        }
        for (game, hash) in pinned {
            self.patches().unpin(&game, &hash);
        }
        Ok(())
    }

    /// How soon a build may be live that somebody here waits for.
    pub(super) async fn until_next_build(&self) -> Option<Duration> {
        let server = self.server().await.ok()?;
        let automatic = self.settings().auto_update;
        let games = Library::load(&self.0.home).ok()?.games.into_keys();
        let awaited = games.filter(|game| {
            automatic || self.still(game).ok().flatten().is_some_and(|(_, state)| state.ahead.is_some())
        });
        let times = awaited.filter_map(|game| {
            let builds = server.catalogue.builds(&game).ok()?;
            scheduled(&builds).map(|(_, at)| at)
        });
        let online = self.0.online.load(Ordering::SeqCst);
        let now = now();
        // A server that is away has nothing to say at its time either.
        next_look(times.filter(|at| online || at.since(now) > 0), now)
    }
}
