//! What the program does when nobody looks at its window, and what of that it has told already. Kept in the home, in `desktop.json`.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use mist_client_core::{
    Failure,
    home::{read_json, write_json},
};
use serde::{Deserialize, Serialize};
use tauri::{AppHandle, Manager};

use crate::{engine::unusable, notification};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// It goes on sharing when its window is closed.
    stays: bool,
    /// It tells when nothing is left to be done.
    tells: bool,
    /// Somebody was told that it goes on.
    told: bool,
}

impl Default for Kept {
    fn default() -> Self {
        Self { stays: true, tells: true, told: false }
    }
}

/// The program's habits.
pub(crate) struct Habits {
    file: Option<PathBuf>,
    kept: Mutex<Kept>,
}

impl Habits {
    /// Those that are kept in a home, or the usual ones.
    pub(crate) fn of(home: Option<&Path>) -> Self {
        let file = home.map(|home| home.join("desktop.json"));
        let kept = file.as_deref().map(read_json::<Kept>).unwrap_or(Ok(None)).unwrap_or_else(|error| {
            tracing::warn!(%error, "the program has its usual habits");
            None
        });
        Self { file, kept: Mutex::new(kept.unwrap_or_default()) }
    }

    /// Whether the engine goes on sharing when the window is closed.
    pub(crate) fn stays(&self) -> bool {
        self.lock().stays
    }

    /// Whether it tells when nothing is left to be done.
    pub(crate) fn tells(&self) -> bool {
        self.lock().tells
    }

    /// Sets both.
    pub(crate) fn set(&self, stays: bool, tells: bool) -> Result<(), Failure> {
        self.change(|kept| (kept.stays, kept.tells) = (stays, tells))
    }

    /// Whether somebody has yet to be told that it goes on. Answers so once.
    fn has_to_tell(&self) -> bool {
        if self.lock().told {
            return false;
        }
        if let Err(failure) = self.change(|kept| kept.told = true) {
            tracing::warn!(code = failure.code, "it will be told again: {}", failure.text());
        }
        true
    }

    fn change(&self, change: impl FnOnce(&mut Kept)) -> Result<(), Failure> {
        let mut held = self.lock();
        let mut next = held.clone();
        change(&mut next);
        if next != *held
            && let Some(file) = &self.file
        {
            write_json(file, &next, true)
                .map_err(|e| unusable(&file.display().to_string(), &e.to_string()))?;
        }
        *held = next;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says, the first time only, that the program goes on without its window.
pub(crate) fn tell_once(app: &AppHandle) {
    if !app.state::<Habits>().has_to_tell() {
        return;
    }
    notification::show(
        app,
        "Mist goes on in the background",
        "It shares your games and ends what it downloads. Start Mist again to see it, or quit it from its icon.",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn habits_are_kept_and_told_once() {
        let home = tempfile::tempdir().expect("dir");
        let habits = Habits::of(Some(home.path()));
        assert!(habits.stays(), "sharing goes on unless somebody says otherwise");
        assert!(habits.has_to_tell());
        assert!(habits.tells(), "and it says when all is done");
        habits.set(false, true).expect("written");
        let again = Habits::of(Some(home.path()));
        assert!(!again.stays() && again.tells() && !again.has_to_tell());
        again.set(true, false).expect("written");
        let again = Habits::of(Some(home.path()));
        assert!(again.stays() && !again.tells());
    }

    #[test]
    fn what_can_not_be_read_or_written_keeps_nobody_from_starting() {
        let home = tempfile::tempdir().expect("dir");
        std::fs::write(home.path().join("desktop.json"), "{").expect("written");
        assert!(Habits::of(Some(home.path())).stays());
        let nowhere = Habits::of(Some(&home.path().join("desktop.json")));
        assert!(nowhere.set(false, true).is_err());
        assert!(nowhere.stays(), "what was not kept does not count");
        assert!(Habits::of(None).stays());
    }
}
