//! A progress bar on a terminal, nothing elsewhere.

use std::ops::ControlFlow;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mist_tree::progress::Progress;

use super::Output;

/// A bar for one operation, cleared when it is dropped.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(output: Output, what: &'static str) -> Self {
        // Hidden by itself where standard error is no terminal.
        let target = if output.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(None, target).with_message(what);
        if let Ok(style) =
            ProgressStyle::with_template("{msg} {wide_bar} {decimal_bytes} of {decimal_total_bytes} {eta}")
        {
            bar.set_style(style);
        }
        Self(bar)
    }

    pub(super) fn show(&self, p: Progress) -> ControlFlow<()> {
        self.0.set_length(p.total);
        self.0.set_position(p.done);
        ControlFlow::Continue(())
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
