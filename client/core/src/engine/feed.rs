//! What faces see: a feed of the present state by topics, with revisions.
//!
//! The feed holds the newest [`Delta`] of each topic and the revision at which it last changed. A face asks for what
//! changed since the revision that it knows ([`Feed::next`]), so that one that comes late, was slow, or lost its connection
//! sees the truth, and never has to add up news. Revisions of another run of the engine count as unknown.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Mutex,
    time::Duration,
};

use mist_proto::{Slug, Version};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use ts_rs::TS;

use super::{
    operation::{OpId, OperationView},
    playing::Play,
    scanning::ScanView,
};
use crate::{
    limits::LimitsNow,
    settings::Settings,
    status::{GameStatus, ServerStatus},
    sync::lock,
    thrift::Thrift,
};

/// Notices that are kept for faces that come late.
const MAX_NOTICES: usize = 50;
/// After a change, how long further ones are waited for, so that progress comes a few times a second and not more often.
const GATHER: Duration = Duration::from_millis(100);

/// A place in the feed. The default one is before everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Rev {
    /// Random number of the engine's run, of 53 bits: all that a number holds in JavaScript.
    pub run: u64,
    /// Changes so far in that run.
    pub at: u64,
}

/// What runs the home's engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Owner {
    /// Its process.
    pub pid: u32,
    /// What was called, e.g. `mist seed`.
    pub program: String,
    /// Its version.
    pub version: String,
}

/// How fresh what is known of the server is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Connection {
    /// The server, if one is signed in at.
    pub server: Option<ServerStatus>,
    /// Whether it answered the last time.
    pub online: bool,
}

/// The newest state of one topic. Kinds are only ever added.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "topic", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Delta {
    /// Which process runs the engine.
    Owner(Owner),
    /// The server, and whether it answers.
    Connection(Connection),
    /// The catalogue was fetched anew and is another one: read the library again.
    Catalogue {
        /// How often it changed in this run.
        changes: u64,
    },
    /// Pictures of games came: ask again for those that were not here.
    Covers {
        /// How many came in this run.
        arrived: u64,
    },
    /// A game on this machine, or that it is not any more.
    Game {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
        /// How it is.
        status: Option<Box<GameStatus>>,
    },
    /// An operation.
    Operation(Box<OperationView>),
    /// The settings.
    Settings(Settings),
    /// The limits that count now.
    Limits(LimitsNow),
    /// Whether this machine is thrifty: what is to be fetched waits, and nothing is sent.
    Thrift {
        /// Why, if it is.
        why: Option<Thrift>,
    },
    /// What this machine serves.
    Serving {
        /// Installed builds.
        #[ts(type = "[string, string][]")]
        games: Vec<(Slug, Version)>,
        /// Whether the tracker knows.
        announced: bool,
    },
    /// A game that was played, or runs.
    Play(Play),
    /// A look through a folder for games that are there already.
    Scan(ScanView),
    /// Something that a person should know and that stops nothing.
    Notice {
        /// Number of the notice in this run.
        number: u64,
        /// Sentence for people.
        message: String,
    },
    /// The engine ends now. Whoever has an operation under way goes on with it.
    Closing,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Topic {
    Owner,
    Connection,
    Catalogue,
    Covers,
    Scan,
    Settings,
    Limits,
    Thrift,
    Serving,
    Closing,
    Game(Slug),
    Play(Slug),
    Operation(OpId),
    Notice(u64),
}

impl Delta {
    fn topic(&self) -> Topic {
        match self {
            Self::Owner(_) => Topic::Owner,
            Self::Connection(_) => Topic::Connection,
            Self::Catalogue { .. } => Topic::Catalogue,
            Self::Covers { .. } => Topic::Covers,
            Self::Scan(_) => Topic::Scan,
            Self::Game { game, .. } => Topic::Game(game.clone()),
            Self::Operation(operation) => Topic::Operation(operation.id),
            Self::Play(play) => Topic::Play(play.game.clone()),
            Self::Settings(_) => Topic::Settings,
            Self::Limits(_) => Topic::Limits,
            Self::Thrift { .. } => Topic::Thrift,
            Self::Serving { .. } => Topic::Serving,
            Self::Notice { number, .. } => Topic::Notice(*number),
            Self::Closing => Topic::Closing,
        }
    }
}

/// The feed of one engine.
pub(crate) struct Feed {
    run: u64,
    state: Mutex<State>,
    at: watch::Sender<u64>,
}

#[derive(Default)]
struct State {
    at: u64,
    topics: BTreeMap<Topic, (u64, Delta)>,
    notices: VecDeque<u64>,
    noticed: u64,
    catalogues: u64,
    covers: u64,
}

impl State {
    fn set(&mut self, delta: Delta) {
        let topic = delta.topic();
        if self.topics.get(&topic).is_some_and(|(_, known)| *known == delta) {
            return;
        }
        self.at += 1;
        self.topics.insert(topic, (self.at, delta));
    }
}

