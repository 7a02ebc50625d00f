//! What a friend's folder holds, told in few bytes, so that somebody who has other builds of the game can make a patch
//! for just this folder.
//!
//! A [`Signature`] lists the files with their hashes. A file whose content the other side is not known to have also
//! carries rsync hashes: a weak and a strong one for each whole block. Only [`crate::apply()`] reads those files
//! again; whatever a hash misleads it to is found there by BLAKE3.
//!
//! The bytes are specified in `docs/formats.md`.

mod at_hand;
mod blocks;
pub(crate) mod matches;
mod rsync_delta;

use std::{
    io::{self, Read},
    ops::ControlFlow,
};

use mist_proto::{
    FileEntry, Manifest, ManifestId,
    codec::{DecodeError, Reader, Writer},
    limits::MAX_SIGNATURE,
    manifest::ManifestError,
};
use mist_tree::{
    fs::Dir,
    progress::{OnProgress, Progress},
};

use crate::space::ReadError;

pub use at_hand::AtHand;
use blocks::{Blocks, frame_len, hash_blocks};

const MAGIC: &[u8; 8] = b"MISTRSY1";

/// The smallest block, as a power of two, in bytes.
const MIN_BLOCK_LOG: u8 = 10;
/// The largest block, as a power of two, in bytes.
const MAX_BLOCK_LOG: u8 = 15;
/// Bytes of a block's weak hash.
const WEAK: usize = 4;
/// Bytes of a block's strong hash that are kept. A match that is none costs another route, and with these one in
/// 2^48 blocks that the weak hash takes for equal is one.
const STRONG: u32 = 6;
/// Bytes that a block takes.
const BLOCK_HASH: usize = WEAK + STRONG as usize;
/// Blocks grow rather than that their hashes take more, as long as they can.
const MODEST: u64 = 2 << 20;
/// What a listing may unpack to.
const MAX_LISTING: u64 = 64 << 20;
/// The frame around the hashes that `fast_rsync` writes: magic, block length, length of the strong hash.
const RSYNC_HEADER: usize = 12;
/// File bytes that are hashed at a time; a multiple of every block length.
const STEP: usize = 1 << 20;
/// How hard a listing is packed; most of it is hashes.
const LISTING_LEVEL: i32 = 9;

/// The files of a folder, and block hashes of those that are not known elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    listing: Manifest,
    block_log: u8,
    /// For each file of the listing, whether it has block hashes.
    hashed: Vec<bool>,
    /// The block hashes of all those files, one behind another.
    hashes: Vec<u8>,
}

