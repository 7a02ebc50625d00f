//! Events, counted on their way to whoever listens.

use std::sync::Arc;

use async_trait::async_trait;

use super::Metrics;
use crate::shared::{
    Away,
    events::{EventId, Events, Missed, Pending},
};

/// Events that are counted as they are posted.
pub struct CountedEvents {
    inner: Arc<dyn Events>,
    metrics: Arc<Metrics>,
}

impl CountedEvents {
    /// Counts those that go to `inner`.
    pub fn new(inner: Arc<dyn Events>, metrics: Arc<Metrics>) -> Self {
        Self { inner, metrics }
    }
}

#[async_trait]
impl Events for CountedEvents {
    async fn post(&self, events: Pending) -> Result<(), Away> {
        let kinds: Vec<&'static str> = events.kinds().collect();
        self.inner.post(events).await?;
        kinds.into_iter().for_each(|kind| self.metrics.posted(kind));
        Ok(())
    }

    async fn latest(&self) -> Result<EventId, Away> {
        self.inner.latest().await
    }

    async fn after(&self, last: EventId) -> Result<Missed, Away> {
        self.inner.after(last).await
    }
}
