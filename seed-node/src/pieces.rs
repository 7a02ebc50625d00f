//! Which pieces of what they are fetching a seed's peers have, counted for the tracker. Pure.

use mist_peer::{KnownPieces, PieceSet, bao};
use mist_proto::{
    http::{PieceCount, pieces_of_part},
    limits::MAX_PIECE_PARTS,
};

/// The most pieces of a blob that are counted one by one, 4 TiB; the counts take 16 MiB.
const MOST_PIECES: u64 = 4 << 20;

/// How many of the peers have each piece, gathered into parts. None for a blob that is empty or too large, or a scope that is no game.
pub(crate) fn counted(known: &KnownPieces) -> Option<PieceCount> {
    let pieces = bao::pieces(known.blob.size);
    if pieces == 0 || pieces > MOST_PIECES {
        return None;
    }
    let mut holders = vec![0_u32; usize::try_from(pieces).ok()?];
    for piece in known.peers.iter().flat_map(PieceSet::iter) {
        if let Some(count) = usize::try_from(piece).ok().and_then(|piece| holders.get_mut(piece)) {
            *count += 1;
        }
    }
    let parts = holders.len().min(MAX_PIECE_PARTS);
    let (mut least, mut sum) = (Vec::with_capacity(parts), Vec::with_capacity(parts));
    for part in 0..parts {
        let range = pieces_of_part(part, parts, pieces);
        let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
        let part = &holders[range];
        least.push(part.iter().copied().min().unwrap_or(0));
        sum.push(part.iter().copied().map(u64::from).sum());
    }
    let peers = u32::try_from(known.peers.len()).unwrap_or(u32::MAX);
    Some(PieceCount { game: known.scope.parse().ok()?, blob: known.blob, peers, least, sum })
}

#[cfg(test)]
mod tests {
    use mist_proto::{
        BlobId, Hash,
        limits::{GROUP_SIZE, MAX_PIECE_SIZE, SMALL_BLOB},
    };

    use super::*;

    fn known(pieces: u64, peers: &[&[u64]]) -> KnownPieces {
        let set = |has: &&[u64]| {
            let mut set = PieceSet::new(pieces);
            has.iter().for_each(|&piece| _ = set.insert(piece));
            set
        };
        let size = if pieces * GROUP_SIZE <= SMALL_BLOB { GROUP_SIZE } else { MAX_PIECE_SIZE } * pieces;
        let blob = BlobId { hash: Hash::of(b"blob"), size };
        KnownPieces { scope: "g".into(), blob, peers: peers.iter().map(set).collect() }
    }

    #[test]
    fn a_small_blob_is_counted_piece_by_piece() {
        let count = counted(&known(4, &[&[0, 1], &[1]])).expect("counted");
        assert_eq!((count.peers, count.least, count.sum), (2, vec![1, 2, 0, 0], vec![1, 2, 0, 0]));
    }

    #[test]
    fn a_large_blob_is_gathered_into_bounded_parts() {
        const PIECES: u64 = 500_000;
        let all: Vec<u64> = (0..PIECES).collect();
        let count = counted(&known(PIECES, &[&all[..all.len() / 2], &[0, PIECES - 1]])).expect("counted");
        assert_eq!((count.least.len(), count.sum.len()), (MAX_PIECE_PARTS, MAX_PIECE_PARTS));
        assert_eq!(count.sum.iter().sum::<u64>(), PIECES / 2 + 2, "nothing is lost or counted twice");
        assert_eq!((count.least[0], count.sum[0]), (1, 489));
        assert_eq!((count.least[1023], count.sum[1023]), (0, 1));
        assert_eq!(counted(&known(MOST_PIECES + 1, &[])), None);
    }
}
