//! Work on several threads, with results in order.

use std::{
    num::NonZeroUsize,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc,
    },
};

/// Maps `items` on threads, each taking the next item when it is free, and hands the results to `take` on this
/// thread, in the items' order.
///
/// At most `ahead` results wait for one before them, and each thread holds one more, so that memory is bounded by
/// `ahead + threads` results however uneven the work is. The first error ends the rest after what is under way.
///
/// # Errors
/// The first that `map` or `take` returns, in the items' order.
pub(crate) fn in_order<T: Sync, R: Send, F: Send, E: From<F>>(
    items: &[T],
    threads: NonZeroUsize,
    ahead: usize,
    map: impl Fn(&T) -> Result<R, F> + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let threads = threads.get().min(items.len());
    let next = AtomicUsize::new(0);
    let stopped = AtomicBool::new(false);
    let gate = Gate::new(ahead + threads);
    let (send, receive) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (send, next, stopped, gate, map) = (send.clone(), &next, &stopped, &gate, &map);
            scope.spawn(move || {
                while gate.enter(stopped) {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    // The other end is gone once taking has failed.
                    let Some(item) = items.get(i) else { return };
                    if send.send((i, map(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut early = std::collections::BTreeMap::new();
        let mut result = Ok(());
        // Ends early only if a thread panics, which the scope passes on.
        'results: for expected in 0..items.len() {
            let ready = loop {
                if let Some(ready) = early.remove(&expected) {
                    break ready;
                }
                match receive.recv() {
                    Ok((i, ready)) => early.insert(i, ready),
                    Err(mpsc::RecvError) => break 'results,
                };
            };
            result = ready.map_err(E::from).and_then(&mut take);
            if result.is_err() {
                break;
            }
            gate.leave();
        }
        stopped.store(true, Ordering::Relaxed);
        gate.open();
        result
    })
}

/// Lets so many pass until others leave.
struct Gate {
    free: std::sync::Mutex<usize>,
    changed: std::sync::Condvar,
}

impl Gate {
    fn new(free: usize) -> Self {
        Self { free: std::sync::Mutex::new(free), changed: std::sync::Condvar::new() }
    }

    /// Waits for a place; false if all has stopped.
    fn enter(&self, stopped: &AtomicBool) -> bool {
        let mut free = self.free.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        while *free == 0 && !stopped.load(Ordering::Relaxed) {
            free = self.changed.wait(free).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        *free = free.saturating_sub(1);
        !stopped.load(Ordering::Relaxed)
    }

    fn leave(&self) {
        *self.free.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += 1;
        self.changed.notify_one();
    }

    /// Lets all pass that wait.
    fn open(&self) {
        // Under the lock, so that nobody is between looking and waiting.
        let _free = self.free.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: NonZeroUsize = NonZeroUsize::new(3).unwrap();

    #[test]
    fn results_come_in_order() {
        let items: Vec<u64> = (0..500).collect();
        let mut got = Vec::new();
        // The first of every ten takes longer than the others.
        let map = |&i: &u64| {
            let turns = if i.is_multiple_of(10) { 20_000 } else { 1 };
            Ok::<_, ()>((0..turns).fold(i, |i, _| std::hint::black_box(i)))
        };
        in_order(&items, THREE, 2, map, |r| {
            got.push(r);
            Ok::<_, ()>(())
        })
        .unwrap();
        assert_eq!(got, items);
    }

    #[test]
    fn an_error_on_either_side_ends_it() {
        let items: Vec<u32> = (0..1000).collect();
        let mapped =
            in_order(&items, THREE, 1, |&i| if i == 7 { Err(i) } else { Ok(i) }, |_| Ok::<_, u32>(()));
        assert_eq!(mapped, Err(7));
        let mut taken = 0;
        let refused = in_order(
            &items,
            THREE,
            1,
            |&i| Ok::<_, u32>(i),
            |i| {
                taken += 1;
                if i == 5 { Err(i) } else { Ok(()) }
            },
        );
        assert_eq!((refused, taken), (Err(5), 6));
    }

    #[test]
    fn nothing_to_do() {
        assert_eq!(in_order(&[(); 0], THREE, 1, |()| Ok::<_, u8>(()), |()| Err(1)), Ok::<(), u8>(()));
    }
}
