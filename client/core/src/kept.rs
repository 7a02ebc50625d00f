//! What was put aside for the player, and how it comes back.

use std::io;

use mist_proto::{RelPath, Slug};
use mist_tree::fs::{ControlPath, Dir, EntryKind, ROOT, TreePath};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    adopt::marked,
    error::{Error, InstallError},
    folder::{GameFolder, control},
    home::Home,
    library::{Entry, Library},
};

/// Entries that are listed, of one folder.
const MAX_LISTED: usize = 10_000;

/// Something that was put aside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
pub struct KeptItem {
    /// The folder under `.mist/kept/` in which it is: the version that was there then.
    pub label: String,
    /// Where it was in the game's folder.
    pub path: String,
    /// Whether it is a link.
    pub is_link: bool,
}

/// What is in one folder under `.mist/kept/`, or in all of them.
pub(crate) fn list(dir: &dyn Dir, label: Option<&RelPath>) -> Vec<KeptItem> {
    let kept = control("kept");
    let labels: Vec<String> = match label {
        Some(label) => vec![label.to_string()],
        None => {
            let entries = dir.read_dir(&kept).unwrap_or_default();
            entries.iter().filter_map(|e| e.name.to_str().map(str::to_owned)).collect()
        }
    };
    let mut found = Vec::new();
    for label in labels {
        let Ok(name) = RelPath::new(&label) else { continue };
        let base = kept.join(&name);
        let mut open: Vec<Option<RelPath>> = vec![None];
        while let Some(folder) = open.pop() {
            let place = folder.as_ref().map_or_else(|| base.clone(), |folder| base.join(folder));
            for entry in dir.read_dir(&place).unwrap_or_default() {
                if found.len() >= MAX_LISTED {
                    return found;
                }
                let name = entry.name.to_string_lossy();
                let path =
                    folder.as_ref().map_or_else(|| name.to_string(), |folder| format!("{folder}/{name}"));
                let Ok(path) = RelPath::new(&path) else { continue };
                match entry.kind {
                    EntryKind::Dir => open.push(Some(path)),
                    EntryKind::File | EntryKind::Symlink | EntryKind::Special => found.push(KeptItem {
                        label: label.clone(),
                        path: path.to_string(),
                        is_link: entry.kind == EntryKind::Symlink,
                    }),
                }
            }
        }
    }
    found.sort();
    found
}

/// Puts things back where they were. What is in their places now is put aside in turn, so nothing is lost. Returns what came
/// back.
fn restore(folder: &GameFolder, items: &[KeptItem]) -> Result<Vec<KeptItem>, InstallError> {
    let dir = &*folder.dir;
    let aside = (1..)
        .map(|n| control("kept").join(&RelPath::new(&format!("restored~{n}")).expect("a name is a path")))
        .find(|place| dir.metadata(place).is_err());
    let aside: ControlPath = aside.unwrap_or_else(|| control("kept"));
    let mut back = Vec::new();
    for item in items {
        let (Ok(label), Ok(path)) = (RelPath::new(&item.label), RelPath::new(&item.path)) else { continue };
        let from = control("kept").join(&label).join(&path);
        let is_there = dir.metadata(&path).is_ok();
        // An empty folder, which the build has there, makes room for a link.
        let freed = is_there && dir.remove_dir(&path).is_ok();
        if is_there && !freed {
            dir.rename(&path, &aside.join(&path)).map_err(InstallError::Disk)?;
            // Before its place is taken: a disk may keep the second rename and lose the first one.
            sync_parent(dir, &path).map_err(InstallError::Disk)?;
        }
        dir.rename(&from, &path).map_err(InstallError::Disk)?;
        sync_parent(dir, &path).map_err(InstallError::Disk)?;
        remove_empty_above(dir, &control("kept").join(&label), &path);
        back.push(item.clone());
    }
    Ok(back)
}

