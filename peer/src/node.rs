//! One end of the swarm.

use std::{io, net::SocketAddr, sync::Arc};

use mist_proto::{Hash, ids::PeerName};

use crate::{Admission, Blobs, Fetch, FetchHandle, Identity, NodeStats, RateLimits};

/// What a node is to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Comes and goes.
    Friend,
    /// Never leaves, holds everything, and hands different pieces to different friends.
    Seed,
}

/// How to start a node.
pub struct NodeConfig {
    /// Who it is.
    pub identity: Identity,
    /// UDP addresses to listen on; port 0 for any. At least one.
    pub listen: Vec<SocketAddr>,
    /// Whether to find, and be found by, peers on the local network by mDNS.
    pub lan_discovery: bool,
    /// What it is to others.
    pub role: Role,
    /// What it serves.
    pub blobs: Arc<dyn Blobs>,
    /// Whom it admits, and what it shows.
    pub admission: Arc<dyn Admission>,
    /// Limits to begin with.
    pub limits: RateLimits,
}

/// A peer that mDNS found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanPeer {
    /// Who it says that it is; proved when it is dialed.
    pub peer: PeerName,
    /// Where it says that it listens.
    pub addrs: Vec<SocketAddr>,
}

/// Why a node can't start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// No address to listen on was given.
    #[error("a node needs an address to listen on")]
    NoAddress,
    /// The address is taken or not ours.
    #[error("can't listen on {addr} (UDP): {source}")]
    Listen {
        /// The address.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate could not be made.
    #[error("can't make the certificate: {0}")]
    Tls(String),
}

/// A running node. A clone is another handle; the node ends with [`Node::shutdown`].
#[derive(Clone)]
pub struct Node {}

impl Node {
    /// Starts listening. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// [`NodeError`]. That mDNS can't start is a warning in the log only.
    pub fn start(config: NodeConfig) -> Result<Self, NodeError> {
        unimplemented!()
    }

    /// Where others may reach it: wildcards are replaced by the addresses of the machine's interfaces.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        unimplemented!()
    }

    /// Who it is.
    pub fn peer_name(&self) -> &PeerName {
        unimplemented!()
    }

    /// The peers that mDNS sees now.
    pub fn lan_peers(&self) -> Vec<LanPeer> {
        unimplemented!()
    }

    /// Counters since the start.
    pub fn stats(&self) -> NodeStats {
        unimplemented!()
    }

    /// Changes the limits, also for transfers under way.
    pub fn set_limits(&self, limits: RateLimits) {
        unimplemented!()
    }

    /// Starts to fetch a blob. It is served to others while it comes in.
    pub fn fetch(&self, order: Fetch) -> FetchHandle {
        unimplemented!()
    }

    /// Tells subscribers what this node has of a blob now: to be called when [`Blobs`] gained or lost (a part of) it.
    pub fn refresh(&self, scope: &str, hash: &Hash) {
        unimplemented!()
    }

    /// Re-reads the deny-list ([`Admission::denied`]) for every connection and closes those that it names.
    pub fn recheck_peers(&self) {
        unimplemented!()
    }

    /// Ends all fetches and connections in order.
    pub async fn shutdown(&self) {
        unimplemented!()
    }
}
