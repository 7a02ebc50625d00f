//! What spot checks of builds at friends found.

use std::collections::HashMap;

use mist_proto::{UnixMillis, http::Sampled};

use super::{DbError, Tx, count, int};

row! {
    struct Row {
        build_id: String,
        ended: i64,
        asked: i64,
        proved: i64,
    }
}

/// Writes what a spot check of a build found, in place of what the one before did.
pub async fn put(tx: &mut Tx, build: &str, found: &Sampled) -> Result<(), DbError> {
    let sql = "INSERT INTO build_samples (build_id, ended, asked, proved) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (build_id) DO UPDATE SET ended = excluded.ended, asked = excluded.asked, proved = excluded.proved";
    execute!(tx, sql, build, found.at.0, int(found.asked), int(found.proved))?;
    Ok(())
}

/// What was found of a game's builds, by their ids.
pub async fn of_game(tx: &mut Tx, game: &str) -> Result<HashMap<String, Sampled>, DbError> {
    let sql = "SELECT s.build_id, s.ended, s.asked, s.proved FROM build_samples s \
               JOIN builds b ON b.id = s.build_id WHERE b.game_id = $1";
    let rows = fetch!(fetch_all, tx, Row, sql, game)?;
    let found = |r: Row| Sampled { at: UnixMillis(r.ended), asked: count(r.asked), proved: count(r.proved) };
    Ok(rows.into_iter().map(|r| (r.build_id.clone(), found(r))).collect())
}
