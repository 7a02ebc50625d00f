//! How far a long operation is, and a way to end it.

use std::ops::ControlFlow;

/// How far an operation is, in bytes of content. `done` never falls, and never exceeds `total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Bytes dealt with.
    pub done: u64,
    /// Bytes to deal with altogether, known from the start.
    pub total: u64,
}

/// Called now and then by an operation, on the thread that started it; [`ControlFlow::Break`] cancels it.
pub type OnProgress<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// Ignores progress and never cancels.
pub fn unwatched(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
