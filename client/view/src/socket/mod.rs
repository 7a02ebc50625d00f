//! The local socket of a home's engine: where it is, and who may use it.
//!
//! It lies in the system's folder for such things and not in the home, whose path may be too long for a socket and whose
//! disk may take none. `engine.json` in the home says where. Only the user who owns the home gets through: the folder is
//! theirs alone, and both ends ask the system whom they talk to.
//!
//! [`Listener`] and [`connect`] are the seam for other systems; on Windows named pipes would take their place.

#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
mod unsupported;

use std::{io, path::Path};

#[cfg(unix)]
pub(crate) use self::unix::{Listener, Stream, connect};
#[cfg(not(unix))]
pub(crate) use self::unsupported::{Listener, Stream, connect};

/// Why a socket can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SocketError {
    /// Somebody else's.
    #[error("{0} belongs to another user")]
    Foreign(String),
    /// The system says no.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A name for the socket of this home, short whatever the home's path is.
fn name(home: &Path) -> String {
    let home = home.canonicalize().unwrap_or_else(|_| home.to_owned());
    let hash = blake3::hash(home.as_os_str().as_encoded_bytes()).to_hex();
    format!("{}.sock", &hash[..16])
}
