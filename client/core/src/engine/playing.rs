//! Games that run: started from here, watched until they end with all that they have started, and how long they were played.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Child,
};

use mist_proto::{Slug, UnixMillis};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{
    Engine,
    feed::{Delta, Feed},
};
use crate::{
    clock::now,
    error::Error,
    home::{Home, HomeError, read_json, write_json},
    launch, process_group,
    sync::lock,
};

/// How much a game was played on this machine. Only what this engine started counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Play {
    /// The game.
    #[ts(type = "string")]
    pub game: Slug,
    /// Since when it runs, if it does.
    #[ts(type = "number | null")]
    pub running_since: Option<UnixMillis>,
    /// When it was started the last time.
    #[ts(type = "number")]
    pub last: UnixMillis,
    /// Seconds played in all, without those of a game that runs.
    pub seconds: u64,
}

/// `plays.json`: what is kept of a game.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Played {
    last: UnixMillis,
    seconds: u64,
}

/// A game that runs.
#[derive(Debug, Clone, Copy)]
struct Running {
    since: UnixMillis,
    process: u32,
}

/// All games that were played, and those that run.
pub(super) struct Plays {
    played: BTreeMap<Slug, Played>,
    running: BTreeMap<Slug, Running>,
}

impl Plays {
    /// Reads what an earlier engine left.
    pub(super) fn load(home: &Home, feed: &Feed) -> Result<Self, HomeError> {
        let played = read_json(&home.plays())?.unwrap_or_default();
        let this = Self { played, running: BTreeMap::new() };
        this.played.keys().for_each(|game| this.show(game, feed));
        Ok(this)
    }

    /// The games that run.
    pub(super) fn running(&self) -> BTreeSet<Slug> {
        self.running.keys().cloned().collect()
    }

    fn began(&mut self, game: &Slug, process: u32, now: UnixMillis) {
        self.running.insert(game.clone(), Running { since: now, process });
        self.played.entry(game.clone()).or_insert(Played { last: now, seconds: 0 }).last = now;
    }

    fn ended(&mut self, game: &Slug, now: UnixMillis) {
        let Some(running) = self.running.remove(game) else { return };
        let seconds = u64::try_from((now.0 - running.since.0) / 1000).unwrap_or(0);
        if let Some(played) = self.played.get_mut(game) {
            played.seconds = played.seconds.saturating_add(seconds);
        }
    }

    fn show(&self, game: &Slug, feed: &Feed) {
        let Some(played) = self.played.get(game) else { return };
        feed.set(Delta::Play(Play {
            game: game.clone(),
            running_since: self.running.get(game).map(|r| r.since),
            last: played.last,
            seconds: played.seconds,
        }));
    }
}

impl Engine {
    /// Starts a game and watches it until it ends. Nothing is done to its files meanwhile.
    ///
    /// # Errors
    /// If something is being done to it just now, it runs already, or it can't be started.
    pub fn play(&self, game: &Slug, entry: Option<&str>, args: &[String]) -> Result<(), Error> {
        let mut command = launch::command(&self.0.home, game, entry, args)?;
        process_group::apart(&mut command);
        let child = {
            // Held by whoever starts an operation too: a game runs, or something is done to it, and never both.
            let mut plays = lock(&self.0.plays);
            if self.0.closing.is_cancelled() {
                return Err(Error::Closing);
            }
            if plays.running.contains_key(game) {
                return Err(Error::Playing(game.clone()));
            }
            if self.0.queue.is_changing(game) {
                return Err(Error::BeingChanged(game.clone()));
            }
            let child = launch::spawn(&mut command)?;
            plays.began(game, child.id(), now());
            child
        };
        self.tell_play(game);
        let (this, game) = (self.clone(), game.clone());
        // It ends with the game, which may outlive the engine.
        std::thread::spawn(move || this.watch(&game, child));
        Ok(())
    }

    fn watch(&self, game: &Slug, mut child: Child) {
        if let Err(error) = process_group::wait(&mut child) {
            tracing::warn!(%error, %game, "the game can't be waited for");
        }
        lock(&self.0.plays).ended(game, now());
        self.tell_play(game);
        self.start();
    }

    /// Asks a running game to end. Does nothing to one that does not run.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn stop_game(&self, game: &Slug) -> Result<(), Error> {
        let Some(running) = lock(&self.0.plays).running.get(game).copied() else { return Ok(()) };
        let program = game.to_string();
        process_group::end(running.process).map_err(|source| Error::Launch { program, source })
    }

    /// Counts what was played so far of games that outlive the engine.
    pub(super) fn leave_games(&self) {
        let running = lock(&self.0.plays).running();
        for game in running {
            lock(&self.0.plays).ended(&game, now());
            self.tell_play(&game);
        }
    }

    fn tell_play(&self, game: &Slug) {
        let plays = lock(&self.0.plays);
        if let Err(error) = write_json(&self.0.home.plays(), &plays.played, false) {
            self.0.events.warn(error.to_string());
        }
        plays.show(game, &self.0.feed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_counts_once_the_game_has_ended() {
        let game: Slug = "paper-boats".parse().expect("slug");
        let feed = Feed::new(1);
        let mut plays = Plays { played: BTreeMap::new(), running: BTreeMap::new() };
        let told = |plays: &Plays| {
            plays.show(&game, &feed);
            match feed.since(crate::Rev::default()).1.pop() {
                Some(Delta::Play(play)) => (play.running_since.map(|s| s.0), play.last.0, play.seconds),
                other => panic!("{other:?}"),
            }
        };
        plays.began(&game, 1, UnixMillis(1_000));
        assert_eq!(told(&plays), (Some(1_000), 1_000, 0));
        plays.ended(&game, UnixMillis(61_500));
        plays.ended(&game, UnixMillis(99_000));
        assert_eq!(told(&plays), (None, 1_000, 60), "an end that is told twice counts once");
        plays.began(&game, 2, UnixMillis(100_000));
        plays.ended(&game, UnixMillis(90_000));
        assert_eq!(told(&plays), (None, 100_000, 60), "a clock that was set back takes nothing away");
    }
}
