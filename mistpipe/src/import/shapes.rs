//! The JSON files of an old library. Several programs wrote such libraries, so several ways of saying the same are understood;
//! `docs/formats.md` lists them. What a file does not say is found out elsewhere; what contradicts itself is refused.

use std::{collections::BTreeMap, fmt};

use mist_proto::{
    Hash, RelPath,
    path::{PathSet, publishable},
};
use serde_json::{Map, Value};

const FILES: [&str; 4] = ["files", "hashes", "manifest", "entries"];
const HASH: [&str; 5] = ["sha256", "sha-256", "hash", "checksum", "digest"];
const SIZE: [&str; 4] = ["size", "length", "bytes", "file_size"];
const PATH: [&str; 6] = ["path", "file", "filename", "relative_path", "rel_path", "name"];
const PATCH: [&str; 6] = ["patch", "patch_file", "patch_path", "delta", "delta_file", "diff"];
const VERSIONS: [&str; 4] = ["versions", "builds", "releases", "history"];
const VERSION: [&str; 4] = ["version", "label", "name", "id"];
const TITLE: [&str; 4] = ["title", "game", "game_name", "name"];
const APP_ID: [&str; 5] = ["app_id", "appid", "steam_app_id", "steam_appid", "steam_id"];
const BASE: [&str; 3] = ["base_version", "base", "first_version"];
const NEWEST: [&str; 7] =
    ["latest_version", "latest", "current_version", "current", "newest_version", "newest", "version"];
const PROGRAM: [&str; 5] = ["exe", "executable", "program", "launch", "launch_exe"];
const FROM: [&str; 7] =
    ["from_version", "from", "base_version", "base", "old_version", "previous_version", "parent"];
/// What a list of hashes that has no list of its own within says besides hashes.
const FACTS: [&str; 16] = [
    "version",
    "game",
    "title",
    "name",
    "label",
    "created",
    "created_at",
    "date",
    "generated",
    "algorithm",
    "hash_algorithm",
    "total_size",
    "size",
    "file_count",
    "count",
    "app_id",
];
/// Levels of a delta manifest that are looked into.
const DEPTH: usize = 4;

/// The SHA-256 of a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sha256(pub(super) [u8; 32]);

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Hash(self.0))
    }
}

/// What a file has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) sha256: Sha256,
    /// Bytes, where that is said.
    pub(super) size: Option<u64>,
}

/// The files of a version: all of them can be part of one build.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct HashList(pub(super) BTreeMap<RelPath, Expected>);

impl HashList {
    /// Bytes of all files, if all are said.
    pub(super) fn size(&self) -> Option<u64> {
        self.0.values().try_fold(0u64, |sum, file| sum.checked_add(file.size?))
    }
}

/// What `manifests/<Title>.json` says, as far as it says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Index {
    pub(super) title: Option<String>,
    pub(super) app_id: Option<u32>,
    /// The version that is packed whole.
    pub(super) base: Option<String>,
    /// The version in the depot.
    pub(super) newest: Option<String>,
    /// All versions, in the order of the file.
    pub(super) versions: Vec<String>,
    /// What starts the game.
    pub(super) program: Option<RelPath>,
}

/// What `delta_manifest.json` says, as far as it says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct DeltaManifest {
    /// The version that the patches are for.
    pub(super) from: Option<String>,
    /// Name of the patch of a file, in the folder of the delta.
    pub(super) patches: BTreeMap<RelPath, RelPath>,
}

/// A JSON value, from bytes that may begin with the mark of UTF-8.
///
/// # Errors
/// What is wrong with them.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|e| format!("it is no JSON: {e}"))
}

/// A path as a library writes it: with `/` or `\`, perhaps behind `./`.
pub(super) fn path(text: &str) -> Result<RelPath, String> {
    let text = text.replace('\\', "/");
    RelPath::new(text.strip_prefix("./").unwrap_or(&text)).map_err(|e| e.to_string())
}

fn get<'a>(map: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    let named =
        |name: &&str| map.iter().find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_null());
    names.iter().find_map(named).map(|(_, value)| value)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn get_text(map: &Map<String, Value>, names: &[&str]) -> Option<String> {
    get(map, names).and_then(text)
}

fn sha256(text: &str) -> Option<Sha256> {
    let text = text.trim().to_ascii_lowercase();
    let hex = text.strip_prefix("sha256:").or(text.strip_prefix("sha-256:")).unwrap_or(&text);
    hex.parse::<Hash>().ok().map(|hash| Sha256(hash.0))
}

/// A hash, alone or with a size.
fn expected(value: &Value) -> Option<Expected> {
    match value {
        Value::String(hash) => Some(Expected { sha256: sha256(hash)?, size: None }),
        Value::Object(map) => {
            let hash = get(map, &HASH)?.as_str()?;
            Some(Expected { sha256: sha256(hash)?, size: get(map, &SIZE).and_then(Value::as_u64) })
        }
        _ => None,
    }
}

