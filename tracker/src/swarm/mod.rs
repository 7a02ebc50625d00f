//! The swarm: who is online with what, who may ask whom, where bytes can be had, and what was moved.

pub mod addresses;
pub mod announce;
pub mod capability;
pub mod devices;
pub mod handlers;
pub mod presence;
pub mod sources;
pub mod tickets;
