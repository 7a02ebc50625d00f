//! What a patch says about itself before its first segment.

mod budget;
mod table;
#[cfg(test)]
mod tests;

use std::io::{self, Read};

use mist_proto::{
    Hash, LinkEntry, ManifestId, RelPath,
    codec::{DecodeError, Reader, Writer},
    limits,
    path::PathError,
};

use crate::inside::Kind;

use self::budget::Budget;
use super::{
    MAGIC, MAX_APPLY_MEMORY, MAX_HEADER, MAX_HEADER_MEMORY, MAX_SOURCES, Version,
    codec::{self, Codec, Content, Effort, Packed},
    relocations::Relocations,
};

/// Bytes of an old file's hash that a patch carries. They name the file that differs; that nothing differs is proved
/// by the digest over the whole hashes. Two, because a patch of renames consists of little else.
pub(crate) const OLD_TAG: usize = 2;

/// The same for new files.
pub(crate) const NEW_TAG: usize = 4;

/// A file of the old tree that the patch reads, moves, removes or gives another mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldFile {
    /// Where it lies in the old tree.
    pub path: RelPath,
    /// Its length and the first bytes of its hash, if its content matters.
    pub content: Option<(u64, [u8; OLD_TAG])>,
    /// What becomes of the path.
    pub fate: Fate,
}

/// What becomes of a path of the old tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It stays, or a staged file takes its place.
    Stay,
    /// It is removed.
    Delete,
    /// Its content gets another path and this mode.
    Move {
        /// The new path.
        to: RelPath,
        /// Whether it may be run.
        executable: bool,
    },
    /// It stays with another mode.
    SetMode {
        /// Whether it may be run.
        executable: bool,
    },
}

/// A file of the new tree that applying writes whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// Where it lies in the new tree.
    pub path: RelPath,
    /// Length in bytes.
    pub size: u64,
    /// Whether it may be run.
    pub executable: bool,
    /// The first bytes of its hash.
    pub tag: [u8; NEW_TAG],
}

/// Old bytes that copies read from. Sources lie one behind another in one address space, in the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A whole old file, by its row.
    File { row: usize },
    /// The first `plain` bytes of the plain text of the packed bytes at `at` of an old file.
    Inflated { row: usize, at: u64, plain: u64, kind: Kind },
    /// The parse of the same, of `len` bytes. Zstd frames have none.
    Parsed { row: usize, at: u64, len: u64, kind: Kind },
}

impl Source {
    /// Disk that it takes while a patch is applied, in bytes.
    pub(crate) fn scratch_len(self) -> u64 {
        match self {
            Self::File { .. } => 0,
            Self::Inflated { plain: len, .. } | Self::Parsed { len, .. } => len,
        }
    }

    /// Row of the old file that it is read from.
    pub(crate) fn row(self) -> usize {
        let (Self::File { row } | Self::Inflated { row, .. } | Self::Parsed { row, .. }) = self;
        row
    }

    /// The same source of the file in another row.
    pub(crate) fn with_row(self, row: usize) -> Self {
        match self {
            Self::File { .. } => Self::File { row },
            Self::Inflated { at, plain, kind, .. } => Self::Inflated { row, at, plain, kind },
            Self::Parsed { at, len, kind, .. } => Self::Parsed { row, at, len, kind },
        }
    }

    /// The number that tells what is made of a stream; its place and length follow.
    fn tag(self) -> u64 {
        match self {
            Self::File { .. } => 0,
            Self::Inflated { kind, .. } => kind_tag(kind),
            Self::Parsed { kind, .. } => kind_tag(kind) | PARSED,
        }
    }
}

// Bits of the tag of a source, below its row.
const TAG_BITS: u32 = 3;
const PARSED: u64 = 4;

fn kind_tag(kind: Kind) -> u64 {
    match kind {
        Kind::Bare => 1,
        Kind::Zlib => 2,
        Kind::Png => 3,
        // There is no parse of a whole file.
        Kind::Zstd => PARSED,
    }
}

/// One entry of the index of segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentEntry {
    /// Length in the patch, in bytes.
    pub(crate) len: u64,
    /// New files that it starts.
    pub(crate) files: u64,
    /// New bytes at its front that belong to a file that an earlier segment started, before recipes.
    pub(crate) carried: u64,
}

/// The header of a patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The manifest that the patch starts from.
    pub from: ManifestId,
    /// The manifest that it leads to.
    pub to: ManifestId,
    /// Memory that applying takes, in bytes, besides this header. At most [`MAX_APPLY_MEMORY`].
    pub memory: u64,
    /// Disk that applying takes besides the staged files, in bytes.
    pub scratch: u64,
    /// Touched files of the old tree, in ascending order of path.
    pub old: Vec<OldFile>,
    /// BLAKE3 of the hashes of the old files that have content here, in order.
    pub old_digest: Hash,
    /// Files that are written, in the order in which they are.
    pub new: Vec<NewFile>,
    /// BLAKE3 of the hashes of those files, in order.
    pub new_digest: Hash,
    /// Empty folders to make, in ascending order.
    pub made_dirs: Vec<RelPath>,
    /// Empty folders to remove, in ascending order.
    pub removed_dirs: Vec<RelPath>,
    /// All links of the new tree, in ascending order of path.
    pub links: Vec<LinkEntry>,
    /// Links of the old tree in whose places the new one has none, in ascending order of path.
    pub removed_links: Vec<LinkEntry>,
    /// The release of zstd that makes frames of the new files again, if there are any, as its `ZSTD_versionNumber`.
    pub zstd: Option<u32>,
    pub(crate) version: Version,
    /// How old programs are moved before they are copied from.
    pub(crate) relocations: Relocations,
    pub(crate) sources: Vec<Source>,
    pub(crate) segments: Vec<SegmentEntry>,
}

