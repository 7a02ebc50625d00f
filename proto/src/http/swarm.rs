//! Who has what, who may ask, and what was moved.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::BytesBySource;
#[cfg(doc)]
use crate::limits;
use crate::{BlobId, Slug, UnixMillis, Version, ids::PeerName, text::DeviceName};

/// `PUT /devices/{peer}`: binds a peer id to the caller's account. A peer id belongs to one account: 409 `peer_taken`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NewDevice {
    /// Name for people, e.g. the host's.
    pub name: DeviceName,
}

/// A device of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Device {
    /// Its peer id.
    pub peer: PeerName,
    /// Its name.
    pub name: String,
    /// When it was last heard of.
    pub last_seen: UnixMillis,
}

/// `GET /devices`: the caller's, by peer id. `DELETE /devices/{peer}` unbinds one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeviceList {
    /// The devices.
    pub devices: Vec<Device>,
    /// Cursor of the next page, if this is not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Something that a peer serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Holding {
    /// Game that it belongs to.
    pub game: Slug,
    /// The blob.
    pub blob: BlobId,
    /// Pieces that the peer has.
    pub pieces: u64,
    /// Whether that is all of them.
    pub complete: bool,
}

/// `POST /swarm/announce`: "I am here and serve this". Replaces what the same session announced before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Announce {
    /// The caller's peer id, bound to its account by [`NewDevice`] (seeds are bound when they sign in).
    pub peer: PeerName,
    /// Random id of this run of the program: one machine may run several.
    pub session: String,
    /// Where its QUIC endpoint listens; at most 16. Unspecified addresses stand for the address the tracker sees.
    #[schema(value_type = Vec<String>)]
    pub addresses: Vec<SocketAddr>,
    /// What it serves; at most 10,000. Games that the account may not see are ignored.
    pub holdings: Vec<Holding>,
    /// What it moved since its last announce, where it moved anything; at most [`limits::MAX_MOVING`], further ones are ignored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moving: Vec<Moving>,
    /// Whether the session ends now.
    #[serde(default)]
    pub leaving: bool,
}

/// What a peer moves of a game: bytes of content a second, on average over the time since its last announce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Moving {
    /// The game.
    pub game: Slug,
    /// What it receives, by class of source.
    pub down: BytesBySource,
    /// What it sends to other peers.
    pub up: u64,
}

/// Answer to an announce.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Announced {
    /// Seconds until the next one is due; after three of these without one the peer is gone.
    pub interval: u64,
    /// Address that the tracker saw.
    #[schema(value_type = String)]
    pub observed: IpAddr,
}

/// `POST /swarm/sources`: who has a blob. 404 for unknown and forbidden alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SourcesRequest {
    /// Game that the blob belongs to.
    pub game: Slug,
    /// The blob.
    pub blob: BlobId,
    /// The caller's own peer id, which is left out of the answer.
    pub peer: Option<PeerName>,
}

/// A peer that has (some of) a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SwarmPeer {
    /// Its id.
    pub peer: PeerName,
    /// Addresses that may reach it from where the caller is: Tailnet ones, and LAN ones behind the same public address.
    #[schema(value_type = Vec<String>)]
    pub addresses: Vec<SocketAddr>,
    /// Whether it is a seed.
    pub seed: bool,
    /// Whether it has every piece.
    pub complete: bool,
}

/// How the bytes behind an HTTPS source are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HttpsFormat {
    /// The blob's bytes.
    Raw,
    /// Independent zstd frames, one a piece, and a seek table at the end.
    Zst,
}

/// A stored file that answers `Range` requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HttpsSource {
    /// URL with its capability; relative ones are resolved against the tracker's own address.
    pub data: String,
    /// What is there.
    pub format: HttpsFormat,
    /// URL of the blob's outboard (pre-order, chunk groups).
    pub outboard: String,
}

/// Answer to [`SourcesRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Sources {
    /// At most 50 peers, complete ones first.
    pub peers: Vec<SwarmPeer>,
    /// Stored files.
    pub https: Vec<HttpsSource>,
    /// Whether a job is making what HTTPS would need; ask again in some seconds.
    pub preparing: bool,
}

/// `POST /swarm/tickets`: tickets for every game that the caller may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TicketsRequest {
    /// The caller's peer id.
    pub peer: PeerName,
}

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Ticket {
    /// Game that it opens.
    pub game: Slug,
    /// Token to show to peers.
    pub token: String,
    /// When it expires.
    pub expires: UnixMillis,
}

// Without pages: there is one a game that the caller may see, and whoever takes part in the swarm needs all of them. What bounds
// them is the catalogue of one group; clients refuse an answer over `limits::MAX_JSON_ANSWER`.
/// Answer to [`TicketsRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TicketList {
    /// One a game.
    pub tickets: Vec<Ticket>,
}

// Without pages: a list of which half is known would let in whom the other half denies. It does not grow on: a denial is
// forgotten as soon as the last ticket that it could concern has expired, after a day, so that these are the devices, grants and
// accounts that were taken back since yesterday.
/// `GET /swarm/deny`: refreshed every 30 s by online peers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DenyList {
    /// Peers whose tickets no longer count, because their account or device was disabled.
    pub peers: Vec<PeerName>,
    /// Pairs of account and game whose tickets and capabilities no longer count, because the grant was taken back.
    pub grants: Vec<(String, Slug)>,
    /// Accounts whose capabilities no longer count, because they were disabled or removed. Seeds alone are told.
    #[serde(default)]
    pub accounts: Vec<String>,
}

/// What a transfer was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// A fresh install.
    Install,
    /// To the live build.
    Update,
    /// To another build.
    Switch,
    /// Healing an install.
    Repair,
}

/// `POST /swarm/reports`: what one operation has moved so far. Repeating an id replaces its numbers, so that
/// reports may be sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TransferReport {
    /// Random id of the operation.
    pub id: String,
    /// Game.
    pub game: Slug,
    /// What it was for.
    pub operation: Operation,
    /// Version that was there before.
    pub from: Option<Version>,
    /// Version that is wanted.
    pub to: Version,
    /// Verified content received, by class of source.
    pub bytes: BytesBySource,
    /// Bytes that came over the network for it, by class of source: compressed as they were, with what came twice and
    /// what did not verify. None from a client that does not count them; the content stands for them then.
    #[serde(default)]
    pub wire: Option<BytesBySource>,
    /// Whether the operation is over.
    pub finished: bool,
}
