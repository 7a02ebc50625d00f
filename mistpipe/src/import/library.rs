//! What lies in an old library: `games/<Title>/` with `base_version.7z`, `depot/`, `manifests/` and `deltas/`.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result};
use mist_proto::{RelPath, Slug, Version};
use mist_tree::fs::{Dir, EntryKind, ROOT, RealDir};

use super::{
    order::oldest_first,
    shapes::{self, DeltaManifest, HashList},
};
use crate::failure::{Exit, refuse};

pub(super) const ARCHIVE: &str = "base_version.7z";
pub(super) const DEPOT: &str = "depot";
pub(super) const DELTAS: &str = "deltas";
const MANIFESTS: &str = "manifests";
const DELTA_MANIFEST: &str = "delta_manifest.json";
/// The largest JSON file that is read: a list of a million files with their hashes is shorter.
const MAX_JSON: u64 = 256 << 20;

/// A game of the library.
pub(super) struct Title {
    /// Its folder's name.
    pub(super) name: String,
    /// What friends are to read.
    pub(super) title: String,
    pub(super) slug: Slug,
    pub(super) app_id: Option<u32>,
    pub(super) program: Option<RelPath>,
    /// Oldest first.
    pub(super) versions: Vec<LibraryVersion>,
    pub(super) dir: Arc<RealDir>,
}

/// A version of a game.
pub(super) struct LibraryVersion {
    /// What the library calls it.
    pub(super) label: String,
    /// What the build is called.
    pub(super) version: Version,
    /// Its files, or why they are not known.
    pub(super) files: Result<HashList, String>,
    /// The ways to it, the one with the least work first.
    pub(super) ways: Vec<Way>,
}

/// A way to a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// Its files lie in the depot.
    Depot,
    /// It is packed whole.
    Archive,
    /// What changed since another version, by its place in the list of versions.
    Delta { from: usize, patches: BTreeMap<RelPath, RelPath> },
}

/// Opens the library at `place`: a folder with `games`, or that folder itself. The folders of the games, by name.
///
/// # Errors
/// Exit code 2 if there is none.
pub(super) fn open(place: &Path) -> Result<BTreeMap<String, PathBuf>> {
    let unusable = |why: String| refuse(Exit::Usage, format!("{}: {why}", place.display()));
    let dir = RealDir::open(place).map_err(|e| refuse(Exit::Usage, e.to_string()))?;
    let games = component("games").and_then(|games| Ok(dir.metadata(&games)?));
    let root = match games.is_ok_and(|meta| meta.kind == EntryKind::Dir) {
        true => place.join("games"),
        false => place.to_owned(),
    };
    let mut found = BTreeMap::new();
    for entry in RealDir::open(&root)?.read_dir(ROOT)? {
        let Some(name) = entry.name.to_str().filter(|_| entry.kind == EntryKind::Dir) else { continue };
        let folder = root.join(name);
        if RealDir::open(&folder)?.metadata(&component(MANIFESTS)?).is_ok_and(|m| m.kind == EntryKind::Dir) {
            found.insert(name.to_owned(), folder);
        }
    }
    if found.is_empty() {
        return Err(unusable(format!(
            "no folder in it is a game of an old library: those lie in games/ and have a folder {MANIFESTS}"
        )));
    }
    Ok(found)
}

