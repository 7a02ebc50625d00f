//! A friend's client without any user interface: the engine of one home, for a long life.
//!
//! [`Engine`] is what command lines and desktop shells sit on. It decides nothing that a pure type can decide: its queue says
//! what runs, [`install::plan`] picks routes, `install::reuse` finds what is here already, [`trust`] says which keys count. All
//! files of a game are reached through [`mist_tree::fs`].
//!
//! State lives in the folder that [`home::Home`] describes, and in each game's `.mist/` ([`folder`]). One process at a time
//! owns a home and runs its engine; how the others reach it is `client/view`.

mod account;
mod address_book;
mod adopt;
mod ahead;
mod batch;
mod catalogue;
mod clock;
mod covers;
mod diagnostics;
mod doctor;
mod engine;
mod error;
mod events;
mod failure;
pub mod folder;
pub mod home;
pub mod install;
mod kept;
mod launch;
mod library;
pub mod limits;
mod moving;
mod op_id;
mod patch_cache;
mod process_group;
mod random;
mod reports;
mod runner;
mod scan;
pub mod self_update;
mod session;
pub mod settings;
mod shortcut;
mod status;
mod stop;
mod swarm;
mod sync;
mod thrift;
pub mod trust;

pub use mist_api_client::CallError;

pub use batch::{Batch, BatchEnd, Told};
pub use clock::{date_of, moment_of};
pub use doctor::{Check, Verdict};
pub use engine::{
    Connection, Control, CoverPicture, Credentials, Delta, DiskProgress, DiskView, Engine, GameTraffic,
    InviteView, JoinOrder, LibraryFolder, LibraryItem, Neighbourhood, NetworkProgress, OpId, OperationState,
    OperationView, Order, Outcome, Owner, Plan, Play, Refreshed, Remark, Rev, ScanView, SignedIn,
    Verification,
};
pub use error::{Error, InstallError};
pub use events::{Event, Phase};
pub use failure::{ErrorClass, Failure};
pub use folder::RouteKind;
pub use home::{Home, Ownership};
pub use install::{DiskForecast, Forecast, RouteForecast, Uninstalled};
pub use kept::KeptItem;
pub use launch::{LaunchChoice, launch};
pub use library::{Entry, Library};
pub use limits::{LimitNow, LimitsNow, Schedule};
pub use moving::{BadTarget, MoveForecast, Moving};
pub use runner::{Runner, RunnerKind, RunnerView};
pub use scan::Found;
pub use settings::{GivenSettings, SecretStore, Settings};
pub use shortcut::desktop_entry;
pub use status::{GameState, GameStatus, NextBuild, PreviousBuild, ServerStatus, Status};
pub use stop::StopReason;
pub use thrift::Thrift;
