//! `tracker doctor`: what is usually set up wrong, and what to do about it.

use std::{fs, os::unix::fs::PermissionsExt, time::Duration};

use axum::http::Method;
use mist_command_line::told;
use mist_proto::http::{Reach, Stats, Trust};
use mist_tracker::{
    config::{Config, Database},
    control::Operator,
    data_dir,
};

use super::{Ending, say};

/// How long the public address may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a look at one thing found.
enum Finding {
    Good(String),
    /// Works, but is not as it should be.
    Warn(String),
    Bad(String),
}
use Finding::{Bad, Good, Warn};

pub(super) async fn run(config: &Config) -> anyhow::Result<Ending> {
    let mut findings = vec![data_dir_is_private(config)];
    findings.push(match data_dir::open_database(config).await {
        Ok(db) => {
            db.close().await;
            Good(format!("{} answers", db.engine()))
        }
        Err(e) => Bad(format!("the database can't be opened: {}", told(e.chain()))),
    });
    if let Database::Postgres(url) = &config.database
        && url.contains("sslmode=disable")
    {
        findings.push(Warn("the connection to PostgreSQL is not encrypted (sslmode=disable)".into()));
    }
    findings.extend(running(config).await);
    findings.push(public_address(config).await);
    let mut ending = Ending::Good;
    for finding in &findings {
        match finding {
            Good(text) => say(format_args!("ok    {text}"))?,
            Warn(text) => say(format_args!("warn  {text}"))?,
            Bad(text) => {
                ending = Ending::Unhealthy;
                say(format_args!("FAIL  {text}"))?;
            }
        }
    }
    Ok(ending)
}

fn data_dir_is_private(config: &Config) -> Finding {
    let dir = config.data_dir.display();
    match fs::metadata(&config.data_dir) {
        Err(e) => Bad(format!("the data dir {dir} can't be read: {e}; start `tracker serve` once")),
        Ok(meta) if meta.permissions().mode() & 0o077 != 0 => {
            Warn(format!("others may read the data dir {dir}: `chmod 700` it"))
        }
        Ok(_) => Good(format!("the data dir {dir} is private")),
    }
}

async fn running(config: &Config) -> Vec<Finding> {
    let operator = match Operator::reach(config).await {
        Ok(operator) if operator.is_running() => operator,
        Ok(_) => return vec![Bad("no tracker serves from this data dir".into())],
        Err(e) => return vec![Bad(format!("the tracker can't be reached: {}", told(e.chain())))],
    };
    let mut findings = vec![Good("the tracker serves".into())];
    match operator.call::<Trust>(Method::GET, "/trust", None::<&()>).await {
        Ok(Trust { release_key: None, .. }) => {
            findings.push(Warn("no release key is registered yet; the first `mistpipe push` does it".into()));
        }
        Ok(Trust { release_key: Some(key), .. }) => {
            findings.push(Good(format!("the release key is {}", key.fingerprint())));
        }
        Err(e) => findings.push(Bad(format!("the tracker does not tell its keys: {}", told(e.chain())))),
    }
    match operator.call::<Stats>(Method::GET, "/stats", None::<&()>).await {
        Ok(stats) => {
            if stats.health.ok {
                findings.push(Good("seeds, stores and jobs are well".into()));
            }
            findings.extend(stats.health.problems.into_iter().map(Bad));
            findings.extend(stats.reach.into_iter().map(by_quic));
        }
        Err(e) => findings.push(Bad(format!("the tracker does not count: {}", told(e.chain())))),
    }
    findings
}

/// Whether friends reach a seed by QUIC. Where they don't, they have HTTPS.
fn by_quic(reach: Reach) -> Finding {
    let text = format!("seed {}: {}", reach.seed, reach.text);
    if reach.reached == Some(false) { Warn(text) } else { Good(text) }
}

async fn public_address(config: &Config) -> Finding {
    let Some(url) = &config.public_url else {
        return Warn("no public_url is set, so it can't be checked that friends reach this server".into());
    };
    if url.scheme() != "https" {
        return Bad(format!("{url} is not https: passwords would travel in the open"));
    }
    let asked = async {
        let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
        client.get(url.join("/healthz")?).send().await?.error_for_status()?;
        anyhow::Ok(())
    };
    match asked.await {
        Ok(()) => Good(format!("{url} answers")),
        Err(e) => Bad(format!("{url} does not answer: {}", told(e.chain()))),
    }
}
