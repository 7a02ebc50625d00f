//! What of the store was found rotten: pieces of blobs that are not what their hash trees say.
//!
//! Nothing rotten is ever sent. Each piece is told of once, and the seed's status names the builds until their files were
//! made anew.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use mist_proto::{BlobId, Hash, Slug, Version, http::RottenBuild, limits::MAX_ROTTEN};
use tokio::sync::Notify;

/// Pieces that are remembered; a disk that rots further needs no longer list.
const MAX_PIECES: usize = 100_000;

/// The pieces that were found rotten since the program started.
#[derive(Debug, Default)]
pub(crate) struct Rot {
    found: Mutex<Found>,
    changed: Notify,
    /// Of what may be healed.
    grew: Notify,
}

/// What is rotten of each build: of its archive, its envelope, and the patches that lead to it.
type Found = BTreeMap<(Slug, Version), Rotten>;

/// What is rotten of a build.
#[derive(Debug, Default)]
struct Rotten {
    pieces: HashSet<(Hash, u64)>,
    /// Whether it was tried in vain to heal these.
    is_helpless: bool,
}

impl Rot {
    /// Takes note of a piece. Whether it is told of for the first time.
    fn note(&self, build: &(Slug, Version), blob: Hash, piece: u64) -> bool {
        let mut found = self.lock();
        if found.values().map(|rotten| rotten.pieces.len()).sum::<usize>() >= MAX_PIECES {
            return false;
        }
        let rotten = found.entry(build.clone()).or_default();
        let is_new = rotten.pieces.insert((blob, piece));
        rotten.is_helpless &= !is_new;
        drop(found);
        if is_new {
            self.changed.notify_one();
            self.grew.notify_one();
        }
        is_new
    }

    /// Forgets a blob whose bytes were made anew.
    pub(crate) fn forget(&self, blob: &Hash) {
        let mut found = self.lock();
        let before = found.len();
        found.retain(|_, rotten| {
            rotten.pieces.retain(|(of, _)| of != blob);
            !rotten.pieces.is_empty()
        });
        if found.len() != before {
            self.changed.notify_one();
        }
    }

    /// Forgets everything: the store is another one, or its content was deleted.
    pub(crate) fn forget_all(&self) {
        if !std::mem::take(&mut *self.lock()).is_empty() {
            self.changed.notify_one();
        }
    }

    /// The builds with rotten pieces, at most [`MAX_ROTTEN`].
    pub(crate) fn report(&self) -> Vec<RottenBuild> {
        let of_build = |((game, version), rotten): (&(Slug, Version), &Rotten)| RottenBuild {
            game: game.clone(),
            version: version.clone(),
            pieces: rotten.pieces.len() as u64,
            helpless: rotten.is_helpless,
        };
        self.lock().iter().map(of_build).take(MAX_ROTTEN).collect()
    }

    /// It was tried in vain to heal the `pieces` pieces that were known of a build; of more since then nothing is said.
    pub(crate) fn give_up(&self, game: &Slug, version: &Version, pieces: u64) {
        if let Some(rotten) = self.lock().get_mut(&(game.clone(), version.clone()))
            && rotten.pieces.len() as u64 == pieces
            && !rotten.is_helpless
        {
            rotten.is_helpless = true;
            self.changed.notify_one();
        }
    }

    /// Waits until the report is another one.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Waits until more rot was found.
    pub(crate) async fn found(&self) {
        self.grew.notified().await;
    }

    /// Whether pieces of this blob of a build are rotten.
    pub(crate) fn is_in(&self, game: &Slug, version: &Version, blob: &Hash) -> bool {
        let found = self.lock();
        found
            .get(&(game.clone(), version.clone()))
            .is_some_and(|rotten| rotten.pieces.iter().any(|(of, _)| of == blob))
    }

    fn lock(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// To whom an open blob says what it finds rotten.
#[derive(Debug, Clone)]
pub(crate) struct RotWatch {
    rot: Arc<Rot>,
    build: (Slug, Version),
}

impl RotWatch {
    pub(crate) fn new(rot: Arc<Rot>, game: Slug, version: Version) -> Self {
        Self { rot, build: (game, version) }
    }

    pub(crate) fn found(&self, blob: &BlobId, piece: u64) {
        if self.rot.note(&self.build, blob.hash, piece) {
            let (game, version) = &self.build;
            tracing::error!(%game, %version, %blob, piece, "the store holds a rotten piece");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(version: &str) -> (Slug, Version) {
        ("drift".parse().unwrap(), version.parse().unwrap())
    }

    #[test]
    fn each_piece_is_told_of_once_and_forgotten_when_it_is_mended() {
        let rot = Rot::default();
        let (archive, patch) = (Hash::of(b"archive"), Hash::of(b"patch"));
        assert!(rot.note(&build("1"), archive, 7));
        assert!(!rot.note(&build("1"), archive, 7), "808 lines for one piece help nobody");
        assert!(rot.note(&build("1"), archive, 8) && rot.note(&build("2"), patch, 7));
        let pieces =
            || rot.report().into_iter().map(|b| (b.version.to_string(), b.pieces)).collect::<Vec<_>>();
        assert_eq!(pieces(), [("1".to_owned(), 2), ("2".to_owned(), 1)]);
        rot.give_up(&build("1").0, &build("1").1, 1);
        assert!(!rot.report()[0].helpless, "more was found while that was tried");
        rot.give_up(&build("1").0, &build("1").1, 2);
        assert!(rot.report()[0].helpless && !rot.report()[1].helpless);
        assert!(rot.note(&build("1"), archive, 9) && !rot.report()[0].helpless, "it is worth another try");
        rot.forget(&archive);
        assert_eq!(pieces(), [("2".to_owned(), 1)]);
        rot.forget_all();
        assert!(pieces().is_empty());
        assert!(rot.note(&build("1"), archive, 7), "what rots again is told of again");
    }

    #[test]
    fn a_disk_that_rots_away_fills_no_memory() {
        let rot = Rot::default();
        for piece in 0..MAX_PIECES as u64 + 10 {
            rot.note(&build("1"), Hash::of(b"archive"), piece);
        }
        assert_eq!(rot.report()[0].pieces, MAX_PIECES as u64);
    }
}
