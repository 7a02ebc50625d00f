//! What is known, durably, of a blob that is not complete.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mist_proto::BlobId;
use tokio::sync::broadcast;

use crate::{
    BlobSink, Outboard, PieceSet, ServedBlob,
    bao::{self, PAIR_LEN, Pair},
    outboard, positioned,
};

/// News of pieces that a slow listener may lag behind before it must look at the whole set again.
const LAG: usize = 1024;
const MAGIC: &[u8; 8] = b"MISTHAV2";

/// Durable progress of one blob: which pieces are here, and the hash tree as far as it is known.
///
/// Two files hold it, `<hash>.have` and `<hash>.outboard`. A piece is recorded in the first only after its bytes and
/// its part of the tree were synced, so that it survives power loss. A clone is another handle of the same progress.
#[derive(Clone, Debug)]
pub struct PartialBlob(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    have_path: PathBuf,
    outboard_path: PathBuf,
    /// Written through; `tree` reads the same file.
    outboard: File,
    tree: Outboard,
    progress: Mutex<Progress>,
    /// Held while a checkpoint is under way: the newest must not be overtaken by an older one.
    checkpoint: Mutex<()>,
    news: broadcast::Sender<News>,
}

/// What becomes of a piece.
#[derive(Debug, Clone, Copy)]
pub(crate) enum News {
    /// It arrived.
    Here(u64),
    /// It is on its way from outside the local network.
    Coming(u64),
}

#[derive(Debug)]
struct Progress {
    have: PieceSet,
    /// Bytes that a crash would lose.
    unsynced: u64,
}

