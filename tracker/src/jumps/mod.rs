//! Patches made on request: from a friend's folder, whatever it holds, or between builds that are no neighbours.

pub mod direct;
pub mod handlers;
pub mod requests;

use std::sync::Arc;

use crate::{
    auth::signing::Signing,
    records::Records,
    shared::{presence::Presence, wake::JobsWake},
};

/// What patches on request take.
#[derive(Clone)]
pub struct Jumps {
    pub(crate) records: Records,
    pub(crate) signing: Signing,
    pub(crate) presence: Arc<dyn Presence>,
    pub(crate) wake: Arc<dyn JobsWake>,
    /// Bytes of a chain of patches above which the first who asks gets a direct one made.
    pub(crate) direct_patch_above: u64,
}
