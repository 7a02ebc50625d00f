//! The tracker's key pair, by which everything is signed that others show: access tokens, tickets, capabilities.

use std::sync::Arc;

use mist_proto::claims::{TrackerKey, TrackerSecret};

/// Signs and verifies.
#[derive(Clone)]
pub struct Signing {
    /// Signs.
    pub secret: Arc<TrackerSecret>,
    /// Verifies; clients pin it.
    pub key: TrackerKey,
}

impl From<TrackerSecret> for Signing {
    fn from(secret: TrackerSecret) -> Self {
        Self { key: secret.public(), secret: Arc::new(secret) }
    }
}
