//! What faces of the client (command lines, desktop windows) say to a home's engine and see of it.
//!
//! A [`Face`] is opened on a home. The first process that needs the engine runs it; in every other one the face attaches to
//! it over a local socket, and notices no difference: [`Request`] in, [`Reply`] out, and a feed of [`Delta`]s from which the
//! present state is known at any time. When the process with the engine ends, however that is, a face takes over and goes on
//! from what is on disk.
//!
//! ```text
//! face ──Request──▶ dispatch ──▶ Engine          in the process that owns the home
//! face ──Request──▶ socket ──▶ host ──▶ dispatch ──▶ Engine   in all others
//! ```
//!
//! There is no type of a user interface in here, and nothing decides: [`dispatch`] translates, [`host`] and [`face`] move
//! messages.

mod dispatch;
mod face;
mod frame;
mod host;
mod message;
mod socket;
mod window;

pub use dispatch::dispatch;
pub use face::{Face, stop};
pub use message::{Reply, Request};
pub use mist_client_core::{Delta, Failure, Rev};
pub use window::{Batches, Window};
