//! The recipe of a build in the store: where the chunks of its files end. Its hash stands beside it, because nothing else in the store tells
//! whether it rotted.

use std::io;

use mist_proto::{Hash, Manifest, RelPath, limits::MAX_RECIPE};
use mist_tree::{
    fs::{Dir, write_atomically},
    recipe::Recipe,
};

use super::{layout, read_whole};

const RECIPE: &str = "recipe";
/// BLAKE3 of the recipe, in hex.
const HASH: &str = "recipe.hash";
/// The longest of these.
const MAX_HASH: u64 = 64;

/// How a recipe in the store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// As it was written; its bytes.
    Sound(u64),
    /// Otherwise.
    Rotten,
    /// There is none.
    Missing,
}

/// Writes an encoded recipe into the folder of a build. A crash in between leaves one without a hash.
pub(crate) fn write(dir: &dyn Dir, build: &RelPath, recipe: &[u8]) -> io::Result<()> {
    drop_file(dir, &layout::inside(build, HASH))?;
    write_atomically(dir, &layout::inside(build, RECIPE), recipe)?;
    write_hash(dir, build, recipe)
}

/// Whether the folder of a build has this recipe, and its hash.
pub(crate) fn has(dir: &dyn Dir, build: &RelPath, recipe: &[u8]) -> bool {
    let stored = stored(dir, build);
    stored.is_ok_and(|stored| stored == recipe) && is_hash_of(dir, build, recipe).unwrap_or(false)
}

/// The recipe of a build, unless it is gone or rotten.
pub(crate) fn read(dir: &dyn Dir, build: &RelPath) -> io::Result<Recipe> {
    let bytes = stored(dir, build)?;
    match is_hash_of(dir, build, &bytes) {
        Ok(false) => return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not what was written")),
        // One of a release before has no hash until it is scrubbed.
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        Ok(true) | Err(_) => {}
    }
    Recipe::decode(&bytes).map_err(io::Error::other)
}

/// Holds a recipe against its hash. One of a release before, which wrote none, gets it now if it fits the manifest.
///
/// # Errors
/// The store can't be read or written.
pub(crate) fn check(dir: &dyn Dir, build: &RelPath, manifest: &Manifest) -> io::Result<Standing> {
    let bytes = match stored(dir, build) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Standing::Missing),
        Err(e) => return Err(e),
    };
    let fits = || Recipe::decode(&bytes).is_ok_and(|recipe| recipe.check(manifest).is_ok());
    let is_sound = match is_hash_of(dir, build, &bytes) {
        Err(e) if e.kind() == io::ErrorKind::NotFound && fits() => {
            write_hash(dir, build, &bytes)?;
            true
        }
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        is_hash => is_hash.unwrap_or(false) && fits(),
    };
    Ok(if is_sound { Standing::Sound(bytes.len() as u64) } else { Standing::Rotten })
}

/// Removes a recipe that is of no use any more: whoever wants it makes it anew of the files.
pub(crate) fn remove(dir: &dyn Dir, build: &RelPath) -> io::Result<()> {
    drop_file(dir, &layout::inside(build, HASH))?;
    drop_file(dir, &layout::inside(build, RECIPE))
}

fn stored(dir: &dyn Dir, build: &RelPath) -> io::Result<Vec<u8>> {
    read_whole(dir, &layout::inside(build, RECIPE), MAX_RECIPE as u64)
}

fn is_hash_of(dir: &dyn Dir, build: &RelPath, recipe: &[u8]) -> io::Result<bool> {
    let stored = read_whole(dir, &layout::inside(build, HASH), MAX_HASH)?;
    Ok(stored == Hash::of(recipe).to_string().as_bytes())
}

fn write_hash(dir: &dyn Dir, build: &RelPath, recipe: &[u8]) -> io::Result<()> {
    write_atomically(dir, &layout::inside(build, HASH), Hash::of(recipe).to_string().as_bytes())
}

fn drop_file(dir: &dyn Dir, path: &RelPath) -> io::Result<()> {
    match dir.remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}
