//! The running seed.

use std::net::SocketAddr;

use mist_proto::ids::PeerName;

use crate::SeedConfig;

/// A running seed. Dropping it without [`SeedNode::shutdown`] stops its tasks where they are, which is safe.
pub struct SeedNode {
    _config: SeedConfig,
}

/// Why a seed can't start. A store or a tracker that is away is no reason: the seed waits for either.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder can't be used.
    #[error("can't use the data folder: {0}")]
    DataDir(#[source] std::io::Error),
}

impl SeedNode {
    /// Starts a seed: opens the store, listens for QUIC, and goes on trying until the tracker answers.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(config: SeedConfig) -> Result<Self, StartError> {
        Ok(Self { _config: config })
    }

    /// The byte router, to be nested at `/seed/v1`. Every request carries a capability.
    pub fn router(&self) -> axum::Router {
        axum::Router::new()
    }

    /// Where QUIC listens.
    pub fn quic_addresses(&self) -> Vec<SocketAddr> {
        Vec::new()
    }

    /// The seed's peer id.
    pub fn peer_name(&self) -> Option<&PeerName> {
        None
    }

    /// Stops taking requests and jobs, tells the tracker, and returns when everything has stopped.
    pub async fn shutdown(&self) {}
}
