//! One move, step by step, with the library's word on each.

use std::{fs, io, path::Path};

use mist_proto::{Slug, VerifiedManifest};
use mist_tree::{
    fs::{Dir, RealDir, fits, takes_name},
    progress::Progress,
};

use super::{
    BadTarget, MoveForecast, Moving,
    carry::{Carry, arrive, weight},
    ends::{end_leaving, leave, undo},
    is_renamed,
    label::{self, Label, is_being_filled, may_be_filled},
    target::make,
};
use crate::{
    adopt::{Place, place_of},
    error::{Error, InstallError},
    events::Phase,
    folder::{Condition, GameFolder},
    home::{Home, HomeError, sync_dir},
    install::free_at,
    library::{Entry, Library},
    stop::Stop,
};

/// A game's folder on its way. The caller holds the game's lock.
#[derive(Debug, Clone)]
pub(crate) struct Journey {
    home: Home,
    game: Slug,
    entry: Entry,
    moving: Moving,
}

impl Journey {
    /// One that may be begun, to a place that [suits](super::suits).
    pub(crate) fn new(home: &Home, game: &Slug, entry: &Entry, from: &Path, to: &Path) -> Self {
        let moving = Moving { from: from.to_owned(), to: to.to_owned(), arrived: false };
        Self { home: home.clone(), game: game.clone(), entry: entry.clone(), moving }
    }

    /// The one that has begun, if one has. What was done and could not be noted any more is noted.
    pub(crate) fn under_way(home: &Home, game: &Slug, entry: &Entry) -> Result<Option<Self>, Error> {
        let Some(moving) = entry.moving.clone() else { return Ok(None) };
        let mut this = Self { home: home.clone(), game: game.clone(), entry: entry.clone(), moving };
        if !this.moving.arrived && this.was_renamed()? {
            this.arrived()?;
        }
        Ok(Some(this))
    }

    pub(crate) fn game(&self) -> &Slug {
        &self.game
    }

    /// The old folder as the library named it.
    pub(crate) fn dir(&self) -> &Path {
        if self.entry.dir == self.moving.to { &self.moving.from } else { &self.entry.dir }
    }

    pub(crate) fn moving(&self) -> &Moving {
        &self.moving
    }

    /// What it would take. Writes nothing.
    ///
    /// # Errors
    /// The old folder can't be read, or the new one is not free.
    pub(crate) fn forecast(&self) -> Result<MoveForecast, Error> {
        let Moving { from, to, .. } = &self.moving;
        self.refuse_taken()?;
        let (renamed, free) = (is_renamed(from, to), free_at(to).filter(|free| *free != u64::MAX));
        let mut bytes = 0;
        if !renamed {
            let folder = GameFolder::open(from)?;
            let weigh = |counted| weight(&*folder.dir, counted).map_err(InstallError::Disk);
            bytes = weigh(false)?;
            // Files with holes take less than their length.
            if free.is_some_and(|free| bytes > free) {
                bytes = weigh(true)?;
            }
        }
        let (from, to) = (from.clone(), to.clone());
        Ok(MoveForecast { game: self.game.clone(), from, to, renamed, bytes, free })
    }

