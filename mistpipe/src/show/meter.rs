//! Progress that never runs backwards: bars on a terminal, a line every few seconds elsewhere.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);
/// What a bar looks like.
const BAR: &str = "{prefix:<34} {wide_bar:.cyan} {decimal_bytes:>10} of {decimal_total_bytes:<10}";

enum Kind {
    Silent,
    Lines,
    Bars(MultiProgress),
}

/// Where meters are shown.
pub(crate) struct Meters(Kind);

impl Meters {
    pub(super) fn silent() -> Self {
        Self(Kind::Silent)
    }

    pub(super) fn lines() -> Self {
        Self(Kind::Lines)
    }

    pub(super) fn bars() -> Self {
        Self(Kind::Bars(MultiProgress::new()))
    }

    /// Calls `write`, which may write lines, without tearing the bars.
    pub(crate) fn print(&self, write: impl FnOnce()) {
        match &self.0 {
            Kind::Bars(all) => all.suspend(write),
            Kind::Silent | Kind::Lines => write(),
        }
    }

    /// A new meter called `label`.
    pub(crate) fn add(&self, label: &str) -> Meter {
        let face = match &self.0 {
            Kind::Silent => Face::Silent,
            Kind::Lines => Face::Lines(Mutex::new(None)),
            Kind::Bars(all) => {
                let bar = all.add(ProgressBar::no_length());
                // The template is a constant; the default style stands in if it were not valid.
                let style = ProgressStyle::with_template(BAR);
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
                bar.set_prefix(label.to_owned());
                Face::Bar(bar)
            }
        };
        Meter { label: label.to_owned(), done: AtomicU64::new(0), total: AtomicU64::new(0), face }
    }
}

enum Face {
    Silent,
    /// When the last line was written.
    Lines(Mutex<Option<Instant>>),
    Bar(ProgressBar),
}

/// One thing that goes on. What is shown only grows and never passes the total.
pub(crate) struct Meter {
    label: String,
    done: AtomicU64,
    total: AtomicU64,
    face: Face,
}

impl Meter {
    /// Shows `done` of `total` (0 while unknown); smaller numbers than were shown before are not shown.
    pub(crate) fn set(&self, done: u64, total: u64) {
        let total = self.total.fetch_max(total, Ordering::Relaxed).max(total);
        let capped = if total == 0 { done } else { done.min(total) };
        let done = self.done.fetch_max(capped, Ordering::Relaxed).max(capped);
        match &self.face {
            Face::Silent => {}
            Face::Bar(bar) => {
                bar.set_length(total.max(done));
                bar.set_position(done);
            }
            Face::Lines(last) => {
                let mut last = last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let now = Instant::now();
                if last.is_none_or(|then| now.duration_since(then) >= LINE_EVERY) {
                    // The first call only starts the clock: what is over at once needs no line.
                    if last.replace(now).is_some() {
                        mist_readable::tell(&self.text(done, total));
                    }
                }
            }
        }
    }

    fn text(&self, done: u64, total: u64) -> String {
        let label = &self.label;
        match total {
            0 => format!("{label}: {}", mist_readable::bytes(done)),
            _ => {
                let percent = u128::from(done) * 100 / u128::from(total);
                format!(
                    "{label}: {percent} % ({} of {})",
                    mist_readable::bytes(done),
                    mist_readable::bytes(total)
                )
            }
        }
    }

    /// Takes it off the screen.
    pub(crate) fn clear(&self) {
        if let Face::Bar(bar) = &self.face {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_backwards_and_never_past_the_end() {
        let meter = Meters::silent().add("x");
        let shown = |m: &Meter| (m.done.load(Ordering::Relaxed), m.total.load(Ordering::Relaxed));
        meter.set(5, 10);
        meter.set(3, 10);
        assert_eq!(shown(&meter), (5, 10));
        meter.set(20, 10);
        assert_eq!(shown(&meter), (10, 10));
        meter.set(0, 0);
        assert_eq!(shown(&meter), (10, 10));
        assert_eq!(meter.text(5, 10), "x: 50 % (5 B of 10 B)");
    }
}
