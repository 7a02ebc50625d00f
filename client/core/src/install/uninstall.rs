//! Removing a game: what its manifest names, and nothing else.

use std::{collections::BTreeSet, io};

use mist_proto::{Manifest, RelPath};
use mist_tree::fs::{ControlPath, Dir, ROOT, clear_folder, remove_tree};

use super::{InstallError, links};
use crate::folder::control;

/// What uninstalling left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, ts_rs::TS)]
pub struct Uninstalled {
    /// Files removed.
    pub removed: usize,
    /// Whether files of the player are left in the folder, such as saves.
    pub left: bool,
    /// Whether `.mist/kept` is left, with files that the player had changed.
    pub kept: bool,
}

/// Removes the files of `manifest` and what Mist itself wrote. `each` hears of every file.
///
/// May be repeated after it failed or was killed.
pub(crate) fn uninstall(
    dir: &dyn Dir,
    manifest: Option<&Manifest>,
    each: &mut dyn FnMut(),
) -> Result<Uninstalled, InstallError> {
    let mut remove = || -> io::Result<Uninstalled> {
        let mut removed = 0;
        let mut folders: BTreeSet<RelPath> = BTreeSet::new();
        let files = manifest.map(|m| m.files.as_slice()).unwrap_or_default();
        for file in files {
            match dir.remove_file(&file.path) {
                Ok(()) => removed += 1,
                // A folder of the player's in its place stays, like everything that is no file of ours.
                Err(e) if is_gone(&e) => {}
                Err(e) => return Err(e),
            }
            folders.extend(std::iter::successors(file.path.parent(), RelPath::parent));
            each();
        }
        if let Some(manifest) = manifest {
            removed += links::remove(dir, manifest, &mut folders, is_gone)?;
        }
        for empty in manifest.map(|m| m.empty_dirs.as_slice()).unwrap_or_default() {
            folders.extend(std::iter::successors(Some(empty.clone()), RelPath::parent));
        }
        for folder in folders.iter().rev() {
            // Not empty: the player has something there.
            let _ = dir.remove_dir(folder);
        }
        let kept = !dir.read_dir(&control("kept")).unwrap_or_default().is_empty();
        if kept {
            for entry in dir.read_dir(&ControlPath::root())? {
                let name = entry.name.to_str().and_then(|n| RelPath::new(n).ok());
                // The state goes with the lot: what it described is gone already.
                if let Some(name) = name.filter(|n| n.as_str() != "kept") {
                    remove_tree(dir, &ControlPath::root().join(&name))?;
                }
            }
        } else {
            clear_folder(dir, &ControlPath::root())?;
            match dir.remove_dir(&ControlPath::root()) {
                Err(e) if !is_gone(&e) => return Err(e),
                _ => {}
            }
        }
        let left = dir.read_dir(ROOT)?.iter().any(|e| e.name != mist_proto::path::CONTROL_DIR);
        Ok(Uninstalled { removed, left, kept })
    };
    remove().map_err(InstallError::Disk)
}

fn is_gone(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory)
}

#[cfg(test)]
mod tests {
    use mist_tree::fs::{
        TreePath,
        fault::{CrashDir, Fault, MemDir, at_each_operation, rounds},
    };

    use mist_tree::fs::EntryKind;
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;
    use crate::install::samples::{self, file, path};

    fn put(dir: &dyn Dir, at: &dyn TreePath) {
        dir.create(at).expect("made").write_all_at(b"x", 0).expect("written");
    }

    fn installed() -> (MemDir, Manifest) {
        let files = ["bin/game", "data/a/b", "readme"].map(|p| file(p, b"x")).to_vec();
        let empty_dirs = vec![path("mods"), path("tmp/deep")];
        let manifest = Manifest { empty_dirs, ..samples::manifest(files) };
        let dir = MemDir::new();
        for f in &manifest.files {
            put(&dir, &f.path);
        }
        for folder in &manifest.empty_dirs {
            dir.create_dir_all(folder).expect("made");
        }
        put(&dir, &control("state.json"));
        put(&dir, &control("outboards/x"));
        (dir, manifest)
    }

