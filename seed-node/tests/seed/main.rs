//! A whole seed against a small stand-in for the tracker: pushes, jobs, downloads and faults.

mod downloads;
mod pushes;
mod store;
mod tracker;
mod world;
