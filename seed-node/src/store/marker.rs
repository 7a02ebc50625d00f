//! The marker that tells the store from the empty mount point of a NAS that is away.

use std::{fs, io, path::Path, sync::Arc};

use mist_tree::fs::{Dir, ROOT, RealDir, write_atomically};
use rand::Rng;

use super::{Open, files::read_whole, layout};

/// File of the data folder that remembers the store's id.
const REMEMBERED: &str = "store-id";
/// Far more than an id has.
const MAX_MARKER: u64 = 256;

/// Why the folder is not taken for the store.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTheStore {
    #[error("the store {place} can't be opened: {source}")]
    Unreachable { place: String, source: io::Error },
    #[error(
        "the store {place} has lost its marker store-id: is the NAS mounted? Nothing is written there until it is back. If \
         the store is lost for good, remove {memory} to begin a new one in an empty folder"
    )]
    Unmarked { place: String, memory: String },
    #[error(
        "{place} is not the store that this seed knows (store-id {found}, expected {expected}): mount the right one, or \
         remove {memory} to adopt it"
    )]
    Another { place: String, found: String, expected: String, memory: String },
    #[error("{place} is not empty and carries no store-id: choose an empty folder for the store")]
    NotEmpty { place: String },
    #[error("can't remember the store's id in {memory}: {source}")]
    Memory { memory: String, source: io::Error },
}

/// Opens the store, marking it if this seed has no store yet and the folder is new or empty.
pub(super) fn open_marked(place: &Path, data_dir: &Path, open: &Open) -> Result<Arc<dyn Dir>, NotTheStore> {
    let place_text = || place.display().to_string();
    let unreachable = |source| NotTheStore::Unreachable { place: place_text(), source };
    let memory = data_dir.join(REMEMBERED);
    let memory_text = || memory.display().to_string();
    let in_memory = |source| NotTheStore::Memory { memory: memory_text(), source };

    let remembered = match fs::read_to_string(&memory) {
        Ok(id) => Some(id.trim().to_owned()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => None,
        Err(e) => return Err(in_memory(e)),
    };
    if remembered.is_none() {
        fs::create_dir_all(place).map_err(unreachable)?;
    }
    let dir = open(place).map_err(unreachable)?;
    let found = read_marker(&*dir).map_err(unreachable)?;
    match (remembered, found) {
        (Some(expected), Some(found)) if expected == found => Ok(dir),
        (Some(expected), Some(found)) => {
            Err(NotTheStore::Another { place: place_text(), found, expected, memory: memory_text() })
        }
        (Some(_), None) => Err(NotTheStore::Unmarked { place: place_text(), memory: memory_text() }),
        // A store that is moved to a new machine keeps its id.
        (None, Some(found)) => remember(data_dir, &found).map(|()| dir).map_err(in_memory),
        (None, None) => {
            let entries = dir.read_dir(ROOT).map_err(unreachable)?;
            if entries.iter().any(|e| e.name != "lost+found") {
                return Err(NotTheStore::NotEmpty { place: place_text() });
            }
            let id: [u8; 16] = rand::rng().random();
            let id: String = id.iter().map(|b| format!("{b:02x}")).collect();
            write_atomically(&*dir, &layout::marker(), format!("{id}\n").as_bytes()).map_err(unreachable)?;
            remember(data_dir, &id).map_err(in_memory)?;
            Ok(dir)
        }
    }
}

fn read_marker(dir: &dyn Dir) -> io::Result<Option<String>> {
    match read_whole(dir, &layout::marker(), MAX_MARKER) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

fn remember(data_dir: &Path, id: &str) -> io::Result<()> {
    let dir = RealDir::create(data_dir)?;
    let name = mist_proto::RelPath::new(REMEMBERED).map_err(io::Error::other)?;
    write_atomically(&dir, &name, format!("{id}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::store::{Change, Store};

    fn world() -> (tempfile::TempDir, PathBuf, Store) {
        let tmp = tempfile::tempdir().unwrap();
        let place = tmp.path().join("store");
        let store = Store::new(place.clone(), tmp.path().join("data"));
        (tmp, place, store)
    }

    #[test]
    fn a_new_folder_is_marked_once() {
        let (_tmp, place, store) = world();
        assert_eq!(store.check(true), Change::Came);
        let id = fs::read(place.join("store-id")).unwrap();
        assert_eq!(store.check(true), Change::None);
        assert_eq!(fs::read(place.join("store-id")).unwrap(), id);
    }

    /// An unmounted NAS leaves an empty folder: nothing may appear in it, and the store's return must be noticed.
    #[test]
    fn nothing_is_written_under_the_mount_point_of_a_store_that_is_away() {
        let (tmp, place, store) = world();
        assert_eq!(store.check(true), Change::Came);
        fs::rename(&place, tmp.path().join("away")).unwrap();
        assert_eq!(store.check(true), Change::Went);
        assert!(!place.exists(), "not even the folder itself is made");
        fs::create_dir(&place).unwrap();
        assert_eq!(store.check(true), Change::None);
        let told = store.dir().err().unwrap().0;
        assert!(told.contains("lost its marker"), "{told}");
        assert_eq!(fs::read_dir(&place).unwrap().count(), 0);

        fs::remove_dir(&place).unwrap();
        fs::rename(tmp.path().join("away"), &place).unwrap();
        assert_eq!(store.check(true), Change::Came);
        assert!(store.dir().is_ok());
    }

    #[test]
    fn another_store_and_a_full_folder_are_refused() {
        let (tmp, place, store) = world();
        store.check(true);
        fs::write(place.join("store-id"), "else").unwrap();
        assert_eq!(store.check(true), Change::Went);
        assert!(store.dir().err().unwrap().0.contains("not the store"));

        let full = tmp.path().join("full");
        fs::create_dir(&full).unwrap();
        fs::write(full.join("holiday.jpg"), "x").unwrap();
        let store = Store::new(full.clone(), tmp.path().join("data2"));
        assert_eq!(store.check(true), Change::None);
        assert!(store.dir().err().unwrap().0.contains("choose an empty folder"));
        assert_eq!(fs::read_dir(&full).unwrap().count(), 1);
    }

    #[test]
    fn a_marked_store_is_adopted_by_a_new_machine() {
        let (tmp, place, store) = world();
        store.check(true);
        let moved = Store::new(place, tmp.path().join("new-machine"));
        assert_eq!(moved.check(true), Change::Came);
    }
}