/// Reads what is said of the game in the folder `place`. `slug` is the key that was asked for.
///
/// # Errors
/// A folder can't be read, or the name gives no key of a game.
pub(super) fn read(name: &str, place: &Path, slug: Option<Slug>) -> Result<Title> {
    let dir = Arc::new(RealDir::open(place)?);
    let named = named(&dir)?;
    let index_file = format!("{name}.json");
    let (index, index_list) = match named.iter().any(|file| *file == index_file) {
        true => match json(&*dir, MANIFESTS, &index_file) {
            Ok(value) => (shapes::index(&value).unwrap_or_default(), shapes::hash_list(&value).ok()),
            Err(_) => <_>::default(),
        },
        false => <_>::default(),
    };
    let deltas = folders(&dir, DELTAS)?;
    let mut labels: BTreeSet<String> = named
        .iter()
        .filter(|file| **file != index_file)
        .filter_map(|file| file.strip_suffix(".json"))
        .map(str::to_owned)
        .collect();
    labels.extend(deltas.iter().cloned());
    labels.extend(index.versions.iter().cloned());
    labels.extend(index.base.iter().chain(&index.newest).cloned());
    let manifests: BTreeMap<&String, DeltaManifest> =
        deltas.iter().map(|label| (label, delta_manifest(&dir, label))).collect();
    let from =
        manifests.iter().filter_map(|(label, said)| Some(((*label).clone(), said.from.clone()?))).collect();
    let order = oldest_first(&labels, &index.versions, &from);
    let newest = index.newest.as_ref().filter(|label| labels.contains(*label)).or(order.last());
    let base = index.base.as_ref().filter(|label| labels.contains(*label));
    let base = base.or_else(|| order.iter().find(|label| !deltas.contains(*label)));
    let has =
        |what: &str, kind| component(what).is_ok_and(|p| dir.metadata(&p).is_ok_and(|m| m.kind == kind));
    let mut versions: Vec<LibraryVersion> = Vec::with_capacity(order.len());
    for (at, label) in order.iter().enumerate() {
        let file = format!("{label}.json");
        let files = match named.contains(&file) {
            true => json(&*dir, MANIFESTS, &file).and_then(|value| shapes::hash_list(&value)),
            false if Some(label) == newest && index_list.is_some() => {
                Ok(index_list.clone().unwrap_or_default())
            }
            false => Err("there is none".into()),
        };
        let mut ways = Vec::new();
        if Some(label) == newest && has(DEPOT, EntryKind::Dir) {
            ways.push(Way::Depot);
        }
        if Some(label) == base && has(ARCHIVE, EntryKind::File) {
            ways.push(Way::Archive);
        }
        if let Some(said) = manifests.get(label) {
            let said_from = said.from.as_ref().and_then(|from| order.iter().position(|l| l == from));
            // A delta is for the version before, unless it says something else.
            if let Some(from) = said_from.or(at.checked_sub(1)).filter(|from| *from < at) {
                ways.push(Way::Delta { from, patches: said.patches.clone() });
            }
        }
        let version = key(label, |c| c.is_ascii_alphanumeric() || ".-_+".contains(c), 64)
            .parse::<Version>()
            .with_context(|| format!("{name}: the version {label:?}"))?;
        if let Some(other) = versions.iter().find(|other| other.version == version) {
            anyhow::bail!(
                "{name}: the versions {label:?} and {:?} would both be called {version}",
                other.label
            );
        }
        let files = files.map_err(|why| format!("{MANIFESTS}/{file}: {why}"));
        versions.push(LibraryVersion { label: label.clone(), version, files, ways });
    }
    let slug = match slug {
        Some(slug) => slug,
        None => slug_of(name).ok_or_else(|| {
            refuse(
                Exit::Usage,
                format!("the name {name:?} gives no key for the game: choose one with --slug \"{name}=KEY\""),
            )
        })?,
    };
    let title = index.title.clone().unwrap_or_else(|| name.to_owned());
    Ok(Title {
        name: name.to_owned(),
        title,
        slug,
        app_id: index.app_id,
        program: index.program,
        versions,
        dir,
    })
}

/// The key of a game that is called `title`.
fn slug_of(title: &str) -> Option<Slug> {
    key(&title.to_lowercase(), |c| c.is_ascii_lowercase() || c.is_ascii_digit(), 64).parse().ok()
}

/// `text` with one hyphen for each run of what is not `allowed`, and none at the ends.
fn key(text: &str, allowed: impl Fn(char) -> bool, most: usize) -> String {
    let mut key = String::new();
    for c in text.chars() {
        match allowed(c) {
            true if key.len() < most => key.push(c),
            false if !key.is_empty() && !key.ends_with('-') => key.push('-'),
            _ => {}
        }
    }
    key.trim_end_matches('-').to_owned()
}

/// A path of one component.
fn component(name: &str) -> Result<RelPath> {
    Ok(RelPath::new(name)?)
}

/// A path in the folder of a game.
pub(super) fn inside(folder: &str, rest: &str) -> Result<RelPath, String> {
    RelPath::new(&format!("{folder}/{rest}")).map_err(|e| e.to_string())
}

/// The JSON files of the manifests.
fn named(dir: &RealDir) -> Result<BTreeSet<String>> {
    let entries = dir.read_dir(&component(MANIFESTS)?)?;
    let names = entries.into_iter().filter(|entry| entry.kind == EntryKind::File);
    let names = names.filter_map(|entry| entry.name.into_string().ok());
    Ok(names.filter(|name| name.ends_with(".json")).collect())
}

fn folders(dir: &RealDir, folder: &str) -> Result<BTreeSet<String>> {
    let entries = match dir.read_dir(&component(folder)?) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        other => other?,
    };
    let folders = entries.into_iter().filter(|entry| entry.kind == EntryKind::Dir);
    Ok(folders.filter_map(|entry| entry.name.into_string().ok()).collect())
}

/// What a delta says of itself; nothing, if it says nothing that is understood: its files are then looked for by their names.
fn delta_manifest(dir: &RealDir, label: &str) -> DeltaManifest {
    let read = json(dir, &format!("{DELTAS}/{label}"), DELTA_MANIFEST);
    read.and_then(|value| shapes::delta_manifest(&value)).unwrap_or_default()
}

