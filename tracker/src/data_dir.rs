//! The data dir: the tracker's key, the database's place, and the lock that keeps a second server out.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use mist_proto::claims::TrackerSecret;

use crate::{
    clock::Entropy,
    config::{Config, Database},
    db::Db,
};

/// Name of the file with the secret key.
const KEY_FILE: &str = "tracker.key";

/// Makes the data dir, open to its owner only, unless it is there.
///
/// # Errors
/// If it can't be made.
pub fn create(path: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("can't make the data dir {}", path.display()))
}

/// Keeps other servers out of a data dir for as long as it is held, and no longer, however the process ends.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "the lock is on the open file")] File);

/// Takes the data dir for this process.
///
/// # Errors
/// If another tracker serves from it.
pub fn lock(dir: &Path) -> anyhow::Result<Lock> {
    let path = dir.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("can't open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => bail!("another tracker serves from {}", dir.display()),
        Err(TryLockError::Error(e)) => Err(e).with_context(|| format!("can't lock {}", path.display())),
    }
}

/// Reads the secret key's 32 bytes, if there is one.
///
/// # Errors
/// If it can't be read or is not a key.
pub fn read_key(dir: &Path) -> anyhow::Result<Option<[u8; 32]>> {
    let path = dir.join(KEY_FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(e).with_context(|| format!("can't read {}", path.display())),
    };
    let key = <[u8; 32]>::try_from(bytes).ok();
    Ok(Some(key.with_context(|| format!("{} is not a tracker's key", path.display()))?))
}

/// Writes the secret key, durably, unless there is one.
///
/// # Errors
/// If it can't be written, or there is one already.
pub fn write_key(dir: &Path, seed: &[u8; 32]) -> anyhow::Result<()> {
    let path = dir.join(KEY_FILE);
    let failed = || format!("can't write {}", path.display());
    if path.exists() {
        bail!("{} is there already", path.display());
    }
    replace(dir, KEY_FILE, seed, 0o600).with_context(failed)
}

/// The tracker's signing key, made at the first start.
///
/// # Errors
/// If it can't be read or written.
pub fn load_or_create_key(dir: &Path, entropy: &dyn Entropy) -> anyhow::Result<TrackerSecret> {
    if let Some(seed) = read_key(dir)? {
        return Ok(TrackerSecret::from_seed(&seed));
    }
    let mut seed = [0; 32];
    entropy.fill(&mut seed);
    write_key(dir, &seed)?;
    Ok(TrackerSecret::from_seed(&seed))
}

/// Writes a file whole or not at all: aside, synced, renamed, and the folder synced.
///
/// # Errors
/// Those of the file system.
pub fn replace(dir: &Path, name: &str, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    let aside = dir.join(format!(".{name}.new"));
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(mode).open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&aside, dir.join(name))?;
    File::open(dir)?.sync_all()
}

/// Opens the configured database without touching its schema.
///
/// # Errors
/// If it can't be opened.
pub async fn open_database(config: &Config) -> anyhow::Result<Db> {
    match &config.database {
        Database::Sqlite(path) => {
            let db = Db::open_sqlite(path).await;
            db.with_context(|| format!("can't open the database {}", path.display()))
        }
        Database::Postgres(url) => Ok(Db::open_postgres(url).await.context("can't reach PostgreSQL")?),
    }
}

/// Where the running server says where it listens.
pub fn listen_file(dir: &Path) -> PathBuf {
    dir.join("listen")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::clock::SystemEntropy;

    #[test]
    fn the_key_is_made_once_and_is_private() {
        let dir = tempfile::tempdir().expect("temp");
        let data = dir.path().join("data");
        create(&data).expect("made");
        let first = load_or_create_key(&data, &SystemEntropy).expect("made").public();
        assert_eq!(load_or_create_key(&data, &SystemEntropy).expect("read").public(), first);
        let mode = |p: &Path| fs::metadata(p).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&data.join(KEY_FILE))), (0o700, 0o600));
        assert!(write_key(&data, &[1; 32]).is_err(), "never overwritten");
        fs::write(data.join(KEY_FILE), "short").expect("write");
        assert!(load_or_create_key(&data, &SystemEntropy).is_err(), "never replaced");
    }

    #[test]
    fn only_one_server_at_a_time() {
        let dir = tempfile::tempdir().expect("temp");
        let held = lock(dir.path()).expect("free");
        assert!(lock(dir.path()).is_err());
        drop(held);
        lock(dir.path()).expect("free again");
    }
}
