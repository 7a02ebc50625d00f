//! Games: who sees them, and what is said about them.

pub mod games;
pub mod handlers;
pub mod steam;
pub mod visibility;
