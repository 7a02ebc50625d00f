//! What replicas call out to each other: that there are events, and that there may be a job.
//!
//! One connection of each replica listens. What is called out while it is down is not heard; whoever waits looks again
//! when it is back, and once in a while anyway.

use std::time::Duration;

use futures::StreamExt;
use redis::{Client, RedisResult};
use tokio::{sync::watch, task::JoinHandle};

use super::Link;

/// How long to wait before the connection is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// The channels, below the prefix.
pub(super) const EVENTS: &str = "news:events";
pub(super) const JOBS: &str = "news:jobs";

/// Listens to the other replicas.
pub(super) struct News {
    /// Moves when there may be events.
    pub(super) events: watch::Sender<()>,
    /// Moves when there may be jobs.
    pub(super) jobs: watch::Sender<()>,
    listening: JoinHandle<()>,
}

impl News {
    /// Listens until dropped.
    pub(super) fn follow(client: Client, link: &Link) -> Self {
        let (events, jobs) = (watch::Sender::new(()), watch::Sender::new(()));
        let channels = [(link.key(EVENTS), events.clone()), (link.key(JOBS), jobs.clone())];
        let listening = tokio::spawn(async move {
            loop {
                if let Err(e) = listen(&client, &channels).await {
                    tracing::debug!(error = %e, "what replicas call out is not heard now");
                }
                tokio::time::sleep(AGAIN).await;
            }
        });
        Self { events, jobs, listening }
    }
}

impl Drop for News {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

/// Listens until the connection ends.
async fn listen(client: &Client, channels: &[(String, watch::Sender<()>)]) -> RedisResult<()> {
    let mut connection = client.get_async_pubsub().await?;
    for (channel, _) in channels {
        connection.subscribe(channel).await?;
    }
    // What was called out until now was not heard.
    for (_, moved) in channels {
        moved.send_replace(());
    }
    let mut messages = connection.on_message();
    while let Some(message) = messages.next().await {
        if let Some((_, moved)) = channels.iter().find(|(channel, _)| channel == message.get_channel_name()) {
            moved.send_replace(());
        }
    }
    Ok(())
}
