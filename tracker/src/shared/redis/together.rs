//! One question for all who ask the same at once.
//!
//! At most one question of each key is under way; whoever asks meanwhile shares the one after it. So an answer is never older
//! than the asking, and a crowd that asks the same costs as much as two of them.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};

/// Questions that are under way, by their keys.
pub(super) struct Together<K, V>(Arc<Mutex<HashMap<K, Turn<V>>>>);

/// The questions of one key.
struct Turn<V> {
    /// Held by the one that is under way.
    under_way: Arc<tokio::sync::Mutex<()>>,
    /// The one after it.
    next: Option<Shared<BoxFuture<'static, V>>>,
    askers: usize,
}

/// Counts an asker for as long as it waits.
struct Asker<'a, K: Hash + Eq, V>(&'a Together<K, V>, K);

impl<K, V> Default for Together<K, V> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Hash + Eq, V> Together<K, V> {
    fn turns(&self) -> MutexGuard<'_, HashMap<K, Turn<V>>> {
        lock(&self.0)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K, V> Together<K, V>
where
    K: Hash + Eq + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// What `ask` answers, or the same question of another asker that begins after this call does.
    pub(super) async fn ask<F>(&self, key: K, ask: impl FnOnce() -> F + Send + 'static) -> V
    where
        F: Future<Output = V> + Send + 'static,
    {
        let (_asker, next) = self.join(key, ask);
        next.await
    }

    fn join<F>(
        &self,
        key: K,
        ask: impl FnOnce() -> F + Send + 'static,
    ) -> (Asker<'_, K, V>, Shared<BoxFuture<'static, V>>)
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut turns = self.turns();
        let turn = turns.entry(key.clone()).or_insert_with(|| Turn {
            under_way: Arc::default(),
            next: None,
            askers: 0,
        });
        turn.askers += 1;
        let begin = || {
            let (all, under_way, key) = (self.0.clone(), turn.under_way.clone(), key.clone());
            let question = async move {
                let _under_way = under_way.lock_owned().await;
                // From here on it is too old for whoever asks.
                if let Some(turn) = lock(&all).get_mut(&key) {
                    turn.next = None;
                }
                ask().await
            };
            question.boxed().shared()
        };
        let next = turn.next.get_or_insert_with(begin).clone();
        (Asker(self, key), next)
    }
}

impl<K: Hash + Eq, V> Drop for Asker<'_, K, V> {
    fn drop(&mut self) {
        let mut turns = self.0.turns();
        if let Some(turn) = turns.get_mut(&self.1) {
            turn.askers -= 1;
            if turn.askers == 0 {
                turns.remove(&self.1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;
    use tokio::sync::{Notify, Semaphore};

    use super::*;

    #[tokio::test]
    async fn a_crowd_that_asks_the_same_costs_two_questions() {
        let (together, asked) = (Together::<u8, usize>::default(), Arc::new(AtomicUsize::new(0)));
        let ask = |key| {
            let asked = asked.clone();
            together.ask(key, move || async move {
                tokio::task::yield_now().await;
                asked.fetch_add(1, Ordering::SeqCst)
            })
        };
        let mut answers = vec![];
        // The first is under way when the others ask.
        for key in [1; 101].into_iter().chain([2]) {
            let mut answer = ask(key).boxed_local();
            assert!(futures::poll!(&mut answer).is_pending());
            answers.push(answer);
        }
        let told = join_all(answers).await;
        assert_eq!(asked.load(Ordering::SeqCst), 3);
        assert_eq!(told.iter().filter(|answer| **answer == told[1]).count(), 100);
        assert_ne!(told[0], told[1], "who asks while a question is under way is not told its answer");
        assert!(together.turns().is_empty(), "nothing is kept of whom nobody waits for");
    }

    #[tokio::test]
    async fn whoever_gives_up_takes_no_answer_of_others() {
        let together = Arc::new(Together::<u8, usize>::default());
        let (begun, go) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
        let first = {
            let (together, begun, go) = (together.clone(), begun.clone(), go.clone());
            tokio::spawn(async move {
                let ask = move || async move {
                    begun.notify_one();
                    let _ = go.acquire().await;
                    1
                };
                together.ask(7, ask).await
            })
        };
        begun.notified().await;
        let mut given_up = together.ask(7, || async { 2 }).boxed();
        assert!(futures::poll!(&mut given_up).is_pending());
        let last = together.ask(7, || async { 3 });
        let mut last = last.boxed();
        assert!(futures::poll!(&mut last).is_pending());
        drop(given_up);
        first.abort();
        assert!(first.await.is_err());
        assert_eq!(last.await, 2, "the question that both waited for");
        assert!(together.turns().is_empty());
    }
}
