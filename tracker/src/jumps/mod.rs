//! Patches made on request: from a friend's folder, whatever it holds, or between builds that are no neighbours.

pub mod direct;
pub mod handlers;
pub mod requests;
