//! Real nodes on loopback: QUIC, tickets, bans, resumption.

mod admission;
mod discovery;
mod ending;
mod https;
mod lab;
mod transfer;
mod uplink;
