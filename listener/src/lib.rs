//! The HTTP listener of Mist's servers: [`accept::serve`] takes connections, each bounded in time, and no caller so many
//! that the others find no place. [`observed`] says who a caller is, through proxies that are trusted to say so.

pub mod accept;
mod held;
mod network;
pub mod observed;
mod pace;
mod places;

pub use network::Network;
