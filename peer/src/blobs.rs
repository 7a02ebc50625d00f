//! The seams to the rest of Mist: what a node serves, whom it admits, where fetched bytes go.

use std::{io, sync::Arc};

use mist_proto::{BlobId, Hash, UnixMillis, ids::PeerName};

use crate::{Outboard, PieceSet};

/// What a node serves. Running fetches of the node are served by themselves and need not be here.
pub trait Blobs: Send + Sync + 'static {
    /// The blob named `hash`, if this node has at least a part of it under `scope`. Called on a blocking pool.
    fn open(&self, scope: &str, hash: &Hash) -> Option<Arc<dyn ServedBlob>>;
}

/// One blob that can be read. All calls may block; the node makes them on a blocking pool.
pub trait ServedBlob: Send + Sync {
    /// Its address.
    fn id(&self) -> BlobId;

    /// The pieces that are here now.
    fn pieces(&self) -> PieceSet;

    /// Fills `buf` with the bytes from `offset` on. What is read is verified before it is sent, so that a rotten
    /// disk is no reason to be banned.
    ///
    /// # Errors
    /// Whatever the storage says.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;

    /// Its hash tree, complete over the pieces that are here.
    fn outboard(&self) -> &Outboard;

    /// Tells the owner that `piece` did not match the hash tree, for it to heal.
    fn found_rot(&self, piece: u64) {
        let _ = piece;
    }
}

/// A ticket that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// The scope that it opens.
    pub scope: String,
    /// From when on it no longer does.
    pub expires: UnixMillis,
}

/// Who may ask, and what this node shows to be let in elsewhere. Calls must not block.
pub trait Admission: Send + Sync + 'static {
    /// Checks a ticket that `peer`, whose identity TLS has proved, shows. It is checked again while the connection is open: a
    /// ticket that is refused then no longer opens its scope.
    fn admit(&self, peer: &PeerName, ticket: &str) -> Option<Admitted>;

    /// This node's own ticket for `scope`.
    fn ticket_for(&self, scope: &str) -> Option<String>;

    /// Whether the deny-list names `peer`.
    fn denied(&self, peer: &PeerName) -> bool;

    /// The time by which tickets expire.
    fn now(&self) -> UnixMillis;
}

/// Where a fetch puts verified bytes. Calls may block; they come from several threads, never twice for one byte at
/// the same time.
pub trait BlobSink: Send + Sync + 'static {
    /// Writes verified bytes of the blob at `offset`.
    ///
    /// # Errors
    /// Whatever the storage says; it ends the fetch.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Reads back what was written, to serve it while the rest is still on its way.
    ///
    /// # Errors
    /// Whatever the storage says.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;

    /// Makes all that was written before the call durable.
    ///
    /// # Errors
    /// Whatever the storage says; it ends the fetch.
    fn sync(&self) -> io::Result<()>;
}
