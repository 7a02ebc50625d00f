//! Running pushes: what each consists of, and the chunks that have come.

mod depot_chunks;
mod folder_signatures;
mod segment;

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{Arc, Mutex, PoisonError},
};

use mist_proto::{
    Hash, RelPath, Slug,
    http::{PartAccepted, UploadState},
    limits,
};
use mist_tree::{
    fs::{Dir, ROOT, ReadAt, remove_tree, write_atomically},
    recipe::{PartError, Recipe, RecipeError, unpack_part},
};

pub(crate) use depot_chunks::{DepotChunks, DepotReader};
pub(crate) use segment::Place;
use segment::Segment;

use crate::{
    catalogue::Catalogue,
    store::{PushId, Store, StoreAway, layout, read_whole},
};

/// Recipes of running pushes that are kept in memory.
const OPEN_UPLOADS: usize = 4;

/// Why an upload was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    /// No recipe came for this push.
    #[error("this push has no recipe yet: send it first")]
    NoRecipe,
    /// The recipe is malformed.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The part is malformed.
    #[error(transparent)]
    Part(PartError),
    /// There is no room.
    #[error("the store is full: {free} bytes are free; free some room and push again")]
    Full {
        /// Bytes left.
        free: u64,
    },
    /// The store is away.
    #[error(transparent)]
    Away(#[from] StoreAway),
    /// The store fails.
    #[error(transparent)]
    Store(#[from] io::Error),
}

/// All running pushes.
pub(crate) struct Uploads {
    store: Arc<Store>,
    catalogue: Arc<Catalogue>,
    keep_free: u64,
    /// The ones used last, the newest at the end.
    open: Mutex<Vec<Arc<Upload>>>,
}

/// One running push.
pub(crate) struct Upload {
    game: Slug,
    push: PushId,
    folder: RelPath,
    /// Distinct chunks in order of first use.
    chunks: Vec<Hash>,
    /// Chunks that neither a segment nor a depot has.
    missing: Mutex<HashSet<Hash>>,
}

impl Uploads {
    pub(crate) fn new(store: Arc<Store>, catalogue: Arc<Catalogue>, keep_free: u64) -> Self {
        Self { store, catalogue, keep_free, open: Mutex::default() }
    }

    /// Takes the recipe of a push, in its encoded form. Blocks.
    pub(crate) fn put_recipe(
        &self,
        game: &Slug,
        push: &PushId,
        recipe: &[u8],
    ) -> Result<UploadState, UploadError> {
        Recipe::decode(recipe)?;
        self.need_room(recipe.len() as u64)?;
        let dir = self.store.dir_to_change()?;
        let folder = layout::upload(game, push);
        dir.create_dir_all(&folder)?;
        let path = layout::inside(&folder, "recipe");
        write_atomically(&*dir, &path, recipe).map_err(|e| self.explain(e))?;
        // The names of the folders above must survive as well, or the acknowledged recipe is gone with them.
        dir.sync_dir(&layout::uploads_of(game))?;
        dir.sync_dir(&layout::uploads())?;
        dir.sync_dir(ROOT)?;
        self.forget(push);
        self.state(game, push)
    }

    /// What is missing of a push. Blocks.
    pub(crate) fn state(&self, game: &Slug, push: &PushId) -> Result<UploadState, UploadError> {
        // Depots may have come and gone meanwhile.
        self.forget(push);
        let upload = self.upload(game, push)?;
        let missing = upload.missing.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(UploadState {
            chunks: upload.chunks.len() as u64,
            missing: upload.chunks.iter().filter(|hash| missing.contains(hash)).copied().collect(),
        })
    }

    /// Takes one part. Once this returns, its chunks survive a power loss. Blocks.
    pub(crate) fn put_part(
        &self,
        game: &Slug,
        push: &PushId,
        part: &[u8],
    ) -> Result<PartAccepted, UploadError> {
        let upload = self.upload(game, push)?;
        let dir = self.store.dir_to_change()?;
        let (mut segment, mut total) = (Segment::default(), 0u64);
        let mut taken = HashSet::new();
        unpack_part(part, |hash, bytes| {
            total += 1;
            let wanted = upload.missing.lock().unwrap_or_else(PoisonError::into_inner).contains(&hash);
            if wanted && taken.insert(hash) {
                segment.push(hash, bytes);
            }
            Ok(())
        })
        .map_err(UploadError::Part)?;
        if segment.chunks().is_empty() {
            return Ok(PartAccepted { stored: 0, ignored: total });
        }
        self.need_room(segment.len() as u64)?;
        let name = Hash::of(part);
        let path = layout::inside(&upload.folder, &format!("{name}{}", segment::SUFFIX));
        // Two copies of one part may come at once; the names of their temporary files differ.
        let tmp =
            layout::inside(&layout::tmp(), &format!("part-{push}-{name}-{:016x}", rand::random::<u64>()));
        let written = segment.write(&*dir, &tmp, &path).and_then(|()| dir.sync_dir(&upload.folder));
        if let Err(e) = written {
            // What is left of it is in `tmp`, which the next start empties; try now, because room may be what lacks.
            let _ = dir.remove_file(&tmp);
            return Err(self.explain(e));
        }
        let mut missing = upload.missing.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = segment.chunks().iter().filter(|chunk| missing.remove(&chunk.hash)).count() as u64;
        Ok(PartAccepted { stored, ignored: total - stored })
    }

    /// The recipe of a push. Blocks.
    pub(crate) fn recipe(&self, game: &Slug, push: &PushId) -> Result<Recipe, UploadError> {
        let path = layout::inside(&layout::upload(game, push), "recipe");
        match read_whole(&*self.store.dir()?, &path, limits::MAX_RECIPE as u64) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(UploadError::NoRecipe),
            other => Ok(Recipe::decode(&other?)?),
        }
    }

    /// The chunks that came for a push. Blocks.
    pub(crate) fn uploaded(&self, game: &Slug, push: &PushId) -> Result<UploadedChunks, UploadError> {
        let dir = self.store.dir()?;
        let places = read_segments(&*dir, &layout::upload(game, push))?;
        Ok(UploadedChunks { dir, places, open: Mutex::default() })
    }

    /// Chunks that depots turned out to hold damaged: only an upload of them helps.
    pub(crate) fn distrusted(&self, game: &Slug, push: &PushId) -> Result<HashSet<Hash>, UploadError> {
        Ok(read_distrusted(&*self.store.dir()?, &layout::upload(game, push))?)
    }

    /// Adds to [`Uploads::distrusted`], so that repeating the push sends these chunks. Blocks.
    pub(crate) fn distrust(&self, game: &Slug, push: &PushId, chunks: &[Hash]) -> Result<(), UploadError> {
        let dir = self.store.dir()?;
        let folder = layout::upload(game, push);
        let mut all = read_distrusted(&*dir, &folder)?;
        all.extend(chunks);
        let bytes: Vec<u8> = all.iter().flat_map(|hash| hash.0).collect();
        write_atomically(&*dir, &layout::inside(&folder, "distrusted"), &bytes)?;
        self.forget(push);
        Ok(())
    }

    /// Drops the segment that holds a damaged chunk, so that repeating the push sends its chunks again. Blocks.
    pub(crate) fn discard(
        &self,
        push: &PushId,
        chunk: &Hash,
        uploaded: &UploadedChunks,
    ) -> Result<(), UploadError> {
        if let Some(place) = uploaded.places.get(chunk) {
            remove_tree(&*self.store.dir()?, &*place.segment)?;
            self.forget(push);
        }
        Ok(())
    }

    /// Removes a push with all its chunks, durably: one that came back would look like a push that goes on. Blocks.
    pub(crate) fn remove(&self, game: &Slug, push: &PushId) -> Result<(), UploadError> {
        self.forget(push);
        let dir = self.store.dir()?;
        remove_tree(&*dir, &layout::upload(game, push))?;
        match dir.sync_dir(&layout::uploads_of(game)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e.into()),
            _ => Ok(()),
        }
    }

    /// Whether nothing is being pushed to a game. Blocks.
    pub(crate) fn is_idle(&self, game: &Slug) -> Result<bool, UploadError> {
        match self.store.dir()?.read_dir(&layout::uploads_of(game)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(true),
            other => Ok(other?.is_empty()),
        }
    }

    /// Removes every push of a game. Blocks.
    pub(crate) fn remove_game(&self, game: &Slug) -> Result<(), UploadError> {
        self.lock().retain(|upload| upload.game != *game);
        Ok(remove_tree(&*self.store.dir()?, &layout::uploads_of(game))?)
    }

    fn upload(&self, game: &Slug, push: &PushId) -> Result<Arc<Upload>, UploadError> {
        if let Some(upload) = self.lock().iter().find(|u| u.push == *push && u.game == *game) {
            return Ok(upload.clone());
        }
        let upload = Arc::new(self.read_upload(game, push)?);
        let mut open = self.lock();
        // Another request may have read it meanwhile; both must see the same set of missing chunks.
        if let Some(other) = open.iter().find(|u| u.push == *push && u.game == *game) {
            return Ok(other.clone());
        }
        if open.len() == OPEN_UPLOADS {
            open.remove(0);
        }
        open.push(upload.clone());
        Ok(upload)
    }

    fn read_upload(&self, game: &Slug, push: &PushId) -> Result<Upload, UploadError> {
        let recipe = self.recipe(game, push)?;
        let dir = self.store.dir()?;
        let folder = layout::upload(game, push);
        let uploaded = read_segments(&*dir, &folder)?;
        let distrusted = read_distrusted(&*dir, &folder)?;
        let depots = DepotChunks::of_game(dir, &self.catalogue, game);
        let (mut seen, mut chunks, mut missing) = (HashSet::new(), Vec::new(), HashSet::new());
        for chunk in recipe.files.iter().flatten() {
            if !seen.insert(chunk.hash) {
                continue;
            }
            chunks.push(chunk.hash);
            let in_depot = depots.contains(&chunk.hash) && !distrusted.contains(&chunk.hash);
            if !in_depot && !uploaded.contains_key(&chunk.hash) {
                missing.insert(chunk.hash);
            }
        }
        Ok(Upload { game: game.clone(), push: push.clone(), folder, chunks, missing: Mutex::new(missing) })
    }

    fn forget(&self, push: &PushId) {
        self.lock().retain(|upload| upload.push != *push);
    }

    fn need_room(&self, bytes: u64) -> Result<(), UploadError> {
        let free = self.store.space()?.free;
        if free < self.keep_free.saturating_add(bytes) { Err(UploadError::Full { free }) } else { Ok(()) }
    }

    /// A full disk is the operator's to mend, unlike other faults.
    fn explain(&self, e: io::Error) -> UploadError {
        match e.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                UploadError::Full { free: self.store.space().map_or(0, |space| space.free) }
            }
            _ => UploadError::Store(e),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Upload>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A segment's path, and the segment.
