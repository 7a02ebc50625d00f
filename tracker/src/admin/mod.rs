//! What admins manage besides games: accounts, seeds, the audit log.

pub mod audit;
pub mod handlers;
pub mod seeds;
pub mod users;
