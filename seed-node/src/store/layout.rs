//! Where everything lies in the store.
//!
//! ```text
//! store-id                                      the marker: without it the store is not touched
//! games/<slug>/depots/<version>/…               a build's plain files, immutable; dropped once patches lead to it
//! games/<slug>/builds/<version>/manifest        its signed envelope
//!                              /outboard        of its archive
//!                              /recipe          its chunks
//!                              /recipe.hash     by which is known whether that rotted
//! games/<slug>/live                             version that friends get by default
//! games/<slug>/patches/<from>..<to>/patch       a direct patch
//!                                  /outboard    of the patch
//!                                  /blob.json   its address
//! games/<slug>/jumps/<signature>..<to>/…          a jump patch, as a direct one; the oldest go first
//! uploads/<slug>/<signature>/signature          a friend's folder, until its jump patch is made
//! uploads/<slug>/<push>/recipe                  what a running push consists of
//!                      /distrusted              chunks that depots turned out to hold damaged
//!                      /<hash>.chunks           chunks that came in one part
//! gathers/<slug>/<archive hash>/depot/…         files of a build that are being fetched back; kept for the next try
//! cache/<archive hash>.tar.zst                  compressed archives, the least recently used go first
//! tmp/…                                         unfinished work; emptied at every start
//! ```
//!
//! A build exists once `builds/<version>/` does; that folder is renamed into place last and out of it first. It is whole
//! if it has a depot, which is renamed into and out of its place as a whole too.

use std::{fmt, str::FromStr};

use mist_proto::{
    Hash, RelPath, Slug, Version,
    path::{PathError, PathRule},
};

/// Id of a push, as the tracker made it: safe as a single path component.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PushId(Box<str>);

impl FromStr for PushId {
    type Err = PathError;

    fn from_str(s: &str) -> Result<Self, PathError> {
        let path = RelPath::new(s)?;
        let odd = s.chars().find(|&c| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
        let rule = odd.map(|c| PathRule::Character(c as u32)).or((s.len() > 64).then_some(PathRule::TooLong));
        match rule {
            None => Ok(Self(path.as_str().into())),
            Some(rule) => Err(PathError { path: path.as_str().into(), rule }),
        }
    }
}

impl fmt::Display for PushId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A path made of slugs, versions, push ids and hashes, each of which is a valid component.
fn made_of_names(path: &str) -> RelPath {
    RelPath::new(path).expect("slugs, versions, push ids and hashes are valid path components")
}

pub(crate) fn marker() -> RelPath {
    made_of_names("store-id")
}

pub(crate) fn games() -> RelPath {
    made_of_names("games")
}

pub(crate) fn game(game: &Slug) -> RelPath {
    made_of_names(&format!("games/{game}"))
}

pub(crate) fn live(game: &Slug) -> RelPath {
    made_of_names(&format!("games/{game}/live"))
}

pub(crate) fn depots(game: &Slug) -> RelPath {
    made_of_names(&format!("games/{game}/depots"))
}

pub(crate) fn depot(game: &Slug, version: &Version) -> RelPath {
    made_of_names(&format!("games/{game}/depots/{version}"))
}

pub(crate) fn builds(game: &Slug) -> RelPath {
    made_of_names(&format!("games/{game}/builds"))
}

pub(crate) fn build(game: &Slug, version: &Version) -> RelPath {
    made_of_names(&format!("games/{game}/builds/{version}"))
}

pub(crate) fn patches(game: &Slug) -> RelPath {
    made_of_names(&format!("games/{game}/patches"))
}

pub(crate) fn patch(game: &Slug, from: &Version, to: &Version) -> RelPath {
    made_of_names(&format!("games/{game}/patches/{from}..{to}"))
}

pub(crate) fn jumps(game: &Slug) -> RelPath {
    made_of_names(&format!("games/{game}/jumps"))
}

pub(crate) fn jump(game: &Slug, folder_signature: &Hash, to: &Version) -> RelPath {
    made_of_names(&format!("games/{game}/jumps/{folder_signature}..{to}"))
}

/// Folder of a folder signature that a friend has sent.
pub(crate) fn folder_signature(game: &Slug, hash: &Hash) -> RelPath {
    made_of_names(&format!("uploads/{game}/{hash}"))
}

pub(crate) fn uploads() -> RelPath {
    made_of_names("uploads")
}

pub(crate) fn uploads_of(game: &Slug) -> RelPath {
    made_of_names(&format!("uploads/{game}"))
}

pub(crate) fn upload(game: &Slug, push: &PushId) -> RelPath {
    made_of_names(&format!("uploads/{game}/{push}"))
}

pub(crate) fn gathers() -> RelPath {
    made_of_names("gathers")
}

pub(crate) fn gathers_of(game: &Slug) -> RelPath {
    made_of_names(&format!("gathers/{game}"))
}

/// Folder of a build that is being fetched back.
pub(crate) fn gather(game: &Slug, archive: &Hash) -> RelPath {
    made_of_names(&format!("gathers/{game}/{archive}"))
}

pub(crate) fn cache() -> RelPath {
    made_of_names("cache")
}

pub(crate) fn cached_archive(archive: &Hash) -> RelPath {
    made_of_names(&format!("cache/{archive}.tar.zst"))
}

pub(crate) fn tmp() -> RelPath {
    made_of_names("tmp")
}

/// `folder/name`, for the fixed file names of this module.
pub(crate) fn inside(folder: &RelPath, name: &str) -> RelPath {
    made_of_names(&format!("{folder}/{name}"))
}

/// The hash that a cached archive's file name carries.
pub(crate) fn archive_of_name(name: &str) -> Option<Hash> {
    name.strip_suffix(".tar.zst")?.parse().ok()
}

/// Both versions that a patch folder's name carries. Versions hold no `..`, so the name is unambiguous.
pub(crate) fn versions_of_patch(name: &str) -> Option<(Version, Version)> {
    let (from, to) = name.split_once("..")?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

/// Folder signature and version that a jump folder's name carries.
pub(crate) fn ends_of_jump(name: &str) -> Option<(Hash, Version)> {
    let (folder_signature, to) = name.split_once("..")?;
    Some((folder_signature.parse().ok()?, to.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn push_ids_are_one_plain_component() {
        assert!("0190b1c2-7e1a-7cc0-8000-0123456789ab".parse::<PushId>().is_ok());
        for bad in ["", "..", "a/b", "a.b", "con", ".mist", "é", &"a".repeat(65)] {
            assert!(bad.parse::<PushId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn patch_names_are_read_back() {
        let (from, to): (Version, Version) = ("1.0-rc".parse().unwrap(), "1.0.1".parse().unwrap());
        let path = patch(&"g".parse().unwrap(), &from, &to);
        assert_eq!(versions_of_patch(path.name()), Some((from, to)));
        assert_eq!(versions_of_patch("1.0"), None);
        assert_eq!(versions_of_patch("..1.0"), None);
        let folder_signature = Hash::of(b"folder");
        let path = jump(&"g".parse().unwrap(), &folder_signature, &"1.0".parse().unwrap());
        assert_eq!(ends_of_jump(path.name()), Some((folder_signature, "1.0".parse().unwrap())));
    }
}
