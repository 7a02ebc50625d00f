//! Test doubles: a disk that fails when told to, and one that loses power.
//!
//! The pattern for "a full disk or failed write harms nothing": do it once for each of its operations, with a fault there
//! ([`at_each_operation`]). For "power loss is safe": the same with
//! [`Fault::PowerCut`] over a [`MemDir`], then continue on [`MemDir::after_power_loss`] with several seeds.
//!
//! Where there are many such states, one run on a [`CrashDir`] collects them all. Such tests are made of [`rounds`], so that
//! the same test is quick among others and runs for hours under `./dev torture`.

mod crash;
mod faulty;
mod memory;
mod names;
mod rounds;

pub use crash::{CrashDir, CrashState};
pub use faulty::{Fault, FaultyDir, at_each_operation};
pub use memory::MemDir;
pub use rounds::{Tally, rounds};

#[cfg(test)]
mod tests;
