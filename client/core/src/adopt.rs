//! Which folders a library knows, and how one that it does not know is taken over.
//!
//! What a folder says of itself in `.mist/` counts only where this library put it there: anybody can copy a folder and change a
//! program in it. So a folder gets a random mark, which is in the library too. One without the right mark is adopted: all that
//! it says is forgotten but for which build it claims to be, and it counts as installed once every byte was verified.

use mist_proto::{Slug, VerifiedManifest};
use mist_tree::fs::{EntryKind, remove_tree};

use crate::{
    catalogue::{Catalogue, verified},
    error::{Error, InstallError},
    folder::{BuildRef, Condition, FolderState, GameFolder, control},
    home::Home,
    library::{Entry, Library},
    random::random_id,
    trust::Pins,
};

/// What a library's entry leads to.
pub(crate) enum Place {
    /// The folder that the entry was made for.
    Known(GameFolder, FolderState),
    /// Another one of the same game, in its place.
    Foreign(GameFolder, FolderState),
    /// A folder that nothing marks as the game's, such as the mount point of a disk that is not there.
    Unmarked,
    /// Nothing.
    Missing,
}

/// What is at the place where a game should be.
pub(crate) fn place_of(entry: &Entry, game: &Slug) -> Result<Place, InstallError> {
    if !entry.dir.is_dir() {
        return Ok(Place::Missing);
    }
    let folder = GameFolder::open(&entry.dir)?;
    Ok(match folder.readable_state()?.filter(|state| state.game == *game) {
        None => Place::Unmarked,
        Some(state) if entry.knows(&state) => Place::Known(folder, state),
        Some(state) => Place::Foreign(folder, state),
    })
}

/// A folder that is marked as a game's.
pub(crate) struct Marked {
    pub(crate) folder: GameFolder,
    pub(crate) state: FolderState,
    /// Whether it is the one that the library's entry was made for.
    pub(crate) is_known: bool,
}

/// The folder at the place where a game has to be.
///
/// # Errors
/// [`Error::FolderMissing`] or [`Error::FolderUnmarked`].
pub(crate) fn marked(entry: &Entry, game: &Slug) -> Result<Marked, Error> {
    let dir = || entry.dir.display().to_string();
    match place_of(entry, game)? {
        Place::Known(folder, state) => Ok(Marked { folder, state, is_known: true }),
        Place::Foreign(folder, state) => Ok(Marked { folder, state, is_known: false }),
        Place::Unmarked => Err(Error::FolderUnmarked { game: game.clone(), dir: dir() }),
        Place::Missing => Err(Error::FolderMissing { game: game.clone(), dir: dir() }),
    }
}

/// The game's folder, if it is there: taken over if another one is in its place.
///
/// # Errors
/// [`Error::FolderMissing`] or [`Error::FolderUnmarked`], before anything is made anew.
pub(crate) fn known(home: &Home, game: &Slug, entry: &Entry, pins: &Pins) -> Result<GameFolder, Error> {
    let Marked { folder, state, is_known } = marked(entry, game)?;
    if is_known {
        // Marked from now on, as all new ones are.
        if state.mark.is_none() {
            let mark = Some(random_id());
            folder.set_state(&FolderState { mark: mark.clone(), ..state })?;
            let entry = Entry { mark, ..entry.clone() };
            Library::change(home, |l| drop(l.games.insert(game.clone(), entry)))?;
        }
        return Ok(folder);
    }
    let claimed = claim(&folder, game, &state, pins);
    adopt(home, &folder, game, &entry.server, claimed.as_ref())?;
    Ok(folder)
}

/// The build that a folder says it is, if the manifest with which it says so is one that the server's key has signed.
pub(crate) fn claim(
    folder: &GameFolder,
    game: &Slug,
    state: &FolderState,
    pins: &Pins,
) -> Option<VerifiedManifest> {
    let build = state.installed.as_ref()?;
    let envelope = folder.envelope(build.manifest).ok()??;
    verified(pins, game, &build.version, Some(build.manifest), envelope).ok()
}

