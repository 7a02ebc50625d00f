//! Systems on which processes can't attach to an engine yet: the first one runs it, and the others are told so.

use std::{io, path::Path};

use super::SocketError;

pub(crate) type Stream = tokio::io::DuplexStream;

/// Never there.
pub(crate) struct Listener(std::convert::Infallible);

impl Listener {
    pub(crate) fn bind(_: &Path) -> Result<Self, SocketError> {
        Err(unsupported().into())
    }

    pub(crate) fn path(&self) -> &Path {
        match self.0 {}
    }

    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        match self.0 {}
    }
}

pub(crate) async fn connect(_: &Path) -> Result<Stream, SocketError> {
    Err(unsupported().into())
}

fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "programs can't attach to each other on this system yet")
}
