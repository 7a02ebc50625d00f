//! Counts what comes in for a fetch.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use mist_proto::http::{BytesBySource, SourceClass};

use crate::{
    rates::Gate,
    waits::{Gauges, Stage},
};

/// Bytes that came over the network for one fetch, by class of source, of use or not: whole answers of peers (head, hashes
/// and payload, packed as it was), and bodies of HTTPS with the heads of their responses as text. What this node itself
/// sends, control frames, and what QUIC, TLS and IP put around all that are not among them.
#[derive(Default)]
pub(crate) struct Wire(Mutex<BytesBySource>);

impl Wire {
    pub(crate) fn total(&self) -> BytesBySource {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, class: SourceClass, bytes: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(class, bytes);
    }
}

/// Counts what one request brings.
pub(crate) struct Meter {
    class: SourceClass,
    wire: Arc<Wire>,
    gauges: Arc<Gauges>,
    received: Arc<AtomicU64>,
    source: Arc<AtomicU64>,
}

impl Meter {
    /// `wire` and `gauges` are those of the fetch; `source` counts the payload of all requests to the same source.
    pub(crate) fn new(
        class: SourceClass,
        wire: Arc<Wire>,
        gauges: Arc<Gauges>,
        source: Arc<AtomicU64>,
    ) -> Self {
        Self { class, wire, gauges, received: Arc::default(), source }
    }

    /// The payload of this request so far.
    pub(crate) fn received(&self) -> Arc<AtomicU64> {
        self.received.clone()
    }

    /// Some bytes of payload came in.
    pub(crate) fn payload(&self, bytes: u64) {
        self.source.fetch_add(bytes, Ordering::Relaxed);
        self.received.fetch_add(bytes, Ordering::Relaxed);
        self.wire.add(self.class, bytes);
    }

    /// Waits until the node's own limit lets so many bytes pass.
    pub(crate) async fn pass(&self, limit: &Gate, bytes: u64) {
        let _waiting = self.gauges.enter(Stage::Limit);
        limit.pass(bytes).await;
    }

    /// What belongs to an answer and is no payload came in.
    pub(crate) fn overhead(&self, bytes: u64) {
        self.wire.add(self.class, bytes);
    }
}
