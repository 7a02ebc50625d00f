//! The compressed archive of a build, into the cache.

use std::{
    io,
    num::NonZeroUsize,
    sync::{Arc, PoisonError},
};

use mist_proto::{Slug, Version, http::ArchiveJob, limits::piece_size};
use mist_tree::{
    fs::{Dir, ReadAt},
    seekable::{self, Compression, FRAME_SIZE, SeekableError},
};

use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

use super::{
    Execute, Failure, Made, Reporter,
    failure::{CacheTooSmall, Full, NoBuild},
    replay::BuildFiles,
    scratch::{Scratch, Sequential},
};
use crate::{seed::Seed, serve::OpenBlob};

impl Execute for ArchiveJob {
    fn execute(self, seed: &Seed, report: &Reporter) -> Result<Made, Failure> {
        archive(seed, &self.game, &self.version, report)
    }
}

/// Makes the `.tar.zst` of a build, unless it is at hand.
pub(super) fn archive(
    seed: &Seed,
    game: &Slug,
    version: &Version,
    report: &Reporter,
) -> Result<Made, Failure> {
    let no_build = || NoBuild::of(game, version);
    let archive = seed.catalogue.build(game, version).ok_or_else(no_build)?.archive;
    let _one_at_a_time = seed.packing.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(size) = seed.cache.size_of(&archive.hash) {
        return Ok(Made::stored(size));
    }
    let dir = seed.store.dir()?;
    let limit = seed.cache.limit();
    let blob = if seed.catalogue.is_whole(game, version) {
        seed.blobs.open(game, &archive.hash).ok_or_else(no_build)?
    } else {
        rebuilt(seed, &dir, game, version, report)?
    };
    let free = dir.space()?.free.saturating_sub(seed.limits.keep_free);

    report.stage("compressing", archive.size)?;
    let scratch = Scratch::new(dir.clone(), "archive");
    let mut out = Sequential::create(&*dir, &scratch.path, limit.min(free))?;
    let compression = Compression {
        level: seed.limits.archive_level,
        threads: NonZeroUsize::new(seed.limits.threads).unwrap_or(NonZeroUsize::MIN),
    };
    let written = seekable::write(&Verified(blob), &mut out, compression, &mut |p| report.follow(p));
    if let Err(e) = written {
        return Err(match e {
            SeekableError::Io(e) if e.kind() == io::ErrorKind::FileTooLarge && limit <= free => {
                CacheTooSmall { what: "compressed archive", limit }.into()
            }
            SeekableError::Io(e) if e.kind() == io::ErrorKind::FileTooLarge => {
                Full { needed: out.len().saturating_add(FRAME_SIZE), free }.into()
            }
            other => other.into(),
        });
    }
    let size = out.finish()?;
    let packed = mist_readable::bytes(size);
    report.info(format!("compressed {} to {packed}", mist_readable::bytes(archive.size)));
    seed.cache.put(&*dir, archive.hash, &scratch.path, size)?;
    // It, or what made room for it, may have been the only form of an archive that was at hand.
    seed.catalogue.touch();
    seed.blobs.changed(game, &archive.hash);
    Ok(Made::stored(size))
}

/// The archive of a build that has no depot.
fn rebuilt(
    seed: &Seed,
    dir: &Arc<dyn Dir>,
    game: &Slug,
    version: &Version,
    report: &Reporter,
) -> Result<Arc<OpenBlob>, Failure> {
    match BuildFiles::open(seed, dir, game, version, report)?.into_archive()? {
        Some((archive, outboard)) => Ok(Arc::new(OpenBlob::new(Box::new(archive), outboard))),
        // Its depot came back a moment ago.
        None => Err(io::Error::from(io::ErrorKind::Interrupted).into()),
    }
}

/// An archive that somebody asked for after it had made room for others.
pub(crate) type ArchiveRequest = (Slug, Version);

/// Makes evicted archives again: the tracker counts them as made and gives out no job.
pub(crate) async fn make_requested_archives(
    seed: Arc<Seed>,
    mut requests: Receiver<ArchiveRequest>,
    stop: CancellationToken,
) {
    loop {
        let (game, version) = tokio::select! {
            request = requests.recv() => match request {
                Some(request) => request,
                None => return,
            },
            () = stop.cancelled() => return,
        };
        let (seed, report) = (seed.clone(), Arc::new(Reporter::default()));
        let watched = report.clone();
        let mut work =
            tokio::task::spawn_blocking(move || archive(&seed, &game, &version, &watched).map(drop));
        let made = tokio::select! {
            made = &mut work => made,
            () = stop.cancelled() => {
                report.cancel();
                work.await
            }
        };
        match made {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "can't make an archive again"),
            Err(error) => tracing::error!(%error, "making an archive again failed"),
        }
    }
}

/// A blob whose every piece is checked before it is used: a compressed archive of rotten files would look sound.
struct Verified(Arc<OpenBlob>);

impl ReadAt for Verified {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.id().size)
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        if buf.is_empty() || offset >= self.0.id().size {
            return Ok(0);
        }
        let size = piece_size(self.0.id().size);
        let piece = self.0.verified_piece(offset / size)?;
        let from = usize::try_from(offset % size).map_err(io::Error::other)?;
        let n = buf.len().min(piece.len() - from);
        buf[..n].copy_from_slice(&piece[from..from + n]);
        Ok(n)
    }
}
