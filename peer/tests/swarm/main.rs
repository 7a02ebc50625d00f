//! Real nodes on loopback: QUIC, tickets, bans, resumption.

mod discovery;
mod https;
mod lab;
mod transfer;
