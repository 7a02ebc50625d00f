//! The store: a folder that may go away (a NAS) and come back.

mod files;
mod guarded;
mod hold;
pub(crate) mod layout;
mod marker;
pub(crate) mod recipes;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, RwLockWriteGuard},
    time::Instant,
};

use mist_proto::ids::StoreId;
use mist_tree::fs::{Dir, RealDir, Space};
use tokio::sync::watch;

pub(crate) use files::read_whole;
pub(crate) use layout::PushId;

use self::{
    guarded::{Guarded, Use},
    hold::Hold,
};

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
/// unmounted, a handle goes stale and can't reach the mount point that is left. What is asked of a handle changes the store only while
/// the tracker says that it is this seed's.
pub(crate) struct Store {
    place: PathBuf,
    data_dir: PathBuf,
    open: Open,
    state: RwLock<Result<Present, StoreAway>>,
    hold: Arc<RwLock<Hold>>,
    /// Counts how often the store was made ready.
    readied: watch::Sender<u64>,
}

/// A store to ask the tracker for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) store: StoreId,
    /// It was not this seed's before, or went to another.
    pub(crate) takes_over: bool,
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
        Self { place, data_dir, open, state, hold: Arc::default(), readied: watch::Sender::new(0) }
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
        self.folder(Use::All)
    }

    /// The folder, if it may be changed now; for what is not begun otherwise.
    ///
    /// # Errors
    /// [`StoreAway`], with what is wrong.
    pub(crate) fn dir_to_change(&self) -> Result<Arc<dyn Dir>, StoreAway> {
        let dir = self.dir()?;
        if self.may_change() {
            return Ok(dir);
        }
        Err(StoreAway("the tracker has not said yet that the store is this seed's".into()))
    }

    /// The folder, for making it ready: it can be changed while the store is this seed's, before anything else can.
    ///
    /// # Errors
    /// [`StoreAway`], with what is wrong.
    pub(crate) fn dir_to_tidy(&self) -> Result<Arc<dyn Dir>, StoreAway> {
        self.folder(Use::Tidying)
    }

    fn folder(&self, meant_for: Use) -> Result<Arc<dyn Dir>, StoreAway> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let inner = state.as_ref().map_err(Clone::clone)?.dir.clone();
        Ok(Arc::new(Guarded { inner, hold: self.hold.clone(), meant_for }))
    }

    fn hold(&self) -> RwLockWriteGuard<'_, Hold> {
        self.hold.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the tracker has to be asked for, if the store is there.
    pub(crate) fn claim(&self) -> Option<Claim> {
        let store = self.hold().found()?.clone();
        Some(Claim { store, takes_over: marker::is_asked_for(&self.data_dir) })
    }

    /// The tracker accepted this claim, in a word that was sent at `sent`. Whether the store has still to be made ready; see
    /// [`Store::make_ready`]. Blocks.
    ///
    /// # Errors
    /// The seed's own folder can't be written, so that the store is not used.
    pub(crate) fn accept(&self, claim: &Claim, sent: Instant) -> io::Result<bool> {
        if self.hold().found() != Some(&claim.store) {
            return Ok(false);
        }
        if claim.takes_over {
            marker::own(&self.data_dir)?;
        }
        let (mut hold, now) = (self.hold(), Instant::now());
        hold.accept(&claim.store, sent, now);
        Ok(hold.is_unready(now))
    }

    /// The tracker refused this claim. The store is away from the next [`Store::check`] on. Blocks.
    ///
    /// # Errors
    /// The seed's own folder can't be written; the store is away all the same.
    pub(crate) fn refuse(&self, claim: &Claim, why: &str) -> io::Result<()> {
        self.hold().refuse(&claim.store, why);
        if claim.takes_over { Ok(()) } else { marker::ask(&self.data_dir) }
    }

    /// Whether the store is this seed's, and was not made ready yet.
    pub(crate) fn is_unready(&self) -> bool {
        self.hold().is_unready(Instant::now())
    }

    /// The store was tidied, and what it holds was read: from now on it may be changed.
    pub(crate) fn make_ready(&self) {
        self.hold().make_ready(Instant::now());
        self.readied.send_modify(|count| *count += 1);
    }

    /// Whether the store is there, is this seed's, and was made ready.
    pub(crate) fn may_change(&self) -> bool {
        self.hold().may_change(Instant::now())
    }

    /// Waits until [`Store::may_change`].
    pub(crate) async fn ready(&self) {
        let mut readied = self.readied.subscribe();
        while !self.may_change() {
            if readied.changed().await.is_err() {
                return;
            }
        }
    }

    /// What the operator must mend, if anything: one sentence.
    pub(crate) fn problem(&self) -> Option<String> {
        match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
            Ok(present) => present.unwritable.clone(),
            Err(StoreAway(why)) => Some(why.clone()),
        }
    }

    /// Looks at the marker again, and with `probe` also whether something can be written, if this seed may do so: that keeps a NAS from
    /// sleeping if it is done too often. Blocks.
    pub(crate) fn check(&self, probe: bool) -> Change {
        let found = self.find(probe && self.may_change());
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
        let found = marker::open_marked(&self.place, &self.data_dir, &self.open);
        self.hold().find(found.as_ref().ok().map(|(_, id)| id.clone()));
        let (dir, _) = found.map_err(|problem| StoreAway(problem.to_string()))?;
        if let Some(why) = self.hold().refused() {
            return Err(StoreAway(why.to_owned()));
        }
        let known = self.state.read().unwrap_or_else(PoisonError::into_inner).as_ref().ok().cloned();
        let unwritable = if probe {
            dir.create_dir_all(&layout::tmp())
                .and_then(|()| dir.create(&layout::inside(&layout::tmp(), "probe")).map(drop))
                .err()
                .map(|e| format!("the store can't be written: {e}"))
        } else {
            known.and_then(|present| present.unwritable)
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
