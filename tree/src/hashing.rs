//! Reading many files on several threads, with progress on the caller's.

use std::{
    collections::VecDeque,
    io,
    num::NonZeroUsize,
    ops::ControlFlow,
    sync::{
        Mutex, PoisonError,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread,
};

use mist_proto::Hash;

use crate::{
    fs::ReadAt,
    progress::{OnProgress, Progress},
};

/// Bytes that each thread reads at once: what is hashed next is still in the processor's cache.
const BLOCK: usize = 256 * 1024;
/// Bytes of small files that are told of together: waking the calling thread for each costs more than hashing it.
const TOGETHER: u64 = 1 << 20;
/// As many are told of together however small they are, so that others can be taken meanwhile.
const FEW: usize = 256;
/// Messages that may wait for the calling thread.
const WAITING: usize = 16;
/// Files that may be under way, or done while one before them is not.
const AHEAD: usize = 4096;

/// Hashes the first `size` bytes of one file. `each` hears of every portion, and may break it off by an error.
///
/// # Errors
/// The file can't be read or is shorter, or what `each` returns.
pub fn hash_file(
    file: &dyn ReadAt,
    size: u64,
    mut each: impl FnMut(u64) -> io::Result<()>,
) -> io::Result<Hash> {
    let mut hasher = blake3::Hasher::new();
    let mut buf = vec![0; usize::try_from(size).unwrap_or(BLOCK).min(BLOCK)];
    let mut at = 0;
    while at < size {
        let n = usize::try_from(size - at).unwrap_or(BLOCK).min(buf.len());
        file.read_exact_at(&mut buf[..n], at)?;
        hasher.update(&buf[..n]);
        at += n as u64;
        each(n as u64)?;
    }
    Ok(hasher.finalize().into())
}

/// The caller cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Calls `work` for each file, on threads, and `each` with what it makes of them, on the calling thread and in order. A file
/// is its length, which progress counts, and what `work` needs of it; `total` is the sum of the lengths.
///
/// Memory does not depend on the number of files: those that wait for one before them are bounded.
///
/// # Errors
/// [`Cancelled`], or what `each` returns.
pub(crate) fn each_file<I: Send, T: Send, E: From<Cancelled>>(
    files: impl Iterator<Item = (u64, I)>,
    total: u64,
    threads: NonZeroUsize,
    work: impl Fn(&mut Reader<T>, I) -> ControlFlow<(), T> + Sync,
    each: impl FnMut(T) -> Result<(), E>,
    progress: &mut OnProgress<'_>,
) -> Result<(), E> {
    let (hand_out, queue) = channel();
    let queue = Mutex::new(queue);
    thread::scope(|scope| {
        let (send, receive) = sync_channel(WAITING);
        for _ in 0..threads.get() {
            let reader =
                Reader { messages: send.clone(), buf: vec![0; BLOCK], told: 0, news: News::default() };
            scope.spawn(|| reader.run(&queue, &work));
        }
        drop(send);
        // On return it has dropped both channels, which ends threads that wait.
        in_order(files.enumerate(), hand_out, receive, total, each, progress)
    })
}

/// A file's index, its length, and what else there is of it.
type Numbered<I> = (usize, (u64, I));

/// Hands out files, and calls `each` with what is received of them.
fn in_order<I, T, E: From<Cancelled>>(
    files: impl Iterator<Item = Numbered<I>>,
    hand_out: Sender<Numbered<I>>,
    receive: Receiver<Option<News<T>>>,
    total: u64,
    mut each: impl FnMut(T) -> Result<(), E>,
    progress: &mut OnProgress<'_>,
) -> Result<(), E> {
    let mut files = files.fuse();
    // What was made of the files that were handed out, from the first on that is not done.
    let mut ahead = VecDeque::new();
    let (mut first, mut done) = (0, 0u64);
    loop {
        for file in files.by_ref().take(AHEAD - ahead.len()) {
            // If nobody takes it, there is no news either.
            let _ = hand_out.send(file);
            ahead.push_back(None);
        }
        if ahead.is_empty() {
            return Ok(());
        }
        // Without, a thread panicked, which ends this one too.
        let Ok(Some(news)) = receive.recv() else { return Err(Cancelled.into()) };
        done = done.saturating_add(news.bytes).min(total);
        if progress(Progress { done, total }).is_break() {
            return Err(Cancelled.into());
        }
        for (index, made) in news.made {
            ahead[index - first] = Some(made);
        }
        while let Some(made) = ahead.pop_front_if(|made| made.is_some()).flatten() {
            first += 1;
            each(made)?;
        }
    }
}

/// What a thread tells the calling one.
struct News<T> {
    /// Bytes that were read since the last.
    bytes: u64,
    /// What was made of files, by index.
    made: Vec<(usize, T)>,
}

impl<T> Default for News<T> {
    fn default() -> Self {
        Self { bytes: 0, made: Vec::new() }
    }
}

/// What a thread reads files with.
pub(crate) struct Reader<T> {
    /// Takes news, or `None` of a thread that panics.
    messages: SyncSender<Option<News<T>>>,
    buf: Vec<u8>,
    /// Bytes of the file that are in the news.
    told: u64,
    /// What was not told yet.
    news: News<T>,
}

impl<T> Reader<T> {
    fn run<I>(
        mut self,
        queue: &Mutex<Receiver<Numbered<I>>>,
        work: &impl Fn(&mut Self, I) -> ControlFlow<(), T>,
    ) {
        while let Some((index, (size, file))) = self.next(queue) {
            self.told = 0;
            let ControlFlow::Continue(made) = work(&mut self, file) else { return };
            self.news.made.push((index, made));
            if self.read(size.saturating_sub(self.told)).is_break() {
                return;
            }
        }
    }

    fn next<I>(&mut self, queue: &Mutex<Receiver<I>>) -> Option<I> {
        let at_once = queue.try_lock().ok().and_then(|queue| queue.try_recv().ok());
        if at_once.is_some() {
            return at_once;
        }
        // The calling thread may be waiting for what was made before it hands out more.
        match self.tell() {
            ControlFlow::Continue(()) => queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok(),
            ControlFlow::Break(()) => None,
        }
    }

    /// So many bytes more have been read.
    fn read(&mut self, bytes: u64) -> ControlFlow<()> {
        self.told += bytes;
        self.news.bytes += bytes;
        if self.news.bytes >= TOGETHER || self.news.made.len() >= FEW {
            self.tell()
        } else {
            ControlFlow::Continue(())
        }
    }

    fn tell(&mut self) -> ControlFlow<()> {
        let news = std::mem::take(&mut self.news);
        if news.bytes == 0 && news.made.is_empty() {
            return ControlFlow::Continue(());
        }
        match self.messages.send(Some(news)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }

    /// Hashes the first `size` bytes of a file. Breaks off if the caller has cancelled.
    pub(crate) fn hash(&mut self, file: &dyn ReadAt, size: u64) -> ControlFlow<(), io::Result<Hash>> {
        let mut hasher = blake3::Hasher::new();
        let mut offset = 0;
        while offset < size {
            let len = usize::try_from(size - offset).unwrap_or(usize::MAX).min(self.buf.len());
            if let Err(e) = file.read_exact_at(&mut self.buf[..len], offset) {
                return ControlFlow::Continue(Err(e));
            }
            hasher.update(&self.buf[..len]);
            offset += len as u64;
            self.read(len as u64)?;
        }
        ControlFlow::Continue(Ok(hasher.finalize().into()))
    }
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        if thread::panicking() {
            // Nobody may be there to hear it.
            let _ = self.messages.send(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::unwatched;

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_thread_that_panics_does_not_leave_the_others_waiting() {
        let work =
            |_: &mut Reader<_>, n| if n == 9 { panic!("on purpose") } else { ControlFlow::Continue(n) };
        let files = (0..100_000).map(|n| (1, n));
        let two = NonZeroUsize::new(2).unwrap();
        let _ = each_file(files, 100_000, two, work, |_| Ok::<_, Cancelled>(()), &mut unwatched);
    }

    #[test]
    fn what_is_made_comes_in_order_and_an_error_ends_it() {
        let files = || (0..20_000).map(|n| (n % 3, n));
        let work = |_: &mut Reader<_>, n| ControlFlow::Continue(n);
        let three = NonZeroUsize::new(3).unwrap();
        let mut made = Vec::new();
        let keep = |n| {
            made.push(n);
            Ok::<_, Cancelled>(())
        };
        each_file(files(), 19_999, three, work, keep, &mut unwatched).unwrap();
        assert_eq!(made, (0..20_000).collect::<Vec<_>>());
        let ends = |n| if n == 10_000 { Err(Cancelled) } else { Ok(()) };
        assert_eq!(each_file(files(), 19_999, three, work, ends, &mut unwatched), Err(Cancelled));
    }
}
