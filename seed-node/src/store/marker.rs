//! The marker that tells the store from the empty mount point of a NAS that is away.

use std::{fs, io, path::Path, sync::Arc};

use mist_proto::{RelPath, ids::StoreId};
use mist_tree::fs::{Dir, ROOT, RealDir, write_atomically};
use rand::Rng;

use super::{Open, files::read_whole, layout};

/// File of the data folder that remembers the store's id.
const REMEMBERED: &str = "store-id";
/// File of the data folder that is there while the remembered store is not this seed's, as far as it knows: the tracker has not said yet
/// that it is, or has said that it is another's.
const ASKED_FOR: &str = "store-asked-for";
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
    Another { place: String, found: StoreId, expected: String, memory: String },
    #[error(
        "the marker store-id of the store {place} says {found:?}, which is no store's id: put back the one that was there. Nothing is written \
         there until it is back"
    )]
    NoId { place: String, found: String },
    #[error("{place} is not empty and carries no store-id: choose an empty folder for the store")]
    NotEmpty { place: String },
    #[error("can't remember the store's id in {memory}: {source}")]
    Memory { memory: String, source: io::Error },
}

/// Opens the store, marking it if this seed has no store yet and the folder is new or empty. Also tells its id.
pub(super) fn open_marked(
    place: &Path,
    data_dir: &Path,
    open: &Open,
) -> Result<(Arc<dyn Dir>, StoreId), NotTheStore> {
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
    let found = match read_marker(&*dir).map_err(unreachable)? {
        Some(text) => match text.parse::<StoreId>() {
            Ok(id) => Some(id),
            Err(_) => return Err(NotTheStore::NoId { place: place_text(), found: text }),
        },
        None => None,
    };
    match (remembered, found) {
        (Some(expected), Some(found)) if expected == found.as_str() => Ok((dir, found)),
        (Some(expected), Some(found)) => {
            Err(NotTheStore::Another { place: place_text(), found, expected, memory: memory_text() })
        }
        (Some(_), None) => Err(NotTheStore::Unmarked { place: place_text(), memory: memory_text() }),
        // A store that is moved to a new machine keeps its id. It may be that another seed uses it.
        (None, Some(found)) => {
            ask(data_dir).and_then(|()| remember(data_dir, &found)).map_err(in_memory)?;
            Ok((dir, found))
        }
        (None, None) => {
            let entries = dir.read_dir(ROOT).map_err(unreachable)?;
            if entries.iter().any(|e| e.name != "lost+found") {
                return Err(NotTheStore::NotEmpty { place: place_text() });
            }
            let id: StoreId = format!("{:032x}", rand::rng().random::<u128>())
                .parse()
                .map_err(|e| unreachable(io::Error::other(e)))?;
            write_atomically(&*dir, &layout::marker(), format!("{id}\n").as_bytes()).map_err(unreachable)?;
            own(data_dir).and_then(|()| remember(data_dir, &id)).map_err(in_memory)?;
            Ok((dir, id))
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

fn remember(data_dir: &Path, id: &StoreId) -> io::Result<()> {
    write(data_dir, REMEMBERED, format!("{id}\n").as_bytes())
}

/// Whether the remembered store is not known to be this seed's.
pub(super) fn is_asked_for(data_dir: &Path) -> bool {
    data_dir.join(ASKED_FOR).exists()
}

/// The store is not known to be this seed's.
pub(super) fn ask(data_dir: &Path) -> io::Result<()> {
    write(data_dir, ASKED_FOR, b"")
}

/// The store is this seed's.
pub(super) fn own(data_dir: &Path) -> io::Result<()> {
    match fs::remove_file(data_dir.join(ASKED_FOR)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn write(data_dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    write_atomically(&RealDir::create(data_dir)?, &RelPath::new(name).map_err(io::Error::other)?, bytes)
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, time::Instant};

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
        fs::write(place.join("store-id"), "5".repeat(32)).unwrap();
        assert_eq!(store.check(true), Change::Went);
        assert!(store.dir().err().unwrap().0.contains("not the store"));
        fs::write(place.join("store-id"), "else").unwrap();
        assert_eq!(store.check(true), Change::None);
        assert!(store.dir().err().unwrap().0.contains("no store's id"));

        let full = tmp.path().join("full");
        fs::create_dir(&full).unwrap();
        fs::write(full.join("holiday.jpg"), "x").unwrap();
        let store = Store::new(full.clone(), tmp.path().join("data2"));
        assert_eq!(store.check(true), Change::None);
        assert!(store.dir().err().unwrap().0.contains("choose an empty folder"));
        assert_eq!(fs::read_dir(&full).unwrap().count(), 1);
    }

    #[test]
    fn a_marked_store_is_adopted_by_a_new_machine_once_the_tracker_agrees() {
        let (tmp, place, store) = world();
        store.check(true);
        assert!(!store.claim().unwrap().takes_over, "who made it asks for its own");
        let (moved, open) = (tmp.path().join("new-machine"), || {
            let store = Store::new(place.clone(), tmp.path().join("new-machine"));
            assert_eq!(store.check(true), Change::Came);
            store
        });
        for store in [open(), open()] {
            assert!(store.claim().unwrap().takes_over, "nobody has agreed");
            let refused = store.dir().unwrap().create_dir_all(&layout::tmp()).unwrap_err();
            assert!(refused.to_string().contains("until the tracker says"), "{refused}");
        }
        assert_eq!(fs::read_dir(&place).unwrap().count(), 1, "only the marker is there");
        let store = open();
        let claim = store.claim().unwrap();
        assert!(store.accept(&claim, Instant::now()).unwrap(), "it has to be made ready");
        assert!(store.dir().unwrap().create_dir_all(&layout::tmp()).is_err());
        store.dir_to_tidy().unwrap().create_dir_all(&layout::tmp()).unwrap();
        store.make_ready();
        store.dir().unwrap().create_dir_all(&layout::cache()).unwrap();
        assert!(!open().claim().unwrap().takes_over, "it is remembered");

        store.refuse(&store.claim().unwrap(), "cellar uses it").unwrap();
        assert_eq!(store.check(true), Change::Went);
        assert_eq!(store.problem().unwrap(), "cellar uses it");
        let claim = store.claim().unwrap();
        assert!(claim.takes_over && moved.join(REMEMBERED).exists(), "it asks again");
        store.accept(&claim, Instant::now()).unwrap();
        assert_eq!(store.check(true), Change::Came);
    }
}
