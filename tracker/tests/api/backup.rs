//! Dumping every table and loading it elsewhere.

use std::collections::BTreeSet;

use mist_proto::http::{BytesBySource, Operation, TransferReport};
use mist_tracker::db::{Db, Tx, dump};
use serde_json::{Map, Value};

use crate::tracker::{Plan, Tracker, peer};

type Rows = Vec<(&'static str, Map<String, Value>)>;

async fn everything(db: &Db) -> Rows {
    let mut tx = db.read().await.expect("a transaction");
    let mut all = vec![];
    for table in dump::tables() {
        // Small steps, so that paging is tried too.
        let mut skip = 0;
        loop {
            let rows = dump::rows(&mut tx, table, skip, 2).await.expect("rows");
            if rows.is_empty() {
                break;
            }
            skip += 2;
            all.extend(rows.into_iter().map(|r| (table, r)));
        }
    }
    all
}

pub(crate) async fn a_dump_loads_into_an_empty_database(t: &Tracker) {
    t.register_key().await;
    t.add_seed("seed").await;
    t.add_game("g", true).await;
    let plan = Plan::first("g");
    let id = t.publish(&plan).await;
    t.publish(&plan.next("2.0", id)).await;
    t.add_device("root", &peer(1)).await;
    let report = TransferReport {
        id: "r".into(),
        game: "g".parse().expect("slug"),
        operation: Operation::Update,
        from: None,
        to: "2.0".parse().expect("version"),
        bytes: BytesBySource::default(),
        wire: Some(BytesBySource { lan: 1, ..BytesBySource::default() }),
        finished: false,
    };
    t.post::<()>("root", "/swarm/reports", &report).await.expect("noted");

    let before = everything(&t.app.records.db).await;
    assert!(before.iter().any(|(table, _)| *table == "envelopes"));
    // Always into SQLite: on PostgreSQL this is the way from one engine to the other.
    let folder = tempfile::tempdir().expect("a folder");
    let other = Db::open_sqlite(&folder.path().join("other.db")).await.expect("a database");
    other.migrate().await.expect("the schema");
    let mut tx = other.write().await.expect("a transaction");
    for (table, row) in &before {
        dump::insert(&mut tx, table, row).await.unwrap_or_else(|e| panic!("{table}: {e}"));
    }
    tx.commit().await.expect("committed");
    assert_eq!(everything(&other).await, before);
    other.close().await;
}

pub(crate) async fn the_dump_knows_every_table_and_column(t: &Tracker) {
    let mut tx = t.app.records.db.read().await.expect("a transaction");
    let columns: Vec<(String, String)> = match &mut tx {
        Tx::Lite(c, _) => {
            let sql = "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c \
                       WHERE m.type = 'table'";
            sqlx::query_as(sql).fetch_all(&mut **c).await.expect("columns")
        }
        Tx::Pg(c, _) => {
            let sql = "SELECT table_name::TEXT, column_name::TEXT FROM information_schema.columns \
                       WHERE table_schema = 'public'";
            sqlx::query_as(sql).fetch_all(&mut **c).await.expect("columns")
        }
    };
    drop(tx);
    let schema: BTreeSet<(String, String)> = columns
        .into_iter()
        .filter(|(table, _)| !table.starts_with("_sqlx") && !table.starts_with("sqlite_"))
        .collect();
    let dumped: BTreeSet<(String, String)> =
        dump::columns().map(|(table, column)| (table.to_owned(), column.to_owned())).collect();
    assert_eq!(schema, dumped);
}
