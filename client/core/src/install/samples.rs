//! Small builds for tests.

use mist_proto::{
    BlobId, FileEntry, Hash, Manifest, ManifestId, RelPath, UnixMillis,
    http::{Build, BuildState, Keeping},
};
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

/// A build as a server lists it: ready, and not live. Its manifest stands for its archive too.
pub(crate) fn listed(version: &str, sequence: u64, manifest: BlobId) -> Build {
    Build {
        version: version.parse().expect("version"),
        sequence,
        state: BuildState::Ready,
        live: false,
        manifest_id: ManifestId(manifest.hash),
        manifest,
        archive: manifest,
        content_size: 1,
        files: 1,
        created: UnixMillis(0),
        patches: vec![],
        archive_stored: None,
        kept: Keeping::Whole,
        notes: String::new(),
        pinned: false,
        live_at: None,
        pushed_by: None,
        forecast: None,
    }
}
