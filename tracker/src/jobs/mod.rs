//! The seeds' jobs, and the server's own: given out under a lease, tried again with back-off, visible to admins.

pub mod handlers;
pub mod kinds;
pub mod lease;
mod log;
pub mod own;
pub mod queue;
pub mod turns;
pub mod work;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    builds::upkeep::Upkeep,
    records::Records,
    shared::{events::Events, wake::JobsWake},
};

/// What giving out jobs takes.
#[derive(Clone)]
pub struct Jobs {
    pub(crate) records: Records,
    pub(crate) events: Arc<dyn Events>,
    pub(crate) wake: Arc<dyn JobsWake>,
    pub(crate) upkeep: Upkeep,
    /// Ends claims that wait when the server stops.
    pub(crate) stopping: CancellationToken,
}