/// Why a patch's header was refused.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// Reading failed.
    #[error("cannot read the patch: {0}")]
    Io(#[from] io::Error),
    /// Not a patch, or of a version that is not known here.
    #[error("not a Mist patch of a version known here")]
    Unknown,
    /// Malformed bytes.
    #[error("malformed patch header: {0}")]
    Malformed(#[from] DecodeError),
    /// A path that no tree may have.
    #[error("malformed patch header: {0}")]
    Path(#[from] PathError),
}

impl Header {
    /// A header's bytes, from the magic to the first segment.
    pub(crate) fn encode(&self, effort: Effort) -> io::Result<Vec<u8>> {
        let plain = self.table();
        let plain_len = plain.len() as u64;
        let mut whole = Budget(MAX_HEADER_MEMORY);
        Self::from_table(&plain, self.version, &mut whole).map_err(io::Error::other)?;
        let taken = MAX_HEADER_MEMORY - whole.0 + plain_len;
        if plain_len > MAX_HEADER || self.sources.len() > MAX_SOURCES {
            return Err(io::Error::other("the patch touches more paths or streams than a header may hold"));
        }
        let mut packed = codec::pack(plain, effort, Content::Literal)?;
        if taken > Budget::of(packed.bytes.len() as u64).0 {
            // Packed so well that it could not be told from bytes that are made to fill the memory.
            packed = Packed { codec: Codec::Stored, plain_len, bytes: self.table() };
            if taken > Budget::of(plain_len).0 {
                return Err(io::Error::other("the patch names more folders than a header may"));
            }
        }
        let mut w = Writer::with_magic(MAGIC);
        w.u8(self.version.id()).raw(&self.from.0.0).raw(&self.to.0.0).u64(self.memory).u64(self.scratch);
        w.u8(packed.codec.id()).u64(plain_len).u64(packed.bytes.len() as u64).raw(&packed.bytes);
        Ok(w.0)
    }

    /// Reads a header and leaves `input` at the first segment.
    ///
    /// # Errors
    /// [`HeaderError`]; every length is bounded before anything is allocated for it.
    pub(crate) fn read(input: &mut impl Read) -> Result<(Self, u64), HeaderError> {
        const FIXED: usize = 8 + 32 + 32 + 8 + 8 + 1 + 8 + 8;
        let mut fixed = [0; FIXED];
        input.read_exact(&mut fixed).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => HeaderError::Unknown,
            _ => e.into(),
        })?;
        let mut r = Reader::new(&fixed);
        let (magic, version) = (r.array::<7>()?, r.u8()?);
        let version = Version::from_id(version).filter(|_| magic == *MAGIC).ok_or(HeaderError::Unknown)?;
        let (from, to) = (ManifestId(Hash(r.array()?)), ManifestId(Hash(r.array()?)));
        let (memory, scratch) = (r.u64_max(MAX_APPLY_MEMORY)?, r.u64_max(limits::MAX_BLOB)?);
        let codec = Codec::from_id(r.u8()?).ok_or(HeaderError::Unknown)?;
        let (plain_len, packed_len) = (r.u64_max(MAX_HEADER)?, r.u64_max(MAX_HEADER)?);
        // `take` and `read_to_end` allocate as bytes arrive, never what a length merely claims.
        let mut packed = Vec::new();
        input.take(packed_len).read_to_end(&mut packed)?;
        if packed.len() as u64 != packed_len {
            return Err(DecodeError::Truncated.into());
        }
        let mut budget = Budget::of(packed_len);
        budget.take(plain_len)?;
        let mut plain = Vec::with_capacity(usize::try_from(plain_len).map_err(|_| DecodeError::OutOfBounds)?);
        codec::Unpacker::new(codec, &packed, plain_len)?.read_to_end(&mut plain)?;
        let mut this = Self::from_table(&plain, version, &mut budget)?;
        (this.from, this.to, this.memory, this.scratch) = (from, to, memory, scratch);
        if scratch != this.sources.iter().map(|s| s.scratch_len()).sum::<u64>() {
            return Err(DecodeError::Invalid("the scratch that is declared").into());
        }
        Ok((this, FIXED as u64 + packed_len))
    }

    /// In how many steps the addresses of the old program in a row are moved before it is copied from, if they are.
    pub fn address_steps(&self, row: usize) -> Option<usize> {
        self.relocations.get(&row).map(|relocation| relocation.rift.steps().len())
    }

    /// The row of the old file that a new one takes the place of, and its length in bytes, if that keeps its path and the
    /// patch knows its content.
    pub(crate) fn predecessor(&self, entry: &NewFile) -> Option<(usize, u64)> {
        let row = self.old.binary_search_by(|f| f.path.cmp(&entry.path)).ok()?;
        let OldFile { content, fate, .. } = &self.old[row];
        content.filter(|_| *fate == Fate::Stay).map(|(size, _)| (row, size))
    }

    /// Length of a source in the address space of copies.
    pub(crate) fn source_len(&self, source: Source) -> u64 {
        match source {
            Source::File { row } => self.old[row].content.map_or(0, |(size, _)| size),
            Source::Inflated { .. } | Source::Parsed { .. } => source.scratch_len(),
        }
    }
}
