//! Patches that were fetched, kept to be served to friends: bounded, the least used go first.
//!
//! A complete patch is `<game>/<hash>` with its hash tree `<game>/<hash>.outboard`; one under way is
//! `<game>/<hash>.part` with its progress in `<game>/<hash>.fetch/`. One that an update will take is pinned by an empty
//! `<game>/<hash>.pin`, and not evicted until that is gone.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use mist_peer::{BlobSink, Outboard, PartialBlob};
use mist_proto::{BlobId, Hash, RelPath, Slug};
use mist_tree::fs::{Dir, ReadAt, RealDir, WriteAt};

use crate::home::entries;

/// The cache's folder.
#[derive(Debug, Clone)]
pub(crate) struct PatchCache {
    root: PathBuf,
    /// Bytes that complete patches may take.
    cap: u64,
}

/// A patch that is being fetched.
pub(crate) struct Incoming {
    pub(crate) partial: PartialBlob,
    pub(crate) sink: Arc<dyn BlobSink>,
}

impl PatchCache {
    pub(crate) fn new(root: PathBuf, cap: u64) -> Self {
        Self { root, cap }
    }

    fn path(&self, game: &Slug, hash: &Hash) -> PathBuf {
        self.root.join(game.as_str()).join(hash.to_string())
    }

    /// A complete patch, noted as used now.
    pub(crate) fn open(&self, game: &Slug, blob: BlobId) -> Option<File> {
        let file = OpenOptions::new().read(true).write(true).open(self.path(game, &blob.hash)).ok()?;
        // What can't be noted is evicted earlier, nothing worse.
        let _ = file.set_modified(SystemTime::now());
        (file.metadata().ok()?.len() == blob.size).then_some(file)
    }

    /// A complete patch and its hash tree, to be served.
    pub(crate) fn serve(&self, game: &Slug, hash: &Hash) -> Option<(Box<dyn ReadAt>, Outboard)> {
        let path = self.path(game, hash);
        if !path.exists() {
            return None;
        }
        let dir = RealDir::open(path.parent()?).ok()?;
        let file = dir.open(&RelPath::new(&hash.to_string()).ok()?).ok()?;
        let blob = BlobId { hash: *hash, size: file.size().ok()? };
        let outboard = Outboard::open(blob, &path.with_extension("outboard")).ok()?;
        Some((file, outboard))
    }

    /// Bytes of a patch that are not here yet.
    pub(crate) fn missing(&self, game: &Slug, blob: BlobId) -> u64 {
        match fs::metadata(self.path(game, &blob.hash)) {
            Ok(meta) if meta.len() == blob.size => 0,
            _ => blob.size,
        }
    }

