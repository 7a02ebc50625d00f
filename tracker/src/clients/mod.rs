//! Packages of the client that the server passes on: signed by the release key, which it does not have.

pub mod handlers;
pub mod packages;

use crate::records::Records;

/// What passing packages on takes.
#[derive(Clone)]
pub struct Clients {
    pub(crate) records: Records,
}