/// Makes a folder the game's in this library. Of what it says of itself nothing counts but the build that it claims to be;
/// files that were put aside for the player stay.
///
/// The caller holds the game's lock.
pub(crate) fn adopt(
    home: &Home,
    folder: &GameFolder,
    game: &Slug,
    server: &str,
    claimed: Option<&VerifiedManifest>,
) -> Result<(), Error> {
    // The state names the folder last: until then it is as unknown as before.
    for name in ["journal", "fetch", "staging", "patches", "previous", "stats", "outboards"] {
        remove_tree(&*folder.dir, &control(name)).map_err(InstallError::Disk)?;
    }
    if let Some(manifest) = claimed {
        folder.keep_envelope(manifest)?;
    }
    let mut state = FolderState::new(game.clone(), server.to_owned());
    if let Some(manifest) = claimed {
        state.installed = Some(BuildRef::of(manifest));
        state.condition = Condition::Claimed;
    }
    state.mark = Some(random_id());
    state.keeps_modes = folder.try_modes();
    folder.set_state(&state)?;
    let entry =
        Entry { dir: folder.path().to_owned(), server: server.to_owned(), mark: state.mark, moving: None };
    Ok(Library::change(home, |l| drop(l.games.insert(game.clone(), entry)))?)
}

/// Of the builds whose manifests are at hand, the one that most files in a folder look like by name and size; none if no file
/// does.
pub(crate) fn likeliest(
    folder: &GameFolder,
    game: &Slug,
    catalogue: &Catalogue,
    pins: &Pins,
) -> Result<Option<VerifiedManifest>, Error> {
    let mut best: Option<(u64, VerifiedManifest)> = None;
    for build in catalogue.builds(game)?.iter().rev() {
        // One that is refused is no candidate.
        let Ok(Some(manifest)) = catalogue.cached_manifest(pins, game, build) else { continue };
        let fits = |f: &&mist_proto::FileEntry| {
            folder.dir.metadata(&f.path).is_ok_and(|m| m.kind == EntryKind::File && m.len == f.size)
        };
        let bytes = manifest.files.iter().filter(fits).map(|f| f.size.max(1)).sum();
        if bytes > 0 && best.as_ref().is_none_or(|(most, _)| bytes > *most) {
            best = Some((bytes, manifest));
        }
    }
    Ok(best.map(|(_, manifest)| manifest))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mist_proto::key::ReleaseSecret;
    use mist_tree::fs::{
        Dir, TreePath,
        fault::{CrashDir, Fault, MemDir, at_each_operation, rounds},
    };

    use super::*;
    use crate::{
        folder::read_all,
        install::samples::{self, file, path},
    };

    const THEIRS: &str = "made elsewhere";

    fn put(dir: &dyn Dir, at: &dyn TreePath, bytes: &[u8]) {
        dir.create(at).expect("made").write_all_at(bytes, 0).expect("written");
    }

    /// A folder of another library, and the build that it says it is.
    struct Strange {
        disk: MemDir,
        build: VerifiedManifest,
        home: tempfile::TempDir,
    }

    impl Strange {
        fn new(seed: u64) -> Self {
            let content = vec![1; usize::try_from(seed % 3 * 600 + 1).expect("small")];
            let build = samples::manifest(vec![file("game", &content), file("readme", b"x")]);
            let build = build.sign(&ReleaseSecret::from_seed(&[1; 32])).expect("signed");
            let disk = MemDir::new();
            put(&disk, &path("game"), &content);
            put(&disk, &path("readme"), b"x");
            put(&disk, &path("saves/slot"), b"level 7");
            for name in ["journal", "kept/1/readme", "staging/game", "patches/p", "outboards/o"] {
                put(&disk, &control(name), b"theirs");
            }
            let folder = GameFolder::over(Arc::new(disk.clone()));
            let mut state = FolderState::new(build.game.clone(), "another".into());
            state.installed = Some(BuildRef::of(&build));
            state.condition = Condition::Whole;
            state.mark = Some(THEIRS.into());
            folder.set_state(&state).expect("written");
            if seed.is_multiple_of(2) {
                folder.keep_envelope(&build).expect("written");
            }
            Self { disk: disk.flushed(), build, home: tempfile::tempdir().expect("a folder") }
        }

        fn adopt(&self, dir: Arc<dyn Dir>) -> Result<(), Error> {
            let home = Home::open(self.home.path())?;
            adopt(&home, &GameFolder::over(dir), &self.build.game, "server", Some(&self.build))
        }

        /// The library's mark for the folder, if it knows one.
        fn mark(&self) -> Option<String> {
            let home = Home::open(self.home.path()).expect("home");
            let library = Library::load(&home).expect("readable");
            library.games.get(&self.build.game).and_then(|entry| entry.mark.clone())
        }

        /// No file of the game or the player has changed; the folder is as strange as before, or has to prove what it is, without
        /// what somebody else began in it once the library knows it. Returns its mark.
        fn is_sound(&self, left: &MemDir, is_known: bool, what: &str) -> String {
            let mine = [&path("game") as &dyn TreePath, &path("saves/slot"), &control("kept/1/readme")];
            for at in mine {
                assert_eq!(
                    read_all(left, at).expect("read"),
                    read_all(&self.disk, at).expect("read"),
                    "{what}"
                );
            }
            let folder = GameFolder::over(Arc::new(left.clone()));
            let state = folder.state().expect("never torn").expect("there");
            let mark = state.mark.clone().expect("marked");
            if mark != THEIRS {
                assert_eq!(
                    state.condition,
                    Condition::Claimed,
                    "{what}: nothing of it counts before it was verified"
                );
                assert_eq!(state.whole(), None, "{what}");
                assert!(folder.envelope(self.build.id()).expect("read").is_some(), "{what}");
                assert!(
                    !is_known || left.metadata(&control("journal")).is_err(),
                    "{what}: nobody goes on with their commit"
                );
            }
            mark
        }

        /// Returns how many operations were tried.
        fn survives_at_each_operation(&self, fault: Fault) -> u64 {
            let disk = || self.disk.after_power_loss(0);
            at_each_operation(
                disk,
                |_| fault,
                |dir, _, what| {
                    let known = self.mark();
                    let first = self.adopt(dir.clone());
                    let what = format!("{what}, {first:?}");
                    let mark = self.is_sound(dir.inner(), first.is_ok(), &what);
                    let wanted = if first.is_ok() { Some(mark) } else { known };
                    assert_eq!(
                        self.mark(),
                        wanted,
                        "{what}: the library knows what was done, and nothing else"
                    );
                    dir.relieve();
                    self.adopt(dir.clone()).unwrap_or_else(|e| panic!("{what}, again: {e}"));
                    assert_eq!(Some(self.is_sound(dir.inner(), true, &what)), self.mark(), "{what}");
                },
            )
        }
    }

    #[test]
    fn torture_of_taking_a_folder_over() {
        rounds("adopt", 2, |seed, tally| {
            let strange = Strange::new(seed);
            let dir = Arc::new(CrashDir::new(strange.disk.after_power_loss(0), seed, 16));
            strange.adopt(dir.clone()).expect("no fault");
            dir.acknowledge(1);
            let (states, looked_at) = dir.states();
            let mark = strange.mark().expect("known");
            for state in &states {
                let what = format!("seed {seed}, operation {}", state.at);
                let found = strange.is_sound(&state.disk, state.acked > 0, &what);
                assert!(found == mark || (found == THEIRS && state.acked == 0), "{what}: {found}");
            }
            tally.crash_states += states.len() as u64;
            tally.looked_at += looked_at;
            tally.meet_faults(seed, 16, |fault| strange.survives_at_each_operation(fault));
        });
    }
}
