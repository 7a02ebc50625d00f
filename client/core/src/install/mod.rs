//! Installing, updating, switching and repairing: one way from what a folder holds to the wanted build.
//!
//! An [`Installation`] is one such operation. It *surveys* the folder ([`findings`]), *plans* ([`routes`]; [`reuse`], [`chains`]
//! and [`plan`] decide, pure), *runs a route*: it *stages* new files by pieces of the archive ([`pieces`]), by patches
//! ([`hop`]) or by one patch for just this folder ([`jump`]), with the build's links beside them ([`links`]), *commits* them
//! ([`commit`], by the [`journal`]), keeping what going back takes ([`previous`]), and *verifies* that the result is the signed
//! build ([`seal`]). What an update takes may be fetched before its build is live ([`ahead`]). [`forecast`](forecast()) surveys and plans without changing anything, and [`abandon`](abandon()) undoes
//! what an operation has begun.

mod abandon;
mod ahead;
mod chains;
mod commit;
mod disks;
mod findings;
mod forecast;
mod hop;
mod installation;
pub(crate) mod journal;
mod jump;
mod ledger;
pub(crate) mod links;
mod pieces;
pub mod plan;
pub(crate) mod previous;
pub(crate) mod reuse;
mod room;
mod routes;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod seal;
mod sink;
mod stopwatch;
pub(crate) mod survey;
mod tools;
pub(crate) mod uninstall;
#[cfg(test)]
mod world;

use crate::error::InstallError;

pub(crate) use abandon::{Abandoned, abandon};
pub(crate) use ahead::let_go;
pub(crate) use commit::recover;
pub use disks::DiskForecast;
pub(crate) use disks::{PatchPlace, free_at, same_disk};
pub(crate) use forecast::forecast;
pub use forecast::{Forecast, RouteForecast};
pub(crate) use installation::Installation;
pub(crate) use seal::seal;
pub(crate) use tools::{Goal, Tools, blocking};
pub use uninstall::Uninstalled;
