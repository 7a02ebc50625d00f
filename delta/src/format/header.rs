//! What a patch says about itself before its first segment.

use std::io::{self, Read};

use mist_proto::{
    Hash, LinkEntry, LinkTarget, ManifestId, RelPath,
    codec::{DecodeError, Reader, Writer},
    limits,
    path::{PathError, PathSet},
};

use crate::inside::Kind;

use super::{
    FREE_HEADER, HEADER_EXPANSION, MAGIC, MAX_APPLY_MEMORY, MAX_HEADER, MAX_HEADER_MEMORY, MAX_SEGMENT,
    MAX_SOURCES, Version,
    codec::{self, Codec, Content, Effort, Packed},
    columns::{ColumnReader, ColumnWriter, PathColumns},
    relocations::{RelocationColumns, Relocations},
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

// Columns of the packed header.
const COUNTS: usize = 0;
const OLD_FLAGS: usize = 1;
const OLD_SIZE: usize = 2;
const TAGS: usize = 3;
const DIGESTS: usize = 4;
const OLD_PATH: PathColumns = PathColumns { first: 5 };
const MOVED_PATH: PathColumns = PathColumns { first: OLD_PATH.first + PathColumns::COUNT };
const NEW_LIKE: usize = MOVED_PATH.first + PathColumns::COUNT;
const NEW_PATH: PathColumns = PathColumns { first: NEW_LIKE + 1 };
const NEW_SIZE: usize = NEW_PATH.first + PathColumns::COUNT;
const NEW_FLAGS: usize = NEW_SIZE + 1;
const DIR_FLAGS: usize = NEW_FLAGS + 1;
const DIR_PATH: PathColumns = PathColumns { first: DIR_FLAGS + 1 };
const SOURCE_ROW: usize = DIR_PATH.first + PathColumns::COUNT;
const SOURCE_AT: usize = SOURCE_ROW + 1;
const SOURCE_PACKED: usize = SOURCE_AT + 1;
const SOURCE_PLAIN: usize = SOURCE_PACKED + 1;
const SEGMENT_LEN: usize = SOURCE_PLAIN + 1;
const SEGMENT_FILES: usize = SEGMENT_LEN + 1;
const SEGMENT_CARRIED: usize = SEGMENT_FILES + 1;
const RELOCATIONS: RelocationColumns = RelocationColumns { first: SEGMENT_CARRIED + 1 };
const LINK_FLAGS: usize = RELOCATIONS.first + RelocationColumns::COUNT;
const LINK_PATH: PathColumns = PathColumns { first: LINK_FLAGS + 1 };
const LINK_TARGET_LEN: usize = LINK_PATH.first + PathColumns::COUNT;
const LINK_TARGET: usize = LINK_TARGET_LEN + 1;
const COLUMNS: usize = LINK_TARGET + 1;

/// Columns that a version has.
fn columns(version: Version) -> usize {
    match version {
        Version::One | Version::Two | Version::Three | Version::Four | Version::Five => RELOCATIONS.first,
        Version::Six => LINK_FLAGS,
        Version::Seven => COLUMNS,
    }
}

/// What a source takes in memory while a patch is applied, in bytes.
const SOURCE_MEMORY: u64 = 128;

// Bits of OLD_FLAGS.
const FATE: u64 = 0b11;
const EXECUTABLE: u64 = 0b100;
const CONTENT: u64 = 0b1000;

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

    fn table(&self) -> Vec<u8> {
        let mut w = ColumnWriter::<COLUMNS>::new();
        w.number(COUNTS, self.old.len() as u64);
        let mut like = "";
        for f in &self.old {
            let (fate, executable) = match &f.fate {
                Fate::Stay => (0, false),
                Fate::Delete => (1, false),
                Fate::Move { executable, .. } => (2, *executable),
                Fate::SetMode { executable } => (3, *executable),
            };
            let content = if f.content.is_some() { CONTENT } else { 0 };
            w.number(OLD_FLAGS, fate | content | if executable { EXECUTABLE } else { 0 });
            if let Some((size, tag)) = f.content {
                w.number(OLD_SIZE, size);
                w.bytes(TAGS, &tag);
            }
            OLD_PATH.put(&mut w, f.path.as_str(), like);
            like = f.path.as_str();
            if let Fate::Move { to, .. } = &f.fate {
                MOVED_PATH.put(&mut w, to.as_str(), f.path.as_str());
            }
        }
        self.put_new(&mut w);
        self.put_dirs(&mut w);
        if self.old.iter().any(|f| f.content.is_some()) {
            w.bytes(DIGESTS, self.old_digest.as_bytes());
        }
        if !self.new.is_empty() {
            w.bytes(DIGESTS, self.new_digest.as_bytes());
        }
        w.number(COUNTS, self.sources.len() as u64);
        for s in &self.sources {
            w.number(SOURCE_ROW, (s.row() as u64) << TAG_BITS | s.tag());
            if let Source::Inflated { at, plain: len, .. } | Source::Parsed { at, len, .. } = *s {
                w.number(SOURCE_AT, at);
                w.number(SOURCE_PLAIN, len);
            }
        }
        w.number(COUNTS, self.segments.len() as u64);
        for s in &self.segments {
            w.number(SEGMENT_LEN, s.len);
            w.number(SEGMENT_FILES, s.files);
            w.number(SEGMENT_CARRIED, s.carried);
        }
        if self.version >= Version::Five {
            w.number(COUNTS, self.zstd.unwrap_or(0).into());
        }
        if self.version >= Version::Six {
            RELOCATIONS.put(&mut w, &self.relocations);
        }
        if self.version >= Version::Seven {
            self.put_links(&mut w);
        }
        w.finish(columns(self.version))
    }

    fn put_new(&self, w: &mut ColumnWriter<COLUMNS>) {
        w.number(COUNTS, self.new.len() as u64);
        let mut like_row = 0u64;
        let mut like = "";
        for f in &self.new {
            // Most new files have the path of an old one: its row + 1, 0 for none.
            match self.old.binary_search_by(|o| o.path.cmp(&f.path)) {
                Ok(row) => {
                    w.number(
                        NEW_LIKE,
                        1 + (row as u64).wrapping_sub(like_row).wrapping_add(self.old.len() as u64),
                    );
                    like_row = row as u64 + 1;
                }
                Err(_) => {
                    w.number(NEW_LIKE, 0);
                    NEW_PATH.put(w, f.path.as_str(), like);
                }
            }
            like = f.path.as_str();
            w.number(NEW_SIZE, f.size);
            w.number(NEW_FLAGS, u64::from(f.executable));
            w.bytes(TAGS, &f.tag);
        }
    }

    fn put_dirs(&self, w: &mut ColumnWriter<COLUMNS>) {
        w.number(COUNTS, (self.made_dirs.len() + self.removed_dirs.len()) as u64);
        let mut like = "";
        let made = self.made_dirs.iter().map(|d| (1, d));
        for (made, d) in made.chain(self.removed_dirs.iter().map(|d| (0, d))) {
            w.number(DIR_FLAGS, made);
            DIR_PATH.put(w, d.as_str(), like);
            like = d.as_str();
        }
    }

    fn put_links(&self, w: &mut ColumnWriter<COLUMNS>) {
        w.number(COUNTS, (self.links.len() + self.removed_links.len()) as u64);
        let mut like = "";
        let made = self.links.iter().map(|l| (1, l));
        for (made, link) in made.chain(self.removed_links.iter().map(|l| (0, l))) {
            w.number(LINK_FLAGS, made);
            LINK_PATH.put(w, link.path.as_str(), like);
            like = link.path.as_str();
            w.number(LINK_TARGET_LEN, link.target.as_str().len() as u64);
            w.bytes(LINK_TARGET, link.target.as_str().as_bytes());
        }
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

    fn from_table(plain: &[u8], version: Version, budget: &mut Budget) -> Result<Self, HeaderError> {
        let mut r = ColumnReader::<COLUMNS>::new(plain, columns(version))?;
        let old = take_old(&mut r, budget)?;
        let new = take_new(&mut r, &old, budget)?;
        let (made_dirs, removed_dirs) = take_dirs(&mut r, budget)?;
        let none = Hash([0; 32]);
        let old_digest = if old.iter().any(|f| f.content.is_some()) { Hash(r.array(DIGESTS)?) } else { none };
        let new_digest = if new.is_empty() { none } else { Hash(r.array(DIGESTS)?) };
        let sources = take_sources(&mut r, &old, version, budget)?;
        let n = r.count(COUNTS, SEGMENT_LEN)?;
        budget.take_rows::<SegmentEntry>(n)?;
        let mut segments = Vec::with_capacity(n);
        for _ in 0..n {
            segments.push(SegmentEntry {
                len: r.bounded(SEGMENT_LEN, MAX_SEGMENT)?,
                files: r.bounded(SEGMENT_FILES, new.len() as u64)?,
                carried: r.bounded(SEGMENT_CARRIED, limits::MAX_BLOB)?,
            });
        }
        let zstd = if version < Version::Five { 0 } else { r.bounded(COUNTS, u32::MAX.into())? };
        let zstd = u32::try_from(zstd).ok().filter(|&zstd| zstd > 0);
        let relocations = if version < Version::Six {
            Relocations::new()
        } else {
            RELOCATIONS.take(&mut r, |row| old.get(row)?.content.map(|(size, _)| size))?
        };
        let (links, removed_links) =
            if version < Version::Seven { (Vec::new(), Vec::new()) } else { take_links(&mut r, budget)? };
        r.end()?;
        if segments.iter().map(|s| s.files).sum::<u64>() != new.len() as u64 {
            return Err(DecodeError::Invalid("the index of segments").into());
        }
        let nothing = ManifestId(none);
        let this = Self {
            from: nothing,
            to: nothing,
            memory: 0,
            scratch: 0,
            old,
            old_digest,
            new,
            new_digest,
            made_dirs,
            removed_dirs,
            links,
            removed_links,
            zstd,
            version,
            relocations,
            sources,
            segments,
        };
        this.check_paths(budget)?;
        Ok(this)
    }

    /// The paths that the patch makes must be able to live beside each other.
    fn check_paths(&self, budget: &mut Budget) -> Result<(), HeaderError> {
        let mut set = PathSet::new();
        let moved = self.old.iter().filter_map(|f| match &f.fate {
            Fate::Move { to, .. } => Some(to),
            Fate::SetMode { .. } => Some(&f.path),
            Fate::Stay | Fate::Delete => None,
        });
        for file in self.new.iter().map(|f| &f.path).chain(moved) {
            let held = set.held();
            set.add_file(file)?;
            budget.take((set.held() - held) as u64)?;
        }
        for l in &self.links {
            set.add_file(&l.path)?;
        }
        for d in &self.made_dirs {
            let held = set.held();
            set.add_folder(d)?;
            budget.take((set.held() - held) as u64)?;
        }
        let in_order = |links: &[LinkEntry]| links.windows(2).all(|w| w[0].path < w[1].path);
        if !in_order(&self.links) || !in_order(&self.removed_links) {
            return Err(DecodeError::Invalid("links out of order").into());
        }
        if self.links.iter().chain(&self.removed_links).any(|l| l.target.escapes(&l.path)) {
            return Err(DecodeError::Invalid("a link leads out of the tree").into());
        }
        if self.old.windows(2).any(|w| w[0].path >= w[1].path) {
            return Err(DecodeError::Invalid("old paths out of order").into());
        }
        Ok(())
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

/// Memory that reading a header may still take, in bytes. A few bytes can name much: a path that differs from the one
/// before in one character, a table of zeros.
struct Budget(u64);

impl Budget {
    /// What a header may take that is so long when it is packed.
    fn of(packed_len: u64) -> Self {
        Self(packed_len.saturating_mul(HEADER_EXPANSION).clamp(FREE_HEADER, MAX_HEADER_MEMORY))
    }

    fn take(&mut self, bytes: u64) -> Result<(), DecodeError> {
        let less = self.0.checked_sub(bytes);
        self.0 =
            less.ok_or(DecodeError::Invalid("a header that takes more memory than its length allows"))?;
        Ok(())
    }

    fn take_rows<T>(&mut self, n: usize) -> Result<(), DecodeError> {
        self.take((n as u64).saturating_mul(size_of::<T>() as u64))
    }

    fn take_path(&mut self, path: &RelPath) -> Result<(), DecodeError> {
        // What an allocation takes besides.
        const OVERHEAD: u64 = 16;
        self.take(path.as_str().len() as u64 + OVERHEAD)
    }
}

fn take_old(r: &mut ColumnReader<'_, COLUMNS>, budget: &mut Budget) -> Result<Vec<OldFile>, HeaderError> {
    let n = r.count(COUNTS, OLD_FLAGS)?;
    budget.take_rows::<OldFile>(n)?;
    let mut old: Vec<OldFile> = Vec::with_capacity(n);
    for _ in 0..n {
        let flags = r.bounded(OLD_FLAGS, FATE | EXECUTABLE | CONTENT)?;
        let content = if flags & CONTENT == 0 {
            None
        } else {
            Some((r.bounded(OLD_SIZE, limits::MAX_BLOB)?, r.array(TAGS)?))
        };
        let path = OLD_PATH.take(r, old.last().map_or("", |f| f.path.as_str()))?;
        budget.take_path(&path)?;
        let executable = flags & EXECUTABLE != 0;
        let fate = match flags & FATE {
            0 => Fate::Stay,
            1 => Fate::Delete,
            2 => Fate::Move { to: MOVED_PATH.take(r, path.as_str())?, executable },
            _ => Fate::SetMode { executable },
        };
        if executable && matches!(fate, Fate::Stay | Fate::Delete) {
            return Err(DecodeError::OutOfBounds.into());
        }
        if content.is_none() && matches!(fate, Fate::Stay | Fate::Move { .. }) {
            return Err(DecodeError::Invalid("a row without a purpose").into());
        }
        if let Fate::Move { to, .. } = &fate {
            budget.take_path(to)?;
        }
        old.push(OldFile { path, content, fate });
    }
    Ok(old)
}

fn take_new(
    r: &mut ColumnReader<'_, COLUMNS>,
    old: &[OldFile],
    budget: &mut Budget,
) -> Result<Vec<NewFile>, HeaderError> {
    let n = r.count(COUNTS, NEW_LIKE)?;
    budget.take_rows::<NewFile>(n)?;
    let mut new: Vec<NewFile> = Vec::with_capacity(n);
    let mut like_row = 0u64;
    let mut total = 0u64;
    for _ in 0..n {
        let path = match r.number(NEW_LIKE)? {
            0 => NEW_PATH.take(r, new.last().map_or("", |f| f.path.as_str()))?,
            step => {
                let row = (step - 1).wrapping_add(like_row).wrapping_sub(old.len() as u64);
                like_row = row.wrapping_add(1);
                let like =
                    usize::try_from(row).ok().and_then(|i| old.get(i)).ok_or(DecodeError::OutOfBounds)?;
                like.path.clone()
            }
        };
        budget.take_path(&path)?;
        let size = r.bounded(NEW_SIZE, limits::MAX_BLOB)?;
        total = total.checked_add(size).filter(|&t| t <= limits::MAX_BLOB).ok_or(DecodeError::OutOfBounds)?;
        let executable = r.bounded(NEW_FLAGS, 1)? == 1;
        new.push(NewFile { path, size, executable, tag: r.array(TAGS)? });
    }
    Ok(new)
}

fn take_dirs(
    r: &mut ColumnReader<'_, COLUMNS>,
    budget: &mut Budget,
) -> Result<(Vec<RelPath>, Vec<RelPath>), HeaderError> {
    let n = r.count(COUNTS, DIR_FLAGS)?;
    budget.take_rows::<LinkEntry>(n)?;
    let (mut made, mut removed) = (Vec::new(), Vec::new());
    let mut like: Option<RelPath> = None;
    for _ in 0..n {
        let make = r.bounded(DIR_FLAGS, 1)? == 1;
        let path = DIR_PATH.take(r, like.as_ref().map_or("", RelPath::as_str))?;
        budget.take_rows::<RelPath>(2)?;
        budget.take_path(&path)?;
        like = Some(path.clone());
        if make { &mut made } else { &mut removed }.push(path);
    }
    Ok((made, removed))
}

fn take_links(
    r: &mut ColumnReader<'_, COLUMNS>,
    budget: &mut Budget,
) -> Result<(Vec<LinkEntry>, Vec<LinkEntry>), HeaderError> {
    let n = r.count(COUNTS, LINK_FLAGS)?;
    if n > 2 * limits::MAX_LINKS {
        return Err(DecodeError::OutOfBounds.into());
    }
    budget.take_rows::<LinkEntry>(n)?;
    let (mut made, mut removed) = (Vec::new(), Vec::new());
    let mut like: Option<RelPath> = None;
    for _ in 0..n {
        let make = r.bounded(LINK_FLAGS, 1)? == 1;
        let path = LINK_PATH.take(r, like.as_ref().map_or("", RelPath::as_str))?;
        budget.take_path(&path)?;
        like = Some(path.clone());
        let len = r.bounded(LINK_TARGET_LEN, limits::MAX_PATH as u64)?;
        budget.take(len)?;
        let text = r.bytes(LINK_TARGET, usize::try_from(len).map_err(|_| DecodeError::OutOfBounds)?)?;
        let target = std::str::from_utf8(text).ok().and_then(|text| LinkTarget::new(text).ok());
        let target = target.ok_or(DecodeError::Invalid("what a link says"))?;
        if make { &mut made } else { &mut removed }.push(LinkEntry { path, target });
    }
    Ok((made, removed))
}

fn take_sources(
    r: &mut ColumnReader<'_, COLUMNS>,
    old: &[OldFile],
    version: Version,
    budget: &mut Budget,
) -> Result<Vec<Source>, HeaderError> {
    let n = r.bounded(COUNTS, MAX_SOURCES as u64)?;
    let tag_bits = match version {
        Version::One => 1,
        Version::Two | Version::Three => 2,
        Version::Four | Version::Five | Version::Six | Version::Seven => TAG_BITS,
    };
    let mut sources = Vec::new();
    let mut total = 0u64;
    for _ in 0..n {
        let tagged = r.number(SOURCE_ROW)?;
        let row = usize::try_from(tagged >> tag_bits).map_err(|_| DecodeError::OutOfBounds)?;
        let (size, _) = old.get(row).and_then(|f| f.content).ok_or(DecodeError::OutOfBounds)?;
        let tag = tagged & ((1 << tag_bits) - 1);
        let (source, len) = if tag == 0 {
            (Source::File { row }, size)
        } else {
            let (kind, parsed) = kind(tag, version).ok_or(DecodeError::UnknownTag)?;
            let at = r.bounded(SOURCE_AT, size)?;
            if version == Version::One {
                // The length of the stream, which shows where it ends by itself.
                r.bounded(SOURCE_PACKED, size - at)?;
            }
            let len = r.bounded(SOURCE_PLAIN, limits::MAX_BLOB)?;
            if parsed {
                (Source::Parsed { row, at, len, kind }, len)
            } else {
                (Source::Inflated { row, at, plain: len, kind }, len)
            }
        };
        total = total.checked_add(len).filter(|&t| t <= limits::MAX_BLOB).ok_or(DecodeError::OutOfBounds)?;
        budget.take(SOURCE_MEMORY)?;
        sources.push(source);
    }
    Ok(sources)
}

/// The kind of stream that a source's tag tells, and whether it is the parse of one.
fn kind(tag: u64, version: Version) -> Option<(Kind, bool)> {
    if tag == kind_tag(Kind::Zstd) {
        return (version >= Version::Five).then_some((Kind::Zstd, false));
    }
    let deflate = [Kind::Bare, Kind::Zlib, Kind::Png].into_iter().find(|&k| kind_tag(k) == tag & !PARSED)?;
    Some((deflate, tag & PARSED != 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_bounded() {
        let old =
            [OldFile { path: RelPath::new("old").unwrap(), content: Some((0, [0; 2])), fate: Fate::Stay }];
        let sources = |n: usize| {
            let mut w = ColumnWriter::<COLUMNS>::new();
            w.number(COUNTS, n as u64);
            w.bytes(SOURCE_ROW, &vec![0; n]);
            let table = w.finish(COLUMNS);
            let mut r = ColumnReader::new(&table, COLUMNS).unwrap();
            take_sources(&mut r, &old, Version::LATEST, &mut Budget(MAX_HEADER_MEMORY))
                .map(|sources| sources.len())
        };
        assert_eq!(sources(MAX_SOURCES).unwrap(), MAX_SOURCES);
        assert!(sources(MAX_SOURCES + 1).is_err());
    }

    fn deletes(paths: impl Iterator<Item = String>) -> Header {
        let none = Hash([0; 32]);
        let old =
            |path: String| OldFile { path: RelPath::new(&path).unwrap(), content: None, fate: Fate::Delete };
        Header {
            from: ManifestId(none),
            to: ManifestId(none),
            memory: 0,
            scratch: 0,
            old: paths.map(old).collect(),
            old_digest: none,
            new: Vec::new(),
            new_digest: none,
            made_dirs: Vec::new(),
            removed_dirs: Vec::new(),
            zstd: None,
            version: Version::Four,
            relocations: [].into(),
            sources: Vec::new(),
            links: Vec::new(),
            removed_links: Vec::new(),
            segments: Vec::new(),
        }
    }

    /// A header around these packed bytes.
    fn around(codec: Codec, plain_len: u64, packed: &[u8]) -> Vec<u8> {
        let mut w = Writer::with_magic(MAGIC);
        w.u8(Version::Four.id()).raw(&[0; 64]).u64(0).u64(0);
        w.u8(codec.id()).u64(plain_len).u64(packed.len() as u64).raw(packed);
        w.0
    }

    fn is_over_budget(bytes: &[u8]) -> bool {
        match Header::read(&mut &*bytes) {
            Err(HeaderError::Malformed(DecodeError::Invalid(why))) => why.contains("more memory"),
            _ => false,
        }
    }

    #[test]
    fn a_short_header_takes_little_memory_whatever_it_says() {
        // Zeros, which shrink a thousandfold and more.
        let zeros = vec![0; 128 << 20];
        let packed = zstd::bulk::compress(&zeros, 1).unwrap();
        assert!(packed.len() < 16 << 10);
        assert!(is_over_budget(&around(Codec::Zstd, zeros.len() as u64, &packed)));
        // A length that nothing stands behind.
        assert!(is_over_budget(&around(Codec::Zstd, MAX_HEADER, &packed[..100])));

        // Rows of a few alike bytes, which name long paths.
        let deep = "x".repeat(200);
        let long = |n: usize| format!("{}/{n:06}", [&*deep; 4].join("/"));
        let header = deletes((0..40_000).map(long));
        let table = header.table();
        let packed = codec::pack(table.clone(), Effort::Small, Content::Literal).unwrap();
        assert!(packed.bytes.len() < 100 << 10, "{}", packed.bytes.len());
        assert!(is_over_budget(&around(packed.codec, table.len() as u64, &packed.bytes)));
        // Paths that share their ends only: each has folders of its own.
        let chain = ["d"; 60].join("/");
        let mut header = deletes((0..4_000).map(|n| format!("{n:05}/{chain}")));
        header.old.iter_mut().for_each(|f| f.fate = Fate::SetMode { executable: true });
        let table = header.table();
        let packed = codec::pack(table.clone(), Effort::Small, Content::Literal).unwrap();
        assert!(is_over_budget(&around(packed.codec, table.len() as u64, &packed.bytes)));
    }

    #[test]
    fn a_header_that_packs_too_well_is_stored_and_can_be_read() {
        let header = deletes((0..100_000).map(|n| format!("{}/{n:06}", "a-long-folder-name".repeat(10))));
        let bytes = header.encode(Effort::Small).unwrap();
        assert!(bytes.len() > 400_000, "stored");
        let (read, len) = Header::read(&mut &*bytes).unwrap();
        assert!(read == header && len == bytes.len() as u64);
        // One that is as any other still packs.
        let usual = deletes((0..20_000).map(|n| format!("data/{n:06}.dat")));
        assert!(usual.encode(Effort::Small).unwrap().len() < 100 << 10);
    }
}
