//! Who takes part in a game's swarm now, and where its pieces are (admin).

use serde::{Deserialize, Serialize};

use super::BytesBySource;
#[cfg(doc)]
use crate::limits;
use crate::{BlobId, Hash, Slug, UnixMillis, Version, ids::PeerName};

/// `GET /games/{slug}/swarm`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct GameSwarm {
    /// When this was looked up.
    pub at: UnixMillis,
    // Without pages: both are looked up at once, and are bounded.
    /// Archives of ready builds, the live one first, then the newest; then the patches between them. At most [`MAX_SWARM_BLOBS`].
    pub blobs: Vec<SwarmBlob>,
    /// Programs that have some of these blobs or move some of the game, seeds first, then those that move most. At most
    /// [`MAX_SWARM_RUNS`].
    pub runs: Vec<SwarmRun>,
    /// Programs that were found and are not listed.
    pub left_off: u64,
}

/// See [`GameSwarm::blobs`].
pub const MAX_SWARM_BLOBS: usize = 64;
/// See [`GameSwarm::runs`].
pub const MAX_SWARM_RUNS: usize = 256;

/// A blob of a game, and how much of it is online.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SwarmBlob {
    /// The blob.
    pub blob: BlobId,
    /// Build that a patch begins with; an archive has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Version>,
    /// Build that it makes.
    pub version: Version,
    /// Whether that build is live.
    pub live: bool,
    /// Pieces that it has.
    pub pieces: u64,
    /// Copies that are online, the seeds' included; parts count as fractions.
    pub copies: f64,
    /// Friends' programs that have some of it.
    pub friends: u64,
    /// Seeds that have some of it.
    pub seeds: u64,
}

/// How a program is seen to reach the server, and so what others may reach it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SwarmNetwork {
    /// From private addresses: the server stands in the same network.
    Lan,
    /// It has an address in the Tailnet.
    Tailnet,
    /// From elsewhere.
    Internet,
}

impl SwarmNetwork {
    /// The word in JSON and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lan => "lan",
            Self::Tailnet => "tailnet",
            Self::Internet => "internet",
        }
    }
}

/// One run of a program that takes part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SwarmRun {
    /// Its peer id.
    pub peer: PeerName,
    /// Name of its account, or of the seed.
    pub name: String,
    /// Name of its device.
    pub device: String,
    /// Whether it is a seed.
    pub seed: bool,
    /// How it is seen to reach the server.
    pub network: SwarmNetwork,
    /// When it came online.
    pub since: UnixMillis,
    /// When it announced itself last.
    pub heard: UnixMillis,
    /// What it says that it receives of the game a second, by class of source.
    pub down: BytesBySource,
    /// What it says that it sends of the game a second, to peers.
    pub up: u64,
    /// What it has of the blobs.
    pub held: Vec<SwarmHeld>,
}

/// How much of a blob somebody has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SwarmHeld {
    /// The blob's hash.
    pub blob: Hash,
    /// Pieces of it.
    pub pieces: u64,
}

/// `GET /games/{slug}/swarm/{blob}`: how many friends' programs have each piece of a blob.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PieceMap {
    /// The blob.
    pub blob: BlobId,
    /// Pieces that it has.
    pub pieces: u64,
    /// Seeds that have all of it.
    pub seeds: u64,
    /// Friends' programs that have all of it.
    pub complete: u64,
    /// Friends' programs that have a part of it, and a seed knows which: those that are fetching it, and are connected to one.
    pub placed: u64,
    /// Friends' programs that say that they have a part of it, and no seed knows which. They are not counted below.
    pub unplaced: u64,
    /// How many friends' programs have each piece. The pieces are gathered into parts, in order and as evenly as can be: part `i` of `n`
    /// begins with piece `i * pieces / n`, rounded down. At most [`limits::MAX_PIECE_PARTS`].
    pub parts: Vec<PiecePart>,
}

/// How often the pieces of one part are there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PiecePart {
    /// Of the piece that the fewest have.
    pub least: u64,
    /// On average over the part.
    pub mean: f64,
}

/// `PUT /seed/pieces`: which pieces a seed's peers have of what they are fetching. Replaces what the seed said before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PieceCounts {
    /// Blobs that somebody is fetching, those with the most peers first; at most [`limits::MAX_PIECE_COUNTS`], further ones are ignored.
    pub blobs: Vec<PieceCount>,
}

/// How many peers of a seed have each piece of a blob. Peers that have all of it are not counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct PieceCount {
    /// Game that it belongs to.
    pub game: Slug,
    /// The blob.
    pub blob: BlobId,
    /// Peers that are counted.
    pub peers: u32,
    /// For each part of the pieces ([`PieceMap::parts`]): how many peers have the piece of it that the fewest have.
    pub least: Vec<u32>,
    /// For each part: how many pieces of it the peers have together.
    pub sum: Vec<u64>,
}

/// The pieces of part `part` of `parts`, where there are `pieces`.
pub fn pieces_of_part(part: usize, parts: usize, pieces: u64) -> std::ops::Range<u64> {
    let begins = |part: usize| {
        let begin = part as u128 * u128::from(pieces) / (parts.max(1) as u128);
        u64::try_from(begin).unwrap_or(u64::MAX)
    };
    begins(part)..begins(part + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::MAX_PIECE_PARTS;

    #[test]
    fn parts_cover_every_piece_once() {
        for pieces in [1, 2, 7, 1023, 1024, 1025, 500_000] {
            let parts = MAX_PIECE_PARTS.min(usize::try_from(pieces).expect("small"));
            let mut next = 0;
            for part in 0..parts {
                let range = pieces_of_part(part, parts, pieces);
                assert!(range.start == next && !range.is_empty(), "{pieces}: {range:?} after {next}");
                next = range.end;
            }
            assert_eq!(next, pieces);
        }
        assert_eq!(pieces_of_part(1023, 1024, u64::MAX).end, u64::MAX);
    }
}
