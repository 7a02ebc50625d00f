//! The table of a header: its columns, written and read.

use mist_proto::{
    Hash, LinkEntry, LinkTarget, ManifestId, RelPath, codec::DecodeError, limits, path::PathSet,
};

use super::{
    Budget, Fate, Header, HeaderError, NewFile, OldFile, PARSED, SegmentEntry, Source, TAG_BITS, kind_tag,
};
use crate::{
    format::{
        MAX_SEGMENT, MAX_SOURCES, Version,
        columns::{ColumnReader, ColumnWriter, PathColumns},
        relocations::{RelocationColumns, Relocations},
    },
    inside::Kind,
};

// Columns of the packed header.
pub(super) const COUNTS: usize = 0;
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
pub(super) const SOURCE_ROW: usize = DIR_PATH.first + PathColumns::COUNT;
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
pub(super) const COLUMNS: usize = LINK_TARGET + 1;

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
    pub(super) fn table(&self) -> Vec<u8> {
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

    pub(super) fn from_table(
        plain: &[u8],
        version: Version,
        budget: &mut Budget,
    ) -> Result<Self, HeaderError> {
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

pub(super) fn take_sources(
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
