//! What a friend sees at a glance, read from disk without a network.

use std::path::PathBuf;

use mist_proto::{Slug, UnixMillis, Version, http::Build, ids::UserName};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ahead::scheduled,
    folder::{BuildRef, Condition, FolderState, OperationRecord, Pending},
};

/// The server and every game on this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Status {
    /// The server, if one is signed in at.
    pub server: Option<ServerStatus>,
    /// Games on this machine, by slug.
    pub games: Vec<GameStatus>,
}

/// The present server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ServerStatus {
    /// Its address.
    pub url: String,
    /// The account.
    #[ts(type = "string | null")]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
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

/// A build that a game can go back to without the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PreviousBuild {
    /// The build.
    #[ts(type = "string")]
    pub version: Version,
    /// Bytes that are kept for that in the game's folder.
    pub bytes: u64,
}

/// A build that goes live later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NextBuild {
    /// The build.
    #[ts(type = "string")]
    pub version: Version,
    /// When.
    #[ts(type = "number")]
    pub live_at: UnixMillis,
    /// Whether what it takes is fetched before: somebody asked for that, or games are updated by themselves.
    pub fetching: bool,
    /// Whether all that can be fetched before is here.
    pub ready: bool,
    /// Bytes that were received for it.
    pub bytes: u64,
}

/// One game.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct GameStatus {
    /// The game.
    #[ts(type = "string")]
    pub game: Slug,
    /// Its folder.
    pub dir: PathBuf,
    /// How it is.
    pub state: GameState,
    /// Build that is there.
    #[ts(type = "string | null")]
    pub version: Option<Version>,
    /// Build that friends get by default, as far as is known.
    #[ts(type = "string | null")]
    pub live: Option<Version>,
    /// Whether that is a newer one than is there.
    pub update_available: bool,
    /// Whether that is an older one than is there: the server went back, by its admin's will or to an old backup.
    #[serde(default)]
    pub went_back: bool,
    /// The build that goes live later, if that is another one than is there.
    #[serde(default)]
    pub next: Option<NextBuild>,
    /// Size of the installed build's archive.
    pub size: Option<u64>,
    /// The build before, if it is kept.
    #[serde(default)]
    pub previous: Option<PreviousBuild>,
    /// What is under way.
    pub pending: Option<Pending>,
    /// What was done last.
    pub last_operation: Option<OperationRecord>,
}

impl GameStatus {
    pub(crate) fn new(game: Slug, dir: PathBuf, state: Option<FolderState>, builds: &[Build]) -> Self {
        let live = builds.iter().find(|b| b.live);
        let word = match &state {
            None => GameState::Missing,
            Some(s) => word(s),
        };
        let installed = state.as_ref().and_then(|s| s.installed.as_ref());
        let version = installed.map(|b| b.version.clone());
        let standing = installed.zip(live).map(|(here, live)| Standing::of(here, live, &[]));
        Self {
            game,
            dir,
            state: word,
            update_available: standing == Some(Standing::Older),
            went_back: matches!(standing, Some(Standing::WentBack { .. })),
            next: state.as_ref().and_then(|state| next(state, builds)),
            size: installed.map(|b| b.archive.size),
            version,
            live: live.map(|b| b.version.clone()),
            previous: previous(state.as_ref(), builds),
            pending: state.as_ref().and_then(|s| s.pending.clone()),
            last_operation: state.and_then(|s| s.last_operation),
        }
    }
}

/// The build that goes live later, and what of it is here.
fn next(state: &FolderState, builds: &[Build]) -> Option<NextBuild> {
    let (build, live_at) = scheduled(builds)?;
    let here = state.installed.as_ref()?;
    let ahead = state.ahead.as_ref().filter(|ahead| ahead.update.to.manifest == build.manifest_id);
    (here.manifest != build.manifest_id).then(|| NextBuild {
        version: build.version.clone(),
        live_at,
        fetching: ahead.is_some(),
        ready: ahead.is_some_and(|ahead| ahead.complete),
        bytes: ahead.map_or(0, |ahead| ahead.update.bytes.total()),
    })
}

/// The build before, if what is kept leads back to it and the server lists it still, as far as is known.
fn previous(state: Option<&FolderState>, builds: &[Build]) -> Option<PreviousBuild> {
    let previous = state.filter(|s| s.condition != Condition::Claimed)?.previous()?;
    let listed = builds.iter().any(|b| b.manifest_id == previous.build.manifest);
    listed.then(|| PreviousBuild { version: previous.build.version.clone(), bytes: previous.bytes })
}

/// How the build that is here stands to the server's live one. Labels say nothing: the order of builds does, and their manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is the live one.
    Current,
    /// The live one comes after it, or is another one at its place in the list.
    Older,
    /// The live one comes before it.
    WentBack {
        /// Whether the server has the build that is here in its list. If not, an old backup was restored, perhaps.
        listed: bool,
    },
}

impl Standing {
    pub(crate) fn of(here: &BuildRef, live: &Build, builds: &[Build]) -> Self {
        if live.manifest_id == here.manifest {
            Self::Current
        } else if live.sequence >= here.sequence {
            Self::Older
        } else {
            Self::WentBack { listed: builds.iter().any(|b| b.manifest_id == here.manifest) }
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

#[cfg(test)]
mod tests {
    use mist_proto::BlobId;

    use super::*;
    use crate::install::samples;

    fn build(version: &str, sequence: u64) -> Build {
        Build { live: true, ..samples::listed(version, sequence, BlobId::of(version.as_bytes())) }
    }

    fn here(build: &Build) -> BuildRef {
        let Build { version, sequence, manifest_id, archive, .. } = build.clone();
        BuildRef { version, sequence, manifest: manifest_id, archive }
    }

    #[test]
    fn the_order_of_builds_decides_and_not_their_labels() {
        let (old, new) = (build("1.2", 3), build("1.0", 4));
        assert_eq!(Standing::of(&here(&old), &old, &[]), Standing::Current);
        assert_eq!(Standing::of(&here(&old), &new, &[]), Standing::Older, "whatever it is called");
        let all = [old.clone(), new.clone()];
        assert_eq!(Standing::of(&here(&new), &old, &all), Standing::WentBack { listed: true });
        assert_eq!(Standing::of(&here(&new), &old, &all[..1]), Standing::WentBack { listed: false });
        let again = Build { sequence: 4, ..old };
        assert_eq!(Standing::of(&here(&new), &again, &[]), Standing::Older, "another one at its place");
    }
}
