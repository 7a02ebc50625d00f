//! Games: who sees them, and what is said about them.

pub mod covers;
pub mod games;
pub mod handlers;
pub mod picture;
pub mod steam;
pub mod visibility;

use std::sync::Arc;

use tokio::sync::Semaphore;

use self::{games::RecentLists, steam::Steam};
use crate::{
    records::Records,
    shared::{events::Events, wake::JobsWake},
};

/// What the catalogue takes.
#[derive(Clone)]
pub struct Catalog {
    pub(crate) records: Records,
    pub(crate) events: Arc<dyn Events>,
    pub(crate) wake: Arc<dyn JobsWake>,
    pub(crate) steam: Arc<Steam>,
    /// Bounds the pictures that are decoded at once.
    pub(crate) pictures: Arc<Semaphore>,
    pub(crate) lists: Arc<RecentLists>,
}
