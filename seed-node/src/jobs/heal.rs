//! A build of the store, held against its manifest: what is rotten or gone of it is made anew.
//!
//! The bytes come from what a push has uploaded, from sound chunks of the file itself, and from the build's compressed
//! archive. A file is written beside the damaged one and takes its name once it is what the manifest says, so that a heal
//! that is cut off leaves nothing worse than before.

use std::{
    collections::{BTreeSet, HashSet},
    io,
    num::NonZeroUsize,
    sync::Arc,
};

use mist_peer::{Outboard, bao, outboard};
use mist_proto::{FileEntry, Hash, RelPath, VerifiedManifest, Version};
use mist_tree::{
    archive::{ArchiveReader, Layout},
    fs::{ControlPath, Dir, EntryKind, ROOT, ReadAt, SubDir, TreePath, remove_tree, write_atomically},
    hash_file,
    progress::unwatched,
    recipe::Recipe,
    scan::{ScanOptions, scan},
    verify::{VerifyOptions, verify},
};

use super::{
    Failure, Made, Reporter,
    assemble::{self, Incomplete, WrongFile},
    failure::Full,
    patch,
    scratch::Scratch,
};
use crate::{
    catalogue,
    packed::PackedArchive,
    seed::Seed,
    serve::OpenBlob,
    store::{PushId, layout, read_whole, recipes},
    uploads::UploadedChunks,
};

/// Bytes that are moved at once where no recipe says where chunks end.
const STRETCH: u64 = 1 << 20;

/// Heals a build whose depot is there, by what `push` has uploaded and by what the seed has itself.
///
/// # Errors
/// Lasting if chunks are missing for it; the push asks for them when it is repeated.
pub(super) fn by_push(
    seed: &Seed,
    manifest: &VerifiedManifest,
    recipe: Recipe,
    push: &PushId,
    report: &Reporter,
) -> Result<Made, Failure> {
    let game = &manifest.game;
    recipe.check(manifest)?;
    let uploaded = seed.uploads.uploaded(game, push)?;
    let patient = Patient::new(seed, manifest, Some(recipe), Some(uploaded))?;
    let missing = patient.heal(report)?;
    if let Some((first, _)) = missing.first() {
        let first = first.clone();
        let chunks: Vec<Hash> =
            missing.into_iter().map(|(_, hash)| hash).collect::<HashSet<_>>().into_iter().collect();
        seed.uploads.distrust(game, push, &chunks)?;
        return Err(Failure::lasting(Incomplete { count: chunks.len(), first }));
    }
    patient.check_packed(report)?;
    patient.heal_patches(report)?;
    seed.uploads.remove(game, push)?;
    Ok(Made::kept(seed.catalogue.keeping(game).kept()))
}

/// Heals a build as far as the seed can by itself. Whether it is sound now.
///
/// # Errors
/// [`Failure`] if the store fails.
pub(super) fn by_itself(
    seed: &Seed,
    manifest: &VerifiedManifest,
    report: &Reporter,
) -> Result<bool, Failure> {
    let patient = Patient::new(seed, manifest, None, None)?;
    let is_sound = patient.heal(report)?.is_empty();
    if is_sound {
        patient.heal_patches(report)?;
    }
    Ok(is_sound)
}

/// Makes anew what the store has of a build beside its files: its patches. A rotten compressed archive goes.
///
/// # Errors
/// [`Failure`] if the store fails.
pub(super) fn beside_files(
    seed: &Seed,
    manifest: &VerifiedManifest,
    report: &Reporter,
) -> Result<(), Failure> {
    let patient = Patient::new(seed, manifest, None, None)?;
    patient.check_packed(report)?;
    patient.heal_patches(report)
}

/// A build that is being healed.
struct Patient<'a> {
    seed: &'a Seed,
    dir: Arc<dyn Dir>,
    manifest: &'a VerifiedManifest,
    shape: Arc<Layout>,
    /// Where chunks end; the store's own may be rotten.
    recipe: Option<Recipe>,
    uploaded: Option<UploadedChunks>,
    depot: Arc<SubDir>,
    /// The folder of its manifest, outboard and recipe.
    papers: RelPath,
}

