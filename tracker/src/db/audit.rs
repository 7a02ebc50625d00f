//! Who did what.

use mist_proto::{UnixMillis, http::AuditEntry};

use super::{DbError, Tx};

/// Writes one entry.
pub async fn add(
    tx: &mut Tx,
    id: &str,
    at: UnixMillis,
    actor: &str,
    action: &str,
    subject: &str,
) -> Result<(), DbError> {
    let sql = "INSERT INTO audit (id, at, actor, action, subject) VALUES ($1, $2, $3, $4, $5)";
    execute!(tx, sql, id, at.0, actor, action, subject)?;
    Ok(())
}

/// Entries with their ids, newest first: those before `(at, id)`, or the newest.
pub async fn before(
    tx: &mut Tx,
    before: Option<&(i64, String)>,
    limit: i64,
) -> Result<Vec<(String, AuditEntry)>, DbError> {
    let (at, id) = before.map_or((i64::MAX, ""), |(at, id)| (*at, id.as_str()));
    let sql = "SELECT id, at, actor, action, subject FROM audit WHERE (at, id) < ($1, $2) \
               ORDER BY at DESC, id DESC LIMIT $3";
    let rows = fetch!(fetch_all, tx, (String, i64, String, String, String), sql, at, id, limit)?;
    let entry =
        |(id, at, actor, action, subject)| (id, AuditEntry { at: UnixMillis(at), actor, action, subject });
    Ok(rows.into_iter().map(entry).collect())
}
