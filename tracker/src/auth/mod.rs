//! Who is calling, and what they may do.

pub mod backoff;
pub mod caller;
pub mod handlers;
pub mod password;
pub mod refresh;
pub mod release_key;
pub mod session;
