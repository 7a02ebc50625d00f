//! Where everything lies in an archive.

use std::ops::Range;

use mist_proto::{Manifest, RelPath, limits};

use super::header;

/// Zero bytes that end an archive.
const END: u64 = 2 * BLOCK;
const BLOCK: u64 = header::BLOCK as u64;

/// A file as far as an archive's layout depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
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

impl Member {
    fn content_at(&self) -> u64 {
        self.at + u64::from(self.header_len)
    }

    /// Where its content lies in the archive.
    pub fn content(&self) -> Range<u64> {
        self.content_at()..self.content_at() + self.size
    }
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
    members: Vec<Member>,
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
        let this = Self::of(files)?;
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
            members.push(Member { path, size, executable, at, header_len });
            at = next;
        }
        let size = at + END;
        if size > limits::MAX_BLOB {
            return Err(LayoutError::TooLarge);
        }
        Ok(Self { members, size })
    }

    /// Size of the archive in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The files, in manifest order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The stretches that make up `range`, in order and without a gap; a range past the end is cut there.
    pub fn segments(&self, range: Range<u64>) -> Segments<'_> {
        let end = range.end.min(self.size);
        // The last member that starts at or before the range.
        let member = self.members.partition_point(|m| m.at <= range.start).saturating_sub(1);
        Segments { layout: self, at: range.start.min(end), end, member }
    }
}

/// The stretches of a range of an archive.
#[derive(Debug, Clone)]
pub struct Segments<'a> {
    layout: &'a Layout,
    at: u64,
    end: u64,
    member: usize,
}

impl Iterator for Segments<'_> {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        if self.at >= self.end {
            return None;
        }
        let start = self.at;
        let Some(member) = self.layout.members.get(self.member) else {
            self.at = self.end;
            return Some(Segment { at: start..self.end, part: Part::Zeros });
        };
        let content = member.content();
        let next_member = self.layout.members.get(self.member + 1).map_or(self.layout.size, |m| m.at);
        let (stop, part) = if start < content.start {
            let stop = content.start.min(self.end);
            let bytes = header::bytes(member.path.as_str(), member.size, member.executable);
            let within = |at: u64| usize::try_from(at - member.at).expect("headers are under 4 KiB");
            (stop, Part::Header(bytes[within(start)..within(stop)].to_vec()))
        } else if start < content.end {
            (content.end.min(self.end), Part::Content { file: self.member, offset: start - content.start })
        } else {
            (next_member.min(self.end), Part::Zeros)
        };
        self.at = stop;
        if stop == next_member {
            self.member += 1;
        }
        // A member that ends on a block boundary has no padding.
        if start == stop { self.next() } else { Some(Segment { at: start..stop, part }) }
    }
}
