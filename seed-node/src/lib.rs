//! A peer that never leaves: it stores builds, runs the tracker's jobs and serves bytes by QUIC and HTTP.
//!
//! [`SeedNode`] is embedded by the tracker or run by the `seed-node` binary; either way it speaks to the tracker by
//! HTTP, and the bytes that it offers by HTTP are a router for somebody else's listener.
//!
//! Map of the code: `store` is the folder on disk that may go away, `catalogue` what it holds, `uploads` what is being
//! pushed, `jobs` what the tracker wants done, `keeping` which builds need no files of their own, `scrub` whether all of it is sound, `serve` and `http` how bytes leave, `duties` what happens by the clock.

mod admission;
mod cache;
mod catalogue;
mod clock;
mod config;
pub mod declared;
mod duties;
mod gathers;
mod http;
mod jobs;
mod keeping;
mod keys;
mod live;
mod node;
mod packed;
mod pieces;
mod recovery;
mod retry;
mod rot;
mod scrub;
mod seed;
mod serve;
mod store;
mod tracker_client;
pub mod uplink;
mod uploads;
mod usage;

pub use config::{Credentials, SeedConfig, SeedLimits, reachable_address};
pub use node::{SeedNode, StartError};
