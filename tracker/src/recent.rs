//! Answers of the database that were read a moment ago, for what is asked with nearly every request.
//!
//! An answer counts until a write transaction of this process ends, and for [`Records::moment`]'s time at most: what another
//! process writes is seen that much later. Only what was found is kept, never that something is not there, so that what
//! was just made elsewhere is found at once.
//!
//! [`Records::moment`]: crate::records::Records::moment

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use mist_proto::UnixMillis;

/// When something is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Write transactions of this process that have ended.
    pub version: u64,
    /// The time.
    pub now: UnixMillis,
    /// How long an answer counts, in milliseconds.
    pub lasts: i64,
}

/// A bounded number of answers by what was asked.
#[derive(Debug)]
pub struct Recent<K, V> {
    kept: Mutex<HashMap<K, (Moment, V)>>,
    most: usize,
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    /// Keeps so many answers at most; when there are more, all are forgotten.
    pub fn of(most: usize) -> Self {
        Self { kept: Mutex::default(), most }
    }

    /// What was answered, if it still counts.
    pub fn get(&self, key: &K, moment: Moment) -> Option<V> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (read, value) = kept.get(key)?;
        let age = moment.now.since(read.now);
        (read.version == moment.version && (0..moment.lasts).contains(&age)).then(|| value.clone())
    }

    /// What was answered, or else what `read` answers now, which is kept. `moment` is from before that.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn or<E>(
        &self,
        key: K,
        moment: Moment,
        read: impl Future<Output = Result<V, E>>,
    ) -> Result<V, E> {
        if let Some(value) = self.get(&key, moment) {
            return Ok(value);
        }
        let value = read.await?;
        self.put(key, moment, value.clone());
        Ok(value)
    }

    /// Keeps an answer. `moment` is from before it was read.
    pub fn put(&self, key: K, moment: Moment, value: V) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= self.most && !kept.contains_key(&key) {
            kept.clear();
        }
        kept.insert(key, (moment, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(version: u64, now: i64) -> Moment {
        Moment { version, now: UnixMillis(now), lasts: 1000 }
    }

    #[test]
    fn an_answer_counts_until_something_is_written_and_for_a_while() {
        let recent = Recent::of(10);
        recent.put("a", moment(1, 5000), 7);
        assert_eq!(recent.get(&"a", moment(1, 5999)), Some(7));
        assert_eq!(recent.get(&"b", moment(1, 5000)), None);
        assert_eq!(recent.get(&"a", moment(1, 6000)), None, "it is too old");
        assert_eq!(recent.get(&"a", moment(1, 4999)), None, "the clock was turned back");
        assert_eq!(recent.get(&"a", moment(2, 5000)), None, "something was written");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let recent = Recent::of(10);
        (0..=10).for_each(|n| recent.put(n, moment(1, 0), ()));
        assert_eq!(recent.kept.lock().expect("lock").len(), 1);
    }
}
