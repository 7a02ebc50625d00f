//! Proving that a folder is the signed build: its archive's root must be the one in the manifest.

use std::{io, num::NonZeroUsize, sync::Arc, sync::atomic::AtomicU64, sync::atomic::Ordering};

use mist_peer::{Outboard, outboard};
use mist_proto::{Manifest, RelPath, VerifiedManifest};
use mist_tree::{
    archive::{ArchiveReader, Layout},
    fs::{Dir, EntryKind},
    progress::Progress,
    verify::standing,
};

use super::{InstallError, survey::stats_now};
use crate::{
    events::{Event, Events},
    folder::GameFolder,
    stop::Stop,
};

/// Hashes the whole build. If it is right, its hash tree and the times of its files are kept and the answer is `true`.
pub(crate) fn seal(
    folder: &GameFolder,
    manifest: &VerifiedManifest,
    stop: &Stop,
    events: &Events,
) -> Result<bool, InstallError> {
    let layout = Arc::new(Layout::new(manifest)?);
    let reader = ArchiveReader::new(layout, folder.dir.clone());
    // Taken before the files are read: a change meanwhile then shows as a newer time.
    let stats = stats_now(folder, manifest);
    let (total, read) = (manifest.archive.size, AtomicU64::new(0));
    let tree = outboard::compute(total, &|offset, buf| {
        stop.check().map_err(io::Error::other)?;
        reader.read_exact(buf, offset).map_err(io::Error::from)?;
        let done = read.fetch_add(buf.len() as u64, Ordering::Relaxed) + buf.len() as u64;
        events.send(Event::Disk { game: manifest.game.clone(), done, total });
        Ok(())
    });
    let tree = match tree {
        Ok(tree) => tree,
        // A file that is missing or too short is a wrong tree, and found by name later.
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => {
            return Ok(false);
        }
        Err(e) => {
            stop.check()?;
            return Err(InstallError::Disk(e));
        }
    };
    if tree.blob() != manifest.archive || !shape_is_right(folder, manifest) {
        return Ok(false);
    }
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut watch = |p: Progress| {
        events.send(Event::Disk { game: manifest.game.clone(), done: p.done, total: p.total });
        stop.flow()
    };
    let links = standing(&*folder.dir, manifest, threads, folder.keeps_modes(), &mut watch);
    let links = links.map_err(|_| stop.broken_off())?;
    if !links.findings.is_empty() {
        return Ok(false);
    }
    keep(folder, &tree)?;
    folder.set_stats(manifest.id(), &stats)?;
    Ok(true)
}

/// What the archive does not cover: executable bits and empty folders.
fn shape_is_right(folder: &GameFolder, manifest: &Manifest) -> bool {
    let is_folder = |path: &RelPath| is_folder_or_link(&*folder.dir, path);
    let modes = folder.keeps_modes();
    let mode = |f: &mist_proto::FileEntry| {
        !modes || folder.dir.metadata(&f.path).is_ok_and(|m| m.executable == f.executable)
    };
    manifest.empty_dirs.iter().all(is_folder) && manifest.files.iter().all(mode)
}

/// Whether a build's empty folder is there. A link to a folder stands for it: players have their saves elsewhere, such as in a
/// folder that is kept in a cloud.
pub(super) fn is_folder_or_link(dir: &dyn Dir, path: &RelPath) -> bool {
    dir.metadata(path).is_ok_and(|m| m.kind == EntryKind::Dir) || dir.is_link_to_folder(path)
}

fn keep(folder: &GameFolder, tree: &Outboard) -> Result<(), InstallError> {
    let path = folder.outboard_path(&tree.blob().hash);
    let save = || {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        tree.save(&path)
    };
    save().map_err(|e| InstallError::folder(&path, e))
}

/// The kept hash tree of a build's archive, if it is there and intact.
pub(crate) fn kept_outboard(folder: &GameFolder, manifest: &Manifest) -> Option<Outboard> {
    let bytes = std::fs::read(folder.outboard_path(&manifest.archive.hash)).ok()?;
    Outboard::from_bytes(manifest.archive, bytes).ok()
}