    #[test]
    fn nothing_is_left_of_an_untouched_game() {
        let (dir, manifest) = installed();
        let mut heard = 0;
        let result = uninstall(&dir, Some(&manifest), &mut || heard += 1).expect("works");
        assert_eq!((result, heard), (Uninstalled { removed: 3, left: false, kept: false }, 3));
        assert_eq!(dir.read_dir(ROOT).expect("listed"), []);
    }

    #[test]
    fn what_the_player_has_stays() {
        let (dir, manifest) = installed();
        put(&dir, &path("data/save"));
        put(&dir, &path("mods/mine"));
        put(&dir, &control("kept/1/readme"));
        let result = uninstall(&dir, Some(&manifest), &mut || ()).expect("works");
        assert_eq!(result, Uninstalled { removed: 3, left: true, kept: true });
        for kept in [&path("data/save") as &dyn TreePath, &path("mods/mine"), &control("kept/1/readme")] {
            assert!(dir.metadata(kept).is_ok(), "{kept}");
        }
        for gone in [&path("data/a") as &dyn TreePath, &path("bin"), &path("tmp"), &control("state.json")] {
            assert!(dir.metadata(gone).is_err(), "{gone}");
        }
    }

    #[test]
    fn it_goes_on_after_any_failure() {
        let (disk, manifest) = installed();
        let left = goes_on_at_each_operation(&disk, &manifest, Fault::Broken).1;
        assert!(left.read_dir(ROOT).expect("listed").iter().all(|e| e.kind == EntryKind::Dir));
    }

    /// Returns how many operations were tried, and what the last one left.
    fn goes_on_at_each_operation(disk: &MemDir, manifest: &Manifest, fault: Fault) -> (u64, MemDir) {
        let (before, mut left) = (disk.after_power_loss(0), MemDir::new());
        let tried = at_each_operation(
            || before.after_power_loss(0),
            |_| fault,
            |dir, _, what| {
                let _ = uninstall(&**dir, Some(manifest), &mut || ());
                dir.relieve();
                uninstall(&**dir, Some(manifest), &mut || ()).unwrap_or_else(|e| panic!("{what}: {e}"));
                left = dir.inner().clone();
            },
        );
        (tried, left)
    }

    /// Files of a game and of its player, in folders that they share.
    fn random(seed: u64) -> (MemDir, Manifest, BTreeSet<RelPath>) {
        let mut rng = StdRng::seed_from_u64(seed);
        let (dir, mut files, mut own) = (MemDir::new(), vec![], BTreeSet::new());
        for folder in ["", "a/", "a/b/", "c/d/", "mods/"] {
            for name in 0..rng.random_range(0..4) {
                let at = format!("{folder}{name}");
                put(&dir, &path(&at));
                if rng.random_ratio(1, 4) {
                    own.insert(path(&at));
                } else {
                    files.push(file(&at, b"x"));
                }
            }
        }
        for at in ["state.json", "outboards/x", "staging/y"] {
            put(&dir, &control(at));
        }
        (dir.flushed(), Manifest { empty_dirs: vec![path("mods")], ..samples::manifest(files) }, own)
    }

    /// All of the player's is there, and nothing of the game any more.
    fn assert_gone(dir: &MemDir, manifest: &Manifest, own: &BTreeSet<RelPath>, what: &str) {
        let done = uninstall(dir, Some(manifest), &mut || ()).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(done.left, !own.is_empty(), "{what}");
        for path in own {
            assert!(dir.metadata(path).is_ok(), "{what}: {path} is the player's");
        }
        for file in &manifest.files {
            assert!(dir.metadata(&file.path).is_err(), "{what}: {} is left", file.path);
        }
    }

    #[test]
    fn torture_of_uninstalling() {
        rounds("uninstall", 4, |seed, tally| {
            let (disk, manifest, own) = random(seed);
            let dir = CrashDir::new(disk.after_power_loss(0), seed, 16);
            uninstall(&dir, Some(&manifest), &mut || ()).expect("no fault");
            let (states, looked_at) = dir.states();
            for state in &states {
                assert_gone(&state.disk, &manifest, &own, &format!("seed {seed}, operation {}", state.at));
            }
            tally.crash_states += states.len() as u64;
            tally.looked_at += looked_at;
            tally.meet_faults(seed, 1, |fault| goes_on_at_each_operation(&disk, &manifest, fault).0);
        });
    }
}
