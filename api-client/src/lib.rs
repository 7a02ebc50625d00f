//! Calls to the tracker's HTTP API, and to the byte routers of its seeds: what the admin's command line, the friends'
//! client and the seeds do alike.
//!
//! A call names its path below `api/v1`, ends in time, reads no more than it was told to, follows no redirect, and
//! turns whatever goes wrong into a [`CallError`]. Who is signed in, and whether a call is repeated, is up to the
//! caller.

mod address;
mod call;
mod error;
mod tokens;

pub use address::ServerAddress;
pub use call::{Answer, ApiClient, Call};
pub use error::CallError;
pub use tokens::Tokens;
