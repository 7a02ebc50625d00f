//! What this client serves: installed builds straight out of their folders, patches, manifests.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

use mist_peer::{Blobs, Outboard, PieceSet, ServedBlob, bao, outboard};
use mist_proto::{BlobId, Hash, Slug, UnixMillis, Version, http::Holding};
use mist_tree::{
    archive::{ArchiveReader, Layout},
    fs::{Dir, ReadAt, RealDir},
};

use crate::{
    adopt::{Place, place_of},
    catalogue::{Catalogue, verified},
    error::{Error, InstallError},
    folder::BuildRef,
    home::{Home, HomeError, ServerId},
    library::{Entry, Library},
    patch_cache::PatchCache,
    sync::lock,
    trust::KnownServer,
};

/// Envelopes kept open at once.
const OPEN_ENVELOPES: usize = 16;

/// Everything that is served, kept in step with the library by [`Shelf::reload`].
pub(crate) struct Shelf {
    home: Home,
    server: ServerId,
    catalogue: Arc<Catalogue>,
    patches: PatchCache,
    games: Mutex<BTreeMap<Slug, Arc<Archive>>>,
    envelopes: Mutex<Vec<Arc<Bytes>>>,
}

impl Shelf {
    pub(crate) fn new(home: Home, server: ServerId, catalogue: Arc<Catalogue>, patches: PatchCache) -> Self {
        let (games, envelopes) = Default::default();
        Self { home, server, catalogue, patches, games, envelopes }
    }

    /// Looks at the library and the state of every game again. Returns the games whose build on the shelf changed, each
    /// with the archives that came or went.
    pub(crate) fn reload(&self) -> Result<Vec<(Slug, Hash)>, HomeError> {
        let library = Library::load(&self.home)?;
        let mut now = BTreeMap::new();
        for (game, entry) in library.games.iter().filter(|(_, e)| e.server == self.server.as_str()) {
            let kept = lock(&self.games).get(game).cloned();
            match self.archive_of(game, entry, kept) {
                Ok(Some(archive)) => {
                    now.insert(game.clone(), archive);
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%game, %error, "the installed build can't be served"),
            }
        }
        let mut games = lock(&self.games);
        let mut changed = Vec::new();
        for (game, archive) in &now {
            if games.get(game).is_none_or(|old| !Arc::ptr_eq(old, archive)) {
                changed.push((game.clone(), archive.build.archive.hash));
            }
        }
        for (game, archive) in games.iter() {
            if now.get(game).is_none_or(|new| new.build != archive.build || new.folder != archive.folder) {
                archive.reader.close_files();
                changed.push((game.clone(), archive.build.archive.hash));
            }
        }
        *games = now;
        Ok(changed)
    }

    /// The game's archive if its folder is whole: the one that is open already if nothing changed.
    fn archive_of(
        &self,
        game: &Slug,
        entry: &Entry,
        kept: Option<Arc<Archive>>,
    ) -> Result<Option<Arc<Archive>>, Error> {
        let dir = &entry.dir;
        let Place::Known(folder, state) = place_of(entry, game)? else { return Ok(None) };
        let Some(build) = state.whole() else { return Ok(None) };
        let changed = state.last_operation.as_ref().map(|o| o.finished);
        if let Some(kept) = kept.filter(|k| k.build == *build && k.folder == *dir && k.changed == changed) {
            return Ok(Some(kept));
        }
        let Some(envelope) = folder.envelope(build.manifest)? else { return Ok(None) };
        let Some(known) = KnownServer::load(&self.home, &self.server)? else { return Ok(None) };
        let manifest = verified(&known.pins, game, &build.version, Some(build.manifest), envelope)?;
        let layout = Arc::new(Layout::new(&manifest).map_err(InstallError::Layout)?);
        let outboard = Outboard::open(build.archive, &folder.outboard_path(&build.archive.hash));
        let outboard = outboard.map_err(InstallError::Disk)?;
        let files: Arc<dyn Dir> = Arc::new(RealDir::open(dir).map_err(|e| InstallError::folder(dir, e))?);
        Ok(Some(Arc::new(Archive {
            folder: dir.to_owned(),
            build: build.clone(),
            changed,
            reader: ArchiveReader::new(layout, files),
            outboard,
            pieces: Mutex::new(PieceSet::full(bao::pieces(build.archive.size))),
        })))
    }