impl<'a> Patient<'a> {
    fn new(
        seed: &'a Seed,
        manifest: &'a VerifiedManifest,
        recipe: Option<Recipe>,
        uploaded: Option<UploadedChunks>,
    ) -> Result<Self, Failure> {
        let (game, version) = (&manifest.game, &manifest.version);
        let dir = seed.store.dir()?;
        let depot = Arc::new(SubDir::new(dir.clone(), &layout::depot(game, version)));
        let shape = Arc::new(Layout::new(manifest)?);
        let papers = layout::build(game, version);
        let recipe = recipe.or_else(|| stored_recipe(&*dir, &papers, manifest));
        Ok(Self { seed, dir, manifest, shape, recipe, uploaded, depot, papers })
    }

    /// Makes the files and papers anew that are not what they should be. Files that can't be made, with the chunks that lack.
    fn heal(&self, report: &Reporter) -> Result<Vec<(RelPath, Hash)>, Failure> {
        let sound = match self.prove(report) {
            Ok(outboard) if outboard.blob() == self.manifest.archive && self.are_sizes_right() => {
                Some(outboard)
            }
            Ok(_) => None,
            Err(e) => {
                report.check()?;
                report.warn(format!("the plain files of {} can't be read: {e}", self.manifest.version));
                None
            }
        };
        let outboard = match sound {
            Some(outboard) => outboard,
            None => {
                let missing = self.heal_files(report)?;
                if !missing.is_empty() {
                    return Ok(missing);
                }
                let outboard = self.prove(report).map_err(|e| report.check().err().unwrap_or(e.into()))?;
                if outboard.blob() != self.manifest.archive {
                    return Err(Failure::lasting("the files do not make the archive that the manifest says"));
                }
                outboard
            }
        };
        self.heal_papers(&outboard, report)?;
        let (game, version) = (&self.manifest.game, &self.manifest.version);
        self.seed.blobs.changed(game, &self.manifest.archive.hash);
        if let Some(record) = self.seed.catalogue.build(game, version) {
            self.seed.blobs.changed(game, &record.envelope.hash);
        }
        Ok(Vec::new())
    }

    /// Whether each file is as long as it should be: an archive reads no further.
    fn are_sizes_right(&self) -> bool {
        let len = |file: &FileEntry| self.depot.metadata(&file.path).map(|meta| meta.len);
        self.manifest.files.iter().all(|file| len(file).is_ok_and(|len| len == file.size))
    }

    fn prove(&self, report: &Reporter) -> io::Result<Outboard> {
        let size = self.shape.size();
        report.stage("checking", size).map_err(io::Error::other)?;
        let archive = ArchiveReader::new(self.shape.clone(), self.depot.clone());
        outboard::compute(size, &|at, buf| {
            archive.read_exact(buf, at)?;
            report.add_io(buf.len() as u64)
        })
    }

    fn heal_files(&self, report: &Reporter) -> Result<Vec<(RelPath, Hash)>, Failure> {
        report.stage("finding the damage", self.manifest.content_size())?;
        let threads = NonZeroUsize::new(self.seed.limits.threads).unwrap_or(NonZeroUsize::MIN);
        let options = VerifyOptions { links: false, threads, ..VerifyOptions::default() };
        let found = verify(&*self.depot, self.manifest, &options, &mut |p| report.follow(p));
        let found = found.map_err(|_| Failure::Cancelled)?;
        let damaged: HashSet<&RelPath> = found.findings.iter().map(|finding| &finding.path).collect();
        let files = self.manifest.files.iter().enumerate().filter(|(_, f)| damaged.contains(&f.path));
        let files: Vec<(usize, &FileEntry)> = files.collect();
        let needed = files.iter().map(|(_, f)| f.size).sum();
        let free = self.dir.space()?.free.saturating_sub(self.seed.limits.keep_free);
        if free < needed {
            return Err(Full { needed, free }.into());
        }
        report.stage("healing", needed)?;
        let packed = self.packed();
        let beside = ControlPath::root();
        remove_tree(&*self.depot, &beside)?;
        let scratch = Scratch::new(self.dir.clone(), "heal");
        let mut missing = Vec::new();
        for (index, file) in files {
            let lacks = match self.in_store(&self.manifest.version, &file.path) {
                Some(place) => {
                    let made = layout::inside(&scratch.path, &index.to_string());
                    let lacks = self.make(index, file, packed.as_ref(), (&*self.dir, &made), report)?;
                    if lacks.is_empty() {
                        // The others come first: as long as this one is wrong, the next heal goes on with all of them.
                        self.heal_twins(file, &made, &place)?;
                        self.put_in_place((&*self.dir, &made), &place)?;
                    }
                    lacks
                }
                None => {
                    let made = ControlPath::new(&format!("heal-{index}")).map_err(io::Error::other)?;
                    let lacks = self.make(index, file, packed.as_ref(), (&*self.depot, &made), report)?;
                    if lacks.is_empty() {
                        self.put_in_place((&*self.depot, &made), &file.path)?;
                    }
                    lacks
                }
            };
            if lacks.is_empty() {
                report.info(format!("{} of {} was made anew", file.path, self.manifest.version));
            }
            missing.extend(lacks.into_iter().map(|hash| (file.path.clone(), hash)));
        }
        remove_tree(&*self.depot, &beside)?;
        if missing.is_empty() {
            assemble::make_folders(self.manifest, &self.depot)?;
        }
        Ok(missing)
    }