fn sync_parent(dir: &dyn Dir, path: &RelPath) -> io::Result<()> {
    match path.parent() {
        Some(folder) => dir.sync_dir(&folder),
        None => dir.sync_dir(ROOT),
    }
}

/// Removes the folders that became empty under `.mist/kept/`. Those that are left do no harm.
fn remove_empty_above(dir: &dyn Dir, base: &ControlPath, path: &RelPath) {
    for above in std::iter::successors(path.parent(), RelPath::parent) {
        let _ = dir.remove_dir(&base.join(&above));
    }
    let _ = dir.remove_dir(base as &dyn TreePath);
}

fn folder_of(home: &Home, game: &Slug) -> Result<(Entry, GameFolder), Error> {
    let entry = Library::load(home)?.games.remove(game).ok_or_else(|| Error::NotInstalled(game.clone()))?;
    let folder = marked(&entry, game)?.folder;
    Ok((entry, folder))
}

/// What was put aside for the player of a game.
pub(crate) fn of_game(home: &Home, game: &Slug) -> Result<Vec<KeptItem>, Error> {
    let (_, folder) = folder_of(home, game)?;
    Ok(list(&*folder.dir, None))
}

/// Puts back what was at `path` in the game's folder, or below it; all of it without a path. Of several of one name the one that
/// was put aside last comes back. The caller holds the game's lock.
pub(crate) fn put_back(home: &Home, game: &Slug, path: Option<&str>) -> Result<Vec<KeptItem>, Error> {
    let (_, folder) = folder_of(home, game)?;
    let wanted = |item: &&KeptItem| {
        path.is_none_or(|path| {
            let path = path.trim_end_matches('/');
            item.path == path || item.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
        })
    };
    let all = list(&*folder.dir, None);
    let mut newest = std::collections::BTreeMap::new();
    for item in all.iter().filter(wanted) {
        let at =
            std::fs::metadata(folder.control_path("kept").join(&item.label)).and_then(|m| m.modified()).ok();
        let known = newest.entry(item.path.clone()).or_insert((at, item.clone()));
        if at > known.0 {
            *known = (at, item.clone());
        }
    }
    let items: Vec<KeptItem> = newest.into_values().map(|(_, item)| item).collect();
    Ok(restore(&folder, &items)?)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use mist_tree::fs::fault::{CrashDir, Fault, MemDir, at_each_operation, rounds};
    use rand::{Rng, SeedableRng, rngs::StdRng};

    use super::*;
    use crate::install::samples::path;

    fn put(dir: &dyn Dir, at: &dyn TreePath, text: &str) {
        dir.create(at).expect("made").write_all_at(text.as_bytes(), 0).expect("written");
    }

    fn text(dir: &dyn Dir, at: &dyn TreePath) -> String {
        let file = dir.open(at).expect("open");
        let mut bytes = vec![0; usize::try_from(file.size().expect("size")).expect("small")];
        file.read_exact_at(&mut bytes, 0).expect("read");
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn what_comes_back_takes_no_place_from_what_is_there() {
        let disk = Arc::new(MemDir::new());
        let folder = GameFolder::over(disk.clone());
        put(&*disk, &path("config.ini"), "new");
        put(&*disk, &control("kept/1/config.ini"), "mine");
        put(&*disk, &control("kept/1/saves/slot"), "level 7");
        let all = list(&*disk, None);
        let names: Vec<_> = all.iter().map(|i| (i.label.as_str(), i.path.as_str())).collect();
        assert_eq!(names, [("1", "config.ini"), ("1", "saves/slot")]);
        assert_eq!(restore(&folder, &all).expect("restored"), all);
        assert_eq!(text(&*disk, &path("config.ini")), "mine");
        assert_eq!(text(&*disk, &path("saves/slot")), "level 7");
        assert_eq!(text(&*disk, &control("kept/restored~1/config.ini")), "new");
        assert!(disk.metadata(&control("kept/1")).is_err(), "what became empty is gone");
    }

    /// All texts of a disk, in order.
    fn texts(dir: &dyn Dir, at: &dyn TreePath, name: &dyn Fn(&str) -> Box<dyn TreePath>) -> Vec<String> {
        let mut found = Vec::new();
        for entry in dir.read_dir(at).expect("listed") {
            let here = entry.name.to_str().expect("utf-8").to_owned();
            if here == ".mist" {
                continue;
            }
            let inside = name(&here);
            if entry.kind == EntryKind::File {
                found.push(text(dir, &*inside));
            } else {
                let below = |n: &str| name(&format!("{here}/{n}"));
                found.extend(texts(dir, &*inside, &below));
            }
        }
        found
    }

    /// All that a disk holds, in order.
    fn everything(disk: &MemDir) -> Vec<String> {
        let mut found = texts(disk, ROOT, &|n| Box::new(path(n)));
        if disk.metadata(&control("kept")).is_ok() {
            let kept = |n: &str| Box::new(control("kept").join(&path(n))) as Box<dyn TreePath>;
            found.extend(texts(disk, &control("kept"), &kept));
        }
        found.sort();
        found
    }

    /// What was put aside for a player, and what is in its places now.
    struct Aside {
        disk: MemDir,
        items: Vec<KeptItem>,
        all: Vec<String>,
    }

    impl Aside {
        fn random(seed: u64) -> Self {
            let mut rng = StdRng::seed_from_u64(seed);
            let disk = MemDir::new();
            let (mut items, mut all) = (Vec::new(), Vec::new());
            for at in ["a", "b", "d/a", "d/e/a", "d/e/b"] {
                if rng.random() {
                    let mine = format!("mine {at}");
                    put(&disk, &control("kept/1").join(&path(at)), &mine);
                    items.push(KeptItem { label: "1".into(), path: at.into(), is_link: false });
                    all.push(mine);
                }
                if rng.random() {
                    let now = format!("now {at}");
                    put(&disk, &path(at), &now);
                    all.push(now);
                }
            }
            all.sort();
            Self { disk: disk.flushed(), items, all }
        }

        /// Nothing was lost, and what has not come back yet does when it is asked for again.
        fn goes_on(&self, left: &MemDir, what: &str) {
            assert_eq!(everything(left), self.all, "{what}");
            let label = path("1");
            let items = list(left, Some(&label));
            restore(&GameFolder::over(Arc::new(left.clone())), &items)
                .unwrap_or_else(|e| panic!("{what}: {e}"));
            assert_eq!(everything(left), self.all, "{what}, again");
            for item in &self.items {
                assert_eq!(text(left, &path(&item.path)), format!("mine {}", item.path), "{what}");
            }
        }

        /// Returns how many operations were tried.
        fn survives_at_each_operation(&self, fault: Fault) -> u64 {
            let disk = || self.disk.after_power_loss(0);
            at_each_operation(
                disk,
                |_| fault,
                |dir, _, what| {
                    let first = restore(&GameFolder::over(dir.clone()), &self.items);
                    dir.relieve();
                    self.goes_on(dir.inner(), &format!("{what}, {first:?}"));
                },
            )
        }
    }

    #[test]
    fn torture_of_putting_back() {
        rounds("kept", 8, |seed, tally| {
            let aside = Aside::random(seed);
            let dir = Arc::new(CrashDir::new(aside.disk.after_power_loss(0), seed, 16));
            restore(&GameFolder::over(dir.clone()), &aside.items).expect("restored");
            let (states, looked_at) = dir.states();
            for state in &states {
                aside.goes_on(&state.disk, &format!("seed {seed}, operation {}", state.at));
            }
            tally.crash_states += states.len() as u64;
            tally.looked_at += looked_at;
            tally.meet_faults(seed, 4, |fault| aside.survives_at_each_operation(fault));
        });
    }
}
