//! A friend's client without any user interface: sign-in, catalogue, install engine, seeding.
//!
//! [`Client`] is the façade that command lines and desktop shells sit on; what happens while it works comes as
//! [`Event`]s. It decides nothing that a pure type can decide: [`install::plan`] picks routes, `install::reuse` finds what is
//! here already, [`trust`] says which keys count. All files of a game are reached through [`mist_tree::fs`].
//!
//! State lives in the folder that [`home::Home`] describes, and in each game's `.mist/` ([`folder`]). Several
//! processes may share both: sessions are renewed under a lock, and one process at a time works on a game.

mod account;
mod address_book;
mod catalogue;
mod client;
mod clock;
mod doctor;
mod error;
mod events;
pub mod folder;
pub mod home;
pub mod install;
mod launch;
mod library;
mod patch_cache;
mod reports;
mod session;
mod settings;
mod status;
mod stop;
mod swarm;
mod sync;
pub mod trust;

pub use mist_api_client::CallError;

pub use client::{Client, Credentials, InstallOrder, LibraryItem, Refreshed, SignedIn, Verification};
pub use doctor::{Check, Verdict};
pub use error::{Error, ErrorClass};
pub use events::{Event, Phase, RouteKind};
pub use home::Home;
pub use install::{Forecast, InstallError, RouteForecast, Uninstalled};
pub use library::{Entry, Library};
pub use settings::{SecretStore, Settings};
pub use status::{GameState, GameStatus, ServerStatus, Status};
pub use stop::StopReason;
