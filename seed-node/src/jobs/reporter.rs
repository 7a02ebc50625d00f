//! How far a job is and what it says, shared between the thread that does it and the task that tells the tracker.

use std::{
    io,
    ops::ControlFlow,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use mist_proto::http::{LogLevel, SeedLines};
use mist_tree::progress::Progress;

use super::{Failure, said::Said};

/// What a job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Step {
    pub(crate) stage: &'static str,
    pub(crate) done: u64,
    pub(crate) total: u64,
}

/// Progress of one job, what it says, and the wish to end it.
#[derive(Debug, Default)]
pub(crate) struct Reporter {
    stage: Mutex<(&'static str, u64)>,
    done: AtomicU64,
    cancelled: AtomicBool,
    said: Mutex<Said>,
}

impl Reporter {
    /// Begins a stage of `total` units.
    pub(crate) fn stage(&self, stage: &'static str, total: u64) -> Result<(), Failure> {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = (stage, total);
        self.done.store(0, Ordering::Relaxed);
        self.check()
    }

    /// Adds units that are done.
    pub(crate) fn add(&self, units: u64) -> Result<(), Failure> {
        self.done.fetch_add(units, Ordering::Relaxed);
        self.check()
    }

    /// [`Reporter::add`] for those who can only fail like the disk.
    pub(crate) fn add_io(&self, units: u64) -> io::Result<()> {
        self.add(units).map_err(|e| io::Error::new(io::ErrorKind::Interrupted, e))
    }

    /// Takes over the progress of an operation of another crate.
    pub(crate) fn follow(&self, progress: Progress) -> ControlFlow<()> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner).1 = progress.total;
        self.done.store(progress.done, Ordering::Relaxed);
        if self.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    /// What is being done now.
    pub(crate) fn step(&self) -> Step {
        let (stage, total) = *self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        Step { stage, done: self.done.load(Ordering::Relaxed).min(total), total }
    }

    /// Says what was done, in the job's log and in this program's own.
    pub(crate) fn info(&self, text: impl Into<String>) {
        let text = text.into();
        tracing::info!("{text}");
        self.say(LogLevel::Info, text);
    }

    /// Says what went otherwise than it should.
    pub(crate) fn warn(&self, text: impl Into<String>) {
        let text = text.into();
        tracing::warn!("{text}");
        self.say(LogLevel::Warn, text);
    }

    /// Says what is lost or damaged.
    pub(crate) fn error(&self, text: impl Into<String>) {
        let text = text.into();
        tracing::error!("{text}");
        self.say(LogLevel::Error, text);
    }

    fn say(&self, level: LogLevel, text: String) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).add(level, text, Instant::now());
    }

    /// What the tracker was not told yet, as much as it takes at once.
    pub(crate) fn to_tell(&self) -> SeedLines {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).next(Instant::now())
    }

    /// The tracker has been told these.
    pub(crate) fn told(&self, lines: &SeedLines) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).told(lines);
    }

    /// Asks the job to end soon.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// # Errors
    /// [`Failure::Cancelled`] once the job was asked to end.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        if self.is_cancelled() { Err(Failure::Cancelled) } else { Ok(()) }
    }
}
