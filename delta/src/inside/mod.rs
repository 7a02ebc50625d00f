//! Looking inside deflate: containers hold streams that change wholly when a byte of their content does, so the
//! content is compared instead, and the stream is made again from it, bit for bit.

pub(crate) mod rebuild;
pub(crate) mod recipe;
pub(crate) mod scratch;
pub(crate) mod unpack;
pub(crate) mod zip;

/// A raw deflate stream inside a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stream {
    /// Where it starts.
    pub(crate) at: u64,
    /// Its length.
    pub(crate) packed: u64,
    /// Length of what it inflates to, as the container says.
    pub(crate) plain: u64,
    /// Hash of the name that it has in the container, to tell which streams belong together.
    pub(crate) name: u64,
}
