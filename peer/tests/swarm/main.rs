//! Real nodes on loopback: QUIC, tickets, bans, resumption.

mod https;
mod lab;
mod transfer;
