//! The scratch file: what old deflate streams inflate to, made when it is first read.

use std::{io, ops::Range, sync::Arc};

use mist_tree::fs::{ControlPath, Dir, WriteAt};
use mist_zlib::Inflater;

use crate::{
    format::header::{Header, Source},
    space::{ReadError, Space},
};

use super::ApplyError;

const BUFFER: usize = 64 << 10;

/// The old streams of a patch, each inflated at most once.
pub(super) struct Inflated<'a> {
    staging: &'a dyn Dir,
    path: ControlPath,
    file: Option<Arc<dyn WriteAt>>,
    /// For each source, where its plain text goes, if it is a stream that is not inflated yet.
    waiting: Vec<Option<u64>>,
}

impl<'a> Inflated<'a> {
    /// Makes the scratch file in `staging`, if the patch needs one.
    pub(super) fn new(header: &Header, staging: &'a dyn Dir) -> Result<Self, ApplyError> {
        let mut at = 0;
        let waiting = header.sources.iter().map(|s| match s {
            Source::File { .. } => None,
            Source::Inflated { plain, .. } => {
                at += plain;
                Some(at - plain)
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

    /// Where the plain text of a source lies in the scratch file.
    pub(super) fn place(&self, source: usize) -> u64 {
        self.waiting[source].unwrap_or(0)
    }

    /// Inflates whatever of `range` of the old space is not yet.
    pub(super) fn ensure(
        &mut self,
        range: Range<u64>,
        old: &Space<'_>,
        header: &Header,
    ) -> Result<(), ApplyError> {
        let mut extent = old.extent_at(range.start);
        while extent < self.waiting.len() && old.start(extent) < range.end {
            if let Some(to) = self.waiting[extent].take() {
                self.inflate(extent, to, old, header)?;
            }
            extent += 1;
        }
        Ok(())
    }

    fn inflate(&self, extent: usize, to: u64, old: &Space<'_>, header: &Header) -> Result<(), ApplyError> {
        let (Source::Inflated { row, at, packed, plain }, Some(scratch)) =
            (header.sources[extent], &self.file)
        else {
            return Ok(());
        };
        let path = header.old[row].path.as_str();
        let unreadable = |source| ReadError { path: path.into(), source };
        let file = old.file(row).map_err(unreadable)?;
        let broken = || ApplyError::malformed("an old stream does not inflate to what the patch says");
        let mut inflater = Inflater::new().map_err(|e| ApplyError::Malformed(io::Error::other(e)))?;
        let (mut input, mut output) = (vec![0; BUFFER], vec![0; BUFFER]);
        let (mut taken, mut made) = (0, 0);
        loop {
            let n = usize::try_from(packed - taken).unwrap_or(BUFFER).min(BUFFER);
            file.read_exact_at(&mut input[..n], at + taken).map_err(unreadable)?;
            let step = inflater.run(&input[..n], &mut output).map_err(|_| broken())?;
            if made + step.made as u64 > plain || (step.taken == 0 && step.made == 0 && !step.ended) {
                return Err(broken());
            }
            scratch.write_all_at(&output[..step.made], to + made).map_err(failed)?;
            taken += step.taken as u64;
            made += step.made as u64;
            if step.ended {
                return if made == plain { Ok(()) } else { Err(broken()) };
            }
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
