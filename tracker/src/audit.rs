//! Who did what.

use mist_proto::http::{AuditLog, PageQuery};

use crate::{
    auth::caller::Caller,
    clock::Mint,
    db::{self, DbError, Tx},
    error::Problem,
    http::page::Page,
    records::Records,
};

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

/// The entries, newest first.
///
/// # Errors
/// 400 `bad_cursor`, `bad_limit`.
pub async fn list(records: &Records, query: &PageQuery) -> Result<AuditLog, Problem> {
    let page = Page::<(i64, String)>::asked(query)?;
    let rows = db::audit::before(&mut records.read().await?, page.after.as_ref(), page.to_read()).await?;
    let (rows, next) = page.cut(rows, |(id, entry)| (entry.at.0, id.clone()));
    Ok(AuditLog { entries: rows.into_iter().map(|(_, entry)| entry).collect(), next })
}
