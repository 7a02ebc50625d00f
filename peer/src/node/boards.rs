//! The boards of a seed's blobs: the peers that subscribe, what they say that they have, and what is suggested to them.

use mist_proto::{BlobId, limits::HAVE_PAGE_PIECES, wire::Request};

use super::{Shared, lock};
use crate::{
    PieceSet, bao,
    link::{BlobKey, Link, Notice},
    suggest::Board,
};

/// What the peers of a seed say that they have of a blob while they fetch it.
#[derive(Debug, Clone)]
pub struct KnownPieces {
    /// Scope that the blob belongs to.
    pub scope: String,
    /// The blob.
    pub blob: BlobId,
    /// Of each peer that has not all of it.
    pub peers: Vec<PieceSet>,
}

impl Shared {
    /// What is known of the `most` blobs that the most peers are fetching, those first.
    pub(super) fn known_pieces(&self, most: usize) -> Vec<KnownPieces> {
        let boards = lock(&self.boards);
        let fetching = |board: &Board<u64>| board.known().filter(|has| !has.is_complete()).count();
        let mut busiest: Vec<_> = boards.iter().map(|(key, board)| (fetching(board), key, board)).collect();
        busiest.retain(|(peers, ..)| *peers > 0);
        busiest.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.blob.hash.cmp(&b.1.blob.hash)));
        busiest.truncate(most);
        let known = |(_, key, board): (usize, &BlobKey, &Board<u64>)| KnownPieces {
            scope: key.scope.clone(),
            blob: key.blob,
            peers: board.known().filter(|has| !has.is_complete()).cloned().collect(),
        };
        busiest.into_iter().map(known).collect()
    }

    pub(crate) fn handle_board_joined(&self, link: &Link, key: &BlobKey) -> Vec<u64> {
        let mut boards = lock(&self.boards);
        boards
            .entry(key.clone())
            .or_insert_with(|| Board::new(bao::pieces(key.blob.size)))
            .handle_joined(self.began.elapsed(), link.id())
    }

    /// A peer's subscription ended; the peer itself is lost, or still there.
    pub(crate) fn handle_board_left(&self, link: &Link, key: &BlobKey, is_lost: bool) {
        let now = self.began.elapsed();
        let mut boards = lock(&self.boards);
        let Some(board) = boards.get_mut(key) else { return };
        let suggested = if is_lost {
            board.handle_lost(now, &link.id())
        } else {
            board.handle_unsubscribed(now, &link.id())
        };
        if board.is_empty() {
            boards.remove(key);
        }
        drop(boards);
        for (id, pieces) in suggested {
            let other = lock(&self.links).iter().find(|l| l.id() == id).cloned();
            if let Some(link) = other {
                link.suggest(key, pieces);
            }
        }
    }

    /// A peer on the board says what it has.
    pub(crate) fn handle_board_notice(&self, link: &Link, key: &BlobKey, notice: Notice) {
        let mut pieces = PieceSet::new(bao::pieces(key.blob.size));
        match notice {
            Notice::HaveAll => pieces = PieceSet::full(pieces.len()),
            Notice::HavePage(page, bits) => _ = pieces.merge_bytes(u64::from(page) * HAVE_PAGE_PIECES, &bits),
            Notice::Have(piece) => _ = pieces.insert(piece),
            Notice::Unknown | Notice::Suggest(_) | Notice::Coming(_) | Notice::Closed => return,
        }
        let now = self.began.elapsed();
        let suggested =
            lock(&self.boards).get_mut(key).map(|board| board.handle_have(now, &link.id(), pieces.iter()));
        link.suggest(key, suggested.unwrap_or_default());
    }

    /// A request is being answered: the peer gets more suggestions.
    pub(crate) fn handle_request(&self, link: &Link, request: &Request) {
        if !self.is_seed() {
            return;
        }
        let key = BlobKey { scope: request.scope.clone(), blob: request.blob };
        let piece = bao::piece_of(request.blob.size, request.first_group);
        let now = self.began.elapsed();
        let suggested =
            lock(&self.boards).get_mut(&key).map(|board| board.handle_request(now, &link.id(), piece));
        link.suggest(&key, suggested.unwrap_or_default());
    }
}
