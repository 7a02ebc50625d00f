//! A build's files, back from friends and other seeds: for a store that lost them.

use std::{io, sync::Arc};

use mist_peer::{BlobSink, PieceSet, bao, outboard};
use mist_proto::{
    RelPath, UnverifiedManifest, VerifiedManifest,
    http::{GatherJob, JobSpec, Keeping, KeptBuild},
    limits::piece_size,
};
use mist_tree::{
    archive::{ArchiveReader, ArchiveWriter, Layout, Part},
    fs::{Dir, copy_range, remove_tree},
    progress::unwatched,
    scan::{ScanOptions, scan},
};
use tokio::runtime::Handle;

use super::{
    Execute, Failure, Made, Reporter, assemble, delete,
    failure::Full,
    heal,
    ingest::finish,
    scratch::Scratch,
    swarm::{self, Order},
};
use crate::{
    catalogue::{BuildRecord, Catalogue},
    gathers::Gathering,
    seed::Seed,
    store::layout,
};

impl Execute for GatherJob {
    fn execute(self, seed: &Seed, report: &Reporter) -> Result<Made, Failure> {
        let manifest = Handle::current().block_on(signed_manifest(seed, &self))?;
        gather(seed, &manifest, report)?;
        let kept = seed.catalogue.keeping(&self.game).kept();
        Ok(Made { stored: seed.cache.size_of(&manifest.archive.hash), ..Made::kept(kept) })
    }
}

/// How the builds of a game are kept after one of them could not be fetched back. Nothing for jobs of other kinds.
pub(super) fn standing(seed: &Seed, spec: &JobSpec) -> Vec<KeptBuild> {
    match spec {
        // Of a store that is away nothing is known.
        JobSpec::Gather(job) if seed.store.dir().is_ok() => kept_or_lost(&seed.catalogue, job),
        _ => Vec::new(),
    }
}

fn kept_or_lost(catalogue: &Catalogue, job: &GatherJob) -> Vec<KeptBuild> {
    let mut kept = catalogue.keeping(&job.game).kept();
    if kept.iter().all(|build| build.version != job.version) {
        kept.push(KeptBuild { version: job.version.clone(), keeping: Keeping::Lost });
    }
    kept
}

/// The manifest of the build, signed by the release key of its time (the one of now, or one that handed over to it), or by a publisher.
async fn signed_manifest(seed: &Seed, job: &GatherJob) -> Result<VerifiedManifest, Failure> {
    let shown = seed.tracker.trust().await?;
    seed.keys.meet(&shown)?;
    let keys = seed.keys.release_keys(&shown);
    let newest = keys.first().ok_or_else(|| Failure::lasting("the tracker has no release key"))?;
    let unverified = UnverifiedManifest::parse(seed.tracker.envelope(&job.manifest).await?)?;
    let claimed = unverified.claimed_key();
    let is_known = keys.contains(&claimed) || seed.keys.knows_publisher(&claimed);
    let verified = unverified.verify(if is_known { &claimed } else { newest })?;
    match verified.game == job.game && verified.version == job.version {
        true => Ok(verified),
        false => Err(Failure::lasting("the tracker's manifest is of another build")),
    }
}

/// Makes the build that `manifest` describes whole. One that is sound, or that patches lead to, stays as it is.
fn gather(seed: &Seed, manifest: &VerifiedManifest, report: &Reporter) -> Result<(), Failure> {
    let (game, version) = (&manifest.game, &manifest.version);
    let record = BuildRecord::of(manifest);
    let mut is_known = false;
    match seed.catalogue.build(game, version) {
        Some(there) if there == record => {
            let is_sound = match seed.catalogue.is_whole(game, version) {
                true => heal::by_itself(seed, manifest, report)?,
                false => seed.catalogue.keeping(game).way_to(version, &Default::default()).is_some(),
            };
            if is_sound {
                // What an earlier try left, and nobody needs any more.
                return Ok(remove_tree(&*seed.store.dir()?, &layout::gather(game, &manifest.archive.hash))?);
            }
            is_known = true;
        }
        // The tracker has given the version to another push; what was there can't be served under its name any more.
        Some(_) => delete::delete_build(seed, game, version, report).map(drop)?,
        None => {}
    }
    fetch_back(seed, manifest, report)?;
    if is_known {
        heal::beside_files(seed, manifest, report)?;
    }
    Ok(())
}