    /// The build's compressed archive, if it is at hand and can be opened.
    fn packed(&self) -> Option<PackedArchive> {
        let archive = self.manifest.archive;
        let (file, stored) = self.seed.cache.open(&archive.hash).ok()??;
        PackedArchive::open(file, stored, archive.size).ok()
    }

    /// Writes a file anew to `made`. The chunks that lack; none if it is whole and durable.
    fn make(
        &self,
        index: usize,
        file: &FileEntry,
        packed: Option<&PackedArchive>,
        (dir, made): (&dyn Dir, &dyn TreePath),
        report: &Reporter,
    ) -> Result<Vec<Hash>, Failure> {
        let old = self.depot.open(&file.path).ok();
        let in_archive = self.shape.members()[index].content().start;
        let (mut missing, mut offset, mut hasher) = (Vec::new(), 0, blake3::Hasher::new());
        let out = dir.create(made)?;
        for (hash, len) in self.stretches(index, file) {
            report.add(len as u64)?;
            let is_right = |bytes: &Vec<u8>| hash.is_none_or(|hash| Hash::of(bytes) == hash);
            let uploaded = || self.uploaded.as_ref()?.read(&hash?)?.ok();
            let at_hand = || read(&**old.as_ref().filter(|_| hash.is_some())?, offset, len);
            let unpacked = || read(packed?, in_archive + offset, len);
            let bytes =
                uploaded().or_else(|| at_hand().filter(is_right)).or_else(|| unpacked().filter(is_right));
            match bytes {
                // Once something is missing, the rest is only looked for.
                Some(bytes) if missing.is_empty() => {
                    hasher.update(&bytes);
                    if bytes.iter().any(|&b| b != 0) {
                        out.write_all_at(&bytes, offset)?;
                    }
                }
                Some(_) => {}
                None => missing.push(hash.unwrap_or(file.hash)),
            }
            offset += len as u64;
        }
        if !missing.is_empty() {
            return Ok(missing);
        }
        if Hash::from(hasher.finalize()) != file.hash {
            // Without a recipe nothing tells where it is wrong.
            return if self.uploaded.is_some() {
                Err(WrongFile { path: file.path.clone() }.into())
            } else {
                Ok(vec![file.hash])
            };
        }
        out.set_len(file.size)?;
        out.sync_data()?;
        drop(out);
        if file.executable {
            dir.set_executable(made, true)?;
        }
        Ok(missing)
    }

    /// What a file is made of: chunks with their hashes, or without a recipe just stretches.
    fn stretches(&self, index: usize, file: &FileEntry) -> Vec<(Option<Hash>, usize)> {
        let narrow = |len: u64| usize::try_from(len).unwrap_or(usize::MAX);
        match &self.recipe {
            Some(recipe) => {
                recipe.files[index].iter().map(|c| (Some(c.hash), narrow(u64::from(c.len)))).collect()
            }
            None => {
                let starts = (0..file.size).step_by(narrow(STRETCH));
                starts.map(|at| (None, narrow(STRETCH.min(file.size - at)))).collect()
            }
        }
    }

    /// Where a file of a build lies in the store. The longest paths do not fit below another folder's: those files have no second
    /// names, and are made beside where they belong.
    fn in_store(&self, version: &Version, path: &RelPath) -> Option<RelPath> {
        RelPath::new(&format!("{}/{path}", layout::depot(&self.manifest.game, version))).ok()
    }

