//! What the store holds, in memory: light records of builds and patches; their content stays on disk.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{PoisonError, RwLock},
};

use mist_peer::bao;
use mist_proto::{
    BlobId, Hash, ManifestId, RelPath, Slug, UnverifiedManifest, VerifiedManifest, Version, http::Holding,
    limits,
};
use mist_tree::fs::{Dir, EntryKind};
use tokio::sync::watch;

use crate::{
    keeping::Builds,
    store::{layout, read_whole},
};

/// The most that one announce may list.
const MAX_HOLDINGS: usize = 10_000;

/// A build of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BuildRecord {
    pub(crate) sequence: u64,
    pub(crate) manifest_id: ManifestId,
    pub(crate) envelope: BlobId,
    pub(crate) archive: BlobId,
    pub(crate) content_size: u64,
}

impl BuildRecord {
    pub(crate) fn of(manifest: &VerifiedManifest) -> Self {
        Self {
            sequence: manifest.sequence,
            manifest_id: manifest.id(),
            envelope: BlobId::of(manifest.envelope()),
            archive: manifest.archive,
            content_size: manifest.content_size(),
        }
    }
}

/// Where a blob comes from.
impl Origin {
    /// The build that it belongs to: the one that a patch leads to.
    pub(crate) fn version(&self) -> &Version {
        match self {
            Self::Envelope(version) | Self::Archive(version) => version,
            Self::Patch { to, .. } | Self::Jump { to, .. } => to,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The signed envelope of a build.
    Envelope(Version),
    /// The archive of a build.
    Archive(Version),
    /// A direct patch.
    Patch {
        /// Old build.
        from: Version,
        /// New build.
        to: Version,
    },
    /// A jump patch.
    Jump {
        /// Folder signature of what it leads from.
        folder_signature: Hash,
        /// Build that it becomes.
        to: Version,
    },
}

/// A jump patch of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JumpRecord {
    pub(crate) patch: BlobId,
    /// When it was made, in nanoseconds since the Unix epoch.
    pub(crate) made_ns: i64,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Shelf {
    builds: BTreeMap<Version, BuildRecord>,
    /// Builds that have a depot; the others are rebuilt when somebody wants them.
    whole: BTreeSet<Version>,
    patches: BTreeMap<(Version, Version), BlobId>,
    jumps: BTreeMap<(Hash, Version), JumpRecord>,
}

/// The builds and patches of the store.
pub(crate) struct Catalogue {
    shelves: RwLock<BTreeMap<Slug, Shelf>>,
    /// Counts changes, for those who announce them.
    changes: watch::Sender<u64>,
}

impl Catalogue {
    pub(crate) fn new() -> Self {
        Self { shelves: RwLock::default(), changes: watch::Sender::new(0) }
    }

    /// Tells of every change from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The blob of `game` with this hash, and where it comes from.
    pub(crate) fn find(&self, game: &Slug, hash: &Hash) -> Option<(BlobId, Origin)> {
        let shelves = self.read();
        let shelf = shelves.get(game)?;
        let of_builds = shelf.builds.iter().find_map(|(version, build)| {
            let archive =
                (build.archive.hash == *hash).then(|| (build.archive, Origin::Archive(version.clone())));
            archive.or_else(|| {
                (build.envelope.hash == *hash).then(|| (build.envelope, Origin::Envelope(version.clone())))
            })
        });
        let of_patches = || {
            let ((from, to), blob) = shelf.patches.iter().find(|(_, blob)| blob.hash == *hash)?;
            Some((*blob, Origin::Patch { from: from.clone(), to: to.clone() }))
        };
        let of_jumps = || {
            let ((folder_signature, to), jump) =
                shelf.jumps.iter().find(|(_, jump)| jump.patch.hash == *hash)?;
            Some((jump.patch, Origin::Jump { folder_signature: *folder_signature, to: to.clone() }))
        };
        of_builds.or_else(of_patches).or_else(of_jumps)
    }

    /// The record of a build.
    pub(crate) fn build(&self, game: &Slug, version: &Version) -> Option<BuildRecord> {
        self.read().get(game)?.builds.get(version).cloned()
    }

    /// The versions of a game, oldest build first.
    pub(crate) fn versions(&self, game: &Slug) -> Vec<Version> {
        let shelves = self.read();
        let mut builds: Vec<_> = shelves.get(game).into_iter().flat_map(|shelf| &shelf.builds).collect();
        builds.sort_by_key(|(_, build)| build.sequence);
        builds.into_iter().map(|(version, _)| version.clone()).collect()
    }

    /// The versions of a game whose files are there, oldest build first.
    pub(crate) fn whole_versions(&self, game: &Slug) -> Vec<Version> {
        let mut versions = self.versions(game);
        versions.retain(|version| self.is_whole(game, version));
        versions
    }

    /// Whether the files of a build are there.
    pub(crate) fn is_whole(&self, game: &Slug, version: &Version) -> bool {
        self.read().get(game).is_some_and(|shelf| shelf.whole.contains(version))
    }

    /// The depot of a build came or went.
    pub(crate) fn set_whole(&self, game: &Slug, version: &Version, whole: bool) {
        self.change(|shelves| {
            let Some(shelf) = shelves.get_mut(game).filter(|shelf| shelf.builds.contains_key(version)) else {
                return;
            };
            if whole {
                shelf.whole.insert(version.clone());
            } else {
                shelf.whole.remove(version);
            }
        });
    }

    /// The game's builds and patches, to think about.
    pub(crate) fn keeping(&self, game: &Slug) -> Builds {
        let mut builds = Builds::default();
        if let Some(shelf) = self.read().get(game) {
            for (version, build) in &shelf.builds {
                builds.add_build(version.clone(), build.sequence, shelf.whole.contains(version));
            }
            for ((from, to), blob) in &shelf.patches {
                builds.add_patch(from.clone(), to.clone(), blob.size);
            }
        }
        builds
    }

    /// The games that have anything.
    pub(crate) fn games(&self) -> Vec<Slug> {
        self.read().keys().cloned().collect()
    }

    /// The address of a patch.
    pub(crate) fn patch(&self, game: &Slug, from: &Version, to: &Version) -> Option<BlobId> {
        self.read().get(game)?.patches.get(&(from.clone(), to.clone())).copied()
    }

    /// The address of a jump patch.
    pub(crate) fn jump(&self, game: &Slug, folder_signature: &Hash, to: &Version) -> Option<BlobId> {
        Some(self.read().get(game)?.jumps.get(&(*folder_signature, to.clone()))?.patch)
    }

    /// Every jump patch: game, folder signature, build that it leads to, and the record.
    pub(crate) fn jumps(&self) -> Vec<(Slug, Hash, Version, JumpRecord)> {
        let shelves = self.read();
        let of_game = |(game, shelf): (&Slug, &Shelf)| {
            let named = |((folder_signature, to), record): (&(Hash, Version), &JumpRecord)| {
                (game.clone(), *folder_signature, to.clone(), *record)
            };
            shelf.jumps.iter().map(named).collect::<Vec<_>>()
        };
        shelves.iter().flat_map(of_game).collect()
    }

    /// Whether any build has this archive.
    pub(crate) fn has_archive(&self, archive: &Hash) -> bool {
        self.read()
            .values()
            .flat_map(|shelf| shelf.builds.values())
            .any(|build| build.archive.hash == *archive)
    }

    /// Patches that begin or end at a build.
    pub(crate) fn patches_of(&self, game: &Slug, version: &Version) -> Vec<(Version, Version)> {
        let shelves = self.read();
        let patches = shelves.get(game).into_iter().flat_map(|shelf| shelf.patches.keys());
        patches.filter(|(from, to)| from == version || to == version).cloned().collect()
    }

    /// Sizes of all patches together, jump patches too.
    pub(crate) fn patch_bytes(&self) -> u64 {
        let size = |shelf: &Shelf| -> u64 {
            let jumps = shelf.jumps.values().map(|jump| jump.patch.size);
            shelf.patches.values().map(|blob| blob.size).chain(jumps).sum()
        };
        self.read().values().map(size).sum()
    }

    /// Adds a build with its depot.
    pub(crate) fn add_build(&self, game: &Slug, version: &Version, record: BuildRecord) {
        self.change(|shelves| {
            let shelf = shelves.entry(game.clone()).or_default();
            shelf.builds.insert(version.clone(), record);
            shelf.whole.insert(version.clone());
        });
    }

    pub(crate) fn add_patch(&self, game: &Slug, from: &Version, to: &Version, blob: BlobId) {
        self.change(|shelves| {
            shelves.entry(game.clone()).or_default().patches.insert((from.clone(), to.clone()), blob);
        });
    }

    /// Forgets a direct patch.
    pub(crate) fn remove_patch(&self, game: &Slug, from: &Version, to: &Version) {
        self.change(|shelves| {
            if let Some(shelf) = shelves.get_mut(game) {
                shelf.patches.remove(&(from.clone(), to.clone()));
            }
        });
    }

    pub(crate) fn add_jump(&self, game: &Slug, folder_signature: &Hash, to: &Version, record: JumpRecord) {
        self.change(|shelves| {
            shelves.entry(game.clone()).or_default().jumps.insert((*folder_signature, to.clone()), record);
        });
    }

    /// Forgets a jump patch.
    pub(crate) fn remove_jump(&self, game: &Slug, folder_signature: &Hash, to: &Version) {
        self.change(|shelves| {
            if let Some(shelf) = shelves.get_mut(game) {
                shelf.jumps.remove(&(*folder_signature, to.clone()));
            }
        });
    }

    /// Forgets a build and every patch from or to it.
    pub(crate) fn remove_build(&self, game: &Slug, version: &Version) {
        self.change(|shelves| {
            if let Some(shelf) = shelves.get_mut(game) {
                shelf.builds.remove(version);
                shelf.whole.remove(version);
                shelf.patches.retain(|(from, to), _| from != version && to != version);
                shelf.jumps.retain(|(_, to), _| to != version);
                if *shelf == Shelf::default() {
                    shelves.remove(game);
                }
            }
        });
    }

    pub(crate) fn remove_game(&self, game: &Slug) {
        self.change(|shelves| {
            shelves.remove(game);
        });
    }

    /// Everything that is served whole, the newest builds first. `is_cached` tells whether the archive of a build
    /// without a depot is at hand.
    pub(crate) fn holdings(&self, is_cached: impl Fn(&Hash) -> bool) -> Vec<Holding> {
        let shelves = self.read();
        let mut blobs: Vec<(u64, &Slug, BlobId)> = Vec::new();
        for (game, shelf) in &*shelves {
            for (version, build) in &shelf.builds {
                blobs.push((build.sequence, game, build.envelope));
                if shelf.whole.contains(version) || is_cached(&build.archive.hash) {
                    blobs.push((build.sequence, game, build.archive));
                }
            }
            for ((_, to), blob) in &shelf.patches {
                let sequence = shelf.builds.get(to).map_or(0, |build| build.sequence);
                blobs.push((sequence, game, *blob));
            }
            for ((_, to), jump) in &shelf.jumps {
                let sequence = shelf.builds.get(to).map_or(0, |build| build.sequence);
                blobs.push((sequence, game, jump.patch));
            }
        }
        blobs.sort_by_key(|(sequence, ..)| std::cmp::Reverse(*sequence));
        blobs.truncate(MAX_HOLDINGS);
        let whole = |(_, game, blob): (u64, &Slug, BlobId)| Holding {
            game: game.clone(),
            blob,
            pieces: bao::pieces(blob.size),
            complete: true,
        };
        blobs.into_iter().map(whole).collect()
    }

    /// Every blob that there is a record of, with where it comes from; the archives of builds without files too.
    pub(crate) fn stored(&self) -> Vec<(Slug, BlobId, Origin)> {
        let shelves = self.read();
        let mut stored = Vec::new();
        for (game, shelf) in &*shelves {
            for (version, build) in &shelf.builds {
                stored.push((game.clone(), build.envelope, Origin::Envelope(version.clone())));
                stored.push((game.clone(), build.archive, Origin::Archive(version.clone())));
            }
            for ((from, to), blob) in &shelf.patches {
                stored.push((game.clone(), *blob, Origin::Patch { from: from.clone(), to: to.clone() }));
            }
            for ((folder_signature, to), jump) in &shelf.jumps {
                let origin = Origin::Jump { folder_signature: *folder_signature, to: to.clone() };
                stored.push((game.clone(), jump.patch, origin));
            }
        }
        stored
    }

    /// Tells that something else which is announced has changed.
    pub(crate) fn touch(&self) {
        self.change(|_| {});
    }

    /// Forgets everything: the store went away.
    pub(crate) fn clear(&self) {
        self.change(BTreeMap::clear);
    }

    /// Replaces the content by what the store holds. Entries that can't be read are left out and logged.
    ///
    /// # Errors
    /// If the store's own folders can't be listed.
    pub(crate) fn load(&self, dir: &dyn Dir) -> io::Result<()> {
        let mut loaded = BTreeMap::new();
        for game in names_in::<Slug>(dir, &layout::games())? {
            let mut shelf = Shelf::default();
            let depots: BTreeSet<Version> = names_in(dir, &layout::depots(&game))?.into_iter().collect();
            for version in names_in::<Version>(dir, &layout::builds(&game))? {
                match read_manifest(dir, &game, &version) {
                    Ok(manifest) => {
                        if depots.contains(&version) {
                            shelf.whole.insert(version.clone());
                        }
                        shelf.builds.insert(version, BuildRecord::of(&manifest));
                    }
                    Err(error) => tracing::error!(%game, %version, %error, "a build of the store is damaged"),
                }
            }
            for name in folder_names(dir, &layout::patches(&game))? {
                let Some((from, to)) = layout::versions_of_patch(&name) else { continue };
                match read_patch_id(dir, &layout::patch(&game, &from, &to)) {
                    Ok(blob) => {
                        shelf.patches.insert((from, to), blob);
                    }
                    Err(error) => {
                        tracing::error!(%game, patch = name, %error, "a patch of the store is damaged")
                    }
                }
            }
            for name in folder_names(dir, &layout::jumps(&game))? {
                let Some((folder_signature, to)) = layout::ends_of_jump(&name) else { continue };
                match read_jump(dir, &layout::jump(&game, &folder_signature, &to)) {
                    Ok(record) => drop(shelf.jumps.insert((folder_signature, to), record)),
                    Err(error) => {
                        tracing::error!(%game, jump = name, %error, "a jump patch of the store is damaged")
                    }
                }
            }
            if shelf != Shelf::default() {
                loaded.insert(game, shelf);
            }
        }
        self.change(|shelves| *shelves = loaded);
        Ok(())
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<Slug, Shelf>> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, f: impl FnOnce(&mut BTreeMap<Slug, Shelf>)) {
        f(&mut self.shelves.write().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_modify(|n| *n += 1);
    }
}

/// The manifest of a build of the store. It was verified against the release key before it was stored; here its own
/// signature is checked again, which finds rot.
///
/// # Errors
/// If it can't be read or is damaged.
pub(crate) fn read_manifest(dir: &dyn Dir, game: &Slug, version: &Version) -> io::Result<VerifiedManifest> {
    let path = layout::inside(&layout::build(game, version), "manifest");
    let envelope = UnverifiedManifest::parse(read_whole(dir, &path, limits::MAX_ENVELOPE as u64)?)
        .map_err(io::Error::other)?;
    let key = envelope.claimed_key();
    envelope.verify(&key).map_err(io::Error::other)
}

/// The address of a patch is kept beside it: hashing it at every start would read it whole.
fn read_patch_id(dir: &dyn Dir, folder: &RelPath) -> io::Result<BlobId> {
    let id: BlobId = serde_json::from_slice(&read_whole(dir, &layout::inside(folder, "blob.json"), 1024)?)?;
    let size = dir.metadata(&layout::inside(folder, "patch"))?.len;
    if size == id.size {
        Ok(id)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, format!("{size} bytes instead of {}", id.size)))
    }
}

/// The record of the jump patch in this folder.
pub(crate) fn read_jump(dir: &dyn Dir, folder: &RelPath) -> io::Result<JumpRecord> {
    let patch = read_patch_id(dir, folder)?;
    Ok(JumpRecord { patch, made_ns: dir.metadata(&layout::inside(folder, "patch"))?.modified_ns })
}

fn folder_names(dir: &dyn Dir, folder: &RelPath) -> io::Result<Vec<String>> {
    let entries = match dir.read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let folders = entries.into_iter().filter(|entry| entry.kind == EntryKind::Dir);
    Ok(folders.filter_map(|entry| entry.name.into_string().ok()).collect())
}

/// The folders in `folder` whose names are valid as `T`.
fn names_in<T: std::str::FromStr>(dir: &dyn Dir, folder: &RelPath) -> io::Result<Vec<T>> {
    Ok(folder_names(dir, folder)?.into_iter().filter_map(|name| name.parse().ok()).collect())
}