/// The files of `manifests/<version>.json`.
///
/// # Errors
/// It has no SHA-256 for a file, or files that no build can have.
pub(super) fn hash_list(value: &Value) -> Result<HashList, String> {
    let (list, is_inside) = match value {
        Value::Object(map) => match get(map, &FILES).filter(|list| list.is_object() || list.is_array()) {
            Some(list) => (list, true),
            None => (value, false),
        },
        _ => (value, true),
    };
    let mut files = HashList::default();
    let mut paths = PathSet::new();
    let mut add = |name: &str, value: &Value| -> Result<(), String> {
        let Some(expected) = expected(value) else {
            return Err(format!("it has no SHA-256 for {name:?}"));
        };
        let path = path(name)?;
        publishable(&path).map_err(|e| e.to_string())?;
        paths.add_file(&path).map_err(|e| e.to_string())?;
        files.0.insert(path, expected);
        Ok(())
    };
    match list {
        Value::Object(map) => {
            for (name, value) in map {
                let is_fact = || FACTS.iter().any(|fact| name.eq_ignore_ascii_case(fact));
                if is_inside || expected(value).is_some() || !is_fact() {
                    add(name, value)?;
                }
            }
        }
        Value::Array(entries) => {
            for entry in entries {
                let name = entry.as_object().and_then(|map| get(map, &PATH)).and_then(Value::as_str);
                add(name.ok_or("an entry of it has no path")?, entry)?;
            }
        }
        _ => return Err("it is neither an object nor a list".into()),
    }
    if files.0.is_empty() { Err("it lists no files".into()) } else { Ok(files) }
}

/// What is said of a game.
///
/// # Errors
/// It is no JSON object.
pub(super) fn index(value: &Value) -> Result<Index, String> {
    let map = value.as_object().ok_or("it is no object")?;
    let versions = match get(map, &VERSIONS) {
        Some(Value::Array(list)) => {
            let label = |entry: &Value| match entry {
                Value::Object(map) => get_text(map, &VERSION),
                plain => text(plain),
            };
            list.iter().filter_map(label).collect()
        }
        _ => Vec::new(),
    };
    let app_id = get_text(map, &APP_ID).and_then(|text| text.parse().ok());
    Ok(Index {
        title: get_text(map, &TITLE),
        app_id,
        base: get_text(map, &BASE),
        newest: get_text(map, &NEWEST),
        versions,
        program: get_text(map, &PROGRAM).and_then(|text| path(&text).ok()),
    })
}

/// What is said of a delta. Names of patches that are no paths are passed over: the patch is looked for by its usual name then.
///
/// # Errors
/// It is no JSON object.
pub(super) fn delta_manifest(value: &Value) -> Result<DeltaManifest, String> {
    let map = value.as_object().ok_or("it is no object")?;
    let mut patches = BTreeMap::new();
    find_patches(value, DEPTH, &mut patches);
    Ok(DeltaManifest { from: get_text(map, &FROM), patches })
}

