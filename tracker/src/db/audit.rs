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

/// The newest entries, newest first.
pub async fn newest(tx: &mut Tx, limit: i64) -> Result<Vec<AuditEntry>, DbError> {
    let sql = "SELECT at, actor, action, subject FROM audit ORDER BY at DESC, id DESC LIMIT $1";
    let rows = fetch!(fetch_all, tx, (i64, String, String, String), sql, limit)?;
    Ok(rows
        .into_iter()
        .map(|(at, actor, action, subject)| AuditEntry { at: UnixMillis(at), actor, action, subject })
        .collect())
}
