//! Who did what.

use mist_proto::{UnixMillis, http::AuditEntry};

use super::{DbError, Tx};

/// The action of whoever made a recovery key.
pub const RECOVERY_KEY: &str = "release_key.recovery";

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

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only what this account did.
    pub actor: Option<String>,
    /// Only this action, or those of this kind.
    pub action: Option<String>,
    /// Only what was done to something that has this in its name.
    pub subject: Option<String>,
    /// Only what was done then or later.
    pub since: Option<i64>,
    /// Only what was done before then.
    pub until: Option<i64>,
}

/// A text in which no letter stands for others.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// A pattern for the actions of a kind.
fn kind_pattern(kind: &str) -> String {
    format!("{}.%", literal(kind))
}

/// The entries of a kind of which there are few, oldest first.
pub async fn of_kind(tx: &mut Tx, kind: &str) -> Result<Vec<AuditEntry>, DbError> {
    let sql = "SELECT at, actor, action, subject FROM audit WHERE action LIKE $1 ESCAPE '\\' ORDER BY at, id";
    let rows = fetch!(fetch_all, tx, (i64, String, String, String), sql, &kind_pattern(kind))?;
    let entry = |(at, actor, action, subject)| AuditEntry { at: UnixMillis(at), actor, action, subject };
    Ok(rows.into_iter().map(entry).collect())
}

/// Entries with their ids, newest first: those before `(at, id)`, or the newest.
pub async fn before(
    tx: &mut Tx,
    filter: &Filter,
    before: Option<&(i64, String)>,
    limit: i64,
) -> Result<Vec<(String, AuditEntry)>, DbError> {
    let (at, id) = before.map_or((i64::MAX, ""), |(at, id)| (*at, id.as_str()));
    // A filter that is not asked for leaves everything.
    let sql = "SELECT id, at, actor, action, subject FROM audit WHERE (at, id) < ($1, $2) \
               AND ($4 = '' OR actor = $4) AND ($5 = '' OR action = $5 OR action LIKE $6 ESCAPE '\\') \
               AND ($7 = '' OR LOWER(subject) LIKE $8 ESCAPE '\\') AND at >= $9 AND at < $10 \
               ORDER BY at DESC, id DESC LIMIT $3";
    let actor = filter.actor.as_deref().unwrap_or_default();
    let action = filter.action.as_deref().unwrap_or_default();
    let subject = filter.subject.as_deref().unwrap_or_default();
    let kind = kind_pattern(action);
    let part = format!("%{}%", literal(&subject.to_lowercase()));
    let (since, until) = (filter.since.unwrap_or(i64::MIN), filter.until.unwrap_or(i64::MAX));
    type Row = (String, i64, String, String, String);
    let rows =
        fetch!(fetch_all, tx, Row, sql, at, id, limit, actor, action, &kind, subject, &part, since, until)?;
    let entry =
        |(id, at, actor, action, subject)| (id, AuditEntry { at: UnixMillis(at), actor, action, subject });
    Ok(rows.into_iter().map(entry).collect())
}
