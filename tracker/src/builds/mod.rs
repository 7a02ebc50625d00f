//! Builds: from the first byte of a push to being live.

pub mod handlers;
pub mod lifecycle;
pub mod list;
pub mod push;
pub mod rules;
pub mod upkeep;
