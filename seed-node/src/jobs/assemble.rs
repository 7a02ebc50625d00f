//! The files of a new depot, out of uploaded chunks and of what the game's other depots have.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use mist_proto::{FileEntry, Hash, Manifest, RelPath};
use mist_tree::{
    fs::{Dir, ROOT, SubDir},
    recipe::{Chunk, Recipe},
};

use super::{Failure, Reporter, failure::Full};
use crate::{
    catalogue,
    seed::Seed,
    store::{PushId, layout},
    uploads::{DepotChunks, DepotReader, UploadedChunks, Uploads},
};

/// Chunks are missing or damaged.
#[derive(Debug, thiserror::Error)]
#[error("{count} chunks are missing, the first one of {first}: repeat the push to send them")]
pub(super) struct Incomplete {
    /// How many.
    pub(super) count: usize,
    /// The first file that needs one.
    pub(super) first: RelPath,
}

/// A file does not hash to what the manifest says.
#[derive(Debug, thiserror::Error)]
#[error("{path} does not have the hash that the manifest says: repeat the push to send it again")]
pub(super) struct WrongFile {
    /// The file.
    pub(super) path: RelPath,
}

impl From<WrongFile> for Failure {
    fn from(wrong: WrongFile) -> Self {
        Self::lasting(wrong)
    }
}

/// How to make a depot. Every chunk is known to be somewhere; whether it is sound shows when it is read.
pub(super) struct Assembly<'a> {
    dir: &'a Arc<dyn Dir>,
    manifest: &'a Manifest,
    recipe: &'a Recipe,
    uploads: &'a Uploads,
    push: &'a PushId,
    uploaded: UploadedChunks,
    depots: DepotChunks,
    distrusted: HashSet<Hash>,
    /// For each file, an identical one in another depot.
    twins: Vec<Option<RelPath>>,
    /// Where the depot is made, in the store.
    target: RelPath,
}

impl<'a> Assembly<'a> {
    /// Looks where everything is.
    ///
    /// # Errors
    /// Lasting if a chunk is nowhere.
    pub(super) fn plan(
        seed: &'a Seed,
        dir: &'a Arc<dyn Dir>,
        manifest: &'a Manifest,
        recipe: &'a Recipe,
        push: &'a PushId,
        target: RelPath,
        report: &Reporter,
    ) -> Result<Self, Failure> {
        let game = &manifest.game;
        let uploaded = seed.uploads.uploaded(game, push)?;
        let depots = DepotChunks::of_game(dir.clone(), &seed.catalogue, game);
        let distrusted = seed.uploads.distrusted(game, push)?;
        let mut twins = find_twins(seed, dir, manifest, report);
        let mut missing: Vec<(&RelPath, Hash)> = Vec::new();
        for ((file, chunks), twin) in manifest.files.iter().zip(&recipe.files).zip(&mut twins) {
            if chunks.iter().any(|chunk| distrusted.contains(&chunk.hash)) {
                *twin = None;
            }
            if twin.is_some() {
                continue;
            }
            let lacks = |hash: &Hash| {
                !uploaded.contains(hash) && (distrusted.contains(hash) || !depots.contains(hash))
            };
            missing.extend(chunks.iter().map(|c| c.hash).filter(lacks).map(|hash| (&file.path, hash)));
        }
        if let Some((first, _)) = missing.first() {
            let first = (*first).clone();
            let count = missing.iter().map(|(_, hash)| hash).collect::<HashSet<_>>().len();
            return Err(Failure::lasting(Incomplete { count, first }));
        }
        let alike = twins.iter().flatten().count() as u64;
        report.info(format!(
            "{}, {}: {} of them are those of other builds",
            mist_readable::count(twins.len() as u64, "file", "files"),
            mist_readable::bytes(manifest.content_size()),
            alike
        ));
        let uploads = &seed.uploads;
        Ok(Self { dir, manifest, recipe, uploads, push, uploaded, depots, distrusted, twins, target })
    }

    /// Checks that the new files fit on the disk and leave `keep_free` bytes.
    pub(super) fn need_room(&self, keep_free: u64) -> Result<(), Failure> {
        let files = self.manifest.files.iter().zip(&self.twins);
        let needed = files.filter(|(_, twin)| twin.is_none()).map(|(file, _)| file.size).sum();
        let free = self.dir.space()?.free;
        if free < keep_free.saturating_add(needed) { Err(Full { needed, free }.into()) } else { Ok(()) }
    }

