//! What must hold of every drawn case, whatever the draw.

use crate::{
    cases::{self, Drawn},
    runs::Figures,
};

/// How soon the last one is done at most, as a multiple of the bound and seconds besides, and how many copies leave the seeds at most.
/// The seconds are what it takes to notice who is gone without a word.
fn limits(kind: Drawn) -> (f64, f64, f64) {
    match kind {
        Drawn::Lan => (1.3, 2.0, 1.5),
        Drawn::Apart | Drawn::Homes | Drawn::Loss => (1.7, 3.0, 3.0),
        // One piece or two: everybody may have asked for it before the first has it.
        Drawn::Patch => (2.0, 3.0, 8.5),
        Drawn::Late => (2.5, 4.0, 4.0),
        Drawn::Churn => (2.5, 15.0, 4.0),
        Drawn::Liars => (2.5, 20.0, 4.0),
        Drawn::SeedDies => (3.0, 20.0, 2.6),
        Drawn::CutOff => (2.5, 25.0, 4.0),
        Drawn::Unlike => (2.5, 4.0, 6.0),
    }
}

/// Runs a drawn case; says which promise it broke, if it did.
pub fn broken(kind: Drawn, seed: u64) -> Option<String> {
    judge(kind, seed).1
}

/// The same, with the figures.
pub fn judge(kind: Drawn, seed: u64) -> (Figures, Option<String>) {
    let setting = cases::drawn(kind, seed);
    let figures = Figures::of(&setting, seed);
    let (times, seconds, copies) = limits(kind);
    let is_kept = figures.unfinished == 0
        && figures.wronged == 0
        && figures.seconds <= times * setting.bound() + seconds
        && figures.copies <= copies;
    let complaint = || format!("{kind:?} {seed}: {figures:?}, bound {:.2} s", setting.bound());
    (figures, (!is_kept).then(complaint))
}
