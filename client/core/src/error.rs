//! The one error of the façade, with a stable code that user interfaces switch on.

use mist_api_client::CallError;
use mist_proto::{ManifestId, Slug, Version, manifest::ManifestError};

use crate::{home::HomeError, install::InstallError, trust::TrustError};

/// Why something that a friend asked for was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No account is signed in.
    #[error("you are not signed in; run: mist login URL --user NAME")]
    NotSignedIn,
    /// The session ended: expired, revoked, or the account was disabled.
    #[error("your session has ended; sign in again: mist login {server} --user {user}")]
    SessionEnded {
        /// The server.
        server: String,
        /// The account.
        user: String,
    },
    /// Wrong name or password.
    #[error("the user name or the password is wrong")]
    WrongPassword,
    /// The tracker gave no usable answer.
    #[error(transparent)]
    Tracker(#[from] CallError),
    /// The server's keys are not those that are trusted.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A file of the client's own.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The device's identity.
    #[error(transparent)]
    Identity(#[from] mist_peer::IdentityError),
    /// The node can't be started.
    #[error("the peer-to-peer node can't start: {0}")]
    Node(#[from] mist_peer::NodeError),
    /// No such game for this account.
    #[error("there is no game {0}; `mist library` lists those that you can install")]
    UnknownGame(Slug),
    /// No such build.
    #[error("{game} has no version {version}; `mist library {game}` lists them")]
    UnknownVersion {
        /// The game.
        game: Slug,
        /// The version that was asked for.
        version: Version,
    },
    /// Nothing was pushed yet.
    #[error("{0} has no build that can be installed yet")]
    NothingLive(Slug),
    /// Not installed here.
    #[error("{0} is not installed; run: mist install {0}")]
    NotInstalled(Slug),
    /// Installed elsewhere already.
    #[error("{game} is installed in {dir} already")]
    InstalledElsewhere {
        /// The game.
        game: Slug,
        /// Where it is.
        dir: String,
    },
    /// The game was installed from another server than the present one.
    #[error("{game} came from {server}, and you are signed in elsewhere; sign in there first")]
    OtherServer {
        /// The game.
        game: Slug,
        /// Where it came from.
        server: String,
    },
    /// Another process works on the game.
    #[error("another mist process is working on {0}; wait for it to end")]
    Busy(Slug),
    /// The server offers a build below what it promised.
    #[error(
        "the server offers {version} of {game}, which is older than the oldest that its own builds allow ({floor}); \
         ask your admin, or name the version to install it anyway"
    )]
    BelowFloor {
        /// The game.
        game: Slug,
        /// The offered version.
        version: Version,
        /// Lowest sequence allowed.
        floor: u64,
    },
    /// A manifest that is malformed, or signed by nobody that is trusted.
    #[error("the manifest of {game} {version} is refused: {source}")]
    Manifest {
        /// The game.
        game: Slug,
        /// The version.
        version: Version,
        /// Why.
        source: ManifestError,
    },
    /// A manifest that is neither cached nor to be had.
    #[error(
        "the manifest of {game} {version} is not at hand, and neither the server nor a friend who has it can be reached"
    )]
    ManifestUnavailable {
        /// The game.
        game: Slug,
        /// The version.
        version: Version,
        /// Which one.
        id: ManifestId,
    },
    /// Work on a game's folder failed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// Nothing to start.
    #[error("{game} names nothing to start on this system{hint}")]
    NoLaunchEntry {
        /// The game.
        game: Slug,
        /// What can be done, or nothing.
        hint: String,
    },
    /// The game can't be started.
    #[error("{program} can't be started: {source}")]
    Launch {
        /// The program.
        program: String,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Classes of failure, which command lines turn into exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// It was tried and failed.
    Failed,
    /// Who is asking is not known or not allowed.
    Auth,
    /// What was named is not there.
    NotFound,
}

impl Error {
    /// A stable word for programs.
    pub fn code(&self) -> &str {
        match self {
            Self::NotSignedIn => "not_signed_in",
            Self::SessionEnded { .. } => "session_ended",
            Self::WrongPassword => "wrong_password",
            Self::Tracker(CallError::Refused { body, .. }) => &body.code,
            Self::Tracker(CallError::Unreachable { .. }) => "server_unreachable",
            Self::Tracker(CallError::Address { .. }) => "bad_address",
            Self::Tracker(CallError::Setup { .. }) => "no_tls",
            Self::Tracker(CallError::Malformed { .. } | CallError::Foreign { .. }) => "bad_answer",
            Self::Trust(TrustError::TrackerKey { .. }) => "tracker_key_changed",
            Self::Trust(TrustError::ReleaseKey { .. }) => "release_key_changed",
            Self::Trust(TrustError::NoReleaseKey) => "no_release_key",
            Self::Home(_) => "state",
            Self::Identity(_) => "identity",
            Self::Node(_) => "node",
            Self::UnknownGame(_) => "unknown_game",
            Self::UnknownVersion { .. } => "unknown_version",
            Self::NothingLive(_) => "nothing_live",
            Self::NotInstalled(_) => "not_installed",
            Self::InstalledElsewhere { .. } => "installed_elsewhere",
            Self::OtherServer { .. } => "other_server",
            Self::Busy(_) => "busy",
            Self::BelowFloor { .. } => "below_floor",
            Self::Manifest { .. } => "manifest_refused",
            Self::ManifestUnavailable { .. } => "manifest_unavailable",
            Self::Install(e) => e.code(),
            Self::NoLaunchEntry { .. } => "no_launch_entry",
            Self::Launch { .. } => "launch_failed",
        }
    }

    /// What kind of failure it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::NotSignedIn | Self::SessionEnded { .. } | Self::WrongPassword => ErrorClass::Auth,
            Self::Tracker(CallError::Refused { status: 401 | 403, .. }) => ErrorClass::Auth,
            Self::Tracker(CallError::Refused { status: 404, .. })
            | Self::UnknownGame(_)
            | Self::UnknownVersion { .. }
            | Self::NothingLive(_)
            | Self::NotInstalled(_) => ErrorClass::NotFound,
            _ => ErrorClass::Failed,
        }
    }
}
