//! Waking by a number that grows with each call, and by calling out that it has grown.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use async_trait::async_trait;
use redis::{AsyncCommands, Script};

use super::{Away, Link, news, news::News};
use crate::shared::wake::{JobsWake, Mark};

/// A call that was not heard is found out about after this long.
const LOOK: Duration = Duration::from_secs(5);

static WAKE: LazyLock<Script> =
    LazyLock::new(|| Script::new("redis.call('INCR', KEYS[1]) return redis.call('PUBLISH', KEYS[2], '')"));

/// Wakes who waits at any replica.
pub(super) struct RedisWake {
    link: Link,
    news: Arc<News>,
}

impl RedisWake {
    pub(super) fn new(link: Link, news: Arc<News>) -> Self {
        Self { link, news }
    }
}

#[async_trait]
impl JobsWake for RedisWake {
    async fn wake(&self) -> Result<(), Away> {
        let (count, channel) = (self.link.key("wakes"), self.link.key(news::JOBS));
        self.link.call(|mut c| async move { WAKE.key(count).key(channel).invoke_async(&mut c).await }).await
    }

    async fn mark(&self) -> Result<Mark, Away> {
        let count = self.link.key("wakes");
        let mark: Option<Mark> = self.link.call(|mut c| async move { c.get(count).await }).await?;
        Ok(mark.unwrap_or(0))
    }

    async fn woken_since(&self, mark: Mark) -> Result<(), Away> {
        // Registered before looking, so that a call in between is heard.
        let mut moved = self.news.jobs.subscribe();
        // A number that is less than the mark is that of a server that began anew.
        while self.mark().await? == mark {
            // Neither end matters here: the number is looked at again.
            let _ = tokio::time::timeout(LOOK, moved.changed()).await;
        }
        Ok(())
    }
}
