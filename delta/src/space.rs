//! Many files and streams read as one stretch of bytes.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use mist_proto::RelPath;
use mist_tree::fs::{Dir, ReadAt};

use crate::programs::relocated::Relocated;

/// Files kept open at a time, so that a tree of any size stays under the system's limit.
const MAX_OPEN: usize = 64;

/// A file of a tree could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}: {source}")]
pub struct ReadError {
    /// The file.
    pub path: String,
    /// What the system says.
    pub source: io::Error,
}

/// Where the bytes of an extent are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backing {
    /// In a file of the tree, by its number in the space's list of paths, in the form that its relocation gives it, if it
    /// has one.
    File(usize),
    /// In the scratch file.
    Scratch,
    /// On another machine: it can be copied from there, but not read here.
    Elsewhere,
}

/// A stretch of a space that lies in one place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) backing: Backing,
    /// Offset in the file.
    pub(crate) at: u64,
    pub(crate) len: u64,
}

type Opened = Arc<dyn ReadAt>;

/// Extents one behind another, addressed from 0 on.
pub(crate) struct Space<'a> {
    dir: &'a dyn Dir,
    paths: Vec<RelPath>,
    programs: Relocated,
    scratch: Option<Opened>,
    extents: Vec<Extent>,
    /// Address at which each extent ends.
    ends: Vec<u64>,
    /// How many extents can be read. Those that can't come after them.
    readable: usize,
    open: Mutex<VecDeque<(usize, Opened)>>,
}

impl<'a> Space<'a> {
    /// A space without extents over files of `dir`.
    pub(crate) fn new(dir: &'a dyn Dir, paths: Vec<RelPath>, scratch: Option<Opened>) -> Self {
        Self {
            dir,
            paths,
            programs: Relocated::default(),
            scratch,
            extents: Vec::new(),
            ends: Vec::new(),
            readable: 0,
            open: Mutex::default(),
        }
    }

    /// The same with these files in another form.
    pub(crate) fn with_programs(self, programs: Relocated) -> Self {
        Self { programs, ..self }
    }

    /// Appends an extent and tells its number.
    pub(crate) fn push(&mut self, extent: Extent) -> usize {
        debug_assert_eq!(self.readable, self.extents.len(), "what can be read comes first");
        self.readable += 1;
        self.append(extent)
    }

    /// Appends an extent of another machine and tells its address.
    pub(crate) fn push_elsewhere(&mut self, len: u64) -> u64 {
        let extent = self.append(Extent { backing: Backing::Elsewhere, at: 0, len });
        self.start(extent)
    }

    fn append(&mut self, extent: Extent) -> usize {
        self.ends.push(self.ends.last().copied().unwrap_or(0) + extent.len);
        self.extents.push(extent);
        self.extents.len() - 1
    }

    /// Length of what can be read: addresses from there on are elsewhere.
    pub(crate) fn len(&self) -> u64 {
        self.readable.checked_sub(1).map_or(0, |last| self.ends[last])
    }

    /// Address of an extent's first byte.
    pub(crate) fn start(&self, extent: usize) -> u64 {
        extent.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    /// Address after an extent's last byte.
    pub(crate) fn end(&self, extent: usize) -> u64 {
        self.ends[extent]
    }

    /// Number of the extent that holds the byte at `address`, which must be below the end of the last one.
    pub(crate) fn extent_at(&self, address: u64) -> usize {
        self.ends.partition_point(|&end| end <= address)
    }

    /// Fills `buf` from `address` on, across extents.
    pub(crate) fn read(&self, mut buf: &mut [u8], mut address: u64) -> Result<(), ReadError> {
        let mut extent = self.extent_at(address);
        while !buf.is_empty() {
            let Some(e) = self.extents.get(extent) else {
                return Err(ReadError {
                    path: "the old files".into(),
                    source: io::ErrorKind::UnexpectedEof.into(),
                });
            };
            let within = address - self.start(extent);
            let n = usize::try_from(e.len - within).unwrap_or(usize::MAX).min(buf.len());
            let (head, tail) = buf.split_at_mut(n);
            self.read_extent(e, head, within)?;
            buf = tail;
            address += n as u64;
            extent += 1;
        }
        Ok(())
    }

    fn read_extent(&self, e: &Extent, buf: &mut [u8], within: u64) -> Result<(), ReadError> {
        if buf.is_empty() {
            return Ok(());
        }
        let at = e.at + within;
        match e.backing {
            Backing::File(i) => self
                .file(i)
                .and_then(|f| self.programs.read_exact_at(i, &*f, buf, at))
                .map_err(|source| ReadError { path: self.paths[i].to_string(), source }),
            Backing::Scratch => match &self.scratch {
                Some(f) => f.read_exact_at(buf, at),
                None => Err(io::ErrorKind::NotFound.into()),
            }
            .map_err(|source| ReadError { path: "the scratch file".into(), source }),
            Backing::Elsewhere => Err(ReadError {
                path: "a file of another machine".into(),
                source: io::ErrorKind::NotFound.into(),
            }),
        }
    }

    /// A file of the tree as it is, opened or still open.
    pub(crate) fn file(&self, i: usize) -> io::Result<Opened> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = open.iter().position(|(n, _)| *n == i)
            && let Some(entry) = open.remove(at)
        {
            let file = entry.1.clone();
            open.push_back(entry);
            return Ok(file);
        }
        let file: Opened = self.dir.open(&self.paths[i])?.into();
        if open.len() >= MAX_OPEN {
            open.pop_front();
        }
        open.push_back((i, file.clone()));
        Ok(file)
    }
}
