//! A router between network namespaces: each of its ports has a rate both ways, a delay, a queue and losses, so that real
//! programs can be measured as if each had a home and a line of its own.
//!
//! [`Network`] is pure: packets go in and come out, time is a parameter and randomness a seed. [`Router`] drives one with
//! a TUN device for each port. [`Pings`] measures what it is like to share a line with what is being measured.
//!
//! The router does not need kernel modules for emulation (netem, fq, cake), which many machines lack. It carries some
//! hundred megabits a second with a fraction of a core; a local network is better made of a bridge.

mod link;
mod network;
mod packet;
#[cfg(target_os = "linux")]
mod ping;
#[cfg(target_os = "linux")]
mod router;
#[cfg(target_os = "linux")]
mod space;

pub use link::{Access, Rate};
pub use network::{Counters, Fault, Network, Port};
#[cfg(target_os = "linux")]
pub use ping::{Pings, Times};
#[cfg(target_os = "linux")]
pub use router::Router;
