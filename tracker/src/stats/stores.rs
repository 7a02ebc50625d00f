//! What the seeds say of their stores, as long as they say it.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use mist_proto::{UnixMillis, http::StoreStats};

/// A word older than this no longer counts.
const STALE_MILLIS: i64 = 90_000;

/// The latest word of each seed.
#[derive(Default)]
pub struct Stores(Mutex<HashMap<String, (StoreStats, UnixMillis)>>);

impl Stores {
    fn table(&self) -> MutexGuard<'_, HashMap<String, (StoreStats, UnixMillis)>> {
        // One insert is one change: there is no half-written table.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a seed's word.
    pub fn note(&self, stats: StoreStats, now: UnixMillis) {
        self.table().insert(stats.seed.clone(), (stats, now));
    }

    /// Stores of the seeds that are online, by id.
    pub fn online(&self, now: UnixMillis) -> Vec<StoreStats> {
        let table = self.table();
        let fresh = table.values().filter(|(_, at)| now.since(*at) < STALE_MILLIS);
        let mut stores: Vec<StoreStats> = fresh.map(|(s, _)| s.clone()).collect();
        stores.sort_by(|a, b| a.seed.cmp(&b.seed));
        stores
    }

    /// The seed that is well and has the most room.
    pub fn roomiest(&self, now: UnixMillis) -> Option<String> {
        self.online(now).into_iter().filter(|s| s.ok).max_by_key(|s| s.free).map(|s| s.seed)
    }

    /// Whether asking this seed for bytes makes sense. One that has not spoken yet gets the benefit of the doubt:
    /// the tracker may just have started.
    pub fn is_usable(&self, seed: &str, now: UnixMillis) -> bool {
        let table = self.table();
        table.get(seed).is_none_or(|(s, at)| s.ok && now.since(*at) < STALE_MILLIS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(seed: &str, ok: bool, free: u64) -> StoreStats {
        StoreStats { seed: seed.into(), ok, problem: None, used: 0, free, public_url: None }
    }

    #[test]
    fn only_fresh_and_healthy_stores_take_new_games() {
        let (t, stores) = (UnixMillis(0), Stores::default());
        stores.note(store("a", true, 10), t);
        stores.note(store("b", true, 20), t);
        stores.note(store("c", false, 90), t);
        assert_eq!(stores.roomiest(t).as_deref(), Some("b"));
        assert!(stores.is_usable("a", t) && !stores.is_usable("c", t) && stores.is_usable("new", t));
        let later = t.plus_millis(STALE_MILLIS);
        assert_eq!((stores.roomiest(later), stores.online(later).len()), (None, 0));
        assert!(!stores.is_usable("a", later));
    }
}
