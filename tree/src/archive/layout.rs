//! Where everything lies in an archive.

use std::ops::Range;

use mist_proto::{LinkEntry, Manifest, RelPath, limits};

use super::header;

/// Zero bytes that end an archive.
const END: u64 = 2 * BLOCK;
const BLOCK: u64 = header::BLOCK as u64;

/// A file as far as an archive's layout depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedFile {
    /// Where it lies in the build.
    pub path: RelPath,
    /// Length in bytes.
    pub size: u64,
    /// Whether its mode is 755.
    pub executable: bool,
    /// Offset of its header in the archive.
    at: u64,
    header_len: u16,
}

impl ArchivedFile {
    fn content_at(&self) -> u64 {
        self.at + u64::from(self.header_len)
    }

    /// Where its content lies in the archive.
    pub fn content(&self) -> Range<u64> {
        self.content_at()..self.content_at() + self.size
    }
}

/// A link, which is a header and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Link {
    entry: LinkEntry,
    at: u64,
    header_len: u16,
}

/// Why there is no layout for a list of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// The archive would exceed [`limits::MAX_BLOB`].
    #[error("the archive would be over 2^60 bytes")]
    TooLarge,
    /// The manifest gives another size than its files make.
    #[error("the manifest gives its archive {claimed} bytes, but its files make {actual}")]
    Size {
        /// What the manifest says.
        claimed: u64,
        /// What its files add up to.
        actual: u64,
    },
}

/// The layout of a build's archive: about 40 bytes and the path for each file; no file is read for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    members: Vec<ArchivedFile>,
    /// Behind the members.
    links: Vec<Link>,
    size: u64,
}

/// A stretch of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Where it lies in the archive.
    pub at: Range<u64>,
    /// What it is.
    pub part: Part,
}

/// What a stretch of an archive is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// These bytes, which belong to headers.
    Header(Vec<u8>),
    /// Content of the file with this index in the manifest, from `offset` in that file on.
    Content {
        /// Index in the manifest's list of files.
        file: usize,
        /// First byte in the file.
        offset: u64,
    },
    /// Zeros: padding, or the archive's end.
    Zeros,
}

impl Layout {
    /// The layout of the archive of `manifest`.
    ///
    /// # Errors
    /// If its files do not make an archive of the size that it states.
    pub fn new(manifest: &Manifest) -> Result<Self, LayoutError> {
        let files = manifest.files.iter().map(|f| (f.path.clone(), f.size, f.executable));
        let this = Self::with_links(files, &manifest.links)?;
        if this.size != manifest.archive.size {
            return Err(LayoutError::Size { claimed: manifest.archive.size, actual: this.size });
        }
        Ok(this)
    }

    /// The layout of an archive of files with these paths, sizes and executable bits, in this order.
    ///
    /// # Errors
    /// [`LayoutError::TooLarge`].
    pub fn of(files: impl IntoIterator<Item = (RelPath, u64, bool)>) -> Result<Self, LayoutError> {
        Self::with_links(files, &[])
    }

    /// The same with these links behind the files, in this order.
    ///
    /// # Errors
    /// [`LayoutError::TooLarge`].
    pub fn with_links(
        files: impl IntoIterator<Item = (RelPath, u64, bool)>,
        links: &[LinkEntry],
    ) -> Result<Self, LayoutError> {
        let mut at = 0u64;
        let mut members = Vec::new();
        for (path, size, executable) in files {
            let header_len = header::length(path.as_str(), size);
            let content_end = size.checked_next_multiple_of(BLOCK).ok_or(LayoutError::TooLarge)?;
            let next = at.saturating_add(u64::from(header_len)).saturating_add(content_end);
            // Checked at every step, so that no sum can wrap.
            if next > limits::MAX_BLOB {
                return Err(LayoutError::TooLarge);
            }
            members.push(ArchivedFile { path, size, executable, at, header_len });
            at = next;
        }
        let links = links.iter().map(|entry| {
            let header_len = header::link_length(entry.path.as_str(), entry.target.as_str());
            let link = Link { entry: entry.clone(), at, header_len };
            at += u64::from(header_len);
            link
        });
        let links: Vec<_> = links.collect();
        let size = at + END;
        if size > limits::MAX_BLOB {
            return Err(LayoutError::TooLarge);
        }
        Ok(Self { members, links, size })
    }

    /// Size of the archive in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The files, in manifest order.
    pub fn members(&self) -> &[ArchivedFile] {
        &self.members
    }

    /// The stretches that make up `range`, in order and without a gap; a range past the end is cut there.
    pub fn segments(&self, range: Range<u64>) -> Segments<'_> {
        let end = range.end.min(self.size);
        // The last member that starts at or before the range.
        let members = self.members.partition_point(|m| m.at <= range.start);
        let links = self.links.partition_point(|l| l.at <= range.start);
        Segments { layout: self, at: range.start.min(end), end, entry: (members + links).saturating_sub(1) }
    }

    /// Where the header of a member lies, or of a link behind them.
    fn start_of(&self, entry: usize) -> u64 {
        match (self.members.get(entry), self.links.get(entry.wrapping_sub(self.members.len()))) {
            (Some(member), _) => member.at,
            (None, Some(link)) => link.at,
            (None, None) => self.size,
        }
    }
}

/// The stretches of a range of an archive.
#[derive(Debug, Clone)]
pub struct Segments<'a> {
    layout: &'a Layout,
    at: u64,
    end: u64,
    /// Index among members and links.
    entry: usize,
}

impl Iterator for Segments<'_> {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        if self.at >= self.end {
            return None;
        }
        let start = self.at;
        let next_entry = self.layout.start_of(self.entry + 1);
        let part_of = |bytes: Vec<u8>, at: u64, stop: u64| {
            let within = |offset: u64| usize::try_from(offset - at).expect("headers are under 4 KiB");
            Part::Header(bytes[within(start)..within(stop)].to_vec())
        };
        let link = self.layout.links.get(self.entry.wrapping_sub(self.layout.members.len()));
        let (stop, part) = match (self.layout.members.get(self.entry), link) {
            (Some(member), _) => {
                let content = member.content();
                if start < content.start {
                    let stop = content.start.min(self.end);
                    let bytes = header::bytes(member.path.as_str(), member.size, member.executable);
                    (stop, part_of(bytes, member.at, stop))
                } else if start < content.end {
                    let offset = start - content.start;
                    (content.end.min(self.end), Part::Content { file: self.entry, offset })
                } else {
                    (next_entry.min(self.end), Part::Zeros)
                }
            }
            (None, Some(link)) => {
                let header_end = link.at + u64::from(link.header_len);
                if start < header_end {
                    let stop = header_end.min(self.end);
                    let bytes = header::link_bytes(link.entry.path.as_str(), link.entry.target.as_str());
                    (stop, part_of(bytes, link.at, stop))
                } else {
                    (next_entry.min(self.end), Part::Zeros)
                }
            }
            (None, None) => (self.end, Part::Zeros),
        };
        self.at = stop;
        if stop == next_entry {
            self.entry += 1;
        }
        // A member that ends on a block boundary has no padding, and a link before another one has none.
        if start == stop { self.next() } else { Some(Segment { at: start..stop, part }) }
    }
}
