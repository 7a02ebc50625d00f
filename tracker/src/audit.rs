//! Who did what.

use mist_proto::http::{AuditLog, AuditQuery, PageQuery};

use crate::{
    auth::caller::Caller,
    clock::Mint,
    db::{self, DbError, Tx},
    error::Problem,
    http::page::Page,
    records::Records,
};

/// The actor of what the server does by itself. No account can be called so.
pub const SERVER: &str = "the server";

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

/// The longest filter, in bytes.
const MAX_FILTER: usize = 200;

/// The entries that the filters leave, newest first.
///
/// # Errors
/// 400 `bad_cursor`, `bad_limit`, `bad_request`.
pub async fn list(records: &Records, query: &AuditQuery) -> Result<AuditLog, Problem> {
    let AuditQuery { after, limit, actor, action, subject, since, until } = query.clone();
    if [&actor, &action, &subject].into_iter().flatten().any(|filter| filter.len() > MAX_FILTER) {
        return Err(Problem::invalid("bad_request", format!("a filter has at most {MAX_FILTER} bytes")));
    }
    let page = Page::<(i64, String)>::asked(&PageQuery { after, limit })?;
    let filter = db::audit::Filter {
        actor: actor.filter(|text| !text.is_empty()),
        action: action.filter(|text| !text.is_empty()),
        subject: subject.filter(|text| !text.is_empty()),
        since,
        until,
    };
    let rows =
        db::audit::before(&mut records.read().await?, &filter, page.after.as_ref(), page.to_read()).await?;
    let (rows, next) = page.cut(rows, |(id, entry)| (entry.at.0, id.clone()));
    Ok(AuditLog { entries: rows.into_iter().map(|(_, entry)| entry).collect(), next })
}
