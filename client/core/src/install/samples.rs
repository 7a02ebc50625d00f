//! Small builds for tests.

use mist_proto::{BlobId, FileEntry, Hash, Manifest, RelPath};
use mist_tree::archive::Layout;

pub(crate) fn path(text: &str) -> RelPath {
    RelPath::new(text).expect(text)
}

/// A file with that content.
pub(crate) fn file(at: &str, content: &[u8]) -> FileEntry {
    FileEntry { path: path(at), size: content.len() as u64, executable: false, hash: Hash::of(content) }
}

/// The first build of a game, unsigned. The archive has the right size and a hash of nothing.
pub(crate) fn manifest(files: Vec<FileEntry>) -> Manifest {
    let layout = Layout::of(files.iter().map(|f| (f.path.clone(), f.size, f.executable))).expect("small");
    Manifest {
        game: "g".parse().expect("slug"),
        version: "1".parse().expect("version"),
        sequence: 1,
        parent: None,
        floor: 0,
        archive: BlobId { hash: Hash::of(b""), size: layout.size() },
        files,
        empty_dirs: vec![],
        links: vec![],
        launch: vec![],
    }
}
