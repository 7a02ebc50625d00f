//! The install engine: one way from what a folder holds to the wanted build, for installing, updating, switching and
//! healing alike.
//!
//! [`survey`] looks at the folder, [`reuse`] and [`plan`] decide (pure), staging is filled by pieces of the archive
//! ([`pieces`]) by patches ([`hop`]) or by one patch for just this folder ([`jump`]), [`journal`] puts it in place, [`seal`] proves that the result is the signed build.
//! [`engine`] drives them.

mod engine;
mod error;
mod hop;
pub(crate) mod journal;
mod jump;
mod ledger;
mod pieces;
pub mod plan;
pub(crate) mod reuse;
mod room;
#[cfg(test)]
pub(crate) mod samples;
pub(crate) mod seal;
mod sink;
pub(crate) mod survey;
pub(crate) mod uninstall;

pub(crate) use engine::{Engine, Goal, blocking};
pub use error::InstallError;
pub use uninstall::Uninstalled;
