//! What was set while the server ran.

use std::collections::BTreeMap;

use mist_proto::UnixMillis;

use super::{DbError, Tx};

/// A setting's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// As it would be written in the file.
    pub value: String,
    /// Who set it.
    pub changed_by: String,
    /// When.
    pub changed: UnixMillis,
}

/// All of them, by name.
pub async fn all(tx: &mut Tx) -> Result<BTreeMap<String, Kept>, DbError> {
    let sql = "SELECT name, value, changed_by, changed FROM settings";
    let rows = fetch!(fetch_all, tx, (String, String, String, i64), sql)?;
    let kept =
        |(name, value, changed_by, changed)| (name, Kept { value, changed_by, changed: UnixMillis(changed) });
    Ok(rows.into_iter().map(kept).collect())
}

/// Writes one.
pub async fn set(tx: &mut Tx, name: &str, value: &str, by: &str, now: UnixMillis) -> Result<(), DbError> {
    let sql = "INSERT INTO settings (name, value, changed_by, changed) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (name) DO UPDATE SET value = excluded.value, changed_by = excluded.changed_by, \
               changed = excluded.changed";
    execute!(tx, sql, name, value, by, now.0)?;
    Ok(())
}

/// Forgets one; whether it was there.
pub async fn forget(tx: &mut Tx, name: &str) -> Result<bool, DbError> {
    Ok(execute!(tx, "DELETE FROM settings WHERE name = $1", name)? > 0)
}
