//! The release keys, and the tracker's own.

use base64::{Engine, engine::general_purpose::STANDARD as B64};
use mist_proto::{UnixMillis, key::ReleaseKey, publishers::Publishers};

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

/// The keys that may sign new builds: the release key, and those of publishers whom it names.
pub async fn publishing(tx: &mut Tx) -> Result<Vec<ReleaseKey>, DbError> {
    let Some(current) = current(tx).await? else { return Ok(Vec::new()) };
    let list = publishers(tx).await?.and_then(|text| {
        Publishers::decode_verified(&B64.decode(text).ok()?).ok().filter(|list| list.signed_by() == current)
    });
    let list = list.as_ref().map(Publishers::list).unwrap_or_default();
    let may = list.iter().filter(|publisher| publisher.may_publish).map(|publisher| publisher.key);
    Ok([current].into_iter().chain(may).collect())
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

/// The key that can take over from a release key.
pub struct Recovery {
    /// The key.
    pub key: ReleaseKey,
    /// When it was made.
    pub made: UnixMillis,
    /// By whom.
    pub by: String,
}

/// The recovery key that was made last for a release key.
pub async fn recovery(tx: &mut Tx, of: &ReleaseKey) -> Result<Option<Recovery>, DbError> {
    let sql = "SELECT key, made, made_by FROM recovery_keys WHERE release_key = $1";
    let found = fetch!(fetch_optional, tx, (String, i64, String), sql, of.to_string())?;
    let read = |(key, made, by): (String, i64, String)| {
        Ok(Recovery { key: parse("recovery_keys.key", &key)?, made: UnixMillis(made), by })
    };
    found.map(read).transpose()
}

/// Notes the recovery key of a release key, in the place of one before.
pub async fn set_recovery(tx: &mut Tx, of: &ReleaseKey, recovery: &Recovery) -> Result<(), DbError> {
    let sql = "INSERT INTO recovery_keys (release_key, key, made, made_by) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (release_key) DO UPDATE SET key = excluded.key, made = excluded.made, made_by = excluded.made_by";
    execute!(tx, sql, of.to_string(), recovery.key.to_string(), recovery.made.0, &recovery.by)?;
    Ok(())
}

/// The newest list of publishers, in base64.
pub async fn publishers(tx: &mut Tx) -> Result<Option<String>, DbError> {
    let sql = "SELECT statement FROM publisher_lists ORDER BY serial DESC LIMIT 1";
    Ok(fetch!(fetch_optional, tx, (String,), sql)?.map(|(statement,)| statement))
}

/// Keeps a list of publishers; [`DbError::is_taken`] if there is one of this serial.
pub async fn add_publishers(tx: &mut Tx, serial: u64, statement: &str) -> Result<(), DbError> {
    let sql = "INSERT INTO publisher_lists (serial, statement) VALUES ($1, $2)";
    execute!(tx, sql, super::int(serial), statement)?;
    Ok(())
}
