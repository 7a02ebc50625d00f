//! Databases of every release so far, brought up to date.

use std::{collections::BTreeMap, fs, path::Path};

use mist_tracker::db::{Db, Tx, copies, dump, migrations};
use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;

use crate::postgres::Cluster;

/// What the release of that migration was the first to write.
fn rows_of(number: i64) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../migrations/rows/{number:04}.sql"));
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Makes what a release left whose newest migration is `newest`.
async fn leave(db: &Db, newest: i64) {
    for number in migrations::numbers().take_while(|&n| n <= newest) {
        db.migrate_up_to(number).await.expect("the schema");
        let mut tx = db.write().await.expect("a transaction");
        for statement in rows_of(number).lines() {
            let done = match &mut tx {
                Tx::Lite(c, _) => {
                    sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut **c).await.map(drop)
                }
                Tx::Pg(c, _) => {
                    let statement = statement.replace("X'", r"'\x");
                    sqlx::query(AssertSqlSafe(statement)).execute(&mut **c).await.map(drop)
                }
            };
            done.unwrap_or_else(|e| panic!("{statement}: {e}"));
        }
        tx.commit().await.expect("committed");
    }
}

async fn table(db: &Db, name: &str) -> Vec<Map<String, Value>> {
    let mut tx = db.read().await.expect("a transaction");
    dump::rows(&mut tx, name, 0, 100).await.expect("rows")
}

/// A cell of the row whose first cell is `id`.
async fn cell(db: &Db, name: &str, id: &str, column: &str) -> Value {
    let first = dump::columns().find(|(table, _)| *table == name).expect("a table").1;
    let row = table(db, name).await.into_iter().find(|row| row[first] == id);
    row.unwrap_or_else(|| panic!("no {id} in {name}"))[column].clone()
}

async fn is_all_there(db: &Db, newest: i64) {
    let mut written = BTreeMap::new();
    for number in migrations::numbers().take_while(|&n| n <= newest) {
        for statement in rows_of(number).lines() {
            if let Some(rest) = statement.strip_prefix("INSERT INTO ") {
                let name = rest.split(' ').next().expect("a table").to_owned();
                *written.entry(name).or_insert(0) += 1;
            }
        }
    }
    for (name, rows) in written {
        let found = table(db, &name).await.len();
        // What one seed had is written for each build.
        let fits = if name == "build_seeds" { found >= rows } else { found == rows };
        assert!(fits, "{found} rows of {rows} in {name}");
    }
    assert_eq!(cell(db, "games", "g1", "live_build").await, "b2");
    assert_eq!(cell(db, "envelopes", "b1", "bytes").await, "AP8Q");
    assert_eq!(cell(db, "transfers", "u1", "seed").await, 3);
    assert_eq!(cell(db, "builds", "b1", "kept").await, if newest < 3 { "whole" } else { "reverse" });
    let mut tx = db.read().await.expect("a transaction");
    assert_eq!(copies::of_game(&mut tx, "g1").await.expect("read"), ["s1"], "its seed is known");
}

async fn try_release(db: &Db, newest: i64) {
    leave(db, newest).await;
    // The second start finds nothing to do.
    for _ in 0..2 {
        db.migrate().await.unwrap_or_else(|e| panic!("from {newest}: {e}"));
    }
    is_all_there(db, newest).await;
    db.close().await;
}

#[tokio::test]
async fn every_release_is_upgraded_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    for newest in migrations::numbers() {
        let db = Db::open_sqlite(&folder.path().join(format!("{newest}.db"))).await.expect("a database");
        try_release(&db, newest).await;
    }
}

#[tokio::test]
async fn every_release_is_upgraded_on_postgres() {
    let cluster = Cluster::start();
    for newest in migrations::numbers() {
        let db = Db::open_postgres(&cluster.create(&format!("from_{newest}"))).await.expect("a database");
        try_release(&db, newest).await;
    }
}