/// Fetches the files of the build, proves them, and puts them in their place.
fn fetch_back(seed: &Seed, manifest: &VerifiedManifest, report: &Reporter) -> Result<(), Failure> {
    let (game, dir) = (&manifest.game, seed.store.dir()?);
    let shape = Arc::new(Layout::new(manifest)?);
    let gathering = Gathering::open(dir.clone(), seed.store.data_dir(), game, manifest.archive)?;
    report.stage("comparing with other builds", manifest.content_size())?;
    let twins = sound_twins(seed, &dir, manifest, &gathering, report)?;
    let pieces = pieces_without(&shape, &twins.iter().map(Option::is_some).collect::<Vec<_>>());
    let record = gathering.record();
    let there = record.have();
    let bytes = |pieces: u64| pieces.saturating_mul(piece_size(manifest.archive.size));
    let missing = pieces.iter().filter(|&piece| !there.contains(piece)).count() as u64;
    report.info(format!(
        "{missing} of {} are to be fetched",
        mist_readable::count(bao::pieces(manifest.archive.size), "piece", "pieces")
    ));
    let (needed, free) = (bytes(missing), dir.space()?.free);
    if free < needed.saturating_add(seed.limits.keep_free) {
        return Err(Full { needed, free }.into());
    }

    let depot: Arc<dyn Dir> = Arc::new(gathering.depot());
    let sink = Arc::new(DepotSink {
        writer: ArchiveWriter::new(shape.clone(), depot.clone()),
        reader: ArchiveReader::new(shape.clone(), depot.clone()),
    });
    if missing > 0 {
        report.stage("fetching from friends", bytes(missing))?;
        let order = Order {
            game: game.clone(),
            version: manifest.version.clone(),
            blob: manifest.archive,
            pieces,
            partial: record,
            sink: sink.clone(),
        };
        // It is not served from here once it moves.
        let fetched = Handle::current().block_on(swarm::fetch(seed, order, report))?;
        for peer in &fetched.banned {
            report.warn(format!("{peer} sent bytes that do not verify; none of them were used"));
        }
        report.info(format!("{} came from others", mist_readable::bytes(fetched.bytes.total())));
    }
    sink.writer.finish().map_err(io::Error::from)?;
    // Not before: what has second names is not written to, and pieces at the edges of these files have bytes of them.
    take(&dir, manifest, &twins)?;
    assemble::make_folders(manifest, &gathering.depot())?;

    report.stage("verifying", shape.size())?;
    let archive = ArchiveReader::new(shape.clone(), depot.clone());
    let outboard = outboard::compute(shape.size(), &|at, buf| {
        archive.read_exact(buf, at)?;
        report.add_io(buf.len() as u64)
    });
    let outboard = match outboard {
        Ok(outboard) if outboard.blob() == manifest.archive => outboard,
        Err(_) if report.is_cancelled() => return Err(Failure::Cancelled),
        // The record of it is of no use any more: all of it is fetched again.
        Ok(_) => {
            gathering.remove()?;
            return Err(Failure::passing("what was fetched was damaged on the disk and is fetched again"));
        }
        Err(e) => return Err(e.into()),
    };
    report.stage("finding the chunks", manifest.content_size())?;
    let options = ScanOptions { recipe: true, ..ScanOptions::default() };
    let recipe = scan(&*depot, &options, &mut unwatched).map_err(io::Error::other)?.recipe;
    recipe.check(manifest)?;
    finish(seed, &dir, manifest, &gathering.path, (&outboard, &recipe), report)?;
    Ok(gathering.remove()?)
}

