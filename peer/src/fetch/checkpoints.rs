//! Making progress durable now and then, beside the transfer.

use std::{io, sync::Arc, time::Duration};

use futures::FutureExt;
use tokio::task::JoinHandle;

use crate::{BlobSink, PartialBlob, scheduler::Time};

/// What may be lost to a crash before it is made durable: bytes, or time.
const DUE: (u64, Duration) = (8 << 20, Duration::from_secs(1));

/// The checkpoints of one fetch; one at a time.
#[derive(Default)]
pub(super) struct Checkpoints {
    running: Option<JoinHandle<io::Result<()>>>,
    last: Time,
}

impl Checkpoints {
    /// Starts a checkpoint if one is due; reports how the last one went.
    pub(super) fn keep(
        &mut self,
        now: Time,
        partial: &PartialBlob,
        sink: &Arc<dyn BlobSink>,
    ) -> io::Result<()> {
        if let Some(task) = self.running.take_if(|task| task.is_finished()) {
            // It is finished, so this does not wait.
            task.now_or_never().map_or(Ok(()), |outcome| outcome.unwrap_or(Ok(())))?;
        }
        let unsynced = partial.unsynced();
        let due = unsynced >= DUE.0 || now.saturating_sub(self.last) >= DUE.1;
        if self.running.is_none() && unsynced > 0 && due {
            self.last = now;
            self.running = Some(tokio::spawn(checkpoint(partial.clone(), sink.clone())));
        }
        Ok(())
    }
}

/// Makes all progress durable, on the blocking pool. Waits for a checkpoint that is under way.
pub(super) async fn checkpoint(partial: PartialBlob, sink: Arc<dyn BlobSink>) -> io::Result<()> {
    tokio::task::spawn_blocking(move || partial.checkpoint(&*sink))
        .await
        .unwrap_or_else(|e| Err(io::Error::other(e)))
}
