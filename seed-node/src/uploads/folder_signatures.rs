//! Folder signatures of friends, kept until their jump patches are made.

use std::io;

use mist_proto::{Hash, Slug, limits::MAX_SIGNATURE};
use mist_tree::fs::{Dir, remove_tree, write_atomically};

use super::{UploadError, Uploads};
use crate::store::{layout, read_whole};

/// Folder signatures of one game that wait at a time; the oldest make room. Friends may ask and never come back.
const WAITING: usize = 32;

const FILE: &str = "signature";

impl Uploads {
    /// Keeps a folder signature, whose hash the caller has checked. Blocks.
    pub(crate) fn put_folder_signature(
        &self,
        game: &Slug,
        hash: &Hash,
        bytes: &[u8],
    ) -> Result<(), UploadError> {
        self.need_room(bytes.len() as u64)?;
        let dir = self.store.dir_to_change()?;
        let mut waiting = waiting(&*dir, game)?;
        waiting.retain(|(_, other)| other != hash);
        for (_, oldest) in waiting.iter().take((waiting.len() + 1).saturating_sub(WAITING)) {
            remove_tree(&*dir, &layout::folder_signature(game, oldest))?;
        }
        let folder = layout::folder_signature(game, hash);
        dir.create_dir_all(&folder)?;
        write_atomically(&*dir, &layout::inside(&folder, FILE), bytes).map_err(|e| self.explain(e))
    }

    /// A folder signature, if it is here. Blocks.
    pub(crate) fn folder_signature(&self, game: &Slug, hash: &Hash) -> Result<Option<Vec<u8>>, UploadError> {
        let path = layout::inside(&layout::folder_signature(game, hash), FILE);
        match read_whole(&*self.store.dir()?, &path, MAX_SIGNATURE as u64) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            other => Ok(Some(other?)),
        }
    }

    /// Removes a folder signature that is of no more use. Blocks.
    pub(crate) fn remove_folder_signature(&self, game: &Slug, hash: &Hash) -> Result<(), UploadError> {
        Ok(remove_tree(&*self.store.dir()?, &layout::folder_signature(game, hash))?)
    }
}

/// When each folder signature of a game came, the oldest first.
fn waiting(dir: &dyn Dir, game: &Slug) -> io::Result<Vec<(i64, Hash)>> {
    let entries = match dir.read_dir(&layout::uploads_of(game)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other?,
    };
    let hashes = entries.iter().filter_map(|entry| entry.name.to_str()?.parse::<Hash>().ok());
    let timed =
        hashes.map(|hash| Ok((dir.metadata(&layout::folder_signature(game, &hash))?.modified_ns, hash)));
    let mut waiting: Vec<_> = timed.collect::<io::Result<_>>()?;
    waiting.sort_unstable();
    Ok(waiting)
}