    /// Gives the file its name, durably.
    fn put_in_place(&self, (dir, made): (&dyn Dir, &dyn TreePath), place: &RelPath) -> Result<(), Failure> {
        let (game, version) = (&self.manifest.game, &self.manifest.version);
        let record = self.seed.catalogue.build(game, version);
        if record.is_none_or(|record| record.manifest_id != self.manifest.id()) {
            return Err(Failure::passing("the build was removed meanwhile"));
        }
        Ok(replace(dir, made, place)?)
    }

    /// Depots share files by second names, which keep what rotted: they get the one that was made anew too.
    fn heal_twins(&self, healed: &FileEntry, made: &RelPath, place: &RelPath) -> Result<(), Failure> {
        let game = &self.manifest.game;
        let scratch = Scratch::new(self.dir.clone(), "twin");
        for version in self.seed.catalogue.whole_versions(game) {
            let Ok(other) = catalogue::read_manifest(&*self.dir, game, &version) else { continue };
            let mut any = false;
            for file in other.files.iter().filter(|f| f.hash == healed.hash && f.size > 0) {
                let Some(twin) = self.in_store(&version, &file.path).filter(|twin| twin != place) else {
                    continue;
                };
                if file.executable != healed.executable || is_sound(&*self.dir, &twin, file) {
                    continue;
                }
                match self.dir.hard_link(made, &scratch.path) {
                    Ok(()) => {
                        replace(&*self.dir, &scratch.path, &twin)?;
                        any = true;
                    }
                    // That build heals by itself when its turn comes.
                    Err(e) if has_no_links(&e) => {}
                    Err(e) => return Err(e.into()),
                }
            }
            if any {
                self.seed.blobs.changed(game, &other.archive.hash);
            }
        }
        Ok(())
    }

    /// Manifest, outboard and recipe, as an ingest writes them.
    fn heal_papers(&self, outboard: &Outboard, report: &Reporter) -> Result<(), Failure> {
        let recipe = match &self.recipe {
            Some(recipe) => recipe.encode()?,
            None => {
                let options = ScanOptions { recipe: true, ..ScanOptions::default() };
                let scanned = scan(&*self.depot, &options, &mut unwatched);
                let recipe = scanned.map_err(io::Error::other)?.recipe;
                recipe.check(self.manifest)?;
                recipe.encode()?
            }
        };
        let outboard = outboard.to_bytes()?;
        if !recipes::has(&*self.dir, &self.papers, &recipe) {
            recipes::write(&*self.dir, &self.papers, &recipe)?;
            report.info(format!("the recipe of {} was damaged, and was made anew", self.manifest.version));
        }
        let papers = [("manifest", self.manifest.envelope()), ("outboard", &*outboard)];
        for (name, right) in papers {
            let path = layout::inside(&self.papers, name);
            let stored = read_whole(&*self.dir, &path, right.len() as u64);
            if !stored.is_ok_and(|stored| stored == right) {
                write_atomically(&*self.dir, &path, right)?;
                report.info(format!("{path} was damaged, and was made anew"));
            }
        }
        Ok(())
    }

    /// Drops a compressed archive that is rotten: it is made anew when somebody asks for it.
    fn check_packed(&self, report: &Reporter) -> Result<(), Failure> {
        let archive = self.manifest.archive;
        if self.seed.cache.size_of(&archive.hash).is_none() {
            return Ok(());
        }
        report.stage("checking the compressed archive", archive.size)?;
        let most = outboard::encoded_len(archive.size);
        let outboard = read_whole(&*self.dir, &layout::inside(&self.papers, "outboard"), most)
            .and_then(|bytes| Outboard::from_bytes(archive, bytes).map_err(io::Error::other))?;
        let sound = match self.packed() {
            Some(packed) => is_whole(&OpenBlob::new(Box::new(packed), outboard), report)?,
            None => false,
        };
        if !sound {
            report.warn(format!("the compressed archive of {} is rotten and goes", self.manifest.version));
            self.seed.cache.remove(&*self.dir, &archive.hash)?;
            self.seed.catalogue.touch();
            self.seed.blobs.changed(&self.manifest.game, &archive.hash);
        }
        Ok(())
    }

