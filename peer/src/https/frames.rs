//! The frames of a `.tar.zst` in zstd's seekable format. The seek table stands at its end: a skippable frame with, for each frame, its
//! compressed and decompressed length (and perhaps a checksum), then their number, a descriptor and a magic.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use mist_proto::limits::{FRAME_SIZE, MAX_SEEK_TABLE};
use tokio::sync::OnceCell;

/// Length of a table's end: number of frames (u32), descriptor (u8), magic (u32).
pub const FOOTER: u64 = 9;
const HEADER: u64 = 8;
const SKIPPABLE: u32 = 0x184D_2A5E;
const MAGIC: u32 = 0x8F92_EAB1;
const HAS_CHECKSUMS: u8 = 0x80;
/// What a frame may be longer than what it holds: zstd's bound for incompressible data, amply.
const SLACK: u64 = 16 * 1024;

/// What a frame holds, once it is here.
type Unpacked = OnceCell<Vec<u8>>;

/// Where frames are, and those that are being fetched.
pub struct Frames {
    /// Of the blob.
    size: u64,
    /// Where each frame starts, and where the last ends.
    starts: Vec<u64>,
    /// Frames that somebody waits for.
    under_way: Mutex<HashMap<u64, Weak<Unpacked>>>,
}

impl Frames {
    /// Reads the table of a blob of `size` bytes. `frames_end` is where the table starts.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(table: &[u8], size: u64, frames_end: u64) -> Result<Self, &'static str> {
        let short = "too short";
        let footer = table.len().checked_sub(usize::try_from(FOOTER).map_err(|_| short)?).ok_or(short)?;
        let descriptor = *table.get(footer + 4).ok_or(short)?;
        let (Some(SKIPPABLE), Some(body)) = (u32_at(table, 0), u32_at(table, 4)) else {
            return Err("no skippable frame");
        };
        if u64::from(body) + HEADER != table.len() as u64
            || table_len(&table[footer..], size)? != table.len() as u64
        {
            return Err("lengths contradict each other");
        }
        let step = usize::try_from(entry_len(descriptor)?).map_err(|_| short)?;
        let entries = table.get(8..footer).ok_or(short)?.chunks_exact(step);
        let (mut at, mut starts) = (0u64, Vec::with_capacity(entries.len() + 1));
        for (frame, entry) in (0..).zip(entries) {
            let (packed, plain) = (u32_at(entry, 0).ok_or(short)?, u32_at(entry, 4).ok_or(short)?);
            if u64::from(plain) != held(size, frame)
                || packed == 0
                || u64::from(packed) > u64::from(plain) + SLACK
            {
                return Err("a frame has the wrong length");
            }
            starts.push(at);
            at += u64::from(packed);
        }
        starts.push(at);
        if at != frames_end {
            return Err("frames do not fill the file");
        }
        Ok(Self { size, starts, under_way: Mutex::default() })
    }

    /// Where a frame is, and how many bytes it holds.
    pub fn get(&self, index: u64) -> Option<(Range<u64>, usize)> {
        let at = usize::try_from(index).ok()?;
        let range = *self.starts.get(at)?..*self.starts.get(at + 1)?;
        Some((range, usize::try_from(held(self.size, index)).ok()?))
    }

    /// What a frame holds, for everybody who waits for it: one of them fetches it. It is gone when the last lets go of it.
    pub(super) fn under_way(&self, index: u64) -> Arc<Unpacked> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(frame) = under_way.get(&index).and_then(Weak::upgrade) {
            return frame;
        }
        under_way.retain(|_, frame| frame.strong_count() > 0);
        let frame = Arc::default();
        under_way.insert(index, Arc::downgrade(&frame));
        frame
    }
}

/// Length of the whole skippable frame, from its footer, for a blob of `size` bytes.
///
/// # Errors
/// What is wrong with it.
pub fn table_len(footer: &[u8], size: u64) -> Result<u64, &'static str> {
    let (Some(frames), Some(&descriptor), Some(magic)) =
        (u32_at(footer, 0), footer.get(4), u32_at(footer, 5))
    else {
        return Err("too short");
    };
    if magic != MAGIC {
        return Err("no magic");
    }
    if u64::from(frames) != size.div_ceil(FRAME_SIZE) {
        return Err("not the frames of this blob");
    }
    let len = HEADER + u64::from(frames) * entry_len(descriptor)? + FOOTER;
    if len > MAX_SEEK_TABLE as u64 { Err("too long") } else { Ok(len) }
}

fn entry_len(descriptor: u8) -> Result<u64, &'static str> {
    match descriptor {
        0 => Ok(8),
        HAS_CHECKSUMS => Ok(12),
        _ => Err("unknown descriptor"),
    }
}

/// Bytes of a blob of `size` bytes that a frame holds.
fn held(size: u64, frame: u64) -> u64 {
    size.saturating_sub(frame.saturating_mul(FRAME_SIZE)).min(FRAME_SIZE)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(frames: &[(u32, u32)]) -> Vec<u8> {
        let body = u32::try_from(frames.len() * 8 + 9).expect("small");
        let mut out = [SKIPPABLE.to_le_bytes(), body.to_le_bytes()].concat();
        for (packed, plain) in frames {
            out.extend([packed.to_le_bytes(), plain.to_le_bytes()].concat());
        }
        out.extend(u32::try_from(frames.len()).expect("small").to_le_bytes());
        out.push(0);
        out.extend(MAGIC.to_le_bytes());
        out
    }

    #[test]
    fn good_tables_parse_and_bad_ones_do_not() {
        let full = u32::try_from(FRAME_SIZE).expect("small");
        let size = FRAME_SIZE + 5;
        let good = table(&[(100, full), (14, 5)]);
        assert_eq!(table_len(&good[good.len() - 9..], size), Ok(good.len() as u64));
        let frames = Frames::parse(&good, size, 114).expect("it is well");
        assert_eq!(frames.get(0), Some((0..100, full as usize)));
        assert_eq!(frames.get(1), Some((100..114, 5)));
        assert_eq!(frames.get(2), None);
        assert!(Frames::parse(&good, size, 115).is_err());
        assert!(table_len(&good[good.len() - 9..], 3 * FRAME_SIZE).is_err());
        for bad in [
            table(&[(100, full), (14, 6)]),
            table(&[(0, full), (114, 5)]),
            table(&[(full * 2, full), (14, 5)]),
            table(&[(100, full)]),
            table(&[(100, full), (7, 5), (7, 0)]),
        ] {
            assert!(Frames::parse(&bad, size, 114).is_err());
        }
        for n in 0..good.len() {
            assert!(Frames::parse(&good[..n], size, 114).is_err());
            assert!(Frames::parse(&good[n + 1..], size, 114).is_err());
        }
    }

    #[test]
    fn a_frame_is_kept_as_long_as_somebody_waits_for_it() {
        let full = u32::try_from(FRAME_SIZE).expect("small");
        let frames = Frames::parse(&table(&[(100, full), (14, 5)]), FRAME_SIZE + 5, 114).expect("it is well");
        let (one, same, other) = (frames.under_way(0), frames.under_way(0), frames.under_way(1));
        assert!(Arc::ptr_eq(&one, &same) && !Arc::ptr_eq(&one, &other));
        one.set(vec![7]).expect("nobody set it");
        drop(one);
        assert_eq!(frames.under_way(0).get(), Some(&vec![7]));
        drop(same);
        assert_eq!(frames.under_way(0).get(), None);
    }
}
