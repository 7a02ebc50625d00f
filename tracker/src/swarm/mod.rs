//! The swarm: who may ask whom, where bytes can be had, and what was moved. Who is online with what is in
//! [`crate::shared::presence`].

pub mod addresses;
pub mod announce;
pub mod around;
pub mod devices;
pub mod handlers;
pub mod last_seen;
pub mod recent;
pub mod reports;
pub mod sources;
pub mod tickets;

use std::sync::Arc;

use self::{last_seen::LastSeen, recent::Recently};
use crate::{
    auth::signing::Signing,
    records::Records,
    shared::{presence::Presence, stores::Stores, wake::JobsWake},
};

/// What the swarm takes.
#[derive(Clone)]
pub struct Swarm {
    pub(crate) records: Records,
    pub(crate) signing: Signing,
    pub(crate) presence: Arc<dyn Presence>,
    pub(crate) stores: Arc<dyn Stores>,
    pub(crate) wake: Arc<dyn JobsWake>,
    pub(crate) last_seen: Arc<LastSeen>,
    pub(crate) recently: Arc<Recently>,
    /// Whether it is kept over time how much each friend received.
    pub(crate) history_by_friend: bool,
}
