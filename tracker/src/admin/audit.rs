//! Who did what.

use mist_proto::http::AuditLog;

use crate::{
    app::App,
    auth::caller::Caller,
    clock::Mint,
    db::{self, DbError, Tx},
    error::Problem,
};

/// Entries that are shown.
const MAX_LISTED: i64 = 500;

/// Writes an entry in the transaction of what it is about, so that neither is there without the other.
///
/// # Errors
/// [`DbError`].
pub async fn note(
    tx: &mut Tx,
    mint: Mint<'_>,
    caller: &Caller,
    action: &str,
    subject: &str,
) -> Result<(), DbError> {
    db::audit::add(tx, &mint.id(), mint.now, &caller.name, action, subject).await
}

/// The newest entries.
///
/// # Errors
/// Only our own.
pub async fn list(app: &App) -> Result<AuditLog, Problem> {
    Ok(AuditLog { entries: db::audit::newest(&mut app.db.read().await?, MAX_LISTED).await? })
}
