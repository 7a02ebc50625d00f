//! The seam that carries what the seeds say of their stores, and of the pieces that their peers have.
//!
//! The table has one word of each kind a seed and forgets a seed's when the seed is removed, so that it is as large as the list of
//! seeds. What follows from the words is decided here too, by [`Words`], which is pure.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use mist_proto::{
    BlobId, Slug, UnixMillis,
    http::{PieceCount, StoreStats},
    ids::StoreId,
    limits::STORE_WORD_MILLIS,
};

use serde::{Deserialize, Serialize};

use super::Away;

/// A word older than this no longer counts.
pub(crate) const STALE_MILLIS: i64 = STORE_WORD_MILLIS;

/// A word about pieces older than this no longer counts.
const PIECES_STALE_MILLIS: i64 = 30_000;

/// What a seed said last of the pieces that its peers have, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PiecesWord {
    /// The blobs that they are fetching.
    pub blobs: Vec<PieceCount>,
    /// When it said so.
    pub at: UnixMillis,
}

impl PiecesWord {
    /// What it says of a blob, if it still counts.
    pub(super) fn count(&self, game: &Slug, blob: &BlobId, now: UnixMillis) -> Option<&PieceCount> {
        let is_fresh = now.since(self.at) < PIECES_STALE_MILLIS;
        self.blobs.iter().find(|count| is_fresh && count.game == *game && count.blob == *blob)
    }
}

/// What a seed said last, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// What it said.
    pub stats: StoreStats,
    /// When.
    pub at: UnixMillis,
}

/// Why a word was not taken note of.
#[derive(Debug, thiserror::Error)]
pub enum Unheard {
    /// Another seed, whose id this is, uses the store.
    #[error("the seed {0} uses that store")]
    InUse(String),
    /// The words are elsewhere.
    #[error(transparent)]
    Away(#[from] Away),
}

/// The latest word of each seed.
#[async_trait]
pub trait Stores: Send + Sync {
    /// Takes note of a seed's word, in place of its earlier one, unless a word of another seed that still counts has the same store:
    /// one look and one change that nothing comes between, whichever replicas the two seeds speak to.
    ///
    /// # Errors
    /// [`Unheard`]. The seed's earlier word stands then.
    async fn note(&self, word: Word) -> Result<(), Unheard>;

    /// Forgets the word of a seed that was removed.
    ///
    /// # Errors
    /// [`Away`].
    async fn forget(&self, seed: &str) -> Result<(), Away>;

    /// The latest word of every seed, those that are too old among them.
    ///
    /// # Errors
    /// [`Away`].
    async fn words(&self) -> Result<Words, Away>;

    /// Takes note of what a seed says of the pieces that its peers have, in place of what it said before.
    ///
    /// # Errors
    /// [`Away`].
    async fn note_pieces(&self, seed: &str, word: PiecesWord) -> Result<(), Away>;

    /// What each seed says of the pieces of a blob that its peers have; of those that say something.
    ///
    /// # Errors
    /// [`Away`].
    async fn pieces(&self, game: &Slug, blob: &BlobId, now: UnixMillis) -> Result<Vec<PieceCount>, Away>;
}

/// What the seeds said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words(pub Vec<Word>);

impl Words {
    /// Stores of the seeds that are online, by id.
    pub fn online(&self, now: UnixMillis) -> Vec<StoreStats> {
        let fresh = self.0.iter().filter(|w| is_fresh(w, now));
        let mut stores: Vec<StoreStats> = fresh.map(|w| w.stats.clone()).collect();
        stores.sort_by(|a, b| a.seed.cmp(&b.seed));
        stores
    }

    /// The seed that is well and has the most room.
    pub fn roomiest(&self, now: UnixMillis) -> Option<String> {
        self.online(now).into_iter().filter(|s| s.ok).max_by_key(|s| s.free).map(|s| s.seed)
    }

    /// The seed that uses a store, other than `seed` itself.
    pub fn user_of(&self, store: &StoreId, seed: &str, now: UnixMillis) -> Option<&str> {
        user_of(&self.0, store, seed, now)
    }

    /// Whether the seed has said something that still counts.
    pub fn is_heard(&self, seed: &str, now: UnixMillis) -> bool {
        self.0.iter().any(|w| w.stats.seed == seed && is_fresh(w, now))
    }

