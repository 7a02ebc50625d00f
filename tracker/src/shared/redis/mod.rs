//! The seams in a Redis server (7 or newer, or Valkey), for several trackers that serve as one.
//!
//! Nothing here has to outlive the server: when it is flushed or begins anew, peers announce themselves within one
//! interval, seeds speak again, listeners read the lists again, and counts begin at nothing. All that must not be lost is
//! in the database. Each change is one script or one command, so that no replica sees half of it.
//!
//! All keys begin with a prefix, so that several servers of Mist may share one Redis. The scripts name keys that they
//! find in others, which a Redis Cluster does not allow: use one primary, with or without replicas of its own.

mod backoff;
mod budget;
mod events;
mod news;
mod presence;
mod stores;
mod together;
mod wake;

use std::{future::Future, sync::Arc, time::Duration};

use redis::{
    Client, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use self::{
    backoff::RedisSignInBackoff, budget::RedisBudget, events::RedisEvents, news::News,
    presence::RedisPresence, stores::RedisStores, wake::RedisWake,
};
use super::{Away, Seams};

/// A call that takes longer has failed.
const ANSWER: Duration = Duration::from_secs(2);
/// Prefix of all keys, unless the address names another.
pub const PREFIX: &str = "mist";

/// The server does not answer in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {} s", ANSWER.as_secs())]
struct Silent;

/// A connection that all six share. It heals by itself.
#[derive(Clone)]
struct Link {
    manager: ConnectionManager,
    prefix: Arc<str>,
}

impl Link {
    /// The full name of a key.
    fn key(&self, name: impl std::fmt::Display) -> String {
        format!("{}:{name}", self.prefix)
    }

    /// Runs one call on the connection.
    async fn call<T, F>(&self, call: impl FnOnce(ConnectionManager) -> F) -> Result<T, Away>
    where
        F: Future<Output = RedisResult<T>>,
    {
        match tokio::time::timeout(ANSWER, call(self.manager.clone())).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(e)) => Err(Away(Box::new(e))),
            Err(_) => Err(Away(Box::new(Silent))),
        }
    }
}

/// Whether `url` is an address of Redis.
///
/// # Errors
/// It is none.
pub fn check(url: &str) -> RedisResult<()> {
    Client::open(url).map(drop)
}

/// The six in the Redis server at `url`, with keys that begin with `prefix`.
///
/// The server need not be there yet. Must be called within a Tokio runtime.
///
/// # Errors
/// The address is not one of Redis.
pub fn seams(url: &str, prefix: &str) -> RedisResult<Seams> {
    let client = Client::open(url)?;
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(ANSWER))
        .set_response_timeout(Some(ANSWER));
    let manager = client.get_connection_manager_lazy(config)?;
    let link = Link { manager, prefix: prefix.into() };
    let news = Arc::new(News::follow(client, &link));
    Ok(Seams {
        presence: Arc::new(RedisPresence::new(link.clone())),
        budget: Arc::new(RedisBudget(link.clone())),
        events: Arc::new(RedisEvents::new(link.clone(), news.clone())),
        backoff: Arc::new(RedisSignInBackoff::new(link.clone())),
        stores: Arc::new(RedisStores::new(link.clone())),
        wake: Arc::new(RedisWake::new(link, news)),
    })
}
