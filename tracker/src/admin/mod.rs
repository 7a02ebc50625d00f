//! What admins manage besides games: accounts and seeds.

pub mod handlers;
pub mod invites;
pub mod seeds;
pub mod sessions;
pub mod users;

use std::sync::Arc;

use mist_proto::claims::TrackerKey;
use reqwest::Url;

use crate::{
    auth::password::Passwords,
    records::Records,
    shared::{presence::Presence, stores::Stores},
};

/// What managing accounts and seeds takes.
#[derive(Clone)]
pub struct Admin {
    pub(crate) records: Records,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) presence: Arc<dyn Presence>,
    pub(crate) stores: Arc<dyn Stores>,
    /// The tracker's key, for links.
    pub(crate) key: TrackerKey,
    /// Addresses that friends type.
    pub(crate) addresses: Arc<[Url]>,
}

impl Admin {
    /// Lets nobody be told of an account's or seed's peers any more. Should that fail, they are forgotten once they
    /// fall silent: what they may do is taken back already.
    async fn forget_peers(&self, account: &str) {
        if let Err(e) = self.presence.drop_account(account).await {
            tracing::warn!(error = %e, account, "peers of an account stay in the list until they fall silent");
        }
    }
}
