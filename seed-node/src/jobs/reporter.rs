//! How far a job is, shared between the thread that does it and the task that tells the tracker.

use std::{
    io,
    ops::ControlFlow,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use mist_tree::progress::Progress;

use super::Failure;

/// What a job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Step {
    pub(crate) stage: &'static str,
    pub(crate) done: u64,
    pub(crate) total: u64,
}

/// Progress of one job, and the wish to end it.
#[derive(Debug, Default)]
pub(crate) struct Reporter {
    stage: Mutex<(&'static str, u64)>,
    done: AtomicU64,
    cancelled: AtomicBool,
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
