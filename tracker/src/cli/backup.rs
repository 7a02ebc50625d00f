//! `tracker backup`, `tracker restore` and `tracker migrate`.
//!
//! A backup is lines of JSON, compressed: a head with the tracker's key, then a line for each row of each table, then
//! the number of rows, so that a torn file is noticed.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::Path,
};

use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::STANDARD as B64};
use mist_command_line::WholeFile;
use mist_tracker::{
    config::Config,
    data_dir,
    db::{self, dump},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Ending, say};

const FORMAT: &str = "mist tracker backup 1";
/// Rows read at once; envelopes may have megabytes each.
const BATCH: i64 = 64;
/// The longest line of a backup: an envelope of 128 MiB in base64, with room for its keys.
const MAX_LINE: u64 = 200 << 20;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Line {
    Head { format: String, key: String },
    Row { table: String, row: Map<String, Value> },
    End { rows: u64 },
}

pub(super) async fn backup(config: &Config, file: &Path, quiet: bool) -> anyhow::Result<Ending> {
    let key = data_dir::read_key(&config.data_dir)?
        .with_context(|| format!("there is no tracker in {}", config.data_dir.display()))?;
    let db = data_dir::open_database(config).await?;
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
    db.close().await;
    if !quiet {
        say(format_args!(
            "{rows} rows are in {}; the seed's store is not, back it up apart",
            file.display()
        ))?;
    }
    Ok(Ending::Good)
}

pub(super) async fn restore(config: &Config, file: &Path, quiet: bool) -> anyhow::Result<Ending> {
    data_dir::create(&config.data_dir)?;
    let _lock = data_dir::lock(&config.data_dir)?;
    if data_dir::read_key(&config.data_dir)?.is_some() {
        bail!("{} holds a tracker already; restore into an empty data dir", config.data_dir.display());
    }
    let input = File::open(file).with_context(|| format!("can't read {}", file.display()))?;
    let mut lines = BufReader::new(zstd::Decoder::new(input)?);
    let Some(Line::Head { format, key }) = next_line(&mut lines)? else {
        bail!("{} is not a backup of a tracker", file.display());
    };
    if format != FORMAT {
        bail!("{} is of another version: {format}", file.display());
    }
    let key = <[u8; 32]>::try_from(B64.decode(key)?).ok().context("the backup's key is damaged")?;
    let db = data_dir::open_database(config).await?;
    db.migrate().await?;
    let mut tx = db.write().await?;
    if db::users::any(&mut tx).await? {
        bail!("the database is not empty");
    }
    let mut rows = 0;
    loop {
        match next_line(&mut lines)? {
            Some(Line::Row { table, row }) => {
                dump::insert(&mut tx, &table, &row).await.with_context(|| format!("table {table}"))?;
                rows += 1;
            }
            Some(Line::End { rows: expected }) if expected == rows => break,
            _ => bail!("{} is damaged or cut short; nothing was restored", file.display()),
        }
    }
    // A backup of an earlier release has the key in its head only.
    db::keys::keep_tracker_key(&mut tx, &key).await?;
    tx.commit().await?;
    data_dir::write_key(&config.data_dir, &key)?;
    db.close().await;
    if !quiet {
        say(format_args!("{rows} rows are restored; `tracker serve` goes on from there"))?;
    }
    Ok(Ending::Good)
}

fn next_line(lines: &mut impl BufRead) -> anyhow::Result<Option<Line>> {
    let mut text = Vec::new();
    let read = std::io::Read::take(&mut *lines, MAX_LINE).read_until(b'\n', &mut text);
    if read.context("the backup is damaged or cut short")? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&text).context("the backup is damaged or cut short")?))
}

pub(super) async fn migrate(config: &Config, quiet: bool) -> anyhow::Result<Ending> {
    data_dir::create(&config.data_dir)?;
    let db = data_dir::open_database(config).await?;
    db.migrate().await?;
    db.close().await;
    if !quiet {
        say(format_args!("the {} schema is up to date", db.engine()))?;
    }
    Ok(Ending::Good)
}
