//! Keeps count of one operation's bytes and time, durably, and reports them to the tracker.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use mist_peer::Waits;
use mist_proto::http::{BytesBySource, TransferReport};
use tokio::time::Instant;

use super::{
    InstallError,
    stopwatch::{Look, Stopwatch},
    tools::Tools,
};
use crate::{
    account::Account,
    clock,
    events::{Events, Phase},
    folder::{Ahead, FolderState, GameFolder, OperationRecord, Pending, RouteKind, Spent},
    home::Home,
    reports,
    swarm::Moved,
    sync::lock,
};

/// Between durable notes of what arrived so far.
const INTERVAL: Duration = Duration::from_secs(5);

/// Which operation of a folder an account is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Books {
    /// The one that is under way.
    Pending,
    /// The update that is fetched ahead, and has not begun.
    Ahead,
}

/// The running account of one operation. Its numbers live in the folder's state.
pub(super) struct Ledger {
    books: Books,
    home: Home,
    server: String,
    account: Arc<Account>,
    folder: GameFolder,
    pub(super) state: FolderState,
    /// What transfers of this run that have ended brought, and earlier runs.
    settled: Moved,
    earlier_seconds: f64,
    earlier_spent: Spent,
    started: Instant,
    noted: Instant,
    watch: Mutex<Stopwatch>,
    /// Bytes at the last look at a transfer.
    seen: u64,
}

fn moved(pending: &Pending) -> Moved {
    Moved { content: pending.bytes, wire: pending.wire.unwrap_or_default() }
}

impl Ledger {
    pub(super) fn open(tools: &Tools, folder: &GameFolder, state: FolderState, books: Books) -> Self {
        let (home, server, account) = (tools.home.clone(), tools.server.clone(), tools.account.clone());
        let (folder, now) = (folder.clone(), Instant::now());
        let (settled, earlier_seconds, earlier_spent) = Default::default();
        let mut this = Self {
            books,
            home,
            server,
            account,
            folder,
            state,
            settled,
            earlier_seconds,
            earlier_spent,
            started: now,
            noted: now,
            watch: Mutex::new(Stopwatch::start(now)),
            seen: 0,
        };
        this.go_on();
        this
    }

    /// Another operation begins; what was under way before is given up, and what was fetched ahead is part of this one or of no
    /// use to it.
    pub(super) fn replace(&mut self, pending: Pending) {
        (self.state.pending, self.state.ahead) = (Some(pending), None);
        self.go_on();
    }

    /// The same with an update that is fetched ahead.
    pub(super) fn replace_ahead(&mut self, ahead: Ahead) {
        self.state.ahead = Some(ahead);
        self.go_on();
    }

    /// Counts on from what is written down.
    fn go_on(&mut self) {
        let entry = self.entry();
        (self.settled, self.earlier_seconds, self.earlier_spent) = entry
            .map(|entry| (moved(entry), entry.seconds, entry.spent.unwrap_or_default()))
            .unwrap_or_default();
    }

    /// What is written down of the operation.
    pub(super) fn entry(&mut self) -> Option<&mut Pending> {
        match self.books {
            Books::Pending => self.state.pending.as_mut(),
            Books::Ahead => self.state.ahead.as_mut().map(|ahead| &mut ahead.update),
        }
    }

    /// Whether the operation is only fetched, and changes nothing yet.
    pub(super) fn is_ahead(&self) -> bool {
        self.books == Books::Ahead
    }

    /// Content of transfers that have ended.
    pub(super) fn settled(&self) -> BytesBySource {
        self.settled.content
    }

    /// Another phase begins: whoever watches is told, and its time is counted.
    pub(super) fn enter(&self, events: &Events, phase: Phase) {
        events.phase(&self.state.game, phase);
        lock(&self.watch).enter(Instant::now(), phase);
    }

    /// What the transfer under way has brought, on top of all before, and what its requests wait for. Noted durably now and then.
    pub(super) fn moving(&mut self, current: &Moved, waits: Waits) -> Result<(), InstallError> {
        let seen = std::mem::replace(&mut self.seen, current.wire.total());
        lock(&self.watch).look(Instant::now(), Look { waits, moved: self.seen != seen });
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
        let spent = self.earlier_spent.and(lock(&self.watch).spent(self.noted));
        let (mut sum, game) = (self.settled, self.state.game.clone());
        sum.add_all(current);
        let report = self.entry().map(|entry| {
            entry.bytes = sum.content;
            // What an earlier release did not count can't be told any more.
            entry.wire = entry.wire.and(Some(sum.wire));
            entry.seconds = seconds;
            entry.spent = entry.spent.and(Some(spent));
            TransferReport {
                id: entry.id.clone(),
                game,
                operation: entry.kind,
                from: entry.from.clone(),
                to: entry.to.version.clone(),
                bytes: entry.bytes,
                wire: entry.wire,
                finished,
            }
        });
        // Nothing moved is nothing to report yet.
        if let Some(report) = report.filter(|report| finished || report.bytes.total() > 0)
            // A figure for the server is not worth stopping anything, such as where the home's disk is full.
            && let Err(error) = reports::queue(&self.home, &self.server, &report)
        {
            tracing::warn!(%error, "a transfer report is lost");
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
            ahead: pending.ahead,
            disk: pending.disk,
            seconds: pending.seconds,
            spent: pending.spent,
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
