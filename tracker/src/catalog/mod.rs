//! Games: who sees them, and what is said about them.

pub mod games;
pub mod handlers;
pub mod steam;
pub mod visibility;

use std::sync::Arc;

use self::steam::Steam;
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
}
