//! Manifests from friends, who serve the envelopes that they have as blobs.

use std::{
    fs, io,
    ops::ControlFlow,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use mist_peer::{BlobSink, FetchError, PartialBlob};
use mist_proto::{BlobId, Slug, limits};

use super::{FetchFailed, Order, Swarm};
use crate::{stop::Stop, sync::lock};

/// How long friends are waited for.
const PATIENCE: Duration = Duration::from_secs(30);

impl Swarm {
    /// The envelope with this address, from whoever is about. `scratch` is a folder that nobody else uses meanwhile; it is
    /// gone afterwards.
    ///
    /// # Errors
    /// If nobody has it, it is larger than any envelope, or the disk can't be written.
    pub(crate) async fn envelope(
        &self,
        game: &Slug,
        envelope: BlobId,
        scratch: &Path,
    ) -> Result<Vec<u8>, FetchError> {
        let size = usize::try_from(envelope.size).ok().filter(|&size| size <= limits::MAX_ENVELOPE);
        let size = size.ok_or(FetchError::Invalid("it is too large for an envelope"))?;
        let broken = |e: io::Error| FetchError::Storage(Arc::new(e));
        // The bytes are in memory only: progress that an earlier process left is void.
        remove(scratch).map_err(broken)?;
        let partial = PartialBlob::open(scratch, envelope).map_err(broken)?;
        let memory = Arc::new(Memory(Mutex::new(vec![0; size])));
        let order = Order { game, want: None, is_replaceable: false, partial, sink: memory.clone() };
        let fetched =
            tokio::time::timeout(PATIENCE, self.fetch(order, &Stop::new(), |_, _| ControlFlow::Continue(())))
                .await
                // Read no more, as its bytes are taken now.
                .map(|ended| ended.map(drop));
        remove(scratch).map_err(broken)?;
        match fetched {
            Ok(Ok(_)) => Ok(std::mem::take(&mut *lock(&memory.0))),
            Ok(Err(FetchFailed { error, .. })) => Err(error),
            Err(_) => Err(FetchError::Cancelled),
        }
    }
}

fn remove(scratch: &Path) -> io::Result<()> {
    fs::remove_dir_all(scratch).or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })
}

/// A blob in memory.
struct Memory(Mutex<Vec<u8>>);

impl Memory {
    fn range(offset: u64, len: usize) -> io::Result<std::ops::Range<usize>> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        Ok(start..start.saturating_add(len))
    }
}

impl BlobSink for Memory {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let range = Self::range(offset, bytes.len())?;
        lock(&self.0).get_mut(range).ok_or(io::ErrorKind::UnexpectedEof)?.copy_from_slice(bytes);
        Ok(())
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let range = Self::range(offset, buf.len())?;
        buf.copy_from_slice(lock(&self.0).get(range).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
