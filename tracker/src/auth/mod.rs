//! Who is calling, and what they may do.

pub mod browser;
pub mod caller;
pub mod capability;
mod cookie;
pub mod factor;
mod guesses;
pub mod handlers;
pub mod join;
pub mod own;
pub mod password;
pub mod proof;
pub mod refresh;
pub mod release_key;
pub mod session;
pub mod signing;
pub mod tokens;
pub mod totp;

use std::sync::Arc;

use reqwest::Url;

use self::{password::Passwords, signing::Signing};
use crate::{records::Records, shared::backoff::SignInBackoff};

/// What signing in takes.
#[derive(Clone)]
pub struct Auth {
    pub(crate) records: Records,
    pub(crate) signing: Signing,
    pub(crate) passwords: Arc<Passwords>,
    pub(crate) backoff: Arc<dyn SignInBackoff>,
    /// Addresses of this server that it signs for.
    pub(crate) addresses: Arc<[Url]>,
}