fn json(dir: &dyn Dir, folder: &str, name: &str) -> Result<serde_json::Value, String> {
    let path = inside(folder, name)?;
    let read = || -> io::Result<Vec<u8>> {
        let file = dir.open(&path)?;
        let size = file.size()?;
        if size > MAX_JSON {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is longer than 256 MiB"));
        }
        let mut bytes = vec![0; usize::try_from(size).map_err(io::Error::other)?];
        file.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    };
    shapes::parse(&read().map_err(|e| e.to_string())?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn library(files: &[(&str, &str)]) -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = place.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        place
    }

    const LIST: &str = r#"{"a": "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"}"#;

    fn ways(title: &Title) -> Vec<(&str, Vec<&str>)> {
        let name = |way: &Way| match way {
            Way::Depot => "depot",
            Way::Archive => "archive",
            Way::Delta { .. } => "delta",
        };
        title.versions.iter().map(|v| (v.label.as_str(), v.ways.iter().map(name).collect())).collect()
    }

    #[test]
    fn a_library_is_read_by_whatever_it_says() {
        let place = library(&[
            ("games/Neon Drift/base_version.7z", ""),
            ("games/Neon Drift/depot/a", ""),
            ("games/Neon Drift/manifests/Neon Drift.json", r#"{"title": "NEON drift!", "app_id": 7}"#),
            ("games/Neon Drift/manifests/1.9.json", LIST),
            ("games/Neon Drift/manifests/1.10.json", LIST),
            ("games/Neon Drift/manifests/1.11 beta.json", LIST),
            ("games/Neon Drift/deltas/1.10/delta_manifest.json", "{}"),
            ("games/Neon Drift/deltas/1.11 beta/delta_manifest.json", r#"{"from": "1.9"}"#),
            ("games/notes.txt", ""),
            ("games/other/readme.txt", ""),
        ]);
        let games = open(place.path()).unwrap();
        assert_eq!(games.keys().collect::<Vec<_>>(), ["Neon Drift"]);
        assert_eq!(open(&place.path().join("games")).unwrap(), games, "the folder itself");
        let title = read("Neon Drift", &games["Neon Drift"], None).unwrap();
        assert_eq!(
            (title.slug.as_str(), title.title.as_str(), title.app_id),
            ("neon-drift", "NEON drift!", Some(7))
        );
        let expected =
            [("1.9", vec!["archive"]), ("1.10", vec!["delta"]), ("1.11 beta", vec!["depot", "delta"])];
        assert_eq!(ways(&title), expected);
        assert_eq!(title.versions[2].version.as_str(), "1.11-beta");
        assert!(matches!(title.versions[2].ways[1], Way::Delta { from: 0, .. }), "it says for which");
        assert!(open(&place.path().join("games/other")).is_err());
    }

    #[test]
    fn what_is_missing_is_said_and_the_rest_is_there() {
        let place = library(&[
            ("X/manifests/X.json", r#"{"versions": ["1", "2"], "latest": "2"}"#),
            ("X/manifests/2.json", "{"),
            ("X/deltas/2/new_files/a", ""),
        ]);
        let title = read("X", &place.path().join("X"), Some("other".parse().unwrap())).unwrap();
        assert_eq!(title.slug.as_str(), "other");
        assert_eq!(ways(&title), [("1", vec![]), ("2", vec!["delta"])]);
        assert_eq!(title.versions[0].files.as_ref().unwrap_err(), "manifests/1.json: there is none");
        assert!(title.versions[1].files.as_ref().unwrap_err().contains("no JSON"));
    }

    #[test]
    fn an_index_may_be_the_list_of_the_newest_version() {
        let list = LIST.replace('{', r#"{"version": "3", "#);
        let place =
            library(&[("X/manifests/X.json", &list), ("X/manifests/2.json", LIST), ("X/depot/a", "")]);
        let title = read("X", &place.path().join("X"), None).unwrap();
        assert_eq!(ways(&title), [("2", vec![]), ("3", vec!["depot"])]);
        assert!(title.versions[1].files.is_ok());
    }

    #[test]
    fn names_become_keys() {
        for (title, slug) in [
            ("Half-Life 2: Episode One", Some("half-life-2-episode-one")),
            ("  0 A.D. ", Some("0-a-d")),
            ("日本", None),
        ] {
            assert_eq!(slug_of(title).as_ref().map(Slug::as_str), slug, "{title}");
        }
        let place = library(&[("X/manifests/1 a.json", LIST), ("X/manifests/1(a).json", LIST)]);
        let refused = read("X", &place.path().join("X"), None).err().unwrap();
        assert!(refused.to_string().contains("would both be called 1-a"), "{refused}");
    }
}