impl PartialBlob {
    /// Opens the progress of `blob` in the directory `dir`, or starts at nothing. Files that are damaged or of another blob count as nothing.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(dir: &Path, blob: BlobId) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let have_path = dir.join(format!("{}.have", blob.hash));
        let outboard_path = dir.join(format!("{}.outboard", blob.hash));
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&outboard_path)?;
        let len = outboard::encoded_len(blob.size);
        let have = match fs::read(&have_path) {
            Ok(bytes) if file.metadata()?.len() == len => decode_have(&blob, &bytes),
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => None,
        };
        file.set_len(len)?;
        let have = have.unwrap_or_else(|| PieceSet::new(bao::pieces(blob.size)));
        Ok(Self(Arc::new(Inner {
            have_path,
            outboard_path,
            tree: Outboard::filling(blob, file.try_clone()?),
            outboard: file,
            progress: Mutex::new(Progress { have, unsynced: 0 }),
            checkpoint: Mutex::new(()),
            news: broadcast::channel(LAG).0,
        })))
    }

    /// The pieces of `blob` that are on record in `dir`. Makes and opens nothing to be written.
    pub fn recorded(dir: &Path, blob: BlobId) -> PieceSet {
        let len = fs::metadata(dir.join(format!("{}.outboard", blob.hash))).map(|m| m.len());
        let have = match fs::read(dir.join(format!("{}.have", blob.hash))) {
            Ok(bytes) if len.is_ok_and(|len| len == outboard::encoded_len(blob.size)) => {
                decode_have(&blob, &bytes)
            }
            _ => None,
        };
        have.unwrap_or_else(|| PieceSet::new(bao::pieces(blob.size)))
    }

    /// The blob.
    pub fn blob(&self) -> BlobId {
        self.0.tree.blob()
    }

    /// The pieces that are here.
    pub fn have(&self) -> PieceSet {
        self.lock().have.clone()
    }

    /// Whether every piece is here.
    pub fn is_complete(&self) -> bool {
        self.lock().have.is_complete()
    }

    /// The hash tree; complete above the pieces that are here, and whole once all are.
    pub fn outboard(&self) -> &Outboard {
        &self.0.tree
    }

    /// The file of the hash tree, for keeping it (by renaming or linking) when the blob is complete.
    pub fn outboard_path(&self) -> &Path {
        &self.0.outboard_path
    }

    /// Makes all progress durable: `sink` and tree first, then the record.
    ///
    /// # Errors
    /// What the system says; the record then stays as it was.
    pub fn checkpoint(&self, sink: &dyn BlobSink) -> io::Result<()> {
        let _one_at_a_time = self.0.checkpoint.lock().unwrap_or_else(PoisonError::into_inner);
        let (have, covered) = {
            let progress = self.lock();
            (progress.have.clone(), progress.unsynced)
        };
        if covered == 0 {
            return Ok(());
        }
        sink.sync()?;
        self.0.outboard.sync_data()?;
        positioned::write_whole(&self.0.have_path, &encode_have(&self.blob(), &have), false)?;
        self.lock().unsynced -= covered;
        Ok(())
    }

    /// Deletes both files. Handles that are left go on in memory only.
    ///
    /// # Errors
    /// What the system says; files that are gone already are no error.
    pub fn remove(&self) -> io::Result<()> {
        for path in [&self.0.have_path, &self.0.outboard_path] {
            match fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
        Ok(())
    }

    /// Bytes that a crash would lose.
    pub(crate) fn unsynced(&self) -> u64 {
        self.lock().unsynced
    }

    /// What happens from now on.
    pub(crate) fn news(&self) -> broadcast::Receiver<News> {
        self.0.news.subscribe()
    }

    /// Tells that a piece is on its way from outside the local network.
    pub(crate) fn note_coming(&self, piece: u64) {
        // Nobody listening is fine.
        let _ = self.0.news.send(News::Coming(piece));
    }

    /// Records a piece whose verified bytes the sink has taken.
    pub(crate) fn record(&self, piece: u64, pairs: &[(u64, Pair)]) -> io::Result<()> {
        for (index, pair) in pairs {
            positioned::write_all_at(&self.0.outboard, pair, index * PAIR_LEN as u64)?;
        }
        let (_, len) = bao::piece_range(self.blob().size, piece);
        let mut progress = self.lock();
        if progress.have.insert(piece) {
            progress.unsynced += len as u64;
            drop(progress);
            // Nobody listening is fine.
            let _ = self.0.news.send(News::Here(piece));
        }
        Ok(())
    }

    /// Forgets a piece whose bytes no longer match, so that it is fetched again.
    pub(crate) fn forget(&self, piece: u64) {
        let mut progress = self.lock();
        if progress.have.remove(piece) {
            // The record must lose the bit at the next checkpoint even if nothing else arrives.
            progress.unsynced += 1;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn encode_have(blob: &BlobId, have: &PieceSet) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&blob.hash.0);
    out.extend_from_slice(&blob.size.to_le_bytes());
    out.extend_from_slice(&have.to_bytes());
    let check = blake3::hash(&out);
    out.extend_from_slice(&check.as_bytes()[..16]);
    out
}

fn decode_have(blob: &BlobId, bytes: &[u8]) -> Option<PieceSet> {
    let (body, check) = bytes.split_last_chunk::<16>()?;
    let rest =
        body.strip_prefix(MAGIC)?.strip_prefix(&blob.hash.0)?.strip_prefix(&blob.size.to_le_bytes())?;
    let intact = blake3::hash(body).as_bytes()[..16] == *check;
    if intact { PieceSet::from_bytes(bao::pieces(blob.size), rest) } else { None }
}

/// A running fetch, served to others as far as it is.
pub(crate) struct ServedPartial {
    pub(crate) partial: PartialBlob,
    pub(crate) sink: Arc<dyn BlobSink>,
}

impl ServedBlob for ServedPartial {
    fn id(&self) -> BlobId {
        self.partial.blob()
    }

    fn pieces(&self) -> PieceSet {
        self.partial.have()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.sink.read_at(offset, buf)
    }

    fn outboard(&self) -> &Outboard {
        self.partial.outboard()
    }

    fn found_rot(&self, piece: u64) {
        self.partial.forget(piece);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Read as _,
        sync::atomic::{AtomicBool, Ordering},
    };

    use mist_proto::limits::GROUP_SIZE;

    use super::*;

    /// A sink that forgets what it is given and may fail to sync.
    #[derive(Default)]
    struct Void {
        broken: AtomicBool,
    }

    impl BlobSink for Void {
        fn write_at(&self, _: u64, _: &[u8]) -> io::Result<()> {
            Ok(())
        }

        fn read_at(&self, _: u64, _: &mut [u8]) -> io::Result<()> {
            Err(io::ErrorKind::UnexpectedEof.into())
        }

        fn sync(&self) -> io::Result<()> {
            if self.broken.load(Ordering::Relaxed) { Err(io::Error::other("no space")) } else { Ok(()) }
        }
    }

    fn tree() -> Outboard {
        outboard::compute_stream(io::repeat(3).take(5 * GROUP_SIZE + 1)).expect("memory")
    }

    fn pairs(tree: &Outboard, piece: u64) -> Vec<(u64, Pair)> {
        let (first, count) = bao::piece_groups(tree.blob().size, piece);
        let indices = bao::proof(tree.blob().size, first, count.into());
        indices.into_iter().map(|i| (i, tree.pair(i).expect("pair"))).collect()
    }

    #[test]
    fn a_piece_is_on_record_only_once_its_bytes_are_safe() {
        let (dir, tree, sink) = (tempfile::tempdir().expect("dir"), tree(), Void::default());
        let partial = PartialBlob::open(dir.path(), tree.blob()).expect("opened");
        let recorded = || PartialBlob::recorded(dir.path(), tree.blob()).iter().collect::<Vec<_>>();
        partial.record(2, &pairs(&tree, 2)).expect("recorded");
        assert!(partial.have().contains(2));
        assert!(recorded().is_empty(), "nothing was synced");
        sink.broken.store(true, Ordering::Relaxed);
        assert!(partial.checkpoint(&sink).is_err());
        assert!(recorded().is_empty(), "the sync failed");
        sink.broken.store(false, Ordering::Relaxed);
        partial.checkpoint(&sink).expect("synced");
        assert_eq!(recorded(), [2]);
        partial.forget(2);
        partial.checkpoint(&sink).expect("synced");
        assert!(recorded().is_empty(), "a lost piece is lost on record too");
    }

    #[test]
    fn the_tree_is_whole_once_all_pieces_are() {
        let (dir, tree) = (tempfile::tempdir().expect("dir"), tree());
        let partial = PartialBlob::open(dir.path(), tree.blob()).expect("opened");
        for piece in [5, 0, 3, 1, 4, 2] {
            assert!(!partial.is_complete());
            partial.record(piece, &pairs(&tree, piece)).expect("recorded");
        }
        assert!(partial.is_complete());
        partial.checkpoint(&Void::default()).expect("synced");
        assert_eq!(partial.outboard().to_bytes().expect("bytes"), tree.to_bytes().expect("bytes"));
        partial.remove().expect("removed");
        assert_eq!(fs::read_dir(dir.path()).expect("dir").count(), 0);
    }

    #[test]
    fn records_of_pieces_of_another_size_count_as_nothing() {
        let (tree, mut have) = (tree(), PieceSet::new(6));
        have.insert(1);
        let now = encode_have(&tree.blob(), &have);
        assert_eq!(decode_have(&tree.blob(), &now), Some(have));
        // The first version counted 1 MiB of this blob as a piece, and its bits fit in as many bytes.
        let mut before = now[..now.len() - 16].to_vec();
        before[..8].copy_from_slice(b"MISTHAV1");
        let check = blake3::hash(&before);
        before.extend_from_slice(&check.as_bytes()[..16]);
        assert_eq!(decode_have(&tree.blob(), &before), None);
    }

    #[test]
    fn damaged_or_foreign_records_count_as_nothing() {
        let (dir, tree) = (tempfile::tempdir().expect("dir"), tree());
        let open = || PartialBlob::open(dir.path(), tree.blob()).expect("opened");
        let whole = open();
        (0..6).for_each(|piece| whole.record(piece, &pairs(&tree, piece)).expect("recorded"));
        whole.checkpoint(&Void::default()).expect("synced");
        assert!(open().is_complete());
        let path = dir.path().join(format!("{}.have", tree.blob().hash));
        let good = fs::read(&path).expect("record");
        for i in 0..good.len() {
            let mut bad = good.clone();
            bad[i] ^= 1;
            fs::write(&path, bad).expect("write");
            assert!(open().have().is_empty(), "{i}");
        }
        fs::write(&path, &good[..good.len() - 1]).expect("write");
        assert!(open().have().is_empty());
        fs::write(&path, good).expect("write");
        fs::write(open().outboard_path(), b"short").expect("write");
        assert!(open().have().is_empty(), "bits without their tree");
    }
}
