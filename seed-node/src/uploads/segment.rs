//! Chunks on disk as they arrived: one file for each part.
//!
//! `"MISTSEG1"`, a `u32` count, for each chunk its hash (32) and `u32` length, then the chunks' bytes; little-endian.
//! A segment gets its name only after it was flushed, so one that has a name is whole. Chunks are hashed again when
//! they are read.

use std::{io, sync::Arc};

use mist_proto::{
    Hash, RelPath,
    codec::{DecodeError, Reader, Writer},
    limits,
};
use mist_tree::{
    fs::{Dir, ReadAt},
    recipe::Chunk,
};

const MAGIC: &[u8; 8] = b"MISTSEG1";
const FIXED: usize = MAGIC.len() + 4;
const ENTRY: usize = 36;
/// Chunks that one part can carry at the very most: each takes at least a length and a byte.
const MAX_CHUNKS: usize = limits::MAX_PART_DECODED / 5;
/// Name of a segment ends so.
pub(super) const SUFFIX: &str = ".chunks";

/// Where a chunk lies.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(super) segment: Arc<RelPath>,
    pub(super) offset: u64,
    pub(super) len: u32,
}

/// Chunks that are about to become a segment.
#[derive(Default)]
pub(super) struct Segment {
    chunks: Vec<Chunk>,
    bytes: Vec<u8>,
}

impl Segment {
    pub(super) fn push(&mut self, hash: Hash, bytes: &[u8]) {
        let len = u32::try_from(bytes.len()).expect("a chunk is at most 4 MiB");
        self.chunks.push(Chunk { hash, len });
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn chunks(&self) -> &[Chunk] {
        &self.chunks
    }

    /// Bytes that the segment takes on disk.
    pub(super) fn len(&self) -> usize {
        FIXED + ENTRY * self.chunks.len() + self.bytes.len()
    }

    /// Writes the segment as `path`, by way of `tmp` on the same file system, durably but for the folder's own flush.
    pub(super) fn write(&self, dir: &dyn Dir, tmp: &RelPath, path: &RelPath) -> io::Result<()> {
        let mut head = Writer::with_magic(MAGIC);
        head.u32(u32::try_from(self.chunks.len()).map_err(io::Error::other)?);
        for chunk in &self.chunks {
            head.raw(&chunk.hash.0).u32(chunk.len);
        }
        let file = dir.create(tmp)?;
        file.write_all_at(&head.0, 0)?;
        file.write_all_at(&self.bytes, head.0.len() as u64)?;
        file.sync_data()?;
        drop(file);
        dir.rename(tmp, path)
    }
}

/// The chunks that a segment holds.
pub(super) fn read_index(dir: &dyn Dir, path: &RelPath) -> io::Result<Vec<(Hash, Place)>> {
    let file = dir.open(path)?;
    let mut fixed = [0; FIXED];
    file.read_exact_at(&mut fixed, 0)?;
    let damaged = |e: DecodeError| io::Error::new(io::ErrorKind::InvalidData, format!("{path}: {e}"));
    let mut r = Reader::new(&fixed);
    if r.array::<8>().map_err(damaged)? != *MAGIC {
        return Err(damaged(DecodeError::UnknownTag));
    }
    let count = r.u32().map_err(damaged)? as usize;
    if count > MAX_CHUNKS {
        return Err(damaged(DecodeError::OutOfBounds));
    }
    let mut table = vec![0; ENTRY * count];
    file.read_exact_at(&mut table, FIXED as u64)?;
    let mut r = Reader::new(&table);
    let segment = Arc::new(path.clone());
    let mut offset = (FIXED + table.len()) as u64;
    let mut out = Vec::with_capacity(count);
    for _ in 0..count {
        let (hash, len) = (Hash(r.array().map_err(damaged)?), r.u32().map_err(damaged)?);
        out.push((hash, Place { segment: segment.clone(), offset, len }));
        offset += u64::from(len);
    }
    let size = file.size()?;
    if size == offset { Ok(out) } else { Err(damaged(DecodeError::Truncated)) }
}

/// Reads a chunk and checks it.
pub(super) fn read_chunk(file: &dyn ReadAt, place: &Place, hash: &Hash) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; place.len as usize];
    file.read_exact_at(&mut bytes, place.offset)?;
    if Hash::of(&bytes) == *hash {
        Ok(bytes)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidData, format!("{}: a chunk is damaged", place.segment)))
    }
}