/// Why there is no signature of a folder.
#[derive(Debug, thiserror::Error)]
pub enum SignatureError {
    /// A file could not be read to its listed end.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The listing could not be packed.
    #[error("cannot pack the listing: {0}")]
    Pack(#[from] io::Error),
    /// The listing alone is over the bound.
    #[error("the folder has too many files for a signature of {MAX_SIGNATURE} bytes")]
    TooLarge,
    /// The progress callback asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// Why bytes are no signature.
#[derive(Debug, thiserror::Error)]
pub enum BadSignature {
    /// Malformed bytes.
    #[error("malformed signature: {0}")]
    Malformed(#[from] DecodeError),
    /// The listing is not zstd.
    #[error("malformed signature: {0}")]
    Packed(#[from] io::Error),
    /// The listing breaks a rule of manifests.
    #[error("malformed signature: {0}")]
    Listing(#[from] ManifestError),
}

impl Signature {
    /// Reads the files of `listing` in `dir` for which `known` does not say that the other side has their content.
    ///
    /// The encoded signature stays within [`MAX_SIGNATURE`]: blocks grow with what there is to hash, and files that
    /// do not fit even so carry no hashes.
    ///
    /// # Errors
    /// [`SignatureError`].
    pub fn of(
        listing: Manifest,
        dir: &dyn Dir,
        known: &dyn Fn(&FileEntry) -> bool,
        on_progress: &mut OnProgress<'_>,
    ) -> Result<Self, SignatureError> {
        let Blocks { block_log, hashed, len } = Blocks::choose(&listing, known)?;
        let all = total_len(&listing, &hashed);
        let mut hashes = Vec::with_capacity(usize::try_from(len).unwrap_or_default());
        let mut done = 0;
        for (f, _) in listing.files.iter().zip(&hashed).filter(|(_, hashed)| **hashed) {
            hash_blocks(f, dir, block_log, &mut hashes, &mut |n| {
                done += n;
                match on_progress(Progress { done, total: all }) {
                    ControlFlow::Continue(()) => Ok(()),
                    ControlFlow::Break(()) => Err(SignatureError::Cancelled),
                }
            })?;
        }
        Ok(Self { listing, block_log, hashed, hashes })
    }

    /// Bytes that the signature of such files has, without reading any. Stand-ins may take the place of hashes that are
    /// not known yet: they take as much.
    ///
    /// # Errors
    /// [`SignatureError::Pack`] and [`SignatureError::TooLarge`].
    pub fn estimated_len(
        listing: &Manifest,
        known: &dyn Fn(&FileEntry) -> bool,
    ) -> Result<u64, SignatureError> {
        let blocks = Blocks::choose(listing, known)?;
        Ok(frame_len(listing)? + blocks.len)
    }

    /// The files, as a manifest that nobody signed.
    pub fn listing(&self) -> &Manifest {
        &self.listing
    }

    /// What a patch from this folder names as the manifest that it starts from.
    pub fn id(&self) -> ManifestId {
        ManifestId(mist_proto::Hash::of(&self.listing.encode()))
    }

    /// Bytes of files whose blocks are hashed.
    pub fn hashed_len(&self) -> u64 {
        total_len(&self.listing, &self.hashed)
    }

    /// Length of a block in bytes.
    pub fn block_len(&self) -> u32 {
        1 << self.block_log
    }

    /// The files that have block hashes, by their index in the listing, and how many blocks.
    pub(crate) fn hashed(&self) -> impl Iterator<Item = (usize, u64)> {
        let files = self.listing.files.iter().enumerate().filter(|(i, _)| self.hashed[*i]);
        files.map(|(i, f)| (i, f.size >> self.block_log))
    }

    /// The bytes that travel.
    ///
    /// # Errors
    /// If packing fails.
    pub fn encode(&self) -> io::Result<Vec<u8>> {
        let mut w = Writer::with_magic(MAGIC);
        w.u8(self.block_log).bytes(&pack(&self.listing)?);
        let mut flags = vec![0u8; self.hashed.len().div_ceil(8)];
        for (i, _) in self.hashed.iter().enumerate().filter(|(_, hashed)| **hashed) {
            flags[i / 8] |= 1 << (i % 8);
        }
        w.raw(&flags).bytes(&self.hashes);
        Ok(w.0)
    }

    /// Reads what [`Signature::encode`] wrote. Takes no more memory than a few times [`MAX_SIGNATURE`] and
    /// what a listing may unpack to, whatever the bytes.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BadSignature> {
        if bytes.len() > MAX_SIGNATURE {
            return Err(DecodeError::OutOfBounds.into());
        }
        let mut r = Reader::new(bytes);
        if r.array::<8>()? != *MAGIC {
            return Err(DecodeError::UnknownTag.into());
        }
        let block_log = r.u8()?;
        if !(MIN_BLOCK_LOG..=MAX_BLOCK_LOG).contains(&block_log) {
            return Err(DecodeError::OutOfBounds.into());
        }
        let listing = unpack(r.bytes(MAX_SIGNATURE)?)?;
        let flags = r.raw(listing.files.len().div_ceil(8))?;
        let hashed: Vec<bool> =
            (0..listing.files.len()).map(|i| flags[i / 8] & (1 << (i % 8)) != 0).collect();
        let spare = flags.len() * 8 - hashed.len();
        if flags.last().is_some_and(|&last| spare > 0 && last >> (8 - spare) != 0) {
            return Err(DecodeError::Invalid("a flag of a file that is not listed").into());
        }
        let hashes = r.bytes(MAX_SIGNATURE)?.to_vec();
        r.end()?;
        let this = Self { listing, block_log, hashed, hashes };
        // Sizes are at most 2^60, and there are at most a million files.
        let blocks: u128 = this.hashed().map(|(_, blocks)| u128::from(blocks)).sum();
        if blocks * BLOCK_HASH as u128 != this.hashes.len() as u128 {
            return Err(DecodeError::Invalid("the hashes do not fit the files' sizes").into());
        }
        Ok(this)
    }
}

/// Bytes of the files that are marked.
fn total_len(listing: &Manifest, marked: &[bool]) -> u64 {
    let marked = listing.files.iter().zip(marked).filter(|(_, marked)| **marked);
    marked.fold(0, |sum, (f, _)| sum.saturating_add(f.size))
}

fn pack(listing: &Manifest) -> io::Result<Vec<u8>> {
    zstd::bulk::compress(&listing.encode(), LISTING_LEVEL)
}

fn unpack(packed: &[u8]) -> Result<Manifest, BadSignature> {
    let mut bytes = Vec::new();
    zstd::Decoder::with_buffer(packed)?.take(MAX_LISTING + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_LISTING {
        return Err(DecodeError::OutOfBounds.into());
    }
    Ok(Manifest::decode(&bytes)?)
}

#[cfg(test)]
mod tests;
