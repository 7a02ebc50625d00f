//! What friends received.

use std::collections::HashMap;

use mist_proto::{
    Slug, UnixMillis, Version,
    http::{BytesBySource, Operation, TransferReport},
};

use sqlx::AssertSqlSafe;

use super::{DbError, Tx, count, int, parse};

/// The most bytes of one class that an operation can have moved; rows with more are not counted.
pub const MOST: u64 = 1 << 50;

fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Install => "install",
        Operation::Update => "update",
        Operation::Switch => "switch",
        Operation::Repair => "repair",
    }
}

/// The content that was written of that operation already, if anything was. Other reports of the account wait until this
/// transaction ends, so that what is new of two is not counted twice.
pub async fn hold(tx: &mut Tx, user: &str, id: &str) -> Result<Option<BytesBySource>, DbError> {
    execute!(tx, "UPDATE users SET created = created WHERE id = $1", user)?;
    let sql = "SELECT lan, tailnet, internet, seed, https FROM transfers WHERE user_id = $1 AND id = $2";
    let row = fetch!(fetch_optional, tx, (i64, i64, i64, i64, i64), sql, user, id)?;
    Ok(row.map(|(lan, tailnet, internet, seed, https)| {
        let [lan, tailnet, internet, seed, https] = [lan, tailnet, internet, seed, https].map(count);
        BytesBySource { lan, tailnet, internet, seed, https }
    }))
}

/// Writes what one operation has moved so far. A report that comes late never lowers a number.
pub async fn put(tx: &mut Tx, user: &str, r: &TransferReport, now: UnixMillis) -> Result<(), DbError> {
    // MAX of two values is GREATEST on PostgreSQL; CASE is the same on both.
    let sql = "INSERT INTO transfers (user_id, id, game, operation, from_version, to_version, lan, tailnet, internet, seed, \
               https, finished, created, updated, wire_lan, wire_tailnet, wire_internet, wire_seed, wire_https) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, $15, $16, $17, $18) \
               ON CONFLICT (user_id, id) DO UPDATE SET \
               lan = CASE WHEN excluded.lan > transfers.lan THEN excluded.lan ELSE transfers.lan END, \
               tailnet = CASE WHEN excluded.tailnet > transfers.tailnet THEN excluded.tailnet ELSE transfers.tailnet END, \
               internet = CASE WHEN excluded.internet > transfers.internet THEN excluded.internet ELSE transfers.internet END, \
               seed = CASE WHEN excluded.seed > transfers.seed THEN excluded.seed ELSE transfers.seed END, \
               https = CASE WHEN excluded.https > transfers.https THEN excluded.https ELSE transfers.https END, \
               wire_lan = CASE WHEN transfers.wire_lan IS NULL OR excluded.wire_lan > transfers.wire_lan \
               THEN excluded.wire_lan ELSE transfers.wire_lan END, \
               wire_tailnet = CASE WHEN transfers.wire_tailnet IS NULL OR excluded.wire_tailnet > transfers.wire_tailnet \
               THEN excluded.wire_tailnet ELSE transfers.wire_tailnet END, \
               wire_internet = CASE WHEN transfers.wire_internet IS NULL OR excluded.wire_internet > transfers.wire_internet \
               THEN excluded.wire_internet ELSE transfers.wire_internet END, \
               wire_seed = CASE WHEN transfers.wire_seed IS NULL OR excluded.wire_seed > transfers.wire_seed \
               THEN excluded.wire_seed ELSE transfers.wire_seed END, \
               wire_https = CASE WHEN transfers.wire_https IS NULL OR excluded.wire_https > transfers.wire_https \
               THEN excluded.wire_https ELSE transfers.wire_https END, \
               finished = (excluded.finished OR transfers.finished), updated = excluded.updated";
    let wire = |part: fn(&BytesBySource) -> u64| r.wire.as_ref().map(|bytes| int(part(bytes)));
    execute!(
        tx,
        sql,
        user,
        &r.id,
        r.game.as_str(),
        word(r.operation),
        r.from.as_ref().map(|v| v.as_str().to_owned()),
        r.to.as_str(),
        int(r.bytes.lan),
        int(r.bytes.tailnet),
        int(r.bytes.internet),
        int(r.bytes.seed),
        int(r.bytes.https),
        r.finished,
        now.0,
        wire(|b| b.lan),
        wire(|b| b.tailnet),
        wire(|b| b.internet),
        wire(|b| b.seed),
        wire(|b| b.https)
    )?;
    Ok(())
}

