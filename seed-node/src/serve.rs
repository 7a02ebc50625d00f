//! The store's blobs, opened to be read: archives out of depots or the cache, patches and envelopes as they lie.

use std::{
    io,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use mist_peer::{Blobs, Outboard, PieceSet, ServedBlob, bao, outboard};
use mist_proto::{BlobId, Hash, RelPath, Slug, Version};
use mist_tree::{
    archive::{ArchiveReader, Layout},
    fs::{Dir, ReadAt, SubDir},
};
use tokio::sync::mpsc::Sender;

use crate::{
    cache::ArchiveCache,
    catalogue::{self, Catalogue, Origin},
    packed::PackedArchive,
    rot::{Rot, RotWatch},
    store::{Store, layout, read_whole},
};

/// Blobs that are kept open. Each holds at most 33 files, so that all stay below a process limit of 1,024.
const OPEN_BLOBS: usize = 16;
/// Outboards up to this size are checked and held in memory, larger ones are read as they are needed.
const OUTBOARD_IN_MEMORY: u64 = 4 << 20;

/// A blob that came or went.
pub(crate) type News = (Slug, Hash);

/// Opens what the catalogue lists.
pub(crate) struct StoreBlobs {
    store: Arc<Store>,
    catalogue: Arc<Catalogue>,
    cache: Arc<ArchiveCache>,
    /// Told of blobs that came or went, for those who wait for them.
    news: Sender<News>,
    rot: Arc<Rot>,
    /// The ones used last, the newest at the end.
    open: Mutex<Vec<(Slug, Arc<OpenBlob>)>>,
}

/// A blob of the store.
pub(crate) struct OpenBlob {
    id: BlobId,
    bytes: Box<dyn ReadAt>,
    outboard: Outboard,
    /// None for one that a job reads, which says itself what is wrong.
    watch: Option<RotWatch>,
}

impl StoreBlobs {
    pub(crate) fn new(
        store: Arc<Store>,
        catalogue: Arc<Catalogue>,
        cache: Arc<ArchiveCache>,
        news: Sender<News>,
    ) -> Self {
        Self { store, catalogue, cache, news, rot: Arc::default(), open: Mutex::default() }
    }

    /// What was found rotten.
    pub(crate) fn rot(&self) -> &Arc<Rot> {
        &self.rot
    }

    /// The build whose archive this is, if it is known and has to be rebuilt before it can be opened.
    pub(crate) fn to_be_rebuilt(&self, game: &Slug, hash: &Hash) -> Option<Version> {
        match self.catalogue.find(game, hash)? {
            (_, Origin::Archive(version)) if !self.is_at_hand(game, &version, hash) => Some(version),
            _ => None,
        }
    }

    fn is_at_hand(&self, game: &Slug, version: &Version, archive: &Hash) -> bool {
        self.catalogue.is_whole(game, version) || self.cache.size_of(archive).is_some()
    }

    /// Where a file of a build lies in the build's archive, and the hash of its content. Reads the manifest. Blocks.
    pub(crate) fn place_in_archive(
        &self,
        game: &Slug,
        version: &Version,
        path: &RelPath,
    ) -> io::Result<Option<(Range<u64>, Hash)>> {
        let dir = self.store.dir().map_err(io::Error::other)?;
        let manifest = catalogue::read_manifest(&*dir, game, version)?;
        let Some(index) = manifest.files.iter().position(|file| file.path == *path) else { return Ok(None) };
        let layout = Layout::new(&manifest).map_err(io::Error::other)?;
        Ok(Some((layout.members()[index].content(), manifest.files[index].hash)))
    }

    /// The blob of `game` with this hash, if it is at hand and can be opened. Blocks.
    pub(crate) fn open(&self, game: &Slug, hash: &Hash) -> Option<Arc<OpenBlob>> {
        let (id, origin) = self.catalogue.find(game, hash)?;
        if matches!(&origin, Origin::Archive(version) if !self.is_at_hand(game, version, hash)) {
            return None;
        }
        {
            let mut open = self.lock();
            if let Some(at) = open.iter().rposition(|(g, blob)| g == game && blob.id == id) {
                open[at..].rotate_left(1);
                return open.last().map(|(_, blob)| blob.clone());
            }
        }
        let opened = self.store.dir().map_err(io::Error::other);
        match opened.and_then(|dir| self.open_from(dir, game, id, &origin)) {
            Ok(blob) => {
                let blob = Arc::new(blob);
                let mut open = self.lock();
                if open.len() == OPEN_BLOBS {
                    open.remove(0);
                }
                open.push((game.clone(), blob.clone()));
                Some(blob)
            }
            Err(error) => {
                tracing::error!(%game, blob = %id, %error, "can't open a blob of the store");
                None
            }
        }
    }

    /// The compressed form of a build's archive, to be read as the archive, if it is at hand. Blocks.
    ///
    /// # Errors
    /// If it or the outboard can't be read.
    pub(crate) fn open_packed(&self, game: &Slug, archive: BlobId) -> io::Result<Option<OpenBlob>> {
        let Some((_, Origin::Archive(version))) = self.catalogue.find(game, &archive.hash) else {
            return Ok(None);
        };
        let Some((file, stored)) = self.cache.open(&archive.hash)? else { return Ok(None) };
        let dir = self.store.dir().map_err(io::Error::other)?;
        let outboard = self.stored_outboard(&*dir, archive, &layout::build(game, &version))?;
        Ok(Some(OpenBlob::new(Box::new(PackedArchive::open(file, stored, archive.size)?), outboard)))
    }

    /// Takes note of a rotten piece of a blob that can't even be opened.
    pub(crate) fn note_rot(&self, game: &Slug, version: &Version, blob: &BlobId, piece: u64) {
        RotWatch::new(Arc::clone(&self.rot), game.clone(), version.clone()).found(blob, piece);
    }

    /// Opens this blob anew from now on, and lets those know who wait for it.
    pub(crate) fn changed(&self, game: &Slug, hash: &Hash) {
        self.lock().retain(|(g, blob)| g != game || blob.id.hash != *hash);
        self.rot.forget(hash);
        // Those who miss the news ask the tracker again in a few seconds.
        let _ = self.news.try_send((game.clone(), *hash));
    }

    /// Closes what is open: the store went away, or content was deleted.
    pub(crate) fn close_all(&self) {
        self.lock().clear();
        self.rot.forget_all();
    }

    fn open_from(&self, dir: Arc<dyn Dir>, game: &Slug, id: BlobId, origin: &Origin) -> io::Result<OpenBlob> {
        let (bytes, outboard): (Box<dyn ReadAt>, Outboard) = match origin {
            Origin::Envelope(version) => {
                let path = layout::inside(&layout::build(game, version), "manifest");
                let bytes = dir.open(&path)?;
                let outboard = outboard::compute(id.size, &|at, buf| bytes.read_exact_at(buf, at))?;
                if outboard.blob() != id {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{path} is damaged")));
                }
                (bytes, outboard)
            }
            Origin::Archive(version) => {
                let outboard = self.stored_outboard(&*dir, id, &layout::build(game, version))?;
                if self.catalogue.is_whole(game, version) {
                    let manifest = catalogue::read_manifest(&*dir, game, version)?;
                    let shape = Arc::new(Layout::new(&manifest).map_err(io::Error::other)?);
                    let depot = Arc::new(SubDir::new(dir.clone(), &layout::depot(game, version)));
                    (Box::new(ArchiveReader::new(shape, depot)), outboard)
                } else {
                    let (file, stored) = self.cache.open(&id.hash)?.ok_or(io::ErrorKind::NotFound)?;
                    (Box::new(PackedArchive::open(file, stored, id.size)?), outboard)
                }
            }
            Origin::Patch { from, to } => self.open_patch(&*dir, id, &layout::patch(game, from, to))?,
            Origin::Jump { folder_signature, to } => {
                self.open_patch(&*dir, id, &layout::jump(game, folder_signature, to))?
            }
        };
        let watch = RotWatch::new(Arc::clone(&self.rot), game.clone(), origin.version().clone());
        Ok(OpenBlob { id, bytes, outboard, watch: Some(watch) })
    }

    fn open_patch(
        &self,
        dir: &dyn Dir,
        id: BlobId,
        folder: &RelPath,
    ) -> io::Result<(Box<dyn ReadAt>, Outboard)> {
        Ok((dir.open(&layout::inside(folder, "patch"))?, self.stored_outboard(dir, id, folder)?))
    }

    fn stored_outboard(&self, dir: &dyn Dir, id: BlobId, folder: &RelPath) -> io::Result<Outboard> {
        let path = layout::inside(folder, "outboard");
        if outboard::encoded_len(id.size) <= OUTBOARD_IN_MEMORY {
            let bytes = read_whole(dir, &path, OUTBOARD_IN_MEMORY)?;
            return Outboard::from_bytes(id, bytes).map_err(io::Error::other);
        }
        Outboard::open(id, &self.store.place().join(path.as_str()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Slug, Arc<OpenBlob>)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Blobs for StoreBlobs {
    fn open(&self, scope: &str, hash: &Hash) -> Option<Arc<dyn ServedBlob>> {
        let blob = self.open(&scope.parse().ok()?, hash)?;
        Some(blob)
    }
}

impl OpenBlob {
    /// The blob of this outboard.
    pub(crate) fn new(bytes: Box<dyn ReadAt>, outboard: Outboard) -> Self {
        Self { id: outboard.blob(), bytes, outboard, watch: None }
    }

    pub(crate) fn id(&self) -> BlobId {
        self.id
    }

    /// The piece with this index, checked against the outboard. Blocks.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] for rot, or what the system reports.
    pub(crate) fn verified_piece(&self, piece: u64) -> io::Result<Vec<u8>> {
        let (offset, len) = bao::piece_range(self.id.size, piece);
        let mut bytes = vec![0; len];
        self.bytes.read_exact_at(&mut bytes, offset)?;
        if len > 0 {
            let (first, groups) = bao::piece_groups(self.id.size, piece);
            let proof = self.outboard.proof(first, u64::from(groups))?;
            bao::verify(&self.id, first, &bytes, &proof).map_err(|_| {
                self.found_rot(piece);
                io::Error::new(io::ErrorKind::InvalidData, format!("piece {piece} of {} is rotten", self.id))
            })?;
        }
        Ok(bytes)
    }

    /// The whole outboard.
    pub(crate) fn outboard_bytes(&self) -> io::Result<Vec<u8>> {
        self.outboard.to_bytes()
    }
}

impl ServedBlob for OpenBlob {
    fn id(&self) -> BlobId {
        self.id
    }

    fn pieces(&self) -> PieceSet {
        PieceSet::full(bao::pieces(self.id.size))
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.bytes.read_exact_at(buf, offset)
    }

    fn outboard(&self) -> &Outboard {
        &self.outboard
    }

    fn found_rot(&self, piece: u64) {
        if let Some(watch) = &self.watch {
            watch.found(&self.id, piece);
        }
    }
}
