//! Which blocks of a folder's files are hashed, and their hashes.

use fast_rsync::SignatureOptions;
use mist_proto::{FileEntry, Manifest, limits::MAX_SIGNATURE};
use mist_tree::fs::Dir;

use super::{
    BLOCK_HASH, MAGIC, MAX_BLOCK_LOG, MIN_BLOCK_LOG, MODEST, RSYNC_HEADER, STEP, STRONG, SignatureError, pack,
};
use crate::space::ReadError;

/// What is hashed of the files of a listing, so that the signature stays within its bound.
pub(super) struct Blocks {
    pub(super) block_log: u8,
    /// For each file, whether its blocks are hashed.
    pub(super) hashed: Vec<bool>,
    /// Bytes of all block hashes.
    pub(super) len: u64,
}

impl Blocks {
    pub(super) fn choose(
        listing: &Manifest,
        known: &dyn Fn(&FileEntry) -> bool,
    ) -> Result<Self, SignatureError> {
        let unknown: Vec<bool> = listing.files.iter().map(|f| !known(f)).collect();
        let room = (MAX_SIGNATURE as u64).checked_sub(frame_len(listing)?).ok_or(SignatureError::TooLarge)?;
        let hashes_len = |f: &FileEntry, log: u8| (f.size >> log) * BLOCK_HASH as u64;
        let total = |log| -> u64 {
            let files = listing.files.iter().zip(&unknown).filter(|(_, unknown)| **unknown);
            files.map(|(f, _)| hashes_len(f, log)).sum()
        };
        let block_log = (MIN_BLOCK_LOG..MAX_BLOCK_LOG)
            .find(|&log| total(log) <= MODEST.min(room))
            .unwrap_or(MAX_BLOCK_LOG);
        let mut len = 0;
        let mut fits = |(f, unknown): (&FileEntry, &bool)| {
            let more = hashes_len(f, block_log);
            let fits = *unknown && more > 0 && len + more <= room;
            len += if fits { more } else { 0 };
            fits
        };
        let hashed = listing.files.iter().zip(&unknown).map(&mut fits).collect();
        Ok(Self { block_log, hashed, len })
    }
}

/// Bytes of a signature beside the block hashes.
pub(super) fn frame_len(listing: &Manifest) -> Result<u64, SignatureError> {
    let frame = MAGIC.len() + 1 + 4 + 4 + listing.files.len().div_ceil(8);
    Ok((frame + pack(listing)?.len()) as u64)
}

/// Appends the hashes of a file's whole blocks; what is left at its end has none.
pub(super) fn hash_blocks(
    f: &FileEntry,
    dir: &dyn Dir,
    block_log: u8,
    out: &mut Vec<u8>,
    on_bytes: &mut dyn FnMut(u64) -> Result<(), SignatureError>,
) -> Result<(), SignatureError> {
    let unreadable = |source| ReadError { path: f.path.to_string(), source };
    let options = SignatureOptions { block_size: 1 << block_log, crypto_hash_size: STRONG };
    let file = dir.open(&f.path).map_err(unreadable)?;
    let whole = f.size >> block_log << block_log;
    let mut buf = vec![0; usize::try_from(whole).unwrap_or(STEP).min(STEP)];
    let mut at = 0;
    while at < whole {
        let n = usize::try_from(whole - at).unwrap_or(STEP).min(buf.len());
        file.read_exact_at(&mut buf[..n], at).map_err(unreadable)?;
        let step = fast_rsync::Signature::calculate(&buf[..n], options).into_serialized();
        out.extend_from_slice(&step[RSYNC_HEADER..]);
        at += n as u64;
        on_bytes(n as u64)?;
    }
    on_bytes(f.size - whole)
}
