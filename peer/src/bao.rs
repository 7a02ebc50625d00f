//! The BLAKE3 hash tree over chunk groups, as arithmetic on numbers and bytes.
//!
//! A blob of `g` groups ([`limits::GROUP_SIZE`] bytes each but for the last) has `g - 1` inner nodes. Each is stored as
//! the pair of its children's hashes (64 bytes, left then right) in pre-order: a node, then its left subtree, then its
//! right one. The left subtree holds the largest power of two of groups that is below the node's own number, as in
//! BLAKE3 itself, so that the root is the plain BLAKE3 hash of the bytes. The layout is that of the `bao-tree` crate's
//! pre-order outboards at block size 2^[`limits::GROUP_CHUNK_LOG`], which the tests hold it to.

use blake3::{
    Hasher,
    hazmat::{ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root},
};
use mist_proto::{
    BlobId, Hash,
    limits::{self, GROUP_SIZE, piece_size},
};

/// Hashes of a node's children: left, then right.
pub type Pair = [u8; 64];

/// Encoded length of one [`Pair`].
pub const PAIR_LEN: usize = 64;

/// Bytes that do not belong to the blob, or hashes that do not belong to its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes do not match the hash tree")]
pub struct Mismatch;

/// Chunk groups of a blob of `size` bytes.
pub fn groups(size: u64) -> u64 {
    size.div_ceil(GROUP_SIZE)
}

/// Pieces of a blob of `size` bytes.
pub fn pieces(size: u64) -> u64 {
    limits::pieces(size)
}

/// Inner nodes of the tree, and so pairs in its outboard.
pub fn pairs(size: u64) -> u64 {
    groups(size).saturating_sub(1)
}

/// Offset and length of a piece of a blob of `size` bytes; the length is 0 behind the end.
pub fn piece_range(size: u64, piece: u64) -> (u64, usize) {
    let start = piece.saturating_mul(piece_size(size));
    let len = size.saturating_sub(start).min(piece_size(size));
    (start, usize::try_from(len).unwrap_or(0))
}

/// First group of a piece and the number of its groups.
pub fn piece_groups(size: u64, piece: u64) -> (u64, u8) {
    let whole = piece_size(size) / GROUP_SIZE;
    let first = piece.saturating_mul(whole);
    let count = groups(size).saturating_sub(first).min(whole);
    (first, u8::try_from(count).unwrap_or(0))
}

/// The piece of a blob of `size` bytes that holds a group.
pub fn piece_of(size: u64, group: u64) -> u64 {
    group / (piece_size(size) / GROUP_SIZE)
}

/// A node of the tree: a run of groups.
#[derive(Debug, Clone, Copy)]
struct Node {
    first: u64,
    groups: u64,
    /// Index of its pair in pre-order; meaningless for a leaf.
    pair: u64,
}

impl Node {
    fn root(size: u64) -> Self {
        Self { first: 0, groups: groups(size).max(1), pair: 0 }
    }

    fn is_leaf(self) -> bool {
        self.groups == 1
    }

    fn children(self) -> (Self, Self) {
        let left = self.groups.next_power_of_two() / 2;
        (
            Self { first: self.first, groups: left, pair: self.pair + 1 },
            // The left subtree's `left - 1` pairs lie between.
            Self { first: self.first + left, groups: self.groups - left, pair: self.pair + left },
        )
    }

    fn overlaps(self, first: u64, end: u64) -> bool {
        self.first < end && first < self.first + self.groups
    }
}

/// Hash of one group's bytes. `only` is set if the blob has no other group.
pub fn group_hash(group: u64, bytes: &[u8], only: bool) -> Hash {
    if only {
        return Hash::of(bytes);
    }
    let mut hasher = Hasher::new();
    hasher.set_input_offset(group * GROUP_SIZE).update(bytes);
    Hash(hasher.finalize_non_root())
}

fn pair_of(left: &Hash, right: &Hash) -> Pair {
    let mut pair = [0; PAIR_LEN];
    pair[..32].copy_from_slice(&left.0);
    pair[32..].copy_from_slice(&right.0);
    pair
}

fn split(pair: &Pair) -> (Hash, Hash) {
    let (mut left, mut right) = ([0; 32], [0; 32]);
    left.copy_from_slice(&pair[..32]);
    right.copy_from_slice(&pair[32..]);
    (Hash(left), Hash(right))
}

fn pair_hash(pair: &Pair, is_root: bool) -> Hash {
    let (left, right): (ChainingValue, ChainingValue) = {
        let (l, r) = split(pair);
        (l.0, r.0)
    };
    if is_root {
        merge_subtrees_root(&left, &right, Mode::Hash).into()
    } else {
        Hash(merge_subtrees_non_root(&left, &right, Mode::Hash))
    }
}