    /// The patches from and to the build, those whose address can't be read among them.
    fn patches(&self) -> io::Result<BTreeSet<(Version, Version)>> {
        let (game, version, catalogue) = (&self.manifest.game, &self.manifest.version, &self.seed.catalogue);
        let mut found: BTreeSet<_> = catalogue.patches_of(game, version).into_iter().collect();
        let folders = match self.dir.read_dir(&layout::patches(game)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            other => other?,
        };
        let names = folders.iter().filter_map(|entry| layout::versions_of_patch(entry.name.to_str()?));
        found.extend(names.filter(|(from, to)| {
            let other = if from == version { to } else { from };
            (from == version || to == version) && catalogue.build(game, other).is_some()
        }));
        Ok(found)
    }

    /// Makes patches from and to the build anew that are rotten. One that can't be made is dropped: friends take another way.
    fn heal_patches(&self, report: &Reporter) -> Result<(), Failure> {
        let (game, seed) = (&self.manifest.game, self.seed);
        for (from, to) in self.patches()? {
            // Of one whose address has rotted nothing more is known than its name.
            if let Some(blob) = seed.catalogue.patch(game, &from, &to) {
                report.stage("checking patches", blob.size)?;
                let is_sound = || -> Result<bool, Failure> {
                    let opened = seed.blobs.open(game, &blob.hash);
                    let is_sound = opened.map(|opened| is_whole(&opened, report)).transpose()? == Some(true);
                    if !is_sound {
                        seed.blobs.changed(game, &blob.hash);
                    }
                    Ok(is_sound)
                };
                // Opened anew before it is given up: a file server may have forgotten what was open.
                if is_sound()? || is_sound()? {
                    continue;
                }
                seed.catalogue.remove_patch(game, &from, &to);
            }
            match patch::patch(seed, game, &from, &to, report) {
                Ok(_) => report.info(format!("the patch {from} -> {to} was rotten, and was made anew")),
                Err(Failure::Cancelled) => return Err(Failure::Cancelled),
                Err(error) => {
                    report.error(format!("the patch {from} -> {to} is rotten and was dropped: {error}"))
                }
            }
        }
        Ok(())
    }
}

/// Gives a durable file another name in place of what has it, durably.
fn replace(dir: &dyn Dir, made: &dyn TreePath, path: &RelPath) -> io::Result<()> {
    // A folder that lies there would not make way by itself.
    if dir.metadata(path).is_ok_and(|meta| meta.kind == EntryKind::Dir) {
        remove_tree(dir, path)?;
    }
    dir.rename(made, path)?;
    match path.parent() {
        Some(folder) => dir.sync_dir(&folder),
        None => dir.sync_dir(ROOT),
    }
}

fn stored_recipe(dir: &dyn Dir, papers: &RelPath, manifest: &VerifiedManifest) -> Option<Recipe> {
    let recipe = recipes::read(dir, papers).ok()?;
    recipe.check(manifest).is_ok().then_some(recipe)
}

fn read(file: &dyn ReadAt, offset: u64, len: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, offset).ok()?;
    Some(bytes)
}

/// Whether a file system can't give a file another name, rather than that it fails.
fn has_no_links(e: &io::Error) -> bool {
    use io::ErrorKind::{CrossesDevices, PermissionDenied, TooManyLinks, Unsupported};
    matches!(e.kind(), CrossesDevices | PermissionDenied | TooManyLinks | Unsupported)
}

/// Whether a file of the store has the content that a manifest says.
pub(super) fn is_sound(dir: &dyn Dir, path: &RelPath, file: &FileEntry) -> bool {
    let is_of = |open: &dyn ReadAt| -> io::Result<bool> {
        Ok(open.size()? == file.size && hash_file(open, file.size, |_| Ok(()))? == file.hash)
    };
    dir.open(path).and_then(|open| is_of(&*open)).unwrap_or(false)
}

/// Whether every piece of a blob is what its hash tree says.
fn is_whole(blob: &OpenBlob, report: &Reporter) -> Result<bool, Failure> {
    for piece in 0..bao::pieces(blob.id().size) {
        match blob.verified_piece(piece) {
            Ok(bytes) => report.add(bytes.len() as u64)?,
            Err(error) => {
                report.warn(format!("piece {piece} of {} is not what it should be: {error}", blob.id()));
                return Ok(false);
            }
        }
    }
    Ok(true)
}
