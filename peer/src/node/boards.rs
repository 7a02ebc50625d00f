//! The boards of a seed's blobs: the peers that subscribe, what they say that they have, and what is suggested to them.

use mist_proto::{
    limits::{GROUPS_PER_PIECE, HAVE_PAGE_PIECES},
    wire::Request,
};

use super::{Shared, lock};
use crate::{
    PieceSet, bao,
    link::{BlobKey, Link, Word},
    suggest::Board,
};

impl Shared {
    pub(crate) fn joined_board(&self, link: &Link, key: &BlobKey) -> Vec<u64> {
        let mut boards = lock(&self.boards);
        boards.entry(key.clone()).or_insert_with(|| Board::new(bao::pieces(key.blob.size))).joined(link.id())
    }

    pub(crate) fn left_board(&self, link: &Link, key: &BlobKey) {
        let mut boards = lock(&self.boards);
        let Some(board) = boards.get_mut(key) else { return };
        let suggested = board.left(&link.id());
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

    /// A peer of the board says what it has.
    pub(crate) fn heard_by_board(&self, link: &Link, key: &BlobKey, word: Word) {
        let mut pieces = PieceSet::new(bao::pieces(key.blob.size));
        match word {
            Word::HaveAll => pieces = PieceSet::full(pieces.len()),
            Word::Page(page, bits) => _ = pieces.merge_bytes(u64::from(page) * HAVE_PAGE_PIECES, &bits),
            Word::Have(piece) => _ = pieces.insert(piece),
            Word::Unknown | Word::Suggest(_) | Word::Closed => return,
        }
        let suggested = lock(&self.boards).get_mut(key).map(|board| board.has(&link.id(), pieces.iter()));
        link.suggest(key, suggested.unwrap_or_default());
    }

    /// A request is being answered: the peer gets more suggestions.
    pub(crate) fn note_asked(&self, link: &Link, request: &Request) {
        if !self.is_seed() {
            return;
        }
        let key = BlobKey { scope: request.scope.clone(), blob: request.blob };
        let piece = request.first_group / GROUPS_PER_PIECE;
        let suggested = lock(&self.boards).get_mut(&key).map(|board| board.asked(&link.id(), piece));
        link.suggest(&key, suggested.unwrap_or_default());
    }
}
