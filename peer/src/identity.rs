//! The Ed25519 key that a node is known by.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use libp2p_identity::{Keypair, PeerId};
use mist_proto::ids::PeerName;

use crate::positioned;

/// A node's identity: one Ed25519 key pair for life. Its public half is the peer id.
#[derive(Clone)]
pub struct Identity {
    keypair: Keypair,
    name: PeerName,
}

/// Why an identity can't be had.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The file can't be read or made.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The identity file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{path} is not a Mist identity; move it away to get a new one", path = path.display())]
    Malformed {
        /// The identity file.
        path: PathBuf,
    },
}

impl Identity {
    /// A new identity from the system's randomness, kept nowhere.
    pub fn generate() -> Self {
        Self::from_keypair(Keypair::generate_ed25519())
    }

    /// Reads the identity at `path`, or makes one there: readable by its owner only, complete or absent.
    ///
    /// # Errors
    /// [`IdentityError`].
    pub fn load_or_create(path: &Path) -> Result<Self, IdentityError> {
        let io_error = |source| IdentityError::Io { path: path.to_owned(), source };
        match fs::read(path) {
            Ok(bytes) => {
                let keypair = Keypair::from_protobuf_encoding(&bytes)
                    .ok()
                    .filter(|k| k.key_type() == libp2p_identity::KeyType::Ed25519)
                    .ok_or_else(|| IdentityError::Malformed { path: path.to_owned() })?;
                Ok(Self::from_keypair(keypair))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let this = Self::generate();
                let bytes = this
                    .keypair
                    .to_protobuf_encoding()
                    .map_err(|_| IdentityError::Malformed { path: path.to_owned() })?;
                write_private(path, &bytes).map_err(io_error)?;
                Ok(this)
            }
            Err(e) => Err(io_error(e)),
        }
    }

    /// The peer id as text.
    pub fn peer_name(&self) -> &PeerName {
        &self.name
    }

    pub(crate) fn keypair(&self) -> &Keypair {
        &self.keypair
    }

    fn from_keypair(keypair: Keypair) -> Self {
        let name =
            peer_name(&keypair.public().to_peer_id()).expect("an Ed25519 key makes an Ed25519 peer id");
        Self { keypair, name }
    }
}

/// The text form of a peer id; `None` for one that is not of an Ed25519 key.
pub(crate) fn peer_name(id: &PeerId) -> Option<PeerName> {
    id.to_base58().parse().ok()
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    positioned::write_whole(path, bytes, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_once_and_kept_private() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("deep/identity");
        let first = Identity::load_or_create(&path).expect("made");
        let second = Identity::load_or_create(&path).expect("read");
        assert_eq!(first.peer_name(), second.peer_name());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).expect("meta").permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, b"else").expect("write");
        assert!(matches!(Identity::load_or_create(&path), Err(IdentityError::Malformed { .. })));
    }
}
