//! Builds: from the first byte of a push to being live.

pub mod handlers;
pub mod lifecycle;
pub mod list;
pub mod push;
mod revision;
pub mod rules;
pub mod upkeep;