/// A file of the store that is what a file of the build is to be, and where that one belongs.
struct Twin {
    file: RelPath,
    place: RelPath,
}

/// For each file of the build, one of another build that has the same content and mode, if it was read and found sound.
fn sound_twins(
    seed: &Seed,
    dir: &Arc<dyn Dir>,
    manifest: &VerifiedManifest,
    gathering: &Gathering,
    report: &Reporter,
) -> Result<Vec<Option<Twin>>, Failure> {
    let mut sound = Vec::with_capacity(manifest.files.len());
    for (entry, twin) in manifest.files.iter().zip(assemble::find_twins(seed, dir, manifest, report)) {
        report.add(entry.size)?;
        // The longest paths do not fit below another folder's; those files are fetched.
        let place = RelPath::new(&format!("{}/depot/{}", gathering.path, entry.path)).ok();
        let twin = twin.zip(place).filter(|(file, _)| heal::is_sound(&**dir, file, entry));
        sound.push(twin.map(|(file, place)| Twin { file, place }));
    }
    Ok(sound)
}

/// Gives the depot its twins: by second names, or where these can't be had by copies.
fn take(dir: &Arc<dyn Dir>, manifest: &VerifiedManifest, twins: &[Option<Twin>]) -> io::Result<()> {
    let scratch = Scratch::new(dir.clone(), "twin");
    for (entry, twin) in manifest.files.iter().zip(twins) {
        let Some(Twin { file, place }) = twin else { continue };
        if dir.hard_link(file, &scratch.path).is_err() {
            let copy = dir.create(&scratch.path)?;
            copy_range(&*dir.open(file)?, 0..entry.size, &*copy, 0)?;
            copy.set_executable(entry.executable)?;
            copy.sync_data()?;
        }
        if let Some(folder) = place.parent() {
            dir.create_dir_all(&folder)?;
        }
        dir.rename(&scratch.path, place)?;
    }
    Ok(())
}

/// The pieces that have a byte of a file which has no twin.
fn pieces_without(shape: &Layout, has_twin: &[bool]) -> PieceSet {
    let all = bao::pieces(shape.size());
    let mut wanted = PieceSet::new(all);
    for piece in 0..all {
        let (at, len) = bao::piece_range(shape.size(), piece);
        let is_needed = shape
            .segments(at..at + len as u64)
            .any(|segment| matches!(segment.part, Part::Content { file, .. } if !has_twin[file]));
        if is_needed {
            wanted.insert(piece);
        }
    }
    wanted
}

/// The files of a new depot, as pieces of their archive come in.
struct DepotSink {
    writer: ArchiveWriter,
    reader: ArchiveReader,
}

impl BlobSink for DepotSink {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        Ok(self.writer.write(bytes, offset)?)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        Ok(self.reader.read_exact(buf, offset)?)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(self.writer.sync()?)
    }
}

#[cfg(test)]
mod tests {
    use mist_proto::limits::GROUP_SIZE;

    use super::*;

    #[test]
    fn pieces_that_other_builds_cover_are_not_fetched() {
        let file = |path: &str, size| (path.parse().unwrap(), size, false);
        let shape = Layout::of([
            file("a", 3 * GROUP_SIZE),
            file("b", 3 * GROUP_SIZE),
            file("empty", 0),
            file("c", GROUP_SIZE / 2),
        ])
        .unwrap();
        let wanted = |has_twin: [bool; 4]| pieces_without(&shape, &has_twin).iter().collect::<Vec<_>>();
        assert_eq!(wanted([false; 4]), [0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(wanted([true, false, false, false]), [3, 4, 5, 6], "those at its edges are shared");
        assert_eq!(wanted([false, true, false, true]), [0, 1, 2, 3]);
        assert!(wanted([true; 4]).is_empty(), "headers and padding are known");
    }
}