    /// The installed builds on the shelf.
    pub(crate) fn builds(&self) -> Vec<(Slug, Version)> {
        lock(&self.games).iter().map(|(game, a)| (game.clone(), a.build.version.clone())).collect()
    }

    /// Everything on the shelf, as it is announced.
    pub(crate) fn holdings(&self) -> Vec<Holding> {
        let mut out = Vec::new();
        for (game, archive) in lock(&self.games).iter() {
            let pieces = lock(&archive.pieces);
            out.push(Holding {
                game: game.clone(),
                blob: archive.build.archive,
                pieces: pieces.count(),
                complete: pieces.is_complete(),
            });
        }
        let known: Vec<Slug> = match self.catalogue.games() {
            Ok(Some(list)) => list.games.into_iter().map(|g| g.slug).collect(),
            _ => Vec::new(),
        };
        for game in known {
            let small = self.patches.list(&game).into_iter().chain(self.catalogue.envelopes(&game));
            out.extend(small.map(|blob| Holding {
                game: game.clone(),
                blob,
                pieces: bao::pieces(blob.size),
                complete: true,
            }));
        }
        out
    }

    fn envelope(&self, game: &Slug, hash: &Hash) -> Option<Arc<Bytes>> {
        if let Some(open) =
            lock(&self.envelopes).iter().find(|e| e.outboard.blob().hash == *hash && e.game == *game)
        {
            return Some(open.clone());
        }
        let bytes = self.catalogue.envelope(game, hash).ok()??;
        let outboard = outboard::compute_stream(&*bytes).ok()?;
        let opened = Arc::new(Bytes { game: game.clone(), bytes, outboard });
        let mut open = lock(&self.envelopes);
        if open.len() == OPEN_ENVELOPES {
            open.remove(0);
        }
        open.push(opened.clone());
        Some(opened)
    }
}

impl Blobs for Shelf {
    fn open(&self, scope: &str, hash: &Hash) -> Option<Arc<dyn ServedBlob>> {
        let game: Slug = scope.parse().ok()?;
        if let Some(archive) = lock(&self.games).get(&game).filter(|a| a.build.archive.hash == *hash) {
            return Some(archive.clone());
        }
        if let Some((file, outboard)) = self.patches.serve(&game, hash) {
            return Some(Arc::new(Patch { file, outboard }));
        }
        self.envelope(&game, hash).map(|e| e as Arc<dyn ServedBlob>)
    }
}

/// An installed build's archive.
struct Archive {
    folder: std::path::PathBuf,
    build: BuildRef,
    /// When its folder was changed last: a repaired one has all of its pieces again.
    changed: Option<UnixMillis>,
    reader: ArchiveReader,
    outboard: Outboard,
    /// Those that still matched when they were read last.
    pieces: Mutex<PieceSet>,
}

impl ServedBlob for Archive {
    fn id(&self) -> BlobId {
        self.build.archive
    }

    fn pieces(&self) -> PieceSet {
        lock(&self.pieces).clone()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.reader.read_exact(buf, offset).map_err(io::Error::from)
    }

    fn outboard(&self) -> &Outboard {
        &self.outboard
    }

    fn found_rot(&self, piece: u64) {
        tracing::warn!(folder = %self.folder.display(), piece, "files changed since they were verified; repair the game");
        lock(&self.pieces).remove(piece);
    }
}

/// A patch in the cache.
struct Patch {
    file: Box<dyn ReadAt>,
    outboard: Outboard,
}

impl ServedBlob for Patch {
    fn id(&self) -> BlobId {
        self.outboard.blob()
    }

    fn pieces(&self) -> PieceSet {
        PieceSet::full(bao::pieces(self.id().size))
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(buf, offset)
    }

    fn outboard(&self) -> &Outboard {
        &self.outboard
    }
}

/// A manifest's envelope.
struct Bytes {
    game: Slug,
    bytes: Vec<u8>,
    outboard: Outboard,
}

impl ServedBlob for Bytes {
    fn id(&self) -> BlobId {
        self.outboard.blob()
    }

    fn pieces(&self) -> PieceSet {
        PieceSet::full(bao::pieces(self.id().size))
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let found = self.bytes.get(from..).and_then(|rest| rest.get(..buf.len()));
        buf.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn outboard(&self) -> &Outboard {
        &self.outboard
    }
}
