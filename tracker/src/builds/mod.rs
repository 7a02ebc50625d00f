//! Builds: from the first byte of a push to being live.

mod changes;
pub mod contents;
pub mod copying;
pub mod handlers;
pub mod insurance;
pub mod lifecycle;
pub mod list;
pub mod policy;
mod prune;
pub mod push;
pub mod rebuild;
pub mod removal;
mod revision;
pub mod rules;
mod spread;
pub mod upkeep;

use std::sync::Arc;

use tokio::sync::Semaphore;

use self::upkeep::Upkeep;
use crate::{
    auth::signing::Signing,
    records::Records,
    shared::{events::Events, presence::Presence, stores::Stores, wake::JobsWake},
};

/// What builds take.
#[derive(Clone)]
pub struct Builds {
    pub(crate) records: Records,
    pub(crate) signing: Signing,
    pub(crate) events: Arc<dyn Events>,
    pub(crate) presence: Arc<dyn Presence>,
    pub(crate) stores: Arc<dyn Stores>,
    pub(crate) wake: Arc<dyn JobsWake>,
    /// Bounds the manifests that are in memory at once.
    pub(crate) manifests: Arc<Semaphore>,
    pub(crate) upkeep: Upkeep,
    /// Seeds that are to have each build.
    pub(crate) copies: usize,
}
