//! The seeds' words in one hash, a field for each seed.

use async_trait::async_trait;
use mist_proto::{UnixMillis, http::StoreStats};
use redis::AsyncCommands;
use serde::{Deserialize, Serialize};

use super::{Away, Link};
use crate::shared::stores::{Stores, Word, Words};

/// A word as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    stats: StoreStats,
    at: UnixMillis,
}

/// Keeps the words where every replica reads them.
pub(super) struct RedisStores(Link);

impl RedisStores {
    pub(super) fn new(link: Link) -> Self {
        Self(link)
    }
}

#[async_trait]
impl Stores for RedisStores {
    async fn note(&self, word: Word) -> Result<(), Away> {
        let (key, seed) = (self.0.key("stores"), word.stats.seed.clone());
        let written = Written { stats: word.stats, at: word.at };
        let text = serde_json::to_string(&written).map_err(|e| Away(Box::new(e)))?;
        self.0.call(|mut c| async move { c.hset(key, seed, text).await }).await
    }

    async fn forget(&self, seed: &str) -> Result<(), Away> {
        let (key, seed) = (self.0.key("stores"), seed.to_owned());
        self.0.call(|mut c| async move { c.hdel(key, seed).await }).await
    }

    async fn words(&self) -> Result<Words, Away> {
        let key = self.0.key("stores");
        let texts: Vec<String> = self.0.call(|mut c| async move { c.hvals(key).await }).await?;
        // What a replica of another release wrote is no word to this one, and the seed speaks again soon.
        let words = texts.iter().filter_map(|text| serde_json::from_str::<Written>(text).ok());
        Ok(Words(words.map(|w| Word { stats: w.stats, at: w.at }).collect()))
    }
}
