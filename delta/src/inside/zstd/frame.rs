//! The structure of a frame: its header and the headers of its blocks.

use std::{io, ops::Range};

use mist_tree::fs::ReadAt;

use crate::inside::scan::Work;

use super::{Form, MAX_FRAME};

/// The first bytes of a frame.
pub(crate) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The longest header without a dictionary: magic, descriptor, window, length of the plain text.
const MAX_HEADER: usize = 4 + 1 + 1 + 8;

const BLOCK_HEADER: usize = 3;
const CHECKSUM: u64 = 4;

/// Blocks of a frame that are looked at: encoders cut what they take at a time, 128 KiB at most, into up to 196.
const MAX_BLOCKS: u64 = 4096;

/// The longest frame that is looked at, in bytes: blocks that don't get smaller are stored as they are.
pub(super) const MAX_LEN: u64 = MAX_FRAME + MAX_BLOCKS * BLOCK_HEADER as u64 + MAX_HEADER as u64 + CHECKSUM;

/// What looking at a block's header costs, as if so many bytes were inflated.
const BLOCK_WORK: u64 = 512;

// Types of blocks.
const RUN: u32 = 1;
const RESERVED: u32 = 3;

/// What is known of a frame without decoding it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    /// Its length in bytes.
    pub(super) len: u64,
    /// Length of its plain text, if it tells, at most [`MAX_FRAME`].
    pub(super) plain: Option<u64>,
    pub(super) form: Form,
}

impl Frame {
    /// The frame that `range` of the file starts with. None if there is none, if it goes on after the range, takes a
    /// dictionary, is longer than is looked at, or if `work`, which gets less in any case, is used up.
    pub(super) fn read(file: &dyn ReadAt, range: Range<u64>, work: &mut Work) -> io::Result<Option<Self>> {
        let most = range.end.saturating_sub(range.start).min(MAX_LEN);
        let mut header = [0; MAX_HEADER];
        let n = usize::try_from(most).map_or(MAX_HEADER, |n| n.min(MAX_HEADER));
        file.read_exact_at(&mut header[..n], range.start)?;
        let Some((form, plain, header_len)) = parse(&header[..n]) else { return Ok(None) };
        let mut len = header_len;
        for _ in 0..MAX_BLOCKS {
            work.spend(BLOCK_WORK);
            let mut block = [0; BLOCK_HEADER + 1];
            let content = len + BLOCK_HEADER as u64;
            if content > most || work.left() == 0 {
                return Ok(None);
            }
            file.read_exact_at(&mut block[..BLOCK_HEADER], range.start + len)?;
            let block = u32::from_le_bytes(block);
            let (last, kind, size) = (block & 1 == 1, block >> 1 & 3, u64::from(block >> 3));
            len = match kind {
                RESERVED => return Ok(None),
                RUN => content + 1,
                _ => content + size,
            };
            if last {
                len += if form.checksum { CHECKSUM } else { 0 };
                return Ok((len <= most).then_some(Self { len, plain, form }));
            }
        }
        Ok(None)
    }
}

/// What a frame's header says, and its length.
fn parse(bytes: &[u8]) -> Option<(Form, Option<u64>, u64)> {
    let rest = bytes.strip_prefix(&MAGIC)?;
    let (&descriptor, rest) = rest.split_first()?;
    let (single, reserved) = (descriptor & 0x20 != 0, descriptor & 0x08 != 0);
    let (checksum, dictionary) = (descriptor & 0x04 != 0, descriptor & 0x03 != 0);
    // How much of its window the decoder needs shows in the plain text, of which there is little.
    let rest = if single { rest } else { rest.split_first()?.1 };
    let width = match descriptor >> 6 {
        0 if single => 1,
        0 => 0,
        n => 1 << n,
    };
    let mut number = [0; 8];
    number[..width].copy_from_slice(rest.get(..width)?);
    // Two bytes start where one byte ends.
    let plain = u64::from_le_bytes(number) + if width == 2 { 256 } else { 0 };
    if reserved || dictionary || (width > 0 && plain > MAX_FRAME) {
        return None;
    }
    let len = bytes.len() - rest.len() + width;
    Some((Form { checksum, sized: width > 0 }, (width > 0).then_some(plain), len as u64))
}

#[cfg(test)]
mod tests;