    /// Makes the depot, durably, with `threads` threads.
    pub(super) fn run(&self, threads: usize, report: &Reporter) -> Result<(), Failure> {
        let depot = SubDir::new(self.dir.clone(), &self.target);
        self.dir.create_dir_all(&self.target)?;
        let next = AtomicUsize::new(0);
        let failure = Mutex::new(None);
        let fail = |e: Failure| {
            // The other threads stop at their next file. The first reason is the one to tell.
            next.store(self.manifest.files.len(), Ordering::Relaxed);
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(e);
        };
        let work = || {
            let mut reader = self.depots.open();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(file) = self.manifest.files.get(index) else { return };
                let made = self.make(index, file, &depot, &mut reader, report);
                if let Err(e) = made {
                    return fail(e);
                }
            }
        };
        let threads = threads.clamp(1, self.manifest.files.len().max(1));
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        if let Some(e) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(e);
        }
        Ok(make_folders(self.manifest, &depot)?)
    }

    fn make(
        &self,
        index: usize,
        file: &FileEntry,
        depot: &SubDir,
        reader: &mut DepotReader<'_>,
        report: &Reporter,
    ) -> Result<(), Failure> {
        if let Some(twin) = &self.twins[index] {
            let to = RelPath::new(&format!("{}/{}", self.target, file.path));
            // Where links can't be made (another kind of file system, too many of them), the chunks are copied.
            if to.is_ok_and(|to| self.dir.hard_link(twin, &to).is_ok()) {
                return report.add(file.size);
            }
        }
        let out = depot.create(&file.path)?;
        let mut hasher = blake3::Hasher::new();
        let mut offset = 0;
        for chunk in &self.recipe.files[index] {
            let bytes = self.chunk(file, chunk, reader, report)?;
            hasher.update(&bytes);
            // Holes stay holes.
            if bytes.iter().any(|&b| b != 0) {
                out.write_all_at(&bytes, offset)?;
            }
            offset += bytes.len() as u64;
            report.add(bytes.len() as u64)?;
        }
        if Hash::from(hasher.finalize()) != file.hash || offset != file.size {
            return Err(WrongFile { path: file.path.clone() }.into());
        }
        out.set_len(file.size)?;
        out.sync_data()?;
        drop(out);
        if file.executable {
            depot.set_executable(&file.path, true)?;
        }
        Ok(())
    }

    /// The bytes of a chunk. One that turns out to be damaged is asked for again when the push is repeated.
    fn chunk(
        &self,
        file: &FileEntry,
        chunk: &Chunk,
        reader: &mut DepotReader<'_>,
        report: &Reporter,
    ) -> Result<Vec<u8>, Failure> {
        let (game, incomplete) =
            (&self.manifest.game, || Failure::lasting(Incomplete { count: 1, first: file.path.clone() }));
        if let Some(bytes) = self.uploaded.read(&chunk.hash) {
            return match bytes {
                Err(e) if e.kind() == io::ErrorKind::InvalidData => {
                    report.error(format!("an uploaded chunk of {} is damaged: {e}", file.path));
                    self.uploads.discard(self.push, &chunk.hash, &self.uploaded)?;
                    Err(incomplete())
                }
                other => Ok(other?),
            };
        }
        let found = reader.read(&chunk.hash).filter(|_| !self.distrusted.contains(&chunk.hash));
        let found = found.ok_or_else(incomplete)?;
        match found.bytes {
            Err(e) if matches!(e.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => {
                report.error(format!("a chunk of {} is damaged in {}", file.path, found.place));
                self.uploads.distrust(game, self.push, &[chunk.hash])?;
                Err(incomplete())
            }
            other => Ok(other?),
        }
    }
}

/// Makes the empty folders of a depot whose files are there, and flushes the names in all folders.
pub(super) fn make_folders(manifest: &Manifest, depot: &SubDir) -> io::Result<()> {
    let mut folders = BTreeSet::new();
    for path in manifest.files.iter().map(|f| &f.path).chain(&manifest.empty_dirs) {
        let mut folder = path.parent();
        while let Some(f) = folder {
            folder = f.parent();
            if !folders.insert(f) {
                break;
            }
        }
    }
    for empty in &manifest.empty_dirs {
        depot.create_dir_all(empty)?;
    }
    for folder in folders.iter().rev() {
        depot.sync_dir(folder)?;
    }
    depot.sync_dir(ROOT)
}

/// For each file of the manifest, one with the same content and mode in another build of the game.
pub(super) fn find_twins(
    seed: &Seed,
    dir: &Arc<dyn Dir>,
    manifest: &Manifest,
    report: &Reporter,
) -> Vec<Option<RelPath>> {
    let game = &manifest.game;
    let mut wanted: HashMap<(Hash, bool), Vec<usize>> = HashMap::new();
    for (index, file) in manifest.files.iter().enumerate().filter(|(_, f)| f.size > 0) {
        wanted.entry((file.hash, file.executable)).or_default().push(index);
    }
    let mut twins = vec![None; manifest.files.len()];
    // The newest first: most of a build is in the one before it.
    for version in seed.catalogue.whole_versions(game).iter().rev() {
        let other = match catalogue::read_manifest(&**dir, game, version) {
            Ok(other) => other,
            Err(error) => {
                report.error(format!("{game} {version} can't be used, as it is damaged: {error}"));
                continue;
            }
        };
        for file in &other.files {
            let Some(indices) = wanted.remove(&(file.hash, file.executable)) else { continue };
            // The longest paths do not fit below another folder's; those files are copied.
            if let Ok(twin) = RelPath::new(&format!("{}/{}", layout::depot(game, version), file.path)) {
                for index in indices {
                    twins[index] = Some(twin.clone());
                }
            }
        }
    }
    twins
}
