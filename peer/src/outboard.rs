//! A blob's hash tree, in memory or in a file, and what is done with one.

use std::{
    fs::File,
    io,
    num::NonZero,
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

use mist_proto::{BlobId, Hash};

use crate::{
    PieceSet,
    bao::{self, Mismatch, PAIR_LEN, Pair},
    positioned,
};

/// Reads bytes of a blob by position: fills the buffer from the offset on. Called from several threads.
pub type ReadBlob<'a> = dyn Fn(u64, &mut [u8]) -> io::Result<()> + Sync + 'a;

/// The hash tree of one blob: [`bao::pairs`] hash pairs in pre-order, without a header.
#[derive(Debug)]
pub struct Outboard {
    blob: BlobId,
    store: Store,
}

#[derive(Debug)]
enum Store {
    Memory(Box<[u8]>),
    File(File),
}

/// Length in bytes of the outboard of a blob of `size` bytes.
pub fn encoded_len(size: u64) -> u64 {
    bao::pairs(size) * PAIR_LEN as u64
}

/// Hashes a blob of `size` bytes on all cores.
///
/// # Errors
/// What `read` says.
pub fn compute(size: u64, read: &ReadBlob<'_>) -> io::Result<Outboard> {
    let mut leaves = vec![Hash([0; 32]); usize::try_from(bao::groups(size)).map_err(too_big)?];
    let failure = std::sync::Mutex::new(None);
    let hashed = hash_pieces(size, read, |_, result| match result {
        Ok(()) => true,
        Err(e) => {
            *failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(e);
            false
        }
    });
    if let Some(e) = failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        return Err(e);
    }
    for (group, hash) in hashed {
        leaves[usize::try_from(group).map_err(too_big)?] = hash;
    }
    let (hash, pairs) = bao::build(size, &leaves).ok_or_else(|| too_big(()))?;
    Ok(Outboard { blob: BlobId { hash, size }, store: Store::Memory(pairs.into()) })
}

/// Hashes a stream to its end on this thread.
///
/// # Errors
/// What the stream says.
pub fn compute_stream(mut stream: impl io::Read) -> io::Result<Outboard> {
    let mut builder = Builder::new();
    let mut buf = vec![0; bao::GROUP_LEN];
    loop {
        match stream.read(&mut buf)? {
            0 => return builder.finish(),
            n => builder.update(&buf[..n]),
        }
    }
}

/// Hashes bytes that arrive in order and in any portions.
#[derive(Default)]
pub struct Builder {
    /// Bytes of the group under way.
    group: Vec<u8>,
    leaves: Vec<Hash>,
    size: u64,
}

impl Builder {
    /// A builder over no bytes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends `bytes`.
    pub fn update(&mut self, mut bytes: &[u8]) {
        self.size += bytes.len() as u64;
        while !bytes.is_empty() {
            // A full group is hashed only when more follows: the last one may turn out to be the only one.
            if self.group.len() == bao::GROUP_LEN {
                self.close_group(false);
            }
            let (now, later) = bytes.split_at(bytes.len().min(bao::GROUP_LEN - self.group.len()));
            self.group.extend_from_slice(now);
            bytes = later;
        }
    }

    /// The tree over all that was appended.
    ///
    /// # Errors
    /// Only if the tree can't be addressed on this machine.
    pub fn finish(mut self) -> io::Result<Outboard> {
        self.close_group(self.leaves.is_empty());
        let (hash, pairs) = bao::build(self.size, &self.leaves).ok_or_else(|| too_big(()))?;
        Ok(Outboard { blob: BlobId { hash, size: self.size }, store: Store::Memory(pairs.into()) })
    }

    fn close_group(&mut self, only: bool) {
        self.leaves.push(bao::group_hash(self.leaves.len() as u64, &self.group, only));
        self.group.clear();
    }
}

impl Outboard {
    /// An outboard that arrived from elsewhere, checked whole against the root.
    ///
    /// # Errors
    /// [`Mismatch`].
    pub fn from_bytes(blob: BlobId, bytes: Vec<u8>) -> Result<Self, Mismatch> {
        bao::check_outboard(&blob, &bytes)?;
        Ok(Self { blob, store: Store::Memory(bytes.into()) })
    }

