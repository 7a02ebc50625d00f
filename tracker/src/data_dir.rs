//! The data dir: the tracker's key, the database's place, and the lock that keeps a second server out.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use mist_command_line::WholeFile;
use mist_proto::claims::TrackerSecret;

use crate::{
    clock::Entropy,
    config::{Config, Database},
    db::{self, Db},
};

/// Name of the file with the secret key.
const KEY_FILE: &str = "tracker.key";

/// Makes the data dir, open to its owner only, unless it is there. One that others may look into is told of: what is secret
/// in it is private by itself, the names are not.
///
/// # Errors
/// If it can't be made.
pub fn create(path: &Path) -> anyhow::Result<()> {
    if fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0) {
        tracing::warn!("others may look into the data dir {}: `chmod 700` it", path.display());
    }
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
    WholeFile::write_with_mode(&dir.join(KEY_FILE), seed, 0o600).with_context(failed)
}

/// The tracker's signing key. It is in the database, so that all trackers of one have the same: the first that starts
/// brings the one of its file, which earlier releases made, or makes one. The file is a copy, by which such a release
/// goes on if an upgrade is undone.
///
/// # Errors
/// If the database or the file can't be read or written, or the file holds another key.
pub async fn signing_key(dir: &Path, db: &Db, entropy: &dyn Entropy) -> anyhow::Result<TrackerSecret> {
    let of_file = read_key(dir)?;
    let known = db::keys::tracker_key(&mut db.read().await?).await?;
    let seed = match known {
        Some(seed) => seed,
        None => agree_on_key(db, of_file.unwrap_or_else(|| new_seed(entropy))).await?,
    };
    match of_file {
        None => write_key(dir, &seed)?,
        Some(other) if other != seed => bail!(
            "{} is the key of another tracker than the database's: if this one shall serve beside the others of that \
             database, move the file away; if the database is the wrong one, name the right one",
            dir.join(KEY_FILE).display()
        ),
        Some(_) => {}
    }
    Ok(TrackerSecret::from_seed(&seed))
}

fn new_seed(entropy: &dyn Entropy) -> [u8; 32] {
    let mut seed = [0; 32];
    entropy.fill(&mut seed);
    seed
}

/// Keeps `candidate` as the key, or reads the one that another tracker kept first.
async fn agree_on_key(db: &Db, candidate: [u8; 32]) -> anyhow::Result<[u8; 32]> {
    let mut tx = db.write().await?;
    db::keys::keep_tracker_key(&mut tx, &candidate).await?;
    let kept = db::keys::tracker_key(&mut tx).await?;
    tx.commit().await?;
    kept.context("the database does not keep the tracker's key")
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
    use super::*;
    use crate::clock::SystemEntropy;

    async fn database(folder: &Path) -> Db {
        let db = Db::open_sqlite(&folder.join("mist.db")).await.expect("opened");
        db.migrate().await.expect("the schema");
        db
    }

    #[tokio::test]
    async fn password_hashes_are_private_whatever_the_folder_is() {
        let dir = tempfile::tempdir().expect("temp");
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("set");
        let mode = |name: &str| fs::metadata(dir.path().join(name)).expect(name).permissions().mode() & 0o777;
        let db = database(dir.path()).await;
        for name in ["mist.db", "mist.db-wal", "mist.db-shm"] {
            assert_eq!(mode(name), 0o600, "{name}");
        }
        db.close().await;
        // As an earlier release left it.
        fs::set_permissions(dir.path().join("mist.db"), fs::Permissions::from_mode(0o644)).expect("set");
        let _again = database(dir.path()).await;
        assert_eq!(mode("mist.db"), 0o600);
    }

    #[tokio::test]
    async fn the_key_is_made_once_and_is_private() {
        let dir = tempfile::tempdir().expect("temp");
        let data = dir.path().join("data");
        create(&data).expect("made");
        let db = database(dir.path()).await;
        let key = async || signing_key(&data, &db, &SystemEntropy).await.map(|secret| secret.public());
        let first = key().await.expect("made");
        assert_eq!(key().await.expect("read"), first);
        let mode = |p: &Path| fs::metadata(p).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&data.join(KEY_FILE))), (0o700, 0o600));
        assert!(write_key(&data, &[1; 32]).is_err(), "never overwritten");
        fs::remove_file(data.join(KEY_FILE)).expect("removed");
        assert_eq!(key().await.expect("read"), first, "the database has it");
        assert!(data.join(KEY_FILE).exists(), "and the copy is there again");
        fs::write(data.join(KEY_FILE), [1; 32]).expect("write");
        let told = key().await.expect_err("another tracker's").to_string();
        assert!(told.contains("move the file away"), "{told}");
        fs::write(data.join(KEY_FILE), "short").expect("write");
        assert!(key().await.is_err(), "never replaced");
    }

    #[tokio::test]
    async fn the_key_of_an_earlier_release_is_taken_over() {
        let dir = tempfile::tempdir().expect("temp");
        write_key(dir.path(), &[3; 32]).expect("written");
        let db = database(dir.path()).await;
        let key = signing_key(dir.path(), &db, &SystemEntropy).await.expect("taken over");
        assert_eq!(key.public(), TrackerSecret::from_seed(&[3; 32]).public());
        let elsewhere = tempfile::tempdir().expect("temp");
        let other = signing_key(elsewhere.path(), &db, &SystemEntropy).await.expect("read");
        assert_eq!(other.public(), key.public(), "a tracker beside it has the same");
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
