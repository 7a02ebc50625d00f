//! A whole seed against a small stand-in for the tracker: pushes, jobs, downloads and faults.

#![expect(clippy::unwrap_used, reason = "what these tests prepare must work for them to mean anything")]

mod downloads;
mod jumps;
mod pushes;
mod store;
mod swarm;
mod tracker;
mod world;
