//! The store: a folder that may go away (a NAS) and come back.

mod files;
pub(crate) mod layout;
mod marker;
pub(crate) mod recipes;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use mist_tree::fs::{Dir, RealDir, Space};

pub(crate) use files::read_whole;
pub(crate) use layout::PushId;

/// The store can't be used at present.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct StoreAway(
    /// One sentence for the operator, saying what to do.
    pub(crate) String,
);

/// How the store's folder is opened; tests put faults in between.
type Open = Box<dyn Fn(&Path) -> io::Result<Arc<dyn Dir>> + Send + Sync>;

/// The store's folder, used only while it carries the marker that this seed knows.
///
/// Every use goes through [`Store::dir`], whose handle was opened beneath the marked folder: when the file system is
/// unmounted, a handle goes stale and can't reach the mount point that is left.
pub(crate) struct Store {
    place: PathBuf,
    data_dir: PathBuf,
    open: Open,
    state: RwLock<Result<Present, StoreAway>>,
}

/// A store that is there.
#[derive(Clone)]
struct Present {
    dir: Arc<dyn Dir>,
    /// Why nothing can be written to it, if so; it serves what it holds all the same.
    unwritable: Option<String>,
}

/// What [`Store::check`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// As before.
    None,
    /// The store is there now and was not before.
    Came,
    /// The store was there before and is not now.
    Went,
}

impl Store {
    /// The store at `place`, whose id is remembered in `data_dir`. Nothing is opened before the first
    /// [`Store::check`].
    pub(crate) fn new(place: PathBuf, data_dir: PathBuf) -> Self {
        Self::with_folder(place, data_dir, Box::new(|place| Ok(Arc::new(RealDir::open(place)?))))
    }

    pub(crate) fn with_folder(place: PathBuf, data_dir: PathBuf, open: Open) -> Self {
        let state = RwLock::new(Err(StoreAway("the store was not opened yet".into())));
        Self { place, data_dir, open, state }
    }

    /// Where the store lies; for messages, and to read files that are too large to be held.
    pub(crate) fn place(&self) -> &Path {
        &self.place
    }

    /// The seed's own folder, beside the store.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The folder, if it is there.
    ///
    /// # Errors
    /// [`StoreAway`], with what is wrong.
    pub(crate) fn dir(&self) -> Result<Arc<dyn Dir>, StoreAway> {
        self.state
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|p| p.dir.clone())
            .map_err(Clone::clone)
    }

    /// What the operator must mend, if anything: one sentence.
    pub(crate) fn problem(&self) -> Option<String> {
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            Ok(present) => present.unwritable.clone(),
            Err(StoreAway(why)) => Some(why.clone()),
        }
    }

    /// Looks at the marker again, and with `probe` also whether something can be written, which keeps a NAS from
    /// sleeping if it is done too often. Blocks.
    pub(crate) fn check(&self, probe: bool) -> Change {
        let found = self.find(probe);
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let change = match (&*state, &found) {
            (Ok(_), Err(_)) => Change::Went,
            (Err(_), Ok(_)) => Change::Came,
            _ => Change::None,
        };
        *state = found;
        change
    }

    fn find(&self, probe: bool) -> Result<Present, StoreAway> {
        let dir = marker::open_marked(&self.place, &self.data_dir, &self.open)
            .map_err(|problem| StoreAway(problem.to_string()))?;
        let known = self.state.read().unwrap_or_else(PoisonError::into_inner).as_ref().ok().cloned();
        let unwritable = match known {
            Some(present) if !probe => present.unwritable,
            _ => dir
                .create_dir_all(&layout::tmp())
                .and_then(|()| dir.create(&layout::inside(&layout::tmp(), "probe")).map(drop))
                .err()
                .map(|e| format!("the store can't be written: {e}")),
        };
        Ok(Present { dir, unwritable })
    }

    /// Room on its file system.
    ///
    /// # Errors
    /// [`StoreAway`], also when the system does not say.
    pub(crate) fn space(&self) -> Result<Space, StoreAway> {
        self.dir()?.space().map_err(|e| StoreAway(e.to_string()))
    }
}
