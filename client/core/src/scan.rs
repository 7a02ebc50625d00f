//! Which known games a folder has somewhere, found by names and sizes, then by hashes. Nothing is written.
//!
//! A game is recognised by the largest files of its builds: one of such a name and size says where the game's folder would begin. There all
//! files of the build are looked at by name and size, and a few of those that fit are read. Whether it is the game, byte for byte, is
//! for whoever takes the folder over to find out.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use mist_proto::{FileEntry, Slug, VerifiedManifest, Version, path::CONTROL_DIR};
use mist_tree::{
    fs::{Dir, EntryKind, RealDir},
    hash_file,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Files of a build by which it is recognised: the largest ones.
const LANDMARKS: usize = 4;
/// Entries that are looked at, and how deep. What is beyond is not found.
const MAX_ENTRIES: u64 = 5_000_000;
const MAX_DEPTH: usize = 32;
/// Places that are looked at closely.
const MAX_PLACES: usize = 500;
/// Files of a place that are read, and their bytes in all.
const MAX_READ: usize = 8;
const MAX_READ_BYTES: u64 = 64 << 20;

/// A game that is somewhere in a folder, most likely.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Found {
    /// The game.
    #[ts(type = "string")]
    pub game: Slug,
    /// The build that most of it looks like.
    #[ts(type = "string")]
    pub version: Version,
    /// Its folder.
    pub dir: PathBuf,
    /// Files of the build, and those that are there with the right name and size.
    pub files: u64,
    /// See `files`.
    pub fits: u64,
    /// Bytes of the build's files.
    pub bytes: u64,
    /// Bytes of those that are there.
    pub bytes_there: u64,
    /// Files that were read.
    pub read: u64,
    /// Those of them whose content is the build's.
    pub right: u64,
}

impl Found {
    /// Whether everything that was looked at is as in the build.
    pub fn is_whole(&self) -> bool {
        self.fits == self.files && self.right == self.read
    }
}

/// How far a scan is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) folders: u64,
    pub(crate) files: u64,
}

/// Builds that can be recognised.
#[derive(Default)]
pub(crate) struct Landmarks {
    builds: Vec<VerifiedManifest>,
    /// By the name of a file in its folder, and its size: the builds that have it, and their entry for it.
    by_file: HashMap<(String, u64), Vec<(usize, usize)>>,
}

impl Landmarks {
    /// Adds a build. One without content is never recognised.
    pub(crate) fn add(&mut self, manifest: VerifiedManifest) {
        let mut largest: Vec<usize> =
            (0..manifest.files.len()).filter(|&i| manifest.files[i].size > 0).collect();
        largest.sort_by_key(|&i| std::cmp::Reverse(manifest.files[i].size));
        for entry in largest.into_iter().take(LANDMARKS) {
            let file = &manifest.files[entry];
            let key = (name_of(file).to_owned(), file.size);
            self.by_file.entry(key).or_default().push((self.builds.len(), entry));
        }
        self.builds.push(manifest);
    }

    /// The places at which builds would begin that have this file, with the builds.
    fn places(&self, path: &Path, size: u64) -> Vec<(PathBuf, usize)> {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Vec::new() };
        let known = self.by_file.get(&(name.to_owned(), size)).map(Vec::as_slice).unwrap_or_default();
        let place = |&(build, entry): &(usize, usize)| {
            let inside = self.builds[build].files[entry].path.as_str();
            let above = path.ancestors().nth(inside.split('/').count())?;
            (above.join(inside) == path).then(|| (above.to_owned(), build))
        };
        known.iter().filter_map(place).collect()
    }
}

