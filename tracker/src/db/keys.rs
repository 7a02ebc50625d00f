//! The release keys, and the tracker's own.

use mist_proto::key::ReleaseKey;

use super::{DbError, Tx, parse};

/// The seed of the tracker's own key, if it was made.
pub async fn tracker_key(tx: &mut Tx) -> Result<Option<[u8; 32]>, DbError> {
    let sql = "SELECT secret FROM tracker_keys WHERE position = 0";
    let Some((secret,)) = fetch!(fetch_optional, tx, (Vec<u8>,), sql)? else { return Ok(None) };
    let corrupt = |_| DbError::Corrupt { what: "tracker_keys.secret", source: "it has not 32 bytes".into() };
    secret.try_into().map(Some).map_err(corrupt)
}

/// Keeps a seed as the tracker's own key, unless there is one: of those who do this at the same moment, one does.
pub async fn keep_tracker_key(tx: &mut Tx, secret: &[u8; 32]) -> Result<(), DbError> {
    let sql = "INSERT INTO tracker_keys (position, secret) VALUES (0, $1) ON CONFLICT (position) DO NOTHING";
    execute!(tx, sql, secret.as_slice())?;
    Ok(())
}

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
