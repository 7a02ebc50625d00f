//! What friends received.

use std::collections::HashMap;

use mist_proto::{
    Slug, UnixMillis,
    http::{BytesBySource, Operation, TransferReport},
};

use super::{DbError, Tx, count, int, parse};

fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Install => "install",
        Operation::Update => "update",
        Operation::Switch => "switch",
        Operation::Repair => "repair",
    }
}

/// Writes what one operation has moved so far. A report that comes late never lowers a number.
pub async fn put(tx: &mut Tx, user: &str, r: &TransferReport, now: UnixMillis) -> Result<(), DbError> {
    // MAX of two values is GREATEST on PostgreSQL; CASE is the same on both.
    let sql = "INSERT INTO transfers (user_id, id, game, operation, from_version, to_version, lan, tailnet, \
               internet, seed, https, finished, created, updated) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) \
               ON CONFLICT (user_id, id) DO UPDATE SET \
               lan = CASE WHEN excluded.lan > transfers.lan THEN excluded.lan ELSE transfers.lan END, \
               tailnet = CASE WHEN excluded.tailnet > transfers.tailnet THEN excluded.tailnet ELSE transfers.tailnet END, \
               internet = CASE WHEN excluded.internet > transfers.internet THEN excluded.internet ELSE transfers.internet END, \
               seed = CASE WHEN excluded.seed > transfers.seed THEN excluded.seed ELSE transfers.seed END, \
               https = CASE WHEN excluded.https > transfers.https THEN excluded.https ELSE transfers.https END, \
               finished = (excluded.finished OR transfers.finished), updated = excluded.updated";
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
        now.0
    )?;
    Ok(())
}

/// Bytes received of each game.
pub async fn by_game(tx: &mut Tx) -> Result<HashMap<Slug, BytesBySource>, DbError> {
    let sql = "SELECT game, CAST(SUM(lan) AS BIGINT), CAST(SUM(tailnet) AS BIGINT), \
               CAST(SUM(internet) AS BIGINT), CAST(SUM(seed) AS BIGINT), CAST(SUM(https) AS BIGINT) FROM transfers GROUP BY game";
    fetch!(fetch_all, tx, (String, i64, i64, i64, i64, i64), sql)?
        .into_iter()
        .map(|(game, lan, tailnet, internet, seed, https)| {
            let bytes = BytesBySource {
                lan: count(lan),
                tailnet: count(tailnet),
                internet: count(internet),
                seed: count(seed),
                https: count(https),
            };
            Ok((parse("transfers.game", &game)?, bytes))
        })
        .collect()
}
