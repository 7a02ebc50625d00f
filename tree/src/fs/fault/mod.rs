//! Test doubles: a disk that fails when told to, and one that loses power.
//!
//! The pattern for "a full disk or failed write harms nothing": run the operation once on a [`FaultyDir`] and count its
//! [`FaultyDir::operations`], then once for each of them with a fault there. For "power loss is safe": the same with
//! [`Fault::PowerCut`] over a [`MemDir`], then continue on [`MemDir::after_power_loss`] with several seeds.

mod faulty;
mod memory;
mod names;

pub use faulty::{Fault, FaultyDir};
pub use memory::MemDir;

#[cfg(test)]
mod tests;
