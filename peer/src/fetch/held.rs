//! What was fetched is served on until whoever ordered it serves it.

use std::{fmt, sync::Arc};

use crate::{link::BlobKey, node::Shared};

/// Serves what a fetch brought, out of its partial blob and its sink, until it is dropped. [`Blobs`](crate::Blobs) should have the blob by then:
/// friends who are told that it is not here go elsewhere.
///
/// The same blob can't be fetched again before.
pub struct Held {
    node: Arc<Shared>,
    key: BlobKey,
}

impl Held {
    pub(super) fn new(node: Arc<Shared>, key: BlobKey) -> Self {
        Self { node, key }
    }

    /// To be called before the bytes are moved: they are no longer read, and whoever asks for them is told to come back soon.
    pub fn withdraw(&self) {
        self.node.withdraw_fetch(&self.key);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.node.end_fetch(&self.key);
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("key", &self.key).finish_non_exhaustive()
    }
}
