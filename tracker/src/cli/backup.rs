//! `tracker backup`, `tracker restore` and `tracker migrate`.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::STANDARD as B64};
use mist_tracker::{
    backups::file::{self, FORMAT, Line},
    config::Config,
    data_dir,
    db::{self, dump},
};

use super::{Ending, say};

/// The longest line of a backup: an envelope of 128 MiB in base64, with room for its keys.
const MAX_LINE: u64 = 200 << 20;

pub(super) async fn backup(config: &Config, to: &Path, quiet: bool) -> anyhow::Result<Ending> {
    let key = data_dir::read_key(&config.data_dir)?
        .with_context(|| format!("there is no tracker in {}", config.data_dir.display()))?;
    let db = data_dir::open_database(config).await?;
    let rows = file::write(&db, &key, to).await?;
    db.close().await;
    if !quiet {
        say(format_args!("{rows} rows are in {}; the seed's store is not, back it up apart", to.display()))?;
    }
    Ok(Ending::Good)
}

pub(super) async fn restore(config: &Config, from: &Path, quiet: bool) -> anyhow::Result<Ending> {
    data_dir::create(&config.data_dir)?;
    let _lock = data_dir::lock(&config.data_dir)?;
    if data_dir::read_key(&config.data_dir)?.is_some() {
        bail!("{} holds a tracker already; restore into an empty data dir", config.data_dir.display());
    }
    let input = File::open(from).with_context(|| format!("can't read {}", from.display()))?;
    let mut lines = BufReader::new(zstd::Decoder::new(input)?);
    let Some(Line::Head { format, key }) = next_line(&mut lines)? else {
        bail!("{} is not a backup of a tracker", from.display());
    };
    if format != FORMAT {
        bail!("{} is of another version: {format}", from.display());
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
            _ => bail!("{} is damaged or cut short; nothing was restored", from.display()),
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
