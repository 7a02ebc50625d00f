//! The patch container. Its bytes are specified in `docs/formats.md`.

pub(crate) mod codec;
pub(crate) mod columns;
pub(crate) mod header;
pub(crate) mod runs;
pub(crate) mod segment;
pub(crate) mod varint;

/// First bytes of a patch. A byte for the format's version follows.
pub(crate) const MAGIC: &[u8; 7] = b"MISTDLT";

/// The version that is written.
pub(crate) const VERSION: u8 = b'2';

/// The version before, which is still read: it knows no streams but bare ones.
pub(crate) const VERSION_1: u8 = b'1';

/// The largest header, packed or not, in bytes: room for a million paths.
pub(crate) const MAX_HEADER: u64 = 128 << 20;

/// The largest packed segment, in bytes.
pub(crate) const MAX_SEGMENT: u64 = 8 << 20;

/// The longest stream of a segment when unpacked, in bytes.
pub(crate) const MAX_STREAM: u64 = 64 << 20;

/// The most memory that applying a patch may declare to need, in bytes.
pub const MAX_APPLY_MEMORY: u64 = 64 << 20;
