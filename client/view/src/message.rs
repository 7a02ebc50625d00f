//! The messages. Kinds and fields are only ever added within one [`PROTOCOL`].

use std::path::PathBuf;

use mist_client_core::{
    Check, Control, CoverPicture, Credentials, Delta, DiskView, Failure, Forecast, InviteView, JoinOrder,
    KeptItem, LaunchChoice, LibraryFolder, LibraryItem, MoveForecast, Neighbourhood, OpId, OperationView,
    Order, Owner, Refreshed, Rev, RunnerView, Settings, SignedIn, Status,
};
use mist_proto::{Slug, http::ChangePassword};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Version of the messages. Two processes with different ones do not talk, but for [`Purpose::Stop`].
pub(crate) const PROTOCOL: u32 = 1;

/// What a face asks for.
#[derive(Clone, Serialize, Deserialize, TS)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// What changed since a revision, once there is something or the time is over.
    Next {
        /// The revision that the face knows.
        since: Rev,
        /// Milliseconds to wait, half a minute at most.
        wait: u64,
    },
    /// Take an order.
    Submit {
        /// The order.
        order: Order,
    },
    /// Say what an order would take, without beginning it.
    Forecast {
        /// The order.
        order: Order,
    },
    /// Say what moving a game to another folder would take, without beginning it.
    ForecastMove {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
        /// The new folder, absolute.
        dir: PathBuf,
    },
    /// Steer an operation.
    Control {
        /// Which one.
        id: OpId,
        /// What to do with it.
        control: Control,
    },
    /// All operations that are remembered.
    Operations,
    /// Sign in.
    Login(Credentials),
    /// What a link of an invite is good for.
    LookAtInvite {
        /// The whole link.
        link: String,
    },
    /// Join by a link, and sign in.
    Join(JoinOrder),
    /// Change the account's password.
    ChangePassword(#[ts(type = "{ current: string, new: string }")] ChangePassword),
    /// Sign out.
    Logout,
    /// Fetch the catalogue anew.
    Refresh,
    /// The games of the catalogue.
    Library,
    /// The picture of a game, if it is here; if it is not, it is fetched, and news tell when to ask again.
    Cover {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
        /// Whether the small one will do.
        small: bool,
    },
    /// The server, and the games on this machine.
    Status,
    /// Start a game.
    Play {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
        /// What of it; the first that fits if there is none.
        entry: Option<String>,
        /// What it is given besides.
        args: Vec<String>,
    },
    /// Ask a running game to end.
    StopGame {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
    },
    /// What of a game can be started.
    LaunchChoices {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
    },
    /// What a game's builds for Windows run by.
    Runner {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
    },
    /// Choose that.
    ChooseRunner {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
        /// The program, absolute; what is taken otherwise if there is none.
        runner: Option<PathBuf>,
    },
    /// Show a game's folder in the system's file browser.
    OpenFolder {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
    },
    /// The disks under the games.
    Disks,
    /// The folders that games are installed into.
    LibraryFolders,
    /// Who is near, and what was moved.
    Neighbourhood,
    /// List what was put aside for the player of a game.
    Kept {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
    },
    /// Put such things back.
    Restore {
        /// The game.
        #[ts(type = "string")]
        game: Slug,
        /// What was there or below it; all of it if there is none.
        path: Option<String>,
    },
    /// Look through a folder for games of the catalogue that are there already; news tell how far that is.
    Scan {
        /// The folder, absolute.
        dir: PathBuf,
    },
    /// Break that off.
    StopScan,
    /// Look for what usually goes wrong.
    Doctor,
    /// What a friend gives to whoever helps them, without secrets.
    Diagnostics,
    /// The settings.
    Settings,
    /// Other settings.
    SetSettings {
        /// All of them.
        settings: Settings,
    },
}

/// The engine's answer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(tag = "reply", content = "value", rename_all = "snake_case")]
pub enum Reply {
    /// To [`Request::Next`].
    News(Rev, Vec<Delta>),
    /// To [`Request::Submit`].
    Submitted(OpId),
    /// To [`Request::Forecast`].
    Forecast(Forecast),
    /// To [`Request::ForecastMove`].
    MoveForecast(MoveForecast),
    /// To [`Request::Operations`].
    Operations(Vec<OperationView>),
    /// To [`Request::LookAtInvite`].
    Invite(InviteView),
    /// To [`Request::Login`] and [`Request::Join`].
    SignedIn(SignedIn),
    /// To [`Request::Refresh`].
    Refreshed(Refreshed),
    /// To [`Request::Library`].
    Library(Vec<LibraryItem>),
    /// To [`Request::Cover`].
    Cover(Option<CoverPicture>),
    /// To [`Request::Status`].
    Status(Box<Status>, Owner),
    /// To [`Request::LaunchChoices`].
    LaunchChoices(Vec<LaunchChoice>),
    /// To [`Request::Runner`].
    Runner(RunnerView),
    /// To [`Request::Disks`].
    Disks(Vec<DiskView>),
    /// To [`Request::LibraryFolders`].
    LibraryFolders(Vec<LibraryFolder>),
    /// To [`Request::Neighbourhood`]; nothing if this machine takes part in no swarm.
    Neighbourhood(Option<Box<Neighbourhood>>),
    /// To [`Request::Kept`] and, with what came back, [`Request::Restore`].
    Kept(Vec<KeptItem>),
    /// To [`Request::Doctor`].
    Checks(Vec<Check>),
    /// To [`Request::Diagnostics`]: JSON, laid out for people.
    Diagnostics(String),
    /// To [`Request::Settings`].
    Settings(Settings),
    /// It is done, and there is nothing to tell.
    Done,
}

/// The first message of a connection. Its form never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hello {
    /// Version of the messages that follow.
    pub(crate) protocol: u32,
    /// Version of the program.
    pub(crate) version: String,
    /// What for.
    pub(crate) purpose: Purpose,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    /// Requests follow.
    Attach,
    /// The process is to end in order. Understood by all versions.
    Stop,
}

/// The answer to a [`Hello`]. Its form never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Welcome {
    /// Version of the messages.
    pub(crate) protocol: u32,
    /// Who answers.
    pub(crate) owner: Owner,
    /// Whether the connection is refused because there are too many.
    #[serde(default)]
    pub(crate) full: bool,
}

/// The answer to a request.
pub(crate) type Answer = Result<Reply, Failure>;
