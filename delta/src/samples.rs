//! Small trees for tests.

use std::path::Path;

use mist_proto::{BlobId, FileEntry, Hash, Manifest, RelPath};

/// A manifest of files with these contents. Its archive is not a real one.
pub(crate) fn manifest(files: &[(&str, &[u8])]) -> Manifest {
    let mut files: Vec<FileEntry> = files
        .iter()
        .map(|(path, content)| FileEntry {
            path: RelPath::new(path).unwrap(),
            size: content.len() as u64,
            executable: false,
            hash: Hash::of(content),
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Manifest {
        game: "local".parse().unwrap(),
        version: "1".parse().unwrap(),
        sequence: 1,
        parent: None,
        floor: 1,
        archive: BlobId::of(b""),
        files,
        empty_dirs: Vec::new(),
        launch: Vec::new(),
    }
}

/// Writes the files.
pub(crate) fn write(root: &Path, files: &[(&str, &[u8])]) {
    for (path, content) in files {
        let at = root.join(path);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::fs::write(at, content).unwrap();
    }
}

/// Bytes that look random but are always the same.
pub(crate) fn noise(seed: u32, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_769).wrapping_add(1);
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 11) as u8
    };
    (0..len).map(step).collect()
}