    /// Goes on with fetching a patch, or starts. Makes room for it first.
    pub(crate) fn begin(&self, game: &Slug, blob: BlobId) -> io::Result<Incoming> {
        let path = self.path(game, &blob.hash);
        fs::create_dir_all(self.root.join(game.as_str()))?;
        self.evict(blob.size)?;
        let part = path.with_extension("part");
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&part)?;
        // Progress without the bytes that it speaks of is void.
        if file.metadata()?.len() != blob.size {
            remove_dir(&path.with_extension("fetch"))?;
            file.set_len(blob.size)?;
        }
        let partial = PartialBlob::open(&path.with_extension("fetch"), blob)?;
        let dir = RealDir::open(self.root.join(game.as_str()))?;
        let name = RelPath::new(&format!("{}.part", blob.hash)).map_err(io::Error::other)?;
        let sink = Arc::new(FileSink(dir.open_rw(&name)?));
        Ok(Incoming { partial, sink })
    }

    /// Keeps a patch whose last piece has arrived. `held` serves it until it is in its place.
    pub(crate) fn finish(&self, game: &Slug, incoming: Incoming, held: impl Sized) -> io::Result<()> {
        let blob = incoming.partial.blob();
        let path = self.path(game, &blob.hash);
        incoming.sink.sync()?;
        Outboard::open(blob, incoming.partial.outboard_path())?.save(&path.with_extension("outboard"))?;
        fs::rename(path.with_extension("part"), &path)?;
        // Some systems remove no file that is open.
        drop((incoming, held));
        remove_dir(&path.with_extension("fetch"))
    }

    /// Keeps a patch, also one that is yet to come, from being evicted.
    pub(crate) fn pin(&self, game: &Slug, hash: &Hash) -> io::Result<()> {
        fs::create_dir_all(self.root.join(game.as_str()))?;
        File::create(self.path(game, hash).with_extension("pin")).map(drop)
    }

    /// Lets a patch be evicted again.
    pub(crate) fn unpin(&self, game: &Slug, hash: &Hash) {
        // One that stays pinned costs room, and is looked at again.
        let _ = fs::remove_file(self.path(game, hash).with_extension("pin"));
    }

    /// Lets all patches of a game be evicted again.
    pub(crate) fn unpin_all(&self, game: &Slug) {
        for (_, hash) in self.pinned().into_iter().filter(|(of, _)| of == game) {
            self.unpin(game, &hash);
        }
    }

    /// The pinned patches of all games.
    pub(crate) fn pinned(&self) -> Vec<(Slug, Hash)> {
        let mut found = Vec::new();
        for folder in entries(&self.root).unwrap_or_default() {
            let Some(game) = folder.file_name().to_str().and_then(|name| name.parse::<Slug>().ok()) else {
                continue;
            };
            for entry in entries(&folder.path()).unwrap_or_default() {
                let name = entry.file_name();
                let hash = name.to_str().and_then(|name| name.strip_suffix(".pin")?.parse().ok());
                found.extend(hash.map(|hash| (game.clone(), hash)));
            }
        }
        found
    }

    /// Drops a patch that turned out to be of no use.
    pub(crate) fn discard(&self, game: &Slug, hash: &Hash) {
        let path = self.path(game, hash);
        for file in [
            path.clone(),
            path.with_extension("outboard"),
            path.with_extension("part"),
            path.with_extension("pin"),
        ] {
            // Leftovers are evicted in time.
            let _ = fs::remove_file(file);
        }
        let _ = remove_dir(&path.with_extension("fetch"));
    }

    /// Drops what was fetched of a game's patches that are not complete.
    pub(crate) fn drop_unfinished(&self, game: &Slug) {
        for entry in entries(&self.root.join(game.as_str())).unwrap_or_default() {
            let path = entry.path();
            // Leftovers cost room and nothing else.
            match path.extension().and_then(|e| e.to_str()) {
                Some("part") => drop(fs::remove_file(&path)),
                Some("fetch") => drop(remove_dir(&path)),
                _ => {}
            }
        }
    }

    /// The complete patches of a game.
    pub(crate) fn list(&self, game: &Slug) -> Vec<BlobId> {
        let found = complete(&self.root.join(game.as_str()));
        found.into_iter().map(|(hash, _, size)| BlobId { hash, size }).collect()
    }

    /// Bytes of all patches, whole or under way.
    pub(crate) fn occupied(&self) -> io::Result<u64> {
        let mut bytes = 0;
        for game in entries(&self.root)? {
            for file in entries(&game.path())? {
                // One that is evicted meanwhile takes no room.
                bytes += file.metadata().map_or(0, |meta| if meta.is_file() { meta.len() } else { 0 });
            }
        }
        Ok(bytes)
    }

    /// Removes the least used patches that are not pinned until `room` more bytes fit under the cap.
    fn evict(&self, room: u64) -> io::Result<()> {
        let mut all = Vec::new();
        for game in fs::read_dir(&self.root)?.flatten() {
            let folder = game.path();
            all.extend(
                complete(&folder)
                    .into_iter()
                    .map(|(hash, used, size)| (used, size, folder.join(hash.to_string()))),
            );
        }
        all.sort();
        let mut taken: u64 = all.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in all {
            if taken.saturating_add(room) <= self.cap {
                break;
            }
            if path.with_extension("pin").exists() {
                continue;
            }
            fs::remove_file(&path)?;
            let _ = fs::remove_file(path.with_extension("outboard"));
            taken -= size;
        }
        Ok(())
    }
}

/// Hash, time of last use and size of the complete patches in a folder.
fn complete(folder: &Path) -> Vec<(Hash, SystemTime, u64)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let read = |entry: fs::DirEntry| {
        let hash = entry.file_name().to_str()?.parse().ok()?;
        let meta = entry.metadata().ok()?;
        Some((hash, meta.modified().ok()?, meta.len()))
    };
    entries.filter_map(|e| read(e.ok()?)).collect()
}

fn remove_dir(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// A blob that is one file.
struct FileSink(Box<dyn WriteAt>);

impl BlobSink for FileSink {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.0.read_exact_at(buf, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}