fn name_of(file: &FileEntry) -> &str {
    let path = file.path.as_str();
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// Looks through a folder for builds. Folders in `known` are passed by: what is in them is known already. `watch` hears how far it is, and may break
/// it off; then nothing was found. What can't be read is passed by.
pub(crate) fn scan(
    dir: &Path,
    landmarks: &Landmarks,
    known: &BTreeSet<PathBuf>,
    watch: &mut dyn FnMut(Seen) -> ControlFlow<()>,
) -> ControlFlow<(), Vec<Found>> {
    let mut seen = Seen::default();
    let mut places: BTreeMap<PathBuf, BTreeSet<usize>> = BTreeMap::new();
    let mut open = vec![(dir.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        seen.folders += 1;
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if seen.files.is_multiple_of(256) {
                watch(seen)?;
            }
            if seen.folders + seen.files > MAX_ENTRIES {
                break;
            }
            // Of a link this is the link itself.
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            if kind.is_dir() {
                let is_ours = entry.file_name() == CONTROL_DIR || known.contains(&path);
                if depth < MAX_DEPTH && !is_ours {
                    open.push((path, depth + 1));
                }
            } else if kind.is_file() {
                seen.files += 1;
                let Ok(meta) = entry.metadata() else { continue };
                for (place, build) in landmarks.places(&path, meta.len()) {
                    // A place above the folder that was named is none of its business.
                    if place.starts_with(dir) && (places.len() < MAX_PLACES || places.contains_key(&place)) {
                        places.entry(place).or_default().insert(build);
                    }
                }
            }
        }
        watch(seen)?;
    }
    let mut found = Vec::new();
    for (place, builds) in places {
        watch(seen)?;
        let Ok(at) = RealDir::open(&place) else { continue };
        let mut best: BTreeMap<&Slug, Found> = BTreeMap::new();
        for build in builds {
            let manifest = &landmarks.builds[build];
            let Some(one) = look(&at, &place, manifest, &mut || watch(seen))? else { continue };
            let is_better = best.get(&manifest.game).is_none_or(|known| {
                (one.right, one.bytes_there, one.fits) > (known.right, known.bytes_there, known.fits)
            });
            if is_better {
                best.insert(&manifest.game, one);
            }
        }
        found.extend(best.into_values());
    }
    found.sort_by(|a, b| (&a.game, b.bytes_there, &a.dir).cmp(&(&b.game, a.bytes_there, &b.dir)));
    ControlFlow::Continue(found)
}

/// What of a build is in a folder; nothing if none of what was read is.
fn look(
    dir: &dyn Dir,
    place: &Path,
    build: &VerifiedManifest,
    go_on: &mut dyn FnMut() -> ControlFlow<()>,
) -> ControlFlow<(), Option<Found>> {
    let mut there: Vec<&FileEntry> = Vec::new();
    for (n, file) in build.files.iter().enumerate() {
        if n.is_multiple_of(256) {
            go_on()?;
        }
        let fits = dir.metadata(&file.path).is_ok_and(|m| m.kind == EntryKind::File && m.len == file.size);
        if fits {
            there.push(file);
        }
    }
    let mut found = Found {
        game: build.game.clone(),
        version: build.version.clone(),
        dir: place.to_owned(),
        files: build.files.len() as u64,
        fits: there.len() as u64,
        bytes: build.content_size(),
        bytes_there: there.iter().fold(0, |sum, file| sum.saturating_add(file.size)),
        read: 0,
        right: 0,
    };
    // Large files tell builds apart best, and take longest.
    there.sort_by_key(|file| std::cmp::Reverse(file.size));
    let mut left = MAX_READ_BYTES;
    for file in there.into_iter().filter(|file| file.size > 0) {
        if found.read >= MAX_READ as u64 {
            break;
        }
        let Some(rest) = left.checked_sub(file.size) else { continue };
        go_on()?;
        left = rest;
        found.read += 1;
        let hash = dir.open(&file.path).and_then(|open| hash_file(&*open, file.size, |_| Ok(())));
        found.right += u64::from(hash.is_ok_and(|hash| hash == file.hash));
    }
    // Of a build whose every file is larger than what is read, names and sizes have to do.
    ControlFlow::Continue((found.right > 0 || found.read == 0).then_some(found))
}

#[cfg(test)]
mod tests {
    use mist_proto::key::ReleaseSecret;

    use super::*;
    use crate::install::samples;

    fn build(game: &str, version: &str, files: &[(&str, &[u8])]) -> VerifiedManifest {
        let mut entries: Vec<_> = files.iter().map(|(path, bytes)| samples::file(path, bytes)).collect();
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        let mut manifest = samples::manifest(entries);
        manifest.game = game.parse().expect("slug");
        manifest.version = version.parse().expect("version");
        manifest.sign(&ReleaseSecret::from_seed(&[1; 32])).expect("signed")
    }

    fn put(dir: &Path, files: &[(&str, &[u8])]) {
        for (path, bytes) in files {
            let path = dir.join(path);
            fs::create_dir_all(path.parent().expect("it has one")).expect("made");
            fs::write(path, bytes).expect("written");
        }
    }

    const BOATS: &[(&str, &[u8])] =
        &[("bin/boats", b"a program"), ("data/sea.pak", &[7; 5000]), ("readme", b"x")];
    const NEWER: &[(&str, &[u8])] =
        &[("bin/boats", b"a program!"), ("data/sea.pak", &[7; 5000]), ("readme", b"y")];

    fn found(dir: &Path, known: &[PathBuf], builds: Vec<VerifiedManifest>) -> Vec<Found> {
        let mut landmarks = Landmarks::default();
        builds.into_iter().for_each(|build| landmarks.add(build));
        let known = known.iter().cloned().collect();
        match scan(dir, &landmarks, &known, &mut |_| ControlFlow::Continue(())) {
            ControlFlow::Continue(found) => found,
            ControlFlow::Break(()) => panic!("nobody broke it off"),
        }
    }

    #[test]
    fn a_game_is_found_wherever_it_is_and_as_what_it_is() {
        let place = tempfile::tempdir().expect("dir");
        let dir = place.path();
        put(&dir.join("old/Paper Boats"), NEWER);
        put(&dir.join("other"), &[("data/sea.pak", &[8; 5000]), ("sea.pak", &[7; 5000])]);
        put(&dir.join("photos"), &[("1.jpg", b"x")]);
        let builds = || vec![build("boats", "1.0", BOATS), build("boats", "1.1", NEWER)];
        let all = found(dir, &[], builds());
        assert_eq!(all.len(), 1, "what only has the name and the size is none: {all:?}");
        let one = &all[0];
        assert_eq!((one.game.as_str(), one.version.to_string()), ("boats", "1.1".to_owned()));
        assert_eq!((&one.dir, one.files, one.fits, one.right), (&dir.join("old/Paper Boats"), 3, 3, 3));
        assert!(one.is_whole());

        fs::write(dir.join("old/Paper Boats/readme"), b"my notes").expect("written");
        let one = found(dir, &[], builds()).remove(0);
        assert_eq!(
            (one.fits, one.is_whole()),
            (2, false),
            "what a player changed is no reason not to find it"
        );
        assert_eq!(found(dir, &[dir.join("old/Paper Boats")], builds()), [], "it is known already");
        assert_eq!(
            found(&dir.join("old/Paper Boats/data"), &[], builds()),
            [],
            "nothing above what was named"
        );
        assert_eq!(found(&dir.join("old/Paper Boats"), &[], builds()).len(), 1);
        assert_eq!(found(&dir.join("nowhere"), &[], builds()), []);
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere() {
        let place = tempfile::tempdir().expect("dir");
        let dir = place.path();
        put(&dir.join("elsewhere"), BOATS);
        fs::create_dir(dir.join("looked at")).expect("made");
        std::os::unix::fs::symlink(dir.join("elsewhere"), dir.join("looked at/link")).expect("linked");
        std::os::unix::fs::symlink(dir.join("looked at"), dir.join("looked at/circle")).expect("linked");
        assert_eq!(found(&dir.join("looked at"), &[], vec![build("boats", "1.0", BOATS)]), []);
    }

    #[test]
    fn it_is_broken_off_at_once() {
        let place = tempfile::tempdir().expect("dir");
        put(place.path(), BOATS);
        let (mut landmarks, mut asked) = (Landmarks::default(), 0);
        landmarks.add(build("boats", "1.0", BOATS));
        let ended = scan(place.path(), &landmarks, &BTreeSet::new(), &mut |_| {
            asked += 1;
            ControlFlow::Break(())
        });
        assert!(ended.is_break() && asked == 1);
    }

    #[test]
    fn places_follow_from_whole_paths() {
        let mut landmarks = Landmarks::default();
        landmarks.add(build("boats", "1.0", BOATS));
        let places = |path: &str, size| landmarks.places(Path::new(path), size);
        assert_eq!(places("/games/boats/data/sea.pak", 5000), [(PathBuf::from("/games/boats"), 0)]);
        assert_eq!(places("/games/boats/data/sea.pak", 5001), []);
        assert_eq!(places("/games/boats/sea.pak", 5000), [], "it is in another folder there");
        assert_eq!(places("sea.pak", 5000), []);
    }
}
