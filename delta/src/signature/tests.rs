//! Signatures over real folders, and bytes that are none.

use mist_proto::Manifest;
use mist_tree::{fs::RealDir, progress::unwatched};
use proptest::prelude::*;

use fast_rsync::SignatureOptions;

use super::*;
use crate::samples::{manifest, noise};

fn signature(files: &[(&str, &[u8])], known: &[&str]) -> Signature {
    let place = tempfile::tempdir().unwrap();
    for (path, content) in files {
        std::fs::write(place.path().join(path), content).unwrap();
    }
    let dir = RealDir::open(place.path()).unwrap();
    let known = |f: &FileEntry| known.contains(&f.path.as_str());
    Signature::of(manifest(files), &dir, &known, &mut unwatched).unwrap()
}

#[test]
fn only_whole_blocks_of_unknown_files_are_hashed() {
    let (a, b) = (noise(1, 3 << 20), noise(2, 5000));
    let s = signature(&[("a", &a), ("b", &b), ("small", b"x"), ("empty", b"")], &["a"]);
    assert_eq!(s.block_len(), 1024);
    assert_eq!(s.hashed().collect::<Vec<_>>(), [(1, 4)]);
    assert_eq!(s.hashes.len(), 4 * BLOCK_HASH);
    assert_eq!(s.hashed_len(), 5000);
    // Hashing by steps makes no difference to hashing at once.
    let whole = signature(&[("a", &a)], &[]);
    let options = SignatureOptions { block_size: 1024, crypto_hash_size: STRONG };
    let at_once = fast_rsync::Signature::calculate(&a, options).into_serialized();
    assert_eq!(whole.hashes, at_once[RSYNC_HEADER..]);
}

#[test]
fn its_length_is_known_before_a_file_is_read() {
    let files: [(&str, &[u8]); 3] = [("a", &noise(1, 90_000)), ("b", &noise(2, 5000)), ("c", b"x")];
    for known in [&[][..], &["a"], &["a", "b", "c"]] {
        let told =
            Signature::estimated_len(&manifest(&files), &|f| known.contains(&f.path.as_str())).unwrap();
        assert_eq!(told, signature(&files, known).encode().unwrap().len() as u64, "{known:?}");
    }
}

#[test]
fn a_file_that_is_shorter_than_listed_is_an_error() {
    let place = tempfile::tempdir().unwrap();
    std::fs::write(place.path().join("a"), noise(1, 2000)).unwrap();
    let dir = RealDir::open(place.path()).unwrap();
    let listing = manifest(&[("a", &noise(1, 9000))]);
    let made = Signature::of(listing, &dir, &|_| false, &mut unwatched);
    assert!(matches!(made, Err(SignatureError::Read(_))), "{made:?}");
}

fn sample() -> Signature {
    signature(&[("a", &noise(1, 9000)), ("b", &noise(2, 70_000)), ("c", b"known")], &["c"])
}

#[test]
fn round_trip() {
    let s = sample();
    let bytes = s.encode().unwrap();
    let again = Signature::decode(&bytes).unwrap();
    assert_eq!(again, s);
    assert_eq!(again.encode().unwrap(), bytes);
}

/// The parts of an encoded signature, to be put together wrongly.
struct Parts {
    magic: [u8; 8],
    block_log: u8,
    listing: Vec<u8>,
    flags: Vec<u8>,
    hashes: Vec<u8>,
}

impl Parts {
    fn of(s: &Signature) -> Self {
        let listing = pack(&s.listing).unwrap();
        Self { magic: *MAGIC, block_log: s.block_log, listing, flags: vec![0b11], hashes: s.hashes.clone() }
    }

    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_magic(&self.magic);
        w.u8(self.block_log).bytes(&self.listing).raw(&self.flags).bytes(&self.hashes);
        w.0
    }
}

#[test]
fn hostile_bytes_are_refused() {
    let parts = || Parts::of(&sample());
    assert_eq!(parts().encode(), sample().encode().unwrap(), "the table starts from a good one");
    let huge = Manifest { files: Vec::new(), ..sample().listing };
    let bomb = zstd::encode_all(io::repeat(0).take(MAX_LISTING + 1), 1).unwrap();
    let mut trailing = parts().encode();
    trailing.push(0);
    let table: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("another magic", Parts { magic: *b"MISTRSY2", ..parts() }.encode()),
        ("blocks too small", Parts { block_log: 9, ..parts() }.encode()),
        ("blocks too large", Parts { block_log: 16, ..parts() }.encode()),
        ("blocks that the hashes do not fit", Parts { block_log: 11, ..parts() }.encode()),
        ("a listing that is not zstd", Parts { listing: b"listing".to_vec(), ..parts() }.encode()),
        ("a listing that is no manifest", Parts { listing: pack_bytes(b"list"), ..parts() }.encode()),
        ("a listing that unpacks to too much", Parts { listing: bomb, ..parts() }.encode()),
        ("flags of no files", Parts { listing: pack(&huge).unwrap(), ..parts() }.encode()),
        ("a flag too many", Parts { flags: vec![0b1011], ..parts() }.encode()),
        ("a flag too few", Parts { flags: vec![0b01], ..parts() }.encode()),
        ("no hashes", Parts { hashes: Vec::new(), ..parts() }.encode()),
        ("half a hash", Parts { hashes: sample().hashes[1..].to_vec(), ..parts() }.encode()),
        ("bytes after the end", trailing),
        ("too long", vec![0; MAX_SIGNATURE + 1]),
    ];
    for (what, bytes) in table {
        assert!(Signature::decode(&bytes).is_err(), "{what}");
    }
}

fn pack_bytes(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 1).unwrap()
}

proptest! {
    #[test]
    fn damaged_bytes_never_panic(at in 0usize..2000, value: u8, cut in 0usize..2000) {
        let mut bytes = sample().encode().unwrap();
        let len = bytes.len();
        bytes[at % len] = value;
        bytes.truncate(len - cut % len);
        // Some are signatures still; those must hold together.
        if let Ok(s) = Signature::decode(&bytes) {
            let blocks: u64 = s.hashed().map(|(_, blocks)| blocks).sum();
            prop_assert_eq!(blocks * BLOCK_HASH as u64, s.hashes.len() as u64);
        }
    }
}
