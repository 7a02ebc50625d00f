//! The release keys.

use mist_proto::key::ReleaseKey;

use super::{DbError, Tx, parse};

/// The release keys from the first to the present one, each but the first with its rotation in base64.
pub async fn release_keys(tx: &mut Tx) -> Result<Vec<(ReleaseKey, Option<String>)>, DbError> {
    let sql = "SELECT key, rotation FROM release_keys ORDER BY position";
    fetch!(fetch_all, tx, (String, Option<String>), sql)?
        .into_iter()
        .map(|(key, rotation)| Ok((parse("release_keys.key", &key)?, rotation)))
        .collect()
}

/// The key that signs builds now.
pub async fn current(tx: &mut Tx) -> Result<Option<ReleaseKey>, DbError> {
    Ok(release_keys(tx).await?.pop().map(|(key, _)| key))
}

/// Appends a key at `position`; [`DbError::is_taken`] if another one got there first.
pub async fn append(
    tx: &mut Tx,
    position: u64,
    key: &ReleaseKey,
    rotation: Option<&str>,
) -> Result<(), DbError> {
    let sql = "INSERT INTO release_keys (position, key, rotation) VALUES ($1, $2, $3)";
    execute!(tx, sql, super::int(position), key.to_string(), rotation)?;
    Ok(())
}
