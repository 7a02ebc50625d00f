//! Reading many files on several threads, with progress on the caller's.

use std::{
    io,
    num::NonZeroUsize,
    ops::ControlFlow,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        mpsc::{SyncSender, sync_channel},
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
/// Messages that may wait for the calling thread.
const WAITING: usize = 16;

/// The caller cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cancelled")]
pub struct Cancelled;

/// Calls `work` for each file, by its index, on threads, and returns what it makes of them in order. `sizes` are the
/// files' lengths, which progress counts.
///
/// # Errors
/// [`Cancelled`].
pub(crate) fn each_file<T: Send>(
    sizes: &[u64],
    threads: NonZeroUsize,
    work: impl Fn(&mut Reader<'_, T>, usize) -> ControlFlow<(), T> + Sync,
    progress: &mut OnProgress<'_>,
) -> Result<Vec<T>, Cancelled> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let mut made: Vec<Option<T>> = sizes.iter().map(|_| None).collect();
    let (total, mut done) = (sizes.iter().sum(), 0);
    thread::scope(|scope| {
        let (send, receive) = sync_channel(WAITING);
        for _ in 0..threads.get().min(sizes.len()) {
            let (stop, messages) = (&stop, send.clone());
            let mut reader = Reader { stop, messages, buf: vec![0; BLOCK], told: 0, news: News::default() };
            let (next, work) = (&next, &work);
            scope.spawn(move || {
                // Relaxed: the counter hands out indices and orders nothing else.
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(&size) = sizes.get(index) else { break };
                    reader.told = 0;
                    let ControlFlow::Continue(made) = work(&mut reader, index) else { return };
                    reader.news.made.push((index, made));
                    if reader.read(size.saturating_sub(reader.told)).is_break() {
                        return;
                    }
                }
                // Nobody may be there to hear it.
                let _ = reader.tell();
            });
        }
        drop(send);
        for news in receive {
            done += news.bytes;
            for (index, of_file) in news.made {
                made[index] = Some(of_file);
            }
            if progress(Progress { done, total }).is_break() {
                // The receiver is dropped on return, which wakes threads that wait to send.
                stop.store(true, Ordering::Relaxed);
                return Err(Cancelled);
            }
        }
        Ok(())
    })?;
    // None is missing: a thread that panics takes the scope with it.
    Ok(made.into_iter().flatten().collect())
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
pub(crate) struct Reader<'a, T> {
    stop: &'a AtomicBool,
    messages: SyncSender<News<T>>,
    buf: Vec<u8>,
    /// Bytes of the file that are in the news.
    told: u64,
    /// What was not told yet.
    news: News<T>,
}

impl<T> Reader<'_, T> {
    /// So many bytes more have been read.
    fn read(&mut self, bytes: u64) -> ControlFlow<()> {
        self.told += bytes;
        self.news.bytes += bytes;
        if self.news.bytes >= TOGETHER { self.tell() } else { ControlFlow::Continue(()) }
    }

    fn tell(&mut self) -> ControlFlow<()> {
        match self.messages.send(std::mem::take(&mut self.news)) {
            Ok(()) if !self.stop.load(Ordering::Relaxed) => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
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
