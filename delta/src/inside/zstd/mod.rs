//! zstd frames (RFC 8878): in an Unreal or a zip archive that lists them, and anywhere in a file.
//!
//! [`frame`] finds where one ends, which takes no decoding. [`decode`] and [`encode`] turn frames into plain text and back,
//! each as a whole.

use std::{io, ops::Range};

use mist_tree::fs::ReadAt;

use super::{Stream, Wrapping, scan::Work};

pub(crate) mod decode;
mod encode;
mod frame;

pub(super) use encode::encode;
pub(crate) use encode::{Failed, Level, memory, version};
pub(super) use frame::MAGIC;

use decode::Decoder;
use frame::Frame;

/// The most plain text of a frame that is looked into, in bytes: applying holds one in memory, and its encoder.
pub(crate) const MAX_FRAME: u64 = 1 << 20;

/// Shorter plain texts are not worth a stream of their own.
const MIN_PLAIN: u64 = 128;

/// What a frame's header says besides lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    /// Whether a checksum of the plain text follows the last block.
    pub(crate) checksum: bool,
    /// Whether the length of the plain text is there: whoever wrote it knew the text as a whole.
    pub(crate) sized: bool,
}

/// The stream of one frame that `range` of the file starts with.
pub(super) fn stream_at(file: &dyn ReadAt, range: Range<u64>, work: &mut Work) -> io::Result<Option<Stream>> {
    let Some(frame) = Frame::read(file, range.clone(), work)? else { return Ok(None) };
    let plain = match frame.plain {
        Some(plain) => Some(plain),
        None => {
            let end = range.start + frame.len;
            Decoder::new().decode(file, range.start..end, MAX_FRAME)?.map(|text| text.len() as u64)
        }
    };
    match plain {
        Some(plain) => work.spend_found(plain),
        None => work.spend(MAX_FRAME),
    }
    Ok(plain.filter(|&plain| plain >= MIN_PLAIN).and_then(|plain| frame.stream(range.start, plain, None)))
}

/// The stream of the one frame that `range` of the file is, as a container says, with so many plain bytes.
pub(super) fn listed(
    file: &dyn ReadAt,
    range: Range<u64>,
    plain: u64,
    name: u64,
) -> io::Result<Option<Stream>> {
    let frame = Frame::read(file, range.clone(), &mut Work::unbounded())?;
    let whole = frame.filter(|f| f.len == range.end - range.start && f.plain.is_none_or(|n| n == plain));
    Ok(whole.and_then(|f| f.stream(range.start, plain, Some(name))))
}

impl Frame {
    /// The frame at `at` as a stream of so many plain bytes, if it can be one.
    fn stream(self, at: u64, plain: u64, name: Option<u64>) -> Option<Stream> {
        let wrapping = Wrapping::Zstd { form: self.form, block: plain };
        let stream = Stream { at, packed: self.len, plain, wrapping, name };
        (1..=MAX_FRAME).contains(&plain).then_some(stream)
    }
}
