//! What a friend sees at a glance, read from disk without a network.

use std::path::PathBuf;

use mist_proto::{Slug, Version, ids::UserName};
use serde::{Deserialize, Serialize};

use crate::folder::{Condition, FolderState, OperationRecord, Pending};

/// The server and every game on this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The server, if one is signed in at.
    pub server: Option<ServerStatus>,
    /// Games on this machine, by slug.
    pub games: Vec<GameStatus>,
}

/// The present server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerStatus {
    /// Its address.
    pub url: String,
    /// The account.
    pub user: Option<UserName>,
    /// This device's peer id.
    pub peer: String,
    /// Fingerprint of its key.
    pub tracker_key: String,
    /// Fingerprint of the key that signs builds.
    pub release_key: Option<String>,
    /// Seconds since the catalogue was fetched.
    pub catalogue_age: Option<i64>,
}

/// What can be said of a game's folder in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GameState {
    /// Ready to play.
    Installed,
    /// An install has begun and not ended.
    Installing,
    /// A change to another build has begun and not ended.
    Updating,
    /// Differences were found; repairing puts it right.
    Damaged,
    /// The folder is not there, or it is not marked as the game's.
    Missing,
    /// The folder came from elsewhere, and nothing of it was verified yet.
    Unverified,
}

/// One game.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GameStatus {
    /// The game.
    pub game: Slug,
    /// Its folder.
    pub dir: PathBuf,
    /// How it is.
    pub state: GameState,
    /// Build that is there.
    pub version: Option<Version>,
    /// Build that friends get by default, as far as is known.
    pub live: Option<Version>,
    /// Whether that is another one.
    pub update_available: bool,
    /// Size of the installed build's archive.
    pub size: Option<u64>,
    /// What is under way.
    pub pending: Option<Pending>,
    /// What was done last.
    pub last_operation: Option<OperationRecord>,
}

impl GameStatus {
    pub(crate) fn new(game: Slug, dir: PathBuf, state: Option<FolderState>, live: Option<Version>) -> Self {
        let word = match &state {
            None => GameState::Missing,
            Some(s) => word(s),
        };
        let installed = state.as_ref().and_then(|s| s.installed.as_ref());
        let version = installed.map(|b| b.version.clone());
        Self {
            game,
            dir,
            state: word,
            update_available: version.is_some() && live.is_some() && live != version,
            size: installed.map(|b| b.archive.size),
            version,
            live,
            pending: state.as_ref().and_then(|s| s.pending.clone()),
            last_operation: state.and_then(|s| s.last_operation),
        }
    }
}

fn word(state: &FolderState) -> GameState {
    match (&state.installed, &state.pending, state.condition) {
        (_, _, Condition::Claimed) => GameState::Unverified,
        (_, _, Condition::Damaged) => GameState::Damaged,
        (None, ..) => GameState::Installing,
        (Some(_), Some(_), _) | (Some(_), None, Condition::Placed | Condition::Empty) => GameState::Updating,
        (Some(_), None, Condition::Whole) => GameState::Installed,
    }
}
