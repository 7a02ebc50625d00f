//! The operator's view.

mod claims;
pub mod count;
pub mod handlers;
mod heal;
mod reach;
mod seal;
pub mod trouble;

use std::sync::Arc;

use mist_proto::{UnixMillis, claims::TrackerKey};

use crate::{
    backups::Backups,
    records::Records,
    shared::{presence::Presence, stores::Stores, wake::JobsWake},
};

/// What the operator's view is made of.
#[derive(Clone)]
pub struct Overview {
    pub(crate) records: Records,
    pub(crate) presence: Arc<dyn Presence>,
    pub(crate) stores: Arc<dyn Stores>,
    pub(crate) wake: Arc<dyn JobsWake>,
    pub(crate) backups: Option<Arc<Backups>>,
    /// Signs tokens, tickets and capabilities.
    pub(crate) key: TrackerKey,
    /// When this process began.
    pub(crate) started: UnixMillis,
}
