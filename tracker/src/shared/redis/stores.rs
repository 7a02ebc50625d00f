//! The seeds' words in one hash for each kind, a field for each seed.

use async_trait::async_trait;
use mist_proto::{BlobId, Slug, UnixMillis, http::PieceCount};
use redis::AsyncCommands;

use super::{Away, Link};
use crate::shared::stores::{PiecesWord, Stores, Word, Words};

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
        let text = serde_json::to_string(&word).map_err(|e| Away(Box::new(e)))?;
        self.0.call(|mut c| async move { c.hset(key, seed, text).await }).await
    }

    async fn forget(&self, seed: &str) -> Result<(), Away> {
        for key in [self.0.key("stores"), self.0.key("pieces")] {
            let seed = seed.to_owned();
            let () = self.0.call(|mut c| async move { c.hdel(key, seed).await }).await?;
        }
        Ok(())
    }

    async fn words(&self) -> Result<Words, Away> {
        let key = self.0.key("stores");
        let texts: Vec<String> = self.0.call(|mut c| async move { c.hvals(key).await }).await?;
        // What a replica of another release wrote is no word to this one, and the seed speaks again soon.
        Ok(Words(texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect()))
    }

    async fn note_pieces(&self, seed: &str, word: PiecesWord) -> Result<(), Away> {
        let (key, seed) = (self.0.key("pieces"), seed.to_owned());
        let text = serde_json::to_string(&word).map_err(|e| Away(Box::new(e)))?;
        self.0.call(|mut c| async move { c.hset(key, seed, text).await }).await
    }

    async fn pieces(&self, game: &Slug, blob: &BlobId, now: UnixMillis) -> Result<Vec<PieceCount>, Away> {
        let key = self.0.key("pieces");
        let texts: Vec<String> = self.0.call(|mut c| async move { c.hvals(key).await }).await?;
        let words = texts.iter().filter_map(|text| serde_json::from_str::<PiecesWord>(text).ok());
        Ok(words.filter_map(|word| word.count(game, blob, now).cloned()).collect())
    }
}
