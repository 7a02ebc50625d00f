//! Small trees for tests.

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
