//! The boards of a seed's blobs: the peers that subscribe, what they say that they have, and what is suggested to them.

use mist_proto::{
    limits::{GROUPS_PER_PIECE, HAVE_PAGE_PIECES},
    wire::Request,
};

use super::{Shared, lock};
use crate::{
    PieceSet, bao,
    link::{BlobKey, Link, Notice},
    suggest::Board,
};

impl Shared {
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
            Notice::Unknown | Notice::Suggest(_) | Notice::Closed => return,
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
        let piece = request.first_group / GROUPS_PER_PIECE;
        let now = self.began.elapsed();
        let suggested =
            lock(&self.boards).get_mut(&key).map(|board| board.handle_request(now, &link.id(), piece));
        link.suggest(&key, suggested.unwrap_or_default());
    }
}
