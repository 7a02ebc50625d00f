//! An archive read by position out of its compressed form, for builds whose files are not there.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use mist_tree::{
    fs::ReadAt,
    seekable::{FRAME_SIZE, SeekTable, decode_frame},
};

/// Frames whose content is kept for who asks for the rest of it: 1 MiB each.
const KEPT: usize = 4;

/// A `.tar.zst` of the cache, read as the tar. What it reads is a hint like any stored byte: whoever sends it on checks
/// it against the outboard.
pub(crate) struct PackedArchive {
    file: Box<dyn ReadAt>,
    table: SeekTable,
    /// Uncompressed length in bytes.
    size: u64,
    /// The content of the frames that were read last, with their indexes, the newest first.
    last: Mutex<VecDeque<(u64, Arc<Vec<u8>>)>>,
}

impl PackedArchive {
    /// Reads the seek table at the end of a file of `stored` bytes that holds an archive of `size` bytes.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] if the table is damaged, or what the system reports.
    pub(crate) fn open(file: Box<dyn ReadAt>, stored: u64, size: u64) -> io::Result<Self> {
        let damaged = |e| io::Error::new(io::ErrorKind::InvalidData, e);
        let mut table = vec![0; SeekTable::encoded_len(size).map_err(damaged)?];
        let at = stored.checked_sub(table.len() as u64).ok_or(io::ErrorKind::UnexpectedEof)?;
        file.read_exact_at(&mut table, at)?;
        let table = SeekTable::parse(&table, size).map_err(damaged)?;
        Ok(Self { file, table, size, last: Mutex::default() })
    }

    /// The content of a frame. Pieces may be smaller than it, and are asked for by several at about the same time.
    fn content(&self, index: u64) -> io::Result<Option<Arc<Vec<u8>>>> {
        let last = || self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, content)) = last().iter().find(|(kept, _)| *kept == index) {
            return Ok(Some(content.clone()));
        }
        let Some(at) = self.table.frame(index) else { return Ok(None) };
        let mut frame = vec![0; usize::try_from(at.end - at.start).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut frame, at.start)?;
        let content = decode_frame(&frame, self.table.plain_len(index))
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        let content = Arc::new(content);
        let mut last = last();
        last.truncate(KEPT - 1);
        last.push_front((index, content.clone()));
        Ok(Some(content))
    }
}

impl ReadAt for PackedArchive {
    fn size(&self) -> io::Result<u64> {
        Ok(self.size)
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let index = offset / FRAME_SIZE;
        if buf.is_empty() {
            return Ok(0);
        }
        let Some(content) = self.content(index)? else { return Ok(0) };
        let from = usize::try_from(offset % FRAME_SIZE).map_err(io::Error::other)?;
        let rest = content.get(from..).unwrap_or_default();
        let n = buf.len().min(rest.len());
        buf[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use mist_proto::RelPath;
    use mist_tree::{
        fs::{Dir, fault::MemDir},
        progress::unwatched,
        seekable::{self, Compression},
    };

    use super::*;

    #[test]
    fn any_range_reads_as_the_archive_itself() {
        let dir = MemDir::new();
        let path = |name| RelPath::new(name).unwrap();
        let size = 2 * FRAME_SIZE + 77;
        let mut bytes = vec![0; usize::try_from(size).unwrap()];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        dir.create(&path("tar")).unwrap().write_all_at(&bytes, 0).unwrap();
        let mut packed = Vec::new();
        let compression = Compression { level: 1, threads: NonZeroUsize::MIN };
        seekable::write(&*dir.open(&path("tar")).unwrap(), &mut packed, compression, &mut unwatched).unwrap();
        dir.create(&path("zst")).unwrap().write_all_at(&packed, 0).unwrap();

        let open = |stored| PackedArchive::open(dir.open(&path("zst")).unwrap(), stored, size);
        let archive = open(packed.len() as u64).unwrap();
        for (offset, len) in
            [(0, 1), (0, bytes.len()), (FRAME_SIZE - 1, 2), (2 * FRAME_SIZE, 77), (5, 1 << 20)]
        {
            let mut read = vec![0; len];
            archive.read_exact_at(&mut read, offset).unwrap();
            let from = usize::try_from(offset).unwrap();
            assert!(read == bytes[from..from + len], "{len} bytes at {offset}");
        }
        assert_eq!(archive.read_at(&mut [0; 4], size).unwrap(), 0);
        assert!(open(packed.len() as u64 - 1).is_err() && open(3).is_err());
    }
}
