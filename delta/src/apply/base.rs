//! Is this the tree that the patch was made for?

use std::io;

use mist_proto::Hash;
use mist_tree::{
    fs::{Dir, EntryKind},
    hash_file,
};

use crate::{diff::tag, format::header::Header, space::ReadError};

use super::ApplyError;

/// At most so many differing files are named.
const MAX_NAMED: usize = 100;

/// Checks every old file whose content matters, and names those that differ.
pub(super) fn check_base(
    header: &Header,
    old: &dyn Dir,
    mut on_bytes: impl FnMut(u64) -> Result<(), ApplyError>,
) -> Result<(), ApplyError> {
    let mut digest = blake3::Hasher::new();
    let mut differing = Vec::new();
    let mut any = false;
    for f in &header.old {
        let Some((size, expected)) = f.content else { continue };
        any = true;
        let path = f.path.as_str();
        let hash = match old.metadata(&f.path) {
            Ok(meta) if meta.kind == EntryKind::File && meta.len == size => {
                let hash = old.open(&f.path).and_then(|file| hash_file(&*file, size, |_| Ok(())));
                Some(hash.map_err(|source| ReadError { path: path.into(), source })?)
            }
            Ok(_) => None,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => None,
            Err(source) => return Err(ReadError { path: path.into(), source }.into()),
        };
        match hash {
            Some(hash) if tag(hash) == expected => {
                digest.update(hash.as_bytes());
            }
            _ if differing.len() < MAX_NAMED => differing.push(f.path.clone()),
            _ => {}
        }
        on_bytes(size)?;
    }
    if !differing.is_empty() || (any && Hash::from(digest.finalize()) != header.old_digest) {
        return Err(ApplyError::WrongBase { differing });
    }
    Ok(())
}