/// Finds files and their patches, whatever the lists are called: objects with a path and the name of a patch, and names of
/// patches by path.
fn find_patches(value: &Value, depth: usize, found: &mut BTreeMap<RelPath, RelPath>) {
    let mut add = |file: &str, patch: &str| {
        if let (Ok(file), Ok(patch)) = (path(file), path(patch)) {
            found.insert(file, patch);
        }
    };
    if let Value::Object(map) = value {
        let named = |names: &[&str]| get(map, names).and_then(Value::as_str);
        if let (Some(file), Some(patch)) = (named(&PATH), named(&PATCH)) {
            return add(file, patch);
        }
        let is_field = |name: &str| PATCH.iter().any(|field| name.eq_ignore_ascii_case(field));
        for (file, value) in map.iter().filter(|(name, _)| !is_field(name)) {
            match value {
                Value::String(patch) if patch.ends_with(".patch") => add(file, patch),
                Value::Object(inner) => {
                    if let Some(patch) = get(inner, &PATCH).and_then(Value::as_str) {
                        add(get(inner, &PATH).and_then(Value::as_str).unwrap_or(file), patch);
                    }
                }
                _ => {}
            }
        }
    }
    if depth == 0 {
        return;
    }
    let inside: Box<dyn Iterator<Item = &Value>> = match value {
        Value::Object(map) => Box::new(map.values()),
        Value::Array(list) => Box::new(list.iter()),
        _ => return,
    };
    for value in inside.filter(|value| value.is_object() || value.is_array()) {
        find_patches(value, depth - 1, found);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hash(n: u8) -> String {
        Hash([n; 32]).to_string()
    }

    fn rel(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    #[test]
    fn every_way_of_listing_hashes_means_the_same() {
        let (a, b) = (hash(0xa1), hash(0xb2));
        let with_sizes = [
            json!({ "version": "1.0", "files": { "a.txt": { "sha256": a, "size": 3 }, "d/b": { "hash": b, "size": 4 } } }),
            json!({ "a.txt": { "SHA256": a.to_uppercase(), "length": 3 }, "d\\b": { "checksum": format!("sha256:{b}"), "size": 4 } }),
            json!([{ "path": "a.txt", "hash": a, "size": 3 }, { "name": "./d/b", "digest": b, "bytes": 4 }]),
            json!({ "Files": [{ "file": "a.txt", "sha256": a, "size": 3 }, { "file": "d/b", "sha256": b, "size": 4 }] }),
        ];
        let lists: Vec<_> = with_sizes.iter().map(|json| hash_list(json).unwrap()).collect();
        assert!(lists.iter().all(|list| *list == lists[0]), "{lists:?}");
        assert_eq!(lists[0].size(), Some(7));
        assert_eq!(lists[0].0[&rel("d/b")].sha256, Sha256([0xb2; 32]));
        let plain =
            hash_list(&json!({ "version": "1.0", "algorithm": "sha256", "a.txt": a, "name": b })).unwrap();
        assert_eq!(
            plain.0.keys().map(RelPath::as_str).collect::<Vec<_>>(),
            ["a.txt", "name"],
            "a file may be called so"
        );
        assert_eq!(plain.size(), None);
    }

    #[test]
    fn what_no_build_can_have_is_refused() {
        let a = hash(1);
        for (why, json) in [
            ("no SHA-256 for \"x\"", json!({ "x": "d41d8cd98f00b204e9800998ecf8427e" })),
            ("no SHA-256 for \"size\"", json!({ "files": { "size": 3 } })),
            ("..", json!({ "../x": a })),
            ("absolute", json!({ "/etc/passwd": a })),
            ("not allowed", json!({ "C:\\x": a })),
            ("'.mist'", json!({ ".mist/state.json": a })),
            ("collides", json!({ "a": a, "A": a })),
            ("collides", json!([{ "path": "a", "hash": a }, { "path": "a", "hash": a }])),
            ("a file in one place", json!({ "a": a, "a/b": a })),
            ("instructions", json!({ "desktop.ini": a })),
            ("no path", json!([{ "hash": a }])),
            ("no files", json!({ "version": "1" })),
            ("neither", json!(3)),
        ] {
            let refused = hash_list(&json).unwrap_err();
            assert!(refused.contains(why), "{json}: {refused}");
        }
        assert!(parse(b"{").unwrap_err().contains("no JSON"));
        assert_eq!(parse(b"\xef\xbb\xbf{}").unwrap(), json!({}));
    }

    #[test]
    fn what_is_said_of_a_game() {
        let said = index(&json!({
            "name": "Neon Drift", "appid": "480", "base_version": 1.0, "current": "1.2",
            "versions": ["1.0", { "version": "1.1", "date": "x" }, { "label": "1.2" }, 7], "exe": "bin\\drift.exe"
        }))
        .unwrap();
        assert_eq!(said.title.as_deref(), Some("Neon Drift"));
        assert_eq!(
            (said.app_id, said.base.as_deref(), said.newest.as_deref()),
            (Some(480), Some("1.0"), Some("1.2"))
        );
        assert_eq!(said.versions, ["1.0", "1.1", "1.2", "7"]);
        assert_eq!(said.program, Some(rel("bin/drift.exe")));
        assert_eq!(index(&json!({ "exe": "../x", "versions": null })).unwrap(), Index::default());
    }

    #[test]
    fn patches_are_found_whatever_their_list_is_called() {
        for json in [
            json!({ "from": "1.0", "patched": [{ "path": "d/a.bin", "patch": "d_a.bin.patch" }] }),
            json!({ "from_version": "1.0", "to": "1.1", "modified": { "d/a.bin": "d_a.bin.patch" }, "new_files": ["x"] }),
            json!({ "base": "1.0", "files": { "d\\a.bin": { "patch_file": "d_a.bin.patch", "size": 3 } } }),
            json!({ "from": "1.0", "changes": { "modified": [{ "file": "d/a.bin", "delta": "d_a.bin.patch" }] } }),
        ] {
            let said = delta_manifest(&json).unwrap();
            assert_eq!(said.from.as_deref(), Some("1.0"), "{json}");
            assert_eq!(said.patches, BTreeMap::from([(rel("d/a.bin"), rel("d_a.bin.patch"))]), "{json}");
        }
        let odd = delta_manifest(&json!({ "x": { "path": "a", "patch": "../../etc/passwd" } })).unwrap();
        assert_eq!(odd, DeltaManifest::default());
        assert!(delta_manifest(&json!([])).is_err());
    }
}
