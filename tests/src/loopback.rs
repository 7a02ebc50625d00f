//! Programs that listen on this machine's loopback.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use anyhow::Result;

use crate::deadline::eventually;

/// An address of loopback where nobody listens.
///
/// # Errors
/// The system has none left.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Waits until somebody listens.
///
/// # Errors
/// Nobody does within ten seconds.
pub fn answers(address: SocketAddr) -> Result<()> {
    eventually("a daemon listens", Duration::from_secs(10), || {
        TcpStream::connect(address)?;
        Ok(Some(()))
    })
}
