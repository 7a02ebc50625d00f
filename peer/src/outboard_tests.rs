//! The tree against `bao-tree`, BLAKE3 itself, and damage.

use bao_tree::{BaoTree, BlockSize, io::outboard::PreOrderMemOutboard};
use mist_proto::limits::{GROUP_CHUNK_LOG, GROUP_SIZE, MAX_PIECE_SIZE, SMALL_BLOB};

use super::*;

/// Sizes at which a tree changes its shape.
const SIZES: [u64; 13] = [
    0,              // no group at all
    1,              // less than a BLAKE3 chunk
    1024,           // exactly one chunk
    GROUP_SIZE - 1, // one group, not full
    GROUP_SIZE,     // one group, full: still no pair
    GROUP_SIZE + 1, // two groups, the second of one byte
    2 * GROUP_SIZE, // a perfect tree
    3 * GROUP_SIZE, // left-heavy
    4 * GROUP_SIZE,
    4 * GROUP_SIZE + 1,
    5 * GROUP_SIZE + 7, // an odd tail
    13 * GROUP_SIZE + 1,
    28 * GROUP_SIZE - 1,
];

fn data(size: u64) -> Vec<u8> {
    let mut out = vec![0; usize::try_from(size).expect("small")];
    blake3::Hasher::new().update(&size.to_le_bytes()).finalize_xof().fill(&mut out);
    out
}

fn reader(bytes: &[u8]) -> impl Fn(u64, &mut [u8]) -> io::Result<()> + Sync {
    |offset, buf| {
        let at = usize::try_from(offset).expect("small");
        buf.copy_from_slice(bytes.get(at..at + buf.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

#[test]
fn pieces_of_a_large_blob_are_four_groups() {
    for (size, pieces, len, groups) in
        [(SMALL_BLOB, 2048, GROUP_SIZE, 1), (SMALL_BLOB + 1, 513, MAX_PIECE_SIZE, 4)]
    {
        assert_eq!(bao::pieces(size), pieces);
        let mut end = 0;
        for piece in 0..pieces {
            let (start, len) = bao::piece_range(size, piece);
            assert_eq!(start, end);
            end += len as u64;
            let (first, count) = bao::piece_groups(size, piece);
            assert_eq!(first * GROUP_SIZE, start);
            assert_eq!(bao::piece_of(size, first), piece);
            assert_eq!(bao::piece_of(size, first + u64::from(count) - 1), piece);
        }
        assert_eq!(end, size);
        assert_eq!(bao::piece_range(size, 1), (len, usize::try_from(len).expect("small")));
        assert_eq!(bao::piece_groups(size, 1), (groups, u8::try_from(groups).expect("few")));
        assert_eq!(bao::piece_range(size, pieces).1, 0, "behind the end");
    }
}

#[test]
fn same_tree_as_blake3_and_bao_tree() {
    for size in SIZES {
        let bytes = data(size);
        let ours = compute(size, &reader(&bytes)).expect("computed");
        assert_eq!(ours.blob(), BlobId::of(&bytes), "{size}");
        let theirs = PreOrderMemOutboard::create(&bytes, BlockSize::from_chunk_log(GROUP_CHUNK_LOG));
        assert_eq!(ours.to_bytes().expect("bytes"), theirs.data, "{size}");
        assert_eq!(
            BaoTree::new(size, BlockSize::from_chunk_log(GROUP_CHUNK_LOG)).outboard_size(),
            encoded_len(size)
        );
        let streamed = compute_stream(&bytes[..]).expect("streamed");
        assert_eq!(streamed.blob(), ours.blob());
        assert_eq!(streamed.to_bytes().expect("bytes"), theirs.data);
        assert!(Outboard::from_bytes(ours.blob(), theirs.data).is_ok());
    }
}

#[test]
fn every_piece_is_proved_and_no_other_bytes_are() {
    for size in SIZES {
        let bytes = data(size);
        let tree = compute(size, &reader(&bytes)).expect("computed");
        for piece in 0..bao::pieces(size) {
            let (first, count) = bao::piece_groups(size, piece);
            let (offset, len) = bao::piece_range(size, piece);
            let at = usize::try_from(offset).expect("small");
            let proof = tree.proof(first, count.into()).expect("proof");
            assert!(proof.len() <= mist_proto::limits::MAX_PARENTS_PER_ANSWER);
            let mut payload = bytes[at..at + len].to_vec();
            let pairs = bao::verify(&tree.blob(), first, &payload, &proof).expect("verifies");
            for (index, pair) in pairs {
                assert_eq!(tree.pair(index).expect("pair"), pair);
            }
            payload[len / 2] ^= 1;
            assert_eq!(bao::verify(&tree.blob(), first, &payload, &proof), Err(Mismatch));
            payload[len / 2] ^= 1;
            // One byte less is a shorter run of groups if the last group had one byte; else it is damage.
            let shorter = bao::verify(&tree.blob(), first, &payload[..len - 1], &proof);
            assert_eq!(shorter.is_ok(), len > 1 && (len - 1).is_multiple_of(bao::GROUP_LEN));
            for i in 0..proof.len() {
                let mut bad = proof.clone();
                bad[i][i % 64] ^= 1;
                assert_eq!(bao::verify(&tree.blob(), first, &payload, &bad), Err(Mismatch));
                assert_eq!(bao::verify(&tree.blob(), first, &payload, &proof[i + 1..]), Err(Mismatch));
            }
            let longer = [proof, vec![[0; 64]]].concat();
            assert_eq!(bao::verify(&tree.blob(), first, &payload, &longer), Err(Mismatch));
        }
    }
}

#[test]
fn damage_is_found_piece_by_piece() {
    let size = 7 * GROUP_SIZE - 1;
    let mut bytes = data(size);
    let tree = compute(size, &reader(&bytes)).expect("computed");
    assert!(tree.valid_pieces(&reader(&bytes)).expect("checked").is_complete());
    bytes[usize::try_from(2 * GROUP_SIZE + 5).expect("small")] ^= 4;
    bytes.truncate(usize::try_from(6 * GROUP_SIZE + 9).expect("small"));
    let valid = tree.valid_pieces(&reader(&bytes)).expect("checked");
    assert_eq!(valid.iter().collect::<Vec<_>>(), [0, 1, 3, 4, 5]);
}

#[test]
fn a_foreign_or_rotten_outboard_is_refused() {
    let tree = compute(4 * GROUP_SIZE, &reader(&data(4 * GROUP_SIZE))).expect("computed");
    let good = tree.to_bytes().expect("bytes");
    for i in 0..good.len() {
        let mut bad = good.clone();
        bad[i] ^= 0x80;
        assert!(Outboard::from_bytes(tree.blob(), bad).is_err());
    }
    assert!(Outboard::from_bytes(tree.blob(), good[1..].to_vec()).is_err());
    assert!(Outboard::from_bytes(tree.blob(), good[64..].to_vec()).is_err());
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("o");
    tree.save(&path).expect("saved");
    let opened = Outboard::open(tree.blob(), &path).expect("opened");
    assert_eq!(opened.to_bytes().expect("bytes"), good);
    assert!(Outboard::open(BlobId { size: 5 * GROUP_SIZE, ..tree.blob() }, &path).is_err());
}

#[test]
fn a_failing_read_is_reported() {
    let fail = |_: u64, _: &mut [u8]| Err(io::Error::other("broken disk"));
    assert_eq!(compute(3 * GROUP_SIZE, &fail).expect_err("fails").to_string(), "broken disk");
}
