//! What reading a header may take.

use mist_proto::{RelPath, codec::DecodeError};

use super::super::{FREE_HEADER, HEADER_EXPANSION, MAX_HEADER_MEMORY};

/// Memory that reading a header may still take, in bytes. A few bytes can name much: a path that differs from the one
/// before in one character, a table of zeros.
pub(super) struct Budget(pub(super) u64);

impl Budget {
    /// What a header may take that is so long when it is packed.
    pub(super) fn of(packed_len: u64) -> Self {
        Self(packed_len.saturating_mul(HEADER_EXPANSION).clamp(FREE_HEADER, MAX_HEADER_MEMORY))
    }

    pub(super) fn take(&mut self, bytes: u64) -> Result<(), DecodeError> {
        let less = self.0.checked_sub(bytes);
        self.0 =
            less.ok_or(DecodeError::Invalid("a header that takes more memory than its length allows"))?;
        Ok(())
    }

    pub(super) fn take_rows<T>(&mut self, n: usize) -> Result<(), DecodeError> {
        self.take((n as u64).saturating_mul(size_of::<T>() as u64))
    }

    pub(super) fn take_path(&mut self, path: &RelPath) -> Result<(), DecodeError> {
        // What an allocation takes besides.
        const OVERHEAD: u64 = 16;
        self.take(path.as_str().len() as u64 + OVERHEAD)
    }
}
