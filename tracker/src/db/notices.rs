//! What is to be told elsewhere: an outbox whose rows are written with what they are about.

use mist_proto::{
    UnixMillis,
    http::{Notice, NoticeKind},
};

use super::{DbError, Tx};

/// Something to be told.
#[derive(Debug, Clone)]
pub struct NewNotice<'a> {
    /// Id.
    pub id: &'a str,
    /// Of what kind it is.
    pub kind: NoticeKind,
    /// What it is about: of one kind and subject, only one is written in [`NewNotice::again_after`].
    pub subject: &'a str,
    /// What is said.
    pub text: &'a str,
    /// Now.
    pub now: UnixMillis,
    /// Milliseconds for which the same is not said again; none for ever.
    pub again_after: Option<i64>,
}

/// Where and of what is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    /// The webhook: a secret.
    pub webhook: Option<String>,
    /// Kinds that are told.
    pub kinds: Vec<NoticeKind>,
}

/// A notice that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Id.
    pub id: String,
    /// Of what kind it is.
    pub kind: NoticeKind,
    /// What is said.
    pub text: String,
    /// How often it was tried.
    pub tries: u32,
}

/// Writes a notice, unless the same was said lately. Whether it did.
pub async fn add(tx: &mut Tx, n: &NewNotice<'_>) -> Result<bool, DbError> {
    let since = n.again_after.map_or(i64::MIN, |millis| n.now.0.saturating_sub(millis));
    let sql = "SELECT id FROM notices WHERE kind = $1 AND subject = $2 AND created > $3 LIMIT 1";
    if fetch!(fetch_optional, tx, (String,), sql, n.kind.as_str(), n.subject, since)?.is_some() {
        return Ok(false);
    }
    let sql = "INSERT INTO notices (id, kind, subject, text, created, due, tries) VALUES ($1, $2, $3, $4, $5, $5, 0)";
    execute!(tx, sql, n.id, n.kind.as_str(), n.subject, n.text, n.now.0)?;
    Ok(true)
}

/// Whether a notice is due.
pub async fn any_due(tx: &mut Tx, now: UnixMillis) -> Result<bool, DbError> {
    let sql = "SELECT id FROM notices WHERE delivered IS NULL AND failed IS NULL AND due <= $1 LIMIT 1";
    Ok(fetch!(fetch_optional, tx, (String,), sql, now.0)?.is_some())
}

/// When the next notice is due; none if nothing waits.
pub async fn next_due(tx: &mut Tx) -> Result<Option<UnixMillis>, DbError> {
    let sql = "SELECT MIN(due) FROM notices WHERE delivered IS NULL AND failed IS NULL";
    let (due,) = fetch!(fetch_one, tx, (Option<i64>,), sql)?;
    Ok(due.map(UnixMillis))
}

/// Gives up all that waits.
pub async fn give_up(tx: &mut Tx, why: &str, now: UnixMillis) -> Result<(), DbError> {
    let sql = "UPDATE notices SET failed = $2, failure = $1 WHERE delivered IS NULL AND failed IS NULL";
    execute!(tx, sql, why, now.0)?;
    Ok(())
}

/// Lets all that was written since then and given up be tried again.
pub async fn try_again(tx: &mut Tx, since: UnixMillis, now: UnixMillis) -> Result<(), DbError> {
    let sql =
        "UPDATE notices SET failed = NULL, tries = 0, due = $2 WHERE failed IS NOT NULL AND created >= $1";
    execute!(tx, sql, since.0, now.0)?;
    Ok(())
}

/// The next notice that is due, held until `until` so that nobody else sends it too.
pub async fn take(tx: &mut Tx, now: UnixMillis, until: UnixMillis) -> Result<Option<Due>, DbError> {
    let sql = "SELECT id, kind, text, tries FROM notices \
               WHERE delivered IS NULL AND failed IS NULL AND due <= $1 ORDER BY id LIMIT 1";
    let Some((id, kind, text, tries)) =
        fetch!(fetch_optional, tx, (String, String, String, i64), sql, now.0)?
    else {
        return Ok(None);
    };
    let sql =
        "UPDATE notices SET due = $2, tries = tries + 1 WHERE id = $1 AND due <= $3 AND delivered IS NULL";
    if execute!(tx, sql, &id, until.0, now.0)? == 0 {
        return Ok(None);
    }
    let kind = super::parse_state("notices.kind", kind)?;
    Ok(Some(Due { id, kind, text, tries: u32::try_from(tries).unwrap_or(u32::MAX).saturating_add(1) }))
}

/// Notes that a notice was taken.
pub async fn delivered(tx: &mut Tx, id: &str, now: UnixMillis) -> Result<(), DbError> {
    execute!(tx, "UPDATE notices SET delivered = $2, failure = NULL WHERE id = $1", id, now.0)?;
    Ok(())
}

/// Notes that a notice was not taken, and when it is tried again; never, if there is no time.
pub async fn missed(
    tx: &mut Tx,
    id: &str,
    why: &str,
    again: Option<UnixMillis>,
    now: UnixMillis,
) -> Result<(), DbError> {
    let failed = again.is_none().then_some(now.0);
    let due = again.unwrap_or(now).0;
    execute!(
        tx,
        "UPDATE notices SET failure = $2, due = $3, failed = $4 WHERE id = $1",
        id,
        why,
        due,
        failed
    )?;
    Ok(())
}

/// The newest notices.
pub async fn newest(tx: &mut Tx, limit: i64) -> Result<Vec<Notice>, DbError> {
    type Row = (String, String, i64, Option<i64>, Option<String>, Option<i64>);
    let sql = "SELECT kind, text, created, delivered, failure, failed FROM notices ORDER BY id DESC LIMIT $1";
    let rows = fetch!(fetch_all, tx, Row, sql, limit)?;
    let read = |(kind, text, created, delivered, failure, failed): Row| {
        Ok(Notice {
            kind: super::parse_state("notices.kind", kind)?,
            text,
            created: UnixMillis(created),
            delivered: delivered.map(UnixMillis),
            failure,
            given_up: failed.is_some(),
        })
    };
    rows.into_iter().map(read).collect()
}

/// Forgets what was said before.
pub async fn purge(tx: &mut Tx, before: UnixMillis) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM notices WHERE created < $1", before.0)?;
    Ok(())
}

/// Where and of what is told.
pub async fn target(tx: &mut Tx) -> Result<Target, DbError> {
    let sql = "SELECT webhook, kinds FROM notice_target WHERE position = 0";
    let Some((webhook, kinds)) = fetch!(fetch_optional, tx, (Option<String>, String), sql)? else {
        return Ok(Target { webhook: None, kinds: NoticeKind::ALL.to_vec() });
    };
    let kinds = NoticeKind::ALL.into_iter().filter(|k| kinds.split(',').any(|word| word == k.as_str()));
    Ok(Target { webhook, kinds: kinds.collect() })
}

/// Writes where and of what is told.
pub async fn set_target(tx: &mut Tx, target: &Target) -> Result<(), DbError> {
    let kinds = target.kinds.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(",");
    let sql = "INSERT INTO notice_target (position, webhook, kinds) VALUES (0, $1, $2) \
               ON CONFLICT (position) DO UPDATE SET webhook = excluded.webhook, kinds = excluded.kinds";
    execute!(tx, sql, target.webhook.as_deref(), kinds)?;
    Ok(())
}
