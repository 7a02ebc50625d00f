//! What a backup is, and how one is written.
//!
//! A backup is lines of JSON, compressed: a head with the tracker's key, then a line for each row of each table, then
//! the number of rows, so that a torn file is noticed.

use std::{io::Write, path::Path};

use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD as B64};
use mist_command_line::WholeFile;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::db::{Db, dump};

/// What the head of a backup says that it is.
pub const FORMAT: &str = "mist tracker backup 1";
/// Rows read at once; envelopes may have megabytes each.
const BATCH: i64 = 64;

/// A line of a backup.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// The first.
    Head {
        /// [`FORMAT`].
        format: String,
        /// The tracker's key, in base64.
        key: String,
    },
    /// A row of a table.
    Row {
        /// The table.
        table: String,
        /// Its columns.
        row: Map<String, Value>,
    },
    /// The last.
    End {
        /// How many rows came before.
        rows: u64,
    },
}

/// Writes the database and the tracker's key into a new file that only this user may read; returns how many rows. The file is there whole
/// or not at all. Blocks while it compresses.
///
/// # Errors
/// The file is there already or can't be written, or the database can't be read.
pub async fn write(db: &Db, key: &[u8; 32], file: &Path) -> anyhow::Result<u64> {
    // Holds password hashes and the tracker's key: for the operator only.
    let out = WholeFile::new_private(file).with_context(|| format!("can't write {}", file.display()))?;
    let mut out = zstd::Encoder::new(out, 9)?;
    let mut write = |line: &Line| -> anyhow::Result<()> {
        serde_json::to_writer(&mut out, line)?;
        Ok(out.write_all(b"\n")?)
    };
    write(&Line::Head { format: FORMAT.into(), key: B64.encode(key) })?;
    let mut rows = 0;
    // One transaction, so that the backup is of one moment although the tracker goes on.
    let mut tx = db.read().await?;
    for table in dump::tables() {
        let mut skip = 0;
        loop {
            let batch = dump::rows(&mut tx, table, skip, BATCH).await?;
            let got = i64::try_from(batch.len())?;
            for row in batch {
                write(&Line::Row { table: table.into(), row })?;
                rows += 1;
            }
            skip += got;
            if got < BATCH {
                break;
            }
        }
    }
    drop(tx);
    write(&Line::End { rows })?;
    out.finish()?.finish().with_context(|| format!("can't write {}", file.display()))?;
    Ok(rows)
}
