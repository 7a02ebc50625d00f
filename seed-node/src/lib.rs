//! A peer that never leaves: it stores builds, runs the tracker's jobs and serves bytes by QUIC and HTTP.

mod config;
mod node;

pub use config::{Credentials, SeedConfig, SeedLimits};
pub use node::{SeedNode, StartError};
