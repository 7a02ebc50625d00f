//! The one error of the engine, with a stable code and parameters that user interfaces switch on.

/// `?` turns the errors of parts into this one.
macro_rules! from {
    ($this:ident, $($variant:ident: $error:ty),* $(,)?) => {
        $(impl From<$error> for $this {
            fn from(error: $error) -> Self {
                Self::$variant(error)
            }
        })*
    };
}

mod install;

use std::fmt;

use mist_api_client::{BadLink, CallError};
use mist_proto::{ManifestId, Slug, Version, manifest::ManifestError};

use self::install::home_params;
pub use self::install::{InstallError, NoRoom};
use crate::{
    failure::{CAUSE, ErrorClass, Failure, MESSAGE, Params},
    home::HomeError,
    moving::BadTarget,
    op_id::OpId,
    self_update::SelfUpdateError,
    trust::TrustError,
};

/// Why something that a friend asked for was not done. Its sentences are those of [`Failure`].
#[derive(Debug)]
pub enum Error {
    /// No account is signed in.
    NotSignedIn,
    /// The session ended: expired, revoked, or the account was disabled.
    SessionEnded {
        /// The server.
        server: String,
        /// The account.
        user: String,
    },
    /// Wrong name or password.
    WrongPassword,
    /// The password is right, and the account asks for a code as well.
    SecondFactor,
    /// The code at a sign-in is not right, or was used.
    WrongCode,
    /// A text is no link of an invite.
    Link(BadLink),
    /// The tracker gave no usable answer.
    Tracker(CallError),
    /// The server's keys are not those that are trusted.
    Trust(TrustError),
    /// A file of the client's own.
    Home(HomeError),
    /// The device's identity.
    Identity(mist_peer::IdentityError),
    /// The node can't be started.
    Node(mist_peer::NodeError),
    /// No such game for this account.
    UnknownGame(Slug),
    /// No such build.
    UnknownVersion {
        /// The game.
        game: Slug,
        /// The version that was asked for.
        version: Version,
    },
    /// The build before is not kept here, or is another one.
    NoWayBack {
        /// The game.
        game: Slug,
        /// The version that was asked for, if one was.
        version: Option<Version>,
    },
    /// A build goes live at a time that is not reached.
    NotLiveYet {
        /// The game.
        game: Slug,
        /// The version.
        version: Version,
    },
    /// Only an update of a whole game can be fetched ahead.
    NotWhole(Slug),
    /// Nothing was pushed yet.
    NothingLive(Slug),
    /// Not installed here.
    NotInstalled(Slug),
    /// The game's folder was there and is not any more.
    FolderMissing {
        /// The game.
        game: Slug,
        /// Where it was.
        dir: String,
    },
    /// What is at the place of the game's folder is not marked as such.
    FolderUnmarked {
        /// The game.
        game: Slug,
        /// The place.
        dir: String,
    },
    /// The game's folder came from elsewhere, and nothing of it was verified yet.
    Unverified {
        /// The game.
        game: Slug,
        /// The folder.
        dir: String,
    },
    /// A folder holds nothing of a game.
    NothingToAdopt {
        /// The game.
        game: Slug,
        /// The folder.
        dir: String,
    },
    /// The server's live build is older than what is here, and it does not know that one.
    WentBack {
        /// The game.
        game: Slug,
        /// What is here.
        here: Version,
        /// What the server has live.
        live: Version,
    },
    /// Installed elsewhere already.
    InstalledElsewhere {
        /// The game.
        game: Slug,
        /// Where it is.
        dir: String,
    },
    /// A game can't be moved to a folder.
    BadTarget {
        /// The game.
        game: Slug,
        /// The folder.
        dir: String,
        /// Why not.
        why: BadTarget,
    },
    /// The game was installed from another server than the present one.
    OtherServer {
        /// The game.
        game: Slug,
        /// Where it came from.
        server: String,
    },
    /// A program that is not the home's engine works on the game.
    Busy(Slug),
    /// The server offers a build below what it promised.
    BelowFloor {
        /// The game.
        game: Slug,
        /// The offered version.
        version: Version,
        /// Lowest sequence allowed.
        floor: u64,
    },
    /// A manifest that is malformed, or signed by nobody that is trusted.
    Manifest {
        /// The game.
        game: Slug,
        /// The version.
        version: Version,
        /// Why.
        source: ManifestError,
    },
    /// A manifest that is neither cached nor to be had.
    ManifestUnavailable {
        /// The game.
        game: Slug,
        /// The version.
        version: Version,
        /// Which one.
        id: ManifestId,
    },
    /// Work on a game's folder failed.
    Install(InstallError),
    /// Nothing to start.
    NoLaunchEntry {
        /// The game.
        game: Slug,
        /// Its folder.
        dir: String,
        /// What the game names to start, for other systems or under other names.
        entries: Vec<String>,
    },
    /// The build is for Windows, and nothing was found by which it could run here; or not what was chosen for that.
    NoRunner {
        /// The game.
        game: Slug,
        /// What was chosen, if something was.
        chosen: Option<String>,
    },
    /// The game can't be started.
    Launch {
        /// The program.
        program: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The game runs already.
    Playing(Slug),
    /// Something is being done to the game's files.
    BeingChanged(Slug),
    /// No operation has this number, or it has ended.
    NoSuchOperation(OpId),
    /// What is asked of this game fetches nothing that could be told in advance.
    NoForecast(Slug),
    /// Nothing is being done to this game, and nothing waits.
    NothingUnderWay(Slug),
    /// More operations wait than the queue holds.
    QueueFull,
    /// The environment says of a setting what makes no sense.
    BadEnvironment(mist_settings::Problem),
    /// The environment says what a setting is, so that it can't be changed.
    SettingGiven {
        /// The variable that does.
        variable: String,
    },
    /// A folder of the settings is not told from the disk's root on.
    RelativeFolder {
        /// The folder.
        dir: String,
    },
    /// There is no such folder.
    NoFolder {
        /// The folder.
        dir: String,
    },
    /// The program was not replaced by a newer one.
    SelfUpdate(SelfUpdateError),
    /// The engine is ending.
    Closing,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Failure::from(self).fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Link(e) => Some(e),
            Self::Tracker(e) => Some(e),
            Self::Trust(e) => Some(e),
            Self::Home(e) => Some(e),
            Self::Identity(e) => Some(e),
            Self::Node(e) => Some(e),
            Self::BadEnvironment(e) => Some(e),
            Self::Install(e) => Some(e),
            Self::SelfUpdate(e) => Some(e),
            Self::Manifest { source, .. } => Some(source),
            Self::Launch { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let params = error.params().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { code: error.code().to_owned(), class: error.class(), params }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

from! { Error,
    Link: BadLink,
    Tracker: CallError,
    Trust: TrustError,
    Home: HomeError,
    Identity: mist_peer::IdentityError,
    Node: mist_peer::NodeError,
    BadEnvironment: mist_settings::Problem,
    Install: InstallError,
    SelfUpdate: SelfUpdateError,
}

impl Error {
    /// A stable word for programs.
    pub fn code(&self) -> &str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::SessionEnded { .. } => "session_ended",
            Self::WrongPassword => "wrong_password",
            Self::SecondFactor => "second_factor",
            Self::WrongCode => "wrong_code",
            Self::Tracker(CallError::Refused { body, .. }) => &body.code,
            Self::Tracker(CallError::Unreachable { .. }) => "server_unreachable",
            Self::Tracker(CallError::Address { .. }) => "bad_address",
            Self::Tracker(CallError::Setup { .. }) => "no_tls",
            Self::Tracker(CallError::Malformed { .. } | CallError::Foreign { .. }) => "bad_answer",
            Self::Link(BadLink::Form) => "bad_link",
            Self::Link(BadLink::Keys) => "link_not_whole",
            Self::Trust(e) => e.code(),
            Self::Home(_) => "state",
            Self::Identity(_) => "identity",
            Self::Node(_) => "node",
            Self::UnknownGame(_) => "unknown_game",
            Self::UnknownVersion { .. } => "unknown_version",
            Self::NoWayBack { .. } => "no_way_back",
            Self::NotLiveYet { .. } => "not_live_yet",
            Self::NotWhole(_) => "not_whole",
            Self::NothingLive(_) => "nothing_live",
            Self::NotInstalled(_) => "not_installed",
            Self::FolderMissing { .. } => "folder_missing",
            Self::FolderUnmarked { .. } => "folder_unmarked",
            Self::Unverified { .. } => "unverified",
            Self::NothingToAdopt { .. } => "nothing_to_adopt",
            Self::WentBack { .. } => "went_back",
            Self::InstalledElsewhere { .. } => "installed_elsewhere",
            Self::BadTarget { .. } => "bad_target",
            Self::OtherServer { .. } => "other_server",
            Self::Busy(_) => "busy",
            Self::BelowFloor { .. } => "below_floor",
            Self::Manifest { source: ManifestError::Newer, .. } => "build_too_new",
            Self::Manifest { .. } => "manifest_refused",
            Self::ManifestUnavailable { .. } => "manifest_unavailable",
            Self::Install(e) => e.code(),
            Self::SelfUpdate(e) => e.code(),
            Self::NoLaunchEntry { entries, .. } if entries.is_empty() => "no_launch_entry",
            Self::NoLaunchEntry { .. } => "no_such_launch_entry",
            Self::NoRunner { .. } => "no_runner",
            Self::Launch { .. } => "launch_failed",
            Self::Playing(_) => "playing",
            Self::BeingChanged(_) => "being_changed",
            Self::NoSuchOperation(_) => "no_such_operation",
            Self::NothingUnderWay(_) => "nothing_under_way",
            Self::NoForecast(_) => "no_forecast",
            Self::QueueFull => "queue_full",
            Self::BadEnvironment(_) => "bad_environment",
            Self::SettingGiven { .. } => "setting_given",
            Self::RelativeFolder { .. } => "relative_folder",
            Self::NoFolder { .. } => "no_folder",
            Self::Closing => "closing",
        }
    }

    /// Names, numbers and places that belong to the code, for the table of sentences.
    pub fn params(&self) -> Params {
        match self {
            Self::NotSignedIn
            | Self::WrongPassword
            | Self::SecondFactor
            | Self::WrongCode
            | Self::Link(_)
            | Self::QueueFull
            | Self::Closing => {
                vec![]
            }
            Self::SessionEnded { server, user } => vec![("server", server.clone()), ("user", user.clone())],
            Self::Tracker(e) => call_params(e),
            Self::Trust(e) => e.params(),
            Self::Home(e) => home_params(e),
            Self::Identity(e) => vec![("detail", e.to_string())],
            Self::Node(e) => vec![("detail", e.to_string())],
            Self::BadEnvironment(e) => vec![("detail", e.to_string())],
            Self::RelativeFolder { dir } | Self::NoFolder { dir } => vec![("dir", dir.clone())],
            Self::SettingGiven { variable } => vec![("variable", variable.clone())],
            Self::UnknownGame(game)
            | Self::NothingLive(game)
            | Self::NotWhole(game)
            | Self::NotInstalled(game)
            | Self::NothingUnderWay(game)
            | Self::NoForecast(game)
            | Self::Playing(game)
            | Self::BeingChanged(game)
            | Self::Busy(game) => {
                vec![("game", game.to_string())]
            }
            Self::UnknownVersion { game, version }
            | Self::NotLiveYet { game, version }
            | Self::ManifestUnavailable { game, version, .. } => {
                vec![("game", game.to_string()), ("version", version.to_string())]
            }
            Self::NoWayBack { game, version: None } => {
                vec![(CAUSE, "nothing".into()), ("game", game.to_string())]
            }
            Self::NoWayBack { game, version: Some(version) } => {
                vec![(CAUSE, "other".into()), ("game", game.to_string()), ("version", version.to_string())]
            }
            Self::FolderMissing { game, dir }
            | Self::FolderUnmarked { game, dir }
            | Self::Unverified { game, dir }
            | Self::NothingToAdopt { game, dir }
            | Self::InstalledElsewhere { game, dir } => {
                vec![("game", game.to_string()), ("dir", dir.clone())]
            }
            Self::BadTarget { game, dir, why } => {
                vec![(CAUSE, why.code().into()), ("game", game.to_string()), ("dir", dir.clone())]
            }
            Self::OtherServer { game, server } => {
                vec![("game", game.to_string()), ("server", server.clone())]
            }
            Self::BelowFloor { game, version, floor } => vec![
                ("game", game.to_string()),
                ("version", version.to_string()),
                ("floor", floor.to_string()),
            ],
            Self::Manifest { game, version, source } => vec![
                ("game", game.to_string()),
                ("version", version.to_string()),
                ("detail", source.to_string()),
            ],
            Self::Install(e) => e.params(),
            Self::SelfUpdate(e) => e.params(),
            Self::NoLaunchEntry { game, dir, entries } => {
                vec![("game", game.to_string()), ("dir", dir.clone()), ("entries", entries.join(", "))]
            }
            Self::NoRunner { game, chosen: None } => vec![(CAUSE, "none".into()), ("game", game.to_string())],
            Self::NoRunner { game, chosen: Some(path) } => {
                vec![(CAUSE, "gone".into()), ("game", game.to_string()), ("path", path.clone())]
            }
            Self::Launch { program, source } => {
                vec![("program", program.clone()), ("detail", source.to_string())]
            }
            Self::WentBack { game, here, live } => {
                vec![("game", game.to_string()), ("here", here.to_string()), ("live", live.to_string())]
            }
            Self::NoSuchOperation(id) => vec![("id", id.to_string())],
        }
    }

    /// What kind of failure it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::NotSignedIn
            | Self::SessionEnded { .. }
            | Self::WrongPassword
            | Self::SecondFactor
            | Self::WrongCode => ErrorClass::Auth,
            Self::Tracker(CallError::Refused { status: 401 | 403, .. }) => ErrorClass::Auth,
            Self::Tracker(CallError::Refused { status: 404, .. })
            | Self::UnknownGame(_)
            | Self::UnknownVersion { .. }
            | Self::NothingLive(_)
            | Self::NotInstalled(_)
            | Self::NoSuchOperation(_)
            | Self::NothingUnderWay(_) => ErrorClass::NotFound,
            _ => ErrorClass::Failed,
        }
    }
}

/// What belongs to a call that came to nothing. A refusal is told in the server's own words.
fn call_params(error: &CallError) -> Params {
    match error {
        CallError::Address { given } => vec![("given", given.clone())],
        CallError::Setup { reason } => vec![("detail", reason.clone())],
        CallError::Unreachable { server, reason } => {
            vec![("server", server.clone()), ("detail", reason.clone())]
        }
        CallError::Refused { body, .. } => vec![(MESSAGE, body.message.clone())],
        CallError::Foreign { server, status } => {
            vec![(CAUSE, "foreign".into()), ("server", server.clone()), ("status", status.to_string())]
        }
        CallError::Malformed { server, path, why } => vec![
            (CAUSE, "malformed".into()),
            ("server", server.clone()),
            ("path", path.clone()),
            ("detail", why.clone()),
        ],
    }
}
