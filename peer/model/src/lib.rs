//! A model of swarms: schedulers and boards as they are shipped, between machines and lines in memory.
//!
//! It is the twin of the measured lab (`tests/src/swarm`): the same cases, on lines of the same rates and delays. What takes the lab half a minute
//! takes it some milliseconds, so that thousands of runs and thousands of peers can be looked at. What it leaves out is in ADR 60.
//!
//! Map of the code: [`Setting`] is what is simulated, `network` simulates it, `pipes` shares the lines; [`cases`] are those of the lab
//! and drawn ones, [`chart`] draws what [`runs`] gave.

pub mod cases;
pub mod chart;
mod network;
mod pipes;
pub mod promises;
pub mod runs;
mod setting;

pub use network::{Dropped, Network, Outcome};
pub use setting::{Cut, Exit, Line, Manner, Peer, Physics, Role, Setting};
