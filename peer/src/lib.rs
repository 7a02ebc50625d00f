//! Moves verified blobs between nodes.
//!
//! A [`Node`] is one end of the swarm: it listens on QUIC, proves its [`Identity`], shows tickets, serves the
//! blobs that a [`Blobs`] opens for it, and fetches blobs from friends, seeds and HTTPS at once. Every byte that it
//! hands to a [`BlobSink`] was verified against the blob's BLAKE3 root before.
//!
//! The crate knows no games and no files: a *scope* is an opaque string, and callers decide where bytes live.
//!
//! Map of the code: [`bao`] is the hash tree as pure arithmetic, [`outboard`] keeps one; [`frames`] and [`range`] read what servers say of
//! the stored form of a blob; `mist-scheduler` decides what
//! to ask whom (pure, and simulated in `mist-swarm-model`) and the crate-private `fetch`, `link`, `serve`, `https` and `discovery` are
//! the thin drivers around it that touch the network.

pub mod bao;
mod blobs;
mod certificates;
mod congestion;
mod deeds;
mod discovery;
mod echo;
mod fetch;
mod https;
mod identity;
mod link;
mod meter;
mod network;
mod node;
pub mod outboard;
mod partial;
mod positioned;
pub mod rates;
mod serve;
mod session;
mod source;
mod stats;
mod tls;
mod waits;

use mist_scheduler::{self as scheduler, suggest};

pub use blobs::{Admission, Admitted, BlobSink, Blobs, ServedBlob};
pub use fetch::{Fetch, FetchError, FetchHandle, FetchProgress, FetchReport, Held, Trouble};
pub use https::{frames, range};
pub use identity::{Identity, IdentityError};
pub use mist_scheduler::{Credit, PieceSet};
pub use network::{Interface, Interfaces, SystemInterfaces};
pub use node::{KnownPieces, LanPeer, Node, NodeConfig, NodeError, Role};
pub use outboard::Outboard;
pub use partial::PartialBlob;
pub use rates::RateLimits;
pub use source::{Candidate, HttpsCandidate, HttpsKind, Origin, SourceFeed, SourceSender};
pub use stats::{Met, NodeStats, ScopeTraffic, TrafficRates};
pub use waits::Waits;