/// Builds the whole tree from the hashes of all groups. Returns the root and the pairs in pre-order.
pub fn build(size: u64, group_hashes: &[Hash]) -> Option<(Hash, Vec<u8>)> {
    fn walk(node: Node, leaves: &[Hash], out: &mut [u8]) -> Option<Hash> {
        if node.is_leaf() {
            return leaves.get(usize::try_from(node.first).ok()?).copied();
        }
        let (left, right) = node.children();
        let pair = pair_of(&walk(left, leaves, out)?, &walk(right, leaves, out)?);
        let at = usize::try_from(node.pair).ok()? * PAIR_LEN;
        out.get_mut(at..at + PAIR_LEN)?.copy_from_slice(&pair);
        Some(pair_hash(&pair, node.first == 0 && at == 0))
    }
    let mut out = vec![0; usize::try_from(pairs(size)).ok()?.checked_mul(PAIR_LEN)?];
    if size == 0 {
        return Some((Hash::of(b""), out));
    }
    let root = walk(Node::root(size), group_hashes, &mut out)?;
    Some((root, out))
}

/// Checks a whole outboard against the root.
///
/// # Errors
/// [`Mismatch`], also for a wrong length.
pub fn check_outboard(blob: &BlobId, outboard: &[u8]) -> Result<(), Mismatch> {
    fn walk(node: Node, expected: &Hash, pairs: &[Pair]) -> Result<(), Mismatch> {
        if node.is_leaf() {
            return Ok(());
        }
        let pair = usize::try_from(node.pair).ok().and_then(|i| pairs.get(i)).ok_or(Mismatch)?;
        if pair_hash(pair, node.pair == 0) != *expected {
            return Err(Mismatch);
        }
        let ((left, right), (l, r)) = (node.children(), split(pair));
        walk(left, &l, pairs)?;
        walk(right, &r, pairs)
    }
    let (all, rest) = outboard.as_chunks::<PAIR_LEN>();
    if !rest.is_empty() || all.len() as u64 != pairs(blob.size) {
        return Err(Mismatch);
    }
    walk(Node::root(blob.size), &blob.hash, all)
}

/// Indices of the pairs that prove `count` groups from `first` on, in the order in which a depth-first walk meets them.
pub fn proof(size: u64, first: u64, count: u64) -> Vec<u64> {
    fn walk(node: Node, first: u64, end: u64, out: &mut Vec<u64>) {
        if node.is_leaf() || !node.overlaps(first, end) {
            return;
        }
        out.push(node.pair);
        let (left, right) = node.children();
        walk(left, first, end, out);
        walk(right, first, end, out);
    }
    let mut out = Vec::new();
    walk(Node::root(size), first, first.saturating_add(count), &mut out);
    out
}

/// Verifies the bytes of a run of groups that starts at `first`, by the pairs of its [`proof`].
///
/// The bytes must end at a group's end or at the blob's. Returns the pairs with their indices in the outboard.
///
/// # Errors
/// [`Mismatch`].
pub fn verify(blob: &BlobId, first: u64, bytes: &[u8], proof: &[Pair]) -> Result<Vec<(u64, Pair)>, Mismatch> {
    struct Walk<'a> {
        first: u64,
        end: u64,
        bytes: &'a [u8],
        only: bool,
        proof: std::slice::Iter<'a, Pair>,
        pairs: Vec<(u64, Pair)>,
    }
    impl Walk<'_> {
        fn visit(&mut self, node: Node, expected: &Hash) -> Result<(), Mismatch> {
            if !node.overlaps(self.first, self.end) {
                return Ok(());
            }
            if node.is_leaf() {
                let start = usize::try_from((node.first - self.first) * GROUP_SIZE).map_err(|_| Mismatch)?;
                let group = self.bytes.get(start..).ok_or(Mismatch)?;
                let group = &group[..group.len().min(GROUP_LEN)];
                return if group_hash(node.first, group, self.only) == *expected {
                    Ok(())
                } else {
                    Err(Mismatch)
                };
            }
            let pair = *self.proof.next().ok_or(Mismatch)?;
            if pair_hash(&pair, node.pair == 0) != *expected {
                return Err(Mismatch);
            }
            self.pairs.push((node.pair, pair));
            let ((left, right), (l, r)) = (node.children(), split(&pair));
            self.visit(left, &l)?;
            self.visit(right, &r)
        }
    }
    let start = first.checked_mul(GROUP_SIZE).ok_or(Mismatch)?;
    let end = start.checked_add(bytes.len() as u64).ok_or(Mismatch)?;
    if bytes.is_empty() || end > blob.size || (end != blob.size && !end.is_multiple_of(GROUP_SIZE)) {
        return Err(Mismatch);
    }
    let mut walk = Walk {
        first,
        end: end.div_ceil(GROUP_SIZE),
        bytes,
        only: groups(blob.size) == 1,
        proof: proof.iter(),
        pairs: Vec::with_capacity(proof.len()),
    };
    walk.visit(Node::root(blob.size), &blob.hash)?;
    if walk.proof.next().is_some() { Err(Mismatch) } else { Ok(walk.pairs) }
}

/// [`GROUP_SIZE`] as a length in memory.
pub(crate) const GROUP_LEN: usize = 256 * 1024;
const _: () = assert!(GROUP_LEN as u64 == GROUP_SIZE);

/// Where the expected hash of `group` stands: the index of its parent's pair, and whether it is the right half.
/// `None` if the group is the whole blob.
pub fn leaf_slot(size: u64, group: u64) -> Option<(u64, bool)> {
    let mut node = Node::root(size);
    let mut slot = None;
    while !node.is_leaf() {
        let (left, right) = node.children();
        let goes_right = group >= right.first;
        slot = Some((node.pair, goes_right));
        node = if goes_right { right } else { left };
    }
    slot
}
