//! From frames to their plain text.

use std::{io, ops::Range};

use mist_tree::fs::ReadAt;
use zstd::zstd_safe::DCtx;

use crate::inside::{inflate::Interrupted, scan::Work};

use super::{
    MAX_FRAME,
    frame::{Frame, MAX_LEN},
};

/// Memory for decoding frames, in bytes: one of them, its plain text and tables.
pub(crate) const MEMORY: u64 = MAX_LEN + MAX_FRAME + (256 << 10);

/// Decodes one frame after another. Windows take no memory, as plain texts are whole.
pub(super) struct Decoder {
    context: DCtx<'static>,
    packed: Vec<u8>,
    plain: Vec<u8>,
}

impl Decoder {
    pub(super) fn new() -> Self {
        Self { context: DCtx::create(), packed: Vec::new(), plain: Vec::new() }
    }

    /// The plain text of the one frame that `range` of the file is. None if it is not a frame, or longer than `most`,
    /// which is at most [`MAX_FRAME`].
    pub(super) fn decode(
        &mut self,
        file: &dyn ReadAt,
        range: Range<u64>,
        most: u64,
    ) -> io::Result<Option<&[u8]>> {
        let len = |n: u64| usize::try_from(n).map_err(io::Error::other);
        self.packed.resize(len(range.end - range.start)?, 0);
        file.read_exact_at(&mut self.packed, range.start)?;
        self.plain.resize(len(most)?, 0);
        Ok(self.context.decompress(&mut self.plain[..], &self.packed).ok().map(|n| &self.plain[..n]))
    }
}

/// Decodes the frames that `range` of `file` starts with into `plain` bytes, which `put` gets piece by piece, and tells
/// where they end. None if they don't make exactly so many; some may have been put then.
pub(in crate::inside) fn decode<E>(
    file: &dyn ReadAt,
    mut range: Range<u64>,
    plain: u64,
    put: &mut impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<Option<u64>, Interrupted<E>> {
    let mut decoder = Decoder::new();
    let mut left = plain;
    while left > 0 {
        let frame = Frame::read(file, range.clone(), &mut Work::unbounded()).map_err(Interrupted::Read)?;
        let Some(frame) = frame else { return Ok(None) };
        let end = range.start + frame.len;
        let most = frame.plain.unwrap_or(MAX_FRAME).min(left);
        let text = decoder.decode(file, range.start..end, most).map_err(Interrupted::Read)?;
        let Some(text) = text.filter(|t| !t.is_empty()) else { return Ok(None) };
        left -= text.len() as u64;
        put(text).map_err(Interrupted::Put)?;
        range.start = end;
    }
    Ok(Some(range.start))
}
