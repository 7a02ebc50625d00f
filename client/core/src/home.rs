//! Where a client keeps its state: one folder, `MIST_HOME`.
//!
//! ```text
//! identity                    Ed25519 key of this device
//! settings.json  library.json
//! plays.json                  when and how long games were played
//! queue.json                  operations that wait, are paused, or have ended not long ago
//! current                     the server that the client is signed in at
//! servers/<key>/identities/   one file an account, where another account of the server has the device's own
//! servers/<key>/              pins, address, session, cached catalogue, manifests, tickets, known peers
//! cache/patches/<game>/       patches, bounded
//! reports/                    transfer reports that the tracker has not got yet
//! engine.lock  engine.json    held by the process that runs the home's engine, and how to reach it
//! locks/                      one file a game: held while it is worked on
//! ```
//!
//! A server is its key ([`ServerId`]): its address may change. [`legacy`] takes over homes that were laid out by host.
//!
//! JSON files are replaced whole, so that a crash leaves the old one or the new one. What a power loss spoilt all the same is put
//! aside as `<name>.broken` ([`tend`]).

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use mist_proto::{Slug, claims::TrackerKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

pub(crate) mod legacy;
pub(crate) mod tend;

/// The client's folder.
#[derive(Debug, Clone)]
pub struct Home(PathBuf);

/// A server: its tracker's public key, as 64 hex digits. Names the folder of what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerId(String);

impl ServerId {
    /// The server with this key.
    pub(crate) fn of(key: TrackerKey) -> Self {
        Self(key.to_string())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ServerId {
    type Error = mist_proto::key::InvalidKey;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self::of)
    }
}

impl From<ServerId> for String {
    fn from(id: ServerId) -> Self {
        id.0
    }
}

impl std::fmt::Display for ServerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A file of the client that can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}", path = path.display())]
pub struct HomeError {
    /// The file.
    pub path: PathBuf,
    /// What went wrong.
    pub source: io::Error,
}

impl HomeError {
    /// Whether the disk is full.
    pub(crate) fn is_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }

    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        move |source| Self { path: path.to_owned(), source }
    }
}

impl Home {
    /// Opens the client's folder, made if it is missing and readable by its owner only.
    ///
    /// # Errors
    /// If it can't be made.
    pub fn open(root: &Path) -> Result<Self, HomeError> {
        make_private_dir(root).map_err(HomeError::at(root))?;
        Ok(Self(root.to_owned()))
    }

    /// Takes the right to run this home's engine; `None` if another process has it.
    ///
    /// # Errors
    /// If the lock can't be looked at.
    pub fn own(&self) -> Result<Option<Ownership>, HomeError> {
        let lock = FileLock::try_take(&self.0.join("engine.lock"))?;
        Ok(lock.map(|lock| Ownership { home: self.clone(), _lock: lock }))
    }

    /// Where the process that runs the engine says how it is reached.
    pub fn engine_file(&self) -> PathBuf {
        self.0.join("engine.json")
    }

    /// Where the folder is by default: `$XDG_DATA_HOME/mist`, `%APPDATA%\mist` or `~/.local/share/mist`, whichever the
    /// environment names first.
    pub fn default_root(env: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<PathBuf> {
        let dir = |name| env(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        dir("XDG_DATA_HOME")
            .or_else(|| dir("APPDATA"))
            .or_else(|| dir("HOME").map(|home| home.join(".local/share")))
            .map(|data| data.join("mist"))
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.0
    }

    pub(crate) fn identity(&self) -> PathBuf {
        self.0.join("identity")
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.0.join("settings.json")
    }

    pub(crate) fn library(&self) -> PathBuf {
        self.0.join("library.json")
    }

    pub(crate) fn current(&self) -> PathBuf {
        self.0.join("current")
    }

    pub(crate) fn servers(&self) -> PathBuf {
        self.0.join("servers")
    }

    pub(crate) fn server(&self, id: &ServerId) -> PathBuf {
        self.servers().join(id.as_str())
    }

    pub(crate) fn queue(&self) -> PathBuf {
        self.0.join("queue.json")
    }

    pub(crate) fn plays(&self) -> PathBuf {
        self.0.join("plays.json")
    }

    pub(crate) fn runners(&self) -> PathBuf {
        self.0.join("runners.json")
    }

    /// What a runner takes for a game's Windows machine.
    pub(crate) fn prefix(&self, game: &Slug) -> PathBuf {
        self.0.join("prefixes").join(game.as_str())
    }

    pub(crate) fn patches(&self) -> PathBuf {
        self.0.join("cache").join("patches")
    }

    pub(crate) fn reports(&self) -> PathBuf {
        self.0.join("reports")
    }

    /// Where games are installed unless somebody says otherwise.
    pub(crate) fn games(&self) -> PathBuf {
        self.0.join("games")
    }

    pub(crate) fn game_lock(&self, game: &Slug) -> PathBuf {
        self.0.join("locks").join(game.as_str())
    }
}

/// The right to run a home's engine, of one process at a time. It ends when this is dropped, or when the process dies.
#[derive(Debug)]
pub struct Ownership {
    home: Home,
    _lock: FileLock,
}

impl Ownership {
    /// The home.
    pub fn home(&self) -> &Home {
        &self.home
    }
}

fn make_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Replaces the file at `path`, making the folders above it. A private one is readable by its owner only.
pub fn write_file(path: &Path, bytes: &[u8], private: bool) -> Result<(), HomeError> {
    replace(path, bytes, private).map_err(HomeError::at(path))
}

fn replace(path: &Path, bytes: &[u8], private: bool) -> io::Result<()> {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let parent = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    // Two processes, or two tasks of one, may write the same file at once: each has a temporary name of its own.
    let (process, nth) = (std::process::id(), WRITTEN.fetch_add(1, Ordering::Relaxed));
    let tmp = path.with_extension(format!("{process}-{nth}.tmp"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if private { 0o600 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = private;
    let mut file = options.open(&tmp)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&tmp, path));
    if written.is_err() {
        // The error that matters is the first one.
        let _ = fs::remove_file(&tmp);
    }
    written?;
    sync_dir(parent)
}

/// The names in a folder survive a power loss.
#[cfg(unix)]
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
pub(crate) fn sync_dir(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Reads a file that may be missing.
pub(crate) fn read_file(path: &Path) -> Result<Option<Vec<u8>>, HomeError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(HomeError { path: path.to_owned(), source }),
    }
}

/// The entries of a folder; none if it is not there.
pub(crate) fn entries(folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(e),
    }
}

/// Removes a file that may be missing.
pub fn remove_file(path: &Path) -> Result<(), HomeError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(HomeError { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Replaces the file at `path` by `value` as JSON. A private one is readable by its owner only.
pub fn write_json<T: Serialize>(path: &Path, value: &T, private: bool) -> Result<(), HomeError> {
    let bytes = serde_json::to_vec_pretty(value).map_err(|e| HomeError::at(path)(e.into()))?;
    write_file(path, &bytes, private)
}

/// Reads a JSON file that may be missing.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, HomeError> {
    let Some(bytes) = read_file(path)? else { return Ok(None) };
    serde_json::from_slice(&bytes).map(Some).map_err(|e| HomeError::at(path)(e.into()))
}

/// An advisory lock between processes, held until it is dropped.
#[derive(Debug)]
pub(crate) struct FileLock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl FileLock {
    /// Takes the lock if nobody holds it.
    pub(crate) fn try_take(path: &Path) -> Result<Option<Self>, HomeError> {
        let file = Self::open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(source)) => Err(HomeError { path: path.to_owned(), source }),
        }
    }

