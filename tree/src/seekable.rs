//! An archive compressed such that any part can be taken out alone: `.tar.zst` in the zstd seekable format.
//!
//! Each part ([`FRAME_SIZE`] of the archive, the last one shorter) is one zstd frame with its content size
//! and without checksum. A skippable frame with the seek table follows:
//!
//! ```text
//! u32  0x184D2A5E    magic of a skippable frame
//! u32                length of what follows
//! for each frame:    u32 compressed length, u32 uncompressed length
//! u32                number of frames
//! u8   0             descriptor: no checksums
//! u32  0x8F92EAB1    magic of the seek table
//! ```
//!
//! All numbers are little-endian. `zstd -d` makes the archive of it. The table's length follows from the archive's
//! size, so a reader fetches exactly that many bytes from the end of the file.
//!
//! Format: `contrib/seekable_format/zstd_seekable_compression_format.md` of the zstd repository, version 0.1.0.

use std::{
    io::{self, Write},
    num::NonZeroUsize,
    ops::Range,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

pub use mist_proto::limits::FRAME_SIZE;
use mist_proto::{
    codec::{DecodeError, Reader, Writer},
    limits,
};

use crate::{
    fs::ReadAt,
    progress::{OnProgress, Progress},
};

const SKIPPABLE_MAGIC: u32 = 0x184D_2A5E;
const TABLE_MAGIC: u32 = 0x8F92_EAB1;
/// The skippable frame's header and the table's footer.
const FIXED: usize = 8 + 9;
const ENTRY: usize = 8;
#[expect(clippy::cast_possible_truncation, reason = "1 MiB")]
const FRAME: usize = FRAME_SIZE as usize;
/// What a frame may take: zstd's bound for incompressible input is below this.
#[expect(clippy::cast_possible_truncation, reason = "1 MiB")]
const MAX_FRAME: u32 = (FRAME + FRAME / 128 + 512) as u32;

/// What can go wrong with a seekable archive.
#[derive(Debug, thiserror::Error)]
pub enum SeekableError {
    /// Reading the archive, or writing the compressed one.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The archive has more frames than a seek table may list.
    #[error("the archive is too large for a seek table")]
    TooLarge,
    /// The seek table is malformed, or not that of this archive.
    #[error("seek table: {0}")]
    Table(#[from] DecodeError),
    /// A frame does not decode to exactly its part.
    #[error("a frame does not decode to the {expected} bytes of its part")]
    Frame {
        /// Length of the part.
        expected: usize,
    },
    /// Ended by the caller.
    #[error("cancelled")]
    Cancelled,
}

/// How to compress.
#[derive(Debug, Clone, Copy)]
pub struct Compression {
    /// zstd's level, 1 to 22.
    pub level: i32,
    /// Threads that read and compress, beside the caller's, which writes.
    pub threads: NonZeroUsize,
}

/// Where each frame lies in a `.tar.zst`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeekTable {
    archive_size: u64,
    /// Offset of each frame, and after the last one the end of the frames.
    offsets: Vec<u64>,
}

impl SeekTable {
    /// Length in bytes of the seek table at the end of the compressed form of an archive.
    ///
    /// # Errors
    /// [`SeekableError::TooLarge`] if it would exceed [`limits::MAX_SEEK_TABLE`].
    pub fn encoded_len(archive_size: u64) -> Result<usize, SeekableError> {
        usize::try_from(frames(archive_size))
            .ok()
            .and_then(|n| n.checked_mul(ENTRY)?.checked_add(FIXED))
            .filter(|len| *len <= limits::MAX_SEEK_TABLE)
            .ok_or(SeekableError::TooLarge)
    }

    /// Reads the table at the end of a file: its last [`SeekTable::encoded_len`] bytes.
    ///
    /// The table is a hint from whoever sent it. It is bounded and consistent, but whether the frames are those of the
    /// archive shows only when what was decoded is verified.
    ///
    /// # Errors
    /// [`SeekableError::Table`] unless it lists exactly the frames of an archive of this size, each with a possible
    /// compressed length.
    pub fn parse(bytes: &[u8], archive_size: u64) -> Result<Self, SeekableError> {
        let len = Self::encoded_len(archive_size)?;
        if bytes.len() != len {
            return Err(DecodeError::OutOfBounds.into());
        }
        let mut r = Reader::new(bytes);
        if r.u32()? != SKIPPABLE_MAGIC {
            return Err(DecodeError::UnknownTag.into());
        }
        if r.u32()? as usize != len - 8 {
            return Err(DecodeError::Invalid("length of the frame").into());
        }
        let count = frames(archive_size);
        let mut table = Self { archive_size, offsets: vec![0] };
        for piece in 0..count {
            let compressed = r.u32()?;
            if compressed == 0 || compressed > MAX_FRAME {
                return Err(DecodeError::OutOfBounds.into());
            }
            if r.u32()? as usize != table.plain_len(piece) {
                return Err(DecodeError::Invalid("length of a frame's content").into());
            }
            table.push(compressed);
        }
        if u64::from(r.u32()?) != count {
            return Err(DecodeError::Invalid("number of frames").into());
        }
        if r.u8()? != 0 || r.u32()? != TABLE_MAGIC {
            return Err(DecodeError::UnknownTag.into());
        }
        r.end()?;
        Ok(table)
    }

    /// The table's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let len = ENTRY * self.frames() + FIXED;
        let small = |n: usize| u32::try_from(n).expect("a table is at most 12 MiB");
        let mut w = Writer::default();
        w.u32(SKIPPABLE_MAGIC).u32(small(len - 8));
        for (piece, frame) in self.offsets.windows(2).enumerate() {
            let compressed = u32::try_from(frame[1] - frame[0]).expect("frames are about a part");
            w.u32(compressed).u32(small(self.plain_len(piece as u64)));
        }
        w.u32(small(self.frames())).u8(0).u32(TABLE_MAGIC);
        w.0
    }

    /// Number of frames.
    pub fn frames(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Uncompressed length of a frame's content.
    pub fn plain_len(&self, piece: u64) -> usize {
        let left = self.archive_size.saturating_sub(piece.saturating_mul(FRAME_SIZE));
        usize::try_from(left.min(FRAME_SIZE)).expect("1 MiB")
    }

    /// Where frame `index` lies in the compressed file, if there is one.
    pub fn frame(&self, index: u64) -> Option<Range<u64>> {
        let at = usize::try_from(index).ok()?;
        Some(*self.offsets.get(at)?..*self.offsets.get(at.checked_add(1)?)?)
    }

    /// Length of the whole compressed file, the table included.
    pub fn file_len(&self) -> u64 {
        self.frames_end() + (ENTRY * self.frames() + FIXED) as u64
    }

    fn frames_end(&self) -> u64 {
        self.offsets.last().copied().unwrap_or(0)
    }

    fn push(&mut self, compressed: u32) {
        self.offsets.push(self.frames_end() + u64::from(compressed));
    }
}

/// Decodes one frame, which must decode to exactly `plain_len` bytes; no more is ever held.
///
/// # Errors
/// [`SeekableError::Frame`].
pub fn decode_frame(frame: &[u8], plain_len: usize) -> Result<Vec<u8>, SeekableError> {
    // One call decodes into a buffer of this capacity at most: the frame's own claims allocate nothing.
    let capacity = plain_len.min(FRAME);
    match zstd::bulk::decompress(frame, capacity) {
        Ok(piece) if piece.len() == plain_len => Ok(piece),
        _ => Err(SeekableError::Frame { expected: plain_len }),
    }
}

/// Writes the compressed form of `archive` to `out`, and returns its table. Holds two or three parts for each thread.
///
/// # Errors
/// [`SeekableError::Io`] of either side, [`SeekableError::TooLarge`] before anything is written, or
/// [`SeekableError::Cancelled`].
pub fn write(
    archive: &dyn ReadAt,
    out: &mut dyn Write,
    compression: Compression,
    progress: &mut OnProgress<'_>,
) -> Result<SeekTable, SeekableError> {
    let archive_size = archive.size()?;
    SeekTable::encoded_len(archive_size)?;
    let mut table = SeekTable { archive_size, offsets: vec![0] };
    let (count, threads) = (frames(archive_size), compression.threads.get());
    // Thread t makes frames t, t + threads, …; taking one from each in turn keeps them in order. The workers end when
    // the receivers are dropped.
    thread::scope(|scope| {
        let frames: Vec<Receiver<io::Result<Vec<u8>>>> = (0..threads)
            .map(|first| {
                let (send, receive) = sync_channel(1);
                let mine = (first as u64..count).step_by(threads);
                scope.spawn(move || compress(archive, archive_size, mine, compression.level, &send));
                receive
            })
            .collect();
        for piece in 0..count {
            let worker = usize::try_from(piece % threads as u64).expect("less than the number of threads");
            let frame =
                frames[worker].recv().map_err(|_| io::Error::other("a compressing thread ended"))??;
            out.write_all(&frame)?;
            let compressed = u32::try_from(frame.len()).ok().filter(|len| *len <= MAX_FRAME);
            table.push(compressed.ok_or(SeekableError::TooLarge)?);
            let done = archive_size.min((piece + 1) * FRAME_SIZE);
            if progress(Progress { done, total: archive_size }).is_break() {
                return Err(SeekableError::Cancelled);
            }
        }
        out.write_all(&table.encode())?;
        out.flush()?;
        Ok(table)
    })
}

fn compress(
    archive: &dyn ReadAt,
    archive_size: u64,
    mine: impl Iterator<Item = u64>,
    level: i32,
    frames: &SyncSender<io::Result<Vec<u8>>>,
) {
    let mut compressor = zstd::bulk::Compressor::new(level);
    let mut buf = vec![0; FRAME];
    for piece in mine {
        let at = piece * FRAME_SIZE;
        let len = usize::try_from((archive_size - at).min(FRAME_SIZE)).expect("1 MiB");
        let frame = match &mut compressor {
            Ok(c) => archive.read_exact_at(&mut buf[..len], at).and_then(|()| c.compress(&buf[..len])),
            Err(e) => Err(io::Error::new(e.kind(), e.to_string())),
        };
        let failed = frame.is_err();
        if frames.send(frame).is_err() || failed {
            return;
        }
    }
}

fn frames(archive_size: u64) -> u64 {
    archive_size.div_ceil(FRAME_SIZE)
}

#[cfg(test)]
mod tests {
    use std::{ops::ControlFlow, process::Command};

    use proptest::prelude::*;

    use super::*;
    use crate::{
        fs::Dir,
        progress::unwatched,
        samples::{folder, noise, path, put},
    };

    const QUICK: Compression = Compression { level: 1, threads: NonZeroUsize::new(2).unwrap() };

    fn compressed(bytes: &[u8]) -> (Vec<u8>, SeekTable) {
        let (_tmp, dir) = folder();
        put(&*dir, &path("archive"), bytes);
        let mut out = Vec::new();
        let table = write(&*dir.open(&path("archive")).unwrap(), &mut out, QUICK, &mut unwatched).unwrap();
        (out, table)
    }

    fn sample() -> Vec<u8> {
        let mut bytes = noise(1, FRAME + 77);
        bytes.resize(3 * FRAME + 12_345, 42);
        bytes
    }

    #[test]
    fn every_part_comes_out_alone() {
        let bytes = sample();
        let (file, table) = compressed(&bytes);
        let tail = &file[file.len() - SeekTable::encoded_len(bytes.len() as u64).unwrap()..];
        assert_eq!(SeekTable::parse(tail, bytes.len() as u64).unwrap(), table);
        assert_eq!(table.file_len(), file.len() as u64);
        assert_eq!(table.frames(), 4);
        for (i, piece) in bytes.chunks(FRAME).enumerate() {
            let frame = table.frame(i as u64).unwrap();
            let frame = &file[usize::try_from(frame.start).unwrap()..usize::try_from(frame.end).unwrap()];
            assert_eq!(decode_frame(frame, table.plain_len(i as u64)).unwrap(), piece);
        }
        assert_eq!(table.frame(4), None);
        assert_eq!(table.frame(u64::MAX), None);
    }

    #[test]
    fn the_zstd_tool_reads_it() {
        let (tmp, dir) = folder();
        for bytes in [vec![], vec![1], vec![0; FRAME], sample()] {
            put(&*dir, &path("a.zst"), &compressed(&bytes).0);
            let zstd = Command::new("zstd").args(["-dc", "a.zst"]).current_dir(tmp.path()).output().unwrap();
            assert!(zstd.status.success(), "{}", String::from_utf8_lossy(&zstd.stderr));
            assert!(zstd.stdout == bytes);
        }
    }

    #[test]
    fn the_bytes_do_not_depend_on_the_number_of_threads() {
        let bytes = sample();
        let (_tmp, dir) = folder();
        put(&*dir, &path("archive"), &bytes);
        let file = dir.open(&path("archive")).unwrap();
        let mut one = Vec::new();
        let alone = Compression { threads: NonZeroUsize::MIN, ..QUICK };
        write(&*file, &mut one, alone, &mut unwatched).unwrap();
        assert!(one == compressed(&bytes).0);
    }

    #[test]
    fn bombs_stop_at_the_part() {
        let bomb = zstd::bulk::compress(&vec![0; 64 * FRAME], 1).unwrap();
        assert!(matches!(decode_frame(&bomb, FRAME), Err(SeekableError::Frame { .. })));
        assert!(matches!(decode_frame(&bomb, 64 * FRAME), Err(SeekableError::Frame { .. })));
        let short = zstd::bulk::compress(&[0; 10], 1).unwrap();
        assert!(matches!(decode_frame(&short, 11), Err(SeekableError::Frame { .. })));
        let two = [short.clone(), short].concat();
        assert!(matches!(decode_frame(&two, 10), Err(SeekableError::Frame { .. })));
    }

    #[test]
    fn cancelling_and_failing_end_the_threads() {
        let (_tmp, dir) = folder();
        put(&*dir, &path("archive"), &sample());
        let file = dir.open(&path("archive")).unwrap();
        let mut seen = vec![];
        let mut cancel = |p: Progress| {
            seen.push(p.done);
            if seen.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let ended = write(&*file, &mut Vec::new(), QUICK, &mut cancel);
        assert!(matches!(ended, Err(SeekableError::Cancelled)));
        assert_eq!(seen, [FRAME_SIZE, 2 * FRAME_SIZE]);
        let mut full = [0u8; 100];
        assert!(matches!(
            write(&*file, &mut &mut full[..], QUICK, &mut unwatched),
            Err(SeekableError::Io(_))
        ));
    }

    #[test]
    fn absurd_sizes_are_refused_without_allocating() {
        for size in [u64::MAX, limits::MAX_BLOB, 2 << 40] {
            assert!(matches!(SeekTable::encoded_len(size), Err(SeekableError::TooLarge)));
            assert!(matches!(SeekTable::parse(&[], size), Err(SeekableError::TooLarge)));
        }
        assert!(SeekTable::encoded_len(1 << 40).is_ok());
    }

    proptest! {
        /// A table that was changed anywhere is either refused or still one with frames in order and in bounds.
        #[test]
        fn damaged_tables_are_contained(at in any::<prop::sample::Index>(), flip in 1u8.., cut in any::<prop::sample::Index>()) {
            let size = 5 * FRAME_SIZE + 9;
            let table = SeekTable { archive_size: size, offsets: vec![0, 10, 500, 510, 900, 1000, 1009] };
            let good = table.encode();
            prop_assert_eq!(SeekTable::parse(&good, size).unwrap(), table);
            prop_assert!(SeekTable::parse(&good[..cut.index(good.len())], size).is_err());
            prop_assert!(SeekTable::parse(&good, size + FRAME_SIZE).is_err());
            let mut bad = good;
            let at = at.index(bad.len());
            bad[at] ^= flip;
            if let Ok(odd) = SeekTable::parse(&bad, size) {
                prop_assert_eq!(odd.frames(), 6);
                for piece in 0..6 {
                    let frame = odd.frame(piece).unwrap();
                    prop_assert!(frame.start < frame.end && frame.end - frame.start <= u64::from(MAX_FRAME));
                }
            }
        }
    }
}
