//! A patch that is being read.

use std::io::{self, Read};

use mist_proto::Hash;

use crate::format::header::{Header, HeaderError};

/// A patch whose header was read and checked; the segments are still to come.
pub struct PatchReader<R> {
    header: Header,
    id: Hash,
    input: R,
}

impl<R: Read> PatchReader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// [`HeaderError`], also for a patch of a version that is not known here.
    pub fn open(input: R) -> Result<Self, HeaderError> {
        let mut hashed = Hashed { input, hasher: blake3::Hasher::new() };
        let (header, _) = Header::read(&mut hashed)?;
        Ok(Self { header, id: hashed.hasher.finalize().into(), input: hashed.input })
    }

    /// What the patch says about itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Hash of the header, which holds the digests of everything that the patch makes.
    pub fn id(&self) -> Hash {
        self.id
    }

    /// The header, its hash, and the input at the first segment.
    pub(crate) fn into_parts(self) -> (Header, Hash, R) {
        (self.header, self.id, self.input)
    }
}

/// Hashes what is read through it.
struct Hashed<R> {
    input: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buf)?;
        self.hasher.update(&buf[..n]);
        Ok(n)
    }
}
