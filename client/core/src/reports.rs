//! Reports of what was moved, kept until the tracker has them.

use std::fs;

use mist_proto::http::TransferReport;
use serde::{Deserialize, Serialize};

use crate::{
    account::Account,
    error::Error,
    home::{Home, HomeError, legacy::server_named, read_json, remove_file, write_json},
};

/// A report with the server that it is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Queued {
    server: String,
    report: TransferReport,
}

/// Keeps a report until [`flush`] got it through. One with the same id is replaced.
pub(crate) fn queue(home: &Home, server: &str, report: &TransferReport) -> Result<(), HomeError> {
    let queued = Queued { server: server.to_owned(), report: report.clone() };
    write_json(&home.reports().join(format!("{}.json", report.id)), &queued, false)
}

/// Sends what is kept for this account's server. A report that the tracker refuses for good is dropped.
pub(crate) async fn flush(home: &Home, server: &str, account: &Account) -> Result<(), Error> {
    let entries = match fs::read_dir(home.reports()) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(HomeError::at(&home.reports())(e).into()),
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        // Another process may have sent it meanwhile.
        let Some(queued) = read_json::<Queued>(&path)? else { continue };
        if server_named(home, &queued.server)?.is_none_or(|id| id.as_str() != server) {
            continue;
        }
        match account.report(&queued.report).await {
            Ok(()) => {}
            Err(Error::Tracker(e)) if !e.is_outage() && !e.is_unauthorized() => {
                tracing::warn!(error = %e, "the server does not take a transfer report");
            }
            Err(e) => return Err(e),
        }
        // Removed only if it is still the one that was sent: a running operation replaces it.
        if read_json::<Queued>(&path)?.is_some_and(|now| now.report == queued.report) {
            remove_file(&path)?;
        }
    }
    Ok(())
}