    /// Refuses a place where something is that this move did not bring there.
    fn refuse_taken(&self) -> Result<(), Error> {
        let to = &self.moving.to;
        let free = match fs::symlink_metadata(to) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => true,
            Err(e) => return Err(InstallError::folder(to, e).into()),
            Ok(meta) if !meta.is_dir() => false,
            Ok(_) => {
                let dir = RealDir::open(to).map_err(|e| InstallError::folder(to, e))?;
                may_be_filled(&dir, &self.label()).map_err(InstallError::Disk)?
            }
        };
        if free { Ok(()) } else { Err(self.refused(BadTarget::Taken)) }
    }

    fn refused(&self, why: BadTarget) -> Error {
        Error::BadTarget { game: self.game.clone(), dir: self.moving.to.display().to_string(), why }
    }

    fn label(&self) -> Label {
        Label { game: self.game.clone(), mark: self.entry.mark.clone() }
    }

    /// Notes in the library that it is begun.
    ///
    /// # Errors
    /// [`BadTarget::Taken`], or the library can't be written.
    pub(crate) fn begin(&self) -> Result<(), Error> {
        self.refuse_taken()?;
        self.note(Some(self.moving.clone()))
    }

    fn note(&self, moving: Option<Moving>) -> Result<(), Error> {
        let dir = match &moving {
            Some(moving) if moving.arrived => Some(moving.to.clone()),
            _ => None,
        };
        Ok(Library::change(&self.home, |library| {
            if let Some(entry) = library.games.get_mut(&self.game) {
                entry.moving = moving;
                entry.dir = dir.unwrap_or_else(|| entry.dir.clone());
            }
        })?)
    }

    /// Gives the folder its new name, where one disk has both. Returns whether it has it now.
    ///
    /// # Errors
    /// What the system reports; the folder is where it was.
    pub(crate) fn rename(&self) -> Result<bool, InstallError> {
        let Moving { from, to, .. } = &self.moving;
        if !is_renamed(from, to) {
            return Ok(false);
        }
        let rename = || -> io::Result<bool> {
            let made = match to.parent() {
                Some(parent) => make(parent)?,
                None => return Ok(false),
            };
            // Not every system puts a folder in the place of an empty one.
            match fs::remove_dir(to) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                // Begun as a copy, or a disk of its own.
                Err(_) => return Ok(false),
                Ok(()) => {}
            }
            match fs::rename(from, to) {
                Err(e) if matches!(e.kind(), io::ErrorKind::CrossesDevices | io::ErrorKind::ResourceBusy) => {
                    return Ok(false);
                }
                renamed => renamed?,
            }
            let above = [from.parent(), to.parent()];
            above.into_iter().flatten().chain(made.iter().map(|p| &**p)).try_for_each(sync_dir)?;
            Ok(true)
        };
        rename().map_err(|e| InstallError::folder(from, e))
    }

    /// Whether the folder has its new name, and nobody could note it.
    fn was_renamed(&self) -> Result<bool, Error> {
        let at = |dir: &Path| place_of(&Entry { dir: dir.to_owned(), ..self.entry.clone() }, &self.game);
        if matches!(at(&self.moving.from)?, Place::Known(..)) {
            return Ok(false);
        }
        Ok(match at(&self.moving.to)? {
            Place::Known(folder, _) => !is_being_filled(&*folder.dir),
            _ => false,
        })
    }

    /// Copies everything, and compares it. Returns the bytes that were copied.
    ///
    /// # Errors
    /// Whatever the error, the old folder is as it was.
    pub(crate) fn carry(
        &self,
        from: &GameFolder,
        build: Option<&VerifiedManifest>,
        stop: &Stop,
        watch: &mut dyn FnMut(Phase, Progress),
    ) -> Result<u64, InstallError> {
        let place = &self.moving.to;
        let made = make(place).map_err(|e| InstallError::folder(place, e))?;
        let to = GameFolder::open(place)?;
        let unfit = build.and_then(|b| fits(b, to.dir.bounds()));
        if let Some(unfit) = unfit {
            return Err(unfit.into());
        }
        label::begin(&*to.dir, &self.label()).map_err(InstallError::Disk)?;
        made.iter().try_for_each(|p| sync_dir(p)).map_err(|e| InstallError::folder(place, e))?;
        if let Some(unfit) = build.and_then(|b| takes_name(&*to.dir, b)) {
            return Err(unfit.into());
        }
        let manifest = build.map(|build| &**build);
        let knows_modes = from.keeps_modes();
        // Before anything is compared: what a trial leaves behind when the disk fails goes with what an earlier try left.
        let keeps_modes = to.try_modes();
        let (old, new) = (&*from.dir, &*to.dir);
        let copied = Carry { from: old, to: new, manifest, knows_modes, keeps_modes, stop, watch }.run()?;
        arrive(from, &to, build, keeps_modes)?;
        Ok(copied)
    }

    /// Notes that the new folder is the game's.
    ///
    /// # Errors
    /// The library can't be written.
    pub(crate) fn arrived(&mut self) -> Result<(), Error> {
        let moving = Moving { arrived: true, ..self.moving.clone() };
        self.note(Some(moving.clone()))?;
        self.moving = moving;
        Ok(())
    }

    /// Takes away the old folder, after everything has [arrived](Self::arrived). Returns whether something is left there that was
    /// not copied.
    ///
    /// # Errors
    /// What the system reports. The new folder is whole all the same.
    pub(crate) fn leave(&self) -> Result<bool, InstallError> {
        let Moving { from, to, .. } = &self.moving;
        let old = Entry { dir: from.clone(), ..self.entry.clone() };
        let is_left = match place_of(&old, &self.game)? {
            Place::Known(folder, mut state) => {
                // From now on nobody takes it for the game.
                state.condition = Condition::Damaged;
                folder.set_state(&state)?;
                let to = GameFolder::open(to)?;
                leave(&*folder.dir, &*to.dir).map_err(InstallError::Disk)?
            }
            Place::Missing => false,
            // What it was is gone, and whatever is there now is somebody's.
            Place::Foreign(..) => true,
            Place::Unmarked => RealDir::open(from)
                .and_then(|dir| end_leaving(&dir))
                .map_err(|e| InstallError::folder(from, e))?,
        };
        let filled = RealDir::open(to).and_then(|dir| label::end_filling(&dir));
        filled.map_err(|e| InstallError::folder(to, e))?;
        if !is_left {
            // Somebody else's mount point, perhaps; an empty folder does no harm.
            let _ = fs::remove_dir(from);
        }
        Ok(is_left)
    }

    /// Takes away what was copied, before everything had arrived.
    ///
    /// # Errors
    /// What the system reports.
    pub(crate) fn undo(&self) -> Result<(), InstallError> {
        let Moving { from, to, .. } = &self.moving;
        if !to.is_dir() {
            return Ok(());
        }
        let (old, copy) = (GameFolder::open(from)?, GameFolder::open(to)?);
        let is_left = undo(&*old.dir, &*copy.dir, &self.label()).map_err(InstallError::Disk)?;
        drop(copy);
        if !is_left {
            let _ = fs::remove_dir(to);
        }
        Ok(())
    }

    /// Notes that it is over.
    ///
    /// # Errors
    /// The library can't be written.
    pub(crate) fn ended(&self) -> Result<(), Error> {
        self.note(None)
    }
}

/// Notes of every game whose folder was given its new name that it has it: a program that died could not any more.
///
/// # Errors
/// The library can't be read or written.
pub(crate) fn settle(home: &Home) -> Result<(), HomeError> {
    for (game, entry) in Library::load(home)?.games {
        if let Err(error) = Journey::under_way(home, &game, &entry) {
            tracing::warn!(%game, %error, "where the game is can't be told");
        }
    }
    Ok(())
}
