//! Builds that are being fetched back from friends: what of them is there already, in the store, and the record of it, in the seed's own folder.
//!
//! Both outlive the job and the program, so that the next try goes on where the last one ended. The record alone counts for nothing: without
//! the files it is of, it goes.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use mist_peer::PartialBlob;
use mist_proto::{BlobId, Hash, RelPath, Slug, UnixMillis};
use mist_tree::fs::{Dir, EntryKind, SubDir, remove_tree, write_atomically};

use crate::{recovery::folders, store::layout};

/// What nobody went on with for so long is removed.
const LIFE: Duration = Duration::from_secs(14 * 24 * 3600);
/// The file whose new name tells when it was gone on with the last time.
const TRIED: &str = "tried";

/// A build that is being fetched back.
pub(crate) struct Gathering {
    dir: Arc<dyn Dir>,
    /// Its folder in the store.
    pub(crate) path: RelPath,
    record: PartialBlob,
}

impl Gathering {
    /// Goes on with the build whose archive this is, or begins it.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn open(dir: Arc<dyn Dir>, data_dir: &Path, game: &Slug, archive: BlobId) -> io::Result<Self> {
        let path = layout::gather(game, &archive.hash);
        let depot = layout::inside(&path, "depot");
        let is_begun = dir.metadata(&depot).is_ok_and(|meta| meta.kind == EntryKind::Dir);
        let records = records(data_dir);
        if !is_begun {
            PartialBlob::open(&records, archive)?.remove()?;
        }
        let record = PartialBlob::open(&records, archive)?;
        // A try that was cut off at its very end.
        for left in ["build", "old-build", "old-depot"] {
            remove_tree(&*dir, &layout::inside(&path, left))?;
        }
        dir.create_dir_all(&depot)?;
        write_atomically(&*dir, &layout::inside(&path, TRIED), b"")?;
        Ok(Self { dir, path, record })
    }

    /// Which pieces of the archive are there.
    pub(crate) fn record(&self) -> PartialBlob {
        self.record.clone()
    }

    /// The files.
    pub(crate) fn depot(&self) -> SubDir {
        SubDir::new(self.dir.clone(), &layout::inside(&self.path, "depot"))
    }

    /// Removes what is left of it: the build is in its place, or of no use.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn remove(self) -> io::Result<()> {
        // First what makes the record count.
        remove_tree(&*self.dir, &self.path)?;
        self.record.remove()
    }
}

/// Removes what nobody goes on with, and records whose files are gone. Only for the start: later, jobs use them.
///
/// # Errors
/// What the system says.
pub(crate) fn sweep(dir: &dyn Dir, data_dir: &Path, now: UnixMillis) -> io::Result<()> {
    let life = i64::try_from(LIFE.as_millis()).unwrap_or(i64::MAX);
    let mut kept: Vec<Hash> = Vec::new();
    for game in folders(dir, &layout::gathers())? {
        let Ok(game) = game.parse::<Slug>() else { continue };
        for archive in folders(dir, &layout::gathers_of(&game))? {
            let Ok(archive) = archive.parse::<Hash>() else { continue };
            let path = layout::gather(&game, &archive);
            let tried = UnixMillis(dir.metadata(&path)?.modified_ns / 1_000_000);
            if now.since(tried) > life {
                tracing::info!(%game, %archive, "removing a build that nobody went on to fetch back");
                remove_tree(dir, &path)?;
            } else {
                kept.push(archive);
            }
        }
    }
    let records = match fs::read_dir(records(data_dir)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for record in records {
        let record = record?;
        let name = record.file_name();
        let archive = name.to_str().and_then(|name| name.split_once('.')?.0.parse::<Hash>().ok());
        if archive.is_none_or(|archive| !kept.contains(&archive)) {
            fs::remove_file(record.path())?;
        }
    }
    Ok(())
}

fn records(data_dir: &Path) -> PathBuf {
    data_dir.join("gathers")
}

#[cfg(test)]
mod tests {
    use mist_tree::fs::fault::MemDir;

    use super::*;

    fn archive(byte: u8) -> BlobId {
        BlobId { hash: Hash::of(&[byte]), size: 10 << 20 }
    }

    fn game() -> Slug {
        "drift".parse().unwrap()
    }

    fn files(dir: &dyn Dir, data: &Path) -> (usize, usize) {
        let records = fs::read_dir(records(data)).map_or(0, Iterator::count);
        (folders(dir, &layout::gathers_of(&game())).unwrap().len(), records)
    }

    #[test]
    fn a_record_counts_only_with_its_files() {
        let (dir, data) = (Arc::new(MemDir::new()), tempfile::tempdir().unwrap());
        let open = |byte| Gathering::open(dir.clone(), data.path(), &game(), archive(byte)).unwrap();
        let begun = open(1);
        fs::write(begun.record().outboard_path(), b"a mark").unwrap();
        drop(begun);
        let is_marked = || fs::read(open(1).record().outboard_path()).unwrap().starts_with(b"a mark");
        assert!(is_marked(), "it goes on");
        remove_tree(&*dir, &layout::gather(&game(), &archive(1).hash)).unwrap();
        assert!(!is_marked(), "another store");
        open(1).remove().unwrap();
        assert_eq!(files(&*dir, data.path()), (0, 0));
    }

    #[test]
    fn what_nobody_goes_on_with_goes() {
        let (dir, data) = (Arc::new(MemDir::new()), tempfile::tempdir().unwrap());
        for byte in [1, 2] {
            Gathering::open(dir.clone(), data.path(), &game(), archive(byte)).unwrap();
        }
        // The disk in memory counts its own time, from 0.
        sweep(&*dir, data.path(), UnixMillis(0)).unwrap();
        assert_eq!(files(&*dir, data.path()).0, 2);
        remove_tree(&*dir, &layout::gather(&game(), &archive(2).hash)).unwrap();
        let all = files(&*dir, data.path()).1;
        sweep(&*dir, data.path(), UnixMillis(0)).unwrap();
        assert_eq!(files(&*dir, data.path()), (1, all / 2), "the record of the other went");
        sweep(&*dir, data.path(), UnixMillis(i64::MAX / 2)).unwrap();
        assert_eq!(files(&*dir, data.path()), (0, 0));
    }
}
