//! From plain text to frames.

use zstd::zstd_safe::{self, CCtx, CParameter, InBuffer, OutBuffer};

use super::Form;

/// A level of zstd, whose lower ones trade size for speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Level(i8);

impl Level {
    /// The highest one.
    const MAX: i8 = 22;

    /// The highest one where the encoder does not know the plain text as a whole, so that memory does not follow from
    /// its length.
    const MAX_UNSIZED: i8 = 9;

    /// The level of a number. None for 0, which stands for another one, and above 22.
    pub(crate) const fn new(level: i8) -> Option<Self> {
        if level == 0 || level > Self::MAX { None } else { Some(Self(level)) }
    }

    /// Its number.
    pub(crate) fn number(self) -> i8 {
        self.0
    }

    /// Whether frames of this form are made at this level.
    pub(crate) fn makes(self, form: Form) -> bool {
        form.sized || self.0 <= Self::MAX_UNSIZED
    }
}

/// zstd did not work; the code tells why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("zstd: {}", zstd_safe::get_error_name(*.0))]
pub(crate) struct Failed(usize);

/// The release of zstd that is linked, as ten thousands of its major, hundreds of its minor, and its patch number. Others
/// may make other frames.
pub(crate) fn version() -> u32 {
    zstd_safe::version_number()
}

/// The most memory for making frames of at most `block` plain bytes, with a frame and its plain text, in bytes.
pub(crate) fn memory(form: Form, block: u64) -> u64 {
    // Tables are as long as a power of two.
    let encoder = if form.sized { (1 << 20) + 20 * block.next_power_of_two() } else { 16 << 20 };
    encoder + 3 * block
}

/// The frame of `plain`, of a form that the level makes: at one go if its header tells the length, and otherwise as
/// encoders do that take what comes.
///
/// Each frame is made by a new context: what one did before may decide which matches it finds next at levels 5 to 12.
pub(in crate::inside) fn encode(plain: &[u8], level: Level, form: Form) -> Result<Vec<u8>, Failed> {
    encode_by(&mut CCtx::create(), plain, level, form).map_err(Failed)
}

fn encode_by(context: &mut CCtx<'_>, plain: &[u8], level: Level, form: Form) -> Result<Vec<u8>, usize> {
    context.set_parameter(CParameter::CompressionLevel(level.0.into()))?;
    context.set_parameter(CParameter::ChecksumFlag(form.checksum))?;
    // Without the length there is a window, and an empty last block may be.
    let mut frame = vec![0; zstd_safe::compress_bound(plain.len()) + 64];
    let len = if form.sized {
        context.compress2(&mut frame[..], plain)?
    } else {
        stream(context, plain, &mut frame)?
    };
    frame.truncate(len);
    Ok(frame)
}

fn stream(context: &mut CCtx<'_>, plain: &[u8], frame: &mut [u8]) -> Result<usize, usize> {
    let (mut input, mut output) = (InBuffer::around(plain), OutBuffer::around(frame));
    while input.pos() < plain.len() {
        context.compress_stream(&mut output, &mut input)?;
    }
    while context.end_stream(&mut output)? > 0 {}
    Ok(output.pos())
}

#[cfg(test)]
mod tests;
