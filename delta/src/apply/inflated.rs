//! The scratch file: plain texts and parses of old deflate streams, made when they are first read.

use std::{io, ops::Range, sync::Arc};

use mist_tree::fs::{ControlPath, Dir, WriteAt};

use crate::{
    format::header::{Header, OldFile, Source},
    inside::{
        Unmade,
        inflate::{Interrupted, inflate},
        parse::parse,
    },
    space::{ReadError, Space},
};

use super::ApplyError;

/// What a patch reads of old streams, each made at most once.
pub(super) struct Inflated<'a> {
    staging: &'a dyn Dir,
    path: ControlPath,
    file: Option<Arc<dyn WriteAt>>,
    /// For each source, where its bytes go, if it is of a stream and not made yet.
    waiting: Vec<Option<u64>>,
}

impl<'a> Inflated<'a> {
    /// Makes the scratch file in `staging`, if the patch needs one.
    pub(super) fn new(header: &Header, staging: &'a dyn Dir) -> Result<Self, ApplyError> {
        let mut at = 0;
        let waiting = header.sources.iter().map(|s| match s {
            Source::File { .. } => None,
            Source::Inflated { .. } | Source::Parsed { .. } => {
                at += s.scratch_len();
                Some(at - s.scratch_len())
            }
        });
        let waiting: Vec<Option<u64>> = waiting.collect();
        let path = ControlPath::new("scratch").map_err(|e| failed(io::Error::other(e)))?;
        let file =
            if header.scratch > 0 { Some(staging.create(&path).map_err(failed)?.into()) } else { None };
        Ok(Self { staging, path, file, waiting })
    }

    /// The scratch file, to read from.
    pub(super) fn file(&self) -> Option<Arc<dyn mist_tree::fs::ReadAt>> {
        self.file.clone().map(|f| f as Arc<dyn mist_tree::fs::ReadAt>)
    }

    /// Where the bytes of a source lie in the scratch file.
    pub(super) fn place(&self, source: usize) -> u64 {
        self.waiting[source].unwrap_or(0)
    }

    /// Makes whatever of `range` of the old space is not made yet.
    pub(super) fn ensure(
        &mut self,
        range: Range<u64>,
        old: &Space<'_>,
        header: &Header,
    ) -> Result<(), ApplyError> {
        let mut extent = old.extent_at(range.start);
        while extent < self.waiting.len() && old.start(extent) < range.end {
            if let Some(to) = self.waiting[extent].take() {
                self.make(extent, to, old, header)?;
            }
            extent += 1;
        }
        Ok(())
    }

    fn make(&self, extent: usize, to: u64, old: &Space<'_>, header: &Header) -> Result<(), ApplyError> {
        let (source, Some(scratch)) = (header.sources[extent], &self.file) else { return Ok(()) };
        let row = source.row();
        let OldFile { path, content, .. } = &header.old[row];
        let unreadable = |source| ReadError { path: path.to_string(), source };
        let file = old.file(row).map_err(unreadable)?;
        let end = content.map_or(0, |(size, _)| size);
        let mut written = to;
        let put = |bytes: &[u8]| {
            scratch.write_all_at(bytes, written)?;
            written += bytes.len() as u64;
            Ok(())
        };
        let made = match source {
            Source::File { .. } => return Ok(()),
            Source::Inflated { at, plain, kind, .. } => {
                inflate(&*file, at..end, kind, plain, put).map(|made| made.is_some())
            }
            Source::Parsed { at, len, kind, .. } => {
                parse(&*file, at..end, kind, len, put).map(|made| made.is_some_and(|p| p.len == len))
            }
        };
        match made {
            Ok(true) => Ok(()),
            Ok(false) => Err(ApplyError::malformed("an old stream is not what the patch says")),
            Err(Interrupted::Read(e)) => Err(unreadable(e).into()),
            Err(Interrupted::Put(e)) => Err(failed(e)),
            Err(Interrupted::Memory(e)) => Err(Unmade::from(e).into()),
        }
    }

    /// Removes the scratch file.
    pub(super) fn remove(self) -> Result<(), ApplyError> {
        if self.file.is_some() {
            drop(self.file);
            self.staging.remove_file(&self.path).map_err(failed)?;
            // Staging may be the game's own folder, whose control folder holds more.
            match self.staging.remove_dir(&ControlPath::root()) {
                Err(e) if e.kind() != io::ErrorKind::DirectoryNotEmpty => return Err(failed(e)),
                _ => {}
            }
        }
        Ok(())
    }
}

fn failed(source: io::Error) -> ApplyError {
    ApplyError::Write { path: "the scratch file".into(), source }
}