    /// An outboard that this machine stored before by [`Outboard::save`]. Pairs are read when they are needed; what is
    /// served by them is verified then, so that a rotten file does no harm.
    ///
    /// # Errors
    /// If it can't be opened or has the wrong length.
    pub fn open(blob: BlobId, path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let (found, expected) = (file.metadata()?.len(), encoded_len(blob.size));
        if found == expected {
            Ok(Self { blob, store: Store::File(file) })
        } else {
            let path = path.display();
            Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{path}: the outboard has {found} bytes instead of {expected}"),
            ))
        }
    }

    /// One that is being filled pair by pair.
    pub(crate) fn filling(blob: BlobId, file: File) -> Self {
        Self { blob, store: Store::File(file) }
    }

    /// The blob whose tree this is.
    pub fn blob(&self) -> BlobId {
        self.blob
    }

    /// The pair with this index in pre-order.
    ///
    /// # Errors
    /// If the index is out of range or the file can't be read.
    pub fn pair(&self, index: u64) -> io::Result<Pair> {
        let mut pair = [0; PAIR_LEN];
        match &self.store {
            Store::Memory(bytes) => {
                let (all, _) = bytes.as_chunks::<PAIR_LEN>();
                let found = usize::try_from(index).ok().and_then(|i| all.get(i));
                pair = *found.ok_or(io::ErrorKind::UnexpectedEof)?;
            }
            Store::File(file) => positioned::read_exact_at(file, &mut pair, index * PAIR_LEN as u64)?,
        }
        Ok(pair)
    }

    /// The pairs that prove `count` groups from `first` on.
    ///
    /// # Errors
    /// As [`Outboard::pair`].
    pub fn proof(&self, first: u64, count: u64) -> io::Result<Vec<Pair>> {
        bao::proof(self.blob.size, first, count).into_iter().map(|i| self.pair(i)).collect()
    }

    /// All bytes.
    ///
    /// # Errors
    /// If the file can't be read.
    pub fn to_bytes(&self) -> io::Result<Vec<u8>> {
        match &self.store {
            Store::Memory(bytes) => Ok(bytes.to_vec()),
            Store::File(file) => {
                let mut out = vec![0; usize::try_from(encoded_len(self.blob.size)).map_err(too_big)?];
                positioned::read_exact_at(file, &mut out, 0)?;
                Ok(out)
            }
        }
    }

    /// Stores it at `path`, complete or not at all.
    ///
    /// # Errors
    /// What the system says.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        positioned::write_whole(path, &self.to_bytes()?, false)
    }

    /// The pieces of existing data that match this tree, which must be whole (checked by [`Outboard::from_bytes`] or made here).
    /// Data that can't be read does not match. Runs on all cores.
    ///
    /// # Errors
    /// If the outboard itself can't be read.
    pub fn valid_pieces(&self, read: &ReadBlob<'_>) -> io::Result<PieceSet> {
        let size = self.blob.size;
        let mut valid = PieceSet::full(bao::pieces(size));
        let unreadable = std::sync::Mutex::new(Vec::new());
        let hashed = hash_pieces(size, read, |piece, result| {
            if result.is_err() {
                unreadable.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(piece);
            }
            true
        });
        for piece in unreadable.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            valid.remove(piece);
        }
        for (group, hash) in hashed {
            if self.group_hash(group)? != hash {
                valid.remove(bao::piece_of(size, group));
            }
        }
        Ok(valid)
    }

    /// What `group` must hash to.
    fn group_hash(&self, group: u64) -> io::Result<Hash> {
        let Some((pair, right)) = bao::leaf_slot(self.blob.size, group) else { return Ok(self.blob.hash) };
        let pair = self.pair(pair)?;
        let mut hash = [0; 32];
        hash.copy_from_slice(if right { &pair[32..] } else { &pair[..32] });
        Ok(Hash(hash))
    }
}

/// Reads and hashes all pieces on all cores. `on_read` is told how each read went and says whether to go on; pieces
/// that could not be read have no hashes. The order of the result is that of completion.
fn hash_pieces(
    size: u64,
    read: &ReadBlob<'_>,
    on_read: impl Fn(u64, io::Result<()>) -> bool + Sync,
) -> Vec<(u64, Hash)> {
    let (pieces, only) = (bao::pieces(size), bao::groups(size) == 1);
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let worker = || {
        let mut hashes = Vec::new();
        let mut buf = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let piece = next.fetch_add(1, Ordering::Relaxed);
            if piece >= pieces {
                break;
            }
            let (offset, len) = bao::piece_range(size, piece);
            buf.resize(len, 0);
            let result = read(offset, &mut buf);
            if result.is_ok() {
                let (first, _) = bao::piece_groups(size, piece);
                let groups = (first..).zip(buf.chunks(bao::GROUP_LEN));
                hashes.extend(groups.map(|(group, bytes)| (group, bao::group_hash(group, bytes, only))));
            }
            if !on_read(piece, result) {
                stop.store(true, Ordering::Relaxed);
            }
        }
        hashes
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get) as u64;
    if pieces <= 1 || cores == 1 {
        return worker();
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores.min(pieces)).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().flat_map(|t| t.join().unwrap_or_else(|p| std::panic::resume_unwind(p))).collect()
    })
}

fn too_big<E>(_: E) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, "the blob is too large for this machine")
}

#[cfg(test)]
#[path = "outboard_tests.rs"]
mod tests;
