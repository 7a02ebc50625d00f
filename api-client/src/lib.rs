//! Calls to the tracker's HTTP API, and to the byte routers of its seeds: what the admin's command line, the friends'
//! client and the seeds do alike.
//!
//! A call names its path below `api/v1`, ends in time (an answer has to keep a least rate), reads no more than it was told to, follows no redirect, and
//! turns whatever goes wrong into a [`CallError`]. [`SignedIn`] makes calls with a session that it renews in time, and
//! once more when the server no longer takes the token; where tokens are kept is up to the caller ([`TokenStore`]).
//! [`EventStream`] reads what the server tells as it happens. Whether a call that failed is repeated is up to the
//! caller.

mod address;
mod call;
mod error;
mod events;
mod join;
mod level;
mod pace;
mod route;
mod session;
mod sse;
mod tokens;

pub use address::ServerAddress;
pub use call::{Answer, ApiClient, Call};
pub use error::CallError;
pub use events::EventStream;
pub use join::{BadLink, JoinLink};
pub use route::{CallTo, EntryOf, Read, every_page};
pub use session::{Renewal, SignedIn, TokenStore};
pub use tokens::{AccessToken, Tokens};