impl Feed {
    /// An empty feed. `run` is random.
    pub(crate) fn new(run: u64) -> Self {
        Self { run, state: Mutex::default(), at: watch::Sender::new(0) }
    }

    /// Sets the state of a topic. The same state again is no news.
    pub(crate) fn set(&self, delta: Delta) {
        self.change(|state| state.set(delta));
    }

    /// Forgets an operation that is no longer remembered.
    pub(crate) fn forget_operation(&self, id: OpId) {
        lock(&self.state).topics.remove(&Topic::Operation(id));
    }

    /// The games that it shows a state of.
    pub(crate) fn games(&self) -> Vec<Slug> {
        let shown = |(_, delta): &(u64, Delta)| match delta {
            Delta::Game { game, status: Some(_) } => Some(game.clone()),
            _ => None,
        };
        lock(&self.state).topics.values().filter_map(shown).collect()
    }

    /// Tells people something.
    pub(crate) fn notice(&self, message: String) {
        self.change(|state| {
            state.noticed += 1;
            let number = state.noticed;
            state.notices.push_back(number);
            if state.notices.len() > MAX_NOTICES
                && let Some(oldest) = state.notices.pop_front()
            {
                state.topics.remove(&Topic::Notice(oldest));
            }
            state.set(Delta::Notice { number, message });
        });
    }

    /// Tells that the catalogue is another one.
    pub(crate) fn catalogue_changed(&self) {
        self.change(|state| {
            state.catalogues += 1;
            let changes = state.catalogues;
            state.set(Delta::Catalogue { changes });
        });
    }

    /// A picture of a game came.
    pub(crate) fn cover_arrived(&self) {
        self.change(|state| {
            state.covers += 1;
            let arrived = state.covers;
            state.set(Delta::Covers { arrived });
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let at = {
            let mut state = lock(&self.state);
            change(&mut state);
            state.at
        };
        self.at.send_if_modified(|known| std::mem::replace(known, at) != at);
    }

    /// What changed since `since`, in the order of its last change; everything if that is of another run.
    pub(crate) fn since(&self, since: Rev) -> (Rev, Vec<Delta>) {
        let state = lock(&self.state);
        let from = if since.run == self.run { since.at } else { 0 };
        let mut news: Vec<_> = state.topics.values().filter(|(at, _)| *at > from).collect();
        news.sort_by_key(|(at, _)| *at);
        let deltas = news.into_iter().map(|(_, delta)| delta.clone()).collect();
        (Rev { run: self.run, at: state.at }, deltas)
    }

    /// The same, once there is something or `wait` is over.
    pub(crate) async fn next(&self, since: Rev, wait: Duration) -> (Rev, Vec<Delta>) {
        let mut at = self.at.subscribe();
        let found = self.since(since);
        if !found.1.is_empty() {
            return found;
        }
        let known = found.0.at;
        let moved = async { at.wait_for(|now| *now > known).await.map(drop) };
        if tokio::time::timeout(wait, moved).await.is_ok() {
            tokio::time::sleep(GATHER).await;
        }
        self.since(since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue(changes: u64) -> Delta {
        Delta::Catalogue { changes }
    }

    fn serving(announced: bool) -> Delta {
        Delta::Serving { games: vec![], announced }
    }

    #[test]
    fn a_late_face_sees_the_newest_state_once() {
        let feed = Feed::new(7);
        feed.set(catalogue(1));
        feed.set(serving(false));
        feed.set(catalogue(2));
        let (rev, deltas) = feed.since(Rev::default());
        assert_eq!(deltas, [serving(false), catalogue(2)]);
        feed.set(catalogue(2));
        assert_eq!(feed.since(rev), (rev, vec![]), "the same again is no news");
        feed.set(serving(true));
        assert_eq!(feed.since(rev).1, [serving(true)]);
        let elsewhere = Rev { run: 8, at: rev.at };
        assert_eq!(
            feed.since(elsewhere).1,
            [catalogue(2), serving(true)],
            "another run's revision is unknown"
        );
    }

    #[test]
    fn notices_are_bounded() {
        let feed = Feed::new(1);
        for n in 0..MAX_NOTICES + 10 {
            feed.notice(n.to_string());
        }
        let (_, deltas) = feed.since(Rev::default());
        assert_eq!(deltas.len(), MAX_NOTICES);
        assert_eq!(deltas[0], Delta::Notice { number: 11, message: "10".into() });
    }

    #[tokio::test]
    async fn waiting_ends_with_news_or_with_time() {
        let feed = Feed::new(1);
        let (rev, _) = feed.since(Rev::default());
        assert_eq!(feed.next(rev, Duration::from_millis(20)).await, (rev, vec![]));
        let (news, ()) = tokio::join!(feed.next(rev, Duration::from_secs(60)), async {
            tokio::task::yield_now().await;
            feed.set(catalogue(1));
            feed.set(serving(true));
        });
        assert_eq!(news.1, [catalogue(1), serving(true)], "what comes at once is told at once");
    }
}
