//! The seeds' jobs: given out under a lease, tried again with back-off, visible to admins.

pub mod handlers;
pub mod kinds;
pub mod lease;
pub mod work;
