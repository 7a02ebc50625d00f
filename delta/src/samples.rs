//! Small trees and files for tests.

use std::io;

use mist_proto::{BlobId, FileEntry, Hash, Manifest, RelPath};
use mist_tree::fs::ReadAt;

/// A file in memory.
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl ReadAt for Bytes {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|at| self.0.get(at..)).unwrap_or_default();
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
}

/// So many bytes that don't repeat, others for another seed.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut out = vec![0; len];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut out);
    out
}

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
        links: Vec::new(),
        launch: Vec::new(),
    }
}