    /// Whether asking this seed for bytes makes sense. One that has not spoken yet gets the benefit of the doubt:
    /// the tracker may just have started.
    pub fn is_usable(&self, seed: &str, now: UnixMillis) -> bool {
        let word = self.0.iter().find(|w| w.stats.seed == seed);
        word.is_none_or(|w| w.stats.ok && is_fresh(w, now))
    }
}

fn is_fresh(word: &Word, now: UnixMillis) -> bool {
    now.since(word.at) < STALE_MILLIS
}

/// The first to speak keeps a store for as long as its words count.
fn user_of<'a>(
    words: impl IntoIterator<Item = &'a Word>,
    store: &StoreId,
    seed: &str,
    now: UnixMillis,
) -> Option<&'a str> {
    let mut others = words.into_iter().filter(|w| w.stats.seed != seed && is_fresh(w, now));
    others.find(|w| w.stats.store.as_ref() == Some(store)).map(|w| w.stats.seed.as_str())
}

/// Keeps the words in this process's memory.
#[derive(Default)]
pub struct MemoryStores(Mutex<Spoken>);

/// By seed.
#[derive(Default)]
struct Spoken {
    words: HashMap<String, Word>,
    pieces: HashMap<String, PiecesWord>,
}

impl MemoryStores {
    fn spoken(&self) -> MutexGuard<'_, Spoken> {
        // One insert is one change: there is no half-written table.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Stores for MemoryStores {
    async fn note(&self, word: Word) -> Result<(), Unheard> {
        let mut spoken = self.spoken();
        let Word { stats, at } = &word;
        let store = stats.store.as_ref();
        if let Some(user) = store.and_then(|store| user_of(spoken.words.values(), store, &stats.seed, *at)) {
            return Err(Unheard::InUse(user.to_owned()));
        }
        spoken.words.insert(word.stats.seed.clone(), word);
        Ok(())
    }

    async fn forget(&self, seed: &str) -> Result<(), Away> {
        let mut spoken = self.spoken();
        spoken.words.remove(seed);
        spoken.pieces.remove(seed);
        Ok(())
    }

    async fn words(&self) -> Result<Words, Away> {
        Ok(Words(self.spoken().words.values().cloned().collect()))
    }

    async fn note_pieces(&self, seed: &str, word: PiecesWord) -> Result<(), Away> {
        self.spoken().pieces.insert(seed.to_owned(), word);
        Ok(())
    }

    async fn pieces(&self, game: &Slug, blob: &BlobId, now: UnixMillis) -> Result<Vec<PieceCount>, Away> {
        Ok(self.spoken().pieces.values().filter_map(|word| word.count(game, blob, now).cloned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(seed: &str, ok: bool, free: u64, at: UnixMillis) -> Word {
        let stats = StoreStats { seed: seed.into(), ok, free, ..StoreStats::default() };
        Word { stats, at }
    }

    #[tokio::test]
    async fn only_fresh_and_healthy_stores_take_new_games() {
        let (t, stores) = (UnixMillis(0), MemoryStores::default());
        for spoken in [word("a", true, 10, t), word("b", true, 20, t), word("c", false, 90, t)] {
            stores.note(spoken).await.expect("memory");
        }
        let words = stores.words().await.expect("memory");
        assert_eq!(words.roomiest(t).as_deref(), Some("b"));
        assert!(words.is_usable("a", t) && !words.is_usable("c", t) && words.is_usable("new", t));
        let later = t.plus_millis(STALE_MILLIS);
        assert_eq!((words.roomiest(later), words.online(later).len()), (None, 0));
        assert!(!words.is_usable("a", later));
        stores.forget("c").await.expect("memory");
        assert_eq!(stores.words().await.expect("memory").0.len(), 2);
    }

    #[test]
    fn the_first_who_speaks_keeps_a_store_until_it_is_silent_for_as_long_as_words_count() {
        let t = UnixMillis(0);
        let store: StoreId = "5".repeat(32).parse().expect("an id");
        let with = |seed: &str, ok, store: Option<&StoreId>| {
            let Word { stats, at } = word(seed, ok, 1, t);
            Word { stats: StoreStats { store: store.cloned(), ..stats }, at }
        };
        let words = Words(vec![with("a", true, Some(&store)), with("b", true, None)]);
        let (last, later) = (t.plus_millis(STALE_MILLIS - 1), t.plus_millis(STALE_MILLIS));
        assert_eq!(words.user_of(&store, "b", last), Some("a"));
        assert_eq!(words.user_of(&store, "a", last), None, "it may go on");
        assert_eq!(words.user_of(&store, "b", later), None, "it is silent");
        assert_eq!(words.user_of(&"6".repeat(32).parse().expect("an id"), "b", t), None, "another store");
        assert!(words.is_heard("b", last) && !words.is_heard("b", later) && !words.is_heard("c", t));
        let ill = Words(vec![with("a", false, Some(&store))]);
        assert_eq!(
            ill.user_of(&store, "b", t),
            Some("a"),
            "a store that can't be written is used all the same"
        );
    }
}
