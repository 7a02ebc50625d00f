//! The seeds' words in one hash for each kind, a field for each seed.

use std::sync::LazyLock;

use async_trait::async_trait;
use mist_proto::{BlobId, Slug, UnixMillis, http::PieceCount};
use redis::{AsyncCommands, Script};

use super::{Away, Link};
use crate::shared::stores::{PiecesWord, STALE_MILLIS, Stores, Unheard, Word, Words};

/// Arguments: the seed, its store if it names one, the latest time whose words no longer count, and the word. The answer is the seed that
/// uses the store, or nothing once the word is noted.
static NOTE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
local seed, store, gone = ARGV[1], ARGV[2], tonumber(ARGV[3])
if store ~= '' then
    local words = redis.call('HGETALL', KEYS[1])
    for i = 1, #words, 2 do
        local is_word, word = pcall(cjson.decode, words[i + 1])
        if words[i] ~= seed and is_word and type(word) == 'table' and type(word.stats) == 'table'
            and word.stats.store == store and tonumber(word.at) > gone
        then
            return words[i]
        end
    end
end
redis.call('HSET', KEYS[1], seed, ARGV[4])
return ''",
    )
});

/// Keeps the words where every replica reads them.
pub(super) struct RedisStores(Link);

impl RedisStores {
    pub(super) fn new(link: Link) -> Self {
        Self(link)
    }
}

#[async_trait]
impl Stores for RedisStores {
    async fn note(&self, word: Word) -> Result<(), Unheard> {
        let key = self.0.key("stores");
        let text = serde_json::to_string(&word).map_err(|e| Away(Box::new(e)))?;
        let store = word.stats.store.map_or_else(String::new, |store| store.to_string());
        let (seed, gone) = (word.stats.seed, word.at.0.saturating_sub(STALE_MILLIS));
        let user: String = self
            .0
            .call(|mut c| async move {
                NOTE.key(key).arg(seed).arg(store).arg(gone).arg(text).invoke_async(&mut c).await
            })
            .await?;
        if user.is_empty() { Ok(()) } else { Err(Unheard::InUse(user)) }
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
