//! The patch container. Its bytes are specified in `docs/formats.md`.

pub(crate) mod codec;
pub(crate) mod columns;
pub(crate) mod header;
pub(crate) mod relocations;
pub(crate) mod runs;
pub(crate) mod segment;
pub(crate) mod varint;

/// First bytes of a patch. A byte for the format's version follows.
pub(crate) const MAGIC: &[u8; 7] = b"MISTDLT";

/// A version of the format. All are read, and the first one from the fourth on that knows what a patch needs is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    /// Knows no packed streams but bare ones.
    One,
    /// Takes differences byte by byte and keeps them in one stream.
    Two,
    /// Takes runs of differing bytes as numbers, and sorts them by their length.
    Three,
    /// Makes streams by their parse too.
    Four,
    /// Looks into zstd frames, and names the encoder that makes them.
    Five,
    /// Moves programs.
    Six,
    /// Makes and removes links.
    Seven,
}

impl Version {
    /// The last one.
    pub(crate) const LATEST: Self = Self::Seven;

    const ALL: [Self; 7] =
        [Self::One, Self::Two, Self::Three, Self::Four, Self::Five, Self::Six, Self::Seven];

    /// The one to write for a patch that looks into zstd frames, moves programs, or knows of links.
    pub(crate) fn of(frames: bool, programs: bool, links: bool) -> Self {
        match (frames, programs, links) {
            (_, _, true) => Self::Seven,
            (_, true, false) => Self::Six,
            (true, false, false) => Self::Five,
            (false, false, false) => Self::Four,
        }
    }

    /// The byte that stands for it.
    pub(crate) fn id(self) -> u8 {
        match self {
            Self::One => b'1',
            Self::Two => b'2',
            Self::Three => b'3',
            Self::Four => b'4',
            Self::Five => b'5',
            Self::Six => b'6',
            Self::Seven => b'7',
        }
    }

    /// The version of a byte, if there is one.
    pub(crate) fn from_id(id: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.id() == id)
    }
}

/// The largest header, packed or not, in bytes: room for a million paths.
pub(crate) const MAX_HEADER: u64 = 128 << 20;

/// What a header may take in memory whatever its length, in bytes, ...
pub(crate) const FREE_HEADER: u64 = 24 << 20;

/// ... how many times its packed length it may take beyond that, which headers of a million alike paths are far from, ...
pub(crate) const HEADER_EXPANSION: u64 = 1024;

/// ... and the most that any may take.
pub(crate) const MAX_HEADER_MEMORY: u64 = 1 << 30;

/// The most sources that a header lists: each takes some hundred bytes of memory.
pub(crate) const MAX_SOURCES: usize = 2 << 20;

/// The largest packed segment, in bytes.
pub(crate) const MAX_SEGMENT: u64 = 8 << 20;

/// The longest stream of a segment when unpacked, in bytes.
pub(crate) const MAX_STREAM: u64 = 64 << 20;

/// The most memory that applying a patch may declare to need, in bytes.
pub const MAX_APPLY_MEMORY: u64 = 64 << 20;