/// The version that each account's last finished operation on a game led to.
pub async fn last_versions(tx: &mut Tx, game: &Slug) -> Result<Vec<Version>, DbError> {
    let sql = "SELECT t.to_version FROM transfers t WHERE t.game = $1 AND t.finished AND NOT EXISTS \
               (SELECT 1 FROM transfers n WHERE n.game = t.game AND n.user_id = t.user_id AND n.finished \
               AND (n.updated > t.updated OR (n.updated = t.updated AND n.id > t.id)))";
    let rows = fetch!(fetch_all, tx, (String,), sql, game.as_str())?;
    rows.into_iter().map(|(version,)| parse("transfers.to_version", &version)).collect()
}

/// What friends received of a game.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Received {
    /// Verified content.
    pub content: BytesBySource,
    /// What came over the network for it; content where a client did not tell.
    pub wire: BytesBySource,
}

row! {
    /// Sums are floating-point numbers, which can't overflow; up to 9 PB they are exact.
    struct Row {
        game: String,
        lan: f64,
        tailnet: f64,
        internet: f64,
        seed: f64,
        https: f64,
        wire_lan: f64,
        wire_tailnet: f64,
        wire_internet: f64,
        wire_seed: f64,
        wire_https: f64,
    }
}

impl From<&Row> for Received {
    fn from(r: &Row) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
        let bytes = |sums: [f64; 5]| {
            let [lan, tailnet, internet, seed, https] = sums.map(|sum| sum as u64);
            BytesBySource { lan, tailnet, internet, seed, https }
        };
        Self {
            content: bytes([r.lan, r.tailnet, r.internet, r.seed, r.https]),
            wire: bytes([r.wire_lan, r.wire_tailnet, r.wire_internet, r.wire_seed, r.wire_https]),
        }
    }
}

/// The sum of a column, or of what stands for it, without what no operation can have moved.
fn sum(column: &str, of: &str) -> String {
    format!(
        "COALESCE(SUM(CAST(CASE WHEN {of} BETWEEN 0 AND {MOST} THEN {of} ELSE 0 END AS DOUBLE PRECISION)), 0) AS {column}"
    )
}

/// What was received of each game.
pub async fn by_game(tx: &mut Tx) -> Result<HashMap<Slug, Received>, DbError> {
    const CLASSES: [&str; 5] = ["lan", "tailnet", "internet", "seed", "https"];
    let content = CLASSES.iter().map(|class| sum(class, class));
    let wire = CLASSES
        .iter()
        .map(|class| sum(&format!("wire_{class}"), &format!("COALESCE(wire_{class}, {class})")));
    let columns: Vec<String> = content.chain(wire).collect();
    let sql = AssertSqlSafe(format!("SELECT game, {} FROM transfers GROUP BY game", columns.join(", ")));
    fetch!(fetch_all, tx, Row, sql)?
        .iter()
        .map(|row| Ok((parse("transfers.game", &row.game)?, Received::from(row))))
        .collect()
}

/// Forgets all but the newest `most` operations of an account.
pub async fn keep_newest(tx: &mut Tx, user: &str, most: u64) -> Result<(), DbError> {
    let sql = "DELETE FROM transfers WHERE user_id = $1 AND id IN \
               (SELECT id FROM transfers WHERE user_id = $1 ORDER BY created DESC, id LIMIT 1000 OFFSET $2)";
    execute!(tx, sql, user, int(most))?;
    Ok(())
}
