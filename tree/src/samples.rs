//! Trees for this crate's tests.

use std::sync::Arc;

use mist_proto::{BlobId, FileEntry, Hash, Manifest, RelPath};

use crate::{
    archive::Layout,
    fs::{Dir, RealDir, TreePath},
};

/// A valid path.
pub(crate) fn path(s: &str) -> RelPath {
    RelPath::new(s).unwrap()
}

/// Bytes that look random, the same for the same seed.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    blake3::Hasher::new_derive_key("mist test noise")
        .update(&seed.to_le_bytes())
        .finalize_xof()
        .fill(&mut out);
    out
}

/// An empty folder on disk.
pub(crate) fn folder() -> (tempfile::TempDir, Arc<RealDir>) {
    let tmp = tempfile::tempdir().unwrap();
    let dir = Arc::new(RealDir::open(tmp.path()).unwrap());
    (tmp, dir)
}

/// Writes a file.
pub(crate) fn put(dir: &dyn Dir, at: &dyn TreePath, bytes: &[u8]) {
    dir.create(at).unwrap().write_all_at(bytes, 0).unwrap();
}

/// Reads a file.
pub(crate) fn get(dir: &dyn Dir, at: &dyn TreePath) -> Vec<u8> {
    let file = dir.open(at).unwrap();
    let mut bytes = vec![0; usize::try_from(file.size().unwrap()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

/// Writes files and returns the manifest of them; the paths need not be in order.
pub(crate) fn build(dir: &dyn Dir, files: &[(&str, Vec<u8>, bool)]) -> Manifest {
    let mut entries: Vec<FileEntry> = files
        .iter()
        .map(|(name, bytes, executable)| {
            put(dir, &path(name), bytes);
            dir.set_executable(&path(name), *executable).unwrap();
            FileEntry {
                path: path(name),
                size: bytes.len() as u64,
                executable: *executable,
                hash: Hash::of(bytes),
            }
        })
        .collect();
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    manifest_of(entries)
}

/// A first build of these files; its archive has the right size, but a made-up hash.
pub(crate) fn manifest_of(files: Vec<FileEntry>) -> Manifest {
    let layout = Layout::of(files.iter().map(|f| (f.path.clone(), f.size, f.executable))).unwrap();
    let manifest = Manifest {
        game: "sample".parse().unwrap(),
        version: "1".parse().unwrap(),
        sequence: 1,
        parent: None,
        floor: 0,
        archive: BlobId { hash: Hash::of(b"not computed"), size: layout.size() },
        files,
        empty_dirs: vec![],
        links: vec![],
        launch: vec![],
    };
    manifest.check().unwrap();
    manifest
}

/// Files with every kind of path and length that the archive treats differently.
pub(crate) fn odd_files() -> Vec<(&'static str, Vec<u8>, bool)> {
    let long_name: &'static str = Box::leak("n".repeat(101).into_boxed_str());
    let split: &'static str = Box::leak(format!("{}/{}", "d".repeat(150), "f".repeat(100)).into_boxed_str());
    let deep: &'static str = Box::leak(format!("{}end", "dir/".repeat(60)).into_boxed_str());
    vec![
        ("empty", vec![], false),
        ("empty-tool", vec![], true),
        ("one", vec![7], false),
        ("block", noise(1, 512), true),
        ("block+1", noise(2, 513), false),
        ("block-1", noise(3, 511), false),
        ("Ünïcode/文件 名.txt", noise(4, 700), false),
        ("bin/game.x86_64", noise(5, 3_000_000), true),
        (long_name, noise(6, 10), false),
        (split, noise(7, 20), false),
        (deep, noise(8, 30), true),
    ]
}
