//! Keeps count of one operation's bytes and time, durably, and reports them to the tracker.

use std::{sync::Arc, time::Duration};

use mist_proto::http::{BytesBySource, TransferReport};
use tokio::time::Instant;

use super::{InstallError, tools::Tools};
use crate::{
    account::Account,
    clock,
    folder::{FolderState, GameFolder, OperationRecord, Pending, RouteKind},
    home::Home,
    reports,
    swarm::Moved,
};

/// Between durable notes of what arrived so far.
const INTERVAL: Duration = Duration::from_secs(5);

/// The running account of one operation. Its numbers live in the folder's state.
pub(super) struct Ledger {
    home: Home,
    server: String,
    account: Arc<Account>,
    folder: GameFolder,
    pub(super) state: FolderState,
    /// What transfers of this run that have ended brought, and earlier runs.
    settled: Moved,
    earlier_seconds: f64,
    started: Instant,
    noted: Instant,
}

fn moved(pending: &Pending) -> Moved {
    Moved { content: pending.bytes, wire: pending.wire.unwrap_or_default() }
}

impl Ledger {
    pub(super) fn open(tools: &Tools, folder: &GameFolder, state: FolderState) -> Self {
        let (home, server, account) = (tools.home.clone(), tools.server.clone(), tools.account.clone());
        let pending = state.pending.as_ref();
        let (settled, earlier_seconds) = pending.map(|p| (moved(p), p.seconds)).unwrap_or_default();
        let (folder, now) = (folder.clone(), Instant::now());
        Self { home, server, account, folder, state, settled, earlier_seconds, started: now, noted: now }
    }

    /// Another operation begins; what was under way before is given up.
    pub(super) fn replace(&mut self, pending: Pending) {
        (self.settled, self.earlier_seconds) = (moved(&pending), pending.seconds);
        self.state.pending = Some(pending);
    }

    /// Content of transfers that have ended.
    pub(super) fn settled(&self) -> BytesBySource {
        self.settled.content
    }

    /// What the transfer under way has brought, on top of all before. Noted durably now and then.
    pub(super) fn moving(&mut self, current: &Moved) -> Result<(), InstallError> {
        if self.noted.elapsed() >= INTERVAL { self.note(current, false) } else { Ok(()) }
    }

    /// A transfer has ended.
    pub(super) fn settle(&mut self, moved: &Moved) -> Result<(), InstallError> {
        self.settled.add_all(moved);
        self.note(&Moved::default(), false)
    }

    /// Writes the state as it is.
    pub(super) fn save(&mut self) -> Result<(), InstallError> {
        self.note(&Moved::default(), false)
    }

    fn note(&mut self, current: &Moved, finished: bool) -> Result<(), InstallError> {
        self.noted = Instant::now();
        let seconds = self.earlier_seconds + self.started.elapsed().as_secs_f64();
        if let Some(pending) = &mut self.state.pending {
            let mut moved = self.settled;
            moved.add_all(current);
            pending.bytes = moved.content;
            // What an earlier release did not count can't be told any more.
            pending.wire = pending.wire.and(Some(moved.wire));
            pending.seconds = seconds;
            let report = TransferReport {
                id: pending.id.clone(),
                game: self.state.game.clone(),
                operation: pending.kind,
                from: pending.from.clone(),
                to: pending.to.version.clone(),
                bytes: pending.bytes,
                wire: pending.wire,
                finished,
            };
            // Nothing moved is nothing to report yet.
            if finished || report.bytes.total() > 0 {
                // A figure for the server is not worth stopping anything, such as where the home's disk is full.
                if let Err(error) = reports::queue(&self.home, &self.server, &report) {
                    tracing::warn!(%error, "a transfer report is lost");
                }
            }
        }
        self.folder.set_state(&self.state)
    }

    /// The operation has ended well: its record replaces it in the state.
    pub(super) fn finish(&mut self) -> Result<Option<OperationRecord>, InstallError> {
        self.note(&Moved::default(), true)?;
        let Some(pending) = self.state.pending.take() else { return Ok(None) };
        let (route, forecast) = pending.forecast.unwrap_or((RouteKind::Local, 0));
        let record = OperationRecord {
            kind: pending.kind,
            from: pending.from,
            to: pending.to.version,
            route,
            forecast_bytes: forecast,
            actual_bytes: pending.bytes.total(),
            bytes: pending.bytes,
            wire: pending.wire,
            disk: pending.disk,
            seconds: pending.seconds,
            finished: clock::now(),
        };
        self.state.last_operation = Some(record.clone());
        self.folder.set_state(&self.state)?;
        Ok(Some(record))
    }

    /// Sends what is queued. The tracker being away is no failure.
    pub(super) fn send(&self) -> impl Future<Output = ()> + Send + use<> {
        let (home, server, account) = (self.home.clone(), self.server.clone(), self.account.clone());
        async move {
            if let Err(error) = reports::flush(&home, &server, &account).await {
                tracing::debug!(%error, "transfer reports wait for the server");
            }
        }
    }
}