type OpenSegment = (Arc<RelPath>, Arc<dyn ReadAt>);

/// Chunks of a push, to be read.
pub(crate) struct UploadedChunks {
    dir: Arc<dyn Dir>,
    places: HashMap<Hash, Place>,
    /// The segment read last: neighbouring chunks tend to lie in one.
    open: Mutex<Option<OpenSegment>>,
}

impl UploadedChunks {
    pub(crate) fn contains(&self, hash: &Hash) -> bool {
        self.places.contains_key(hash)
    }

    /// The bytes of a chunk, checked; `None` if it did not come.
    pub(crate) fn read(&self, hash: &Hash) -> Option<io::Result<Vec<u8>>> {
        let place = self.places.get(hash)?;
        Some(self.open_segment(place).and_then(|file| segment::read_chunk(&*file, place, hash)))
    }

    fn open_segment(&self, place: &Place) -> io::Result<Arc<dyn ReadAt>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((path, file)) = &*open
            && *path == place.segment
        {
            return Ok(file.clone());
        }
        let file: Arc<dyn ReadAt> = self.dir.open(&*place.segment)?.into();
        *open = Some((place.segment.clone(), file.clone()));
        Ok(file)
    }
}

/// The chunks of all segments in a push's folder. A damaged segment is dropped, as if it had not come.
fn read_segments(dir: &dyn Dir, folder: &RelPath) -> io::Result<HashMap<Hash, Place>> {
    let entries = match dir.read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other?,
    };
    let mut places = HashMap::new();
    let names = entries.iter().filter_map(|entry| entry.name.to_str());
    for name in names.filter(|name| name.ends_with(segment::SUFFIX)) {
        let path = RelPath::new(&format!("{folder}/{name}")).map_err(io::Error::other)?;
        match segment::read_index(dir, &path) {
            Ok(chunks) => places.extend(chunks),
            Err(error) => {
                tracing::warn!(segment = %path, %error, "uploaded chunks are damaged and will be asked for again")
            }
        }
    }
    Ok(places)
}

fn read_distrusted(dir: &dyn Dir, folder: &RelPath) -> io::Result<HashSet<Hash>> {
    match read_whole(dir, &layout::inside(folder, "distrusted"), limits::MAX_RECIPE as u64) {
        Ok(bytes) => Ok(bytes.as_chunks::<32>().0.iter().map(|hash| Hash(*hash)).collect()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(HashSet::new()),
        Err(e) => Err(e),
    }
}