    /// Waits for the lock. Blocks the thread: only for locks that are held for a moment.
    pub(crate) fn take(path: &Path) -> Result<Self, HomeError> {
        let file = Self::open(path)?;
        file.lock().map_err(HomeError::at(path))?;
        Ok(Self(file))
    }

    fn open(path: &Path) -> Result<File, HomeError> {
        let open = || {
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            OpenOptions::new().write(true).create(true).truncate(false).open(path)
        };
        open().map_err(HomeError::at(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_may_write_one_file_at_once() {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("tickets.json");
        std::thread::scope(|scope| {
            let write = |n: u8| write_file(&path, &[n; 1000], true);
            let all: Vec<_> =
                (0..8).map(|n| scope.spawn(move || (0..20).try_for_each(|_| write(n)))).collect();
            for one in all {
                one.join().expect("no panic").expect("written");
            }
        });
        let left: Vec<_> =
            fs::read_dir(home.path()).expect("read").flatten().map(|e| e.file_name()).collect();
        assert_eq!(left, ["tickets.json"]);
        let bytes = fs::read(&path).expect("read");
        assert!(bytes.len() == 1000 && bytes.iter().all(|byte| *byte == bytes[0]));
    }

    #[test]
    fn a_server_is_a_key_and_nothing_else() {
        let key = mist_proto::claims::TrackerSecret::from_seed(&[7; 32]).public();
        let id = ServerId::of(key);
        assert_eq!(ServerId::try_from(id.to_string()), Ok(id));
        for other in ["../../evil", "127.0.0.1_8080", "", &"z".repeat(64), &"0".repeat(63)] {
            assert!(ServerId::try_from(other.to_owned()).is_err(), "{other}");
        }
    }

    #[test]
    fn files_are_replaced_and_private_ones_stay_private() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("a/b.json");
        assert!(read_json::<u32>(&path).expect("missing is fine").is_none());
        for value in [1u32, 2] {
            write_json(&path, &value, true).expect("written");
            assert_eq!(read_json::<u32>(&path).expect("read"), Some(value));
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).expect("meta").permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(dir.path().join("a")).expect("dir").count(), 1, "no temporary file is left");
    }

    #[test]
    fn a_lock_is_held_until_dropped() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("locks/game");
        let held = FileLock::try_take(&path).expect("io").expect("free");
        assert!(FileLock::try_take(&path).expect("io").is_none());
        drop(held);
        assert!(FileLock::try_take(&path).expect("io").is_some());
    }

    #[test]
    fn the_environment_names_the_default() {
        let env = |pairs: &'static [(&str, &str)]| {
            move |name: &str| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).into())
        };
        assert_eq!(Home::default_root(env(&[("HOME", "/h")])), Some("/h/.local/share/mist".into()));
        assert_eq!(
            Home::default_root(env(&[("HOME", "/h"), ("XDG_DATA_HOME", "/x")])),
            Some("/x/mist".into())
        );
        assert_eq!(Home::default_root(env(&[("HOME", "")])), None);
    }
}
