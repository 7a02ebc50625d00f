//! Where new bytes go: into a staged file or into the journal of one that is patched where it is, hashed on the way.

use std::io;

use mist_proto::{Hash, RelPath};
use mist_tree::fs::{Dir, WriteAt};

use crate::{
    diff::tag,
    format::header::{Header, NewFile},
    space::ReadError,
};

use super::{
    ApplyError,
    patched::{Patched, most},
    whole::Whole,
};

const BUFFER: usize = 256 << 10;

/// Decides where the bytes of each new file go.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) header: &'a Header,
    pub(super) old: &'a dyn Dir,
    pub(super) staging: &'a dyn Dir,
    /// See [`super::ApplyOptions::in_place`].
    pub(super) in_place: &'a dyn Fn(&RelPath, u64) -> bool,
}

impl<'a> Places<'a> {
    /// Whether a file is to be patched where it is, if the system lets it.
    pub(super) fn in_place(&self, entry: &NewFile) -> bool {
        let old = self.header.predecessor(entry);
        old.is_some_and(|(_, old)| (self.in_place)(&entry.path, old.min(entry.size)))
    }

    /// Starts a new file; one that is `done` already is not written again.
    pub(super) fn start(&self, entry: &'a NewFile, done: bool) -> Result<Output<'a>, ApplyError> {
        let place = if done { None } else { Some(self.place(entry)?) };
        let (hasher, buffer) = (blake3::Hasher::new(), Vec::new());
        Ok(Output { entry, staging: self.staging, place, hasher, buffer, flushed: 0 })
    }

    fn place(&self, entry: &NewFile) -> Result<Place, ApplyError> {
        let path = entry.path.as_str();
        let old = if self.in_place(entry) {
            let old = self.old.open(&entry.path).map_err(|source| ReadError { path: path.into(), source })?;
            // What must not be written to, such as a file with a second name, is made anew beside it.
            self.old.open_rw(&entry.path).is_ok().then_some(old)
        } else {
            None
        };
        let file = self.staging.create(&entry.path).map_err(write_error(entry))?;
        Ok(match old {
            Some(old) => {
                let bound = most(entry.size);
                Place::InPlace(Box::new(Patched::new(file, old, bound).map_err(write_error(entry))?))
            }
            None => Place::Staged(Whole::new(file)),
        })
    }
}

/// A new file that is being written.
pub(super) struct Output<'a> {
    entry: &'a NewFile,
    staging: &'a dyn Dir,
    /// None for a file that is complete already, whose bytes are only counted.
    place: Option<Place>,
    hasher: blake3::Hasher,
    buffer: Vec<u8>,
    /// Bytes before the buffer.
    flushed: u64,
}

enum Place {
    Staged(Whole),
    InPlace(Box<Patched>),
}

/// What lies in staging for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The new file.
    Whole,
    /// A journal of so many bytes for the old one.
    Journal(u64),
}

impl Output<'_> {
    /// Bytes that are still to come.
    pub(super) fn left(&self) -> u64 {
        self.entry.size - self.flushed - self.buffer.len() as u64
    }

    /// Takes the next bytes, at most [`Output::left`].
    pub(super) fn write(&mut self, mut bytes: &[u8]) -> Result<(), ApplyError> {
        if bytes.len() as u64 > self.left() {
            return Err(ApplyError::malformed("a file grows over its size"));
        }
        while !bytes.is_empty() {
            let n = bytes.len().min(BUFFER - self.buffer.len());
            self.buffer.extend_from_slice(&bytes[..n]);
            bytes = &bytes[n..];
            if self.buffer.len() == BUFFER {
                self.flush().map_err(write_error(self.entry))?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        let at = self.flushed;
        self.flushed += self.buffer.len() as u64;
        if self.place.is_some() {
            self.hasher.update(&self.buffer);
        }
        self.place = match self.place.take() {
            Some(Place::Staged(mut whole)) => {
                whole.write(&self.buffer, at)?;
                Some(Place::Staged(whole))
            }
            Some(Place::InPlace(mut patched)) => Some(if patched.write(&self.buffer, at)? {
                Place::InPlace(patched)
            } else {
                let create = || self.staging.create(&self.entry.path);
                Place::Staged(patched.into_whole(self.flushed, create)?)
            }),
            None => None,
        };
        self.buffer.clear();
        Ok(())
    }

    /// Completes the file and compares its hash.
    pub(super) fn finish(mut self) -> Result<Finished, ApplyError> {
        let failed = write_error(self.entry);
        self.flush().map_err(&failed)?;
        let Some(place) = self.place else {
            return Err(ApplyError::malformed("a file that was done is made again"));
        };
        let (path, size) = (&self.entry.path, self.entry.size);
        let hash: Hash = self.hasher.finalize().into();
        if tag(hash) != self.entry.tag {
            return Err(ApplyError::Mismatch { path: path.to_string() });
        }
        let (file, form) = match place {
            Place::Staged(whole) => {
                let file = whole.finish(size).map_err(&failed)?;
                self.staging.set_executable(path, self.entry.executable).map_err(&failed)?;
                (file, Form::Whole)
            }
            Place::InPlace(patched) => {
                let file = patched.finish(size, hash).map_err(&failed)?;
                let len = file.size().map_err(&failed)?;
                (file, Form::Journal(len))
            }
        };
        Ok(Finished { hash, form, file })
    }
}

/// A complete file, or its journal, that is not known to survive a power loss yet.
pub(super) struct Finished {
    pub(super) hash: Hash,
    pub(super) form: Form,
    pub(super) file: Box<dyn WriteAt>,
}

/// Wraps an error of writing `entry`.
pub(super) fn write_error(entry: &NewFile) -> impl Fn(io::Error) -> ApplyError + use<> {
    let path = entry.path.to_string();
    move |source| ApplyError::Write { path: path.clone(), source }
}
